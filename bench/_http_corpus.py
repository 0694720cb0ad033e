r"""Requests of published evaluation sets, as an access log would show them, each in one of two halves by its hash.

A row's half is one bit of sha256("vigie http rules\n" + set + "\n" + text): "dev" may be read and tuned on, "sealed"
is only ever counted. The text is the payload (or the line of the log) alone, so that one payload in several fields
of a request stays on one side.

Decided before a result was seen:

- What is not in an access log is left out and counted: bodies, cookies, headers other than User-Agent and Referer.
- Every class of waf-bypass counts as attack, also those that are hard from one line (open redirect, GraphQL
  introspection, "API"): whoever published the set wants them blocked, and leaving a class out is choosing a result.
  Within a class each visible field of a payload is a row: URL, ARGS (the query), USER-AGENT, REFERER.
- A set with fewer than `FEW` visible rows in both halves together is pooled into "other".
- Of crowdsec-hub, the events of alerts of `PER_REQUEST` scenarios: those that judge a request by itself. Scenarios
  that count (crawl, scan, brute force, probing by many 404, flood) are the sessions' task, and `http-generic-test`
  asks for CrowdSec's own test page.
- Values of httpparams are written as a browser writes a form's field; lines of libinjection are already encoded, as
  their README says, and only what no client sends raw is encoded.
- The site that answers has one page, `/`: it is answered with 200, any other path with 404, whoever asks.
- Rows are counted as published: repeated rows count as often as they stand there.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus
from zoneinfo import ZoneInfo

from vigie.sources import Block
from vigie.sources.access_log import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HALVES: Final = ("dev", "sealed")
FEW: Final = 5
BROWSER: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:115.0) Gecko/20100101 Firefox/115.0"

PER_REQUEST: Final = (
    "crowdsecurity/http-sensitive-files",
    "crowdsecurity/http-bad-user-agent",
    "crowdsecurity/http-path-traversal-probing",
    "crowdsecurity/http-admin-interface-probing",
    "crowdsecurity/http-cve-probing",
    "crowdsecurity/http-technology-probing",
    "crowdsecurity/http-wordpress_wpconfig",
    "crowdsecurity/http-backdoors-attempts",
    "crowdsecurity/http-open-proxy",
    "crowdsecurity/http-sqli-probbing-detection",
    "crowdsecurity/http-xss-probbing",
    "ltsich/http-w00tw00t",
)
HTTPPARAMS: Final = ("sqli", "xss", "path-traversal", "cmdi")
WAF_FIELDS: Final = ("URL", "ARGS", "USER-AGENT", "REFERER")
UNSEEN: Final = ("BODY", "COOKIE", "HEADER")

# What a client never sends raw in an address. The percent sign stays: these texts are encoded already.
_URL_SAFE: Final = "%!$&'()*+,/:;=?@[]\\^{|}~-._"
_EVENT: Final = re.compile(
    r'^results\[(\d+)\]\.Overflow\.Alert\.Events\[(\d+)\]\.GetMeta\("(http_\w+)"\) == (".*")$', re.MULTILINE
)
_ALERT: Final = re.compile(r'^results\[(\d+)\]\.Overflow\.Alert\.GetScenario\(\) == "([^"]*)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """One request of a set. `text` decides its half."""

    set: str
    text: str
    path: str = "/"
    query: str | None = None
    referer: str | None = None
    user_agent: str | None = BROWSER
    method: str | None = "GET"
    status: int | None = None

    @property
    def half(self) -> str:
        """Return the half, one of `HALVES`."""
        return HALVES[hashlib.sha256(f"vigie http rules\n{self.set}\n{self.text}".encode()).digest()[0] & 1]


@dataclass(slots=True)
class Corpus:
    """The rows of each kind of set, what was left out of each, and the hash of every file read."""

    attack: list[Row] = field(default_factory=list)
    legitimate: list[Row] = field(default_factory=list)
    unlabelled: list[Row] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    sha256: str = ""


def corpus(data: Path) -> Corpus:
    """Return the sets under `data`, a folder with `cyber` and `web-logs` in it.

    Raises
    ------
    FileNotFoundError
        where a set is not there.
    """
    made, files = Corpus(), Files(data)
    for row in httpparams(files):
        (made.legitimate if row.set == "httpparams norm" else made.attack).append(row)
    for row in libinjection(files):
        (made.legitimate if "false" in row.set else made.attack).append(row)
    for row, blocked in waf_bypass(files, made.left_out):
        (made.attack if blocked else made.legitimate).append(row)
    made.attack += crowdsec(files)
    made.legitimate += log(files, "shop log", "cyber/lnav/logfile_shop_access_log.0")
    made.unlabelled += log(files, "elastic first half", "web-logs/dev_elastic_first_half.log.gz")
    for name in ("acunetix", "w3af"):
        made.unlabelled += log(files, f"ocatak {name}", f"web-logs/ocatak_{name}.log.gz")
    sizes = Counter(row.set for row in made.attack)
    made.attack = [row if sizes[row.set] >= FEW else _pooled(row) for row in made.attack]
    made.sha256 = files.digest.hexdigest()
    return made


class Files:
    """The files of a folder, read in a fixed order and hashed on the way."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.digest = hashlib.sha256()

    def text(self, name: str) -> str:
        """Return a file's text, unpacked; bytes that are not UTF-8 as Latin-1."""
        raw = (self.data / name).read_bytes()
        self.digest.update(name.encode() + b"\0" + hashlib.sha256(raw).digest())
        raw = gzip.decompress(raw) if name.endswith(".gz") else raw
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def names(self, pattern: str) -> list[str]:
        """Return the names of the files that match, sorted."""
        found = sorted(p.relative_to(self.data).as_posix() for p in self.data.glob(pattern))
        if not found:
            raise FileNotFoundError(f"{self.data / pattern}")
        return found


