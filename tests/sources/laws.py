"""What holds for every source, whatever the bytes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from vigie.sources import Block, Head, Parsed, Refusal, Source
from vigie.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

PARIS = ZoneInfo("Europe/Paris")


def parse(source: Source, data: bytes, record: int = 1) -> Parsed:
    """Parse a whole file as one block and check the laws of accounting."""
    got = source.parse(Block(data=data, record=record, last=True, tz=PARIS, name="file"), {})
    numbers = got.rows["record"].to_pylist()
    refused = [r.record for r in got.refused]
    assert got.rows.schema.equals(TABLES[source.table].arriving)
    assert got.rows.num_rows + len(refused) + got.skipped == got.records
    assert got.consumed == len(data)
    assert numbers == sorted(set(numbers))
    assert refused == sorted(set(refused))
    assert not set(numbers) & set(refused)
    assert all(r.reason for r in got.refused)
    got.rows.validate(full=True)
    return got


def survives(source: Source, data: bytes) -> None:
    """Sniff, parse and locate bytes of any kind."""
    assert 0 <= source.sniff(Head("file", data[: 64 << 10], whole=len(data) <= 64 << 10)) <= 100
    got = parse(source, data)
    if source.locate is not None:
        for number in [*got.rows["record"].to_pylist(), *(r.record for r in got.refused)][:3]:
            where = source.locate(data, number)
            assert where is not None
            assert 1 <= where[0] <= data.count(b"\n") + 1
        assert source.locate(data, got.records + 1) is None


def whole(source: Source, data: bytes) -> tuple[list[dict[str, Any]], list[Refusal]]:
    """Return rows and refusals of the file read as one block."""
    got = parse(source, data)
    return got.rows.to_pylist(), got.refused


def cut_at_any_line(source: Source, data: bytes, seed: int) -> tuple[list[dict[str, Any]], list[Refusal]]:
    """Return rows and refusals of the file read in blocks of whole lines cut at random."""
    lines = data.splitlines(keepends=True) if b"\r" not in data else data.replace(b"\n", b"\n\0").split(b"\0")
    rows: list[dict[str, Any]] = []
    refused: list[Refusal] = []
    generator = random.Random(seed)
    at = 0
    while at < len(lines):
        step = generator.randint(1, 3)
        block = b"".join(lines[at : at + step])
        if block:
            got = parse(source, block, at + 1)
            rows += got.rows.to_pylist()
            refused += got.refused
        at += step
    return rows, refused


@st.composite
def mutated(draw: st.DrawFn, *seeds: bytes) -> bytes:
    """Valid files with some bytes taken out, doubled, moved or replaced, or cut short."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 6))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        length = draw(st.integers(1, 12))
        how = draw(st.sampled_from(("out", "double", "byte", "cut", "swap")))
        if how == "out":
            del data[at : at + length]
        elif how == "double":
            data[at:at] = data[at : at + length]
        elif how == "byte":
            data[at] = draw(st.sampled_from(b'\x00\xff\xc3"\\{}[],:<>&\n\r 09-'))
        elif how == "cut":
            del data[at:]
        else:
            piece = bytes(data[at : at + length])
            del data[at : at + length]
            to = draw(st.integers(0, len(data)))
            data[to:to] = piece
    return bytes(data)


def record_of(table: pa.Table, number: int) -> dict[str, Any]:
    """Return the row of a record."""
    return next(row for row in table.to_pylist() if row["record"] == number)
