"""Posts as JSON, by a mapping file: one object a line, or documents that hold a list of them.

The names in such a mapping are paths (`json_values`). `items` of a document is the path to its list, several with `|`
between; an empty one says that a document may also be the list, or one item. A list of addresses, hashtags or
mentions that an object lacks altogether is read out of its text; one that is there and empty stays empty. A mapping
whose items may stand alone is there a second time, its name ending in `-lines`, for files of one item a line.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from vigie.sources import Block, Head, Parsed, Source, json_values
from vigie.sources.instants import InstantError, instant
from vigie.sources.json_values import Around
from vigie.sources.mapping import EXTRACTED, LISTS, Mapping, Rule, builtin
from vigie.sources.post_rows import PostRows, RecordError, site
from vigie.text import markup

if TYPE_CHECKING:
    from collections.abc import Callable

_UNKNOWN: Final = "unknown_columns"
_UNKNOWN_MAX: Final = 100
_LONG: Final = 32 << 10
# A status gives its text and its links out of the same HTML.
_plain: Final = lru_cache(8)(markup.plain)
_EXACT_FLOAT: Final = 2.0**53


def source(mapping: Mapping) -> Source:
    """Return the source that reads posts as `mapping` says."""
    lines = mapping.shape == "jsonl"
    paths = tuple(mapping.items.split("|"))
    return Source(
        name=mapping.name,
        title=mapping.title,
        table="posts",
        shape="lines" if lines else "document",
        sniff=partial(_sniff_lines, mapping) if lines else partial(_sniff_document, mapping, paths),
        parse=partial(_parse_lines, mapping) if lines else partial(_parse_document, mapping, paths),
        version=2,
        locate=None if lines else partial(_locate, paths),
    )


def as_lines(mapping: Mapping) -> Mapping:
    """Return the mapping for files that hold one item of the document a line."""
    title = f"{mapping.title}, one item a line"
    return dataclasses.replace(mapping, name=f"{mapping.name}-lines", title=title, shape="jsonl", items="")


def _locate(paths: tuple[str, ...], data: bytes, record: int) -> tuple[int, str] | None:
    return json_values.locate(data, record, paths)


def _parse_lines(mapping: Mapping, block: Block, state: dict[str, Any]) -> Parsed:
    seen: set[str] = set(state.get(_UNKNOWN, ()))
    read = reader(mapping, block.tz, seen)
    rows = PostRows(_extract(mapping))
    skipped = 0
    lines = block.data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    around = Around()
    for record, line in enumerate(lines, start=block.record):
        if not line.strip():
            skipped += 1
            continue
        rows.add(record, line, read, around)
    return rows.parsed(len(block.data), skipped=skipped, state=_audit(mapping, seen))


def _parse_document(mapping: Mapping, paths: tuple[str, ...], block: Block, state: dict[str, Any]) -> Parsed:
    seen: set[str] = set(state.get(_UNKNOWN, ()))
    read = reader(mapping, block.tz, seen)
    rows = PostRows(_extract(mapping))
    for record, piece in enumerate(json_values.pieces(block.data, paths), start=1):
        raw = block.data[piece.start : piece.end]
        if piece.reason:
            rows.refuse(record, raw, piece.reason)
        else:
            rows.add(record, raw, read, piece.around)
    return rows.parsed(len(block.data), state=_audit(mapping, seen))


def _audit(mapping: Mapping, seen: set[str]) -> dict[str, Any]:
    """Return what the manifest notes: names in the items that fill no column and are not named as ignored."""
    heads = {json_values.path(part).head for text in (*mapping.used(), *mapping.needs) for part in text.split("|")}
    return {_UNKNOWN: sorted(name[:80] for name in seen - heads - set(mapping.ignored))[:_UNKNOWN_MAX]}


def _extract(mapping: Mapping) -> dict[str, str]:
    """Return which list columns may be read out of which text column."""
    return {n: rule.extract or "text" for n, rule in mapping.columns.items() if n in EXTRACTED and rule.value is None}


def reader(mapping: Mapping, case_tz: ZoneInfo, seen: set[str]) -> Callable[[bytes, Around], dict[str, Any]]:
    """Return the function from one item's bytes to the columns of its row; it raises ValueError with a reason.

    The names in the items are added to `seen`.
    """
    fill = [(name, _column(name, rule, case_tz)) for name, rule in mapping.columns.items()]

    def read(raw: bytes, around: Around) -> dict[str, Any]:
        item = json_values.loads(raw)
        if not isinstance(item, dict):
            message = "not a JSON object"
            raise RecordError(message)
        seen.update(item)
        return {name: take(item, around) for name, take in fill}

    return read


def _column(name: str, rule: Rule, case_tz: ZoneInfo) -> Callable[[Any, Around], Any]:
    paths = [json_values.path(text) for text in rule.sum or rule.columns]
    if rule.value is not None:
        constant = [rule.value] if name in LISTS else rule.value
        return lambda _item, _around: constant
    if name == "reactions":
        return lambda item, around: _total(paths, item, around)
    if name in LISTS:
        return lambda item, around: _many(name, rule, paths, item, around)
    first = _first(paths)
    if name in _MOMENTS:
        tz = case_tz if rule.tz == "case" else ZoneInfo(rule.tz)
        read = _MOMENTS[name]
        return lambda item, around: read(rule, tz, first(item, around))
    if rule.part or rule.prefix or rule.values or rule.when is not None:
        return lambda item, around: _one(name, rule, first(item, around))

    def word(item: Any, around: Around) -> str | None:
        value = first(item, around)
        return value if value is None or isinstance(value, str) else _word(name, rule, value)

    return word


def _first(paths: list[json_values.JsonPath]) -> Callable[[Any, Around], Any]:
    """Return the function to the first value that any of `paths` leads to; None where none does."""
    if len(paths) == 1:
        return paths[0].first()
    names = [path.plain for path in paths]
    if all(names):

        def named(item: Any, _around: Around) -> Any:
            for name in names:
                value = item.get(name)
                if value is not None and value != "":
                    return value
            return None

        return named
    takes = [path.first() for path in paths]

    def first(item: Any, around: Around) -> Any:
        for take in takes:
            value = take(item, around)
            if value is not None:
                return value
        return None

    return first


def _time(rule: Rule, tz: ZoneInfo, value: Any) -> int | None:
    return None if value is None else instant(value, rule.format, tz)


def _created(rule: Rule, tz: ZoneInfo, value: Any) -> int | None:
    """Return when an account was made: what cannot be read is no ground to refuse its post."""
    try:
        return _time(rule, tz, value)
    except InstantError:
        return None


_MOMENTS: Final = {"time": _time, "channel_created": _created}


def _total(paths: list[json_values.JsonPath], item: Any, around: Around) -> int | None:
    found = [value for path in paths for value in path.find(item, around) or ()]
    total = 0
    for value in found:
        if isinstance(value, bool) or not isinstance(value, int):
            if not (isinstance(value, str) and value.strip().isdecimal()):
                message = f"reactions: {str(value)[:40]!r} is not a whole number"
                raise RecordError(message)
            value = int(value[:30])  # noqa: PLW2901
        total += value
    return total if found else None


def _word(name: str, rule: Rule, value: Any) -> str | None:
    """Return one value as text: null where it is empty or not the one asked for."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOAT:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        message = f"{name} is neither text nor a whole number"
        raise RecordError(message)
    text = str(value)
    if rule.when is not None:
        return rule.as_ if text == rule.when else None
    text = rule.values.get(text, text)
    return rule.prefix + text if text else None


