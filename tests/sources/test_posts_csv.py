import csv
import gzip
import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import shared_data
from tests.sources.csv_files import in_blocks, named, read, reasons
from tests.sources.laws import mutated, survives
from vigie.sources import Head, all_sources
from vigie.sources.csv_columns import to_utc
from vigie.sources.mapped import source_for
from vigie.sources.mapping import builtin, parse

HEADER = "time,platform,post_id,channel_id,text,urls,hashtags,reactions"
FIRST = "2017-02-15T10:00:00Z,x,p1,ana,hello,https://a.example/1|https://b.example,vote,3"


def own(*lines, end="\n"):
    return (end.join([HEADER, *lines]) + end).encode()


def generic():
    return named("posts-csv")


def taken(name, text):
    rows, refused = read(named(name), text.encode())
    assert refused == []
    return rows


def test_a_row_of_every_column():
    rows, refused = read(generic(), own(FIRST))
    assert refused == []
    assert rows == [
        {
            "record": 2,
            "time": datetime(2017, 2, 15, 10, tzinfo=UTC),
            "platform": "x",
            "post_id": "p1",
            "channel_id": "ana",
            "channel_name": None,
            "title": None,
            "text": "hello",
            "lang": None,
            "urls": ["https://a.example/1", "https://b.example"],
            "hashtags": ["vote"],
            "mentions": [],
            "media_hashes": [],
            "repost_of": None,
            "reply_to": None,
            "quote_of": None,
            "reactions": 3,
            "channel_created": None,
        }
    ]


def test_a_record_is_numbered_by_its_first_line():
    rows, _ = read(generic(), own(FIRST, "", FIRST.replace("hello", '"two\nlines"'), FIRST, end="\r\n"))
    assert [row["record"] for row in rows] == [2, 4, 6]
    assert rows[1]["text"] == "two\nlines"


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_the_delimiter_is_the_one_the_header_shows(delimiter):
    line = FIRST.replace("|", " ").replace(",", delimiter)
    rows, refused = read(generic(), f"{HEADER.replace(',', delimiter)}\n{line}\n".encode())
    assert refused == []
    assert rows[0]["urls"] == ["https://a.example/1", "https://b.example"]


@pytest.mark.parametrize(
    ("was", "is_", "reason"),
    [
        ("2017-02-15T10:00:00Z", "", "no time: time is empty"),
        ("2017-02-15T10:00:00Z", "yesterday", "not a time: 'yesterday' in time"),
        ("2017-02-15T10:00:00Z", "1900-01-01", "time 1899-12-31T23:50:39Z is outside 1990 to 2100"),
        ("2017-02-15T10:00:00Z", "2200-01-01T00:00:00Z", "time 2200-01-01T00:00:00Z is outside 1990 to 2100"),
        (",x,", ",,", "no platform: platform is empty"),
        ("ana", "", "no channel_id: channel_id is empty"),
        (",3", ",three", "not a whole number: 'three' in reactions"),
        (",3", "", "7 fields where the header has 8"),
        (",3", ",3,", "9 fields where the header has 8"),
        ("hello", 'he"l"lo\0', "NUL byte"),
        ("hello", '"hello"o', "text after the closing quote of field 5"),
        ("hello", '"hello', "the quote that opens field 5 is not closed"),
    ],
)
def test_what_is_no_post_is_refused_with_its_reason(was, is_, reason):
    bad = FIRST.replace(was, is_, 1)
    rows, refused = read(generic(), own(FIRST, bad, FIRST))
    if "1900" in is_:  # Paris kept its own mean time then; the reason names whatever UTC it was
        reason = refused[0].reason
        assert reason.endswith("is outside 1990 to 2100")
    assert reasons(refused) == [(3, reason)]
    assert refused[0].raw == bad.encode()
    assert [row["record"] for row in rows] == [2, 4]


def test_text_that_is_not_utf8_names_the_byte_and_the_way_out():
    rows, refused = read(generic(), own(FIRST) + FIRST.replace("hello", "été").encode("cp1252") + b"\n")
    assert [row["record"] for row in rows] == [2]
    assert reasons(refused) == [
        (3, "not UTF-8 at byte 31: 0xE9; give --encoding cp1252 if the file is from Windows"),
    ]


