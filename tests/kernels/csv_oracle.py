"""What `kernels.csv_fields.scan` must do, in slow plain Python: no path is remembered, every line is read again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Good:
    line: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Bad:
    line: int
    why: str


def attempt(text: str, start: int, delimiter: str, escape: str) -> tuple[str, int, list[str]]:  # noqa: C901, PLR0912
    """Read one record at `start`: how it came out (closed, broken, open), where, and its fields."""
    fields, at, size = [], start, len(text)
    while True:
        value = ""
        if text[at : at + 1] == '"':
            at += 1
            while True:
                if at >= size:
                    return "open", at, fields
                if escape and text[at] == escape and at + 1 < size:
                    value += text[at + 1]
                    at += 2
                elif escape and text[at] == escape:
                    return "open", size, fields
                elif text[at : at + 2] == '""':
                    value += '"'
                    at += 2
                elif text[at] == '"':
                    break
                else:
                    value += text[at]
                    at += 1
            at += 1
            if text[at : at + 2] == "\r\n" or text[at:] == "\r":
                at += 1
            if at < size and text[at] not in (delimiter, "\n"):
                return "broken", at, fields
        else:
            while at < size and text[at] not in (delimiter, "\n"):
                value += text[at]
                at += 1
            if at == size or text[at] == "\n":
                value = value.removesuffix("\r")
        fields.append(value)
        if at >= size or text[at] == "\n":
            return "closed", at, fields
        at += 1


def read(text: str, columns: int, delimiter: str = ",", escape: str = "", limit: int = 1 << 20) -> list[Good | Bad]:
    out: list[Good | Bad] = []
    at = line = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if text[at:end] in ("", "\r"):
            at, line = end + 1, line + 1
            continue
        how, where, fields = attempt(text, at, delimiter, escape)
        first = where <= end
        in_time = first or where < max(end + 1, at + limit)
        if how == "closed" and in_time and len(fields) == columns:
            out.append(Good(line, tuple(fields)))
            line += text.count("\n", at, where) + 1
            at = where + 1
            continue
        if how == "closed" and first:
            why = "count"
        elif how == "closed" and in_time:
            why = "count over lines"
        elif how == "broken" and first:
            why = "text after quote"
        elif how == "broken" and in_time:
            why = "stray quote"
        else:
            why = "open quote"
        out.append(Bad(line, why))
        at, line = end + 1, line + 1
    return out
