"""RSS 2.0, RSS 1.0 and Atom files: every item or entry is a post of the site it belongs to.

An item is found by its tags in the bytes and read by itself, so that one broken item costs no other. Nothing is
fetched; document types and their entities are not read, only the names that HTML gives to characters.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from lxml import etree

from vigie.sources import Block, Head, Parsed, Source
from vigie.sources.instants import feed_instant
from vigie.sources.post_rows import PostRows, RecordError, site
from vigie.text import markup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

_ROOT: Final = re.compile(rb"\s*(<((?:[A-Za-z_][\w.-]{0,40}:)?(?:rss|RDF|feed))(?=[\s>/])[^<>]{0,20000}>)")
_PROLOG: Final = re.compile(rb"\s*(<\?|<!--|<!DOCTYPE)")
_TAG: Final = re.compile(rb"<!--|<!\[CDATA\[|<(/?)((?:[A-Za-z_][\w.-]{0,40}:)?(?:item|entry))(?=[\s>/])")
_DECLARED: Final = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENTITY: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_XML_ENTITIES: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_SPACES: Final = {
    "http://www.w3.org/2005/Atom": "",
    "http://purl.org/atom/ns#": "",
    "http://purl.org/rss/1.0/": "",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dc:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
}
_KNOWN_PREFIXES: Final = frozenset({"content", "dc", "rdf"})
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_ABOUT: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"


@dataclass(frozen=True, slots=True)
class _Feed:
    """What the feed says of itself: the tag that opens it (for the prefixes), and what its items fall back on."""

    root: bytes
    encoding: str
    link: str
    title: str
    lang: str


def _sniff(head: Head) -> int:
    return 95 if _root(head.data) else 0


def _root(data: bytes) -> re.Match[bytes] | None:
    """Return the tag that opens the feed: the first element, after declarations, comments and a document type."""
    at = 0
    while match := _PROLOG.match(data, at):
        if match[1] == b"<!DOCTYPE":
            end = data.find(b">", match.end())
            inside = data.find(b"[", match.end())
            at = data.find(b"]", inside) if 0 <= inside < end else end
            at = data.find(b">", at) + 1 if at >= 0 else 0
        else:
            at = data.find(b"-->" if match[1] == b"<!--" else b">", match.end()) + 1
            at += 2 * (match[1] == b"<!--" and at > 0)
        if not at:
            return None
    return _ROOT.match(data, at)


def _tags(data: bytes) -> Iterator[tuple[int, int, bool, bool]]:
    """Yield (start, end, opens, closes) of every item's tags outside comments and CDATA; a tag cut off ends nothing."""
    at = 0
    while match := _TAG.search(data, at):
        at = match.end()
        if match[2] is None:
            end = data.find(b"-->" if match[0] == b"<!--" else b"]]>", at)
            if end < 0:
                return
            at = end + 3
            continue
        end = data.find(b">", at)
        if end < 0:
            yield match.start(), len(data), not match[1], False
            return
        at = end + 1
        yield match.start(), at, not match[1], bool(match[1]) or data[end - 1 : end] == b"/"


def _pieces(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, reason) of every item; with a reason it is none that could be read."""
    opened = -1
    for start, end, opens, closes in _tags(data):
        if opens:
            if opened >= 0:
                yield opened, start, "the item does not end before the next begins"
            opened = start
        if closes and opened >= 0:
            yield opened, end, ""
            opened = -1
    if opened >= 0:
        yield opened, len(data), "the file ends within this item"


def _records(data: bytes, root: re.Match[bytes] | None) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, reason) of every record of the file; with a reason it is none that could be read."""
    if root is None:
        if data.strip():
            yield 0, len(data), "no feed: neither rss, RDF nor feed is the first element"
        return
    end = root.end()
    for start, end, reason in _pieces(data):
        yield start, end, reason
    if b"</" + root[2] not in data[end:] and end < len(data):
        yield end, len(data), "the file ends before the feed closes"


def _parse(block: Block, state: dict[str, Any]) -> Parsed:
    data = block.data
    rows = PostRows()
    root = _root(data)
    feed = _feed(data, root) if root else _Feed(b"", "utf-8", "", "", "")
    read = partial(_item, feed=feed, tz=block.tz)
    for record, (start, end, reason) in enumerate(_records(data, root), start=1):
        raw = data[start:end]
        if reason:
            rows.refuse(record, raw, reason)
        else:
            rows.add(record, raw, read)
    return rows.parsed(len(data), state=state)


def _locate(data: bytes, record: int) -> tuple[int, str] | None:
    """Return the line (from 1) on which the item with this ordinal begins, and its raw text."""
    for number, (start, end, _) in enumerate(_records(data, _root(data)), start=1):
        if number == record:
            return data.count(b"\n", 0, start) + 1, data[start:end].decode("utf-8", "backslashreplace")
    return None


