"""Communities of a weighted graph, and how firmly each node belongs to its own.

The connected components come first, each a graph of its own, so that what is found in one does not depend on how many
others there are. In a component Leiden's algorithm looks for the partition of the greatest modularity at a resolution.
At resolution g two communities are kept apart where the weight between them is below g times what the configuration
model has there. At the customary 1 a dense group is cut in two where a few of its edges happen to be light (a random
graph has modularity as well); at 0.5, the default, only where half of what chance puts between the parts is missing.

Sources: Traag, Waltman & van Eck 2019, From Louvain to Leiden; Reichardt & Bornholdt 2006 for the resolution; Guimerà
et al. 2004 for the modularity of random graphs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import graspologic_native
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

RESOLUTION: Final = 0.5
RERUNS: Final = 3
_FACTORS: Final = (0.6, 1.0, 1.4)
_ITERATIONS: Final = 2


class Communities(NamedTuple):
    """Of each node the least node of its community (-1: it has no edge), and its stability.

    Stability is the share of reruns, over seeds and over 0.6, 1 and 1.4 times the resolution, in which the node is
    with the majority of its community.
    """

    least: NDArray[np.int64]
    stability: NDArray[np.float64]


def communities(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    weights: NDArray[np.float64],
    *,
    node_count: int,
    resolution: float = RESOLUTION,
    reruns: int = RERUNS,
) -> Communities:
    """Return the communities of nodes 0 to `node_count` - 1; edges in any order, each pair once, weights above 0.

    >>> ends = np.array([(0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (3, 5), (4, 5), (7, 8)]).T
    >>> communities(*ends, np.ones(8), node_count=9).least.tolist()
    [0, 0, 0, 3, 3, 3, -1, 7, 7]
    """
    least = np.full(node_count, -1, np.int64)
    stability = np.zeros(node_count)
    for nodes, ends, own in _components(first, second, weights, node_count):
        size = len(nodes)
        labels = _leiden(ends, own, size, resolution, 0)
        kept = np.zeros(size)
        runs = [(f, seed) for f in _FACTORS for seed in range(1, reruns + 1)]
        for factor, seed in runs:
            kept += with_majority(labels, _leiden(ends, own, size, resolution * factor, seed))
        least[nodes] = nodes[labels]
        stability[nodes] = kept / len(runs)
    return Communities(least, stability)


def _components(
    first: NDArray[np.int64], second: NDArray[np.int64], weights: NDArray[np.float64], node_count: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
    """Yield (nodes, ascending; edges as rows of two positions among them; weights) of each component with an edge."""
    if not len(first):
        return
    low, high = np.minimum(first, second), np.maximum(first, second)
    order = np.lexsort((high, low))
    low, high, weights = low[order], high[order], weights[order]
    graph = coo_array((np.ones(len(low)), (low, high)), shape=(node_count, node_count))
    _, of_node = connected_components(graph, directed=False)
    nodes = np.argsort(of_node, kind="stable")
    edges = np.argsort(of_node[low], kind="stable")
    node_at = np.searchsorted(of_node[nodes], np.arange(of_node.max() + 2))
    edge_at = np.searchsorted(of_node[low][edges], np.arange(of_node.max() + 2))
    for component in range(len(node_at) - 1):
        own = edges[edge_at[component] : edge_at[component + 1]]
        if len(own):
            members = nodes[node_at[component] : node_at[component + 1]]
            ends = np.searchsorted(members, np.stack((low[own], high[own]), axis=1))
            yield members, ends, weights[own]


def _leiden(
    ends: NDArray[np.int64], weights: NDArray[np.float64], size: int, resolution: float, seed: int
) -> NDArray[np.int64]:
    """Return of each node of one component the least node of its community."""
    if size == 2:
        return np.zeros(2, np.int64)
    # The algorithm numbers nodes as it meets them: the order of the edges is part of what makes the result repeat.
    edges = [(str(a), str(b), w) for (a, b), w in zip(ends.tolist(), weights.tolist(), strict=True)]
    _, found = graspologic_native.leiden(edges, resolution=resolution, iterations=_ITERATIONS, seed=seed)
    labels = np.array([found[str(node)] for node in range(size)], np.int64)
    _, at, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(at[inverse], np.int64)


def with_majority(labels: NDArray[np.int64], again: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell of each node whether a rerun keeps it with most of its community; of equal parts the least node's counts."""
    size = len(labels)
    parts, of_node, counts = np.unique(labels * size + again, return_inverse=True, return_counts=True)
    # The largest part of each community: sorted by community, then by count; then by label, which is its least node.
    order = np.lexsort((-parts, counts, parts // size))
    last = np.flatnonzero(np.diff(parts[order] // size, append=-1))
    largest = np.zeros(len(parts), np.bool_)
    largest[order[last]] = True
    return np.asarray(largest[of_node])
