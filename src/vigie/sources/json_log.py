r"""Web access logs of one JSON object a line: Cloudflare Logpush, Caddy, and nginx with a `log_format` of JSON.

- Cloudflare's clock is EdgeStartTimestamp (ns, s or RFC 3339); it gives "" for a header that was absent.
- Caddy's `client_ip` is the address it worked out from its trusted proxies; where that is missing, `remote_ip` is used.
  Its other messages (start, stop, errors) are refused by their text. A docker-compose prefix (`caddy  | `) is left out.
- nginx names its keys as the site's configuration does: the usual names are understood. Its default escaping writes
  `\x22`, which is not JSON; such text is kept as logged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from vigie.sources import Block, Head, Parsed, Source
from vigie.sources.requests_rows import (
    NotARowError,
    Request,
    clock_us,
    parse_lines,
    request_line,
    shown,
    split_target,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

_STATUS_MAX: Final = 999
_BYTES_MAX: Final = 2**63 - 1
_SNIFFED_LINES_MAX: Final = 20
_COMPOSE: Final = re.compile(rb"[\w.-]+ +\| +")
_HEX_ESCAPE: Final = re.compile(r"\\x(?=[0-9A-Fa-f]{2})")
_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")

_TIMES: Final = ("time_iso8601", "time_local", "msec", "@timestamp", "timestamp", "time", "ts")
_CLIENTS: Final = ("remote_addr", "client_ip", "clientip", "remote_ip", "client")
_FORWARDED: Final = ("http_x_forwarded_for", "x_forwarded_for", "forwarded_for", "xff")
_ACCOUNTS: Final = ("remote_user", "user")
_METHODS: Final = ("request_method", "method")
_TARGETS: Final = ("request_uri", "uri", "url", "path")
_QUERIES: Final = ("args", "query_string")
_PROTOCOLS: Final = ("server_protocol", "protocol")
_HOSTS: Final = ("host", "http_host", "server_name", "vhost")
_SIZES: Final = ("body_bytes_sent", "bytes_sent", "bytes", "size")
_REFERERS: Final = ("http_referer", "http_referrer", "referer", "referrer")
_AGENTS: Final = ("http_user_agent", "user_agent", "agent")


def _loads(line: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        value = _repaired(line, error)
    if not isinstance(value, dict):
        raise NotARowError("not a JSON object")
    return value


def _repaired(line: bytes, error: orjson.JSONDecodeError) -> Any:
    r"""Read a line that holds bytes which are not UTF-8, or nginx's `\x22`: either is kept as that escape."""
    text = _HEX_ESCAPE.sub(r"\\\\x", line.decode("utf-8", "surrogateescape"))
    text = _NOT_UTF8.sub(lambda m: f"\\\\x{ord(m[0]) - 0xDC00:02x}", text)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise NotARowError(f"not JSON: {error}") from None


def _text(item: dict[str, Any], *names: str) -> str | None:
    """Return the first of the named values that says something."""
    for name in names:
        value = item.get(name)
        if isinstance(value, bool | dict | list):
            raise NotARowError(f"{name} is not text: {shown(value)}")
        if value is not None and value not in ("", "-"):
            return str(value).replace("\0", "\\x00")
    return None


def _required(item: dict[str, Any], *names: str) -> str:
    value = _text(item, *names)
    if value is None:
        raise NotARowError(f"no {names[0]}")
    return value


def _time(item: dict[str, Any], tz: ZoneInfo, *names: str) -> int:
    for name in names:
        if item.get(name) not in (None, ""):
            return clock_us(item[name], tz)
    raise NotARowError(f"no {names[0]}")


def _status(item: dict[str, Any], name: str) -> int | None:
    # A status of 0 is how these servers say that none was sent.
    return whole(item.get(name), name, _STATUS_MAX) or None


def _headers(value: object) -> dict[str, str]:
    """Return headers by lower-case name; one that was sent several times is joined as HTTP joins it."""
    if not isinstance(value, dict):
        return {}
    found = {}
    for name, texts in value.items():
        parts = texts if isinstance(texts, list) else [texts]
        found[name.lower()] = ", ".join(part for part in parts if isinstance(part, str))
    return found


def _cloudflare(item: dict[str, Any], tz: ZoneInfo) -> Request:
    path, query = split_target(_required(item, "ClientRequestURI", "ClientRequestPath"))
    return Request(
        time=_time(item, tz, "EdgeStartTimestamp", "EdgeEndTimestamp"),
        client_ip=_required(item, "ClientIP"),
        forwarded_for=_text(_headers(item.get("RequestHeaders")), "x-forwarded-for"),
        account=None,
        method=_text(item, "ClientRequestMethod"),
        host=_text(item, "ClientRequestHost"),
        path=path,
        query=query,
        protocol=_text(item, "ClientRequestProtocol"),
        status=_status(item, "EdgeResponseStatus"),
        bytes=whole(item.get("EdgeResponseBytes"), "EdgeResponseBytes", _BYTES_MAX),
        referer=_text(item, "ClientRequestReferer"),
        user_agent=_text(item, "ClientRequestUserAgent"),
    )


