"""Where a key stands in a TOML file: `tomllib` keeps no lines, and an error without one is hard to find."""

from __future__ import annotations

import re

KeyPath = tuple[str | int, ...]


class KeyLines:
    r"""The lines of a TOML text's tables and keys. It reads what stands at the start of lines, not inside a value.

    >>> lines = KeyLines("[a]\nb = 1\n[[c]]\nd = 2\n[[c]]\nd = 3")
    >>> lines.of(("a", "b")), lines.of(("c", 1, "d")), lines.of(("a", "missing")), lines.of(("z",))
    (2, 6, 1, 1)
    """

    _HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
    _KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")

    def __init__(self, text: str) -> None:
        self._at: dict[KeyPath, int] = {}
        table: KeyPath = ()
        counts: dict[KeyPath, int] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            if header := self._HEADER.match(line):
                table = self._split(header[2])
                if header[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                    table = (*table, counts[table])
                self._at.setdefault(table, number)
                # A table is there as soon as one below it is.
                for end in range(1, len(table)):
                    self._at.setdefault(table[:end], number)
            elif key := self._KEY.match(line):
                self._at.setdefault((*table, *self._split(key[1])), number)

    @staticmethod
    def _split(dotted: str) -> KeyPath:
        return tuple(part.strip().strip("\"'") for part in dotted.split("."))

    def of(self, path: KeyPath) -> int:
        """Return the line of the key at `path`, or of the nearest thing around it; 1 where nothing is."""
        for end in range(len(path), 0, -1):
            if path[:end] in self._at:
                return self._at[path[:end]]
        return 1
