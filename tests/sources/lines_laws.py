"""The laws of every format of lines, for a source's `parse`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from vigie.sources import Block, Parsed
from vigie.tables import TABLES

PARIS = ZoneInfo("Europe/Paris")
Parse = Callable[[Block, dict[str, Any]], Parsed]


def read(parse: Parse, data: bytes) -> Parsed:
    """Read `data` as one block, and check that every record is accounted for."""
    parsed = parse(Block(data, 1, last=True, tz=PARIS, name="x.log"), {})
    parsed.rows.validate(full=True)
    assert parsed.rows.schema == TABLES["requests"].arriving
    assert parsed.consumed == len(data)
    assert parsed.rows.num_rows + len(parsed.refused) + parsed.skipped == parsed.records
    assert parsed.records == data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    records = parsed.rows["record"].to_pylist()
    assert records == sorted(set(records))
    lines = data.split(b"\n")
    assert all(refusal.raw == lines[refusal.record - 1] for refusal in parsed.refused)
    return parsed


def check_cuts(parse: Parse, lines: list[bytes], cuts: list[int]) -> None:
    """Check that reading block after block, cut after the given lines, gives what reading at once gives."""
    whole = read(parse, b"".join(line + b"\n" for line in lines))
    edges = sorted({0, len(lines), *(cut for cut in cuts if cut < len(lines))})
    rows, refused, state = [], [], {}
    for start, stop in pairwise(edges):
        data = b"".join(line + b"\n" for line in lines[start:stop])
        part = parse(Block(data, start + 1, stop == len(lines), PARIS, "x.log"), state)
        rows += part.rows.to_pylist()
        refused += part.refused
        state = part.state
    assert rows == whole.rows.to_pylist()
    assert refused == whole.refused
