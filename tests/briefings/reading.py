"""A briefing's page as a reader sees it: its sections and their words."""

import unicodedata

from lxml import html

from vigie.briefings.html import page


def tree_of(brief):
    return html.document_fromstring(page(brief, cards=20, rows=25).encode())


def section_of(brief, name):
    [found] = tree_of(brief).xpath(f"//section[@aria-labelledby='{name}']")
    return found


def words_of(element):
    return " ".join(element.text_content().split())


def text_of(tree, xpath):
    return [words_of(e) for e in tree.xpath(xpath)]


def assert_inert(text):
    """A page acts on nobody: no scripts, no addresses that load, no characters that hide, no name given twice."""
    assert "<script" not in text.lower()
    left = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}
    assert left <= {"\n", "\u200d"}
    tree = html.document_fromstring(text.encode())
    assert not tree.xpath("//@onerror | //@src | //@style | //script | //img")
    assert len(tree.xpath("//@id")) == len(set(tree.xpath("//@id")))
