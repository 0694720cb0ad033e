"""The case file: what the election is, who stands, which outlets, channels and servers, which parameters.

`case.toml` becomes a frozen `Case`. Everything wrong with it is reported at once, each with its line and a hint.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from vigie.errors import InputError, Problem, ProblemsError
from vigie.text.toml_lines import KeyLines

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from vigie.parameters import Parameter
    from vigie.text.toml_lines import KeyPath

FILE_NAME: Final = "case.toml"
# Detectors that had another name.
_RENAMED: Final = {"near_duplicate": "copied_text"}
Tier = Literal["official", "state-controlled", "state-linked", "state-aligned", "none"]


def _zone(name: str) -> str:
    if name not in available_timezones():
        near = difflib.get_close_matches(name, available_timezones(), n=1)
        message = f"unknown time zone {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
        raise ValueError(message)
    return name


def _code(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", value):
        message = f"{value!r} is not an ISO 3166-1 code of two capital letters, such as FR"
        raise ValueError(message)
    return value


def _identifier(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", value):
        message = f"{value!r} is not an identifier: small letters, digits, - and _ only"
        raise ValueError(message)
    return value


def _domain(value: str) -> str:
    if not re.fullmatch(r"(?!-)[^\s/:@]+\.[^\s/:@.]+", value):
        message = f"{value!r} is not a domain such as example.org (no scheme, no path)"
        raise ValueError(message)
    return value.lower()


def _channel(value: str) -> str:
    platform, colon, channel = value.partition(":")
    if not (platform and colon and channel):
        message = f"{value!r} is not platform:channel_id, such as x:RT_com"
        raise ValueError(message)
    return value


Name = Annotated[str, Field(min_length=1, max_length=200)]
Domain = Annotated[str, AfterValidator(_domain)]
ChannelRef = Annotated[str, AfterValidator(_channel)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Election(_Model):
    """The election: its calendar is in local days of `time_zone`."""

    name: Name
    country: Annotated[str, AfterValidator(_code)]
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    campaign_opening: dt.date | None = None
    rounds: tuple[dt.date, ...] = ()
    simulated: bool = False


class Candidate(_Model):
    """One candidate: `aliases` are names and spellings in any script.

    `declared` is the first day as a candidate, `withdrew` the first day no longer one.
    """

    id: Annotated[str, AfterValidator(_identifier)]
    name: Name
    aliases: tuple[Name, ...] = ()
    domains: tuple[Domain, ...] = ()
    declared: dt.date | None = None
    withdrew: dt.date | None = None


class Outlet(_Model):
    """One outlet, with its exposure tier and the channels it publishes on (`platform:channel_id`)."""

    name: Name
    tier: Tier = "none"
    domains: tuple[Domain, ...] = ()
    channels: tuple[ChannelRef, ...] = ()


class Server(_Model):
    """One of the case's own servers: a host name or an address."""

    host: Name
    role: Literal["web", "mail", "proxy", "other"] = "other"


class Translation(_Model):
    """The embedding model of the user's, a path from the case's folder, and how like two texts must be.

    `texts_max` bounds how many texts it is given: some hundred take a second.
    """

    model: Annotated[str, Field(min_length=1)]
    similarity_min: Annotated[float, Field(ge=0.1, le=1)] = 0.8
    texts_max: Annotated[int, Field(ge=2, le=1_000_000)] = 20_000


class Mail(_Model):
    """The campaign's mail: the domains it sends from, words it is known by, and a folder of DKIM keys.

    `keys` is a path from the case's folder. `words` are slogans and names that look-alike domains may be made of.
    """

    domains: tuple[Domain, ...] = ()
    words: tuple[Name, ...] = ()
    keys: Annotated[str, Field(min_length=1)] | None = None


