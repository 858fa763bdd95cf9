"""The loop of the product: exporter -> Prometheus -> promcast -> back into Prometheus, or into another database."""
import pathlib
from typing import Callable, List, Optional

import harness

EXTERNAL_LABELS = {"cluster": "test", "site": "a"}
RULES = {"groups": [{"name": "predictions", "rules": [
    {"alert": "DiskWillHaveSpace", "expr": 'predicted_demo_disk_avail_bytes{horizon="30s"} > 0', "for": "3s"},
    {"alert": "LoadWillRise", "expr": 'predicted_upper_demo_load_requests_per_second{horizon="30s", coverage="0.95"} > 0'},
]}]}


class Stack:
    """`destination` makes the database that promcast writes to; without one it writes back to the Prometheus."""

    def __init__(self, folder: pathlib.Path, promcast_program: str, prometheus_program: str, demo: harness.Demo,
                 protobuf_message: Optional[str] = None, drop_own_series: bool = False,
                 destination: Optional[harness.VictoriaMetrics] = None, match: str = '{__name__=~"demo_.*"}'):
        self.demo = demo
        self.destination = destination
        self.promcast = harness.Promcast(promcast_program, folder / "promcast")
        self.prometheus = harness.Prometheus(
            prometheus_program, folder / "prometheus", [demo.port], self.promcast.url + "/api/v1/write", protobuf_message,
            EXTERNAL_LABELS, drop_own_series, RULES)
        write_url = destination.write_url if destination else self.prometheus.write_url
        self.promcast.write_config(harness.forecast_config([write_url], EXTERNAL_LABELS, match))

    def start(self, start: Callable[[harness.Process], harness.Process]) -> "Stack":
        for process in filter(None, (self.destination, self.promcast, self.prometheus)):
            start(process)
        return self


def wait_for_predictions(database, names: int = 6, deadline_s: float = 90) -> List[str]:
    """Names of the predicted series, once there are so many."""
    def predicted():
        found = {labels["__name__"] for labels, _ in database.query('{__name__=~"predicted_demo_.*"}')}
        return sorted(found) if len(found) >= names else None
    return harness.wait_until(predicted, f"predictions of {names} metrics are queryable", deadline_s, poll_s=0.5)
