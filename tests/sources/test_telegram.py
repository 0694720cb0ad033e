import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.laws import mutated, survives, whole
from vigie.sources import Head, all_sources
from vigie.sources.telegram import SOURCES

(SOURCE,) = SOURCES
WHEN = {"date": "2017-02-15T12:00:00", "date_unixtime": "1487149200"}
POST = {
    "id": 5,
    "type": "message",
    **WHEN,
    "from": "La chaîne",
    "from_id": "channel77",
    "forwarded_from": "Autre",
    "reply_to_message_id": 3,
    "text": [
        "Voir ",
        {"type": "link", "text": "https://a.example/1"},
        " et ",
        {"type": "text_link", "text": "ici", "href": "https://b.example"},
        {"type": "hashtag", "text": "#vote"},
        {"type": "mention", "text": "@bob"},
        {"type": "bold", "text": " <b>\u202e"},
    ],
    "reactions": [{"type": "emoji", "count": 3, "emoji": "x"}, {"type": "emoji", "count": 4, "emoji": "y"}],
}
OLD = {"id": 6, "type": "message", "date": "2017-02-15T10:00:00", "from": "Ana", "from_id": "user9", "text": "salut"}
SERVICE = {"id": 7, "type": "service", **WHEN, "action": "pin_message", "text": ""}
CHANNEL = {"name": "La chaîne", "type": "public_channel", "id": 77, "messages": [POST, SERVICE, OLD]}
GROUP = {
    "name": "Le groupe",
    "type": "public_supergroup",
    "id": 88,
    "messages": [OLD, {**POST, "reply_to_peer_id": "channel99"}],
}
FULL = {
    "about": "Here is the data",
    "chats": {"about": "x", "list": [CHANNEL, {"name": "Eve", "type": "personal_chat", "id": 1, "messages": [OLD]}]},
    "left_chats": {"about": "x", "list": [GROUP]},
}


def document(value: object, indent: int | None = 1) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()


def test_a_channel():
    (post, old), (service,) = whole(SOURCE, document(CHANNEL))
    assert post["time"] == old["time"] == datetime(2017, 2, 15, 9, tzinfo=UTC)
    assert (post["platform"], post["post_id"], post["channel_id"], post["channel_name"]) == (
        "telegram",
        "77/5",
        "77",
        "La chaîne",
    )
    assert post["text"] == "Voir https://a.example/1 et ici#vote@bob <b>\u202e"
    assert post["urls"] == ["https://a.example/1", "https://b.example"]
    assert (post["hashtags"], post["mentions"]) == (["vote"], ["bob"])
    assert (post["repost_of"], post["reply_to"], post["reactions"]) == ("@Autre", "77/3", 7)
    assert (old["channel_id"], old["record"], old["reactions"], old["repost_of"]) == ("77", 3, None, None)
    assert (service.record, service.reason) == (2, "a service message, not a post")
    assert json.loads(service.raw) == SERVICE


def test_in_a_group_whoever_writes_is_the_channel():
    (ana, anonymous), _ = whole(SOURCE, document(GROUP))
    assert (ana["channel_id"], ana["channel_name"], ana["post_id"]) == ("user9", "Ana", "88/6")
    assert (anonymous["channel_id"], anonymous["reply_to"]) == ("77", "99/3")


def test_all_chats_of_an_account_but_private_ones():
    rows, refused = whole(SOURCE, document(FULL))
    assert [r["post_id"] for r in rows] == ["77/5", "77/6", "88/6", "88/5"]
    assert [(r.record, r.reason) for r in refused] == [
        (2, "a service message, not a post"),
        (4, "a private conversation (personal_chat), not published"),
    ]


def test_marked_parts_may_stand_beside_the_text():
    entities = [{"type": "plain", "text": "x "}, {"type": "link", "text": "t.me/x"}]
    rows, _ = whole(
        SOURCE, document({**CHANNEL, "messages": [{**POST, "text": "x t.me/x", "text_entities": entities}]})
    )
    assert (rows[0]["text"], rows[0]["urls"]) == ("x t.me/x", ["t.me/x"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"date_unixtime": "-2208988800"}, "time 1900-01-01T00:00:00Z is outside 1990 to 2100"),
        ({"date_unixtime": None, "date": "2200-01-01T00:00:00"}, "time 2199-12-31T23:00:00Z is outside 1990 to 2100"),
        ({"date_unixtime": None, "date": None}, "no time"),
        ({"text": "a\0"}, "NUL byte"),
        ({"type": "unsupported"}, "a unsupported message, not a post"),
    ],
    ids=["1900", "2200", "none", "nul", "type"],
)
def test_refusals(change, reason):
    rows, (refusal,) = whole(SOURCE, document({**CHANNEL, "messages": [{**POST, **change}, OLD]}))
    assert refusal.reason == reason
    assert len(rows) == 1


def test_sniff():
    for value in (CHANNEL, FULL):
        for data in (document(value), document(value, None)):
            scores = sorted((s.sniff(Head("result.json", data, whole=True)), s.name) for s in all_sources())
            assert scores[-1] == (95, "telegram-desktop")
            assert scores[-2][0] < 95
    long = document({**CHANNEL, "messages": [POST] * 2000})
    assert SOURCE.sniff(Head("result.json", long[: 64 << 10])) == 95


def test_locate():
    data = document(CHANNEL)
    line, raw = SOURCE.locate(data, 2)
    assert json.loads(raw) == SERVICE
    assert data.split(b"\n")[line - 1].strip() == b"{"
    assert '"id": 7' in data.split(b"\n")[line].decode()


@given(mutated(document(CHANNEL), document(FULL, None), document(GROUP, None)))
def test_nothing_raises_whatever_the_file(data):
    survives(SOURCE, data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("type", "text", "href", "count")), inner)
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from((*POST, "text_entities", "poll", "forwarded_from_id")), JSON), JSON)
def test_any_value_in_any_place_is_a_row_or_a_refusal(change, kind):
    survives(SOURCE, document({**CHANNEL, "type": kind, "messages": [{**POST, **change}, change]}))