class Case(_Model):
    """One case, as its file says. `detect` maps a detector's name to the parameters that differ from its defaults."""

    election: Election
    candidates: tuple[Candidate, ...] = ()
    outlets: tuple[Outlet, ...] = ()
    servers: tuple[Server, ...] = ()
    detect: dict[str, dict[str, Any]] = Field(default_factory=dict)
    translation: Translation | None = None
    mail: Mail = Mail()

    @property
    def tz(self) -> ZoneInfo:
        """Return the election's time zone."""
        return ZoneInfo(self.election.time_zone)

    def tables(self) -> dict[str, pa.Table]:
        """Return what measures may join, in the schemas of `vigie.tables.CASE_TABLES`."""
        import pyarrow as pa

        from vigie.tables import CASE_TABLES
        from vigie.text.fold import fold_id

        names = [(c, alias) for c in self.candidates for alias in dict.fromkeys((c.name, *c.aliases, c.id))]
        # An article's channel is the host it stands on, so that an outlet's domains are channels, too.
        refs = [(o, ref) for o in self.outlets for ref in (*o.channels, *(f"web:{d}" for d in o.domains))]
        rows: dict[str, list[dict[str, Any]]] = {
            "case_candidates": [
                {
                    "candidate_id": c.id,
                    "name": c.name,
                    "alias": alias,
                    "alias_id": fold_id(alias),
                    "declared": c.declared,
                    "withdrew": c.withdrew,
                }
                for c, alias in names
            ],
            "case_channels": [
                {
                    "channel_id": ref.partition(":")[2],
                    "platform": ref.partition(":")[0],
                    "outlet": o.name,
                    "tier": o.tier,
                }
                for o, ref in refs
            ],
            "case_servers": [{"host": s.host, "role": s.role} for s in self.servers],
            "case_domains": [
                {"domain": domain, "kind": kind, "owner": owner}
                for kind, owner, domain in dict.fromkeys(
                    (
                        *(("own", None, d) for d in self.mail.domains),
                        *(("own", c.id, d) for c in self.candidates for d in c.domains),
                        *(("outlet", o.name, d) for o in self.outlets for d in o.domains),
                    )
                )
            ],
            "case_rounds": [{"round": n, "date": day} for n, day in enumerate(self.election.rounds, start=1)],
        }
        return {name: pa.Table.from_pylist(rows[name], schema=schema) for name, schema in CASE_TABLES.items()}


def load(folder: Path) -> Case:
    """Read and check `folder`/case.toml.

    Raises
    ------
    InputError
        if there is no such file, or it is not TOML.
    ProblemsError
        with everything that is wrong with it, in the order of its lines.
    """
    path = folder / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        hint = f'vigie new {folder} --country FR --name "..." makes one'
        raise InputError("is not a case: it has no case.toml", where=str(folder), hint=hint) from None
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8", where=str(path), hint="save it as UTF-8") from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    return parse(text, name=str(path), folder=folder)


