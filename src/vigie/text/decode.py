"""What a request says once the disguises are off: percent, plus, entities, escapes, overlong bytes, comments, case.

An attacker writes one payload in many ways so that a pattern misses it. Patterns are therefore matched on a plain form:
every decoding is applied again and again until nothing changes (at most `ROUNDS` times), then case, SQL comments and
runs of white space are levelled. The plain form is for matching only; evidence always shows what was sent.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

ROUNDS: Final = 8
MAX_CHARS: Final = 65_536

# Text without a match of this is its own plain form but for case.
DISGUISED: Final = r"[%+\\\x00-\x1f\x7f]|[^\x00-\x7f]|&[#A-Za-z]|/\*|  "

_DISGUISED: Final = re.compile(DISGUISED)
_PERCENT: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_OVERLONG: Final = re.compile(rb"[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x81][\x80-\xbf]|\xf0\x80[\x80-\x81][\x80-\xbf]")
_ESCAPE: Final = re.compile(r"(?:%u|\\u)([0-9A-Fa-f]{4})|\\u\{0*([0-9A-Fa-f]{1,6})\}|\\x([0-9A-Fa-f]{2})")
_ENTITY: Final = re.compile(r"&(?:#[xX][0-9A-Fa-f]{1,8};?|#[0-9]{1,8};?|[A-Za-z][A-Za-z0-9]{1,31};)")
_INVISIBLE: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SPACES: Final = re.compile(r"[\t\n\v\f\r ]+")


def decode(text: str) -> str:
    r"""Return the plain form of `text`: its first `MAX_CHARS` characters, decoded repeatedly, in lower case.

    >>> decode("/a?id=1%2527+UNI/**/ON%20/*!50000SELECT*/")
    "/a?id=1' uni on select "
    >>> decode(r"/%c0%ae%c0%ae/%u002e./\u002e\x2e/&#x65;tc")
    '/../../../etc'
    >>> decode(r"/caf\xc3\xa9/\xc0\xae\xe9")
    '/café/.é'
    """
    text = text[:MAX_CHARS]
    if not _DISGUISED.search(text):
        return text.lower()
    for _ in range(ROUNDS):
        plainer = _once(text)
        if plainer == text:
            break
        text = plainer
    return _SPACES.sub(" ", _without_comments(text.lower()))


def _once(text: str) -> str:
    """Decode once. Bytes beyond ASCII wait until all else is plain: a second layer may hide their continuation."""
    plainer = text.replace("+", " ")
    plainer = _ESCAPE.sub(_escaped, plainer)
    plainer = _PERCENT.sub(_percent, plainer)
    plainer = _ENTITY.sub(_entity, plainer)
    plainer = plainer.replace('\\"', '"')  # as Apache and nginx write a quotation mark in a log
    plainer = _INVISIBLE.sub("", plainer)
    if plainer != text:
        return plainer
    plainer = _PERCENT.sub(_percent_wide, plainer)
    return plainer if plainer.isascii() else unicodedata.normalize("NFKC", plainer)


def _escaped(match: re.Match[str]) -> str:
    code = int(match[1] or match[2] or match[3], 16)
    # `\xNN` is how a log writes a byte: those beyond ASCII spell UTF-8 together, as percent-encoded ones do.
    return f"%{code:02x}" if match[3] and code >= 0x80 else _character(code)  # noqa: PLR2004 - the end of ASCII


def _character(code: int) -> str:
    in_range = code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF  # noqa: PLR2004 - the limits of Unicode
    return chr(code) if in_range else "\N{REPLACEMENT CHARACTER}"


def _percent(match: re.Match[str]) -> str:
    raw = _OVERLONG.sub(_shortest, bytes.fromhex(match[0].replace("%", "")))
    return "".join([chr(byte) if byte < 0x80 else f"%{byte:02x}" for byte in raw])  # noqa: PLR2004 - the end of ASCII


def _percent_wide(match: re.Match[str]) -> str:
    raw = bytes.fromhex(match[0].replace("%", ""))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _shortest(match: re.Match[bytes]) -> bytes:
    """Return the one byte that an overlong UTF-8 sequence stands for."""
    return bytes([(match[0][-2] & 1) << 6 | match[0][-1] & 0x3F])


def _entity(match: re.Match[str]) -> str:
    return html.unescape(match[0])


def _without_comments(text: str) -> str:
    """Replace each closed SQL comment by a space; MySQL's conditional ones by what they hold.

    A loop over `find` and not a pattern: on many openings without an end a pattern takes quadratic time.
    """
    parts, at = [], 0
    while (start := text.find("/*", at)) >= 0:
        end = text.find("*/", start + 2)
        if end < 0:
            break
        inside = text[start + 2 : end]
        held = inside[1:].lstrip("0123456789") if inside.startswith("!") else ""
        parts += [text[at:start], " ", held, " " if held else ""]
        at = end + 2
    return "".join([*parts, text[at:]])
