"""The table, the file of all figures, and where they were measured."""
import dataclasses
import datetime
import json
import os
import pathlib
import platform
from typing import List, Optional

from gates import Gate
from scenarios import MIB, Row

_HEAD = (f"{'':<26} {'phase':<12} {'series':>9} {'RW':>2} {'CPU ns':>9} {'bytes/':>8} {'p50':>7} {'p99':>7} {'peak':>7} "
         f"{'core':>6} {'predic-':>9} {'samples':>8} {'fixed':>7}\n"
         f"{'':<26} {'':<12} {'':>9} {'':>2} {'/sample':>9} {'series':>8} {'ms':>7} {'ms':>7} {'MiB':>7} "
         f"{'share':>6} {'tions':>9} {'lost':>8} {'work ms':>7}")


def _cell(value: Optional[float], width: int, form: str) -> str:
    return f"{'' if value is None else format(value, form):>{width}}"


def line(row: Row) -> str:
    cells = [f"{row.subject:<26}", f"{row.phase:<12}", _cell(row.series or None, 9, ","), _cell(row.protocol, 2, "d"),
             _cell(row.cpu_ns_per_sample, 9, ",.0f"), _cell(row.bytes_per_series, 8, ",.0f"), _cell(row.p50_ms, 7, ".1f"),
             _cell(row.p99_ms, 7, ".1f"), _cell(row.peak_bytes and row.peak_bytes / MIB, 7, ",.0f"),
             _cell(row.core_share, 6, ".0%"), _cell(row.predictions, 9, ","), _cell(row.lost, 8, ","),
             _cell(row.fixed_work_ms, 7, ".2f")]
    return f"{' '.join(cells)}  {row.note}".rstrip()


def table(rows: List[Row], gates: List[Gate]) -> str:
    return "\n".join([_HEAD, *map(line, rows), "", *map(str, gates)])


def machine() -> dict:
    cpu = next((text.split(":", 1)[1].strip() for text in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if text.startswith("model name")), platform.processor())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpu": cpu, "cores": os.cpu_count(), "memory_gib": round(memory / 2**30, 1), "kernel": platform.release()}


def document(rows: List[Row], gates: List[Gate], arguments: List[str]) -> dict:
    return {"date": datetime.date.today().isoformat(), "machine": machine(), "arguments": arguments,
            "rows": [dataclasses.asdict(row) for row in rows],
            "gates": [{**dataclasses.asdict(gate), "met": gate.met} for gate in gates]}


def write_json(path: str, content: dict) -> None:
    pathlib.Path(path).write_text(json.dumps(content, indent=1) + "\n")