def parse(text: str, *, name: str = FILE_NAME, folder: Path | None = None) -> Case:
    """Check the text of a case file, and in `folder` the files it names; `name` stands in the errors.

    Raises
    ------
    InputError
        if it is not TOML.
    ProblemsError
        with everything that is wrong with it.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column \d+\)", str(error))
        where = f"{name}:{place[1]}" if place else name
        what = re.sub(r" \(at .*\)$", "", str(error))
        raise InputError(
            f"not TOML: {what}", where=where, hint='text stands in "quotes", days as 2017-04-23'
        ) from error
    lines = KeyLines(text)
    found: list[tuple[int, Problem]] = []
    for path, what, hint in (*_shape(data), *_sense(data), *_detect(data), *_model_file(data, folder)):
        line = lines.of(path)
        found.append((line, Problem(f"{name}:{line}", what, hint)))
    if found:
        raise ProblemsError([problem for _, problem in sorted(found, key=lambda item: item[0])])
    return Case.model_validate(_tuples(data))


def _tuples(value: Any) -> Any:
    """Give lists the type the strict, frozen models hold."""
    if isinstance(value, list):
        return tuple(_tuples(v) for v in value)
    if isinstance(value, dict):
        return {k: _tuples(v) for k, v in value.items()}
    return value


def _shape(data: dict[str, Any]) -> list[tuple[KeyPath, str, str]]:
    """Unknown keys, missing keys, wrong types and malformed values."""
    try:
        Case.model_validate(_tuples(data))
    except ValidationError as error:
        found = [_worded(e["loc"], e["type"], e["msg"], e["input"]) for e in error.errors()]
        # A misspelt key is one mistake, not two: what it was meant to be is not reported as missing as well.
        meant = {(*path[:-1], hint.split("'")[1]) for path, what, hint in found if hint.startswith("did you mean")}
        return [f for f in found if not (f[0] in meant and f[1].endswith("is missing"))]
    return []


def _worded(path: KeyPath, kind: str, message: str, given: Any) -> tuple[KeyPath, str, str]:
    dotted = ".".join(str(p + 1) if isinstance(p, int) else p for p in path)
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(path[-1]), _keys(path[:-1]), n=1)
        known = f"did you mean {near[0]!r}?" if near else "known here: " + ", ".join(_keys(path[:-1]))
        return path, f"unknown key {dotted!r}", known
    if kind == "missing":
        return path, f"{dotted!r} is missing", "add it, or compare with what vigie new writes"
    if kind == "value_error":
        return path, f"{dotted}: {message.removeprefix('Value error, ')}", ""
    return path, f"{dotted}: {message[0].lower()}{message[1:]}, not {given!r}"[:300], ""


def _keys(path: KeyPath) -> list[str]:
    """Return the keys the models know at `path`."""
    models: dict[str, type[_Model]] = {
        "election": Election,
        "candidates": Candidate,
        "outlets": Outlet,
        "servers": Server,
        "translation": Translation,
        "mail": Mail,
    }
    return list((models.get(str(path[0]), Case) if path else Case).model_fields)


def _sense(data: dict[str, Any]) -> list[tuple[KeyPath, str, str]]:
    """Days out of order and names given twice; what has the wrong type is `_shape`'s to report."""
    found: list[tuple[KeyPath, str, str]] = []
    election = data.get("election")
    if isinstance(election, dict):
        rounds = election.get("rounds")
        days = [d for d in rounds if type(d) is dt.date] if isinstance(rounds, list) else []
        if days != sorted(set(days)):
            found.append((("election", "rounds"), "the rounds are not in order of their days", "first round first"))
        opening = election.get("campaign_opening")
        if type(opening) is dt.date and days and opening >= days[0]:
            what = f"the campaign opens on {opening}, not before the first round on {days[0]}"
            found.append((("election", "campaign_opening"), what, "check both days"))
    candidates = data.get("candidates")
    for number, candidate in enumerate(candidates if isinstance(candidates, list) else []):
        given = candidate if isinstance(candidate, dict) else {}
        declared, withdrew = given.get("declared"), given.get("withdrew")
        if type(declared) is dt.date and type(withdrew) is dt.date and withdrew <= declared:
            what = f"the candidate withdrew on {withdrew}, not after declaring on {declared}"
            found.append((("candidates", number, "withdrew"), what, "check both days"))
    for section, key in (("candidates", "id"), ("candidates", "aliases"), ("outlets", "name"), ("outlets", "channels")):
        found += _twice(data, section, key)
    return found + _twice(data, "servers", "host")


def _model_file(data: dict[str, Any], folder: Path | None) -> list[tuple[KeyPath, str, str]]:
    """Say what keeps the model of `[translation]` from being opened, as far as can be told without opening it."""
    given = data.get("translation")
    model = given.get("model") if isinstance(given, dict) else None
    if folder is None or not isinstance(model, str) or not model:
        return []
    from vigie.text.embeddings import trouble

    found = trouble(folder / model)
    return [(("translation", "model"), f"translation.model: {model!r} {found[0]}", found[1])] if found else []


def _twice(data: dict[str, Any], section: str, key: str) -> list[tuple[KeyPath, str, str]]:
    found: list[tuple[KeyPath, str, str]] = []
    seen: dict[str, int] = {}
    entries = data.get(section)
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        given = entry.get(key) if isinstance(entry, dict) else None
        values = given if isinstance(given, list) else [given]
        for value in dict.fromkeys(v for v in values if isinstance(v, str)):
            if value in seen:
                what = f"{section}: {key} {value!r} stands in entry {seen[value] + 1} already"
                found.append(((section, number, key), what, "each may stand in one entry only"))
            seen.setdefault(value, number)
    return found


