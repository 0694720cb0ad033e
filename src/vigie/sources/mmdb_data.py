"""The data of a MaxMind DB file (format 2.0, https://maxmind.github.io/MaxMind-DB/): values, maps and pointers.

Whatever the bytes, decoding ends soon: a pointer leads to no pointer, nesting and the count of values are bounded, and
what lies outside the section is damage.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

DEPTH_MAX: Final = 32
VALUES_MAX: Final = 20_000
_POINTER, _TEXT, _DOUBLE, _BYTES, _MAP, _INT32, _ARRAY, _BOOLEAN, _FLOAT = 1, 2, 3, 4, 7, 8, 11, 14, 15
_UNSIGNED: Final = {5: 2, 6: 4, 9: 8, 10: 16}
# How far behind their bits the pointers of 1, 2 and 3 bytes begin, and the sizes that 1, 2 and 3 further bytes extend.
_POINTER_BASE: Final = (0, 2048, 526_336, 0)
_SIZE_BASE: Final = {29: 29, 30: 285, 31: 65_821}


class DamageError(ValueError):
    """The data are not what the format allows."""


class Data:
    """A data section. With `keep`, maps hold the keys named there only: the others are passed over, not read."""

    def __init__(self, section: bytes, keep: Collection[str] | None = None) -> None:
        self._bytes = section
        self._keep = keep
        self._texts: dict[int, str] = {}
        # Records that overlap on purpose could be read over and over.
        self._left, self._total = 0, 8 * len(section) + 1_000_000

    def at(self, offset: int) -> object:
        """Return the value at an offset of the section.

        Raises
        ------
        DamageError
            if it is not whole or not well formed.
        """
        self._left = VALUES_MAX
        return self._value(offset, 0)[0]

    def _head(self, pos: int) -> tuple[int, int, int]:
        """Return (type, size, where the value's bytes begin); of a pointer the size is the offset it leads to."""
        data = self._bytes
        try:
            first = data[pos] if pos >= 0 else -1
            if first < 0:
                raise DamageError("an offset before the data")
            kind, size = first >> 5, first & 31
            pos += 1
            self._left -= 1
            self._total -= 1
            if self._left < 0 or self._total < 0:
                raise DamageError(f"more than {VALUES_MAX:,} values in one record, or more than the file can hold")
            if kind == _POINTER:
                length = (size >> 3) + 1
                high = size & 7 if length < 4 else 0  # noqa: PLR2004 - of four bytes, all bits are theirs
                number = int.from_bytes(self._slice(pos, length), "big") | high << 8 * length
                return kind, number + _POINTER_BASE[length - 1], pos + length
            if kind == 0:
                kind = data[pos] + 7
                pos += 1
            if base := _SIZE_BASE.get(size):
                length = size - 28
                size = base + int.from_bytes(self._slice(pos, length), "big")
                pos += length
        except IndexError:
            raise DamageError("the data end within a value") from None
        return kind, size, pos

    def _slice(self, pos: int, size: int) -> bytes:
        if pos + size > len(self._bytes):
            raise DamageError("the data end within a value")
        return self._bytes[pos : pos + size]

    def _value(self, pos: int, depth: int) -> tuple[object, int]:
        """Return (the value at `pos`, where the next one begins)."""
        kind, size, pos = self._head(pos)
        if kind == _POINTER:
            return self._pointed(size, depth), pos
        if depth > DEPTH_MAX:
            raise DamageError(f"values are nested deeper than {DEPTH_MAX}")
        if kind == _MAP:
            return self._map(size, pos, depth)
        if kind == _ARRAY:
            items = []
            for _ in range(size):
                item, pos = self._value(pos, depth + 1)
                items.append(item)
            return items, pos
        if kind == _BOOLEAN:
            return bool(size), pos
        raw = self._slice(pos, size)
        return self._scalar(kind, raw), pos + size

    def _scalar(self, kind: int, raw: bytes) -> object:
        if kind == _TEXT:
            try:
                return raw.decode()
            except UnicodeDecodeError:
                raise DamageError("a text is not UTF-8") from None
        if kind == _BYTES:
            return raw
        if kind in _UNSIGNED and len(raw) <= _UNSIGNED[kind]:
            return int.from_bytes(raw, "big")
        if kind == _INT32 and len(raw) <= 4:  # noqa: PLR2004
            return int.from_bytes(raw.rjust(4, b"\0"), "big", signed=True)
        if (kind, len(raw)) in {(_DOUBLE, 8), (_FLOAT, 4)}:
            number: float = struct.unpack(">d" if kind == _DOUBLE else ">f", raw)[0]
            return number
        raise DamageError("a value of a type or size that the format does not have")

    def _pointed(self, offset: int, depth: int) -> object:
        text = self._texts.get(offset)
        if text is not None:
            return text
        if offset >= len(self._bytes):
            raise DamageError("a pointer leads behind the data")
        if self._bytes[offset] >> 5 == _POINTER:
            raise DamageError("a pointer leads to a pointer")
        value = self._value(offset, depth)[0]
        if isinstance(value, str):
            self._texts[offset] = value
        return value

    def _map(self, size: int, pos: int, depth: int) -> tuple[dict[str, object], int]:
        made: dict[str, object] = {}
        for _ in range(size):
            key, pos = self._value(pos, depth + 1)
            if not isinstance(key, str):
                raise DamageError("a map's key is not a text")
            if self._keep is None or key in self._keep:
                made[key], pos = self._value(pos, depth + 1)
            else:
                pos = self._after(pos)
        return made, pos

    def _after(self, pos: int) -> int:
        """Return where the value behind the one at `pos` begins; pointers are not followed."""
        open_values = 1
        while open_values:
            kind, size, pos = self._head(pos)
            open_values -= 1
            if kind == _MAP:
                open_values += 2 * size
            elif kind == _ARRAY:
                open_values += size
            elif kind not in {_POINTER, _BOOLEAN}:
                pos += size
        return pos
