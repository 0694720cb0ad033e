"""Addresses, hashtags and mentions in running text."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I32, U8

_HASH = 35
_AT = 64
_ELLIPSIS = 0x2026
_SHORT_CODE = 10  # characters after t.co/
_STOPS = (_ELLIPSIS, 0xA0, 0xAB, 0xBB, 0x3000, 0x3001, 0x3002, 0xFF0C)
_WORD_CATEGORIES = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd"))
_LAST_LETTER = 0x323B0  # beyond it lie no letters but tags and selectors


@cache
def word_characters() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return uint8[0x323B0]: 1 where the character belongs to a word (letter, mark, digit, `_`, a joiner), else 0."""
    categories = map(unicodedata.category, map(chr, range(_LAST_LETTER)))
    table = np.fromiter((name in _WORD_CATEGORIES for name in categories), np.uint8, _LAST_LETTER)
    # The joiners shape words of several scripts; the marks U+FE00 to FE0F only choose how a sign looks.
    for code in (0x5F, 0x200C, 0x200D):
        table[code] = 1
    table[0xFE00:0xFE10] = 0
    return table


@njit(cache=True, nogil=True)
def _decode(values: U8, pos: int) -> tuple[int, int]:
    """Return (code point, length) of the character at `pos` of well-formed UTF-8."""
    byte: Any = np.int64(values[pos])
    if byte < 0x80:
        return byte, 1
    if byte < 0xE0:
        return ((byte & 31) << 6) | (np.int64(values[pos + 1]) & 63), 2
    code: Any = np.int64(values[pos + 1]) & 63
    if byte < 0xF0:
        return ((byte & 15) << 12) | (code << 6) | (np.int64(values[pos + 2]) & 63), 3
    code = (code << 6) | (np.int64(values[pos + 2]) & 63)
    return ((byte & 7) << 18) | (code << 6) | (np.int64(values[pos + 3]) & 63), 4


@njit(cache=True, nogil=True)
def _is_ascii_word(byte: int) -> bool:
    return byte == 95 or 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122


@njit(cache=True, nogil=True)
def _word_end(values: U8, pos: int, stop: int, words: U8) -> tuple[int, bool]:
    """Return where the run of word characters from `pos` ends, and whether it holds anything but digits and `_`."""
    letters = False
    while pos < stop:
        code, length = _decode(values, pos)
        if code >= words.shape[0] or words[code] == 0:
            break
        letters = letters or not (48 <= code <= 57 or code == 95)
        pos += length
    return pos, letters


@njit(cache=True, nogil=True)
def _handle_end(values: U8, pos: int, stop: int) -> int:
    """Return where a handle ends: ASCII letters, digits and `_`, then perhaps `@` and a host name with a dot."""
    start = pos
    while pos < stop and _is_ascii_word(values[pos]):
        pos += 1
    if pos == start or pos >= stop or values[pos] != _AT:
        return pos
    end = at = pos + 1
    dots = 0
    while at < stop:
        if _is_ascii_word(values[at]):
            end = at + 1
        elif values[at] == 46 and end == at and at > pos + 1:
            dots += at + 1 < stop and _is_ascii_word(values[at + 1])
        elif values[at] != 45:
            break
        at += 1
    return end if dots else pos


@njit(cache=True, nogil=True)
def _address_end(values: U8, pos: int, stop: int) -> tuple[int, int]:
    """Return (end, next): where what follows `http://` ends, less what belongs to the sentence, and where to go on.

    The end is `pos` for no address: nothing there, or one cut short by an ellipsis, which names some other page.
    """
    start = pos
    short = stop - pos > 5 and values[pos] == 116 and values[pos + 1] == 46 and values[pos + 2] == 99
    short = short and values[pos + 3] == 111 and values[pos + 4] == 47
    if short:
        pos += 5
        while pos < stop and _is_ascii_word(values[pos]):
            pos += 1
    rounds = 0
    squares = 0
    code = 0
    while pos < stop and not short:
        code, length = _decode(values, pos)
        if code <= 32 or code in (34, 60, 62, 96, 127):
            break
        # The ellipsis of a text that was cut short, quotation marks, and spaces and stops of other scripts.
        if 0x2018 <= code <= 0x201F or 0x2000 <= code <= 0x200B or code in _STOPS:
            break
        rounds += (code == 40) - (code == 41)
        squares += (code == 91) - (code == 93)
        if rounds < 0 or squares < 0:
            break
        pos += length
    if pos < stop and _decode(values, pos)[0] == _ELLIPSIS and not (short and pos - start >= 5 + _SHORT_CODE):
        return start, pos
    end = pos
    while end > start:
        byte = values[end - 1]
        if byte not in (46, 44, 59, 58, 33, 63, 39, 42, 40, 91, 123, 125, 124):  # . , ; : ! ? ' * ( [ { } |
            break
        end -= 1
    return end, end


