"""JSON as bytes: splitting a document into its items without reading it whole, and paths into one item.

A path is names joined by dots, with brackets where there are lists:

- `entities.urls[].expanded_url`: of every element;
- `referenced_tweets[type=quoted].id`: of the elements whose `type` is `quoted` (`!=` for the others); a bracket of
  this kind after an object, or at the start of a path, asks the object itself;
- `^includes.users[id=@author_id].username`: `^` starts from the object around the list of items instead of the item,
  and `@` compares with a value of the item;
- `a|b`: all that `a` leads to, then what `b` leads to beyond it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from vigie.kernels.json_spans import members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

_NONE: Final = np.empty((0, 2), np.int64)
_KEY: Final = re.compile(rb'("(?:[^"\\\n]|\\.)*+")[ \t\r\n]*:[ \t\r\n]*')
_FILLED: Final = re.compile(rb"[^ \t\r\n]")
_OPEN: Final = b"[{"
_TOKEN: Final = re.compile(r"\.?(?:\[([^\]]*)\]|([^.\[\]]+))")


@dataclass(slots=True)
class Around:
    """The object that holds the list of items, without the list; read when first asked for."""

    values: dict[str, Any] = field(default_factory=dict)
    index: dict[tuple[Any, ...], dict[str, list[Any]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes `start` to `end` of a document: one item, or, with a `reason`, what cannot be one."""

    start: int
    end: int
    around: Around
    reason: str = ""


def loads(raw: bytes) -> Any:
    """Return the JSON value of `raw`.

    Raises
    ------
    ValueError
        whose message is a reason for a refusal.

    >>> loads(b'{"a": [1, ')
    Traceback (most recent call last):
      ...
    ValueError: not JSON: unexpected end of data: line 1 column 11 (char 10)
    """
    if b"\0" in raw:
        message = "NUL byte"
        raise ValueError(message)
    try:
        value = orjson.loads(raw)
        if b"\\u0000" in raw and _holds_nul(value):
            message = "NUL byte"
        else:
            return value
    except orjson.JSONDecodeError as error:
        try:
            raw.decode()
            message = f"not JSON: {error}"
        except UnicodeDecodeError:
            message = "invalid UTF-8"
    raise ValueError(message)


def _holds_nul(value: Any) -> bool:
    pending = [value]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += (*value, *value.values())
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str) and "\0" in value:
            return True
    return False


def pieces(data: bytes, paths: tuple[str, ...]) -> Iterator[Piece]:
    """Yield the items of a document, in its order; every byte that is not white space counts towards some piece.

    paths: where lists of items stand (dots for objects, `[]` for each element of a list); the empty path is a document
    that has none of them and is itself the list, or one item. Several documents may follow one another; where the
    first line holds a whole one, each line does.
    """
    buf = np.frombuffer(data, np.uint8)
    steps = tuple(tuple(re.findall(r"\[\]|[^.\[\]]+", path)) for path in paths)
    at = _next(data, 0, len(data))
    line_end = data.find(b"\n", max(at, 0))
    by_line = line_end >= 0 and data[at] in _OPEN and _ends_line(data, buf, at, line_end)
    while at >= 0:
        stop = len(data)
        if by_line:
            line_end = data.find(b"\n", at)
            stop = line_end if line_end >= 0 else stop
        if data[at] in _OPEN:
            _, end, closed = members(buf, at, stop, _NONE)
            yield from _document(data, buf, (at, end), steps)
            if not closed:
                yield Piece(end, end, Around(), "the document ends before its brackets close")
        else:
            line_end = data.find(b"\n", at)
            end = line_end if line_end >= 0 else len(data)
            yield Piece(at, end, Around(), "neither an object nor a list")
        at = _next(data, end, len(data))


def _next(data: bytes, start: int, stop: int) -> int:
    match = _FILLED.search(data, start, stop)
    return match.start() if match else -1


def _ends_line(data: bytes, buf: NDArray[np.uint8], at: int, line_end: int) -> bool:
    _, end, closed = members(buf, at, line_end, _NONE)
    return bool(closed) and _next(data, end, line_end) < 0


def _spans(buf: NDArray[np.uint8], at: int, stop: int) -> list[tuple[int, int]]:
    found, _, _ = members(buf, at, stop, _NONE)
    spans = np.empty((found, 2), np.int64)
    members(buf, at, stop, spans)
    return [(int(a), int(b)) for a, b in spans.tolist()]


def _document(
    data: bytes, buf: NDArray[np.uint8], span: tuple[int, int], paths: tuple[tuple[str, ...], ...]
) -> Iterator[Piece]:
    found = [value for steps in paths if steps for value in _walk(data, buf, span, steps, Around())]
    if not found and () in paths:
        found = [(span, Around())]
    for (start, end), around in sorted(found, key=lambda value: value[0]):
        if data[start] in b"[":
            for a, b in _spans(buf, start, end):
                yield Piece(a, b, around)
        else:
            yield Piece(start, end, around)
    if not found:
        named = " or ".join(".".join(steps) for steps in paths)
        yield Piece(*span, Around(), f"nothing at {named} in this document")


