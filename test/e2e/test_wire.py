"""The encoders that the other tests trust, against decoders written here from the specifications."""
import struct

import wire


def inflate(block: bytes) -> bytes:
    """Snappy's format description, read literally."""
    length, shift, at = 0, 0, 0
    while True:
        byte = block[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    out = bytearray()
    while at < len(block):
        kind = block[at] & 3
        if kind == 0:
            n = block[at] >> 2
            at += 1
            if n >= 60:
                size = n - 59
                n = int.from_bytes(block[at:at + size], "little")
                at += size
            out += block[at:at + n + 1]
            at += n + 1
        else:
            assert kind == 2, "the encoder writes literals and copies with 2-byte offsets only"
            n, offset = (block[at] >> 2) + 1, struct.unpack_from("<H", block, at + 1)[0]
            at += 3
            for _ in range(n):
                out.append(out[-offset])
    assert len(out) == length
    return bytes(out)


def test_snappy_literals_inflate_to_the_input_at_every_length_class():
    for size in (0, 1, 59, 60, 61, 255, 256, 257, 65535, 65536, 65537, 200_000):
        data = bytes(i * 7 & 0xFF for i in range(size))
        assert inflate(wire.snappy(data)) == data


def test_snappy_repeats_inflate_to_the_repeated_unit():
    for unit, count in ((b"\x0a\x00", 1), (b"\x0a\x00", 2), (b"x", 64), (b"x", 65), (b"abc", 1000), (b"\x12\x00", 5000)):
        assert inflate(wire.snappy_of_repeats([b"head", (unit, count), b"tail"])) == b"head" + unit * count + b"tail"


def test_32_mib_of_empty_messages_take_less_than_1_6_mb():
    assert len(wire.snappy_of_repeats([(b"\x0a\x00", 16 << 20)])) < 1_600_000


def test_varints_match_the_examples_of_the_protobuf_documentation():
    assert wire.varint(150) == b"\x96\x01"
    assert wire.varint(-1) == b"\xff" * 9 + b"\x01"
    assert wire.zigzag(-1) == b"\x01" and wire.zigzag(1) == b"\x02" and wire.zigzag(-53) == b"\x69"


def test_a_v1_request_is_the_bytes_that_the_schema_gives():
    message = wire.v1_message([wire.one("up", 1.0, 1000)])
    assert message == (
        b"\x0a\x1e" + b"\x0a\x0e\x0a\x08__name__\x12\x02up" + b"\x12\x0c\x09" + struct.pack("<d", 1.0) + b"\x10\xe8\x07")


def test_a_v2_request_starts_with_the_empty_symbol():
    message = wire.v2_message([wire.one("up", 1.0, 1000)])
    assert message.startswith(b"\x22\x00" b"\x22\x08__name__" b"\x22\x02up" b"\x2a")