def detector_parameters(name: str) -> dict[str, Parameter] | None:
    """Return what `[detect.NAME]` may set: the detector's keywords and its measure's; None for an unknown name."""
    from vigie.detectors import all_detectors

    record = dict(all_detectors()).get(name)
    return None if record is None else record.parameters


def _detect(data: dict[str, Any]) -> list[tuple[KeyPath, str, str]]:
    """Check `[detect.*]` against the signatures of the detectors and their measures."""
    sections = data.get("detect")
    if not isinstance(sections, dict) or not sections:
        return []
    from vigie.detectors import all_detectors

    found: list[tuple[KeyPath, str, str]] = []
    names = [name for name, _ in all_detectors()]
    for name, given in sections.items():
        known = detector_parameters(name)
        if known is None:
            near = [_RENAMED[name]] if name in _RENAMED else difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "detectors: " + ", ".join(names)
            found.append((("detect", name), f"no detector is named {name!r}", hint))
        elif isinstance(given, dict):
            for key, value in given.items():
                if trouble := _parameter(key, value, known):
                    found.append((("detect", name, key), f"detect.{name}: {trouble[0]}", trouble[1]))
    return found


def _parameter(key: str, value: Any, known: dict[str, Parameter]) -> tuple[str, str] | None:
    parameter = known.get(key)
    if parameter is None:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "it takes " + (", ".join(sorted(known)) or "no parameters")
        return f"unknown parameter {key!r}", hint
    whole_for_float = parameter.type is float and type(value) is int
    if type(value) is not parameter.type and not whole_for_float:
        return f"{key} is {type(value).__name__} {value!r}", f"it takes {parameter.type.__name__}, {parameter.default}"
    bounds = parameter.bounds
    if bounds and not bounds.low <= value <= bounds.high:
        return f"{key} = {value} is out of bounds", f"it lies between {bounds.low:g} and {bounds.high:g}"
    return None


def template(*, name: str, country: str, time_zone: str) -> str:
    """Return the text of a new case file, each key explained; it loads as it stands."""
    quoted = '"' + re.sub(r'["\\\x00-\x1f\x7f]', lambda m: f"\\u{ord(m[0]):04X}", name) + '"'
    return _TEMPLATE.format(name=quoted, country=country, time_zone=time_zone)


_TEMPLATE: Final = """\
# A Vigie case: one election. `vigie run` reads this file anew each time; what it does not know, it reports.

[election]
name = {name}
country = "{country}"             # ISO 3166-1, two capital letters
time_zone = "{time_zone}"      # clocks that name no zone are read in it; days in the briefing are its days
# campaign_opening = 2027-03-29   # first day of the official campaign
# rounds = [2027-04-11, 2027-04-25]   # the days of the vote, in order

# One block a candidate. `id` stands in tables and findings; aliases are names and spellings in any script.
# [[candidates]]
# id = "martin"
# name = "Camille Martin"
# aliases = ["Martin", "Мартен"]
# domains = ["martin.example"]       # the candidate's own sites
# declared = 2026-11-20              # first day as a candidate: polls before it are shown and not used
# withdrew = 2027-02-28              # first day no longer one

# One block an outlet whose channels you want told apart, with its exposure tier:
# "official", "state-controlled", "state-linked", "state-aligned" or "none".
# [[outlets]]
# name = "Example Times"
# tier = "none"
# domains = ["times.example"]
# channels = ["x:exampletimes", "telegram:1234567890"]   # platform:channel_id as in the posts

# Your own servers; of a proxy the client's address is taken from X-Forwarded-For.
# [[servers]]
# host = "www.martin.example"
# role = "web"                       # web, mail, proxy or other

# The campaign's mail: the domains it sends from beside the candidates' own, words that look-alikes may be made of,
# and a folder with the DKIM keys of those who signed a leaked mailbox: see docs/leaks.md.
# [mail]
# domains = ["equipe-martin.example"]
# words = ["en avant"]
# keys = "keys"

# An embedding model of your own, to find texts in two languages that say the same: see docs/translations.md.
# [translation]
# model = "models/model.onnx"        # or a folder of sentence-transformers; from this file's folder
# similarity_min = 0.8

# Parameters of a detector, where its default does not suit: see docs/detectors.md.
# [detect.coordinated_network]
# url_window_s = 30
"""
