"""Mapping files: which of a foreign export's columns fills which of ours. `docs/mappings.md` explains the grammar."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, cast
from zoneinfo import ZoneInfo

from vigie.errors import Problem, ProblemsError
from vigie.sources.poll_mapping import Candidates, read_candidates, read_without
from vigie.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as AnyMapping
    from pathlib import Path

DEFAULT_SCORE: Final = 70
REQUIRED: Final = {
    "posts": ("time", "platform", "channel_id", "text"),
    "polls": ("pollster", "question", "candidate", "percent"),
}
# One of these must be there, too.
EITHER: Final = {"posts": (), "polls": ("fieldwork_end", "published")}
PER_CANDIDATE: Final = ("candidate", "percent")
LISTS: Final = frozenset({"urls", "hashtags", "mentions", "media_hashes"})
EXTRACTED: Final = frozenset({"urls", "hashtags", "mentions"})
DATES: Final = frozenset({"time", "fieldwork_start", "fieldwork_end", "published", "channel_created"})
RANGE: Final = "range"
_DAYS: Final = frozenset({"fieldwork_start", "fieldwork_end", "published"})
NAMED_FORMATS: Final = frozenset({"iso", "epoch_s", "epoch_ms", RANGE})
_ASKED: Final = frozenset({"channel_name", "title", "lang", "repost_of", "reply_to", "quote_of"})
PARTS: Final = ("text", "links", "host", "name")
DIRECTIVES: Final = frozenset("YmdHIMSfpabzZ%")

_DERIVED: Final = {"posts": frozenset[str](), "polls": frozenset({"time", "candidate_id"})}
_TOP_KEYS: Final = (
    "name", "title", "table", "shape", "source_url", "delimiter", "escape", "items", "sniff", "columns", "ignored",
    "candidates", "without",
)  # fmt: skip
_RULE_KEYS: Final = (
    "from", "value", "format", "tz", "split", "extract", "sum", "join", "when", "as", "where", "values", "prefix",
    "part", "year", "year_of",
)  # fmt: skip
_NONE: Final[AnyMapping[str, str]] = MappingProxyType({})
_ALWAYS: Final[AnyMapping[str, tuple[str, ...]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one of our columns is filled. One of `columns`, `value`, `sum` and `extract` is set, or the first and last.

    columns: their columns (or dotted paths); the first that is not empty is taken.
    value: the same text for every row.
    join: what stands between the columns of `from` where all are taken, not the first (CSV only); null if one is empty.
    sum: their columns, added; what is empty counts nothing, and all empty is null.
    extract: our text column, out of which addresses, hashtags or mentions are read; with `columns`, only in a file
      that has none of those.
    format: how a time is written, tried in order: `iso`, `epoch_s`, `epoch_ms`, or a pattern of `DIRECTIVES`.
    tz: the zone of a time that names none: `UTC`, a name of the zone data base, or `case`.
    split: characters each of which separates the items of a list; empty where the source holds a list already.
    when, as_: `as_` where the value taken is `when`; else null.
    where: their columns and the words one of which each must hold (CSV only); in other rows the column is missing.
    values: other words for single values; what is not named stays.
    prefix: put before what was taken, where it is not empty.
    part: what is taken of a value (JSON only): `text` or `links` of HTML, `host` of an address, `name` without # or @.
    year: of the days of a poll, the year where a `range` names none.
    year_of: of the days of a poll, their column that begins with a day whose year is right, where the day's is not.
    """

    columns: tuple[str, ...] = ()
    value: str | None = None
    join: str = ""
    sum: tuple[str, ...] = ()
    extract: str | None = None
    format: tuple[str, ...] = ()
    tz: str = "UTC"
    split: str = ""
    when: str | None = None
    as_: str | None = None
    where: AnyMapping[str, tuple[str, ...]] = field(default_factory=lambda: _ALWAYS)
    values: AnyMapping[str, str] = field(default_factory=lambda: _NONE)
    prefix: str = ""
    part: str = ""
    year: int | None = None
    year_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """One format. `columns` is in the order of our table; `score` is what `sniff` returns where `needs` are all there.

    delimiter: of a CSV file; empty: `,`, `;`, tab or `|`, whichever the header line shows.
    escape: a character that makes the next one plain inside quotes; empty: only doubled quotes do.
    items: of a JSON document, the dotted path to the list; empty: the document is the list.
    candidates: of a table of polls with one column a candidate, which these are; None: one figure a row.
    without: rows that are left out: those in which each of these columns holds one of its words (polls only).
    """

    name: str
    title: str
    table: str
    shape: Literal["csv", "jsonl", "json"]
    source_url: str
    needs: tuple[str, ...]
    columns: AnyMapping[str, Rule]
    ignored: tuple[str, ...] = ()
    items: str = ""
    delimiter: str = ""
    escape: str = ""
    score: int = DEFAULT_SCORE
    candidates: Candidates | None = None
    without: tuple[AnyMapping[str, tuple[str, ...]], ...] = ()

    def used(self) -> frozenset[str]:
        """Return the names of their columns that fill one of ours, or say which rows do."""
        named = {name for rule in self.columns.values() for name in (*rule.columns, *rule.sum, *rule.where)}
        named |= {rule.year_of for rule in self.columns.values() if rule.year_of}
        return frozenset(named.union(*self.without, self.candidates.columns if self.candidates else ()))

    def unknown(self, present: tuple[str, ...]) -> list[str]:
        """Return those of `present` neither used nor ignored; an ignored `stat.*` covers `stat.likes`."""
        if self.candidates is not None and not self.candidates.columns:
            return []
        return self.others(present)

    def others(self, present: tuple[str, ...]) -> list[str]:
        """Return those of `present` that fill none of our columns and are not ignored."""
        used = self.used()
        covers = tuple(name[:-1] for name in self.ignored if name.endswith("*"))
        return [c for c in present if c not in used and c not in self.ignored and not (covers and c.startswith(covers))]


