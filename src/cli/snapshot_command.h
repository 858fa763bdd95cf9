#pragma once

#include <string>
#include <vector>

namespace promcast {

/// Flags of `promcast snapshot inspect`.
struct InspectFlags {
  std::string path;                ///< a snapshot, or a storage folder, whose newest it is then
  std::vector<std::string> match;  ///< selectors of series to list
  int limit = 20;                  ///< of lines
};

/// `promcast snapshot inspect PATH`: says what a snapshot holds. The exit code: 1 when it cannot be read or is damaged,
/// 2 for wrong use; so with all of these.
int InspectSnapshot(const InspectFlags& flags);
/// `promcast snapshot verify PATH`: reads a snapshot, or all of a storage folder, to the last byte.
int VerifySnapshots(const std::string& path);

/// Flags of `promcast export`.
struct ExportFlags {
  std::string storage_path;  ///< or a snapshot's own path
  std::vector<std::string> match;
};

/// `promcast export`: writes series of the newest snapshot to standard output.
int ExportState(const ExportFlags& flags);

/// Flags of `promcast import`.
struct ImportFlags {
  std::string storage_path, file;
};

/// `promcast import`: adds exported series to a storage folder that no promcast uses at the time.
int ImportState(const ImportFlags& flags);

}  // namespace promcast
