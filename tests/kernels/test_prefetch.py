import numpy as np
from numba import njit

from vigie.kernels.prefetch import prefetch


@njit
def total(values, ahead):
    made = 0
    for n in range(values.size):
        prefetch(values, n + ahead)
        made += values[n]
    return made


def test_what_is_asked_for_changes_nothing_and_may_lie_outside():
    values = np.arange(1_000, dtype=np.int32)
    assert total(values, 8) == total(values, -10_000_000) == values.sum()
    assert "prefetch" in next(iter(total.inspect_llvm().values()))
