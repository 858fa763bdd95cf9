#!/usr/bin/python3
"""Adds up single test cases from a folder of results and prints `N passed, N failed`; exit code 1 on any failure.

In the folder, made by run.sh:
  <suite>/ctest.xml       every program that ctest ran (JUnit form)
  <suite>/gtest/NAME.xml  the cases of the program NAME, written by the program itself
  pytest.xml              JUnit form
  failed_steps            a line for each step that failed before it could run its tests
A program that ctest calls failed though none of its cases failed (a crash, a leak, a time-out) counts as one failure; a
program without cases of its own counts as one case.
"""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


class Totals:
    def __init__(self):
        self.passed = self.skipped = 0
        self.failures = []

    def add(self, name: str, outcome: str) -> None:
        if outcome == "passed":
            self.passed += 1
        elif outcome == "skipped":
            self.skipped += 1
        else:
            self.failures.append(name)


def cases(path: pathlib.Path):
    """Name and outcome of each case of a JUnit file."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            yield name, "failed"
        elif case.find("skipped") is not None or case.get("result") in ("skipped", "suppressed"):
            yield name, "skipped"
        else:
            yield name, "passed"


def add_suite(totals: Totals, folder: pathlib.Path) -> None:
    """One build's run of ctest, in the words of the programs where they left any."""
    for name, outcome in cases(folder / "ctest.xml"):
        program = name.split(".", 1)[1]
        label = f"{folder.name}: {program}"
        inner = folder / "gtest" / f"{program}.xml"
        try:
            own = list(cases(inner)) if inner.exists() else []
        except ElementTree.ParseError:
            own = []
        for case, case_outcome in own:
            totals.add(f"{label}: {case}", case_outcome)
        if not own or (outcome == "failed" and all(o != "failed" for _, o in own)):
            totals.add(label, outcome)


def main() -> int:
    results = pathlib.Path(sys.argv[1])
    totals = Totals()
    for ctest in sorted(results.glob("*/ctest.xml")):
        add_suite(totals, ctest.parent)
    for pytest in sorted(results.glob("pytest*.xml")):
        for name, outcome in cases(pytest):
            totals.add(name, outcome)
    steps = results / "failed_steps"
    if steps.exists():
        for step in steps.read_text().splitlines():
            totals.add(step, "failed")
    if totals.passed == 0 and not totals.failures:
        totals.add("no test ran at all", "failed")
    for name in totals.failures:
        print(f"FAILED {name}")
    print(f"{totals.passed} passed, {len(totals.failures)} failed" + (f", {totals.skipped} skipped" if totals.skipped else ""))
    return 1 if totals.failures else 0


if __name__ == "__main__":
    sys.exit(main())
