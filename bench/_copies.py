"""Posts whose copies are known: planted families under ten kinds of change, look-alikes that are none, a background.

Four fifths are a background of sentences put together from our own word lists in five languages, no two alike but for
a frame. A fifth belongs to families: a first text and its copies, 2 to 50 and more, each changed in one way, half of
them in the family's favourite way. A twelfth only looks like copies: bulletins and forms with other figures and names
in the same frame, headlines of the same frame, the same footer under different texts. Some posts are made of two whole
texts (`concat`): they contain a family's first text and belong to none.

Where a share of the texts is to be articles (1 to 5 thousand characters), that share of each of these is: of the
background, of the families and all their changes, of the texts made of two, and of the look-alikes, which then are
tables of bulletins' lines, reports of forms in a fixed order, and articles that end in the same paragraph of
background or in the same long footer.

Seeds 1 to 5 are for choosing parameters; 101 to 105 are for reporting.

    python -m bench._copies 1000000 posts.parquet [--seed 1] [--articles 0.1]
"""

from __future__ import annotations

import argparse
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench import _copies_edits as edits
from bench._copies_words import LANGUAGES, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEMA: Final = pa.schema(
    [
        ("text", pa.string()),
        ("lang", pa.string()),
        ("time", pa.int64()),  # microseconds since 1970
        ("account", pa.string()),
        ("family", pa.int64()),  # also of a concat row: the first of the two whose text it contains
        ("second", pa.int64()),  # of a concat row the other family; else -1
        ("op", pa.string()),
        ("role", pa.string()),  # seed, member, concat, hardneg, background
        ("neg_group", pa.int64()),
    ]
)
OPS: Final = {  # weights
    "exact": 21,
    "surface": 23,
    "typo": 8,
    "adv": 8,
    "trunc": 10,
    "template": 8,
    "reword": 10,
    "reword2": 5,
    "comment": 5,
}
_SPOKEN: Final = {"en": 36, "fr": 20, "ru": 20, "de": 13, "ar": 11}
_START_US: Final = 1_704_067_200_000_000  # 2024-01-01T00:00:00Z
_SPAN_S: Final = 60 * 86_400
_FAMILIES, _CONCATS, _HARD = 0.2, 0.004, 0.08
_PART: Final = 500_000
_LARGEST: Final = 600
_FEW_WORDS: Final = 7  # a text of fewer is never reworded: too little would stay
_PER_LANGUAGE: Final = 100  # numbers of groups of bulletins, forms and headlines
_FOOTERS: Final = 1_000_000  # numbers of groups of footers begin here
_ARTICLE: Final = (1000, 4800)  # characters that an article should have; its last sentence may end later
_LONG_GROUPS: Final = 1_000_000_000  # and those of look-alikes among articles here


