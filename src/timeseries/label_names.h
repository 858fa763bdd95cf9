#pragma once

#include <string_view>

namespace promcast {

/// Well-formed UTF-8 by Unicode's table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsValidUtf8(std::string_view text);

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`: a metric name every Prometheus version takes. Prometheus 3 takes any non-empty UTF-8.
bool IsLegacyMetricName(std::string_view name);

/// `[a-zA-Z_][a-zA-Z0-9_]*`: a label name every Prometheus version takes.
bool IsLegacyLabelName(std::string_view name);

}  // namespace promcast
