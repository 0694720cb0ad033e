"""The plain form of many texts at once: what `vigie.text.decode.decode` says, without a Python object for a text.

`vigie.text.decode` is the definition; every stage here is one of its stages, done in place, as none makes a text
longer. Where a text needs a table that only Python has (named entities, Unicode's compatibility forms), it is handed
back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

if TYPE_CHECKING:
    import numpy.typing as npt

    from vigie.kernels.bytes_gather import I32, I64, U8

    U16 = npt.NDArray[np.uint16]
    Bools = npt.NDArray[np.bool_]

# What a byte may ask for, as bits.
_PERCENT: Final = 1
_PLUS: Final = 2
_BACKSLASH: Final = 4
_CONTROL: Final = 8
_WIDE: Final = 16
_AMPERSAND: Final = 32
_UPPER: Final = 64
_SPACE_OR_STAR: Final = 128
_ENTITY: Final = 256  # an ampersand alone is no entity
_DISGUISED: Final = _PERCENT | _PLUS | _BACKSLASH | _CONTROL | _WIDE | _AMPERSAND

_MARKS: Final = np.zeros(256, np.uint16)
_MARKS[:32] = _CONTROL
_MARKS[127] = _CONTROL
_MARKS[128:] = _WIDE
_MARKS[65:91] = _UPPER
_MARKS[ord("%")] = _PERCENT
_MARKS[ord("+")] = _PLUS
_MARKS[ord("\\")] = _BACKSLASH
_MARKS[ord("&")] = _AMPERSAND
_MARKS[ord(";")] = _MARKS[ord("#")] = _ENTITY
_MARKS[ord(" ")] = _MARKS[ord("*")] = _SPACE_OR_STAR

# The value of a hexadecimal digit; 255 for what is none.
_HEX: Final = np.full(256, 255, np.uint8)
for _n, _c in enumerate(b"0123456789abcdef"):
    _HEX[_c] = _n
for _n, _c in enumerate(b"ABCDEF"):
    _HEX[_c] = 10 + _n

_WIDTH: Final = 32
_BYTES: Final = ir.VectorType(ir.IntType(8), _WIDTH)

_HARD: Final = -1
_REPLACEMENT: Final = 0xFFFD


@njit(cache=True, nogil=True)
def _int(value: Any) -> int:
    """Return `value` as a 64-bit number: kernels reckon with nothing smaller."""
    return np.int64(value)  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def _byte(text: U8, k: int) -> Any:
    """Return the byte at `k`, which is not negative: said so that Numba need not ask at every byte."""
    return text[np.uint64(k)]


@intrinsic
def _copy_32(_context: Any, target: Any, at: Any, source: Any, begin: Any) -> Any:  # noqa: ARG001 - their types are fixed
    """Copy 32 bytes; return as bits which are not sure to stand for themselves.

    Sure are visible ASCII characters but for capitals and # % * + ; and the backslash. (An ampersand without a
    semicolon or a number sign begins no entity.)
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        def every(value: int) -> Any:
            return ir.Constant(_BYTES, [value] * _WIDTH)

        to = context.make_array(signature.args[0])(context, builder, args[0])
        of = context.make_array(signature.args[2])(context, builder, args[2])
        begin_at = builder.bitcast(builder.gep(of.data, [args[3]]), _BYTES.as_pointer())
        end_at = builder.bitcast(builder.gep(to.data, [args[1]]), _BYTES.as_pointer())
        found = builder.load(begin_at, align=1)
        builder.store(found, end_at, align=1)
        unsure = builder.icmp_unsigned(">", builder.sub(found, every(0x21)), every(0x7E - 0x21))
        capital = builder.icmp_unsigned("<", builder.sub(found, every(ord("A"))), every(26))
        unsure = builder.or_(unsure, capital)
        for character in b"#%*+;\\":
            unsure = builder.or_(unsure, builder.icmp_unsigned("==", found, every(character)))
        return builder.zext(builder.bitcast(unsure, ir.IntType(_WIDTH)), ir.IntType(64))

    return types.int64(target, types.int64, source, types.int64), code


