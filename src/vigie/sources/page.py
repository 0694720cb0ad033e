"""One press article saved as HTML: its text without the page around it, its headline, address and date.

The publication date is the one the page states for machines (article:published_time, JSON-LD, time elements and the
like); a page that states none is refused, since a date guessed from its text could be any. A date without a time of
day is that day's first instant in the case's time zone. Control and format characters do not survive the extraction:
they stand in the file, which a row's id leads to. Nothing is fetched and no script is run.
"""

from __future__ import annotations

import logging
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from lxml import etree, html

from vigie.sources import Block, Head, Parsed, Source
from vigie.sources.instants import feed_instant
from vigie.sources.post_rows import PostRows, RecordError, site

if TYPE_CHECKING:
    from datetime import tzinfo

_START: Final = re.compile(rb"<!doctype html|<html[\s>]|<head[\s>]", re.IGNORECASE)
_PUBLISHED: Final = (
    "//meta[@property='article:published_time' or @name='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//meta[@name='dcterms.date' or @name='DC.date' or @name='DC.date.issued' or @name='pubdate']/@content",
    "//meta[@name='publish-date' or @name='parsely-pub-date' or @name='sailthru.date']/@content",
)
_JSON_LD: Final = re.compile(r'"datePublished"\s*:\s*"([^"\\]{4,40})"')
_CHARSET: Final = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_BYTES_MAX: Final = 16 << 20
# The years are checked here; without its own bounds the date finder would take today's date for the last.
_DATES: Final = {"original_date": True, "extensive_search": False, "min_date": "1970-01-01", "max_date": "2399-12-31"}

# What these have to say of a page is in the refusal; on a terminal it would be the page's own words.
for _library in ("trafilatura", "htmldate", "courlan"):
    logging.getLogger(_library).addHandler(logging.NullHandler())


def _sniff(head: Head) -> int:
    data = head.data.lstrip()
    return 80 if data.startswith(b"<") and _START.search(data, 0, 2048) else 0


def _parse(block: Block, state: dict[str, Any]) -> Parsed:
    rows = PostRows()
    if block.data:
        rows.add(1, block.data, partial(_article, tz=block.tz))
    return rows.parsed(len(block.data), state=state)


def _locate(data: bytes, record: int) -> tuple[int, str] | None:
    return (1, data.decode("utf-8", "backslashreplace")) if record == 1 and data else None


def _article(raw: bytes, _context: Any, *, tz: tzinfo) -> dict[str, Any]:
    reason = "NUL byte" if b"\0" in raw else f"longer than {_BYTES_MAX:,} bytes" if len(raw) > _BYTES_MAX else ""
    if reason:
        raise RecordError(reason)
    tree = _tree(_utf8(raw))
    if tree is None:
        reason = "not HTML"
        raise RecordError(reason)
    written = _stated_date(tree)
    found = _extracted(tree)
    if found is None:
        reason = "no article text found"
        raise RecordError(reason)
    document, text, links = found
    written = written or document.date or ""
    if not written:
        reason = "no publication date found"
        raise RecordError(reason)
    url = _address(tree) or document.url or ""
    if not site(url):
        reason = "no address found: neither a canonical link nor og:url"
        raise RecordError(reason)
    return {
        "time": feed_instant(written, tz),
        "platform": "web",
        "post_id": url,
        "channel_id": site(url),
        "channel_name": document.sitename or None,
        "title": document.title or None,
        "text": text,
        "lang": (tree.get("lang") or "").strip() or None,
        "urls": links,
    }


def _utf8(raw: bytes) -> bytes:
    try:
        raw.decode()
    except UnicodeDecodeError:
        declared = _CHARSET.search(raw, 0, 8192)
        try:
            return raw.decode(declared[1].decode("ascii")).encode() if declared else _undeclared()
        except (LookupError, UnicodeError):
            reason = "not in the encoding the page declares"
            raise RecordError(reason) from None
    return raw


def _undeclared() -> bytes:
    reason = "invalid UTF-8, and the page declares no other encoding"
    raise RecordError(reason)


def _tree(utf8: bytes) -> Any:
    parser = html.HTMLParser(encoding="utf-8", no_network=True, recover=True)  # type: ignore[no-untyped-call]
    try:
        return etree.fromstring(utf8, parser)
    except (etree.LxmlError, ValueError):
        return None


def _stated_date(tree: Any) -> str:
    """Return the date the page states for machines, or nothing."""
    for expression in _PUBLISHED:
        for value in tree.xpath(expression):
            if value.strip():
                return str(value.strip())
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        if match := _JSON_LD.search(script):
            return match[1]
    return ""


def _address(tree: Any) -> str:
    for expression in ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content"):
        for value in tree.xpath(expression):
            if site(value):
                return str(value.strip())
    return ""


def _extracted(tree: Any) -> tuple[Any, str, list[str]] | None:
    """Return the library's document, its text, and the addresses linked in it; None where it finds no article."""
    # Imported here: whoever adds a log need not wait for a library that reads pages.
    from trafilatura import bare_extraction
    from trafilatura.settings import Document
    from trafilatura.xml import xmltotxt

    try:
        document = bare_extraction(
            tree, with_metadata=True, include_comments=False, include_links=True, date_extraction_params=dict(_DATES)
        )
        if not isinstance(document, Document) or document.body is None:
            return None
        links = [t for ref in document.body.iter("ref") if (t := ref.get("target") or "").lower().startswith("http")]
        etree.strip_tags(document.body, "ref")
        text = xmltotxt(document.body, include_formatting=False).strip()
    except Exception as error:  # noqa: BLE001 - whatever a hostile page does to the library, it is a refusal
        reason = f"the article cannot be told from the page ({type(error).__name__})"
        raise RecordError(reason) from None
    return (document, text, links) if text else None


SOURCES: Final = (
    Source(
        name="page",
        title="Press article saved as HTML",
        table="posts",
        shape="document",
        sniff=_sniff,
        parse=_parse,
        locate=_locate,
    ),
)