def _caddy_access(item: dict[str, Any]) -> bool:
    logger = str(item.get("logger", ""))
    return isinstance(item.get("request"), dict) and (
        logger.startswith("http.log.access") or item.get("msg") == "handled request"
    )


def _caddy(item: dict[str, Any], tz: ZoneInfo) -> Request:
    if not _caddy_access(item):
        raise NotARowError(f"not a request: {shown(item.get('msg', ''))}".replace("\0", "\\x00"))
    request = item["request"]
    headers = _headers(request.get("headers"))
    path, query = split_target(_required(request, "uri"))
    client = _text(request, "client_ip", "remote_ip") or _required(request, "remote_addr").rpartition(":")[0].strip(
        "[]"
    )
    return Request(
        time=_time(item, tz, "ts"),
        client_ip=client,
        forwarded_for=_text(headers, "x-forwarded-for"),
        account=_text(item, "user_id"),
        method=_text(request, "method"),
        host=_text(request, "host"),
        path=path,
        query=query,
        protocol=_text(request, "proto"),
        status=_status(item, "status"),
        bytes=whole(item.get("size"), "size", _BYTES_MAX),
        referer=_text(headers, "referer"),
        user_agent=_text(headers, "user-agent"),
    )


def _nginx(item: dict[str, Any], tz: ZoneInfo) -> Request:
    line = item.get("request")
    if isinstance(line, str):
        method, path, query, protocol = request_line(line.replace("\0", "\\x00"))
    else:
        method, protocol = _text(item, *_METHODS), _text(item, *_PROTOCOLS)
        path, query = split_target(_required(item, *_TARGETS))
        query = _text(item, *_QUERIES) if query is None else query
    return Request(
        time=_time(item, tz, *_TIMES),
        client_ip=_required(item, *_CLIENTS),
        forwarded_for=_text(item, *_FORWARDED),
        account=_text(item, *_ACCOUNTS),
        method=method,
        host=_text(item, *_HOSTS),
        path=path,
        query=query,
        protocol=protocol,
        status=_status(item, "status"),
        bytes=next((whole(item[name], name, _BYTES_MAX) for name in _SIZES if name in item), None),
        referer=_text(item, *_REFERERS),
        user_agent=_text(item, *_AGENTS),
    )


def _parser(read: Callable[[dict[str, Any], ZoneInfo], Request]) -> Callable[[Block, dict[str, Any]], Parsed]:
    def parse(block: Block, state: dict[str, Any]) -> Parsed:
        return parse_lines(block, lambda line: read(_loads(_without_prefix(line)), block.tz), state)

    return parse


def _without_prefix(line: bytes) -> bytes:
    if line.startswith(b"{"):
        return line
    prefix = _COMPOSE.match(line)
    return line[prefix.end() :] if prefix else line


def _objects(head: Head) -> Iterator[dict[str, Any]]:
    lines = head.data.split(b"\n")
    for line in (lines if head.whole else lines[:-1])[:_SNIFFED_LINES_MAX]:
        try:
            yield _loads(_without_prefix(line.strip()))
        except NotARowError:
            continue


def _sniff_cloudflare(head: Head) -> int:
    known = {"EdgeStartTimestamp", "EdgeEndTimestamp"}
    return 95 if any("ClientIP" in item and known & item.keys() for item in _objects(head)) else 0


def _sniff_caddy(head: Head) -> int:
    items = list(_objects(head))
    if any(_caddy_access(item) for item in items):
        return 95
    alike = any({"level", "ts", "msg"} <= item.keys() and str(item.get("logger")).startswith("http") for item in items)
    return 60 if alike else 0


def _sniff_nginx(head: Head) -> int:
    wanted = {"request", *_METHODS, *_TARGETS[:2]}
    alike = any(
        "status" in item and set(_CLIENTS) & item.keys() and wanted & item.keys() and set(_TIMES) & item.keys()
        for item in _objects(head)
    )
    return 85 if alike else 0


SOURCES = tuple(
    Source(name=name, title=title, table="requests", shape="lines", sniff=sniff, parse=_parser(read))
    for name, title, sniff, read in (
        ("cloudflare-log", "Cloudflare Logpush, HTTP requests as JSON lines", _sniff_cloudflare, _cloudflare),
        ("caddy-log", "Caddy's access log, JSON lines", _sniff_caddy, _caddy),
        ("nginx-json-log", "nginx access log written as JSON lines", _sniff_nginx, _nginx),
    )
)
