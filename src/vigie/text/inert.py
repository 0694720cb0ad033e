"""Outside text made inert: shown as it stands on a page, in a terminal and in a spreadsheet, able to do nothing there.

A character that cannot be seen, or that changes how others are seen, is shown as a mark: its code point between white
square brackets, as in ``⟦U+202E⟧``. The opening bracket itself is marked too, so no text can forge a mark and what was
there can be read back from what is shown.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, TypeVar

# Control characters but tab and newline; format characters (bidi, zero-width, tags); surrogates, separators of lines
# and paragraphs, non-characters; letters and symbols that are drawn as nothing; and the bracket that opens a mark.
_UNSEEN: Final = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufdd0-\ufdef"
    r"\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\u27e6"
    + "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(1, 17))
)
_EMOJI: Final = r"\xa9\xae\u203c-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_STACKING: Final = r"\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
# The joiner and the emoji selector belong to honest emoji and are kept inside one; anywhere else they hide.
# A fifth accent on one letter is no spelling of any language: it only climbs over the neighbouring lines.
_MARKED: Final = re.compile(
    rf"[{_UNSEEN}]|(?<![{_EMOJI}#*0-9])\ufe0f|(?<![{_EMOJI}\ufe0f])\u200d|\u200d(?![{_EMOJI}])"
    rf"|(?<=[{_STACKING}]{{4}})[{_STACKING}]"
)
_MARKED_IN_TERMINAL: Final = re.compile(rf"[{_UNSEEN}\t\n\ufe0f\u200d]|(?<=[{_STACKING}]{{4}})[{_STACKING}]")
_CELL: Final = re.compile(r"⟦U\+[0-9A-F]{4,6}⟧|.", re.DOTALL)

# A spreadsheet may take one of these (ASCII, full-width, small, the minus sign) at the start of a cell for a formula.
# Where its separator is the semicolon, or it splits at tabs and lines, a cell also starts after those. An apostrophe is
# doubled, so that the one added can be told from one that was there.
_FORMULA: Final = re.compile(
    r"(^|[;\t\n])(?=[^\S\t\n]*['=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212])|^(?=[\t\n])"
)

_T = TypeVar("_T", int, float, None)


def _mark(match: re.Match[str]) -> str:
    return f"⟦U+{ord(match[0]):04X}⟧"


def visible(text: str) -> str:
    r"""Return `text` with every unseen character as a mark; tabs and newlines stay.

    >>> visible("pay\u202egnp.exe")
    'pay⟦U+202E⟧gnp.exe'
    """
    return _MARKED.sub(_mark, text)


def terminal(text: str, *, width: int | None = None) -> str:
    r"""Return `text` as one line a terminal shows without obeying it, cut to `width` columns where given.

    It is plain text, not Rich markup: hand it to `rich.text.Text`, or escape its square brackets.

    >>> terminal("\x1b[2Jgone\r\nnext")
    '⟦U+001B⟧[2Jgone⟦U+000D⟧⟦U+000A⟧next'
    >>> terminal("Москва и 北京", width=11)
    'Москва и …'
    """
    shown = _MARKED_IN_TERMINAL.sub(_mark, text)
    if width is None:
        return shown
    cells = _CELL.findall(shown)
    ends, end = [], 0
    for cell in cells:
        end += _columns(cell)
        ends.append(end)
    if end <= width:
        return shown
    kept = sum(end < width for end in ends)
    return "".join(cells[:kept]) + "…" if width else ""


def _columns(cell: str) -> int:
    if len(cell) > 1:
        return len(cell)
    if unicodedata.category(cell) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(cell) in "WF" else 1


def csv_cell(value: str | _T) -> str | _T:
    """Return `value` as a CSV cell that no spreadsheet takes for a formula; a number stays a number.

    >>> csv_cell("=HYPERLINK(A1)"), csv_cell("-12.5"), csv_cell(-12.5)
    ("'=HYPERLINK(A1)", "'-12.5", -12.5)
    """
    return _FORMULA.sub(r"\1'", visible(value)) if isinstance(value, str) else value
