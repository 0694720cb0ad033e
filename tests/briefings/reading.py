"""A briefing's page as a reader sees it: its sections and their words."""

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
