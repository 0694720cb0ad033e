from __future__ import annotations

import pyarrow as pa
from hypothesis import event, given
from hypothesis import strategies as st

from vigie.kernels.distinct import distinct
from vigie.rules.plain import texts_of

# Texts that differ late, in length alone, or by a NUL byte; of more and of fewer bytes than are compared at a time.
TEXTS = st.one_of(
    st.none(),
    st.sampled_from(["", "\0", "\0\0", "a", *("b" * n for n in (31, 32, 33)), "b" * 32 + "c", "b" * 64 + "a"]),
    st.text("ab", max_size=70),
)


def by_hand(keys: list[object]) -> tuple[list[int], list[int]]:
    numbers: dict[object, int] = {}
    firsts = []
    for row, key in enumerate(keys):
        if key not in numbers:
            numbers[key] = len(numbers)
            firsts.append(row)
    return [numbers[key] for key in keys], firsts


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=40), st.integers(0, 9))
def test_texts_and_pairs_are_numbered_as_they_come(pairs: list[tuple[str | None, str | None]], cut: int) -> None:
    table = pa.Table.from_pylist([{"a": a, "b": b} for a, b in pairs], pa.schema([(n, pa.string()) for n in "ab"]))
    table = table.slice(cut)
    one, other = (texts_of(table[name].combine_chunks()) for name in "ab")
    ids, firsts = distinct(one)
    event(f"repeats: {len(firsts) < len(ids)}")
    assert (ids.tolist(), firsts.tolist()) == by_hand([a for a, _ in pairs[cut:]])
    ids, firsts = distinct(one, other)
    assert (ids.tolist(), firsts.tolist()) == by_hand(list(pairs[cut:]))
    ids, places = distinct(one, rows=firsts)
    expected, chosen = by_hand([pairs[cut:][row][0] for row in firsts])
    assert (ids.tolist(), places.tolist()) == (expected, [firsts[n] for n in chosen])


def test_more_texts_than_the_first_table_holds() -> None:
    texts = [f"{n % 3000:x}" for n in range(9000)]
    ids, firsts = distinct(texts_of(pa.array(texts)))
    assert (ids.tolist(), firsts.tolist()) == by_hand(list(texts))