class _Rows:
    """Rows as they are made."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {name: [] for name in SCHEMA.names if name not in ("account", "time")}
        self.seconds: list[float] = []

    def add(
        self,
        text: str,
        lang: str,
        at_s: float,
        role: str,
        op: str,
        *,
        family: int = -1,
        second: int = -1,
        group: int = -1,
    ) -> None:
        row = (text, lang, family, second, op, role, group)
        for values, value in zip(self.columns.values(), row, strict=True):
            values.append(value)
        self.seconds.append(at_s)


class _Part:
    """One part of the posts, whole families each."""

    def __init__(self, rows: int, number: int, seed: int, articles: float) -> None:
        self.draw = np.random.default_rng([seed, number])
        self.chance = Random(int(self.draw.integers(2**62)))
        self.writers = {lang: Writer(lang, [seed, number, i]) for i, lang in enumerate(LANGUAGES)}
        self.articles = articles
        self.rows = _Rows()
        self.first_number = number * _PART  # families of a part are fewer than its rows
        spoken = np.array(list(_SPOKEN.values()))
        codes = np.searchsorted(np.cumsum(spoken), self.draw.random(2 * rows) * spoken.sum(), side="right")
        self.languages = iter([list(_SPOKEN)[c] for c in codes.tolist()])
        self.seeds: dict[str, list[tuple[int, str]]] = {lang: [] for lang in LANGUAGES}
        self._families(round(rows * _FAMILIES))
        self._concats(round(rows * _CONCATS))
        long = round(rows * _HARD * articles)
        self._hard_negatives(round(rows * _HARD) - long, rows)
        self._long_hard_negatives(long)
        for _ in range(rows - len(self.rows.seconds)):
            lang = next(self.languages)
            self.rows.add(self._post(lang), lang, self._moment(), "background", "bg")

    def table(self) -> pa.Table:
        """Return the rows in the order of time."""
        seconds = np.array(self.rows.seconds)
        columns: dict[str, Any] = dict(self.rows.columns)
        columns["time"] = _START_US + (seconds * 1e6).astype(np.int64)
        accounts = np.minimum(self.draw.zipf(1.3, len(seconds)), 20 * len(seconds)) + self.draw.integers(
            0, 50, len(seconds)
        )
        columns["account"] = [f"a{a}" for a in accounts.tolist()]
        order = np.argsort(columns["time"], kind="stable")
        return pa.table({name: columns[name] for name in SCHEMA.names}, SCHEMA).take(order)

    def _moment(self) -> float:
        return self.chance.random() * _SPAN_S

    def _post(self, lang: str) -> str:
        """Return a post of 20 to 300 characters and six words or more, or an article of 1 to 5 thousand."""
        writer = self.writers[lang]
        if self.articles and self.chance.random() < self.articles:
            return writer.text(*_ARTICLE)
        text = edits.ornamented(writer.text(20, 210), writer, self.chance)
        while len(text) > 300:
            text = writer.sentence()
        return text

    def _families(self, rows: int) -> None:
        left, number = rows, self.first_number
        while left > 1:
            size = min(int(2 * self.chance.random() ** (-1 / 1.15)), _LARGEST, max(8, rows // 40), left)
            if left - size == 1:
                size += 1
            self._family(number, size)
            left -= size
            number += 1

    def _family(self, number: int, size: int) -> None:
        lang, chance = next(self.languages), self.chance
        writer = self.writers[lang]
        text = self._post(lang)
        self.seeds[lang].append((number, text))
        begun = self._moment()
        self.rows.add(text, lang, begun, "seed", "seed", family=number)
        kinds = self._kinds(text, writer)
        favourite = self._kind()
        for _ in range(size - 1):
            op = favourite if chance.random() < 0.5 else self._kind()
            if op.startswith(("reword", "template")) and text.count(" ") < _FEW_WORDS:
                op = "surface"
            made = kinds[op]()
            if op not in ("exact", "surface", "adv") and chance.random() < 0.3:
                made = edits.surface(made, writer, chance)
            # Hours later at the median; what would come after the end comes at a moment before it.
            at = begun + 60 + chance.lognormvariate(9, 1.5)
            self.rows.add(
                made, lang, at if at < _SPAN_S else chance.uniform(begun, _SPAN_S), "member", op, family=number
            )

    def _kind(self) -> str:
        return self.chance.choices(tuple(OPS), tuple(OPS.values()))[0]

    def _kinds(self, text: str, writer: Writer) -> dict[str, Callable[[], str]]:
        chance = self.chance
        slots = edits.Slots.of(text, writer, chance)
        with_text = (text, writer, chance)
        return {
            "exact": lambda: text,
            "surface": partial(edits.surface, *with_text),
            "typo": partial(edits.typo, *with_text),
            "adv": partial(edits.adverse, *with_text),
            "trunc": partial(edits.truncated, *with_text),
            "template": slots.filled,
            "reword": partial(edits.reworded, *with_text, low=0.1, high=0.25),
            "reword2": partial(edits.reworded, *with_text, low=0.3, high=0.5),
            "comment": partial(edits.commented, *with_text),
        }

    def _concats(self, rows: int) -> None:
        """Add posts of two families' first texts, neither much longer than the other."""
        paired: set[tuple[int, int]] = set()
        for _ in range(rows):
            lang = next(self.languages)
            number, text = self.chance.choice(self.seeds[lang] or [(-1, self._post(lang))])
            drawn = self.chance.choices(self.seeds[lang] or [(-1, "")], k=40)
            others = [s for s in drawn if s[0] != number and (number, s[0]) not in paired]
            second, other = min(others, key=lambda s: abs(len(s[1]) - len(text)), default=(-1, ""))
            if not 0.6 < len(other) / len(text) < 1.6:
                second, other = -1, self.writers[lang].text(len(text), len(text) + 40)
            paired.add((number, second))
            both = f"{text}{self.chance.choice((' ', chr(10), ' / '))}{other}"
            self.rows.add(both, lang, self._moment(), "concat", "concat", family=number, second=second)

    def _frames(self, lang: str, group: int) -> list[tuple[int, str, Callable[[], str]]]:
        """Return a language's bulletins, forms and headlines in turn: number of the group, kind, and what fills it."""
        writer = self.writers[lang]
        kinds = (("bulletin", "bulletins"), ("frame", "forms"), ("headline", "headlines"))
        found = [(at, op, frame) for op, name in kinds for at, frame in enumerate(writer.lists[name])]
        found.sort(key=lambda f: f[0])
        return [(group + n, op, writer.pattern(frame)) for n, (_, op, frame) in enumerate(found)]

    def _hard_negatives(self, rows: int, all_rows: int) -> None:
        """Add posts in common frames, and the same footers under different texts; no two posts are equal."""
        frames = {lang: self._frames(lang, n * _PER_LANGUAGE) for n, lang in enumerate(self.writers)}
        seen: set[str] = set()
        end = len(self.rows.seconds) + rows
        while len(self.rows.seconds) < end - rows // 4:
            lang = next(self.languages)
            # Few rows are of few frames, so that each has several posts.
            group, op, made = self.chance.choice(frames[lang][: 6 + all_rows // 5000])
            text = made()
            if text not in seen:
                seen.add(text)
                text = edits.ornamented(text, self.writers[lang], self.chance) if self.chance.random() < 0.2 else text
                self.rows.add(text, lang, self._moment(), "hardneg", op, group=group)
        group = _FOOTERS + self.first_number
        while (left := end - len(self.rows.seconds)) > 0:
            lang = next(self.languages)
            writer = self.writers[lang]
            footer = writer.pattern(self.chance.choice(writer.lists["footers"]))()
            begun = self._moment()
            for _ in range(min(left, int(6 * self.chance.random() ** (-1 / 1.5)), 200)):
                text = edits.ornamented(writer.text(60, 200), writer, self.chance)
                text += self.chance.choice((" ", "\n\n")) + footer
                at = begun + self.chance.random() * (_SPAN_S - begun)
                self.rows.add(
                    f"{text}{self.chance.choice((' ', chr(10) * 2))}{footer}",
                    lang,
                    at,
                    "hardneg",
                    "footer",
                    group=group,
                )
            group += 1

    def _long_hard_negatives(self, rows: int) -> None:
        """Add articles that look alike: what one of a group is made by says little that the next does not."""
        group = _LONG_GROUPS + self.first_number
        left = rows
        while left > 0:
            lang = next(self.languages)
            op, made = self.chance.choice(self._long_frames(self.writers[lang]))
            size = min(left, int(3 * self.chance.random() ** (-1 / 1.5)), 100)
            for _ in range(size):
                self.rows.add(made(), lang, self._moment(), "hardneg", op, group=group)
            left -= size
            group += 1

    def _long_frames(self, writer: Writer) -> list[tuple[str, Callable[[], str]]]:
        """Return what writes tables, reports, articles with one background and with one footer; each with its kind."""
        chance, lists = self.chance, writer.lists
        line = writer.pattern(chance.choice(lists["bulletins"]))
        every = [*lists["bulletins"], *lists["forms"], *lists["headlines"]]
        report = [writer.pattern(frame) for frame in chance.sample(every, len(every))]
        background = writer.text(250, 600)
        footer = " ".join(writer.pattern(frame)() for frame in lists["footers"])

        def table() -> str:
            wanted, lines = chance.randint(_ARTICLE[0], 3000), [line()]
            while sum(map(len, lines)) < wanted:
                lines.append(line())
            return "\n".join(lines)

        return [
            ("bulletin", table),
            ("frame", lambda: "\n\n".join(made() for made in report)),
            ("background", lambda: f"{writer.text(_ARTICLE[0], 3000)}\n\n{background}"),
            ("footer", lambda: f"{writer.text(_ARTICLE[0], 3000)}\n\n{footer}"),
        ]


def parts(rows: int, seed: int, *, articles: float = 0.0) -> Iterator[pa.Table]:
    """Yield `rows` posts in tables of half a million at most, in schema `SCHEMA`, each in the order of time.

    `articles` is the share of texts of 1 to 5 thousand characters, in the background and among the families' first.
    Every part spans the same sixty days; families end with their part, bulletins and forms go through all.
    """
    for number, begun in enumerate(range(0, rows, _PART)):
        yield _Part(min(_PART, rows - begun), number, seed, articles).table()


def posts(rows: int, seed: int, *, articles: float = 0.0) -> pa.Table:
    """Return what `parts` yields as one table, in the order of time."""
    made = list(parts(rows, seed, articles=articles))
    return made[0] if len(made) == 1 else pa.concat_tables(made).sort_by("time")


def write(path: Path, rows: int, seed: int, *, articles: float = 0.0) -> Counter[str]:
    """Write what `parts` yields to a Parquet file, a part at a time; return how many rows have which role and kind."""
    counted: Counter[str] = Counter()
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for table in parts(rows, seed, articles=articles):
            writer.write_table(table)
            names = zip(table["role"].to_pylist(), table["op"].to_pylist(), strict=True)
            counted.update(f"{role} {op}" for role, op in names)
    return counted


def main() -> None:
    """Write posts to a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--articles", type=float, default=0.0)
    options = parser.parse_args()
    counted = write(options.file, options.rows, options.seed, articles=options.articles)
    print("\n".join(f"{n:12,} {name}" for name, n in sorted(counted.items())))


if __name__ == "__main__":
    main()
