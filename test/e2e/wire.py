"""Remote-write requests byte by byte: protobuf wire format, both messages, and the snappy block format.

Independent of the program's own encoder and of any generated code, so that a shared misreading cannot hide.
"""
import dataclasses
import struct
from typing import Dict, List, Optional, Sequence, Tuple

STALE_NAN_BITS = 0x7FF0000000000002
NORMAL_NAN_BITS = 0x7FF8000000000001
V1_CONTENT_TYPE = "application/x-protobuf"
V2_CONTENT_TYPE = "application/x-protobuf;proto=io.prometheus.write.v2.Request"

METRIC_TYPES = {"unspecified": 0, "counter": 1, "gauge": 2, "histogram": 3, "gaugehistogram": 4, "summary": 5,
                "info": 6, "stateset": 7}


# --- protobuf -------------------------------------------------------------------------------------------------------

def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value: int) -> bytes:
    return varint(value << 1 ^ value >> 63)


def tag(field: int, wire_type: int) -> bytes:
    return varint(field << 3 | wire_type)


def length_delimited(field: int, payload: bytes) -> bytes:
    return tag(field, 2) + varint(len(payload)) + payload


def integer(field: int, value: int) -> bytes:
    return tag(field, 0) + varint(value) if value else b""


def double(field: int, value: "float | bytes") -> bytes:
    """`value` may be the 8 bytes themselves, for NaNs whose bits matter."""
    raw = value if isinstance(value, bytes) else struct.pack("<d", value)
    return tag(field, 1) + raw


def packed(field: int, encoded_values: Sequence[bytes]) -> bytes:
    return length_delimited(field, b"".join(encoded_values)) if encoded_values else b""


def nan_with_bits(bits: int) -> bytes:
    return struct.pack("<Q", bits)


# --- what a request holds -------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Sample:
    timestamp_ms: int
    value: "float | bytes"
    start_timestamp_ms: int = 0


@dataclasses.dataclass
class Exemplar:
    labels: Dict[str, str]
    value: "float | bytes"
    timestamp_ms: int


@dataclasses.dataclass
class Histogram:
    """An integer histogram; deltas are those of the wire: each bucket's difference to the one before."""
    timestamp_ms: int
    count: int
    sum: "float | bytes"
    schema: int = 0
    zero_count: int = 0
    negative_spans: Sequence[Tuple[int, int]] = ()
    negative_deltas: Sequence[int] = ()
    positive_spans: Sequence[Tuple[int, int]] = ()
    positive_deltas: Sequence[int] = ()
    custom_values: Sequence[float] = ()
    start_timestamp_ms: int = 0

    def encode(self) -> bytes:
        def spans(field, values):
            return b"".join(
                length_delimited(field, (tag(1, 0) + zigzag(offset) if offset else b"") + integer(2, length))
                for offset, length in values)
        return b"".join([
            tag(1, 0) + varint(self.count),
            double(3, self.sum),
            tag(4, 0) + zigzag(self.schema) if self.schema else b"",
            tag(6, 0) + varint(self.zero_count) if self.zero_count else b"",
            spans(8, self.negative_spans),
            packed(9, [zigzag(d) for d in self.negative_deltas]),
            spans(11, self.positive_spans),
            packed(12, [zigzag(d) for d in self.positive_deltas]),
            integer(15, self.timestamp_ms),
            packed(16, [struct.pack("<d", v) for v in self.custom_values]),
            integer(17, self.start_timestamp_ms),
        ])


@dataclasses.dataclass
class Metadata:
    type: str = "unspecified"
    help: str = ""
    unit: str = ""
    family: str = ""  # 1.0 only


@dataclasses.dataclass
class Series:
    """`labels` keeps its order on the wire; a list of pairs allows a name twice."""
    labels: "Dict[str, str] | List[Tuple[str, str]]"
    samples: Sequence[Sample] = ()
    histograms: Sequence[Histogram] = ()
    exemplars: Sequence[Exemplar] = ()
    metadata: Optional[Metadata] = None
    created_timestamp_ms: int = 0  # field 6 of 2.0's release candidates

    def label_pairs(self) -> List[Tuple[str, str]]:
        return list(self.labels.items()) if isinstance(self.labels, dict) else list(self.labels)


def one(name: str, value: "float | bytes", timestamp_ms: int, **labels: str) -> Series:
    return Series({"__name__": name, **labels}, [Sample(timestamp_ms, value)])


