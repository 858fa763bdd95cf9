"""Growth with series and with rules as an SVG, from the file that --json writes."""
import pathlib
from typing import Callable, Dict, List, Tuple

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "promcast", "svg.fonttype": "none", "axes.grid": True, "grid.alpha": 0.3,
                            "axes.spines.top": False, "axes.spines.right": False, "font.size": 9})
from matplotlib import pyplot  # noqa: E402  after the backend is chosen



_Lines = Dict[str, List[Tuple[float, float]]]


def _lines(rows: List[dict], value: str, over: str, name: Callable[[dict], str]) -> _Lines:
    lines: _Lines = {}
    for row in rows:
        if row[value] is not None:
            lines.setdefault(name(row), []).append((row[over], row[value]))
    return {label: sorted(points) for label, points in lines.items()}


def _draw(axes, lines: _Lines, colours: Dict[str, str], title: str, x_label: str) -> None:
    for label, points in lines.items():
        style = {"linestyle": "--" if "RW2" in label else "-", "color": colours.setdefault(label[:-5], f"C{len(colours)}")}
        axes.plot([x for x, _ in points], [y for _, y in points], marker="o", markersize=3, label=label, **style)
    axes.set(title=title, xlabel=x_label, xscale="log", yscale="log")
    if lines:
        axes.legend(fontsize=6, framealpha=0.5)


def draw(content: dict, path: pathlib.Path) -> None:
    by_rules = [row for row in content["rows"] if row["rules"] is not None]

    def of(*phases):
        return [row for row in content["rows"] if row["rules"] is None and row["phase"] in phases]

    def name(row):
        return f"{row['subject']}{' with predictions' if row['phase'] == 'predict' else ''}, RW{row['protocol']}"

    colours: Dict[str, str] = {}  # of a subject in every panel, by its name without the protocol
    figure, panels = pyplot.subplots(2, 2, figsize=(11, 8), constrained_layout=True)
    _draw(panels[0][0], _lines(of("steady", "predict"), "cpu_ns_per_sample", "series", name), colours,
          "CPU ns a sample", "series")
    _draw(panels[0][1], _lines(of("create"), "cpu_ns_per_sample", "series", name), colours,
          "CPU ns a new series", "series")
    _draw(panels[1][0], _lines(of("steady"), "bytes_per_series", "series", name), colours,
          "resident bytes a series", "series")
    _draw(panels[1][1], _lines(by_rules, "cpu_ns_per_sample", "rules",
                               lambda row: {"create": "a new series, RW1", "steady": "a sample, RW1"}[row["phase"]]), {},
          "CPU ns by number of rules", "rules")
    machine = content["machine"]
    figure.suptitle(f"{content['date']}, {machine['cpu']}, {machine['cores']} cores")
    figure.savefig(path, metadata={"Date": None})
