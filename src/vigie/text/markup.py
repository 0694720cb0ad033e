"""Marked-up text -> plain text and the addresses it links; nothing in it is loaded, run or expanded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCKS: Final = frozenset(
    {"address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figcaption", "figure", "footer", "h1", "h2"}
    | {"h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul"}
)
_SILENT: Final = frozenset({"script", "style", "template", "noscript", "head", "title"})
# What libxml2 would stop at or replace; written text has none of them.
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")


@dataclass(frozen=True, slots=True)
class Plain:
    """The text a reader sees, and the addresses linked, as written and in order.

    A link that the markup itself calls a mention or a hashtag is not among `urls`.
    """

    text: str
    urls: tuple[str, ...]


def plain(markup: str) -> Plain:
    r"""Return the text and links of a piece of HTML; text without markup comes back as it is, its entities resolved.

    >>> plain('<p>Look: <a href="https://a.example/1">here</a></p><p>&amp; there<br>now</p>')
    Plain(text='Look: here\n\n& there\nnow', urls=('https://a.example/1',))
    """
    if "<" not in markup and "&" not in markup:
        return Plain(markup, ())
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, recover=True, remove_comments=True, remove_pis=True)
    source = b"<div>" + _CONTROLS.sub("", markup).encode() + b"</div>"
    try:
        root = etree.fromstring(source, parser)
    except (etree.LxmlError, ValueError):
        root = None
    if root is None:
        return Plain(markup, ())
    return Plain(_joined(_words(root)), tuple(_links(root)))


def _words(root: Any) -> Iterator[str]:
    r"""Yield text, `\n` for a line break and `\n\n` for the edge of a paragraph, in the order of the document."""
    silent = 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        tag = node.tag if isinstance(node.tag, str) else ""
        if event == "start":
            silent += tag in _SILENT
            if not silent:
                if tag in _BLOCKS:
                    yield "\n\n"
                elif tag == "br":
                    yield "\n"
                if tag and node.text:
                    yield _SPACES.sub(" ", node.text)
        else:
            silent -= tag in _SILENT
            if not silent:
                if tag in _BLOCKS:
                    yield "\n\n"
                if node is not root and node.tail:
                    yield _SPACES.sub(" ", node.tail)


def _joined(words: Iterator[str]) -> str:
    text = "".join(words)
    text = re.sub(r" *\n *", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip(" \n")


def _links(root: Any) -> Iterator[str]:
    for anchor in root.iter("a"):
        href = (anchor.get("href") or "").strip()
        kinds = f"{anchor.get('class') or ''} {anchor.get('rel') or ''}".split()
        if href.lower().startswith(("http://", "https://")) and not {"mention", "hashtag", "tag"}.intersection(kinds):
            yield href
