"""Access log lines read the slow way, by regular expressions and `datetime`: what the kernel must agree with."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
TIME = re.compile(
    r"(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d+))? *(?:|([Zz])|([+-])(\d\d):?(\d\d))", re.ASCII | re.DOTALL
)
SYSLOG = re.compile(r"(?:... .. ..:..:..|....-..-..T..:[^ ]*+) *+[^ ]*+ *+[^ ]++(?<=:) *+", re.DOTALL)
QUOTED = re.compile(r'"((?:[^"\\]|\\.|"(?! |$))*)"(?= |$)', re.DOTALL)
REQUEST = re.compile(r"(?:([A-Za-z0-9_-]+) ([^\n]+) (HTTP/[^ ]+)|([A-Z]+) (/.*))", re.DOTALL)
CLIENT = re.compile(r"(?![0-9]*$)[A-Za-z0-9.:_%\[\]-]+")
V4, V6 = re.compile(r"[0-9]*\.[0-9]*\.[0-9]*\.[0-9]*"), re.compile(r"[0-9A-Fa-f.:]*(?:%.*)?", re.DOTALL)


class NotARowError(Exception):
    pass


def refuse(reason: str) -> None:
    raise NotARowError(reason)


def is_address(word: str) -> bool:
    if V4.fullmatch(word):
        return True
    address = word.partition("%")[0]
    return V6.fullmatch(word) is not None and address.count(":") >= 2


def read_time(text: str, tz: ZoneInfo) -> datetime:
    found = TIME.fullmatch(text)
    if not found:
        refuse("time is not a date")
    day, month, year, hour, minute, second, fraction, _, sign, hours, minutes = found.groups()
    if month.lower() not in MONTHS or int(second) > 60 or (hours and (int(hours) > 23 or int(minutes) > 59)):
        refuse("time is not a date")
    try:
        time = datetime(int(year) or 4, MONTHS.index(month.lower()) + 1, int(day), int(hour), int(minute), tzinfo=UTC)
    except ValueError:
        refuse("time is not a date")
    if not 1989 <= int(year) <= 2100:
        refuse("outside")
    time += timedelta(seconds=int(second), microseconds=int(((fraction or "") + "000000")[:6]))
    zone = found[8] or found[9]
    if sign:
        time += timedelta(hours=int(hours), minutes=int(minutes)) * (1 if sign == "-" else -1)
    margin = timedelta(days=0 if zone else 1)
    if not datetime(1990, 1, 1, tzinfo=UTC) + margin <= time < datetime(2100, 1, 1, tzinfo=UTC) - margin:
        refuse("outside")
    return time if zone else time.replace(tzinfo=tz).astimezone(UTC)


def read_clients(text: str) -> dict[str, str | None]:
    words = re.findall(r"[^ ]+", text)
    if len(words) < 2 or (len(words) == 2 and words[1] != "-"):
        refuse("fewer than three fields")
    host = None
    if len(words) >= 4 and (is_address(words[1]) or not (is_address(words[0]) or words[1] == "-")):
        host, text = words[0], text[text.index(words[0]) + len(words[0]) :].lstrip(" ")
        words = words[1:]
    if words[0] == "-" or not CLIENT.fullmatch(words[0]):
        refuse("client is not an address")
    user = re.match(r" *[^ ]+ +[^ ]+ *(.*)", text, re.DOTALL)[1]
    return {
        "client_ip": words[0],
        "host": None if host == "-" else host,
        "account": None if not user or user == "-" or user.endswith(" -") else user,
    }


def read_request(text: str) -> dict[str, str | None]:
    found = REQUEST.fullmatch(text)
    if not found:
        return {"method": None, "path": text, "query": None, "protocol": None}
    target = found[2] or found[5]
    path, mark, query = target.partition("?")
    return {"method": found[1] or found[4], "path": path, "query": query if mark else None, "protocol": found[3]}


def quoted(text: str, at: int) -> tuple[str, int]:
    found = QUOTED.match(text, at)
    if not found:
        refuse("quoted field is not closed")
    return found[1], found.end()


def read_rest(text: str, at: int) -> dict[str, Any]:
    numbers = re.compile(r" *([^ ]*) *([^ ]*)").match(text, at)
    status, size = numbers.groups()
    if not re.fullmatch(r"-|[0-9]{1,3}", status):
        refuse("status is not a number")
    if not re.fullmatch(r"-|[0-9]{1,18}", size):
        refuse("size is not a number")
    row: dict[str, Any] = {
        "status": None if status == "-" else int(status),
        "bytes": None if size == "-" else int(size),
    }
    fields: list[str] = []
    at = numbers.end()
    while len(fields) < 3:
        at += len(text[at:]) - len(text[at:].lstrip(" "))
        if at >= len(text):
            break
        if text[at] == '"':
            field, at = quoted(text, at)
            fields.append(field)
        else:
            word = re.compile(r"[^ ]+").match(text, at)
            if '"' in word[0]:
                refuse("a quote within a field")
            if len(fields) == 2:
                break
            at = word.end()
    for name, field in zip(["referer", "user_agent", "forwarded_for"], [*fields, "-", "-", "-"], strict=False):
        row[name] = None if field == "-" else field
    if row["forwarded_for"] and re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]*", row["forwarded_for"]):
        row["forwarded_for"] = None
    return row


def read_envelope(raw: bytes) -> str:
    """Return the line's text without blanks at its ends, its own quotes and a syslog prefix."""
    text = raw.decode("utf-8", "backslashreplace").strip(" \t\r")
    if "\0" in text:
        refuse("NUL byte")
    if text[:1] == '"':
        if len(text) < 2 or text[-1] != '"':
            refuse("quoted field is not closed")
        text = text[1:-1].lstrip(" ")
    prefix = SYSLOG.match(text) if len(text.encode()) >= 24 else None
    return text[prefix.end() :] if prefix else text


def read_line(raw: bytes, tz: ZoneInfo) -> dict[str, Any] | None:
    """Return the row of one line, or None where it is blank; raise NotARowError with the reason's first words."""
    if not raw.strip(b" \t\r"):
        return None
    text = read_envelope(raw)
    opening = re.search(r"(?<= )\[(?=[0-9][0-9]/)", text) or re.search(r"(?<= )\[", text)
    if not opening:
        refuse("no time in brackets")
    closing = text.find("]", opening.end())
    if closing < 0:
        refuse("time is not a date")
    row: dict[str, Any] = {"time": read_time(text[opening.end() : closing], tz)}
    row |= read_clients(text[: opening.start()].rstrip(" "))
    gap = re.compile(r' +(?=")').match(text, closing + 1)
    if not gap:
        refuse("no quoted request")
    request, at = quoted(text, gap.end())
    row |= read_request(request)
    return row | read_rest(text, at)
