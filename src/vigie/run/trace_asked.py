"""What is asked of `vigie trace`: a text, or an address that stands alone."""

from __future__ import annotations

import codecs
import re
import sys
from typing import TYPE_CHECKING, Final

from vigie.errors import InputError
from vigie.text.urls import canonical_url

if TYPE_CHECKING:
    from pathlib import Path

CHARACTERS_MAX: Final = 2_000_000
_URL_CHARACTERS: Final = 100_000
_ADDRESS: Final = re.compile(r"(?:h(?:tt|xx)ps?(?::|\[:\])//|www(?:\.|\[\.\]))\S*", re.IGNORECASE)
_DEFANGED: Final = re.compile(r"\[\.\]|\(\.\)|\[dot\]", re.IGNORECASE)
_BYTES_MAX: Final = 4 * CHARACTERS_MAX
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def asked_text(text: str, file: Path | None) -> str:
    """Return the text that is asked about: given, from a file, or from standard input where `text` is "-".

    What is no UTF-8 is replaced by its sign; a mark at the beginning says UTF-16.

    Raises
    ------
    InputError
        if there is none, there are two, or a file cannot be read.
    """
    if text and file is not None:
        raise InputError("a text and a file are two questions", where="trace", hint="give the one or the other")
    if file is not None:
        try:
            with file.open("rb") as opened:
                given = _decoded(opened.read(_BYTES_MAX + 1))
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", where=str(file)) from error
    else:
        given = _decoded(sys.stdin.buffer.read(_BYTES_MAX + 1)) if text == "-" else text
    if not given.strip():
        hint = 'vigie trace CASE "some text", or - to read it from standard input'
        raise InputError("there is no text to look for", where="trace", hint=hint)
    return given


def _decoded(data: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    return data.decode(encoding, "replace")


def address_of(asked: str) -> str | None:
    """Return the address where `asked` is nothing else, links written to be harmless (hxxp, [.]) made whole.

    >>> address_of(" hxxps://example[.]org/a "), address_of("www.example.org"), address_of("see https://example.org")
    ('https://example.org/a', 'www.example.org', None)
    """
    text = asked.strip()
    if not _ADDRESS.fullmatch(text):
        return None
    text = _DEFANGED.sub(".", text.replace("[:]", ":", 1))
    return "http" + text[4:] if text[:4].lower() == "hxxp" else text


def checked(asked: str) -> None:
    """Refuse what cannot be asked.

    Raises
    ------
    InputError
        if it is too long, or an address that names no page of the web.
    """
    if len(asked) > CHARACTERS_MAX:
        what = f"a text of {len(asked):,} characters; at most {CHARACTERS_MAX:,} are traced"
        raise InputError(what, where="trace", hint="give a paragraph of it")
    address = address_of(asked)
    if address is not None and (len(address) > _URL_CHARACTERS or canonical_url(address) is None):
        raise InputError("not an address of a page of the web", where="trace", hint="such as https://example.org/page")
