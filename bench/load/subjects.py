"""The programs that are measured, each as the tests start it."""
import dataclasses
import pathlib
from typing import Dict, List, Optional

import harness

METRIC = "container_memory_working_set_bytes"  # of all series that the load tool sends
STEP_S = 60
_MESSAGES = {1: "prometheus.WriteRequest", 2: "io.prometheus.write.v2.Request"}


@dataclasses.dataclass(frozen=True)
class Programs:
    promcast: str
    peers: pathlib.Path
    load_tool: str
    stages: str          # remote_write_bench


def rule(profile: str, interval_s: float) -> dict:
    """1-minute grid, daily season, an hour ahead with a band, and the anomaly score."""
    return {"name": profile, "match": METRIC, "step": f"{STEP_S}s", "seasons": ["1d"], "profile": profile,
            "horizons": ["1h"], "coverage": [0.95], "anomaly_score": True, "interval": f"{int(interval_s * 1000)}ms"}


def idle_rules(count: int) -> List[dict]:
    """Rules that select nothing of the load."""
    return [{"name": f"idle_{i}", "match": f'{{__name__=~"node_{i}_(total|count)", job="node"}}', "horizons": ["1h"]}
            for i in range(count)]


class Subject:
    name: str
    speaks = (1, 2)
    write_path = "/api/v1/write"
    predicts = False
    warm_up_steps = 0  # of the grid, until it predicts

    def __init__(self, programs: Programs):
        self.programs = programs

    def start(self, folder: pathlib.Path, protocol: int, interval_s: float, sink_url: str) -> harness.HttpProcess:
        raise NotImplementedError

    def taken(self, process: harness.HttpProcess) -> float:
        """Samples, by the program's own count."""
        raise NotImplementedError


class Promcast(Subject):
    profile: Optional[str] = None  # none: no rule selects the load

    def config(self, protocol: int, interval_s: float, sink_url: str) -> dict:
        rules = [rule(self.profile, interval_s)] if self.profile else idle_rules(1)
        return {"remote_write": [{"url": sink_url, "protobuf_message": _MESSAGES[protocol],
                                  "queue_config": {"capacity": 1_000_000}}],
                "forecasts": rules, "series": {"idle_timeout": "2h"}}

    def start(self, folder, protocol, interval_s, sink_url):
        config = self.config(protocol, interval_s, sink_url)
        return harness.Promcast(self.programs.promcast, folder, config).start()

    def taken(self, process):
        metrics = process.metrics()
        return sum(metrics.sum("promcast_ingest_samples_total", outcome=o) for o in ("accepted", "no_rule"))


class Receive(Promcast):
    name = "promcast, receive only"


class Lean(Promcast):
    name = "promcast, lean"
    profile = "lean"
    predicts = True
    warm_up_steps = 160  # a lean bank speaks once five of its forecasts an hour ahead have been resolved


class Standard(Promcast):
    name = "promcast, standard"
    profile = "standard"
    predicts = True
    warm_up_steps = 20


class ManyRules(Standard):
    """The rule that selects the load comes after `rules` - 1 others."""

    def __init__(self, programs: Programs, rules: int):
        super().__init__(programs)
        self.rules = rules
        self.name = f"promcast, {rules} rules"

    def config(self, protocol, interval_s, sink_url):
        config = super().config(protocol, interval_s, sink_url)
        config["forecasts"] = idle_rules(self.rules - 1) + config["forecasts"]
        return config


class Prometheus(Subject):
    name = "Prometheus"

    def start(self, folder, protocol, interval_s, sink_url):
        return harness.Prometheus(str(self.programs.peers / "prometheus"), folder, targets=[]).start()

    def taken(self, process):
        return process.metrics().sum_or_zero("prometheus_tsdb_head_samples_appended_total")


class VictoriaMetrics(Subject):
    name = "VictoriaMetrics"
    speaks = (1,)

    def start(self, folder, protocol, interval_s, sink_url):
        program = str(self.programs.peers / "victoria-metrics")
        return harness.VictoriaMetrics(program, folder, memory_percent=60).start()  # its own default

    def taken(self, process):
        return process.metrics().sum("vm_rows_inserted_total", type="promremotewrite")


SUBJECTS: Dict[str, type] = {"receive": Receive, "lean": Lean, "standard": Standard, "prometheus": Prometheus,
                             "victoria-metrics": VictoriaMetrics}
