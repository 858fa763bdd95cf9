"""What promcast says of its series when it is asked."""
import json
import math
import urllib.parse

import pytest

import harness
import wire

SECONDS = 600


@pytest.fixture(scope="module")
def promcast(promcast_program, module_folder, start_for_module):
    started = start_for_module(harness.Promcast(promcast_program, module_folder))
    end = harness.now_ms()
    for name in ("a", "b"):
        labels = {"__name__": "demo_load", "job": name}
        samples = [wire.Sample(end - (SECONDS - i) * 1000, 100 + 10 * math.sin(i / 7)) for i in range(SECONDS)]
        assert started.write([wire.Series(labels, samples)]).status == 204
    assert started.write([wire.one("demo_new", 1.0, end)]).status == 204
    return started


def ask(promcast, **parameters):
    if "match" in parameters:
        parameters["match[]"] = parameters.pop("match")
    query = urllib.parse.urlencode(parameters, doseq=True)
    status, text = promcast.status(f"/api/v1/series/forecasts?{query}")
    return status, json.loads(text, parse_constant=lambda constant: pytest.fail(f"{constant} in {text}"))


def test_a_series_is_shown_with_its_forecasts_and_the_weights_of_its_models(promcast):
    def predicted():
        status, answer = ask(promcast, match='demo_load{job="a"}')
        assert status == 200 and answer["status"] == "success" and len(answer["data"]) == 1, answer
        return answer["data"][0] if answer["data"][0]["status"] == "predicted" else None
    series = harness.wait_until(predicted, "the series is predicted")
    assert series["labels"] == {"__name__": "demo_load", "job": "a"}
    assert series["rule"] == "demo"
    assert series["step_seconds"] == 1
    assert [horizon["horizon_seconds"] for horizon in series["horizons"]] == [10, 30]
    for horizon in series["horizons"]:
        assert sum(model["weight"] for model in horizon["models"]) == pytest.approx(1, abs=1e-6)
        weights = [model["weight"] for model in horizon["models"]]
        assert weights == sorted(weights, reverse=True)
        band, = horizon["bands"]
        assert band["coverage"] == 0.95
        assert band["lower"] <= horizon["predicted"] <= band["upper"]
        assert horizon["resolved"] > 0 and horizon["mean_absolute_error"] > 0


def test_a_series_without_models_has_a_status_and_no_horizons(promcast):
    _, answer = ask(promcast, match="demo_new")
    series, = answer["data"]
    assert series["status"] == "warming_up"
    assert series["horizons"] == []
    assert series["step_seconds"] is None


def test_the_limit_cuts_the_answer_and_says_so(promcast):
    _, whole = ask(promcast, match=["demo_load", "demo_new"])
    assert len(whole["data"]) == 3 and "warnings" not in whole
    _, cut = ask(promcast, match=["demo_load", "demo_new"], limit=2)
    assert len(cut["data"]) == 2 and cut["warnings"]


@pytest.mark.parametrize("parameters, problem", [({}, "match[]"), ({"match": "up{"}, "match[]"),
                                                 ({"match": "up", "limit": "0"}, "limit")])
def test_a_bad_request_is_told_what_is_wrong(promcast, parameters, problem):
    status, answer = ask(promcast, **parameters)
    assert status == 400
    assert answer["status"] == "error" and answer["errorType"] == "bad_data"
    assert problem in answer["error"]
