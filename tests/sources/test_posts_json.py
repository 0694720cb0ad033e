import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.laws import PARIS, cut_at_any_line, mutated, parse, survives, whole
from vigie.sources import Block, Head, all_sources
from vigie.sources.mapping import parse as mapping_of
from vigie.sources.posts_json import SOURCES, source

BY_NAME = {s.name: s for s in SOURCES}
HOSTILE = "<script>alert(1)</script> =cmd() \u202egnp.exe \u200b \x1b[31m '; DROP TABLE posts"

OWN = [
    {
        "time": "2017-02-15T10:00:00",
        "platform": "x",
        "post_id": 12,
        "channel_id": "ana",
        "text": "@bob see https://a.example/1. #vote",
        "lang": "fr",
        "reactions": 3,
    },
    {"time": 1487149200, "platform": "x", "channel_id": "bob", "text": HOSTILE, "urls": [], "hashtags": ["A", "b"]},
]
TWEETS = {
    "data": [
        {
            "id": "10",
            "text": "RT @bob: look https://t.co/x",
            "author_id": "9",
            "created_at": "2017-02-15T09:00:00.000Z",
            "lang": "fr",
            "entities": {
                "urls": [{"url": "https://t.co/x", "expanded_url": "https://a.example/1"}],
                "hashtags": [{"tag": "Vote"}],
                "mentions": [{"username": "bob", "id": "8"}],
            },
            "referenced_tweets": [{"type": "retweeted", "id": "7"}],
            "public_metrics": {
                "retweet_count": 1,
                "reply_count": 2,
                "like_count": 3,
                "quote_count": 4,
                "impression_count": 99,
            },
        },
        {
            "id": "11",
            "text": "yes",
            "author_id": "8",
            "created_at": "2017-02-15T09:00:01.000Z",
            "referenced_tweets": [{"type": "replied_to", "id": "10"}, {"type": "quoted", "id": "6"}],
        },
    ],
    "includes": {"users": [{"id": "9", "username": "ana"}, {"id": "8", "username": "bob"}], "tweets": []},
    "meta": {"result_count": 2},
}
BSKY_POST = {
    "uri": "at://did:plc:ana/app.bsky.feed.post/1",
    "cid": "bafy1",
    "author": {"did": "did:plc:ana", "handle": "ana.example"},
    "record": {
        "$type": "app.bsky.feed.post",
        "text": "à @bob.example a.example/1... #vote",
        "createdAt": "2017-02-15T09:00:00.000Z",
        "langs": ["fr"],
        "facets": [
            {"features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://a.example/1"}]},
            {"features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "vote"}]},
            {"features": [{"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:bob"}]},
        ],
        "embed": {"$type": "app.bsky.embed.external", "external": {"uri": "https://a.example/1", "title": "t"}},
        "reply": {"root": {"uri": "at://r"}, "parent": {"uri": "at://p"}},
    },
    "likeCount": 2,
    "repostCount": 1,
    "indexedAt": "2017-02-15T09:00:05.000Z",
}
BSKY_IMAGE = {
    **BSKY_POST,
    "uri": "at://did:plc:ana/app.bsky.feed.post/2",
    "record": {
        "text": "",
        "createdAt": "2017-02-15T09:01:00.000Z",
        "embed": {
            "media": {"images": [{"image": {"ref": {"$link": "bafyimage"}}}]},
            "record": {"record": {"uri": "at://quoted"}},
        },
    },
}
BSKY = {
    "feed": [
        {"post": BSKY_POST},
        {
            "post": BSKY_POST,
            "reason": {
                "$type": "app.bsky.feed.defs#reasonRepost",
                "by": {"did": "did:plc:bob", "handle": "bob.example"},
                "indexedAt": "2017-02-16T00:00:00.000Z",
            },
        },
        {"post": BSKY_IMAGE, "reason": {"$type": "app.bsky.feed.defs#reasonPin"}},
    ],
    "cursor": "c",
}
STATUS = {
    "id": "100",
    "uri": "https://m.example/users/ana/statuses/100",
    "url": "https://m.example/@ana/100",
    "created_at": "2017-02-15T09:00:00.000Z",
    "account": {"id": "1", "acct": "ana", "url": "https://m.example/@ana"},
    "in_reply_to_id": "99",
    "in_reply_to_account_id": "2",
    "spoiler_text": "",
    "visibility": "public",
    "language": "fr",
    "content": '<p><a href="https://n.example/@bob" class="u-url mention">@bob</a> lire '
    '<a href="https://a.example/1">ici</a><br>#vote</p>',
    "reblog": None,
    "mentions": [{"id": "2", "acct": "bob@n.example", "url": "https://n.example/@bob"}],
    "tags": [{"name": "vote", "url": "https://m.example/tags/vote"}],
    "media_attachments": [{"blurhash": "UB"}],
    "replies_count": 1,
    "reblogs_count": 2,
    "favourites_count": 3,
}
BOOST = {
    **STATUS,
    "id": "101",
    "uri": "https://m.example/users/eve/statuses/101/activity",
    "account": {"id": "3", "acct": "eve", "url": "https://m.example/@eve"},
    "in_reply_to_id": None,
    "in_reply_to_account_id": None,
    "reblog": STATUS,
}
USER = {"id": 9, "id_str": "9", "screen_name": "ana", "created_at": "Wed Oct 10 20:19:24 +0000 2012"}
LINKED = {
    "urls": [{"url": "https://t.co/x", "expanded_url": "https://a.example/1"}],
    "hashtags": [{"text": "Vote"}],
    "user_mentions": [{"screen_name": "bob"}],
}
TWEET = {
    "created_at": "Wed Feb 15 09:00:00 +0000 2017",
    "id": 10,
    "id_str": "10",
    "text": "@bob read it all at https://t.co/…",
    "truncated": True,
    "user": USER,
    "in_reply_to_status_id_str": "4",
    "is_quote_status": True,
    "quoted_status_id_str": "6",
    "entities": {
        "urls": [{"expanded_url": "https://twitter.com/i/web/status/10"}],
        "hashtags": [],
        "user_mentions": [],
    },
    "extended_tweet": {"full_text": "@bob read it all at https://t.co/x #Vote", "entities": LINKED},
    "retweet_count": 1,
    "favorite_count": 2,
    "lang": "en",
}
RETWEET = {
    "created_at": "Wed Feb 15 09:00:10 +0000 2017",
    "id": 11,
    "id_str": "11",
    "full_text": "RT @ana: @bob read it all at…",
    "user": {"id_str": "7", "screen_name": "eve", "created_at": "yesterday"},
    "retweeted_status": TWEET,
    "is_quote_status": True,
    "quoted_status_id_str": "6",
    "entities": {"urls": [], "hashtags": [], "user_mentions": []},
}
OUTBOX = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "id": "outbox.json",
    "type": "OrderedCollection",
    "totalItems": 2,
    "orderedItems": [
        {
            "id": "https://m.example/users/ana/statuses/100/activity",
            "type": "Create",
            "actor": "https://m.example/users/ana",
            "published": "2017-02-15T09:00:00Z",
            "object": {
                "id": "https://m.example/users/ana/statuses/100",
                "type": "Note",
                "summary": None,
                "inReplyTo": "https://n.example/users/bob/statuses/5",
                "content": '<p>lire <a href="https://a.example/1">ici</a></p>',
                "tag": [{"type": "Mention", "name": "@bob@n.example"}, {"type": "Hashtag", "name": "#vote"}],
            },
        },
        {
            "id": "https://m.example/users/ana/statuses/101/activity",
            "type": "Announce",
            "actor": "https://m.example/users/ana",
            "published": "2017-02-15T10:00:00Z",
            "object": "https://n.example/users/bob/statuses/6",
        },
    ],
}
ARTICLES = [
    {
        "url": "https://www.journal.example/a",
        "title": "Un titre",
        "text": "Le texte.",
        "date": "2017-02-15",
        "sitename": "Journal",
        "language": "fr",
    },
    {"link": "https://b.example/2", "headline": "H", "body": "B", "published": 1487149200, "source": {"name": "B"}},
]


