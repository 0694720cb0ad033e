"""Where the channels of a network stand in its picture: a force-directed layout, the same for the same network.

Sums go along the first axis of an array and so in one order on every machine.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Places = npt.NDArray[np.float64]

_ROUNDS: Final = 120
_APART_ROUNDS: Final = 60
_GAP: Final = 3.0


def spread(nodes: int, edges: Sequence[tuple[int, int, float]]) -> Places:
    """Return the places of `nodes` within the unit square, as (2, nodes); `edges` are (node, node, weight above 0).

    Joined nodes draw near and all push one another away (Fruchterman and Reingold 1991), from a circle at the start.

    >>> spread(2, [(0, 1, 3.0)]).tolist()
    [[0.0, 1.0], [0.5, 0.5]]
    """
    turn = 2 * math.pi * np.arange(nodes) / max(1, nodes)
    at = np.stack([-np.cos(turn), np.sin(turn)])
    if nodes <= 3:  # noqa: PLR2004  the circle's own corners
        return _within_unit(at)
    pull = np.zeros((nodes, nodes))
    for a, b, weight in edges:
        pull[a, b] = pull[b, a] = 1 + math.log1p(weight)
    pull /= max(1.0, float(pull.max()))
    # Whoever is joined to many would be drawn into one heap with them.
    joined = np.sqrt(np.maximum(1.0, np.add.reduce(pull > 0, axis=0)))
    pull *= 2 / np.sqrt(joined[:, None] * joined[None, :])
    ideal = 2 / math.sqrt(nodes)
    # A ring within the ring, or the nodes of a clique would stay on the circle for ever: it is in balance.
    at *= 0.6 + 0.4 * (np.arange(nodes) % 3) / 2
    for step in range(_ROUNDS):
        gaps = at[:, :, None] - at[:, None, :]
        square = gaps[0] ** 2 + gaps[1] ** 2
        far = np.sqrt(square)
        push = ideal**2 / np.maximum(square, 1e-4) - pull * far / ideal
        move = np.add.reduce(gaps * push, axis=1) * -1
        # Loose parts of a network would drift away without end.
        move -= 0.3 * at
        length = np.sqrt(move[0] ** 2 + move[1] ** 2)
        most = 0.2 * (1 - step / _ROUNDS) + 0.002
        at += move * (np.minimum(length, most) / np.maximum(length, 1e-9))
    return _within_unit(at)


def _within_unit(at: Places) -> Places:
    low, high = at.min(axis=1, keepdims=True), at.max(axis=1, keepdims=True)
    span = high - low
    return np.where(span > 1e-9, (at - low) / np.where(span > 1e-9, span, 1), 0.5)  # noqa: PLR2004


def apart(at: Places, radii: npt.NDArray[np.float64], width: float, height: float) -> Places:
    """Return places (2, nodes) moved until no two discs touch, within `width` x `height`; as far as there is room."""
    box = np.array([[width], [height]])
    low, high = np.minimum(radii, box / 2), np.maximum(box - radii, box / 2)
    near = radii[:, None] + radii[None, :] + _GAP
    np.fill_diagonal(near, 0.0)
    # Two nodes on one spot, where the edge may have put them, have no direction to part in, unless they are given one.
    nodes = np.arange(at.shape[1])
    aside = 1e-3 * np.stack([np.cos(nodes), np.sin(nodes)])
    for _ in range(_APART_ROUNDS):
        at = np.clip(at, low, high) + aside
        gaps = at[:, :, None] - at[:, None, :]
        far = np.sqrt(gaps[0] ** 2 + gaps[1] ** 2)
        short = np.maximum(near - far, 0.0)
        if not short.any():
            break
        at -= 0.5 * np.add.reduce(gaps * (short / np.maximum(far, 1e-6)), axis=1)
    return np.clip(at, low, high)


def shelves(sizes: Sequence[tuple[float, float]], width: float, gap: float) -> tuple[list[tuple[float, ...]], float]:
    """Return for each (width, height) its cell (x, y, width, height), in rows from left to right, and the whole height.

    Cells of a full row are widened to fill it, and all are as high as the highest of their row.

    >>> shelves([(60, 10), (30, 20), (50, 5)], 100, 10)
    ([(0.0, 0.0, 60.0, 20.0), (70.0, 0.0, 30.0, 20.0), (0.0, 30.0, 50.0, 5.0)], 35.0)
    """
    rows: list[list[int]] = []
    used = math.inf
    for index, (wide, _) in enumerate(sizes):
        if used + gap + wide > width:
            rows.append([])
            used = -gap
        rows[-1].append(index)
        used += gap + wide
    cells: list[tuple[float, ...]] = []
    y = 0.0
    for place, row in enumerate(rows):
        bare = sum(sizes[i][0] for i in row)
        room = width - gap * (len(row) - 1)
        # The last row is as loose as the others at most; a lone pair is not drawn across the page.
        stretch = room / bare if place < len(rows) - 1 else min(room / bare, 1.0 if place else 1.4)
        high = float(max(sizes[i][1] for i in row))
        x = 0.0
        for i in row:
            cells.append((x, y, sizes[i][0] * stretch, high))
            x += sizes[i][0] * stretch + gap
        y += high + gap
    return cells, y - gap if cells else 0.0