def _one(name: str, rule: Rule, value: Any) -> str | None:
    if value is None:
        return None
    word = _word(name, rule, value)
    return "".join(_PARTS[rule.part](word)) if word and rule.part else word


def _many(name: str, rule: Rule, paths: list[json_values.JsonPath], item: Any, around: Around) -> list[str] | None:
    """Return the items of the first path that leads to any; None where all lack their names altogether."""
    values: list[Any] | None = None
    for path in paths:
        found = path.find(item, around)
        values = found if values is None else values
        if found:
            values = found
            break
    if values is None:
        return None
    words: list[str] = []
    for value in values:
        for element in value if isinstance(value, list) else (value,):
            word = _word(name, rule, element) if element is not None else None
            if word and rule.split:
                words.extend(part.strip() for part in word.split(rule.split) if part.strip())
            elif word:
                words.extend(_PARTS[rule.part](word) if rule.part else (word,))
    return words


_PARTS: Final[dict[str, Callable[[str], tuple[str, ...]]]] = {
    "text": lambda word: (_plain(word).text,),
    "links": lambda word: _plain(word).urls,
    "host": lambda word: (site(word),),
    "name": lambda word: (word.lstrip("#@\uff03\uff20"),),
}


def _sniff_lines(mapping: Mapping, head: Head) -> int:
    line, newline, _ = head.data.lstrip().partition(b"\n")
    if not line.startswith(b"{") or not (newline or head.whole):
        return 0
    return mapping.score if _fits(mapping, line, Around()) else 0


def _sniff_document(mapping: Mapping, paths: tuple[str, ...], head: Head) -> int:
    if not head.data.lstrip().startswith((b"{", b"[")):
        return 0
    piece = next(json_values.pieces(head.data, paths), None)
    if piece is None or piece.reason:
        return 0
    # One below: a file of one item a line is better read as lines, which need not be held in memory together.
    return mapping.score - 1 if _fits(mapping, head.data[piece.start : piece.end], piece.around) else 0


def _fits(mapping: Mapping, raw: bytes, around: Around) -> bool:
    try:
        item = json_values.loads(raw)
    except ValueError:
        # An item longer than what may be looked at: its names must do.
        return len(raw) > _LONG and all(_named(need, raw) for need in mapping.needs)
    return isinstance(item, dict) and all(json_values.path(need).find(item, around) for need in mapping.needs)


def _named(need: str, raw: bytes) -> bool:
    return any(f'"{name.rpartition(".")[2]}"'.encode() in raw for name in need.split("|"))


def _own_sources() -> tuple[Source, ...]:
    mappings = [m for m in builtin() if m.table == "posts" and m.shape in ("json", "jsonl")]
    lines = [as_lines(m) for m in mappings if m.shape == "json" and "" in m.items.split("|")]
    return tuple(source(m) for m in (*mappings, *lines))


SOURCES: Final = _own_sources()