def lines(*items: object) -> bytes:
    return b"".join(json.dumps(item, ensure_ascii=False).encode() + b"\n" for item in items)


def document(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()


SEEDS = {
    "posts-jsonl": lines(*OWN),
    "articles-jsonl": lines(*ARTICLES),
    "x-api-v2": document(TWEETS),
    "x-api-v2-lines": lines(*TWEETS["data"]),
    "bluesky": document(BSKY, 1),
    "bluesky-lines": lines(BSKY_POST, BSKY_IMAGE),
    "mastodon": document([STATUS, BOOST], 2),
    "mastodon-lines": lines(STATUS, BOOST),
    "mastodon-archive": document(OUTBOX),
    "x-api-v1": document({"statuses": [TWEET, RETWEET], "search_metadata": {"count": 2}}),
    "x-api-v1-lines": lines(TWEET, RETWEET),
}


def test_there_is_an_example_of_every_format_here():
    assert set(SEEDS) == set(BY_NAME)


def at(hour: int, minute: int = 0, second: int = 0, day: int = 15) -> datetime:
    return datetime(2017, 2, day, hour, minute, second, tzinfo=UTC)


def test_own_names():
    rows, refused = whole(BY_NAME["posts-jsonl"], SEEDS["posts-jsonl"])
    assert not refused
    first, second = rows
    assert first["time"] == second["time"] == at(9)  # the first without a zone: the case's
    assert (first["post_id"], first["channel_id"], first["reactions"]) == ("12", "ana", 3)
    assert (first["urls"], first["hashtags"], first["mentions"]) == (["https://a.example/1"], ["vote"], ["bob"])
    assert second["text"] == HOSTILE
    assert (second["urls"], second["hashtags"], second["mentions"]) == ([], ["A", "b"], [])
    assert (second["post_id"], second["reactions"], second["title"]) == (None, None, None)


def test_x():
    for name in ("x-api-v2", "x-api-v2-lines"):
        first, second = whole(BY_NAME[name], SEEDS[name])[0]
        assert first["time"] == at(9)
        assert (first["platform"], first["post_id"], first["channel_id"]) == ("x", "10", "9")
        assert first["channel_name"] == ("ana" if name == "x-api-v2" else None)
        assert (first["urls"], first["hashtags"], first["mentions"]) == (["https://a.example/1"], ["Vote"], ["bob"])
        assert (first["repost_of"], first["reply_to"], first["quote_of"]) == ("7", None, None)
        assert (second["repost_of"], second["reply_to"], second["quote_of"]) == (None, "10", "6")
        assert (first["reactions"], second["reactions"]) == (10, None)


def test_x_responses_one_a_line_and_flattened_tweets():
    other = {**TWEETS, "includes": {"users": [{"id": "9", "username": "renamed"}]}}
    rows, refused = whole(BY_NAME["x-api-v2"], lines(TWEETS, other))
    assert [r["channel_name"] for r in rows] == ["ana", "bob", "renamed", None]
    assert [r["record"] for r in rows] == [1, 2, 3, 4]
    assert not refused
    long = {
        **TWEETS["data"][0],
        "note_tweet": {"text": "all", "entities": {"urls": [{"expanded_url": "https://b.example"}]}},
    }
    row = whole(BY_NAME["x-api-v2-lines"], lines(long))[0][0]
    assert (row["text"], row["urls"]) == ("all", ["https://a.example/1", "https://b.example"])
    flat = {**TWEETS["data"][0], "author": {"id": "9", "username": "ana"}, "__twarc": {"version": "2"}}
    assert whole(BY_NAME["x-api-v2-lines"], lines(flat))[0][0]["channel_name"] == "ana"


def test_x_of_the_first_api_gives_the_whole_text_of_what_it_cut():
    for name in ("x-api-v1", "x-api-v1-lines"):
        first, second = whole(BY_NAME[name], SEEDS[name])[0]
        for row in (first, second):
            assert row["text"] == TWEET["extended_tweet"]["full_text"]
            assert (row["urls"], row["hashtags"], row["mentions"]) == (["https://a.example/1"], ["Vote"], ["bob"])
        assert (first["time"], second["time"]) == (at(9), at(9, 0, 10))
        assert (first["post_id"], first["channel_id"], first["channel_name"]) == ("10", "9", "ana")
        assert (first["repost_of"], first["reply_to"], first["quote_of"]) == (None, "4", "6")
        assert (second["repost_of"], second["reply_to"], second["quote_of"]) == ("10", None, None)
        assert (first["reactions"], second["reactions"]) == (3, None)
        assert first["channel_created"] == datetime(2012, 10, 10, 20, 19, 24, tzinfo=UTC)
        assert second["channel_created"] is None


MADE = datetime(2009, 3, 4, 5, 6, 7, tzinfo=UTC)


def created(name, *items):
    rows, refused = whole(BY_NAME[name], lines(*items))
    assert not refused
    return [row["channel_created"] for row in rows]


def test_the_date_an_account_was_made_is_the_authors():
    users = [{"id": "9", "created_at": "2009-03-04T05:06:07.000Z"}, {"id": "8"}]
    answer = {**TWEETS, "includes": {"users": users}}
    assert created("x-api-v2", answer) == [MADE, None]
    flat = {**TWEETS["data"][0], "author": {"id": "9", "created_at": "2009-03-04T05:06:07Z"}}
    assert created("x-api-v2-lines", flat) == [MADE]
    maker = {"account": {**STATUS["account"], "created_at": "2009-03-04T05:06:07.000Z"}}
    assert created("mastodon-lines", {**STATUS, **maker}, {**BOOST, "reblog": {**STATUS, **maker}}) == [MADE, None]
    post = {**BSKY_POST, "author": {**BSKY_POST["author"], "createdAt": "2009-03-04T05:06:07.000Z"}}
    by = {"$type": "app.bsky.feed.defs#reasonRepost", "by": {"did": "did:plc:bob"}, "indexedAt": "2017-02-16T00:00:00Z"}
    dated = {**by, "by": {**by["by"], "createdAt": "2010-01-01T00:00:00Z"}}
    wanted = [MADE, None, datetime(2010, 1, 1, tzinfo=UTC)]
    assert created("bluesky-lines", post, {"post": post, "reason": by}, {"post": post, "reason": dated}) == wanted
    assert created("bluesky-lines", {"post": post, "reason": {"$type": "app.bsky.feed.defs#reasonPin"}}) == [MADE]


@pytest.mark.parametrize(
    "value",
    [None, "", "yesterday", "1899-01-01", "2100-01-01T00:00:00Z", 0, 10**17, 1e300, True, [], {}, "0001-01-01"],
)
def test_a_date_of_creation_that_cannot_be_read_refuses_no_post(value):
    assert created("posts-jsonl", {**OWN[1], "channel_created": value}) == [None]


@pytest.mark.parametrize(
    "value",
    ["2009-03-04T05:06:07Z", "2009-03-04T06:06:07", 1236143167, "1236143167000", "Wed Mar 04 05:06:07 +0000 2009"],
)
@pytest.mark.parametrize("name", ["channel_created", "account_created_at", "user_created_at", "join_date"])
def test_a_date_of_creation_as_exports_write_it(name, value):
    assert created("posts-jsonl", {**OWN[1], name: value}) == [MADE]


def test_times_in_milliseconds_and_of_several_zones():
    times = [1487149200000, "1487149200000", "2017-02-15T14:30:00+05:30", "2017-02-15T10:00:00", 1487149200.0]
    rows, refused = whole(BY_NAME["posts-jsonl"], lines(*({**OWN[1], "time": time} for time in times)))
    assert not refused
    assert [row["time"] for row in rows] == [at(9)] * 5
    _, refused = whole(BY_NAME["posts-jsonl"], lines({**OWN[1], "time": 1487149200000000}))
    assert [r.reason for r in refused] == ["time 1487149200000000 is outside 1990 to 2100"]


def test_days_without_hours_are_midnights_of_the_case():
    days = ["2017-03-25", "2017-03-27"]
    rows, _ = whole(BY_NAME["posts-jsonl"], lines(*({**OWN[1], "time": day} for day in days)))
    assert [row["time"].astimezone(PARIS).isoformat()[:19] for row in rows] == [f"{day}T00:00:00" for day in days]


def test_bluesky():
    post, repost, pinned = whole(BY_NAME["bluesky"], SEEDS["bluesky"])[0]
    assert post["time"] == at(9)
    assert (post["post_id"], post["channel_id"], post["channel_name"]) == (
        "at://did:plc:ana/app.bsky.feed.post/1",
        "did:plc:ana",
        "ana.example",
    )
    assert (post["urls"], post["hashtags"], post["mentions"]) == (["https://a.example/1"], ["vote"], ["did:plc:bob"])
    assert (post["lang"], post["reply_to"], post["repost_of"], post["reactions"]) == ("fr", "at://p", None, 3)
    assert repost["time"] == at(0, day=16)
    assert (repost["post_id"], repost["channel_id"], repost["repost_of"]) == (None, "did:plc:bob", post["post_id"])
    assert repost["text"] == post["text"]
    assert (pinned["channel_id"], pinned["repost_of"]) == ("did:plc:ana", None)
    assert pinned["post_id"] == "at://did:plc:ana/app.bsky.feed.post/2"
    assert (pinned["media_hashes"], pinned["quote_of"], pinned["text"]) == (["bafyimage"], "at://quoted", "")
    same = whole(BY_NAME["bluesky-lines"], SEEDS["bluesky-lines"])[0]
    assert [{**r, "record": 0} for r in same] == [{**r, "record": 0} for r in (post, pinned)]
    assert whole(BY_NAME["bluesky"], document({"posts": [BSKY_POST], "hitsTotal": 1}))[0] == [post]


def test_mastodon():
    status, boost = whole(BY_NAME["mastodon"], SEEDS["mastodon"])[0]
    assert status["text"] == "@bob lire ici\n#vote"
    assert (status["urls"], status["hashtags"], status["mentions"]) == (
        ["https://a.example/1"],
        ["vote"],
        ["bob@n.example"],
    )
    assert (status["post_id"], status["channel_id"]) == (STATUS["uri"], "https://m.example/@ana")
    assert (status["reply_to"], status["repost_of"], status["title"]) == ("@https://n.example/@bob", None, None)
    assert (status["reactions"], status["lang"], status["media_hashes"]) == (6, "fr", [])
    assert (boost["channel_id"], boost["repost_of"], boost["reply_to"]) == (
        "https://m.example/@eve",
        STATUS["uri"],
        None,
    )
    assert boost["text"] == status["text"]
    assert whole(BY_NAME["mastodon-lines"], SEEDS["mastodon-lines"])[0] == [status, boost]


def test_a_mastodon_archive():
    note, boost = whole(BY_NAME["mastodon-archive"], SEEDS["mastodon-archive"])[0]
    assert (note["post_id"], note["channel_id"]) == (STATUS["uri"], "https://m.example/users/ana")
    assert (note["text"], note["urls"]) == ("lire ici", ["https://a.example/1"])
    assert (note["hashtags"], note["mentions"]) == (["vote"], ["bob@n.example"])
    assert note["reply_to"] == "https://n.example/users/bob/statuses/5"
    assert (boost["repost_of"], boost["text"], boost["time"]) == ("https://n.example/users/bob/statuses/6", "", at(10))


def test_articles():
    first, second = whole(BY_NAME["articles-jsonl"], SEEDS["articles-jsonl"])[0]
    assert first["time"] == at(23, day=14)  # midnight in Paris
    assert (first["platform"], first["post_id"], first["channel_id"]) == (
        "web",
        "https://www.journal.example/a",
        "journal.example",
    )
    assert (first["channel_name"], first["title"], first["text"], first["lang"]) == (
        "Journal",
        "Un titre",
        "Le texte.",
        "fr",
    )
    assert (second["channel_name"], second["title"], second["text"], second["time"]) == ("B", "H", "B", at(9))


BASE = {"time": "2017-02-15T09:00:00Z", "platform": "x", "channel_id": "a", "text": "t"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (document({**BASE, "time": "1900-01-01T00:00:00Z"}), "time 1900-01-01T00:00:00Z is outside 1990 to 2100"),
        (document({**BASE, "time": "2200-01-01T00:00:00Z"}), "time 2200-01-01T00:00:00Z is outside 1990 to 2100"),
        (document({**BASE, "time": "soon"}), "time 'soon' is not written as iso or epoch_s"),
        (document({**BASE, "time": None}), "no time"),
        (document({**BASE, "channel_id": ""}), "no channel_id"),
        (document({**BASE, "platform": None}), "no platform"),
        (document({**BASE, "text": {"a": 1}}), "text is neither text nor a whole number"),
        (document({**BASE, "post_id": 1.5e300}), "post_id is neither text nor a whole number"),
        (document({**BASE, "reactions": "many"}), "reactions: 'many' is not a whole number"),
        (document({**BASE, "reactions": 2**63}), f"reactions {2**63} is beyond any count"),
        (document({**BASE, "text": "a\0b"}), "NUL byte"),
        (document(BASE).replace(b'"t"', b'"\0"'), "NUL byte"),
        (document(BASE).replace(b'"t"', b'"\xff"'), "invalid UTF-8"),
        (b"[1]", "not a JSON object"),
        (b'{"time": 1', "not JSON"),
    ],
    ids=range(15),
)
def test_refusals_carry_their_reason_and_their_bytes(line, reason):
    rows, refused = whole(BY_NAME["posts-jsonl"], document(BASE) + b"\n\n" + line + b"\r\n" + document(BASE))
    assert [row["record"] for row in rows] == [1, 4]
    (refusal,) = refused
    assert (refusal.record, refusal.raw.rstrip(b"\r")) == (3, line)
    assert refusal.reason.startswith(reason)


