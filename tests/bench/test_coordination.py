"""The evaluations of coordination count what they say."""

import numpy as np
import pytest

from bench import _posts, coordination_controls, coordination_toolkit, coordination_trolls
from bench._coordination import Log, in_pairs, logs_of, pairs, q_values
from tests import shared_data
from vigie.measures import measured, named

TEXT = "one two three four five six"


def row(channel, text, second=0, **more):
    return {"time": f"2017-03-01T10:00:{second:02}Z", "platform": "x", "channel_id": channel, "text": text, **more}


def log(*shares):
    return Log(*(np.array([s[k] for s in shares], np.int64 if k == 2 else np.int32) for k in range(3)))


def test_posts_go_through_a_case_and_come_back_as_shares_by_kind():
    rows = [row("ana", f"{TEXT} #Vote"), row("bob", f"RT @ana: {TEXT}", 5), row("cy", "x", 9, repost_of="77")]
    posts = _posts.posts_of(rows)
    assert posts["channel_id"].to_pylist() == ["ana", "bob", "cy"]
    shares = measured(named("shares"), {"posts": posts})
    channels = np.array(["x:ana", "x:bob", "x:cy"])
    logs = logs_of(shares, channels)
    assert set(logs) == {"text", "hashtag", "repost"}
    assert logs["repost"].channels.tolist() == [1, 2]
    assert len(set(logs["repost"].objects.tolist())) == 2
    assert np.diff(logs["repost"].times).tolist() == [4]


def test_reposts_pass_for_originals_only_where_asked():
    rows = [row("a", f"RT @b: {TEXT}"), row("b", TEXT), row("c", f"RT @b {TEXT}", repost_of="1")]
    assert coordination_controls.copied(rows) == (0, 1)
    unmarked = coordination_controls.as_originals(rows, every=False)
    assert coordination_controls.copied(unmarked) == (2, 2)
    assert coordination_controls.copied(coordination_controls.as_originals(rows, every=True)) == (3, 3)
    assert rows[0]["text"].startswith("RT"), "the rows given stay as they are"


def test_moving_keeps_days_of_the_week_and_hours_and_cutting_only_seconds():
    rows = [row("a", "x", 59), row("b", "y") | {"time": "2022-03-01 23:30:15+00:00"}]
    (moved,) = _posts.moved(rows, -260, "2017-01-01", "2017-06-01")
    assert moved["time"] == "2017-03-07T23:30:15+00:00"  # both are Tuesdays
    assert [r["time"] for r in _posts.in_minutes(rows)] == ["2017-03-01T10:00:00Z", "2022-03-01 23:30:00+00:00"]


def test_scores_are_of_pairs_and_ties_count_half():
    strangers = [(100 + n, 2 + n % 5, 10_000 * n) for n in range(40)] + [
        (100 + n, 3 + n % 4, 10_000 * n + 3_000) for n in range(40)
    ]
    planted = [(n, a, 50_000 + 20_000 * n + a) for n in range(12) for a in (0, 1)]
    found = {"url": pairs(log(*planted, *strangers), 60, 8, least=1)}
    for score in coordination_trolls.SCORES:
        values = coordination_trolls.scores(found, score, 8)
        bad = np.arange(8) < 2
        assert values[bad].min() > values[~bad].max(), score
        assert coordination_trolls.auroc(values, bad) == 1.0
        assert coordination_trolls.recall(values, bad) == 1.0
    assert coordination_trolls.auroc(np.zeros(4), np.array([True, False, True, False])) == 0.5
    assert coordination_trolls.recall(np.zeros(4), np.array([True, False, True, False])) == 0.0


def test_the_sealed_half_has_no_say_in_the_choice():
    # In the choosing half the first score tells the accounts apart, in the sealed half only the second does.
    channels = np.array([f"x:{n}" for n in range(8)])
    bad, sealed = np.arange(8) % 2 == 0, np.arange(8) >= 4

    def between(a, b):
        shares = [(n, c, 1_000_000 * n + c) for n in range(6) for c in (a, b)]
        return {"url": pairs(log(*shares), 60, 8, least=1)}

    one, other = coordination_trolls.Setting(1, 1, "objects"), coordination_trolls.Setting(10, 1, "objects")
    mixed = coordination_trolls.Mixture(channels, bad, sealed, {})
    made = coordination_trolls.evaluated(mixed, {one: between(0, 2), other: between(4, 6)}, ("url",))
    assert (made["factor"], made["auroc, choosing half"], made["auroc"]) == (1, 1.0, 0.5)


def test_objects_that_do_not_outlast_the_window_are_left_out():
    kept = coordination_controls.lasting(log((0, 0, 0), (0, 1, 60), (1, 0, 0), (1, 1, 61), (2, 0, 5)))
    assert kept.channels.tolist() == [0, 1]
    assert kept.times.tolist() == [0, 61]


def test_copies_of_chance_have_no_edge_and_a_planted_group_has_one():
    draw = np.random.default_rng(3)
    chance = [
        (int(o), int(c), int(t))
        for o, c, t in zip(
            draw.integers(0, 60, 1500), draw.integers(0, 30, 1500), draw.integers(0, 400_000, 1500), strict=True
        )
    ]
    planted = [(60 + n, c, 20_000 * n + 5 * c) for n in range(15) for c in range(3)]
    given = log(*chance, *planted)
    q = q_values({"url": pairs(given, 60, 30)})["url"]
    assert in_pairs(pairs(given, 60, 30), q <= 0.05, 30).tolist()[:3] == [True] * 3
    report = coordination_controls.copies(given, 5, 1)
    assert set(report) == {"accounts", "times", "jitter", "clock", "times, lasting"}
    assert [report[way]["with an edge"] for way in ("jitter", "accounts", "clock")] == [0, 0, 0]
    assert report["times"]["with an edge"] == 5, "who shared it within one window only still meets"


@pytest.mark.parametrize(
    ("kind", "objects"),
    [("co_link", ["l"]), ("co_retweet", []), ("co_reply", ["p"]), ("co_tweet", ["hi"]), ("co_post", [""])],
)
def test_what_the_toolkit_takes_for_the_objects_of_a_message(kind, objects):
    said = coordination_toolkit.Message(0, 0, "@x Hi", ("l",), "", "p")
    assert list(coordination_toolkit.objects_of(said, kind)) == objects
    reposted = said._replace(repost_of="r")
    assert list(coordination_toolkit.objects_of(reposted, kind)) == {"co_retweet": ["r"], "co_post": [""]}.get(kind, [])


def test_a_message_without_links_has_the_empty_link():
    assert coordination_toolkit.objects_of(coordination_toolkit.Message(0, 0), "co_link") == ("",)


def test_a_content_is_one_message_with_all_its_links():
    made = coordination_toolkit.as_links([("a", 0, "c", 5), ("b", 0, "c", 5), ("a", 0, "c", 5), ("a", 1, "d", 6)])
    assert [(m.account, m.time, m.urls) for m in made] == [(0, 5, ("a", "b")), (1, 6, ("a",))]


@pytest.mark.shared
def test_the_operations_retweets_are_joined_by_their_text():
    data = shared_data()
    if data is None:
        pytest.skip("the evaluation data is not beside the checkout")
    rows = _posts.trolls(data, _posts.PANELS[1:])
    assert len(rows) == len({(r["channel_id"], r["time"], r["text"]) for r in rows})
    marked = [r["repost_of"] for r in rows if r["repost_of"]]
    assert 0 < len(set(marked)) < len(marked)