def test_a_header_that_is_not_utf8_refuses_every_line():
    _, refused = read(generic(), ("étés," + HEADER + "\n").encode("cp1252") + b"a\n\nb\n")
    assert [refusal.record for refusal in refused] == [2, 4]
    assert refused[0].reason.startswith("the header line is not UTF-8 at byte 1: 0xE9")


def test_an_unclosed_quote_in_ten_thousand_rows_costs_one():
    lines = [FIRST.replace("hello", f'"said ""{n}"", twice"') for n in range(10_000)]
    lines[5_000] = FIRST.replace("hello", '"never closed')
    rows, refused = read(generic(), own(*lines))
    assert len(rows) == 9_999
    assert [refusal.record for refusal in refused] == [5_002]


def test_empty_items_and_figures_are_missing_not_zero():
    rows, refused = read(generic(), own("1487152800,x,,ana,,,,", "1487152800,x,,ana,,,,N/A"))
    assert refused == []
    assert [(r["post_id"], r["text"], r["urls"], r["reactions"]) for r in rows] == [(None, "", [], None)] * 2


@pytest.mark.parametrize("data", [b"\n\n", b"\r\n", HEADER.encode(), own(), b"\n" + own()])
def test_files_without_records_give_nothing(data):
    assert read(generic(), data) == ([], [])


def test_a_column_that_is_needed_and_missing_is_named():
    _, refused = read(generic(), b"time,platform,text\n1,2,3\n")
    assert reasons(refused) == [(2, "the header has no column 'channel_id', which fills channel_id")]


def test_a_column_that_stands_there_twice_is_no_ground_to_guess():
    _, refused = read(generic(), b"time,platform,channel_id,text,text\n1,2,3,4,5\n")
    assert reasons(refused) == [(2, "the header has the column 'text' twice")]
    rows, _ = read(generic(), b"time,platform,channel_id,text,x,x\n1487152800,2,3,4,5,6\n")
    assert len(rows) == 1


def test_columns_of_no_known_use_are_reported():
    [parsed] = in_blocks(generic(), b"time,platform,channel_id,text,mood,x\n1487152800,x,a,b,c,d\n")
    assert parsed.state["unknown_columns"] == ["mood", "x"]
    assert "urls" in parsed.state["missing_columns"]


def test_a_header_may_hold_line_ends():
    data = b'time,platform,channel_id,"te\nxt","text"\n1487152800,x,a,b,c\n'
    rows, refused = read(generic(), data)
    assert refused == []
    assert [(row["record"], row["text"]) for row in rows] == [(3, "c")]
    assert read(generic(), data, seed=1) == (rows, refused)


@pytest.mark.parametrize("junk", [b'"never closed\na,b\n', b'"a"b,c\nd,e\n'])
def test_a_header_that_cannot_be_read(junk):
    rows, refused = read(generic(), junk)
    assert rows == []
    assert reasons(refused) == [(2, "the header line has a quote that is not closed, or text after one")]


def test_more_columns_than_any_export_has():
    _, refused = read(generic(), b"," * 5_000 + b"\nx\n")
    assert reasons(refused) == [(2, "the header has 5001 columns")]


def test_a_field_of_five_megabytes():
    rows, refused = read(generic(), own(FIRST.replace("hello", '"' + "é" * 2_500_000 + '"'), FIRST))
    assert refused == []
    assert [len(row["text"]) for row in rows] == [2_500_000, 5]


CELLS = st.sampled_from(
    ["2017-02-15", "1487152800", "x", "", '"a\nb"', '"a', '""', "a\rb", "é", "#vote", "7", "\0", "\udcff"]
)
FILES = st.lists(st.lists(CELLS, min_size=3, max_size=6).map(",".join), max_size=12).map(
    lambda lines: "\n".join(["time,platform,channel_id,text,reactions", *lines]).encode("utf-8", "surrogateescape")
)


@given(FILES, st.integers(0, 99))
def test_cutting_at_any_line_changes_nothing(data, seed):
    assert read(generic(), data, seed) == read(generic(), data)


@given(mutated(own(FIRST, FIRST.replace("hello", '"two\nlines, ""quoted"""'), FIRST), b"\n" + own(FIRST, end="\r\n")))
def test_damaged_files_are_accounted_for(data):
    survives(generic(), data)
    assert read(generic(), data, 7) == read(generic(), data)


