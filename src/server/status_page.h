#pragma once

#include <string>
#include <string_view>

namespace promcast {

/// The page at /: one self-contained HTML document without scripts or outside files, light or dark as the reader's
/// system is. `status_json` is an object: its scalars become a list, its objects and its arrays of objects tables.
/// Everything in it is escaped. A string that is no JSON object gives a page without tables.
std::string RenderStatusPage(std::string_view version, std::string_view status_json);

}  // namespace promcast
