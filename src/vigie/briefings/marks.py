"""Marks of unseen characters in text that is escaped already, set off from what stands around them."""

from __future__ import annotations

import re
from typing import Final

from markupsafe import Markup

_MARK: Final = re.compile(r"⟦U\+[0-9A-F]{4,6}⟧")


def set_off(escaped: str) -> Markup:
    """Return text, escaped and made visible by the caller, with each mark in an element of its own.

    >>> set_off("a⟦U+202E⟧")
    Markup('a<span class="mark">⟦U+202E⟧</span>')
    """
    return Markup(_MARK.sub(r'<span class="mark">\g<0></span>', escaped))  # noqa: S704  escaped by the caller
