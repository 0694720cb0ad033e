"""CSV sources in tests: files read whole or in blocks, as `reading.chunks` would hand them over."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

from tests.sources.laws import PARIS
from vigie.sources import Block, Parsed, Refusal, Source, all_sources

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def named(name: str) -> Source:
    return next(source for source in all_sources() if source.name == name)


def in_blocks(source: Source, data: bytes, seed: int | None = None, tz: ZoneInfo = PARIS) -> list[Parsed]:
    """Read a file in blocks of whole lines cut at random; what a block left comes again at the head of the next."""
    lines = re.findall(rb"[^\n]*\n|[^\n]+", data)
    generator = random.Random(seed)
    parsed, state, held, at, record = [], {}, b"", 0, 1
    while at < len(lines) or held:
        step = len(lines) if seed is None else generator.randint(1, 3)
        block, at = held + b"".join(lines[at : at + step]), at + step
        if not block:
            break
        last = at >= len(lines)
        got = source.parse(Block(block, record, last, tz, "file.csv"), state)
        assert got.rows.num_rows + len(got.refused) + got.skipped == got.records
        assert 0 <= got.consumed <= len(block)
        assert got.consumed == len(block) or not last
        held, record, state = block[got.consumed :], record + got.records, got.state
        parsed.append(got)
    return parsed


def read(source: Source, data: bytes, seed: int | None = None) -> tuple[list[dict[str, Any]], list[Refusal]]:
    """Return the rows and the refusals of a file."""
    parsed = in_blocks(source, data, seed)
    return [row for p in parsed for row in p.rows.to_pylist()], [refusal for p in parsed for refusal in p.refused]


def reasons(refused: list[Refusal]) -> list[tuple[int, str]]:
    return [(refusal.record, refusal.reason) for refusal in refused]
