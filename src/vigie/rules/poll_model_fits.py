"""Fits of blocks, remembered: several measures ask for that of the same figures, and weighing settings takes longest.

A fit is found again by the bytes of all that it rests on; of what is remembered the fit not asked for longest is
forgotten first. Forecasts, which are large, are not kept.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.rules.poll_model import weighed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vigie.rules.poll_model import Fit, Forecast
    from vigie.rules.poll_model_course import Block

FITS_MAX: Final = 32

_held: Final[OrderedDict[bytes, Fit]] = OrderedDict()
_lock: Final = Lock()


def forecast(block: Block) -> tuple[Fit, tuple[Forecast, ...]]:
    """Weigh a block as `weighed` does, and remember its fit."""
    fit, forecasts = weighed(block)
    key = _key(block)
    with _lock:
        _held[key] = fit
        _held.move_to_end(key)
        while len(_held) > FITS_MAX:
            _held.popitem(last=False)
    return fit, forecasts


def fitted(block: Block) -> Fit:
    """Return a block's fit, whose arrays are not to be changed: as remembered, or weighed anew."""
    key = _key(block)
    with _lock:
        if key in _held:
            _held.move_to_end(key)
            return _held[key]
    return forecast(block)[0]


def _key(block: Block) -> bytes:
    digest = blake2b(digest_size=32)
    for held in _parts(block):
        part = np.ascontiguousarray(held)
        digest.update(f"{part.dtype.str}{part.shape}".encode())
        digest.update(part.tobytes())
    return digest.digest()


def _parts(block: Block) -> Iterator[object]:
    yield len(block.courses)
    for course in block.courses:
        yield from course
    yield from block.ranks
    yield block.days
    yield block.is_used
