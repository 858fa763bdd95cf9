"""promcast's forecasts at the origins of the peers, from one streaming pass over the same cells."""
import json
import pathlib
import subprocess
import tempfile

import numpy
import pandas

from panels import stem


class Promcast:
    """`binary`: the program to run; `flags`: further flags of `promcast backtest`."""

    name = "promcast"

    def __init__(self, binary, flags=()):
        self.binary, self.flags = binary, list(flags)
        self.version = self._call("--version").strip()

    def _call(self, *arguments):
        done = subprocess.run([self.binary, *map(str, arguments)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{self.binary} {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done.stdout

    def run(self, series_of_panel, horizons):
        """Per series: forecasts [origin][horizon], CPU seconds of the whole pass, CPU seconds a step.

        Every step is forecast, so the time is that of updates, bands and all horizons.
        """
        panel = series_of_panel[0].panel
        step = f"{panel.step_ms}ms"
        with tempfile.TemporaryDirectory() as folder:
            cells = pathlib.Path(folder, f"{stem(panel.path)}.csv.gz")
            dump, report = pathlib.Path(folder, "forecasts.csv"), pathlib.Path(folder, "report.json")
            panel.write(cells, [s.name for s in series_of_panel])
            self._call("backtest", cells, "--step", step, "--every", step, "--threads", 1, "--coverage", "0.95",
                       "--horizons", ",".join(f"{h * panel.step_ms}ms" for h in horizons),
                       "--forecasts", dump, "--json", report, *self.flags)
            columns = ["series", "issued_ms", "target_ms", "predicted"]
            rows = pandas.read_csv(dump, usecols=columns, dtype={"series": str})
            a_step = json.loads(report.read_text())["cost"]["ns_per_step_and_series"] / 1e9
        rows["origin"] = (rows.issued_ms - panel.start_ms) // panel.step_ms
        rows["horizon"] = (rows.target_ms - rows.issued_ms) // panel.step_ms
        table = rows.set_index(["series", "origin", "horizon"]).predicted
        answers = []
        for series in series_of_panel:
            wanted = pandas.MultiIndex.from_product([[series.name], series.origins, horizons])
            forecasts = table.reindex(wanted).to_numpy().reshape(len(series.origins), len(horizons))
            answers.append((forecasts, a_step * int(numpy.sum(~numpy.isnan(series.values))), a_step))
        return answers
