#include "remote_read/read_response.h"

#include <boost/crc.hpp>

#include "remote_write/wire.h"

namespace promcast {
namespace {

// prometheus.ReadResponse and what is in it.
constexpr uint32_t kResults = 1;
constexpr uint32_t kTimeseries = 1;
constexpr uint32_t kSamples = 2;
constexpr uint32_t kSampleValue = 1;
constexpr uint32_t kSampleTimestamp = 2;
// prometheus.ChunkedReadResponse and what is in it.
constexpr uint32_t kChunkedSeries = 1;
constexpr uint32_t kQueryIndex = 2;
constexpr uint32_t kChunks = 2;
constexpr uint32_t kChunkMin = 1;
constexpr uint32_t kChunkMax = 2;
constexpr uint32_t kChunkType = 3;
constexpr uint32_t kChunkData = 4;
constexpr uint64_t kXorEncoding = 1;

void AppendVarintField(std::string& out, uint32_t field_number, uint64_t value) {
  AppendTag(out, field_number, WireType::kVarint);
  AppendVarint(out, value);
}

/// Makes what was appended since `begin` a length-delimited field.
void WrapTail(std::string& out, size_t begin, uint32_t field_number) {
  std::string head;
  AppendTag(head, field_number, WireType::kBytes);
  AppendVarint(head, out.size() - begin);
  out.insert(begin, head);
}

void AppendSample(std::string& out, Sample sample) {
  const auto timestamp = static_cast<uint64_t>(sample.timestamp_ms);
  AppendTag(out, kSamples, WireType::kBytes);
  AppendVarint(out, 1 + sizeof(double) + 1 + VarintBytes(timestamp));
  char value[1 + sizeof(double)];
  out.append(value, WriteDoubleField(value, kSampleValue, sample.value));
  AppendVarintField(out, kSampleTimestamp, timestamp);
}

void AppendChunk(std::string& out, const XorChunk& chunk) {
  const size_t begin = out.size();
  AppendVarintField(out, kChunkMin, static_cast<uint64_t>(chunk.min_ms));
  AppendVarintField(out, kChunkMax, static_cast<uint64_t>(chunk.max_ms));
  AppendVarintField(out, kChunkType, kXorEncoding);
  AppendBytesField(out, kChunkData, {reinterpret_cast<const char*>(chunk.bytes.data()), chunk.bytes.size()});
  WrapTail(out, begin, kChunks);
}

void AppendFrame(std::string& stream, std::string_view message) {
  AppendVarint(stream, message.size());
  const uint32_t crc = Crc32c(message);
  for (int shift = 24; shift >= 0; shift -= 8) stream += static_cast<char>(crc >> shift);
  stream += message;
}

}  // namespace

uint32_t Crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

bool AppendSamplesResult(std::span<const ReadSeries> series, size_t max_bytes, std::string& message) {
  const size_t result_begin = message.size();
  for (const ReadSeries& one : series) {
    const size_t series_begin = message.size();
    message += one.label_block;
    for (const XorChunk& chunk : one.chunks) {
      XorChunkReader reader(chunk.bytes);
      for (Sample sample; reader.Next(sample);) AppendSample(message, sample);
      if (message.size() > max_bytes) return false;
    }
    WrapTail(message, series_begin, kTimeseries);
  }
  WrapTail(message, result_begin, kResults);
  return message.size() <= max_bytes;
}

bool AppendChunkedResult(std::span<const ReadSeries> series, size_t query_index, size_t max_frame_bytes,
                         size_t max_bytes, std::string& stream) {
  std::string message;
  for (const ReadSeries& one : series) {
    for (size_t next = 0; next < one.chunks.size();) {
      message = one.label_block;
      size_t chunk_bytes = 0;
      do {
        chunk_bytes += one.chunks[next].bytes.size();
        AppendChunk(message, one.chunks[next++]);
      } while (next < one.chunks.size() && chunk_bytes + one.chunks[next].bytes.size() <= max_frame_bytes);
      WrapTail(message, 0, kChunkedSeries);
      if (query_index > 0) AppendVarintField(message, kQueryIndex, query_index);
      AppendFrame(stream, message);
      if (stream.size() > max_bytes) return false;
    }
  }
  return true;
}

}  // namespace promcast
