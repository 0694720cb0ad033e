"""One network as one row, put together from what was counted of its members, pairs, objects and occasions."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from vigie.rules.explanations import excused, explanations
from vigie.rules.met import Member, Network, Occasion, Pair
from vigie.rules.network_members import Firsts, created_burst, roles, says_volunteer
from vigie.text.fold import fold_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PUSHED_MAX: Final = 200
_US: Final = 1_000_000
_HOUR_US: Final = 3600 * _US
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was counted of one network; times (`_us`) in microseconds since 1970. Rows of each are in a fixed order.

    `members`: channel, platform, name, outlet, says_volunteer, created_us, stability, objects, firsts, expected_firsts;
    `links`: object_kind, channel_a, channel_b, objects, expected, p_value, q_value, tests;
    `objects`: object_kind, object_id, domain, members, others, first_us, last_us;
    `occasions`: object_kind, object_id, pairs, same_second, begin_us, end_us, delay_s;
    `whole`: delay_s, same_second, days, first_us, last_us, met_pairs, common_pairs, evidence_ids;
    `named`: candidate, posts, most first.
    """

    members: Sequence[Row]
    links: Sequence[Row]
    objects: Sequence[Row]
    occasions: Sequence[Row]
    whole: Row
    named: Sequence[Row]


def network_id(members: Sequence[str]) -> str:
    """Return the identifier of a network: the same as long as its members are.

    >>> network_id(["x:ana", "x:bob"]) == network_id(["x:bob", "x:ana"])
    True
    """
    said = "\n".join(sorted(members))
    return f"net-{hashlib.sha256(said.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def joint_p(p_values: Sequence[float], tests: int) -> float:
    """Return how probable a network is by chance, somewhere among all pairs tested: Simes' p of its pairs.

    Simes 1986: the least over k of the k-th smallest p times `tests` over k; pairs outside count as if their p were 1.

    >>> joint_p([0.001, 0.0011, 0.5], 100)
    0.055
    """
    return min(1.0, *(p * tests / k for k, p in enumerate(sorted(p_values), start=1)))


def row_of(counts: Counts, all_created_us: NDArray[np.int64]) -> Row:
    """Return the row of a network, as `vigie.measures.networks` declares it."""
    members, links, objects, whole = counts.members, counts.links, counts.objects, counts.whole
    kinds = sorted({o["object_kind"] for o in objects})
    ends = {k: [(e["channel_a"], e["channel_b"]) for e in links if e["object_kind"] == k] for k in kinds}
    firsts = [Firsts(m["objects"], m["firsts"], m["expected_firsts"]) for m in members]
    parts = roles(firsts, len(objects))
    tested = explanations(_network(counts, is_led="first mover" in parts))
    channels = [m["channel"] for m in members]
    created = [m["created_us"] for m in members]
    burst = created_burst(np.array([c for c in created if c is not None], np.int64), all_created_us)
    hours = Counter(o["first_us"] // _HOUR_US % 24 for o in objects)
    stability = [m["stability"] for m in members]
    tests = max(e["tests"] for e in links)
    pushed = sorted(objects, key=lambda o: (-o["members"], o["first_us"], o["object_kind"], o["object_id"]))
    return {
        "network_id": network_id(channels),
        "members": channels,
        "roles": parts,
        "member_objects": [m["objects"] for m in members],
        "member_firsts": [m["firsts"] for m in members],
        "member_stability": stability,
        "member_created": [None if c is None else _moment(c) for c in created],
        "stability": sum(stability) / len(stability),
        "object_kinds": kinds,
        "kind_members": [len({end for pair in ends[k] for end in pair}) for k in kinds],
        "kind_edges": [len(ends[k]) for k in kinds],
        "edges": len({pair for k in kinds for pair in ends[k]}),
        "objects": len(objects),
        "pair_objects": sum(e["objects"] for e in links),
        "expected": sum(e["expected"] for e in links),
        "p_value": joint_p([e["p_value"] for e in links], tests),
        "q_value": max(e["q_value"] for e in links),
        "tests": tests,
        "delay_s": whole["delay_s"],
        "same_second": whole["same_second"],
        "days": whole["days"],
        "hours": [hours[h] for h in range(24)],
        "pushed": [
            {
                **{n: o[n] for n in ("object_kind", "object_id", "members", "others")},
                "first_seen": _moment(o["first_us"]),
                "last_seen": _moment(o["last_us"]),
            }
            for o in pushed[:PUSHED_MAX]
        ],
        "candidates": [n["candidate"] for n in counts.named],
        "candidate_posts": [n["posts"] for n in counts.named],
        "created_burst": burst._asdict() if burst else None,
        "explanations": [e._asdict() for e in tested],
        "explained": excused(tested).share,
        "first_seen": _moment(whole["first_us"]),
        "last_seen": _moment(whole["last_us"]),
        "evidence_ids": whole["evidence_ids"],
    }


def _moment(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)


def _member(counted: Row) -> Member:
    name = fold_id(counted["name"] or "")
    return Member(counted["platform"], name, counted["outlet"], counted["says_volunteer"] or says_volunteer(name))


def _network(counts: Counts, *, is_led: bool) -> Network:
    at = {m["channel"]: n for n, m in enumerate(counts.members)}
    of = {(o["object_kind"], o["object_id"]): o for o in counts.objects}
    met = [(of[o["object_kind"], o["object_id"]], o) for o in counts.occasions]
    return Network(
        members=tuple(map(_member, counts.members)),
        pairs=tuple(Pair(at[e["channel_a"]], at[e["channel_b"]], e["objects"]) for e in counts.links),
        occasions=tuple(
            Occasion(
                o["object_kind"], o["object_id"], one["domain"], one["others"], o["pairs"], o["same_second"],
                o["begin_us"] / _US, o["end_us"] / _US, o["delay_s"],
            )
            for one, o in met
        ),
        met_pairs=counts.whole["met_pairs"],
        common_pairs=counts.whole["common_pairs"],
        delay_s=counts.whole["delay_s"],
        is_led=is_led,
    )  # fmt: skip
