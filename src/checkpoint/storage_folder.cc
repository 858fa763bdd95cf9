#include "checkpoint/storage_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

namespace promcast {
namespace {

constexpr std::string_view kPrefix = "snapshot-";
constexpr std::string_view kTemporarySuffix = ".tmp";

std::string Reason(int error) {
  return std::generic_category().message(error);
}

absl::Status FromErrno(int error, const std::string& message) {
  const std::string text = fmt::format("{}: {}", message, Reason(error));
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) return absl::ResourceExhaustedError(text);
  if (error == EROFS || error == EACCES || error == EPERM) return absl::PermissionDeniedError(text);
  return absl::UnavailableError(text);
}

bool ParseNumber(std::string_view name, uint64_t& number) {
  constexpr size_t kMaxDigits = 18;
  if (!name.starts_with(kPrefix)) return false;
  name.remove_prefix(kPrefix.size());
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() && name.size() <= kMaxDigits;
}

}  // namespace

PendingSnapshot::PendingSnapshot(std::string path, int descriptor, int folder)
    : path_(std::move(path)),
      temporary_path_(path_ + std::string(kTemporarySuffix)),
      descriptor_(descriptor),
      folder_(folder) {}

PendingSnapshot::~PendingSnapshot() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!committed_) unlink(temporary_path_.c_str());
}

absl::Status PendingSnapshot::Fail(std::string_view what) const {
  return FromErrno(errno, fmt::format("{}: cannot be {}", temporary_path_, what));
}

absl::Status PendingSnapshot::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Fail("written");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status PendingSnapshot::Commit() {
  if (fsync(descriptor_) != 0) return Fail("brought to the disk");
  if (close(std::exchange(descriptor_, -1)) != 0) return Fail("closed");
  if (rename(temporary_path_.c_str(), path_.c_str()) != 0) return Fail("renamed");
  committed_ = true;
  return fsync(folder_) == 0 ? absl::OkStatus() : Fail("made sure of in its folder");
}

absl::StatusOr<std::unique_ptr<StorageFolder>> StorageFolder::Open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);  // what is wrong shows when it is opened
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    const int open_error = errno == ENOENT && error ? error.value() : errno;
    return FromErrno(open_error, fmt::format("the storage path \"{}\" cannot be opened", path));
  }
  std::unique_ptr<StorageFolder> folder(new StorageFolder(path, descriptor));
  if (absl::Status status = folder->Lock(); !status.ok()) return status;
  if (folder->write_problem_.ok()) folder->RemoveTemporaryFiles();
  return folder;
}

StorageFolder::~StorageFolder() {
  if (lock_ >= 0) close(lock_);  // which gives up the lock
  close(descriptor_);
}

absl::Status StorageFolder::Lock() {
  lock_ = openat(descriptor_, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0) {
    write_problem_ = FromErrno(errno, fmt::format("the storage path \"{}\" cannot be written", path_));
    return absl::OkStatus();
  }
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) {
    if (faccessat(descriptor_, ".", W_OK, AT_EACCESS) != 0) {
      write_problem_ = FromErrno(errno, fmt::format("the storage path \"{}\" cannot be written", path_));
    }
    return absl::OkStatus();
  }
  if (errno != EWOULDBLOCK) {
    return FromErrno(errno, fmt::format("the storage path \"{}\" cannot be locked", path_));
  }
  return absl::FailedPreconditionError(fmt::format(
      "the storage path \"{}\" is in use by another process; stop that one, or give this one a folder of its own",
      path_));
}

void StorageFolder::RemoveTemporaryFiles() const {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(kPrefix) && name.ends_with(kTemporarySuffix)) unlinkat(descriptor_, name.c_str(), 0);
  }
}

std::vector<SnapshotFile> StorageFolder::List() const {
  return ListSnapshots(path_);
}

std::vector<SnapshotFile> ListSnapshots(const std::string& folder) {
  std::vector<SnapshotFile> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    uint64_t number = 0;
    if (ParseNumber(entry.path().filename().string(), number)) files.push_back({number, entry.path().string()});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.number > b.number; });
  return files;
}

absl::StatusOr<std::unique_ptr<PendingSnapshot>> StorageFolder::Create() const {
  const std::vector<SnapshotFile> files = List();
  const uint64_t number = files.empty() ? 1 : files.front().number + 1;
  const std::string path = (std::filesystem::path(path_) / fmt::format("{}{:012}", kPrefix, number)).string();
  const std::string temporary_path = path + std::string(kTemporarySuffix);
  const int descriptor = open(temporary_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (descriptor < 0) return FromErrno(errno, fmt::format("{}: cannot be created", temporary_path));
  return std::unique_ptr<PendingSnapshot>(new PendingSnapshot(path, descriptor, descriptor_));
}

void StorageFolder::Keep(size_t count, const std::vector<uint64_t>& refused) const {
  for (const SnapshotFile& file : List()) {
    const bool good = std::find(refused.begin(), refused.end(), file.number) == refused.end();
    if (good && count > 0) {
      count--;
    } else if (count == 0) {
      unlink(file.path.c_str());
    }
  }
}

}  // namespace promcast
