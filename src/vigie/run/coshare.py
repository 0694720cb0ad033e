"""A share log to its edges, without a case: what CooRTweet's two functions give, from file to file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.errors import InputError
from vigie.kernels import share_pairs
from vigie.kernels.share_pairs import Edges, SharePairs
from vigie.run import coshare_chance, edge_files
from vigie.run.coshare_held import Held, held
from vigie.run.output_files import check_output
from vigie.sources.shares_csv import read_shares

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from vigie.run.coshare_chance import AtWindow, Chance
    from vigie.run.edge_files import Texts
    from vigie.sources.shares_csv import Refused

_US: Final = 1_000_000
_DAY_US: Final = 86_400 * _US
_ZONE_STEP_US: Final = 900 * _US
_DAYS_MIN: Final = 3
_ROWS: Final = 1 << 18
_KEY_BITS: Final = 62
_SHOWN_MAX: Final = 5
# Whoever met somebody at two objects has two shares in company: with such a minimum all meetings that chance asks for
# are among those of the edges.
_COUNTED_MIN: Final = 2
EDGE_COLUMNS: Final = (
    "account_id",
    "account_id_y",
    "weight",
    "avg_time_delta",
    "n_content_id",
    "n_content_id_y",
    "edge_symmetry_score",
    "weight_threshold",
)
DETAIL_COLUMNS: Final = ("n_object_id", "account_id_first", "account_id_y_first", "first_share", "last_share")
CROWD_COLUMNS: Final = (
    "object_id",
    "kind",
    "shares",
    "accounts_in_window",
    "first_share",
    "last_share",
    "meetings",
    "meetings_listed",
)


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for; the names in brackets are CooRTweet's.

    window_s [time_window]; participation_min [min_participation]; loops [remove_loops = FALSE]; edge_weight
    [edge_weight]: the quantile of the weights above which `weight_threshold` is 1. weight_min leaves lighter edges out
    of the table, crowd_max is the most accounts in one window at an object that is none, details adds
    `DETAIL_COLUMNS`, chance p- and q-values, raw_ids writes every id as it stands. windows_s are those to be compared;
    period_days, if not 0, is how long the stretches of time are that chance is asked of one by one.
    """

    window_s: float = 10
    participation_min: int = 2
    loops: bool = False
    edge_weight: float = 0.5
    weight_min: int = 1
    crowd_max: int = 2_000
    details: bool = False
    raw_ids: bool = False
    chance: bool = True
    windows_s: tuple[float, ...] = ()
    period_days: float = 0
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class CoShared:
    """What became of a share log.

    shares: those that were read; left_out: those of accounts with too few. crowds, floods: how many objects;
    unlisted: the meetings at crowds of pairs that met nowhere else. threshold: the weight above which
    `weight_threshold` is 1; None where there is no edge. changed_ids: written with an apostrophe or marks. chance: what
    it says of the pairs; None if it was not asked. windows: what it says at other windows.
    """

    shares: int
    accounts: int
    objects: int
    left_out: int
    edges: int
    edges_in_all: int
    threshold: float | None
    crowds: int
    floods: int
    unlisted: int
    changed_ids: int
    refused: Refused
    chance: AtWindow | None
    windows: list[AtWindow]