def httpparams(files: Files) -> Iterator[Row]:
    """Yield values of one parameter, decoded in the file."""
    for cells in csv.DictReader(io.StringIO(files.text("cyber/httpparams/payload_full.csv.gz"))):
        kind = cells["attack_type"]
        yield Row(f"httpparams {kind}", cells["payload"], query="q=" + quote_plus(cells["payload"]), status=200)


def libinjection(files: Files) -> Iterator[Row]:
    """Yield lines of the `sqli-`, `xss-` and false positive files: values of one parameter, already encoded."""
    for name in files.names("cyber/libinjection/*.txt"):
        base = name.rsplit("/", 1)[1]
        kind = "sqli" if base.startswith("sqli-") else "xss" if "xss-" in base else "false positives"
        for line in files.text(name).split("\n"):
            text = line.rstrip("\r")
            if text.strip() and not text.startswith("#"):
                yield Row(f"libinjection {kind}", text, query="q=" + quote(text, safe=_URL_SAFE), status=200)


def waf_bypass(files: Files, left_out: Counter[str]) -> Iterator[tuple[Row, bool]]:
    """Yield one row per visible field of a payload, and whether it should be blocked."""
    for name in files.names("cyber/waf-bypass/utils/payload/*/*.json"):
        kind = name.split("/")[-2]
        for payload in json.loads(files.text(name))["payload"]:
            seen = [f for f in WAF_FIELDS if payload.get(f)]
            left_out[f"waf-bypass {kind}: payloads without a visible field"] += not seen
            left_out["waf-bypass: bodies, cookies, other headers"] += sum(bool(payload.get(f)) for f in UNSEEN)
            for place in seen:
                yield (
                    _waf_row(f"waf-bypass {kind}", place, payload[place], payload.get("METHOD") or "GET"),
                    payload["BLOCKED"],
                )


def _waf_row(name: str, place: str, text: str, method: str) -> Row:
    if place == "URL":
        path, mark, query = quote(text if text.startswith("/") else f"/{text}", safe=_URL_SAFE).partition("?")
        return Row(name, text, path, query if mark else None, method=method, status=200 if path == "/" else 404)
    if place == "ARGS":
        return Row(name, text, query=quote(text.removeprefix("?"), safe=_URL_SAFE), method=method, status=200)
    if place == "REFERER":
        return Row(name, text, referer=as_logged(text), method=method, status=200)
    return Row(name, text, user_agent=as_logged(text), method=method, status=200)


def as_logged(text: str) -> str:
    r"""Return a header as Apache writes it into a log: quotes and backslashes escaped, other bytes as `\xhh`."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').encode()
    return "".join(chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02x}" for b in escaped)


def crowdsec(files: Files) -> Iterator[Row]:
    """Yield the requests that the hub's own tests expect an alert to be made of."""
    for name in files.names("cyber/crowdsec-hub/*/scenario.assert"):
        text = files.text(name)
        counted = {number for number, scenario in _ALERT.findall(text) if scenario in PER_REQUEST}
        events: dict[tuple[str, str], dict[str, str]] = {}
        for result, event, key, value in _EVENT.findall(text):
            if result in counted:
                events.setdefault((result, event), {})[key] = json.loads(value)
        for event in events.values():
            if "http_path" in event:
                yield _crowdsec_row(event)


def _crowdsec_row(event: dict[str, str]) -> Row:
    path, mark, query = event["http_path"].partition("?")
    agent = event.get("http_user_agent", "-")
    status = event.get("http_status", "")
    return Row(
        "crowdsec-hub",
        f"{event['http_path']}\t{agent}",
        path,
        query if mark else None,
        user_agent=None if agent == "-" else agent,
        method=event.get("http_verb"),
        status=int(status) if status.isdigit() else None,
    )


def log(files: Files, name: str, file: str) -> Iterator[Row]:
    """Yield the requests of an access log, read as `vigie add` reads it."""
    text = files.text(file)
    parsed = parse(Block(text.encode(), 1, True, ZoneInfo("UTC"), file), {})  # noqa: FBT003 - the last block
    lines = text.split("\n")
    for cells in parsed.rows.to_pylist():
        yield _log_row(name, lines[cells["record"] - 1], cells)


def _log_row(name: str, line: str, cells: dict[str, Any]) -> Row:
    keys = ("path", "query", "referer", "user_agent", "method", "status")
    return Row(name, line, **{key: cells[key] for key in keys})


def _pooled(row: Row) -> Row:
    return Row("other", row.text, row.path, row.query, row.referer, row.user_agent, row.method, row.status)