@njit(cache=True, nogil=True)
def _copied(text: U8, at: int, source: U8, begin: int, end: int) -> bool:
    """Copy `source[begin:end]` to `text[at]`, which has 32 bytes to spare; say whether all is sure to be plain."""
    unsure = 0
    while begin < end and begin + _WIDTH <= source.size:
        bits: int = _copy_32(text, at, source, begin)  # type: ignore[call-arg]
        if end - begin < _WIDTH:
            bits &= (1 << (end - begin)) - 1
        unsure |= bits
        begin += _WIDTH
        at += _WIDTH
    while begin < end:
        text[at] = source[begin]
        unsure = 1
        begin += 1
        at += 1
    return unsure == 0


@njit(cache=True, nogil=True)
def _marks(text: U8, at: int, end: int) -> int:
    marks = 0
    for k in range(at, end):
        marks |= _int(_MARKS[_byte(text, k)])
    return marks


@njit(cache=True, nogil=True)
def _put(text: U8, out: int, code: int) -> int:
    """Write a character as UTF-8 at `out`; return where it ends. What is no character becomes U+FFFD."""
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        code = _REPLACEMENT
    if code < 0x80:
        text[out] = code
        return out + 1
    if code < 0x800:
        text[out] = 0xC0 | code >> 6
    else:
        if code < 0x10000:
            text[out] = 0xE0 | code >> 12
        else:
            text[out] = 0xF0 | code >> 18
            text[out + 1] = 0x80 | (code >> 12 & 0x3F)
            out += 1
        text[out + 1] = 0x80 | (code >> 6 & 0x3F)
        out += 1
    text[out + 1] = 0x80 | (code & 0x3F)
    return out + 2


@njit(cache=True, nogil=True)
def _percent_at(text: U8, k: int, end: int) -> int:
    """Return the byte that `%HH` at `k` stands for, or -1."""
    if k + 2 >= end or _byte(text, k) != 37 or _HEX[_byte(text, k + 1)] > 15 or _HEX[_byte(text, k + 2)] > 15:
        return -1
    return _int(_HEX[_byte(text, k + 1)]) << 4 | _int(_HEX[_byte(text, k + 2)])


@njit(cache=True, nogil=True)
def _hex_run(text: U8, k: int, end: int) -> int:
    while k < end and _HEX[_byte(text, k)] <= 15:
        k += 1
    return k


@njit(cache=True, nogil=True)
def _hex_value(text: U8, k: int, end: int) -> int:
    value = 0
    for i in range(k, end):
        value = value << 4 | _int(_HEX[text[i]])
    return value


@njit(cache=True, nogil=True)
def _escapes(text: U8, at: int, end: int) -> int:
    r"""Undo `%uHHHH`, `\uHHHH`, `\u{H}` and `\xHH`; return the new end. A byte beyond ASCII becomes `%hh`."""
    k = at
    while k < end and _byte(text, k) != 92 and (_byte(text, k) != 37 or k + 1 == end or _byte(text, k + 1) != 117):
        k += 1
    out = k
    while k < end:
        c = _byte(text, k)
        if c in (37, 92) and k + 1 < end and _byte(text, k + 1) == 117:
            run = _hex_run(text, k + 2, min(end, k + 6))
            if run == k + 6:
                out = _put(text, out, _hex_value(text, k + 2, k + 6))
                k += 6
                continue
            if c == 92 and k + 2 < end and _byte(text, k + 2) == 123:
                first, run = k + 3, _hex_run(text, k + 3, end)
                if run > first and run < end and _byte(text, run) == 125:
                    while first < run - 1 and _byte(text, first) == 48:
                        first += 1
                    if run - first <= 6:
                        out = _put(text, out, _hex_value(text, first, run))
                        k = run + 1
                        continue
        elif c == 92 and k + 3 < end and _byte(text, k + 1) == 120:
            high, low = _int(_HEX[_byte(text, k + 2)]), _int(_HEX[_byte(text, k + 3)])
            if high <= 15 and low <= 15:
                if high < 8:
                    text[out] = high << 4 | low
                    out += 1
                else:
                    out = _percent_put(text, out, high << 4 | low)
                k += 4
                continue
        text[out] = c
        out += 1
        k += 1
    return out


@njit(cache=True, nogil=True)
def _percent_put(text: U8, out: int, byte: int) -> int:
    """Write `%hh` in lower case; return where it ends."""
    high, low = byte >> 4, byte & 15
    text[out] = 37
    text[out + 1] = high + (48 if high < 10 else 87)
    text[out + 2] = low + (48 if low < 10 else 87)
    return out + 3