def load(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    ProblemsError
        with every problem of the file at once, each with its key.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemsError([Problem(str(path), f"cannot be read: {error}")]) from error
    return parse(text, where=str(path))


@cache
def builtin() -> tuple[Mapping, ...]:
    """Return the mappings that come with the package, in the order of their names."""
    folder = resources.files("vigie.sources") / "mappings"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return tuple(parse(f.read_text("utf-8"), where=f.name) for f in files)


def parse(text: str, *, where: str) -> Mapping:
    """Read a mapping from TOML; `where` names it in errors.

    Raises
    ------
    ProblemsError
        with every problem at once.

    >>> parse("name = 'x'", where="my.toml")
    Traceback (most recent call last):
      ...
    vigie.errors.ProblemsError: my.toml: title: missing
    ...
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProblemsError([Problem(where, f"not TOML: {error}")]) from error
    reader = _Reader(where)
    mapping = reader.mapping(given)
    if reader.problems:
        raise ProblemsError(reader.problems)
    return mapping


class _Reader:
    """Reads one file and gathers what is wrong with it."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[Problem] = []

    def wrong(self, key: str, what: str, hint: str = "") -> None:
        self.problems.append(Problem(f"{self.where}: {key}", what, hint))

    def known(self, given: dict[str, Any], allowed: tuple[str, ...], prefix: str = "") -> None:
        for key in given:
            if key not in allowed:
                near = difflib.get_close_matches(key, allowed, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(allowed)}"
                self.wrong(prefix + key, "no such key", hint)

    def text(self, given: dict[str, Any], key: str, *, prefix: str = "", default: str | None = None) -> str:
        value = given.get(key, default)
        if value is None:
            self.wrong(prefix + key, "missing")
        elif not isinstance(value, str):
            self.wrong(prefix + key, f"must be text, not {value!r}")
        else:
            return value
        return ""

    def texts(self, given: dict[str, Any], key: str, *, prefix: str = "") -> tuple[str, ...]:
        value = given.get(key, [])
        if isinstance(value, str):
            value = [value]
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.wrong(prefix + key, f"must be a list of texts, not {value!r}")
        return ()

    def table(self, given: dict[str, Any], key: str) -> dict[str, Any]:
        value = given.get(key, {})
        if isinstance(value, dict):
            return value
        self.wrong(key, f"must be a table [{key}]")
        return {}

    def one_of(self, key: str, value: str, allowed: tuple[str, ...]) -> str:
        if value and value not in allowed:
            self.wrong(key, f"{value!r} is not one of {', '.join(allowed)}")
        return value if value in allowed else allowed[0]

    def mapping(self, given: dict[str, Any]) -> Mapping:
        self.known(given, _TOP_KEYS)
        name = self.text(given, "name")
        if name and not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
            self.wrong("name", f"{name!r} is not lower-case letters, digits and hyphens")
        title = self.text(given, "title")
        table = self.one_of("table", self.text(given, "table"), tuple(REQUIRED))
        shape = self.one_of("shape", self.text(given, "shape"), ("csv", "jsonl", "json"))
        sniff = self.table(given, "sniff")
        self.known(sniff, ("needs", "score"), "sniff.")
        needs = self.texts(sniff, "needs", prefix="sniff.")
        if not needs:
            self.wrong("sniff.needs", "missing", "name the columns by which such a file is known")
        score = sniff.get("score", DEFAULT_SCORE)
        if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 100:  # noqa: PLR2004
            self.wrong("sniff.score", f"must be a whole number from 1 to 100, not {score!r}")
        ignored = self.table(given, "ignored")
        self.known(ignored, ("columns",), "ignored.")
        candidates = self.candidates(given, table, shape)
        rules = self.rules(table, self.table(given, "columns"), is_wide=candidates is not None)
        for column, rule in rules.items():
            self.suits(shape, column, rule)
        return Mapping(
            name=name,
            title=title,
            table=table,
            shape=cast("Literal['csv', 'jsonl', 'json']", shape),
            source_url=self.text(given, "source_url", default=""),
            needs=needs,
            columns=MappingProxyType(rules),
            ignored=self.texts(ignored, "columns", prefix="ignored."),
            items=self.text(given, "items", default=""),
            delimiter=self.character(given, "delimiter"),
            escape=self.character(given, "escape"),
            score=score,
            candidates=candidates,
            without=read_without(given.get("without", []), table, self.texts, self.wrong),
        )

    def suits(self, shape: str, column: str, rule: Rule) -> None:
        if shape == "csv" and rule.part:
            self.wrong(f"columns.{column}.part", "only values of JSON have parts")
        if shape == "csv" and rule.columns and column in LISTS and not rule.split:
            self.wrong(f"columns.{column}.split", "missing", "say which characters separate the items")
        if shape != "csv" and rule.join:
            self.wrong(f"columns.{column}.join", "only columns of CSV are joined")
        if shape != "csv" and rule.where:
            self.wrong(f"columns.{column}.where", "only for CSV; a path of JSON asks in brackets")

    def candidates(self, given: dict[str, Any], table: str, shape: str) -> Candidates | None:
        if "candidates" not in given:
            return None
        if (table, shape) != ("polls", "csv"):
            self.wrong("candidates", "only polls as CSV have columns that are candidates")
        found = read_candidates(self.table(given, "candidates"), self.known, self.texts, self.wrong)
        if found.by_filled and "hypothesis" in self.table(given, "columns"):
            self.wrong("candidates.hypothesis", "is filled under [columns] already")
        return found

    def character(self, given: dict[str, Any], key: str) -> str:
        value = self.text(given, key, default="")
        if value and (len(value) != 1 or not value.isascii() or value in '"\r\n\0'):
            self.wrong(key, f"must be one ASCII character other than a quote or a line end, not {value!r}")
            return ""
        return value

    def rules(self, table: str, given: dict[str, Any], *, is_wide: bool = False) -> dict[str, Rule]:
        by_cell = PER_CANDIDATE if is_wide else ()
        names = tuple(c.name for c in TABLES[table].columns if c.name not in (*_DERIVED[table], *by_cell))
        self.known(given, names, "columns.")
        for name in REQUIRED[table]:
            if name not in given and name not in by_cell:
                self.wrong(f"columns.{name}", "missing", f"the table {table} cannot do without it")
        if EITHER[table] and not given.keys() & set(EITHER[table]):
            self.wrong(f"columns.{EITHER[table][0]}", "missing", f"or fill {' or '.join(EITHER[table][1:])}")
        return {name: self.rule(name, given[name]) for name in names if name in given}

    def rule(self, name: str, given: Any) -> Rule:
        key = f"columns.{name}."
        if isinstance(given, str | list):
            given = {"from": given}
        if not isinstance(given, dict):
            self.wrong(key[:-1], f"must be their column's name or a table, not {given!r}")
            return Rule()
        self.known(given, _RULE_KEYS, key)
        origins = {"from", "value", "sum", "extract"} & given.keys()
        if len(origins) != 1 and origins != {"from", "extract"}:
            self.wrong(key[:-1], "needs exactly one of from, value, sum, extract", "or from and extract together")
        values = given.get("values", {})
        if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
            self.wrong(f"{key}values", "must be a table of texts")
            values = {}
        rule = Rule(
            columns=self.texts(given, "from", prefix=key),
            value=self.text(given, "value", prefix=key) if "value" in given else None,
            join=self.text(given, "join", prefix=key, default=""),
            sum=self.texts(given, "sum", prefix=key),
            extract=self.text(given, "extract", prefix=key) if "extract" in given else None,
            format=self.formats(name, given, key),
            tz=self.zone(self.text(given, "tz", prefix=key, default="UTC"), key),
            split=self.text(given, "split", prefix=key, default=""),
            when=self.text(given, "when", prefix=key) if "when" in given else None,
            as_=self.text(given, "as", prefix=key) if "as" in given else None,
            where=self.asked(given, key),
            values=MappingProxyType(dict(values)),
            prefix=self.text(given, "prefix", prefix=key, default=""),
            part=self.text(given, "part", prefix=key, default=""),
            year=given.get("year"),
            year_of=self.text(given, "year_of", prefix=key, default=""),
        )
        self.fits(name, rule, key)
        return rule

    def asked(self, given: dict[str, Any], key: str) -> AnyMapping[str, tuple[str, ...]]:
        asked = given.get("where", {})
        if not isinstance(asked, dict):
            self.wrong(f"{key}where", "must be a table of their columns, each with a text or a list of texts")
            return _ALWAYS
        return MappingProxyType({column: self.texts(asked, column, prefix=f"{key}where.") for column in asked})

    def fits(self, name: str, rule: Rule, key: str) -> None:
        if rule.year is not None and type(rule.year) is not int:
            self.wrong(f"{key}year", f"must be a whole number, not {rule.year!r}")
        checks: tuple[tuple[str, bool, Callable[[str], bool], str], ...] = (
            ("extract", rule.extract is not None, EXTRACTED.__contains__, "only urls, hashtags, mentions can be"),
            ("split", bool(rule.split), LISTS.__contains__, "only a list column is split"),
            ("sum", bool(rule.sum), "reactions".__eq__, "only reactions can be a sum"),
            (
                "where",
                bool(rule.where),
                (LISTS | _ASKED).__contains__,
                "not for a time, a figure or what a row must have",
            ),
            ("format", bool(rule.format), DATES.__contains__, "only a time or a date has a format"),
            ("format", RANGE in rule.format, _DAYS.__contains__, "a range is of the days of a poll"),
            ("year", rule.year is not None, _DAYS.__contains__, "only for the days of a poll"),
            ("year_of", bool(rule.year_of), _DAYS.__contains__, "only for the days of a poll"),
        )
        for part, is_set, allowed, why in checks:
            if is_set and not allowed(name):
                self.wrong(key + part, why)
        if rule.part and rule.part not in PARTS:
            self.wrong(f"{key}part", f"{rule.part!r} is not one of {', '.join(PARTS)}")
        if rule.extract not in (None, "text", "title"):
            self.wrong(f"{key}extract", f"{rule.extract!r} is not text or title")
        if (rule.when is None) != (rule.as_ is None):
            self.wrong(f"{key}when", "`when` and `as` come together")

    def formats(self, name: str, given: dict[str, Any], key: str) -> tuple[str, ...]:
        found = self.texts(given, "format", prefix=key)
        for pattern in found:
            unknown = sorted({d for d in re.findall(r"%(.?)", pattern, re.DOTALL) if d not in DIRECTIVES or not d})
            if unknown or (pattern not in NAMED_FORMATS and "%" not in pattern):
                hint = f"write iso, epoch_s, epoch_ms or a pattern of {' '.join('%' + d for d in sorted(DIRECTIVES))}"
                self.wrong(f"{key}format", f"{pattern!r} is not a format", hint)
        return found or (("iso",) if name in DATES else ())

    def zone(self, name: str, key: str) -> str:
        if name not in ("case", "UTC"):
            try:
                ZoneInfo(name)
            except (KeyError, ValueError, OSError):  # not known; not a zone's name at all; a folder of zones
                hint = "write UTC, case, or a name such as Europe/Paris"
                self.wrong(f"{key}tz", f"{name!r} is not a time zone", hint)
        return name
