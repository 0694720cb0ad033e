"""Hot loops: arrays in, arrays out; no files, no tables, no case."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Final

# When a compiled function is first called, numba looks for SciPy's linear algebra and loads half of SciPy for it: a
# quarter of a second in every command. No kernel multiplies matrices; whoever else wants that module finds it as ever.
_UNUSED: Final = "scipy.linalg.cython_blas"


def _load_numba_alone() -> None:
    modules: dict[str, Any] = sys.modules
    if _UNUSED in modules:
        return
    modules[_UNUSED] = None
    try:
        with contextlib.suppress(ImportError):
            import numba.np.arraymath  # noqa: F401
    finally:
        del modules[_UNUSED]


_load_numba_alone()