def test_the_same_post_twice_is_two_rows():
    assert len(whole(BY_NAME["posts-jsonl"], lines(OWN[0], OWN[0]))[0]) == 2


def test_a_document_cut_short_keeps_what_stands_before_the_cut():
    data = SEEDS["x-api-v2"]
    rows, refused = whole(BY_NAME["x-api-v2"], data[: data.index(b'"yes"')])
    assert [r["post_id"] for r in rows] == ["10"]
    assert [r.reason.split(":")[0] for r in refused] == ["not JSON", "the document ends before its brackets close"]


def test_names_that_nothing_reads_are_noted():
    own = BY_NAME["posts-jsonl"]
    first = own.parse(Block(lines({**BASE, "zeal": 1}), 1, last=False, tz=PARIS, name="x"), {})
    second = own.parse(Block(lines({**BASE, "extra": 1}), 2, last=True, tz=PARIS, name="x"), first.state)
    assert second.state == {"unknown_columns": ["extra", "zeal"]}
    for name, data in SEEDS.items():
        assert parse(BY_NAME[name], data).state == {"unknown_columns": []}


def test_locate_shows_the_item():
    line, raw = BY_NAME["mastodon"].locate(SEEDS["mastodon"], 2)
    assert json.loads(raw) == BOOST
    assert SEEDS["mastodon"].split(b"\n")[line - 1] == b"  {"
    assert BY_NAME["mastodon"].locate(SEEDS["mastodon"], 3) is None


