"""How this process deals with memory it no longer needs.

A log comes in blocks of many megabytes. To hand each block's memory back to the system and to ask for it again, page by
page, takes longer than much of what is done with it.
"""

from __future__ import annotations

import ctypes
from typing import Final

import pyarrow as pa

# Parameters of glibc's mallopt, and from how many bytes on memory is asked of the system and handed back at once.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_BYTES: Final = 1 << 30


def keep_memory() -> None:
    """Keep freed memory for what comes next, of Arrow's arrays and NumPy's: where the C library can be told to."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):  # another system, or another library
        return
    if mallopt(_MMAP_THRESHOLD, _BYTES) and mallopt(_TRIM_THRESHOLD, _BYTES):
        pa.set_memory_pool(pa.system_memory_pool())