@njit(cache=True, nogil=True)
def _overlong(text: U8, k: int, end: int, byte: int) -> tuple[int, int]:
    """Return the ASCII character that an overlong UTF-8 sequence from `k` on stands for, and its end; or (-1, k)."""
    if byte in (0xC0, 0xC1):
        last = _percent_at(text, k + 3, end)
        if 0x80 <= last <= 0xBF:
            return (byte & 1) << 6 | last & 0x3F, k + 6
    elif byte in (0xE0, 0xF0):
        follow = k + 3
        if byte == 0xF0:
            if _percent_at(text, follow, end) != 0x80:
                return -1, k
            follow += 3
        middle, last = _percent_at(text, follow, end), _percent_at(text, follow + 3, end)
        if 0x80 <= middle <= 0x81 and 0x80 <= last <= 0xBF:
            return (middle & 1) << 6 | last & 0x3F, follow + 6
    return -1, k


@njit(cache=True, nogil=True)
def _percents(text: U8, at: int, end: int) -> tuple[int, bool]:
    """Undo `%HH` that gives ASCII, overlong or not; put the rest in lower case. Return the end, and if it changed."""
    out = k = at
    changed = False
    while k < end:
        byte = _percent_at(text, k, end)
        if byte < 0:
            text[out] = _byte(text, k)
            out += 1
            k += 1
        elif byte < 0x80:
            text[out] = byte
            out += 1
            k += 3
            changed = True
        else:
            character, after = _overlong(text, k, end, byte)
            if character >= 0:
                text[out] = character
                out += 1
                k = after
                changed = True
            else:
                changed = changed or 65 <= _byte(text, k + 1) <= 70 or 65 <= _byte(text, k + 2) <= 70
                out = _percent_put(text, out, byte)
                k += 3
    return out, changed


@njit(cache=True, nogil=True)
def _entities(text: U8, at: int, end: int) -> int:
    """Undo HTML's numeric entities and its four own; return the new end, or `_HARD` where another is named."""
    out = k = at
    while k < end:
        if text[k] != 38 or k + 2 >= end:
            text[out] = text[k]
            out += 1
            k += 1
            continue
        code, after = -1, k
        if text[k + 1] == 35:
            first = k + 2
            if text[first] | 32 == 120:
                first += 1
                after = _hex_run(text, first, min(end, first + 8))
                if after > first:
                    code = _hex_value(text, first, after)
            else:
                after = first
                value = 0
                while after < end and after < first + 8 and 48 <= text[after] <= 57:
                    value = value * 10 + _int(text[after]) - 48
                    after += 1
                if after > first:
                    code = value
            if code >= 0:
                if not (code in (9, 10, 12) or 32 <= code <= 126 or 0xA0 <= code < 0xD800):
                    return _HARD
                if after < end and text[after] == 59:
                    after += 1
        elif 97 <= text[k + 1] | 32 <= 122:
            after = k + 2
            while after < end and after < k + 33 and (48 <= text[after] <= 57 or 97 <= text[after] | 32 <= 122):
                after += 1
            if after > k + 2 and after < end and text[after] == 59:
                code = _named(text, k + 1, after)
                if code < 0:
                    return _HARD
                after += 1
        if code < 0:
            text[out] = text[k]
            out += 1
            k += 1
        else:
            out = _put(text, out, code)
            k = after
    return out


@njit(cache=True, nogil=True)
def _named(text: U8, k: int, end: int) -> int:
    """Return the character of lt, gt, amp or quot; else -1."""
    if end - k == 2 and text[k + 1] == 116:
        if text[k] == 108:
            return 60
        if text[k] == 103:
            return 62
    if end - k == 3 and text[k] == 97 and text[k + 1] == 109 and text[k + 2] == 112:
        return 38
    if end - k == 4 and text[k] == 113 and text[k + 1] == 117 and text[k + 2] == 111 and text[k + 3] == 116:
        return 34
    return -1


@njit(cache=True, nogil=True)
def _quotes_and_controls(text: U8, at: int, end: int) -> int:
    """Undo a quotation mark's backslash, then leave out what cannot be seen; return the new end."""
    out = at
    for k in range(at, end):
        if _byte(text, k) == 92 and k + 1 < end and _byte(text, k + 1) == 34:
            continue
        text[out] = _byte(text, k)
        out += 1
    end, out = out, at
    for k in range(at, end):
        c = _byte(text, k)
        if (c >= 32 and c != 127) or 9 <= c <= 13:
            text[out] = c
            out += 1
    return out


