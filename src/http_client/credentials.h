#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "http_client/options.h"
#include "http_client/url.h"

namespace promcast {

/// The value of the Authorization header for one request: from `basic_auth`, else from `authorization`, else from the
/// URL's user info; empty when there is none of them. Files are read now, so that a rotated secret is used at once;
/// blanks around a file's text are dropped. FailedPrecondition names a file that cannot be read or whose text no header
/// may hold.
absl::StatusOr<std::string> AuthorizationHeader(const HttpEndpointOptions& options, const Url& url);

/// True when `value` may stand in a header: no control characters (RFC 9110, section 5.5).
bool IsHeaderValue(std::string_view value);

}  // namespace promcast
