"""Indicators: patterns of attack kept as data in `http/*.toml`, each with examples, references and known mistakes.

An indicator has: `id`; `kind`, one of `KINDS`; `technique`, an ATT&CK identifier; `capec`, an attack pattern of CAPEC;
`fields`, where it looks (`FIELDS`); `pattern`, in the syntax RE2 and `re` share, matched anywhere in the plain form of
the field (`vigie.text.decode`); `statuses`, optional, the response statuses it is limited to (a status that was not
logged never counts); `matches` and `spares`, examples of a field as sent; `references`; `false_positives`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigie.errors import Problem, ProblemsError
from vigie.rules.records import are_texts, read_records

if TYPE_CHECKING:
    from collections.abc import Iterable

# In order of precedence: a request that shows several kinds is counted under the first.
KINDS: Final = (
    "template_injection",
    "command_injection",
    "xxe",
    "ssrf",
    "file_inclusion",
    "sql_injection",
    "nosql_injection",
    "ldap_injection",
    "xss",
    "header_injection",
    "traversal",
    "open_redirect",
    "webshell_probe",
    "backup_probe",
    "admin_probe",
    "cms_probe",
    "scanner_signature",
)
# `target` is the path with the query; `path` the path alone.
FIELDS: Final = ("target", "path", "user_agent", "referer")

_TECHNIQUE: Final = re.compile(r"attack\.t\d{4}(?:\.\d{3})?")
_TEXTS: Final = frozenset({"id", "kind", "technique", "capec", "pattern", "false_positives"})
_CAPEC: Final = re.compile(r"capec\.\d{1,3}")
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One pattern; see the module's docstring."""

    id: str
    kind: str
    technique: str
    capec: str
    fields: tuple[str, ...]
    pattern: str
    matches: tuple[str, ...]
    spares: tuple[str, ...]
    references: tuple[str, ...]
    false_positives: str
    statuses: tuple[int, ...] = ()


@cache
def http_indicators() -> tuple[Indicator, ...]:
    """Return the indicators for web requests in order of precedence: by kind, then by id.

    Raises
    ------
    ProblemsError
        naming every file, indicator and key that is wrong.
    """
    folder = files("vigie.rules") / "http"
    texts = {f.name: f.read_text(encoding="utf-8") for f in folder.iterdir() if f.name.endswith(".toml")}
    return read_indicators(sorted(texts.items()))


def read_indicators(texts: Iterable[tuple[str, str]]) -> tuple[Indicator, ...]:
    """Return the indicators of the files `(name, TOML text)`, ordered by kind and id.

    Raises
    ------
    ProblemsError
        with every mistake in every file.
    """
    problems: list[Problem] = []
    found: dict[str, Indicator] = {}
    for name, text in texts:
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            problems.append(Problem(name, f"not TOML: {error}"))
            continue
        problems += [Problem(f"{name}:{k}", "unknown key", "only [[indicator]]") for k in document if k != "indicator"]
        raws = document.get("indicator", ())
        problems += read_records(name, raws, noun="indicator", record=Indicator, known=found, wrong_value=_wrong_value)
    if problems:
        raise ProblemsError(problems)
    return tuple(sorted(found.values(), key=lambda i: (KINDS.index(i.kind), i.id)))


def _wrong_value(key: str, value: object) -> Iterable[tuple[str, str]]:
    if key in {"fields", "matches", "spares", "references"} and not are_texts(value):
        yield "not a list of texts, or empty", ""
    elif key in _TEXTS and not (isinstance(value, str) and value):
        yield "not a text, or empty", ""
    elif key == "statuses" and not (
        isinstance(value, list) and all(type(s) is int and s in range(100, 1000) for s in value)
    ):
        yield "not a list of response statuses", "such as [403, 404]"
    elif key == "id" and not _ID.fullmatch(str(value)):
        yield f"not an id: {value!r}", "lower case, words joined by hyphens"
    elif key == "kind" and value not in KINDS:
        yield f"unknown kind {value!r}", f"one of {', '.join(KINDS)}"
    elif key == "technique" and not _TECHNIQUE.fullmatch(str(value)):
        yield f"not a technique: {value!r}", "such as attack.t1190"
    elif key == "capec" and not _CAPEC.fullmatch(str(value)):
        yield f"not an attack pattern of CAPEC: {value!r}", "such as capec.66"
    elif key == "fields" and isinstance(value, list):
        yield from ((f"unknown field {f!r}", f"one of {', '.join(FIELDS)}") for f in value if f not in FIELDS)
    elif key == "pattern":
        yield from _wrong_pattern(str(value))


def _wrong_pattern(pattern: str) -> Iterable[tuple[str, str]]:
    try:
        empty = re.search(pattern, "", re.ASCII)
        pc.match_substring_regex(pa.array([""]), pattern)
    except (re.error, pa.ArrowInvalid) as error:
        yield f"not a pattern that RE2 and re share: {error}", "no look-around, no back-reference"
        return
    if empty:
        yield "matches the empty text", "it would match every request"
    if re.search(r"[A-Z]", re.sub(r"\\.", "", pattern)):
        yield "an upper-case letter", "fields are matched in lower case"
    if re.search(r"\s", pattern.replace(" ", "")):
        yield "white space other than the space", "the plain form has only single spaces"
