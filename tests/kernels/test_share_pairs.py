"""Pairs of shares and their edges, beside CooRTweet's functions written plainly, and beside what the package gave."""

import csv
import gzip
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests import shared_data
from tests.kernels.share_pairs_oracle import detect_groups, edges, listed, meetings
from vigie.kernels import share_pairs
from vigie.kernels.co_shared import co_shared, kinds_of
from vigie.kernels.share_pairs import SharePairs

ACCOUNTS = "abcdefgh"
# Few of everything: ties of time, an account that repeats itself, one content in several shares and of several
# accounts, a content that is an object, the same row twice.
CONTENTS = ["o0", "o1", *map(str, range(9))]


def shares_of(accounts, latest, size):
    one = st.tuples(
        st.sampled_from(["o0", "o1", "o2"]),
        st.sampled_from(accounts),
        st.sampled_from(CONTENTS),
        st.integers(0, latest),
    )
    many = st.lists(one, min_size=size // 2, max_size=size)
    with_own_content = many.map(
        lambda rows: [(o, a, f"{n}" if c.isdigit() else c, t) for n, (o, a, c, t) in enumerate(rows)]
    )
    return st.lists(one, max_size=size) | many | with_own_content


DENSE = settings(max_examples=250)


def numbered(values):
    codes = {}
    numbers = np.array([codes.setdefault(value, len(codes)) for value in values], np.int32)
    return numbers, list(codes)


class Run:
    """The kernel on shares with readable ids."""

    def __init__(self, shares, window, least, **options):
        objects, self.objects = numbered([s[0] for s in shares])
        accounts, names = numbered([s[1] for s in shares])
        contents, self.contents = numbered([s[2] for s in shares])
        self.accounts = sorted(names)
        ranks = {name: rank for rank, name in enumerate(self.accounts)}
        places = {name: number for number, name in enumerate(self.contents)}
        self.pairs = SharePairs(
            objects=objects,
            accounts=accounts,
            contents=contents,
            times=np.array([s[3] for s in shares], np.int64),
            twins=np.array([places.get(name, -1) for name in self.objects], np.int32),
            ranks=np.array([ranks[name] for name in names], np.int32),
            content_count=len(self.contents),
            window=window,
            participation_min=least,
            **options,
        )

    def edges(self, **options):
        """Return the edges in the order they come in, as the oracle writes them."""
        made = {}
        for part in self.pairs.edges(**options):
            for a, b, *figures in zip(*(part[k].tolist() for k in (0, 1, 2, 3, 4, 5)), strict=True):
                assert (self.accounts[a], self.accounts[b]) not in made
                made[self.accounts[a], self.accounts[b]] = tuple(figures)
        assert list(made) == sorted(made)
        return made

    def meetings(self):
        """Return the pairs of shares, as the oracle writes them."""
        rows = self.pairs.rows
        for _, _, found, delays in self.pairs.ranges():
            for (_, i, j), delay in zip(found.tolist(), delays.tolist(), strict=True):
                yield (
                    self.objects[rows.objects[rows.object_of[i]]],
                    self.contents[rows.contents[i]],
                    self.contents[rows.contents[j]],
                    delay,
                    self.accounts[rows.accounts[i]],
                    self.accounts[rows.accounts[j]],
                )


@DENSE
@given(shares_of(ACCOUNTS[:4], 14, 24), st.integers(0, 9), st.integers(1, 4), st.booleans(), st.integers(1, 30))
def test_the_kernel_says_what_the_plain_functions_say(shares, window, least, loops, held):
    run = Run(shares, window, least, loops=loops)
    pairs = detect_groups(shares, window, least, loops=loops)
    every = detect_groups(shares, window, 1, loops=loops)
    event(f"pairs: {min(len(pairs), 4)}, all of them: {len(pairs) == len(every)}")
    assert Counter(run.meetings()) == Counter(pairs)
    assert run.edges(range_meetings=held) == edges(pairs)
    assert run.pairs.weights == Counter(e[0] for e in edges(pairs).values())


@DENSE
@given(shares_of(ACCOUNTS[:3], 9, 24), st.integers(0, 9), st.integers(1, 3), st.integers(1, 4))
def test_details_and_a_least_weight(shares, window, least, weight_min):
    run = Run(shares, window, least)
    made = {}
    for e in run.pairs.edges(details=True, weight_min=weight_min):
        for n in range(len(e.first)):
            figures = [int(column[n]) for column in (e.led, e.tied, e.objects, e.begin, e.end)]
            made[run.accounts[e.first[n]], run.accounts[e.second[n]]] = figures
    of = defaultdict(list)
    for older, newer in meetings(shares, window, least):
        of[min(older[1], newer[1]), max(older[1], newer[1])].append((older, newer))
    expected = {
        edge: [
            sum(older[3] < newer[3] and older[1] == edge[0] for older, newer in met),
            sum(older[3] == newer[3] for older, newer in met),
            len({older[0] for older, _ in met}),
            min(older[3] for older, _ in met),
            max(newer[3] for _, newer in met),
        ]
        for edge, met in of.items()
        if len(met) >= weight_min
    }
    event(f"edges: {min(len(expected), 4)} of {min(len(of), 4)}")
    assert made == expected
    assert run.pairs.weights == Counter(map(len, of.values()))


@DENSE
@given(
    shares_of(ACCOUNTS, 6, 34),
    st.tuples(st.integers(0, 4), st.integers(1, 3), st.booleans()),
    st.integers(2, 5),
    st.integers(1, 9),
)
def test_a_crowd_leaves_out_only_pairs_that_met_at_crowds_once(shares, asked, crowd_max, held):
    window, least, loops = asked
    run = Run(shares, window, least, loops=loops, crowd_max=crowd_max)
    every = detect_groups(shares, window, least, loops=loops)
    pairs, crowds = listed(shares, window, least, crowd_max, loops=loops)
    event(f"crowds: {len(crowds)}, left out: {min(len(every) - len(pairs), 2)}")
    assert run.edges(range_meetings=held) == edges(pairs)
    objects, rows = run.pairs.objects, run.pairs.rows
    assert {run.objects[rows.objects[n]] for n in np.flatnonzero(objects.kinds == share_pairs.CROWD)} == crowds
    for n, o in enumerate(rows.objects):
        assert objects.meetings[n] == sum(p[0] == run.objects[o] for p in every)
        assert run.pairs.counted[n] == sum(p[0] == run.objects[o] for p in pairs)


@DENSE
@given(shares_of(ACCOUNTS[:3], 6, 30), st.integers(0, 9), st.integers(1, 3), st.integers(1, 12))
def test_a_flood_is_passed_over_and_nothing_else(shares, window, least, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(share_pairs, "MEETINGS_MAX", most)
        run = Run(shares, window, least)
    floods = {
        run.objects[o]
        for o, kind in zip(run.pairs.rows.objects, run.pairs.objects.kinds, strict=True)
        if kind == share_pairs.FLOOD
    }
    event(f"floods: {len(floods)}")
    assert run.edges() == edges(detect_groups(shares, window, least, passed_over=floods))


@pytest.mark.parametrize("newest_first", [False, True])
def test_long_objects_are_sorted_whatever_order_they_come_in(newest_first):
    draw = np.random.default_rng(3)
    times = draw.integers(0, 4_000, 3_000)
    times = np.sort(times)[::-1] if newest_first else times
    shares = [("o", ACCOUNTS[n % 8], str(n), int(t)) for n, t in enumerate(times)]
    assert Run(shares, 2, 2).edges() == edges(detect_groups(shares, 2, 2))


def test_a_viral_link_costs_a_moment_and_no_weight():
    fans = [("viral", f"u{n:05}", f"v{n}", n % 60) for n in range(20_000)]
    friends = [(f"o{n}", f"u{a:05}", f"c{n}-{a}", 1_000 * n) for n in range(1, 4) for a in (7, 9)]
    run = Run([*fans, *friends], 60, 1)
    assert run.edges() == {("u00007", "u00009"): (4, 2, 4, 4)}
    assert run.pairs.objects.meetings.sum() == 20_000 * 19_999 // 2 + 3


def test_one_account_and_its_million_shares_have_no_pairs():
    shares = [("o", "a", str(n % 100), 0) for n in range(200_000)]
    run = Run(shares, 60, 2)
    assert run.edges() == {}
    assert run.pairs.objects.kinds.tolist() == [share_pairs.LONE]


def test_nothing_in_nothing_out():
    assert Run([], 10, 2).edges() == {}


@DENSE
@given(shares_of(ACCOUNTS[:4], 9, 34), st.integers(0, 9), st.integers(1, 2), st.booleans(), st.integers(2, 4))
def test_who_met_at_two_objects_is_known_on_the_way(shares, window, least, loops, crowd_max):
    run = Run(shares, window, least, loops=loops)
    rows = run.pairs.rows
    kinds, _ = kinds_of(rows, channel_count=len(run.accounts), window=window, crowd_max=crowd_max)
    expected = co_shared(rows, channel_count=len(run.accounts), window=window, crowd_max=crowd_max, cell_min=1)
    list(run.pairs.edges(asked=kinds == share_pairs.ORDINARY))
    event(f"pairs: {min(len(expected.first), 4)}")
    assert run.pairs.together.tolist() == [c.tolist() for c in (expected.first, expected.second, expected.objects)]


DATA = shared_data()
SETS = ("russian_coord_tweets", "de_urls", "de_domains", "de_hashtags", "de_images", "de_fb_urls")


def table(name):
    with gzip.open(DATA / "coordination" / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.shared
@pytest.mark.skipif(DATA is None, reason="the evaluation data is not beside the checkout")
@pytest.mark.parametrize("window", [10, 60])
@pytest.mark.parametrize("name", SETS)
def test_the_pairs_are_those_of_the_package(name, window):
    columns = ("object_id", "account_id", "content_id")
    shares = [(*(row[c] for c in columns), int(row["timestamp_share"])) for row in table(name)]
    expected = Counter(
        (r["object_id"], r["content_id"], r["content_id_y"], int(r["time_delta"]), r["account_id"], r["account_id_y"])
        for r in table(f"expected_{name}_w{window}_mp2_pairs")
    )
    run = Run(shares, window, 2)
    assert Counter(run.meetings()) == expected
    assert run.edges() == edges(expected.elements())
