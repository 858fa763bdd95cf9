#include "received.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <snappy.h>

#include <cstring>

namespace promcast {
namespace {

/// One field of a protobuf message: a varint, eight bytes or a run of bytes.
struct Field {
  uint32_t number = 0;
  uint64_t integer = 0;
  std::string_view bytes = {};
};

uint64_t ReadVarint(std::string_view& in) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    EXPECT_FALSE(in.empty()) << "a varint breaks off";
    if (in.empty()) return 0;
    const auto byte = static_cast<unsigned char>(in[0]);
    in.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

std::vector<Field> Fields(std::string_view message) {
  std::vector<Field> fields;
  while (!message.empty()) {
    const uint64_t tag = ReadVarint(message);
    Field field{.number = static_cast<uint32_t>(tag >> 3)};
    size_t length = 0;
    if ((tag & 7) == 0) {
      field.integer = ReadVarint(message);
    } else {
      length = (tag & 7) == 1 ? 8 : ReadVarint(message);
    }
    EXPECT_TRUE((tag & 7) <= 2) << "wire type " << (tag & 7);
    EXPECT_LE(length, message.size()) << "a field breaks off";
    if ((tag & 7) > 2 || length > message.size()) return fields;
    field.bytes = message.substr(0, length);
    message.remove_prefix(length);
    fields.push_back(field);
  }
  return fields;
}

Sample ParseSample(std::string_view message) {
  Sample sample;
  for (const Field& field : Fields(message)) {
    if (field.number == 1) std::memcpy(&sample.value, field.bytes.data(), sizeof sample.value);
    if (field.number == 2) sample.timestamp_ms = static_cast<int64_t>(field.integer);
  }
  return sample;
}

ReceivedSeries ParseV1(std::string_view message) {
  ReceivedSeries series;
  for (const Field& field : Fields(message)) {
    if (field.number == 1) {
      auto& label = series.labels.emplace_back();
      for (const Field& part : Fields(field.bytes)) (part.number == 1 ? label.first : label.second) = part.bytes;
    }
    if (field.number == 2) series.samples.push_back(ParseSample(field.bytes));
  }
  return series;
}

ReceivedSeries ParseV2(std::string_view message, const std::vector<std::string>& symbols) {
  ReceivedSeries series;
  std::vector<uint64_t> refs;
  for (const Field& field : Fields(message)) {
    if (field.number == 1) {
      std::string_view packed = field.bytes;
      if (packed.empty()) refs.push_back(field.integer);
      while (!packed.empty()) refs.push_back(ReadVarint(packed));
    }
    if (field.number == 2) series.samples.push_back(ParseSample(field.bytes));
    if (field.number == 5) {
      for (const Field& part : Fields(field.bytes)) {
        if (part.number == 1) series.metadata_type = part.integer;
      }
    }
  }
  EXPECT_EQ(refs.size() % 2, 0u) << "an odd number of label references";
  for (size_t i = 0; i + 1 < refs.size(); i += 2) {
    EXPECT_LT(refs[i], symbols.size());
    EXPECT_LT(refs[i + 1], symbols.size());
    if (refs[i] < symbols.size() && refs[i + 1] < symbols.size()) {
      series.labels.emplace_back(symbols[refs[i]], symbols[refs[i + 1]]);
    }
  }
  return series;
}

}  // namespace

ReceivedWrite Receive(const TestRequest& request) {
  ReceivedWrite write;
  const auto type = request.headers.find("content-type");
  EXPECT_NE(type, request.headers.end());
  write.v2 =
      type != request.headers.end() && type->second == "application/x-protobuf;proto=io.prometheus.write.v2.Request";
  std::string message;
  EXPECT_TRUE(snappy::Uncompress(request.body.data(), request.body.size(), &message)) << "not a snappy block";
  const auto fields = Fields(message);
  for (const Field& field : fields) {
    EXPECT_TRUE(write.v2 ? field.number == 4 || field.number == 5 : field.number == 1) << "field " << field.number;
    if (write.v2 && field.number == 4) write.symbols.emplace_back(field.bytes);
  }
  for (const Field& field : fields) {
    if (write.v2 && field.number == 5) write.series.push_back(ParseV2(field.bytes, write.symbols));
    if (!write.v2 && field.number == 1) write.series.push_back(ParseV1(field.bytes));
  }
  return write;
}

std::vector<std::string> AllSamples(const std::vector<TestRequest>& requests) {
  std::vector<std::string> lines;
  for (const TestRequest& request : requests) {
    for (const ReceivedSeries& series : Receive(request).series) {
      std::string name, rest;
      for (const auto& [key, value] : series.labels) {
        if (key == "__name__") {
          name = value;
        } else {
          rest += fmt::format("{}{}={}", rest.empty() ? "" : ",", key, value);
        }
      }
      for (const Sample& sample : series.samples) {
        lines.push_back(fmt::format("{}{{{}}} {} {}", name, rest, sample.timestamp_ms, sample.value));
      }
    }
  }
  return lines;
}

}  // namespace promcast