@given(st.binary(max_size=200))
def test_any_bytes_are_accounted_for(data):
    for source in (generic(), named("ira-tweets"), named("polls-csv")):
        survives(source, data)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(
    st.lists(st.tuples(st.integers(700_000_000, 4_000_000_000), TEXTS, TEXTS.filter(bool)), max_size=10), st.booleans()
)
def test_clean_files_come_back_as_they_were_written(records, everything):
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL if everything else csv.QUOTE_MINIMAL)
    writer.writerow(["channel_id", "time", "platform", "text"])
    writer.writerows((channel, seconds, "x", text) for seconds, text, channel in records)
    rows, refused = read(generic(), buffer.getvalue().encode())
    assert refused == []
    assert [(int(r["time"].timestamp()), r["text"], r["channel_id"]) for r in rows] == records


def test_an_hour_the_clock_skips_or_repeats():
    rows, _ = read(generic(), own(*(FIRST.replace("2017-02-15T10:00:00Z", t) for t in (
        "2017-03-26 01:59", "2017-03-26 02:30", "2017-03-26 03:00", "2017-10-29 02:30", "2017-10-29 03:00",
    ))))  # fmt: skip
    assert [row["time"].strftime("%d %H:%M") for row in rows] == [
        "26 00:59", "26 01:30", "26 01:00", "29 00:30", "29 02:00",
    ]  # fmt: skip


ZONES = ["Europe/Paris", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"]
CLOCKS = st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30))  # noqa: DTZ001 - the zone is the test's other half


