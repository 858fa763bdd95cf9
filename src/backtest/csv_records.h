#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backtest/byte_source.h"

namespace promcast {

/// The records of a CSV file, one at a time: cells parted by commas, quoted ones as RFC 4180 has it (a quote inside is
/// doubled, commas and line ends lose their meaning), read with the tolerance of Python's csv module: a quote that does
/// not open a cell is an ordinary character, as is what follows a closing one. A record ends with LF, CR LF, CR or the
/// end of the file; empty lines are left out, and so is a byte order mark. Holds one record in memory.
class CsvRecords {
 public:
  static constexpr size_t kMaxRecordBytes = 16 << 20;

  /// `name` stands before each error, usually the path.
  CsvRecords(ByteSource source, std::string name);

  /// Reads the next record: false at the end. Errors: what the source says; a record of more than kMaxRecordBytes; a
  /// file that ends inside a quoted cell.
  absl::StatusOr<bool> Next();
  /// Of the newest record; valid until the next call of Next().
  std::span<const std::string_view> cells() const { return cells_; }
  /// Line on which the newest record began, from 1.
  int64_t line() const { return record_line_; }
  /// An error about the newest record: `name:line: problem`.
  absl::Status Error(std::string_view problem) const;

 private:
  enum class State : uint8_t { kCellStart, kPlain, kQuoted, kQuoteInQuoted };

  absl::StatusOr<bool> Fill();
  /// Takes one byte into the record; true when it ended the record.
  bool Take(char byte);
  void EndCell();
  void MakeCells();
  void SkipByteOrderMark();

  ByteSource source_;
  std::string name_;
  std::vector<char> buffer_;
  size_t at_ = 0, filled_ = 0;
  bool first_fill_ = true;

  State state_ = State::kCellStart;
  std::string text_;               // of the record's cells, one after the other
  std::vector<size_t> cell_ends_;  // in text_
  std::vector<std::string_view> cells_;
  int64_t line_ = 1, record_line_ = 1;
};

/// `text` as a CSV cell: quoted where it has to be.
std::string CsvCell(std::string_view text);

}  // namespace promcast