def _walk(
    data: bytes, buf: NDArray[np.uint8], span: tuple[int, int], steps: tuple[str, ...], around: Around
) -> Iterator[tuple[tuple[int, int], Around]]:
    """Yield the values at `steps` below the value at `span`, each with the object it stands in."""
    if not steps:
        yield span, around
    elif steps[0] == "[]" and data[span[0]] in b"[":
        for a, b in _spans(buf, *span):
            yield from _walk(data, buf, (a, b), steps[1:], around)
    elif steps[0] != "[]" and data[span[0]] in b"{":
        keyed = [(_key(data, a, b), b) for a, b in _spans(buf, *span)]
        inner = [(start, b) for (name, start), b in keyed if name == steps[0] and start < b]
        if not inner:
            return
        around = Around()
        for (name, start), b in keyed:
            if name is not None and name != steps[0]:
                try:
                    around.values[name] = orjson.loads(data[start:b])
                except orjson.JSONDecodeError:
                    continue
        for a, b in inner:
            yield from _walk(data, buf, (a, b), steps[1:], around)


def _key(data: bytes, start: int, end: int) -> tuple[str | None, int]:
    """Return the key of an object's member and where its value begins."""
    match = _KEY.match(data, start, end)
    if match is None:
        return None, end
    try:
        return orjson.loads(match[1]), match.end()
    except orjson.JSONDecodeError:
        return None, end


def locate(data: bytes, record: int, paths: tuple[str, ...]) -> tuple[int, str] | None:
    r"""Return the line (from 1) on which the item with this ordinal begins, and its raw text; None where it has none.

    >>> locate(b'{"data":[\n{"id":1},\n{"id":2}]}', 2, ("data",))
    (3, '{"id":2}')
    """
    for number, piece in enumerate(pieces(data, paths), start=1):
        if number == record:
            raw = data[piece.start : piece.end].decode("utf-8", "backslashreplace").rstrip()
            return data.count(b"\n", 0, piece.start) + 1, raw
    return None


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a path: a name; or the elements of a list, of which `names` leads to `text` (`wanted`) or not."""

    name: str = ""
    names: tuple[str, ...] = ()
    text: str = ""
    own: tuple[str, ...] = ()
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A compiled path: `names`, then `steps` from the first bracket on; `others` are what follows a `|`."""

    names: tuple[str, ...] = ()
    steps: tuple[_Step, ...] = ()
    is_around: bool = False
    others: tuple[JsonPath, ...] = ()

    @property
    def head(self) -> str:
        """The first name the path takes of an item; empty where it begins elsewhere."""
        names = self.names or (self.steps[0].names if self.steps else ())
        return names[0] if names and not self.is_around else ""

    @property
    def plain(self) -> str:
        """The name, where the path is one name of the item and nothing else; else empty."""
        return self.names[0] if len(self.names) == 1 and not (self.steps or self.others or self.is_around) else ""

    def find(self, item: Any, around: Around) -> list[Any] | None:
        """Return what the path leads to, nulls left out; None where a name before any bracket is missing."""
        found = self._one(item, around)
        for other in self.others:
            more = other.find(item, around)
            found = more if found is None else found + [v for v in more or () if v not in found]
        return found

    def first(self) -> Callable[[Any, Around], Any]:
        """Return the function to the first value that is not empty, None where there is none."""
        names = self.names
        if self.steps or self.others or self.is_around:
            return lambda item, around: next((value for value in self.find(item, around) or () if value != ""), None)
        if len(names) == 1:
            (name,) = names
            return lambda item, _around: None if (value := item.get(name)) == "" else value
        return lambda item, _around: None if (value := _get(item, names)) == "" else value

    def _one(self, item: Any, around: Around) -> list[Any] | None:
        value = _get(around.values if self.is_around else item, self.names)
        if value is None:
            return None
        current = [value]
        for position, step in enumerate(self.steps):
            if step.name:
                current = [v[step.name] for v in current if isinstance(v, dict) and v.get(step.name) is not None]
                continue
            text = _text(_get(item, step.own)) if step.own else step.text
            if step.own and not text:
                return []
            if step.own and self.is_around and not position:
                current = self._indexed(current, step, around).get(text, [])
                continue
            current = [e for v in current for e in (v if isinstance(v, list) else (v,)) if e is not None]
            if step.names:
                current = [e for e in current if (_text(_get(e, step.names)) == text) == step.wanted]
        return current

    def _indexed(self, current: list[Any], step: _Step, around: Around) -> dict[str, list[Any]]:
        """Return the elements by the key that `step` asks for, made once for all items of the list."""
        key = (self.names, step)
        if key not in around.index:
            table: dict[str, list[Any]] = {}
            for value in current:
                for element in value if isinstance(value, list) else (value,):
                    table.setdefault(_text(_get(element, step.names)), []).append(element)
            around.index[key] = table
        return around.index[key]


def _get(value: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


@cache
def path(text: str) -> JsonPath:
    """Return the compiled form of a path; the module's docstring explains how one is written.

    >>> path("urls[].expanded").find({"urls": [{"expanded": "https://a.example"}, {}]}, Around())
    ['https://a.example']
    """
    first, *others = text.split("|")
    names: list[str] = []
    steps: list[_Step] = []
    for bracket, name in _TOKEN.findall(first.removeprefix("^")):
        if not name:
            left, equals, right = bracket.partition("=")
            asked = tuple(left.removesuffix("!").split(".")) if equals else ()
            own = tuple(right[1:].split(".")) if right.startswith("@") else ()
            steps.append(_Step(names=asked, text=right, own=own, wanted=not left.endswith("!")))
        elif steps:
            steps.append(_Step(name=name))
        else:
            names.append(name)
    return JsonPath(tuple(names), tuple(steps), first.startswith("^"), tuple(path(other) for other in others))
