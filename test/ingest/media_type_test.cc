#include "ingest/media_type.h"

#include <gtest/gtest.h>

namespace promcast {
namespace {

TEST(MediaType, ChoosesTheMessageByContentTypeAlone) {
  struct Case {
    const char* content_type;
    std::optional<WriteProtocol> protocol;
  };
  const Case cases[] = {
      {"", WriteProtocol::kV1},
      {"application/x-protobuf", WriteProtocol::kV1},
      {"Application/X-Protobuf", WriteProtocol::kV1},
      {"application/x-protobuf;proto=prometheus.WriteRequest", WriteProtocol::kV1},
      {"application/x-protobuf;proto=io.prometheus.write.v2.Request", WriteProtocol::kV2},
      {"application/x-protobuf; proto=io.prometheus.write.v2.Request", WriteProtocol::kV2},
      {"application/x-protobuf; charset=utf-8; proto=\"io.prometheus.write.v2.Request\"", WriteProtocol::kV2},
      {"application/x-protobuf;proto=io.prometheus.write.v3.Request", std::nullopt},
      {"application/x-protobuf;proto=", std::nullopt},
      {"application/json", std::nullopt},
      {"image/png", std::nullopt},
      {"application/x-protobufs", std::nullopt},
      {";proto=prometheus.WriteRequest", std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(ProtocolOfContentType(c.content_type), c.protocol) << c.content_type;
}

TEST(MediaType, OnlySnappyIsAnEncoding) {
  for (const char* yes : {"", "snappy", "Snappy", " snappy "}) EXPECT_TRUE(IsSnappyEncoding(yes)) << yes;
  for (const char* no : {"gzip", "deflate", "zstd", "identity", "snappy, gzip"})
    EXPECT_FALSE(IsSnappyEncoding(no)) << no;
}

}  // namespace
}  // namespace promcast