@given(st.lists(CLOCKS, max_size=8), st.sampled_from(ZONES))
def test_local_times_go_to_utc_as_zoneinfo_says(moments, zone):
    tz = ZoneInfo(zone)
    given_ = np.array([(m.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() for m in moments])
    local = given_.astype(np.int64) * 1_000_000
    got = to_utc(local, np.ones(len(local), np.bool_), "case", tz)
    assert (got // 1_000_000).tolist() == [int(m.replace(microsecond=0, tzinfo=tz).timestamp()) for m in moments]


FACEBOOK = (
    "Page Name,User Name,Facebook Id,Post Created,Total Interactions,Likes,Comments,URL,Message,Link,Final Link\n"
    'News,news.fr,12,2021-09-01 10:00:00 CEST,"1,240","1,234",6,https://facebook.com/1,"Look, #vote",https://t.co/a,https://a.example/x\n'
)


def test_crowdtangle():
    [row] = taken("crowdtangle", FACEBOOK)
    assert row["time"] == datetime(2021, 9, 1, 8, tzinfo=UTC)
    assert (row["platform"], row["channel_id"], row["channel_name"]) == ("facebook", "news.fr", "News")
    assert (row["urls"], row["hashtags"], row["reactions"]) == (["https://a.example/x"], ["vote"], 1240)


def test_meta_content_library():
    data = (
        "id,creation_time,text,lang,hashtags,post_owner.id,post_owner.name,statistics.like_count,statistics.share_count\n"
        "9,2024-05-01T10:00:00+00:00,Vote,en,\"['a','b']\",7,News,1,2\n"
    )
    [row] = taken("meta-content-library", data)
    assert (row["hashtags"], row["reactions"], row["channel_id"]) == (["a", "b"], 3, "7")


def test_4cat_of_x_and_of_telegram():
    x = (
        "id,thread_id,timestamp,unix_timestamp,body,author,is_retweet,retweeted_user,is_quote_tweet,urls,hashtags,like_count\n"
        '5,5,2020-01-01 01:00:00,1577836800,RT,ana,yes,bob,no,"https://a.example/1,2,https://b.example","b,a",3\n'
    )
    [row] = taken("4cat-x", x)
    assert row["time"] == datetime(2020, 1, 1, tzinfo=UTC)
    assert (row["repost_of"], row["hashtags"], row["reactions"]) == ("@bob", ["b", "a"], 3)
    assert row["urls"] == ["https://a.example/1,2", "https://b.example"]
    telegram = (
        "id,thread_id,chat,author,body,timestamp,unix_timestamp,author_forwarded_from_username\n"
        "5,c,chan,77,hi https://a.example,2020-01-01 01:00:00,1577836800,other\n"
    )
    [row] = taken("4cat-telegram", telegram)
    assert (row["channel_id"], row["repost_of"], row["urls"]) == ("chan", "@other", ["https://a.example"])
    assert (row["post_id"], row["reply_to"]) == ("chan/5", None)


def test_coortweet_keeps_the_object_as_it_is():
    [row], refused = read(
        named("coortweet"), b"object_id,account_id,content_id,timestamp_share\nurl_1 x,a,c,1629589836\n"
    )
    assert refused == []
    assert (row["urls"], row["channel_id"], row["post_id"], row["text"]) == (["url_1 x"], "a", None, "")


def test_4cat_of_any_other_source():
    data = b'id,thread_id,author,body,timestamp,tags,likes,plays\n5,t,ana,hi,2020-01-01 01:00:00,"a,b",3,9\n'
    [parsed] = in_blocks(named("4cat"), data)
    [row] = parsed.rows.to_pylist()
    assert (row["post_id"], row["hashtags"], row["reactions"]) == ("t/5", ["a", "b"], 3)
    assert parsed.state["unknown_columns"] == ["plays"]


def test_instagram_of_crowdtangle_and_of_the_content_library():
    crowdtangle = (
        "Account,User Name,Post Created,Type,Likes,Comments,URL,Photo,Title,Description\n"
        "Ana,ana.fr,2021-01-01 10:00:00 CET,Photo,5,1,https://www.instagram.com/p/x/,https://p.example,,Hi #vote @bob\n"
    )
    [row] = taken("crowdtangle-instagram", crowdtangle)
    assert (row["time"].hour, row["hashtags"], row["mentions"], row["reactions"]) == (9, ["vote"], ["bob"], 6)
    library = "id,creation_time,text,post_owner.name,statistics.like_count\n9,2024-05-01 10:00:00,Vote,News,1\n"
    [row] = taken("meta-content-library-instagram", library)
    assert (row["platform"], row["channel_id"], row["reactions"]) == ("instagram", "News", 1)


MADE = datetime(2009, 3, 4, 5, 6, 7, tzinfo=UTC)


def with_column(name, *cells):
    return "".join([f"{HEADER},{name}\n", *(f"{FIRST},{cell}\n" for cell in cells)]).encode()


@pytest.mark.parametrize(
    "name", ["channel_created", "account_created_at", "user_created_at", "author_created_at", "account_creation_date"]
)
def test_the_date_an_account_was_made_as_exports_write_it(name):
    cells = [
        "2009-03-04T05:06:07Z", "2009-03-04 06:06:07", "1236143167", "1236143167000", "Wed Mar 04 05:06:07 +0000 2009",
    ]  # fmt: skip
    rows, refused = read(generic(), with_column(name, *cells))
    assert refused == []
    assert [row["channel_created"] for row in rows] == [MADE] * len(cells)


def test_a_date_of_creation_that_cannot_be_read_refuses_no_post():
    cells = [
        "",
        "NA",
        "yesterday",
        "1899-01-01",
        "1989-12-30",
        "2100-01-01T00:00:00Z",
        "0",
        "99999999999999",
        "2009-13-01",
    ]
    rows, refused = read(generic(), with_column("channel_created", *cells, "2009-03-04T05:06:07Z"))
    assert refused == []
    assert [row["channel_created"] for row in rows] == [None] * len(cells) + [MADE]


@given(st.lists(st.one_of(st.none(), st.datetimes(datetime(1985, 1, 1), datetime(2105, 1, 1))), min_size=1, max_size=9))  # noqa: DTZ001
def test_dates_of_creation_are_kept_in_their_rows(moments):
    cells = ["" if m is None else f"{m.isoformat()}Z" for m in moments]
    low, high = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    aware = [None if m is None else m.replace(tzinfo=UTC) for m in moments]
    rows, _ = read(generic(), with_column("channel_created", *cells), seed=1)
    assert [row["channel_created"] for row in rows] == [m if m and low <= m < high else None for m in aware]


def timed(*times):
    rows, refused = read(generic(), own(*(FIRST.replace("2017-02-15T10:00:00Z", time) for time in times)))
    return [row["time"] for row in rows], reasons(refused)


def test_times_of_several_zones_and_units_in_one_file():
    times = ["2017-02-15T10:00:00Z", "2017-02-15T15:30:00+05:30", "2017-02-15 05:00:00-0500", "2017-02-15T11:00:00"]
    found, refused = timed(*times, "1487152800", "1487152800000")
    assert refused == []
    assert found == [datetime(2017, 2, 15, 10, tzinfo=UTC)] * 6
    assert timed("1487152800000000")[1] == [(2, "not a time: '1487152800000000' in time")]


def test_days_without_hours_are_midnights_of_the_case():
    days = ["2017-03-24", "2017-03-25", "2017-03-26", "2017-03-27"]
    found, refused = timed(*days)
    assert refused == []
    assert [moment.astimezone(ZoneInfo("Europe/Paris")).isoformat()[:19] for moment in found] == [
        f"{day}T00:00:00" for day in days
    ]


def test_the_archive_of_information_operations():
    header = (
        "tweetid,userid,user_display_name,user_screen_name,account_creation_date,tweet_language,tweet_text,tweet_time,"
        "in_reply_to_tweetid,quoted_tweet_tweetid,is_retweet,retweet_tweetid,like_count,hashtags,urls,user_mentions\n"
    )
    lines = (
        '7,"u=/9",Ana,ana,2014-05-01,fr,RT @bob: lire #Vote,2017-02-15 10:30,,,true,6,,[Vote],[https://a.example/1],[5]\n'
        '8,u9,Ana,ana,2014-05-01,fr,non,2017-02-15 10:31,7,5,false,,2,"[Vote, Élection]",'
        '"[https://a.example/1, https://b.example/2]",[]\n'
    )
    first, second = taken("x-operations", header + lines)
    assert (first["post_id"], first["channel_id"], first["channel_name"]) == ("7", "u=/9", "ana")
    assert (first["repost_of"], first["mentions"], first["hashtags"]) == ("6", ["bob"], ["Vote"])
    assert (second["repost_of"], second["reply_to"], second["quote_of"], second["reactions"]) == (None, "7", "5", 2)
    assert second["hashtags"] == ["Vote", "Élection"]
    assert second["urls"] == ["https://a.example/1", "https://b.example/2"]
    assert first["channel_created"] == second["channel_created"] == datetime(2014, 5, 1, tzinfo=UTC)


def test_rtweet_writes_na_where_there_is_nothing():
    header = (
        "user_id,status_id,created_at,screen_name,text,is_retweet,retweet_status_id,reply_to_status_id,lang,"
        "urls_expanded_url,hashtags,mentions_screen_name,favorite_count,retweet_count,account_created_at\n"
    )
    lines = (
        "x9,x10,2017-02-15T10:00:00Z,ana,RT @bob: lire,TRUE,x6,NA,fr,https://a.example/1 https://b.example,Vote Paris,"
        "bob,3,NA,2009-03-04T05:06:07Z\n"
        "x9,x11,2017-02-15 10:00:00,ana,rien,FALSE,NA,NA,NA,NA,NA,NA,NA,NA,NA\n"
    )
    first, second = taken("rtweet", header + lines)
    assert first["time"] == second["time"] == datetime(2017, 2, 15, 10, tzinfo=UTC)
    assert (first["post_id"], first["channel_id"], first["repost_of"], first["reactions"]) == ("x10", "x9", "x6", 3)
    assert first["urls"] == ["https://a.example/1", "https://b.example"]
    assert (first["hashtags"], first["mentions"]) == (["Vote", "Paris"], ["bob"])
    assert first["channel_created"] == MADE
    empty = ("repost_of", "reply_to", "lang", "reactions", "channel_created")
    assert [second[name] for name in empty] == [None] * 5
    assert second["urls"] == second["hashtags"] == second["mentions"] == []


def heads():
    """Return a header line for each packaged CSV mapping: its needs, the first of alternatives."""
    return {m.name: ",".join(n.split("|")[0] for n in m.needs) for m in builtin() if m.shape == "csv"}


@pytest.mark.parametrize("name", sorted(heads()))
def test_each_header_is_claimed_first_by_its_own_format_and_without_ties(name):
    head = Head("file.csv", heads()[name].encode() + b"\n", whole=True)
    scores = sorted(((source.sniff(head), source.name) for source in all_sources()), reverse=True)
    assert scores[0][1] == name
    assert scores[0][0] > scores[1][0]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b'{"time": 1, "platform": "x", "channel_id": "a", "text": "t"}\n',
        b'192.0.2.1 - - [15/Feb/2017:10:00:00 +0000] "GET / HTTP/1.1" 200 5\n',
        b"time,platform,channel_id\n",
        b"time,platform,channel_id,te",
        b"time,platform,channel_id,text\0\n",
        b"\xff\xfe,time,platform,channel_id,text\n",
        b"<html>time,platform,channel_id,text</html>\n",
    ],
)
def test_nothing_else_is_claimed(data):
    for mapping in builtin():
        if mapping.shape == "csv":
            assert named(mapping.name).sniff(Head("x", data, whole=False)) == 0


