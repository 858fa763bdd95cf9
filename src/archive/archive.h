#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace promcast {

static_assert(std::endian::native == std::endian::little, "state is stored as it lies in memory, little-endian");

/// What is stored as it lies in memory: numbers, true or false, and arrays of numbers.
template <class Value>
inline constexpr bool kArchivedAsItLies = std::is_arithmetic_v<Value>;
template <class Number, size_t N>
inline constexpr bool kArchivedAsItLies<std::array<Number, N>> =
    std::is_arithmetic_v<Number> && !std::is_same_v<Number, bool>;

/// Appends state to bytes. A class that persists names its fields once, for writing and reading alike:
///
///   template <class Archive> void Persist(Archive& archive) {
///     archive(level_, step_, profile_);
///     archive.Require(step_ >= 0 && step_ < length_, "a season's step");
///   }
///
/// What follows from a plan, as sizes do, is not stored. Not thread-safe.
class ArchiveWriter {
 public:
  static constexpr bool kReads = false;

  /// `out` must outlive this.
  explicit ArchiveWriter(std::string& out) : out_(out) {}

  /// Fields in their order: what is stored as it lies, else what has a Persist of its own.
  template <class... Fields>
  void operator()(Fields&... fields) {
    (Write(fields), ...);
  }
  /// Values without padding, as they lie.
  template <class Value>
  void Block(std::span<Value> values) {
    static_assert(std::is_trivially_copyable_v<Value>);
    out_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  /// As ArchiveReader's; what is written holds.
  void Require(bool, const char*) {}
  bool ok() const { return true; }

 private:
  template <class Field>
  void Write(Field& field) {
    if constexpr (kArchivedAsItLies<std::remove_const_t<Field>>) {
      out_.append(reinterpret_cast<const char*>(&field), sizeof(field));
    } else {
      field.Persist(*this);
    }
  }

  std::string& out_;
};

/// Reads what an ArchiveWriter wrote. The bytes may come from anywhere: after the first problem every field reads as
/// zero, and never a byte outside is read. Not thread-safe.
class ArchiveReader {
 public:
  static constexpr bool kReads = true;

  /// `bytes` must outlive this.
  explicit ArchiveReader(std::string_view bytes) : left_(bytes) {}

  template <class... Fields>
  void operator()(Fields&... fields) {
    (Read(fields), ...);
  }
  template <class Value>
  void Block(std::span<Value> values) {
    static_assert(std::is_trivially_copyable_v<Value>);
    Copy(values.data(), values.size_bytes());
  }
  /// The next so many bytes where they stand; none, and a problem, when fewer are left.
  std::string_view Bytes(size_t count) {
    if (count > left_.size()) Fail("cut off");
    if (!ok()) return {};
    const std::string_view bytes = left_.substr(0, count);
    left_.remove_prefix(count);
    return bytes;
  }

  /// What was read must be so, else it is a problem. `what` is a literal that names it.
  void Require(bool holds, const char* what) {
    if (!holds) Fail(what);
  }
  bool ok() const { return problem_ == nullptr; }
  /// What is wrong with the bytes; "" while nothing is.
  std::string_view problem() const { return ok() ? "" : problem_; }
  /// How many bytes are left.
  size_t left() const { return left_.size(); }

 private:
  void Fail(const char* what) {
    if (ok()) problem_ = what;
    left_ = {};
  }
  void Copy(void* to, size_t bytes) {
    const std::string_view from = Bytes(bytes);
    if (bytes == 0) return;
    if (from.empty()) {
      std::memset(to, 0, bytes);
    } else {
      std::memcpy(to, from.data(), bytes);
    }
  }
  template <class Field>
  void Read(Field& field) {
    if constexpr (std::is_same_v<Field, bool>) {
      uint8_t code = 0;
      Copy(&code, sizeof(code));
      Require(code <= 1, "neither true nor false");
      field = ok() && code == 1;
    } else if constexpr (kArchivedAsItLies<Field>) {
      Copy(&field, sizeof(field));
    } else {
      field.Persist(*this);
    }
  }

  std::string_view left_;
  const char* problem_ = nullptr;
};

}  // namespace promcast
