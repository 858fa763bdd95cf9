"""The peers. Each is fitted anew at every origin, on what was known there, and answers all horizons."""
import logging
import math
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import warnings

import numpy
import pandas

from panels import DAY_MS

HOUR_MS = 3_600_000
LONG_DAYS, SHORT_DAYS = 14, 3  # of history: for seasonal models, for local ones


def cpu_seconds():
    """Of this process and of the children it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


class Forecaster:
    """`fit_and_forecast(history, horizons, step_ms)`: history is gapless, its last value is the origin's; horizons are
    in steps; answers one value a horizon."""

    days = LONG_DAYS
    settings = ""  # what the cache must tell apart besides the name and the version
    version = ""

    def histories(self, series):
        cells = self.days * DAY_MS // series.panel.step_ms
        filled = series.filled()
        for origin in series.origins:
            history = filled[max(0, origin + 1 - cells) : origin + 1]
            yield history[~numpy.isnan(history)]

    def run(self, series, horizons):
        """Forecasts [origin][horizon], NaN where the peer failed, and CPU seconds for all of them."""
        rows, began = [], cpu_seconds()
        for history in self.histories(series):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    rows.append(self.fit_and_forecast(history, horizons, series.panel.step_ms))
            except ImportError:
                raise
            except Exception as error:  # a peer that cannot fit is counted, not fatal
                logging.warning("%s on %s: %s", self.name, series.name, error)
                rows.append(numpy.full(len(horizons), numpy.nan))
        return numpy.array(rows, dtype=float), cpu_seconds() - began


class Naive(Forecaster):
    name = "naive"

    def fit_and_forecast(self, history, horizons, step_ms):
        return [history[-1]] * len(horizons)


class SeasonalNaive(Forecaster):
    name = "seasonal naive"

    def fit_and_forecast(self, history, horizons, step_ms):
        day = DAY_MS // step_ms
        return [history[h - 1 - day * math.ceil(h / day)] for h in horizons]


class PredictLinear(Forecaster):
    """PromQL's predict_linear over an hour, over a day where the horizon is longer than six hours."""

    name = "predict_linear"

    def fit_and_forecast(self, history, horizons, step_ms):
        out = []
        for h in horizons:
            window = (DAY_MS if h * step_ms > 6 * HOUR_MS else HOUR_MS) // step_ms
            recent = history[-max(2, window) :]
            slope, level = numpy.polyfit(numpy.arange(1 - len(recent), 1), recent, 1)
            out.append(level + slope * h)
        return out


class Statsforecast(Forecaster):
    """A model of the statsforecast package; `make(seasons)` builds it."""

    def __init__(self, name, days, make, settings):
        import statsforecast

        self.name, self.days, self.make, self.settings = name, days, make, settings
        self.version = f"statsforecast {statsforecast.__version__}"

    def fit_and_forecast(self, history, horizons, step_ms):
        seasons = [s // step_ms for s in (DAY_MS, 7 * DAY_MS) if len(history) >= 2 * (s // step_ms)]
        path = self.make(seasons).forecast(y=history.copy(), h=max(horizons))["mean"]
        return [path[h - 1] for h in horizons]


class ProphetPeer(Forecaster):
    name = "Prophet"
    settings = "defaults, no uncertainty samples"

    def __init__(self):
        for chatty in ("prophet", "cmdstanpy"):
            logging.getLogger(chatty).setLevel(logging.CRITICAL)
        import prophet

        self.version = f"prophet {prophet.__version__}"

    def fit_and_forecast(self, history, horizons, step_ms):
        import prophet

        def dates(steps):
            return pandas.to_datetime(1_700_006_400_000 + numpy.asarray(steps) * step_ms, unit="ms")

        model = prophet.Prophet(uncertainty_samples=0)
        model.fit(pandas.DataFrame({"ds": dates(numpy.arange(1 - len(history), 1)), "y": history}))
        return model.predict(pandas.DataFrame({"ds": dates(horizons)}))["yhat"].to_numpy()


class RForecast(Forecaster):
    """A model of R's forecast package: one R process a series, which tells its own time of fitting."""

    script = pathlib.Path(__file__).with_name("r_forecast.R")

    def __init__(self, name, days, model):
        self.name, self.days, self.model, self.settings = name, days, model, model
        self.version = f"R forecast {_r_version()}"

    def run(self, series, horizons):
        day = DAY_MS // series.panel.step_ms
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            for history in self.histories(series):
                file.write(",".join(map(repr, history.tolist())) + "\n")
            file.flush()
            command = ["Rscript", "--vanilla", self.script, self.model, file.name, str(day), *map(str, horizons)]
            answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows = [[float(cell) for cell in line.replace("NA", "nan").split(",")] for line in answer.split()]
        return numpy.array([row[1:] for row in rows]), sum(row[0] for row in rows)


def _r_version():
    query = 'cat(as.character(packageVersion("forecast")))'
    return subprocess.run(["Rscript", "-e", query], check=True, capture_output=True, text=True).stdout


def _has_r():
    return shutil.which("Rscript") is not None and subprocess.run(
        ["Rscript", "-e", "library(forecast)"], capture_output=True, check=False
    ).returncode == 0


def all_forecasters():
    """Every peer that is installed, by name. R's are there when Rscript finds the forecast package."""
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[threads] = "1"
    from statsforecast.models import MFLES, MSTL, AutoARIMA, AutoETS, AutoTheta

    def mstl(seasons):
        return MSTL(season_length=seasons, trend_forecaster=AutoETS(model="ZZN"))

    peers = [
        Naive(),
        SeasonalNaive(),
        PredictLinear(),
        Statsforecast("AutoARIMA", SHORT_DAYS, lambda seasons: AutoARIMA(), "not seasonal, 3 days"),
        Statsforecast("AutoETS", SHORT_DAYS, lambda seasons: AutoETS(), "ZZZ, not seasonal, 3 days"),
        Statsforecast("AutoTheta", SHORT_DAYS, lambda seasons: AutoTheta(), "not seasonal, 3 days"),
        Statsforecast("MFLES", LONG_DAYS, lambda seasons: MFLES(season_length=seasons[0]), "daily, 14 days"),
        ProphetPeer(),
    ]
    if _has_r():
        peers += [RForecast("R auto.arima", SHORT_DAYS, "auto.arima"), RForecast("R stlf", LONG_DAYS, "stlf")]
    peers.append(Statsforecast("MSTL", LONG_DAYS, mstl, "daily, weekly, AutoETS, 14 days"))  # last, as it takes longest
    return {peer.name: peer for peer in peers}
