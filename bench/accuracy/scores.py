"""Errors of many peers over the same origins, and the table made of them."""
import math

import numpy

REFERENCE = "seasonal naive"
BASELINES = ("naive", "seasonal naive", "predict_linear")  # nothing is fitted: their time is that of Python alone
LEAST_RATIO = 0.01  # with few origins an error can be 0, whose logarithm would outweigh all other series


def errors_of(series, horizons, forecasts):
    """Absolute errors [origin][horizon], NaN where the peer gave no number."""
    actual = numpy.array([[series.values[o + h] for h in horizons] for o in series.origins])
    return numpy.where(numpy.isfinite(forecasts), numpy.abs(forecasts - actual), numpy.nan)


def _relative(results, peer, among):
    """Ratio of MAEs [series][horizon], over the origins that every peer of `among` has answered.

    NaN where the reference made no error.
    """
    ratios = []
    for result in results:
        errors = result["errors"]
        common = numpy.all([numpy.isfinite(errors[p]).all(axis=1) for p in among], axis=0)
        if not common.any():
            continue
        mae, reference = errors[peer][common].mean(axis=0), errors[REFERENCE][common].mean(axis=0)
        ratios.append(numpy.where(reference > 0, mae / numpy.where(reference > 0, reference, 1), numpy.nan))
    return numpy.maximum(numpy.array(ratios), LEAST_RATIO)


def _row(results, peer, among, label):
    ratios = numpy.log(_relative(results, peer, among))
    fits = sum(len(r["errors"][peer]) for r in results)
    row = {
        "peer": label,
        "series": len(ratios),
        "relMAE": numpy.exp(numpy.nanmean(ratios, axis=0)).tolist(),
        "failed": int(sum(numpy.isnan(r["errors"][peer]).any(axis=1).sum() for r in results)),
        "fits": fits,
        "cpu_seconds_a_series": float(numpy.mean([r["cpu_seconds"][peer] for r in results])),
        "cpu_seconds_a_fit": float(sum(r["cpu_seconds"][peer] for r in results) / fits),
    }
    steps = [r["cpu_seconds_a_step"] for r in results if peer == "promcast"]
    if steps:
        row["cpu_seconds_a_step"] = float(numpy.mean(steps))
    elif "promcast" in among:
        against = ratios - numpy.log(_relative(results, "promcast", among))
        row["promcast_wins"] = numpy.nanmean(numpy.where(numpy.isnan(against), numpy.nan, against > 0), axis=0).tolist()
        row["log_ratio_standard_error"] = (numpy.nanstd(against, axis=0) / math.sqrt(len(against))).tolist()
    return row


def table_of(results, peers):
    """Rows for the peers that ran on every series, then for those of fewer, with promcast on the same ones."""
    whole = [p for p in peers if all(p in r["errors"] for r in results)]
    rows = [_row(results, p, whole, p) for p in whole]
    for peer in (p for p in peers if p not in whole):
        fewer = [r for r in results if peer in r["errors"]]
        if not fewer:
            continue
        among = whole + [peer]
        rows.append(_row(fewer, peer, among, f"{peer}, {len(fewer)} series"))
        if "promcast" in whole:
            rows.append(_row(fewer, "promcast", among, f"promcast, these {len(fewer)} series"))
    return rows


def _duration(seconds):
    for unit, size in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return "-"


def markdown(rows, horizon_names):
    head = ["", *horizon_names, "promcast is better on", "CPU a fit", "CPU a series"]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        wins = " / ".join(f"{100 * w:.0f}" for w in row["promcast_wins"]) + " %" if "promcast_wins" in row else ""
        fit = (f"{_duration(row['cpu_seconds_a_step'])} a step" if "cpu_seconds_a_step" in row
               else _duration(row["cpu_seconds_a_fit"]))
        a_series = _duration(row["cpu_seconds_a_series"])
        if row["peer"] in BASELINES:
            fit = a_series = ""
        failed = f" ({row['failed']} of {row['fits']} fits failed)" if row["failed"] else ""
        lines.append([row["peer"] + failed, *(f"{v:.3f}" for v in row["relMAE"]), wins, fit, a_series])
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
