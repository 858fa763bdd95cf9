#include "backtest/forecast_dump.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <iterator>
#include <system_error>
#include <utility>

#include "backtest/csv_records.h"

namespace promcast {
namespace {

constexpr int64_t kSecondMs = 1000;

}  // namespace

std::string DumpRows(std::string_view series, const ReplayedForecasts& forecasts, const ReplayPlan& plan) {
  const std::string name = CsvCell(series);
  std::string rows;
  auto out = std::back_inserter(rows);
  for (size_t i = 0; i < forecasts.issued_ms.size(); i++) {
    for (size_t h = 0; h < plan.bank->horizons.size(); h++) {
      if (std::isnan(forecasts.point(h, i))) continue;
      const int64_t issued_ms = forecasts.issued_ms[i], horizon_ms = plan.horizon_ms(h);
      for (size_t c = 0; c < plan.bank->coverages.size(); c++) {
        fmt::format_to(out, "{},{},{},{},{},{},{},{}\n", name, issued_ms, issued_ms + horizon_ms,
                       horizon_ms / kSecondMs, forecasts.point(h, i), forecasts.lower(c, h, i),
                       forecasts.upper(c, h, i), plan.bank->coverages[c]);
      }
    }
  }
  return rows;
}

absl::StatusOr<std::unique_ptr<ForecastDump>> ForecastDump::Create(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) {
    return absl::UnavailableError(
        fmt::format("{}: cannot be written: {}", path, std::generic_category().message(errno)));
  }
  return std::unique_ptr<ForecastDump>(new ForecastDump(path, file));
}

ForecastDump::ForecastDump(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {
  MutexLock lock(mutex_);
  Write("series,issued_ms,target_ms,horizon_s,predicted,lower,upper,coverage\n");
}

ForecastDump::~ForecastDump() {
  Close().IgnoreError();  // who wants to know has called it
}

void ForecastDump::Write(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) failed_ = true;
}

void ForecastDump::Add(size_t number, std::string rows) {
  MutexLock lock(mutex_);
  if (waiting_.size() <= number) waiting_.resize(number + 1);
  waiting_[number] = std::move(rows);
  for (; written_ < waiting_.size() && waiting_[written_]; written_++) {
    Write(*waiting_[written_]);
    waiting_[written_] = std::string();
  }
}

absl::Status ForecastDump::Close() {
  MutexLock lock(mutex_);
  if (file_ != nullptr && std::fclose(std::exchange(file_, nullptr)) != 0) failed_ = true;
  return failed_ ? absl::UnavailableError(fmt::format("{}: could not be written whole", path_)) : absl::OkStatus();
}

}  // namespace promcast
