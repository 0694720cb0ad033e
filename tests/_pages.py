"""Pages of the terminal as text."""

from __future__ import annotations

import io
import re

from rich.console import Console


def printed(monkeypatch, *modules):
    """Return a function that prints a page of `modules` at a width and gives the text back."""

    def show(page, *arguments, width=80, **options):
        out = io.StringIO()
        made = Console(file=out, width=width, highlight=False)
        for module in modules:
            monkeypatch.setattr(module, "open_console", lambda: made)
        page(*arguments, **options)
        return out.getvalue()

    return show


def flat(text):
    return " ".join(text.split())


def harmless(text):
    return not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text) and "[bold]" in text
