"""Minutes of steady load with a restart of either side: nothing is lost and the predictions go on."""
import time

import pytest

import harness
import stacks


def failed_or_dropped(stack: stacks.Stack) -> float:
    metrics = stack.prometheus.metrics()
    return sum(metrics.sum(f"prometheus_remote_storage_{kind}_failed_total") +
               metrics.sum_or_zero(f"prometheus_remote_storage_{kind}_dropped_total") for kind in ("samples", "histograms"))


def newest_prediction_age_s(stack: stacks.Stack) -> float:
    return stack.prometheus.value('time() - max(timestamp(predicted_demo_load_requests_per_second{horizon="10s"}))')


def watch(running, until: float) -> None:
    """Looks every second at what must stay zero."""
    while time.monotonic() < until:
        for stack in running:
            assert failed_or_dropped(stack) == 0
            assert stack.promcast.metrics().sum("promcast_remote_write_samples_failed_total") == 0
        time.sleep(1)


def wait_for_fresh_predictions(running, deadline_s: float = 60) -> None:
    for stack in running:
        harness.wait_until(lambda: newest_prediction_age_s(stack) < 5, "predictions are fresh", deadline_s, poll_s=0.5)


@pytest.mark.soak
def test_nothing_is_lost_through_a_restart_of_promcast_and_one_of_prometheus(
        promcast_program, debian_prometheus, peers, module_folder, start_for_module, request):
    seconds = request.config.getoption("--soak-seconds")
    demo = start_for_module(harness.Demo(promcast_program, module_folder / "demo"))
    running = [
        stacks.Stack(module_folder / "debian", promcast_program, debian_prometheus, demo),
        stacks.Stack(module_folder / "current", promcast_program, str(peers / "prometheus"), demo,
                     protobuf_message="io.prometheus.write.v2.Request"),
    ]
    for stack in running:
        stack.start(start_for_module)
    begin = time.monotonic()
    wait_for_fresh_predictions(running, deadline_s=90)
    watch(running, begin + seconds / 3)

    for stack in running:
        assert stack.promcast.stop() == 0, stack.promcast.log_tail()
    for stack in running:
        stack.promcast.start()
    wait_for_fresh_predictions(running)
    watch(running, begin + 2 * seconds / 3)

    for stack in running:
        assert stack.prometheus.stop() == 0, stack.prometheus.log_tail()
    for stack in running:
        stack.prometheus.start()
    wait_for_fresh_predictions(running)
    watch(running, begin + seconds)

    for stack in running:
        assert failed_or_dropped(stack) == 0
        taken = stack.promcast.metrics()
        assert taken.sum("promcast_ingest_samples_total", outcome="accepted") > 0
        print(f"{stack.prometheus.program}: {seconds} s, failed or dropped by Prometheus 0, sent back "
              f"{taken.sum('promcast_remote_write_samples_total'):.0f} samples, retried "
              f"{taken.sum('promcast_remote_write_samples_retried_total'):.0f}, failed 0")