def coshare(
    path: Path,
    out: Path | None,
    options: Options,
    *,
    crowds: Path | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> CoShared:
    """Read the share log `path` and write its edges to `out`, if any, and its crowds to `crowds`.

    `progress` is told the step, how much of it is done, and of how much.

    Raises
    ------
    InputError
        if the file cannot be read, its times cannot bear the window, or a file cannot be written.
    """
    _check_outputs(path, out, crowds)
    log = read_shares(path, encoding=options.encoding, progress=lambda done, size: progress("bytes read", done, size))
    window_us, period_us = round(options.window_s * _US), round(options.period_days * _DAY_US)
    windows_us = [round(window_s * _US) for window_s in options.windows_s]
    shortest = [] if out is None else [window_us]
    _check_times(log.times, min(shortest + windows_us), path)
    names = log.account_ids.combine_chunks() if log.account_ids.num_chunks else pa.array([], pa.string())
    by_name = np.asarray(pc.sort_indices(names))
    ranks = np.empty(len(names), np.int32)
    ranks[by_name] = np.arange(len(names), dtype=np.int32)
    pairs = SharePairs(
        objects=log.objects,
        accounts=log.accounts,
        contents=log.contents,
        times=log.times,
        twins=log.twins,
        ranks=ranks,
        content_count=log.content_count,
        window=window_us,
        participation_min=options.participation_min,
        loops=options.loops,
        crowd_max=options.crowd_max,
    )
    total = pairs.meetings
    shares, object_ids, refused = len(log), log.object_ids, log.refused
    del log  # its arrays are as large as all that follows
    asked = {"period_us": period_us, "crowd_max": options.crowd_max}
    windows = coshare_chance.at_windows(pairs.rows, len(names), windows_us, **asked)
    said: Chance | None = None
    edges: list[Held] = []
    changed = unlisted = 0
    threshold: float | None = None
    if out is not None:
        kinds = None
        if options.chance and not period_us and options.participation_min <= _COUNTED_MIN:
            kinds = coshare_chance.asked_of(pairs.rows, len(names), window_us=window_us, crowd_max=options.crowd_max)
        edges = [
            held(made)
            for made in pairs.edges(
                weight_min=options.weight_min,
                details=options.details,
                asked=None if kinds is None else kinds == share_pairs.ORDINARY,
                progress=lambda done: progress("meetings counted", done, total),
            )
        ]
        if kinds is not None:
            said = coshare_chance.chance_of(pairs.rows, len(names), kinds, pairs.together, window_us)
        elif options.chance:
            said = coshare_chance.chance(pairs.rows, len(names), window_us=window_us, **asked)
        unlisted = _unlisted(pairs)
        weights = dict(pairs.weights)
        weights[1] = weights.get(1, 0) + unlisted
        threshold = quantile(weights, options.edge_weight)
        changed = _write(out, names.take(pa.array(by_name)), edges, threshold or 0.0, said, options)
    if crowds is not None:
        _write_crowds(crowds, pairs, object_ids, options)
    of_pairs = pairs.objects.kinds
    return CoShared(
        shares=shares,
        accounts=len(names),
        objects=len(object_ids),
        left_out=pairs.left_out,
        edges=sum(len(part.second) for part in edges),
        edges_in_all=sum(pairs.weights.values()),
        threshold=threshold,
        crowds=int((of_pairs == share_pairs.CROWD).sum()),
        floods=int((of_pairs == share_pairs.FLOOD).sum()),
        unlisted=unlisted,
        changed_ids=changed,
        refused=refused,
        chance=said.found if said else None,
        windows=windows,
    )


def quantile(weights: Mapping[int, int], probability: float) -> float | None:
    """Return a quantile of weights, given how many there are of each, as R's `quantile` does (its type 7).

    >>> quantile({1: 3, 4: 1, 5: 2}, 0.5), quantile({}, 0.5)
    (2.5, None)
    """
    given = sorted((weight, count) for weight, count in weights.items() if count)
    ends = np.cumsum([count for _, count in given])
    if not given:
        return None
    index = (int(ends[-1]) - 1) * probability
    low, high = (given[int(np.searchsorted(ends, at, side="right"))][0] for at in (math.floor(index), math.ceil(index)))
    part = index - math.floor(index)
    return float(low) if low == high else (1 - part) * low + part * high


def notes(done: CoShared, path: Path, options: Options) -> list[str]:
    """Return what a person should know of a result beyond the figures, a line each."""
    said = [f"{path}:{line}: refused: {reason}" for line, reason in done.refused.first[:_SHOWN_MAX]]
    if done.refused.count > _SHOWN_MAX:
        most = sorted(done.refused.reasons.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN_MAX]
        reasons = (f"{count:,} times {reason}" for reason, count in most)
        said.append(f"{done.refused.count:,} records refused: {'; '.join(reasons)}")
    if not done.shares:
        said.append("no shares: there are no pairs")
    elif done.accounts == 1:
        said.append("all shares are of one account, so there are no pairs")
    if done.left_out:
        least = options.participation_min
        said.append(f"{done.left_out:,} shares left out: their accounts have fewer than {least} (--min-participation)")
    if done.crowds:
        what = "1 object is a crowd" if done.crowds == 1 else f"{done.crowds:,} objects are crowds"
        said.append(
            f"{what}: more than {options.crowd_max:,} accounts within the window (--crowd-max). Not listed are "
            f"{done.unlisted:,} meetings there of pairs that met at crowds only; all other weights are whole "
            "(--crowds FILE lists crowds)"
        )
    if done.floods:
        said.append(f"{done.floods:,} objects were passed over: too many shares within the window (--crowds FILE)")
    if done.changed_ids:
        said.append(
            f"{done.changed_ids:,} account ids are written with an apostrophe or with hidden characters shown, so that "
            "no spreadsheet obeys them (--raw-ids writes them as they are)"
        )
    return said


def _check_outputs(path: Path, out: Path | None, crowds: Path | None) -> None:
    outs = [one for one in (out, crowds) if one is not None]
    if out is not None:
        check_output(out, "edges are", edge_files.SUFFIXES)
    if crowds is not None:
        check_output(crowds)
    if len({p.resolve() for p in (path, *outs)}) <= len(outs):
        raise InputError("is named twice", where=str(outs[0]), hint="write to a file that is not the one read")


def _check_times(times: NDArray[np.int64], window_us: int, path: Path) -> None:
    """Raise where every time is a whole day, of one zone, and the window is shorter."""
    if not len(times) or window_us >= _DAY_US:
        return
    rest = int(times[0] % _DAY_US)
    if rest % _ZONE_STEP_US or (times % _DAY_US != rest).any() or not times.any():
        return
    if rest and len(np.unique(times // _DAY_US)) < _DAYS_MIN:
        return
    what = "every time is a whole day, and within a day nothing says who was first or how long apart they were"
    raise InputError(
        what, where=f"{path}: timestamp_share", hint="take --window 86400 or more, or an export with hours"
    )


def _unlisted(pairs: SharePairs) -> int:
    crowds = pairs.objects.kinds == share_pairs.CROWD
    return int((pairs.objects.meetings - pairs.counted)[crowds].sum())


def _columns(e: Edges, threshold: float, chance: Sequence[Texts], *, details: bool) -> list[edge_files.Column]:
    """Return the columns after the accounts; those of `chance` come last."""
    columns: list[edge_files.Column] = [
        e.weight,
        e.delay / (e.weight * _US),  # rounded once
        e.older,
        e.newer,
        np.minimum(e.older, e.newer) / np.maximum(e.older, e.newer),
        (e.weight > threshold).astype(np.int64),
    ]
    if details:
        columns += [
            e.objects,
            e.led,
            e.weight - e.led - e.tied,
            edge_files.instants(e.begin),
            edge_files.instants(e.end),
        ]
    return [*columns, *chance]


def _rest_of_line(e: Edges, threshold: float, chance: Sequence[Texts]) -> edge_files.Column:
    """Return the columns after the accounts as one: there are far fewer different ones than edges.

    Edges of one meeting hardly differ but in their delay; only a pair that was tested has figures of its own.
    """
    light = e.weight == 1
    delays = e.delay[light]
    whole = not (delays % _US).any() and int(delays.max(initial=0)) < _ROWS * _US
    seconds = np.arange(int(delays.max(initial=0)) // _US + 1) * _US if whole else np.unique(delays)
    codes = np.empty(len(light), np.int64)
    codes[light] = delays // _US if whole else np.searchsorted(seconds, delays)
    heavy = Edges(*(column[~light] if len(column) else column for column in e))
    firsts, kinds = _alike(heavy)
    codes[~light] = len(seconds) + kinds
    ones, none = np.ones(len(seconds), np.int64), np.zeros(0, np.int64)
    parts = (
        Edges(none, none, ones, seconds, ones, ones, *(none,) * 5),
        Edges(*(column[firsts] if len(column) else column for column in heavy)),
    )
    texts: Texts = pa.concat_arrays([edge_files.rows(_columns(p, threshold, (), details=False)) for p in parts])
    if not chance:
        return codes, texts
    tested = np.asarray(chance[0].is_valid(), np.bool_)
    figures = [column.filter(pa.array(tested)) for column in chance]
    before: Any = pa.array(codes[tested])
    own = edge_files.rows([texts.take(before), *figures])
    codes[tested] = len(texts) + np.arange(len(own))
    return codes, pa.concat_arrays([edge_files.joined("", texts, "," * len(chance)), own])


def _alike(e: Edges) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return an edge of each kind of edges that have the same figures, and the kind of each edge."""
    unit_us = 1 if (e.delay % _US).any() else _US
    key = np.zeros(len(e.weight), np.int64)
    bits = 0
    for column in (e.delay // unit_us, e.weight, e.older, e.newer):
        width = int(column.max(initial=0)).bit_length()
        bits += width
        if bits > _KEY_BITS:
            every = np.arange(len(key))
            return every, every
        key = key << width | column
    _, firsts, kinds = np.unique(key, return_index=True, return_inverse=True)
    return firsts, kinds


def _write(  # noqa: PLR0917 - the file, and what stands in it
    out: Path, names: Texts, parts: Sequence[Held], threshold: float, chance: Chance | None, options: Options
) -> int:
    """Write the edges in the format of the file's name; return how many ids were changed for it."""
    header = (
        *EDGE_COLUMNS, *(DETAIL_COLUMNS if options.details else ()), *(coshare_chance.COLUMNS if chance else ())
    )  # fmt: skip
    edges = ((e, chance.columns(e.first, e.second) if chance else ()) for part in parts for e in part.edges())
    changed = 0
    with edge_files.replacing(out) as file:
        if out.suffix.lower() == ".csv":
            names, changed = edge_files.cells(names, as_they_are=options.raw_ids)
            if options.details:
                rows = ((e, _columns(e, threshold, said, details=True)) for e, said in edges)
            else:
                rows = ((e, [_rest_of_line(e, threshold, said)]) for e, said in edges)
            edge_files.write_csv(file, header, ([(e.first, names), (e.second, names), *rest] for e, rest in rows))
        else:
            write = edge_files.write_gexf if out.suffix.lower() == ".gexf" else edge_files.write_graphml
            graph = ((e.first, e.second, _columns(e, threshold, said, details=options.details)) for e, said in edges)
            write(file, names, header[2:], graph)
    return changed


def _write_crowds(path: Path, pairs: SharePairs, object_ids: pa.ChunkedArray[Any], options: Options) -> None:
    """Write the objects whose meetings are not all in the edges, those with the largest crowds first."""
    kinds, peaks, meetings = pairs.objects
    which = np.flatnonzero((kinds == share_pairs.CROWD) | (kinds == share_pairs.FLOOD))
    which = which[np.lexsort((which, -peaks[which]))]
    rows = pairs.rows
    ids = object_ids.take(rows.objects[which]).combine_chunks() if len(which) else pa.array([], pa.string())
    starts, ends = rows.starts[which], rows.starts[which + 1]
    flood = kinds[which] == share_pairs.FLOOD
    unknown = pa.array(np.where(flood, 0, meetings[which]), mask=flood)
    columns: list[edge_files.Column] = [
        edge_files.cells(ids, as_they_are=options.raw_ids)[0],
        pa.array(np.where(flood, "flood", "crowd").tolist(), pa.string()),
        ends - starts,
        peaks[which],
        edge_files.instants(rows.times[starts]),
        edge_files.instants(rows.times[ends - 1]),
        unknown.cast(pa.string()).fill_null(""),
        pairs.counted[which],
    ]
    with edge_files.replacing(path) as file:
        edge_files.write_csv(file, CROWD_COLUMNS, [columns])