def test_a_backslash_may_escape_where_the_mapping_says_so():
    text = """
        name = "sql-dump"
        title = "x"
        table = "posts"
        shape = "csv"
        delimiter = ";"
        escape = '\\'
        [sniff]
        needs = ["a"]
        [columns]
        time = { value = "2017-02-15" }
        platform = { value = "x" }
        channel_id = { from = ["a", "b"], prefix = "u" }
        text = { from = "b", values = { hi = "hello" } }
    """
    source = source_for(parse(text, where="x"))
    rows, refused = read(source, b'a;b\n1;"say \\"hi\\"; \\\\"\n;hi\n')
    assert refused == []
    assert [(row["channel_id"], row["text"]) for row in rows] == [("u1", 'say "hi"; \\'), ("uhi", "hello")]


REFERS = """
    name = "refers"
    title = "x"
    table = "posts"
    shape = "csv"
    [sniff]
    needs = ["a"]
    [columns]
    time = { value = "2017-02-15" }
    platform = { value = "x" }
    channel_id = "a"
    text = { value = "" }
    repost_of = { from = "to", where = { kind = "retweet" } }
    reply_to = { from = "to", where = { kind = ["reply", "answer"] }, prefix = "p" }
    quote_of = { from = "to", where = { kind = "quote", live = "yes" } }
    hashtags = { from = "tags", split = " ", where = { kind = "quote" } }
    mentions = { from = "tags", split = " ", where = { absent = "quote" } }
"""