@pytest.mark.parametrize("name", sorted(SEEDS))
def test_sniff_knows_its_own_and_nobody_else_claims_it(name):
    head = Head("export.json", SEEDS[name], whole=True)
    scores = sorted(((s.sniff(head), s.name) for s in all_sources()), reverse=True)
    assert scores[0][1] == name
    assert scores[0][0] > scores[1][0]


def test_sniff_leaves_logs_and_tables_alone():
    caddy = {"level": "info", "ts": 1487149200.1, "request": {"host": "a", "uri": "/", "method": "GET"}, "status": 200}
    cloudflare = {"ClientIP": "192.0.2.1", "EdgeStartTimestamp": "2017-02-15T09:00:00Z", "ClientRequestURI": "/"}
    nginx = {"time": "2017-02-15T09:00:00Z", "remote_addr": "192.0.2.1", "request": "GET / HTTP/1.1", "status": 200}
    for data in (lines(caddy), lines(cloudflare), lines(nginx), b"time,platform,channel_id,text\n", b"", b"{}", b"[]"):
        assert not any(s.sniff(Head("log.json", data, whole=True)) for s in SOURCES)


def test_sniff_works_on_the_start_of_a_big_document():
    many = {**TWEETS, "data": TWEETS["data"] * 400}
    big = {"data": [{**TWEETS["data"][0], "note_tweet": {"text": "long " * 20_000}}]}
    for value in (many, big):
        assert BY_NAME["x-api-v2"].sniff(Head("x.json", document(value)[: 64 << 10])) > 50
    assert BY_NAME["bluesky"].sniff(Head("x.json", document({"feed": BSKY["feed"] * 100}, 1)[: 64 << 10])) > 50


