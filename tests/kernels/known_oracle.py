"""Which keys a set of `vigie.kernels.known_keys` holds, by looking at all of it."""

from __future__ import annotations

import numpy as np


def are_known(keys, table):
    """Return which of `keys` stand in `table`."""
    held = {tuple(key) for key in table[:, :2].tolist()} - {(-1, -1)}
    return np.array([tuple(key) in held for key in keys.tolist()], np.bool_)
