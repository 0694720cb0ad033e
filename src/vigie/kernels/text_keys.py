"""Texts as numbers of 128 bits: the same number for the same text, and for no other that anybody could find.

The hash is NH (Black, Halevi, Krawczyk, Krovetz and Rogaway, "UMAC: Fast and Secure Message Authentication", 1999): a
sum of products of a text's words, each word added to a secret one. Of two texts chosen without knowledge of the secrets
the numbers are equal, or differ by any amount given beforehand, with a probability of 2**-64 at most. So the keys of
two columns may be added up to make those of their pairs. The secrets are drawn when the program starts: keys hold
within a process.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

from vigie.kernels.distinct import WIDTH, words, words_at_end

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I64, U8
    from vigie.kernels.distinct import Texts

# Each word of a column's texts needs a secret of its own, and so does their size: longer texts go another way.
_BYTES_MAX: Final = 1024
COLUMNS: Final = 4
_SECRET: Final = secrets.token_bytes(32)
_SECRETS: Final = np.frombuffer(secrets.token_bytes(COLUMNS * (_BYTES_MAX + 16)), np.uint64).reshape(COLUMNS, -1)
_LAST: Final = np.frombuffer(secrets.token_bytes(16), np.uint64)
_WIDE: Final = ir.IntType(128)


@intrinsic
def _product(_context: Any, one: Any, other: Any) -> Any:  # noqa: ARG001 - their types are fixed
    """Return the lower and the upper half of a product of two numbers."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        product = builder.mul(*(builder.zext(arg, _WIDE) for arg in args))
        halves = [product, builder.lshr(product, ir.Constant(_WIDE, 64))]
        return context.make_tuple(builder, signature.return_type, [builder.trunc(h, ir.IntType(64)) for h in halves])

    return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), code  # type: ignore[no-untyped-call]


@njit(cache=True, nogil=True)
def _add_keys(offsets: Any, data: U8, valid: U8, shift: int, secret: Any, keys: Any, long: Any) -> None:  # noqa: PLR0917 - Numba has no keyword-only arguments
    for row in range(keys.shape[0]):
        begin: Any = np.int64(offsets[row])
        size: Any = np.int64(offsets[row + 1] - offsets[row])
        if valid.size and not (valid[(row + shift) >> 3] >> ((row + shift) & 7)) & 1:
            size = np.int64(-1)
        elif size > _BYTES_MAX:
            long[row] = True
            continue
        low, high = np.uint64(size) * secret[-1], np.uint64(size) * secret[-2]
        at = 0
        while size > 0:
            if begin + WIDTH <= data.size:
                four: Any = words(data, begin, min(size, WIDTH))  # type: ignore[call-arg]
            else:
                four = words_at_end(data, begin, size)
            for n in range(2):
                product: Any = _product(four[2 * n] + secret[at + 2 * n], four[2 * n + 1] + secret[at + 2 * n + 1])  # type: ignore[call-arg]
                low += product[0]
                high += product[1] + np.uint64(low < product[0])
            at += 4
            begin += WIDTH
            size -= WIDTH
        keys[row, 0] += np.int64(low)
        keys[row, 1] += np.int64(high)


def text_keys(*columns: Texts, first: int = 0) -> I64:
    """Return the keys of a column's texts, or of the pairs (triples ...) of several: int64 of shape (rows, 2).

    A null has a key of its own. A text has another key in another place among the columns; the first one's is `first`.
    """
    rows = len(columns[0].offsets) - 1
    keys = np.zeros((rows, 2), np.int64)
    for n, column in enumerate(columns, start=first):
        long = np.zeros(rows, np.bool_)
        _add_keys(*column, _SECRETS[n], keys, long)
        for row in np.flatnonzero(long):
            text = column.data[column.offsets[row] : column.offsets[row + 1]].tobytes()
            hashed = hashlib.blake2b(text, digest_size=16, key=_SECRET, person=b"%d" % n)
            keys[row] += np.frombuffer(hashed.digest(), np.int64)
    return keys


@njit(cache=True, nogil=True)
def _folded(keys: I64, secret: Any) -> I64:
    numbers = np.empty(keys.shape[0], np.int64)
    for row in range(keys.shape[0]):
        product: Any = _product(np.uint64(keys[row, 0]) ^ secret[0], np.uint64(keys[row, 1]) ^ secret[1])  # type: ignore[call-arg]
        numbers[row] = np.int64(product[0] ^ product[1])
    return numbers


def folded(keys: I64) -> I64:
    """Return the keys as numbers of 64 bits, int64 of shape (rows,): few enough of them are all different."""
    return _folded(keys, _LAST)
