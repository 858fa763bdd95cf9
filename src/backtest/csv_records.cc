#include "backtest/csv_records.h"

#include <absl/status/status.h>
#include <absl/strings/str_replace.h>
#include <fmt/format.h>

#include <utility>

namespace promcast {
namespace {

constexpr size_t kBufferBytes = 64 << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

CsvRecords::CsvRecords(ByteSource source, std::string name)
    : source_(std::move(source)), name_(std::move(name)), buffer_(kBufferBytes) {}

absl::Status CsvRecords::Error(std::string_view problem) const {
  return absl::DataLossError(fmt::format("{}:{}: {}", name_, record_line_, problem));
}

absl::StatusOr<bool> CsvRecords::Fill() {
  at_ = 0;
  filled_ = 0;
  const auto count = source_(buffer_);
  if (!count.ok()) return count.status();
  filled_ = *count;
  if (std::exchange(first_fill_, false)) SkipByteOrderMark();
  return filled_ > 0;
}

void CsvRecords::SkipByteOrderMark() {
  if (std::string_view(buffer_.data(), filled_).substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    at_ = kByteOrderMark.size();
  }
}

void CsvRecords::EndCell() {
  cell_ends_.push_back(text_.size());
  state_ = State::kCellStart;
}

bool CsvRecords::Take(char byte) {
  if (byte == '\n') line_++;
  if (state_ == State::kQuoted) {
    if (byte == '"') {
      state_ = State::kQuoteInQuoted;
    } else {
      text_.push_back(byte);
    }
    return false;
  }
  if (byte == ',') {
    EndCell();
    return false;
  }
  if (byte == '\n' || byte == '\r') {
    const bool empty_line = state_ == State::kCellStart && cell_ends_.empty();
    if (!empty_line) EndCell();
    return !empty_line;
  }
  if (byte == '"' && state_ == State::kCellStart) {
    state_ = State::kQuoted;
    return false;
  }
  text_.push_back(byte);
  state_ = byte == '"' && state_ == State::kQuoteInQuoted ? State::kQuoted : State::kPlain;
  return false;
}

absl::StatusOr<bool> CsvRecords::Next() {
  text_.clear();
  cell_ends_.clear();
  cells_.clear();
  state_ = State::kCellStart;
  record_line_ = line_;
  while (true) {
    while (at_ < filled_) {
      if (text_.empty() && cell_ends_.empty() && state_ == State::kCellStart) record_line_ = line_;
      if (Take(buffer_[at_++])) {
        MakeCells();
        return true;
      }
      if (text_.size() + cell_ends_.size() > kMaxRecordBytes) {
        return Error(fmt::format("a record of more than {} MiB; is a quote missing?", kMaxRecordBytes >> 20));
      }
    }
    const auto more = Fill();
    if (!more.ok()) return more.status();
    if (!*more) break;
  }
  if (state_ == State::kQuoted) return Error("the file ends inside a quoted cell that begins here");
  if (state_ == State::kCellStart && cell_ends_.empty()) return false;
  EndCell();
  MakeCells();
  return true;
}

void CsvRecords::MakeCells() {
  size_t start = 0;
  for (const size_t end : cell_ends_) {
    cells_.push_back(std::string_view(text_).substr(start, end - start));
    start = end;
  }
}

std::string CsvCell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  return fmt::format("\"{}\"", absl::StrReplaceAll({text.data(), text.size()}, {{"\"", "\"\""}}));
}

}  // namespace promcast
