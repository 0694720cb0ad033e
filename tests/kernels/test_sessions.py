"""The kernel's sessions equal those of dictionaries and loops."""

from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.kernels.sessions import (
    ASSET,
    COUNTS,
    DENIED,
    FAILED,
    INDICATOR_SHIFT,
    LOGIN,
    MISSING,
    POST,
    QUERY,
    REFERER,
    ROBOTS,
    count_sessions,
    session_starts,
)

PAUSE = 1_800_000_000
MINUTE = 60_000_000
BITS = {"assets": ASSET, "queries": QUERY, "referred": REFERER, "posts": POST, "logins": LOGIN}
BITS |= {"missing": MISSING, "denied": DENIED, "failed": FAILED}


def slow_sessions(rows):
    """Cut and count rows `(client, time, path, facts, host)`, sorted by client and time."""
    sessions = []
    for row in rows:
        if not sessions or sessions[-1][-1][0] != row[0] or row[1] - sessions[-1][-1][1] > PAUSE:
            sessions.append([])
        sessions[-1].append(row)
    made = []
    for session in sessions:
        facts = [f for *_, f, _ in session]
        one = {name: sum(f & bit > 0 for f in facts) for name, bit in BITS.items()}
        one["requests"] = len(session)
        one["robots"] = int(any(f & ROBOTS for f in facts))
        one["attacks"] = sum(f >> INDICATOR_SHIFT > 0 for f in facts)
        one["indicators"] = len({f >> INDICATOR_SHIFT for f in facts} - {0})
        one["paths"] = len({p for _, _, p, _, _ in session})
        one["attack_paths"] = len({p for _, _, p, f, _ in session if f >> INDICATOR_SHIFT})
        one["post_paths"] = len({p for _, _, p, f, _ in session if f & POST})
        blind = [p for _, _, p, f, _ in session if f & MISSING and not f & (ASSET | REFERER)]
        one |= {"blind": len(blind), "blind_paths": len(set(blind))}
        times = [t for _, t, *_ in session]
        one["per_minute"] = max(sum(t <= u < t + MINUTE for u in times) for t in times)
        one["at_first"] = times.count(times[0])
        hosts = Counter(h for *_, h in session if h >= 0)
        one["host"] = min(hosts, key=lambda h: (-hosts[h], h), default=-1)
        made.append(one)
    return made


def random_rows(random):
    """Build rows with few paths, ties of time, and gaps of exactly the pause and a minute, and just above."""
    rows, time = [], 0
    gaps = [0, 0, 1, 7_000_000, MINUTE - 1, MINUTE, PAUSE, PAUSE, PAUSE + 1]
    for client in sorted(random.sample(range(50), random.randint(1, 4))):
        for _ in range(random.randint(1, 40)):
            time += random.choice(gaps)
            facts = random.getrandbits(9) | random.choice([0, 0, 1, 5]) << INDICATOR_SHIFT
            # Paths that fall on one place of a table, and those that differ in the last bit.
            path = random.choice([0, 1, 2**63, 2**64 - 1, random.randint(0, 9) << 32])
            rows.append((client, time, path, facts, random.choice([-1, 0, 1, 2**31 - 1])))
        time -= random.choice([0, 10, PAUSE])
    return rows


def fast_sessions(rows):
    clients, times, paths, facts, hosts = (
        np.array(list(column), kind)
        for column, kind in zip(
            zip(*rows, strict=True), (np.int64, np.int64, np.uint64, np.int32, np.int32), strict=True
        )
    )
    starts = session_starts(clients, times, PAUSE)
    counts = count_sessions(starts, times, paths, facts, hosts)
    assert tuple(counts) == COUNTS
    return [{name: int(values[n]) for name, values in counts.items()} for n in range(len(starts) - 1)]


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_it_equals_dictionaries_and_loops(seed):
    rows = random_rows(Random(seed))
    slow = slow_sessions(rows)
    event(f"sessions: {min(len(slow), 3)}")
    assert fast_sessions(rows) == slow


def test_a_pause_of_exactly_the_limit_does_not_cut():
    clients = np.zeros(3, np.int64)
    times = np.array([0, PAUSE, 2 * PAUSE + 1], np.int64)
    assert session_starts(clients, times, PAUSE).tolist() == [0, 2, 3]


def test_nothing_has_no_session():
    none = np.zeros(0, np.int64)
    assert session_starts(none, none, PAUSE).tolist() == [0]
    counts = count_sessions(np.zeros(1, np.int64), none, none.astype(np.uint64), *[none.astype(np.int32)] * 2)
    assert {len(v) for v in counts.values()} == {0}


@pytest.mark.parametrize("paths", [1, 5_000])
def test_a_long_session_fits(paths):
    n = 20_000
    rows = [(1, i * 1_000, i % paths, 0, i % 3) for i in range(n)]
    (one,) = fast_sessions(rows)
    assert (one["requests"], one["paths"], one["per_minute"], one["host"]) == (n, paths, n, 0)