@njit(cache=True, nogil=True)
def _sequence(text: U8, k: int, end: int) -> int:
    """Return how many bytes the UTF-8 character has that `%HH` from `k` on spell; 0 where they spell none."""
    byte = _percent_at(text, k, end)
    if byte < 0x80:
        return 1
    low, high, more = 0x80, 0xBF, 1
    if byte < 0xC2 or byte > 0xF4:
        return 0
    if byte >= 0xF0:
        more = 3
        low = 0x90 if byte == 0xF0 else 0x80
        high = 0x8F if byte == 0xF4 else 0xBF
    elif byte >= 0xE0:
        more = 2
        low = 0xA0 if byte == 0xE0 else 0x80
        high = 0x9F if byte == 0xED else 0xBF
    for n in range(1, more + 1):
        if not low <= _percent_at(text, k + 3 * n, end) <= high:
            return 0
        low, high = 0x80, 0xBF
    return more + 1


@njit(cache=True, nogil=True)
def _percents_wide(text: U8, at: int, end: int) -> int:
    """Undo every run of `%HH`: as UTF-8 where the whole run is, else as Latin-1; return the new end."""
    out = k = at
    while k < end:
        if _percent_at(text, k, end) < 0:
            text[out] = _byte(text, k)
            out += 1
            k += 1
            continue
        after, whole = k, True
        while _percent_at(text, after, end) >= 0:
            size = _sequence(text, after, end) if whole else 1
            if size == 0:
                whole, size = False, 1
            after += 3 * size
        while k < after:
            byte = _percent_at(text, k, end)
            if whole:
                text[out] = byte
                out += 1
            else:
                out = _put(text, out, byte)
            k += 3
    return out


@njit(cache=True, nogil=True)
def _lowered(text: U8, at: int, end: int, lower: U16) -> bool:
    """Lower the case in place; False where a character is not in `lower`."""
    k = at
    while k < end:
        c = _int(_byte(text, k))
        if c < 0x80:
            if 65 <= c <= 90:
                text[k] = c + 32
            k += 1
        elif c < 0xE0:
            code = _int(lower[(c & 0x1F) << 6 | _int(_byte(text, k + 1)) & 0x3F])
            if code == 0:
                return False
            k = _put(text, k, code)
        elif c < 0xF0:
            code = _int(
                lower[(c & 0xF) << 12 | (_int(_byte(text, k + 1)) & 0x3F) << 6 | _int(_byte(text, k + 2)) & 0x3F]
            )
            if code == 0:
                return False
            k = _put(text, k, code)
        else:
            return False
    return True


@njit(cache=True, nogil=True)
def _pair(text: U8, k: int, end: int, one: int, other: int) -> int:
    """Return where the bytes `one`, `other` first stand side by side from `k` on; `end` if nowhere."""
    while k + 1 < end:
        if _byte(text, k) == one and _byte(text, k + 1) == other:
            return k
        k += 1
    return end


@njit(cache=True, nogil=True)
def _comments(text: U8, at: int, end: int) -> int:
    """Replace closed SQL comments by a space, conditional ones by what they hold; return the new end."""
    out = k = at
    while k < end:
        start = _pair(text, k, end, 47, 42)
        close = _pair(text, start + 2, end, 42, 47)
        if close >= end:
            start = end
        while k < start:
            text[out] = text[k]
            out += 1
            k += 1
        if start == end:
            break
        text[out] = 32
        out += 1
        k = start + 2
        if k < close and text[k] == 33:
            k += 1
            while k < close and 48 <= text[k] <= 57:
                k += 1
            if k < close:
                while k < close:
                    text[out] = text[k]
                    out += 1
                    k += 1
                text[out] = 32
                out += 1
        k = close + 2
    return out


@njit(cache=True, nogil=True)
def _spaces(text: U8, at: int, end: int) -> int:
    """Make one space of every run of white space; return the new end."""
    out = at
    for k in range(at, end):
        c = _byte(text, k)
        if c == 32 or 9 <= c <= 13:
            if out == at or _byte(text, out - 1) != 32:
                text[out] = 32
                out += 1
        else:
            text[out] = c
            out += 1
    return out


