"""Addresses, hashtags and mentions out of a column of texts."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.kernels.entities import entities, word_characters

if TYPE_CHECKING:
    import pyarrow as pa

ENTITIES: Final = ("urls", "hashtags", "mentions")


def extracted(texts: pa.StringArray) -> dict[str, list[list[str]]]:
    """Return what each text holds, under the names of `ENTITIES`: one list a text, as written and in order.

    >>> import pyarrow as pa
    >>> extracted(pa.array(["@ana see https://a.example/1. #vote", ""]))
    {'urls': [['https://a.example/1'], []], 'hashtags': [['vote'], []], 'mentions': [['ana'], []]}
    """
    _, offset_bytes, value_bytes = texts.buffers()
    rows = len(texts)
    if not rows or offset_bytes is None or value_bytes is None:
        return {name: [[] for _ in range(rows)] for name in ENTITIES}
    values = np.asarray(memoryview(value_bytes)).view(np.uint8)
    offsets = np.asarray(memoryview(offset_bytes)).view(np.int32)[texts.offset : texts.offset + rows + 1]
    counts, starts, ends = entities(values, offsets, word_characters())
    raw = value_bytes.to_pybytes()
    found = {}
    for kind, name in enumerate(ENTITIES):
        spans = zip(starts[kind].tolist(), ends[kind].tolist(), strict=True)
        running = counts[kind].tolist()
        words = [raw[a:b].decode() for (a, b), _ in zip(spans, range(running[-1]), strict=False)]
        found[name] = [words[a:b] for a, b in pairwise(running)]
    return found
