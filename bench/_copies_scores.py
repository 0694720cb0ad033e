"""What a grouping of posts is worth where the truth is known.

A pair of posts is right where both are of one family (roles `seed` and `member`), and found where both have the same
label of 0 or more. Pairs are counted from sizes of groups, never listed, so that a family of half a million costs what
one of two does.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares of pairs and rows; a share of none is nan."""

    precision: float
    recall: float
    f1: float
    recall_by_op: dict[str, float]
    """By kind of change: members found in one group with their family's first text."""
    hard_joined: float
    """Of the pairs of one group of hard negatives (bulletin, form, headline, footer), those found in one group."""
    hard_rows: float
    """Of the hard negatives, those that are in a group with any other post."""
    concat_out: float
    """Of the posts made of two families' texts, those in no group with a member of either."""
    background_rows: float
    """Of the background, the posts that are in a group."""

    def record(self) -> dict[str, Any]:
        """Return the scores for a report, shares rounded to four digits; a share of none is null."""

        def short(value: Any) -> Any:
            if isinstance(value, dict):
                return {k: short(v) for k, v in value.items()}
            return None if math.isnan(value) else round(value, 4)

        return {name: short(value) for name, value in asdict(self).items()}


def pairs(labels: NDArray[np.int64]) -> int:
    """Return how many pairs of rows have the same label of 0 or more."""
    _, sizes = np.unique(labels[labels >= 0], return_counts=True)
    return int((sizes * (sizes - 1) // 2).sum())


def pairs_in_both(a: NDArray[np.int64], b: NDArray[np.int64]) -> int:
    """Return how many pairs of rows have the same label of 0 or more in `a`, and in `b` as well."""
    both = (a >= 0) & (b >= 0)
    _, code_a = np.unique(a[both], return_inverse=True)
    _, code_b = np.unique(b[both], return_inverse=True)
    return pairs(code_a.astype(np.int64) * (int(code_b.max(initial=0)) + 1) + code_b)


def scores(posts: pa.Table, labels: NDArray[np.int64]) -> Scores:
    """Return what `labels` are worth: one for each row of `posts`, -1 for a post of no group.

    Needs columns family, role, op, neg_group, and `second` or `fam2`: of a `concat` row the other family.
    """
    assert len(labels) == posts.num_rows
    family, group = (posts[name].to_numpy() for name in ("family", "neg_group"))
    in_family = _of(posts, "seed", "member")
    truth = np.where(in_family, family, -1)
    asked, found, right = pairs(truth), pairs(labels), pairs_in_both(truth, labels)
    grouped = labels >= 0
    _, code, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    with_others = grouped & (sizes[code] > 1)
    is_hard, is_concat, is_background = (_of(posts, role) for role in ("hardneg", "concat", "background"))
    hard = np.where(is_hard, group, -1)
    return Scores(
        precision=_share(right, found),
        recall=_share(right, asked),
        f1=_share(2 * right, found + asked),
        recall_by_op=_by_op(posts, labels, in_family),
        hard_joined=_share(pairs_in_both(hard, labels), pairs(hard)),
        hard_rows=_share(int((is_hard & with_others).sum()), int(is_hard.sum())),
        concat_out=_kept_out(posts, labels, truth, is_concat),
        background_rows=_share(int((is_background & with_others).sum()), int(is_background.sum())),
    )


def half(posts: pa.Table, name: str) -> pa.Table:
    """Return the `open` or the `sealed` half of labelled posts: whole families, whole groups of hard negatives.

    A row belongs to its family, else to its group, else to its id; the half follows from a hash of that number.
    """
    columns = (posts[c].to_pylist() for c in ("family", "neg_group", "id"))
    keys = [f if f >= 0 else g if g >= 0 else i for f, g, i in zip(*columns, strict=True)]
    is_open = {k: hashlib.blake2b(str(k).encode()).digest()[0] % 2 == 0 for k in set(keys)}
    return posts.filter(pa.array([is_open[k] == (name == "open") for k in keys]))


def _of(posts: pa.Table, *roles: str) -> NDArray[np.bool_]:
    return np.asarray(pc.is_in(posts["role"], pa.array(roles)).to_numpy())


def _by_op(posts: pa.Table, labels: NDArray[np.int64], in_family: NDArray[np.bool_]) -> dict[str, float]:
    kept = posts.filter(pa.array(in_family))
    family, role, op = (kept[name].to_pylist() for name in ("family", "role", "op"))
    label = labels[in_family].tolist()
    first = {f: x for f, r, x in zip(family, role, label, strict=True) if r == "seed"}
    asked: dict[str, int] = {}
    found: dict[str, int] = {}
    for f, r, o, x in zip(family, role, op, label, strict=True):
        if r == "member":
            asked[o] = asked.get(o, 0) + 1
            found[o] = found.get(o, 0) + (x >= 0 and x == first.get(f))
    return {o: found[o] / n for o, n in sorted(asked.items())}


def _kept_out(
    posts: pa.Table, labels: NDArray[np.int64], truth: NDArray[np.int64], is_concat: NDArray[np.bool_]
) -> float:
    second = posts["second" if "second" in posts.column_names else "fam2"].to_numpy()
    held = (truth >= 0) & (labels >= 0)
    together = set(zip(truth[held].tolist(), labels[held].tolist(), strict=True))
    rows = np.flatnonzero(is_concat)
    triples = zip(posts["family"].to_numpy()[rows].tolist(), second[rows].tolist(), labels[rows].tolist(), strict=True)
    out = sum((a, x) not in together and (b, x) not in together for a, b, x in triples)
    return _share(out, len(rows))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
