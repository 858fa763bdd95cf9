# usage: Rscript r_forecast.R MODEL HISTORIES.csv DAY HORIZON...
# A history a line, oldest value first; DAY and horizons are in steps. Prints per line: CPU seconds,forecast of each horizon.
suppressMessages(library(forecast))
args <- commandArgs(trailingOnly = TRUE)
day <- as.integer(args[3])
horizons <- as.integer(args[-(1:3)])
fit <- switch(args[1],
  "auto.arima" = function(y) forecast(auto.arima(ts(y), seasonal = FALSE), h = max(horizons), level = 95)$mean,
  "stlf" = function(y) stlf(ts(y, frequency = day), h = max(horizons), level = 95)$mean,
  stop("unknown model ", args[1]))
for (line in readLines(args[2])) {
  y <- as.numeric(strsplit(line, ",")[[1]])
  began <- proc.time()
  path <- tryCatch(fit(y), error = function(e) rep(NA, max(horizons)))
  used <- sum((proc.time() - began)[c(1, 2)])
  cat(paste(c(used, format(as.numeric(path[horizons]), digits = 15, trim = TRUE)), collapse = ","), "\n", sep = "")
}