@given(st.sampled_from(sorted(n for n in SEEDS if BY_NAME[n].shape == "lines")), st.data(), st.integers(0, 9))
def test_cutting_the_stream_at_any_line_changes_nothing(name, data, seed):
    text = data.draw(mutated(SEEDS[name] * 3))
    assert cut_at_any_line(BY_NAME[name], text, seed) == whole(BY_NAME[name], text)


@given(st.sampled_from(sorted(SEEDS)), mutated(*SEEDS.values()))
def test_nothing_raises_whatever_the_file(name, data):
    survives(BY_NAME[name], data)


@given(st.binary(max_size=80))
def test_nothing_raises_on_any_bytes(data):
    for each in SOURCES:
        survives(each, data)


def test_deep_nesting_is_a_refusal():
    data = b'{"data":[' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"]}"
    assert parse(BY_NAME["x-api-v2"], data).rows.num_rows == 0


def test_a_mapping_of_ones_own():
    own = mapping_of(
        """
        name = "mine"
        title = "Mine"
        table = "posts"
        shape = "json"
        items = "page.hits"
        [sniff]
        needs = ["_source.when"]
        [columns]
        time = { from = "_source.when", format = ["%d/%m/%Y %H:%M", "epoch_ms"], tz = "Europe/Paris" }
        platform = { value = "forum" }
        channel_id = { from = "_source.link", part = "host" }
        text = { from = ["_source.html", "_source.plain"], part = "text" }
        hashtags = { from = "_source.tags", split = ";" }
        mentions = { extract = "text" }
        repost_of = { from = "_source.kind", when = "share", as = "@someone" }
        lang = { from = "_source.lang", values = { francais = "fr" } }
        reply_to = { from = "_source.up", prefix = "@" }
        """,
        where="mine.toml",
    )
    hits = [
        {
            "_source": {
                "when": "15/02/2017 10:00",
                "link": "https://WWW.f.example/1",
                "html": "<b>a</b> @bob",
                "tags": "x; y;",
                "kind": "share",
                "lang": "francais",
                "up": 4,
            }
        },
        {"_source": {"when": 1487149200000, "link": "https://f.example", "plain": "b", "kind": "post", "lang": "de"}},
    ]
    mine = source(own)
    data = document({"page": {"hits": hits}})
    assert mine.sniff(Head("x", data, whole=True)) == 69
    first, second = whole(mine, data)[0]
    assert first["time"] == second["time"] == at(9)
    assert (first["channel_id"], first["text"], first["mentions"]) == ("f.example", "a @bob", ["bob"])
    assert (first["hashtags"], first["repost_of"], first["lang"], first["reply_to"]) == (
        ["x", "y"],
        "@someone",
        "fr",
        "@4",
    )
    assert (second["repost_of"], second["lang"], second["reply_to"], second["text"]) == (None, "de", None, "b")