def _feed(data: bytes, root: re.Match[bytes]) -> _Feed:
    declared = _DECLARED.match(data)
    encoding = _codec(declared[1].decode("ascii")) if declared else "utf-8"
    first = next(_pieces(data), None)
    head = data[root.start(1) : first[0] if first else len(data)][: 1 << 20]
    # An XML parser puts up with what is not closed, which is all that follows the feed's own description.
    tree = _tree(head.decode(encoding, "replace"))
    if tree is None:
        return _Feed(root[1], encoding, "", "", "")
    channel = next((e for e in tree.iter() if _name(e) == "channel"), tree)
    own = _children(channel)
    lang = _first(own, "language", "dc:language") or tree.get(_LANG) or ""
    return _Feed(root[1], encoding, _link(own), _first(own, "title"), lang)


def _codec(name: str) -> str:
    try:
        "".encode(name)
    except (LookupError, UnicodeError):
        return "utf-8"
    return name


def _tree(text: str) -> Any:
    """Return the root element of `text`, or None; entities that HTML names are resolved, no others."""
    text = _ENTITY.sub(_resolved, text)
    parser = etree.XMLParser(
        encoding="utf-8", recover=True, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        return None


def _resolved(match: re.Match[str]) -> str:
    if match[1] in _XML_ENTITIES:
        return match[0]
    return html.unescape(match[0])


def _name(element: Any) -> str:
    """Return a tag with the prefix this module knows its namespace by; empty for another's."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    if tag.startswith("{"):
        space, _, local = tag[1:].partition("}")
        return _SPACES[space] + local if space in _SPACES else ""
    prefix, colon, local = tag.rpartition(":")
    if not colon:
        return tag
    # A prefix that nothing declares.
    known: str = tag if prefix in _KNOWN_PREFIXES else local if prefix == "atom" else ""
    return known


def _children(element: Any) -> list[tuple[str, Any]]:
    return [(name, child) for child in element if (name := _name(child))]


def _first(children: list[tuple[str, Any]], *names: str) -> str:
    """Return the text of the first of `names` that has any."""
    for name in names:
        for found, child in children:
            if found == name and (text := "".join(child.itertext()).strip()):
                return text
    return ""


def _link(children: list[tuple[str, Any]]) -> str:
    for name, child in children:
        if name == "link":
            href = child.get("href")
            if href is None:
                href = child.text or ""
            elif child.get("rel", "alternate") != "alternate":
                continue
            if href.strip():
                return str(href.strip())
    return ""


def _item(raw: bytes, _context: Any, *, feed: _Feed, tz: tzinfo) -> dict[str, Any]:
    if b"\0" in raw:
        reason = "NUL byte"
        raise RecordError(reason)
    try:
        text = raw.decode(feed.encoding)
    except UnicodeDecodeError:
        reason = f"not in the encoding of the feed, {feed.encoding}"
        raise RecordError(reason) from None
    root = feed.root.decode(feed.encoding, "replace").rstrip(">").rstrip("/")
    name = root[1:].split()[0]
    wrapper = _tree(f"{root}>{text}</{name}>")
    item = next((e for e in wrapper if isinstance(e.tag, str)), None) if wrapper is not None else None
    if item is None:
        reason = "not XML"
        raise RecordError(reason)
    children = _children(item)
    written = _first(
        children, "pubDate", "published", "issued", "dc:date", "dc:issued", "updated", "modified", "dc:modified"
    )
    if not written:
        reason = "no publication date"
        raise RecordError(reason)
    url = _address(children, item, feed)
    body = markup.plain(_body(children))
    return {
        "time": feed_instant(written, tz),
        "platform": "web",
        "post_id": url or _first(children, "guid", "id") or None,
        "channel_id": site(url) or site(feed.link),
        "channel_name": feed.title or None,
        "title": markup.plain(_first(children, "title", "dc:title")).text or None,
        "text": body.text,
        "lang": item.get(_LANG) or _first(children, "dc:language") or feed.lang or None,
        "urls": list(body.urls),
        "hashtags": [],
        "mentions": [],
    }


def _address(children: list[tuple[str, Any]], item: Any, feed: _Feed) -> str:
    """Return the item's address: its link, else a guid or id that is one; empty where there is none."""
    link = _link(children) or str(item.get(_ABOUT) or "")
    for candidate in (link, _first(children, "guid", "id")):
        if candidate.lower().startswith(("http://", "https://")):
            return candidate
    if link and site(feed.link):
        try:
            return urljoin(feed.link, link)
        except ValueError:
            return ""
    return ""


def _body(children: list[tuple[str, Any]]) -> str:
    """Return the fullest text there is, as HTML."""
    for wanted in ("content:encoded", "content", "description", "summary", "dc:description"):
        for name, child in children:
            if name == wanted:
                if child.get("type") == "xhtml":
                    return "".join(etree.tostring(e, encoding="unicode", with_tail=True) for e in child)
                if child.get("type") == "text":
                    return html.escape("".join(child.itertext()))
                if text := "".join(child.itertext()).strip():
                    return text
    return ""


SOURCES: Final = (
    Source(
        name="feed",
        title="RSS or Atom feed",
        table="posts",
        shape="document",
        sniff=_sniff,
        parse=_parse,
        locate=_locate,
    ),
)
