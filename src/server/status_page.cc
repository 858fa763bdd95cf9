#include "server/status_page.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace promcast {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kHead = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>promcast</title><style>
:root{color-scheme:light dark;--ink:#1c2530;--dim:#5d6b7a;--paper:#f6f8fa;--card:#fff;--line:#dde3ea;--accent:#c2410c}
@media(prefers-color-scheme:dark){:root{--ink:#e3e8ee;--dim:#93a1b0;--paper:#10151b;--card:#18202a;--line:#2a3541;--accent:#fb923c}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header{border-bottom:3px solid var(--accent);background:var(--card)}
header div,main{max-width:64rem;margin:0 auto;padding:.8rem 1.2rem}
header div{display:flex;flex-wrap:wrap;align-items:baseline;gap:.3rem 1.2rem}
h1{font-size:1.35rem;margin:0}h2{font-size:1rem;margin:0 0 .6rem;text-transform:capitalize}
a{color:var(--accent)}nav{margin-left:auto;display:flex;flex-wrap:wrap;gap:.3rem 1rem}
section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem 1.2rem;margin:1rem 0;overflow-x:auto}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:.8rem;margin:0}
dt,th,.dim{color:var(--dim);font-weight:400;font-size:.85rem}dt,th{text-transform:capitalize}
dd{margin:0;font-size:1.15rem;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem .3rem 0;vertical-align:top}
td{border-top:1px solid var(--line);font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
</style></head><body>
)html";

std::string Escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// `uptime_seconds` reads as `uptime seconds`.
std::string Title(std::string_view key) {
  std::string title = Escape(key);
  for (char& c : title) c = c == '_' ? ' ' : c;
  return title;
}

std::string Cell(const Json& value) {
  if (value.is_null()) return "–";
  if (value.is_string()) return Escape(value.get_ref<const std::string&>());
  if (value.is_number_float()) return fmt::format("{:.4g}", value.get<double>());
  if (value.is_object() || value.is_array()) {
    std::string cell;
    for (const auto& item : value.items()) {
      if (!cell.empty()) cell += "<br>";
      if (value.is_object()) cell += "<span class=\"dim\">" + Escape(item.key()) + "</span> ";
      cell += Cell(item.value());
    }
    return cell;
  }
  return Escape(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string PairsSection(std::string_view title, const Json& pairs) {
  std::string out = fmt::format("<section><h2>{}</h2><dl>", title);
  for (const auto& item : pairs.items()) {
    out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", Title(item.key()), Cell(item.value()));
  }
  return out + "</dl></section>\n";
}

std::string TableSection(std::string_view title, const Json& rows) {
  std::vector<std::string> columns;
  for (const Json& row : rows) {
    if (!row.is_object()) continue;
    for (const auto& item : row.items()) {
      if (std::find(columns.begin(), columns.end(), item.key()) == columns.end()) columns.push_back(item.key());
    }
  }
  std::string out = fmt::format("<section><h2>{}</h2><table><tr>", title);
  for (const std::string& column : columns) out += "<th>" + Title(column) + "</th>";
  out += "</tr>";
  for (const Json& row : rows) {
    out += "<tr>";
    if (!row.is_object()) out += "<td>" + Cell(row) + "</td>";
    for (const std::string& column : columns) {
      if (row.is_object()) out += "<td>" + (row.contains(column) ? Cell(row[column]) : "–") + "</td>";
    }
    out += "</tr>";
  }
  return out + "</table></section>\n";
}

}  // namespace

std::string RenderStatusPage(std::string_view version, std::string_view status_json) {
  std::string page(kHead);
  page += fmt::format(
      "<header><div><h1>promcast</h1><span class=\"dim\">{}</span><nav><a href=\"/metrics\">metrics</a>"
      "<a href=\"/api/v1/status\">status as JSON</a><a href=\"/-/ready\">ready</a><a href=\"/-/healthy\">healthy</a>"
      "</nav></div></header><main>\n",
      Escape(version));
  const Json status = Json::parse(status_json, nullptr, /*allow_exceptions=*/false);
  if (status.is_object()) {
    Json scalars = Json::object();
    for (const auto& item : status.items()) {
      if (item.value().is_primitive()) scalars[item.key()] = item.value();
    }
    if (!scalars.empty()) page += PairsSection("status", scalars);
    for (const auto& item : status.items()) {
      if (item.value().empty()) continue;
      if (item.value().is_object()) page += PairsSection(Title(item.key()), item.value());
      if (item.value().is_array()) page += TableSection(Title(item.key()), item.value());
    }
  }
  return page + "</main></body></html>\n";
}

}  // namespace promcast
