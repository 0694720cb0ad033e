"""Every post is read as `vigie.text.signals` reads it alone; every channel's posts are counted."""

from collections import Counter

import pyarrow as pa
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.strategies import rows_of_case
from tests.text.test_normalise import HOSTILE
from vigie.measures import measured
from vigie.measures.text_signals import MEASURE
from vigie.testing import posts, rows
from vigie.text.normalise import is_marked_repost
from vigie.text.signals import NO_SIGNALS, Signals, signals

WRITTEN = HOSTILE.map(lambda text: text.encode("utf-8", "replace").decode())
POST = st.fixed_dictionaries(
    {
        "platform": st.sampled_from(["x", "telegram"]),
        "channel_id": st.sampled_from(["ana", "bob"]),
        "text": WRITTEN | st.sampled_from(["", " ", "vo\u200bte", "RT @ana: vo\u200bte", "a plain text"]),
        "title": st.none() | WRITTEN | st.just("v\u043ete"),
        "repost_of": st.none() | st.none() | st.just("p1"),
    }
)


def oracle(cells):
    found, own = {}, Counter()
    for n, cell in enumerate(cells, start=1):
        said = cell["text"] or cell["title"] or ""
        repost = cell["repost_of"] is not None or is_marked_repost(said)
        own[cell["platform"], cell["channel_id"]] += bool(said.strip()) and not repost
        if (read := signals(said)) != NO_SIGNALS:
            found[f"0123456789ab:{n}"] = (cell["platform"], cell["channel_id"], *map(int, read), repost)
    return found, {who: count for who, count in own.items() if count}


@settings(max_examples=60)
@given(st.lists(POST, max_size=20))
def test_rows_are_what_each_post_says_alone(cells):
    table = measured(MEASURE, {"posts": rows("posts", *({"post_id": f"p{n}"} | c for n, c in enumerate(cells)))})
    found, own = {}, {}
    for row in table.to_pylist():
        if row["row_id"] is None:
            assert row["time"] is row["is_repost"] is None
            assert all(row[name] is None for name in Signals._fields)
            own[row["platform"], row["channel_id"]] = row["channel_posts"]
        else:
            assert row["channel_posts"] is None
            counts = (row[name] for name in Signals._fields)
            found[row["row_id"]] = (row["platform"], row["channel_id"], *counts, row["is_repost"])
    event(f"rows with signals: {min(len(found), 3)}")
    assert (found, own) == oracle(cells)


def test_tiers_are_those_of_the_case_the_platforms_own_first():
    case = rows_of_case(
        "case_channels",
        {"channel_id": "ana", "platform": None, "outlet": "A", "tier": "none"},
        {"channel_id": "ana", "platform": "x", "outlet": "A", "tier": "state-linked"},
    )
    table = measured(
        MEASURE, {"posts": posts("ana 0 vo\u200bte", "bob 1 vo\u200bte", "bob 2 fine"), "case_channels": case}
    )
    told = [(row["channel_id"], row["tier"], row["channel_posts"]) for row in table.to_pylist()]
    assert told == [("ana", "state-linked", None), ("bob", None, None), ("ana", "state-linked", 1), ("bob", None, 2)]


def test_nothing_is_counted_where_nothing_is_written():
    table = measured(
        MEASURE, {"posts": rows("posts", {"platform": "x", "post_id": "1", "channel_id": "a", "text": ""})}
    )
    assert table.equals(pa.table(MEASURE.schema.empty_table().to_pydict(), schema=MEASURE.schema))