def test_a_column_that_means_one_thing_or_another_as_a_second_one_says():
    source = source_for(parse(REFERS, where="x"))
    lines = (
        "a,kind,to,live,tags\nu,retweet,1,,A\nu,reply,2,,B\nu,answer,,,B\nu,quote,3,yes,C D\nu,quote,4,no,E\nu,,5,,F\n"
    )
    rows, refused = read(source, lines.encode(), seed=2)
    assert refused == []
    assert [row["repost_of"] for row in rows] == ["1", None, None, None, None, None]
    assert [row["reply_to"] for row in rows] == [None, "p2", None, None, None, None]
    assert [row["quote_of"] for row in rows] == [None, None, None, "3", None, None]
    assert [row["hashtags"] for row in rows] == [[], [], [], ["C", "D"], ["E"], []]
    assert [row["mentions"] for row in rows] == [[]] * 6


def test_a_mapping_that_asks_a_column_uses_it():
    assert {"kind", "live"} <= parse(REFERS, where="x").used()


def test_a_tweet_that_quotes_is_no_retweet():
    header = "author_id,content,language,publish_date,post_type,retweet,account_category\n"
    kinds = ["R,1", "Q,1", ",1", ",0"]
    lines = "".join(f"9,#Vote https://t.co/abcdefghij,English,2017-02-15 10:00:00,{kind},X\n" for kind in kinds)
    rows = taken("ira-tweets", header + lines)
    assert [row["repost_of"] for row in rows] == ["unknown", None, "unknown", None]
    assert [row["quote_of"] for row in rows] == [None, "unknown", None, None]
    assert rows[0]["urls"] == ["https://t.co/abcdefghij"]


@pytest.mark.shared
def test_every_tweet_of_the_evaluation_data_is_a_row():
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    data = gzip.decompress((folder / "ira-trolls/dev/german_2017_q3.csv.gz").read_bytes())
    wanted = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    rows, refused = read(named("ira-tweets"), data)
    assert refused == []
    assert [r["text"] for r in rows] == [w["content"] for w in wanted]
    assert [r["channel_id"] for r in rows] == [w["author_id"] for w in wanted]
    assert [r["time"].strftime("%Y-%m-%d %H:%M:%S") for r in rows] == [w["publish_date"] for w in wanted]
    assert [r["repost_of"] == "unknown" for r in rows] == [w["post_type"] == "R" for w in wanted]
    assert [r["quote_of"] == "unknown" for r in rows] == [w["post_type"] == "Q" for w in wanted]
