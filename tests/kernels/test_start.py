from __future__ import annotations

import subprocess
import sys

_CALL = """
import sys
import numpy as np
from vigie.kernels.share_order import share_order
one = np.zeros(2, np.int32)
assert share_order(one, one, np.arange(2), 1)[1].tolist() == [0, 0]
assert "scipy.linalg" not in sys.modules
import scipy.linalg.cython_blas
assert scipy.linalg.cython_blas.__file__
"""


def test_a_kernel_does_without_scipys_linear_algebra_and_leaves_it_to_others():
    done = subprocess.run([sys.executable, "-c", _CALL], check=False, capture_output=True, text=True)
    assert not done.returncode, done.stderr