# --- messages -------------------------------------------------------------------------------------------------------

def _bytes(text: "str | bytes") -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def v1_message(series: Sequence[Series], metadata: Sequence[Metadata] = ()) -> bytes:
    """prometheus.WriteRequest."""
    def labels(field, pairs):
        return b"".join(length_delimited(field, length_delimited(1, _bytes(n)) + length_delimited(2, _bytes(v)))
                        for n, v in pairs)
    out = bytearray()
    for s in series:
        body = labels(1, s.label_pairs())
        for sample in s.samples:
            body += length_delimited(2, double(1, sample.value) + integer(2, sample.timestamp_ms))
        for e in s.exemplars:
            body += length_delimited(3, labels(1, e.labels.items()) + double(2, e.value) + integer(3, e.timestamp_ms))
        for h in s.histograms:
            body += length_delimited(4, h.encode())
        out += length_delimited(1, body)
    for m in metadata:
        out += length_delimited(3, integer(1, METRIC_TYPES[m.type]) + length_delimited(2, _bytes(m.family)) +
                                length_delimited(4, _bytes(m.help)) + length_delimited(5, _bytes(m.unit)))
    return bytes(out)


class _Symbols:
    def __init__(self):
        self.refs = {"": 0}

    def ref(self, text) -> int:
        return self.refs.setdefault(text, len(self.refs))

    def pairs(self, pairs) -> List[bytes]:
        return [varint(self.ref(text)) for pair in pairs for text in pair]


def v2_message(series: Sequence[Series]) -> bytes:
    """io.prometheus.write.v2.Request; every series has a metadata message, as real senders write it."""
    symbols = _Symbols()
    bodies = []
    for s in series:
        body = packed(1, symbols.pairs(s.label_pairs()))
        for sample in s.samples:
            body += length_delimited(2, double(1, sample.value) + integer(2, sample.timestamp_ms) +
                                     integer(3, sample.start_timestamp_ms))
        for h in s.histograms:
            body += length_delimited(3, h.encode())
        for e in s.exemplars:
            body += length_delimited(4, packed(1, symbols.pairs(e.labels.items())) + double(2, e.value) +
                                     integer(3, e.timestamp_ms))
        m = s.metadata or Metadata()
        body += length_delimited(5, integer(1, METRIC_TYPES[m.type]) + integer(3, symbols.ref(m.help)) +
                                 integer(4, symbols.ref(m.unit)))
        body += integer(6, s.created_timestamp_ms)
        bodies.append(length_delimited(5, body))
    return b"".join(length_delimited(4, _bytes(text)) for text in symbols.refs) + b"".join(bodies)


# --- snappy block format --------------------------------------------------------------------------------------------

def _literal(data: bytes) -> bytes:
    n = len(data) - 1
    if n < 60:
        return bytes([n << 2]) + data
    size = (n.bit_length() + 7) // 8
    return bytes([59 + size << 2]) + n.to_bytes(size, "little") + data


def snappy(data: bytes, declared_bytes: Optional[int] = None) -> bytes:
    """Valid, though nothing is compressed: literals of 64 KiB. `declared_bytes` lies about the inflated length."""
    out = bytearray(varint(len(data) if declared_bytes is None else declared_bytes))
    for start in range(0, len(data), 65536):
        out += _literal(data[start:start + 65536])
    return bytes(out)


def snappy_of_repeats(parts: Sequence["bytes | Tuple[bytes, int]"], declared_bytes: Optional[int] = None) -> bytes:
    """Block whose content is the concatenation of `parts`; a part (unit, n) stands for n repeats of `unit` (at most 64 bytes).

    Repeats become copies of up to 64 bytes, 3 bytes each on the wire: 32 MiB take 1.5 MB.
    """
    total = sum(len(p) if isinstance(p, bytes) else len(p[0]) * p[1] for p in parts)
    out = bytearray(varint(total if declared_bytes is None else declared_bytes))
    for part in parts:
        if isinstance(part, bytes):
            for start in range(0, len(part), 65536):
                out += _literal(part[start:start + 65536])
            continue
        unit, count = part
        out += _literal(unit)
        left = len(unit) * (count - 1)
        offset = struct.pack("<H", len(unit))
        out += (bytes([63 << 2 | 2]) + offset) * (left // 64)
        if left % 64:
            out += bytes([left % 64 - 1 << 2 | 2]) + offset
    return bytes(out)