@njit(cache=True, nogil=True)
def _is_address(values: U8, pos: int, stop: int) -> int:
    """Return the length of `http://` or `https://` at `pos`, in any case, or 0."""
    if stop - pos < 8:
        return 0
    if not (
        values[pos] | 32 == 104
        and values[pos + 1] | 32 == 116
        and values[pos + 2] | 32 == 116
        and values[pos + 3] | 32 == 112
    ):
        return 0
    at = pos + 4
    if values[at] | 32 == 115:
        at += 1
    if at + 3 <= stop and values[at] == 58 and values[at + 1] == 47 and values[at + 2] == 47:
        return at + 3 - pos
    return 0


@njit(cache=True, nogil=True)
def entities(values: U8, offsets: I32, words: U8) -> tuple[I32, I32, I32]:
    """Find addresses, hashtags and mentions in each text of well-formed UTF-8.

    `values` (uint8[m]) and `offsets` (int32[n + 1]) are a string column, `words` is the table of `word_characters`.
    Returned are counts (int32[3, n + 1], running counts of addresses, hashtags and mentions by row), and starts and
    ends (int32[3, k]), their spans in `values`, without number sign and at sign.
    """
    rows = offsets.shape[0] - 1
    most = 1
    for byte in values:
        most += byte in (_HASH, _AT, 58, 0xEF)
    counts = np.zeros((3, rows + 1), np.int32)
    starts = np.empty((3, most), np.int32)
    ends = np.empty((3, most), np.int32)
    n0 = n1 = n2 = 0
    plain = np.zeros(256, np.bool_)  # ASCII that can begin nothing, an address apart
    plain[:128] = True
    for byte in (_HASH, _AT, 38):
        plain[byte] = False
    for row in range(rows):
        pos: Any = np.int64(offsets[row])
        stop: Any = np.int64(offsets[row + 1])
        in_word = False  # the character before is of a word: what follows it begins nothing
        glued = False  # the same, of an ASCII word: scripts without spaces write addresses right after a letter
        while pos < stop:
            byte = values[pos]
            if plain[byte] and (glued or byte | 32 != 104):
                in_word = glued = words[byte] == 1
                pos += 1
                continue
            if byte | 32 == 104:
                head = _is_address(values, pos, stop)
                if head:
                    end, after = _address_end(values, pos + head, stop)
                    if end > pos + head:
                        starts[0, n0] = pos
                        ends[0, n0] = end
                        n0 += 1
                    pos = after
                    in_word = glued = False
                    continue
            code, length = _decode(values, pos)
            if code in (_HASH, 0xFF03) and not in_word and pos + length < stop:
                end, letters = _word_end(values, pos + length, stop, words)
                if letters:
                    starts[1, n1] = pos + length
                    ends[1, n1] = end
                    n1 += 1
                    pos = end
                    in_word = glued = True
                    continue
            elif code in (_AT, 0xFF20) and not in_word and pos + length < stop:
                end = _handle_end(values, pos + length, stop)
                if end > pos + length:
                    starts[2, n2] = pos + length
                    ends[2, n2] = end
                    n2 += 1
                    pos = end
                    in_word = glued = True
                    continue
            # `&#x27;` is an escaped sign, no hashtag.
            in_word = (code < words.shape[0] and words[code] == 1) or code == 38
            glued = in_word and code < 128 and code != 38
            pos += length
        counts[0, row + 1] = n0
        counts[1, row + 1] = n1
        counts[2, row + 1] = n2
    return counts, starts, ends
