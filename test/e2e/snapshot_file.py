"""Reads snapshots as src/checkpoint/FORMAT.md describes them, independent of the program's own reader."""
import dataclasses
import pathlib
import struct
from typing import Dict, Iterator, List, Tuple

MAGIC = b"PCSTSNAP"
FAMILIES, SERIES, END = 1, 2, 255
BLOCK_HEADER = struct.Struct("<IIIIQ")


@dataclasses.dataclass
class Block:
    kind: int
    records: int
    begin: int  # of its header, in the file
    end: int
    raw: bytes


@dataclasses.dataclass
class Series:
    labels: Dict[str, str]
    newest_ms: int
    state: bytes


def varint(data: bytes, at: int) -> Tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def unsnappy(data: bytes) -> bytes:
    length, at = varint(data, 0)
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 3 == 0:
            size = (tag >> 2) + 1
            if size > 60:
                extra = size - 60
                size = int.from_bytes(data[at:at + extra], "little") + 1
                at += extra
            out += data[at:at + size]
            at += size
            continue
        if tag & 3 == 1:
            size, offset = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | data[at]
            at += 1
        else:
            width = 2 if tag & 3 == 2 else 4
            size, offset = (tag >> 2) + 1, int.from_bytes(data[at:at + width], "little")
            at += width
        for _ in range(size):
            out.append(out[-offset])
    assert len(out) == length
    return bytes(out)


def header_bytes(data: bytes) -> int:
    return 8 + 4 + 8 + 1 + data[20] + 8


def with_format(data: bytes, number: int, version: str) -> bytes:
    """As another version would write it: magic, format and version stand in the same places in all of them."""
    return data[:8] + struct.pack("<I", number) + data[12:20] + bytes([len(version)]) + version.encode() + data[header_bytes(data) - 8:]


def blocks(data: bytes) -> Iterator[Block]:
    """All of them, the footer included."""
    assert data.startswith(MAGIC)
    at = header_bytes(data)
    while at < len(data):
        kind, records, stored, raw_bytes, _ = BLOCK_HEADER.unpack_from(data, at)
        payload = data[at + BLOCK_HEADER.size:at + BLOCK_HEADER.size + stored]
        raw = payload if kind == END else unsnappy(payload)
        assert len(raw) == raw_bytes
        yield Block(kind, records, at, at + BLOCK_HEADER.size + stored, raw)
        at += BLOCK_HEADER.size + stored


def records(raw: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(raw):
        size, = struct.unpack_from("<I", raw, at)
        yield raw[at + 4:at + 4 + size]
        at += 4 + size


def series_of(data: bytes) -> List[Series]:
    found = []
    for block in blocks(data):
        if block.kind != SERIES:
            continue
        for record in records(block.raw):
            newest_ms, count = struct.unpack_from("<qI", record)
            at, texts = 12, []
            for _ in range(2 * count):
                size, = struct.unpack_from("<I", record, at)
                texts.append(record[at + 4:at + 4 + size].decode())
                at += 4 + size
            found.append(Series(dict(zip(texts[::2], texts[1::2])), newest_ms, record[at:]))
    return found


def snapshots(folder: pathlib.Path) -> List[pathlib.Path]:
    """Newest first."""
    return sorted((path for path in folder.glob("snapshot-*") if path.suffix != ".tmp"), reverse=True)
