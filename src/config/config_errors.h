#pragma once

#include <absl/status/status.h>

#include <string>
#include <vector>

namespace promcast {

/// A place in a text file, both counted from 1.
struct FilePosition {
  int line = 1;
  int column = 1;
  friend auto operator<=>(const FilePosition&, const FilePosition&) = default;
};

/// What is wrong in one configuration file. Not thread-safe.
class ConfigErrors {
 public:
  explicit ConfigErrors(std::string file_name) : file_name_(std::move(file_name)) {}

  /// `message` says what is wrong and what to do: `what; do this`. Control characters in it are escaped.
  void Add(FilePosition position, std::string message);
  bool empty() const { return errors_.empty(); }
  size_t size() const { return errors_.size(); }
  /// Ok without errors; else InvalidArgument with one `FILE:LINE:COLUMN: message` a line in the file's order, the
  /// first 50.
  absl::Status ToStatus() const;

 private:
  struct Error {
    FilePosition position;
    std::string message;
  };
  std::string file_name_;
  std::vector<Error> errors_;
};

}  // namespace promcast