@njit(cache=True, nogil=True)
def _once(text: U8, at: int, end: int, marks: int) -> tuple[int, bool]:
    """Decode once; return the new end or `_HARD`, and whether anything changed."""
    before, changed = end, False
    if marks & _PLUS:
        for k in range(at, end):
            if text[k] == 43:
                text[k] = 32
                changed = True
    if marks & (_PERCENT | _BACKSLASH):
        end = _escapes(text, at, end)
        if end != before:
            marks |= _marks(text, at, end)
    if marks & _PERCENT:
        end, recased = _percents(text, at, end)
        if recased:
            changed = True
            marks |= _marks(text, at, end)
    if marks & _AMPERSAND and marks & _ENTITY:
        middle = end
        end = _entities(text, at, end)
        if end == _HARD:
            return _HARD, True
        if end != middle:
            marks |= _marks(text, at, end)
    if marks & (_BACKSLASH | _CONTROL):
        end = _quotes_and_controls(text, at, end)
    if changed or end != before:
        return end, True
    if marks & _PERCENT:
        end = _percents_wide(text, at, end)
    return end, end != before


@njit(cache=True, nogil=True)
def _plain(text: U8, at: int, end: int, rounds: int, lower: U16) -> int:
    """Bring `text[at:end]` into its plain form; return the new end, or `_HARD`."""
    # Decoding reads forwards: what stands before the first disguise is left as it is.
    first, before = at, 0
    while first < end and not _int(_MARKS[_byte(text, first)]) & _DISGUISED:
        before |= _int(_MARKS[_byte(text, first)])
        first += 1
    marks = _marks(text, first, end)
    if marks:
        for _ in range(rounds):
            end, changed = _once(text, first, end, marks)
            if not changed:
                break
            if end == _HARD:
                return _HARD
            marks = _marks(text, first, end)
    marks |= before
    if marks & (_UPPER | _WIDE) and not _lowered(text, at, end, lower):
        return _HARD
    if marks & _SPACE_OR_STAR:
        end = _comments(text, at, end)
    if marks & (_SPACE_OR_STAR | _CONTROL):
        end = _spaces(text, at, end)
    return end


@njit(cache=True, nogil=True)
def plain(  # noqa: PLR0917 - Numba has no keyword-only arguments
    rows: I64,
    left_offsets: I32,
    left: U8,
    right_offsets: I32,
    right: U8,
    right_valid: U8,
    shift: int,
    lower: U16,
    rounds: int,
    size_max: int,
) -> tuple[I32, U8, Bools, Bools]:
    """Return the plain form of the texts of `rows`: offsets, bytes, which are left to Python, and which are as sent.

    Those left to Python are empty here; those as sent are known to be, others may be.

    The text of a row is that of the column `left`; where there is a column `right` (`right_offsets` is not empty) and
    it is not null in that row (bit `row + shift` of `right_valid`, which may be empty), a question mark and its text
    follow. Both must be UTF-8. `lower`, uint16 of shape (65536,), is the lower case of a character beyond ASCII that
    Unicode's compatibility form leaves as it is, whatever stands beside it, and 0 for all others. Texts of more than
    `size_max` bytes are left to Python.
    """
    room = 0
    for n in range(rows.size):
        row = rows[n]
        room += left_offsets[row + 1] - left_offsets[row] + 1
        if right_offsets.size:
            room += right_offsets[row + 1] - right_offsets[row]
    text = np.empty(room + _WIDTH, np.uint8)
    offsets = np.empty(rows.size + 1, np.int32)
    hard = np.zeros(rows.size, np.bool_)
    as_sent = np.zeros(rows.size, np.bool_)
    offsets[0] = at = 0
    for n in range(rows.size):
        row = rows[n]
        begin, stop = _int(left_offsets[row]), _int(left_offsets[row + 1])
        sure = _copied(text, at, left, begin, stop)
        end = at + stop - begin
        if right_offsets.size and (
            right_valid.size == 0 or (right_valid[(row + shift) >> 3] >> ((row + shift) & 7)) & 1
        ):
            text[end] = 63
            begin, stop = _int(right_offsets[row]), _int(right_offsets[row + 1])
            sure = _copied(text, end + 1, right, begin, stop) and sure
            end += 1 + stop - begin
        if end - at > size_max:
            end = _HARD
        elif sure:
            as_sent[n] = True
        else:
            end = _plain(text, at, end, rounds, lower)
        if end == _HARD:
            hard[n] = True
        else:
            at = end
        offsets[n + 1] = at
    return offsets, text[:at], hard, as_sent
