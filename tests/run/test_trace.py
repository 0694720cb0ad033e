"""`vigie trace`: the whole way from posts, and the look-ups beside plain loops over every row."""

import contextlib
import io
import json
import os
import re
import stat
from dataclasses import asdict
from datetime import UTC, datetime
from types import SimpleNamespace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.run.builders import make_case, take
from tests.run.copied_texts import CASE, HARBOUR, LEAK, write
from tests.run.network_tables import HOSTILE
from tests.run.trace_tables import SlowIndex
from vigie import case as case_file
from vigie.cli import app
from vigie.errors import InputError, StoreError
from vigie.measures import measured, named
from vigie.run import trace as module
from vigie.run.analyse import measuring
from vigie.run.trace import Tracing, trace
from vigie.run.trace_asked import address_of, asked_text
from vigie.run.trace_facts import Facts
from vigie.run.trace_lines import Lines
from vigie.run.trace_make import FactsWriter
from vigie.screen_trace import trace_page
from vigie.tables import TABLES
from vigie.tables.store import Manifest, Store
from vigie.text.hosts import publisher
from vigie.text.normalise import is_marked_repost, normalise
from vigie.text.urls import canonical_url

PAGE = "https://www.news.example/2017/harbour?utm_source=x"
ARTICLE = f"{HARBOUR} Nobody in the town hall wished to say why, and the books were driven away at night."
PASSAGE = "the books were driven away at night"


@pytest.fixture(scope="module")
def traced_case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trace")
    case = make_case(folder / "case")
    file = case / "case.toml"
    file.write_text(file.read_text(encoding="utf-8") + CASE, encoding="utf-8")
    rows = [
        ("2017-04-12T08:00:09Z", "x:late", LEAK.upper()),
        ("2017-04-10T08:00:01.5Z", "telegram:rt_fr", LEAK),
        ("2017-04-10T08:00:01Z", "x:ann", LEAK + " https://t.example/1"),
        ("2017-04-10T09:00:00Z", "x:bob", LEAK.replace("long years", "very long years")),
        ("2017-04-10T07:00:00Z", "x:rep", LEAK, "post1"),
        ("2017-04-10T10:00:00Z", "x:rt", f"RT @ann: {LEAK}"),
        ("2017-04-11T08:00:30Z", HOSTILE, HARBOUR.replace("village", "\x1b[31mvillage\u202e")),
        ("2017-04-11T09:00:00Z", "x:ann", f"Read this {PAGE}"),
        ("2017-04-11T10:00:00Z", "x:bob", "And this https://m.news.example/2017/harbour/#top again"),
        ("2017-04-11T09:30:00Z", "x:cat", "Other things https://news.example/2017/other"),
        ("2017-04-13T09:30:00Z", "x:cat", "Other things still https://news.example/2017/other"),
        ("2017-04-11T11:00:00Z", "x:ann", f"RT @ann: {PAGE}"),
        ("2017-04-11T11:30:00Z", "x:ann", "Short and said twice"),
    ]
    page = f"""<html><head><title>The library</title><link rel="canonical" href="{PAGE}">
<meta property="article:published_time" content="2017-04-11T07:00:00Z"></head><body><article><p>{ARTICLE}</p>
<p>{ARTICLE.replace("teacher", "mayor")}</p></article></body></html>"""
    (folder / "page.html").write_text(page, encoding="utf-8")
    days = [(f"2017-04-{10 + n}T00:00:00Z", f"web:paper{n % 2}", DAYS) for n in range(6)]
    minutes = [(f"2017-04-{10 + n // 2}T0{n % 2}:07:00Z", f"x:m{n % 4}", f"{MINUTES} {n // 4}") for n in range(20)]
    minutes += [("2017-04-10T00:07:00Z", "x:m9", f"{MINUTES} 0")]
    files = [write(folder / name, made) for name, made in (("p.csv", rows), ("d.csv", days), ("m.csv", minutes))]
    added = take(case, *files, folder / "page.html")
    assert not [a.error for a in added if a.error]
    trace(case, "what is made once")
    return case


DAYS = "Nobody told the fishermen that the lighthouse would be sold to a bank before the summer"
MINUTES = "The bulletin of the ferry says that it will leave the quay an hour later than on other days"


def said(traced):
    return [(s.channel, s.relation, s.is_repost) for s in traced.said.listing.shown]


def test_a_text_is_found_first_to_last_with_what_was_changed(traced_case):
    found = trace(traced_case, f"{LEAK}!!").said.listing
    assert [(s.channel, s.relation, s.is_repost, s.line) for s in found.shown] == [
        ("x:ann", "exact", False, 4),
        ("telegram:rt_fr", "exact", False, 3),
        ("x:bob", "surface", False, 5),
        ("x:late", "exact", False, 2),
        ("x:rep", "exact", True, 6),
        ("x:rt", "exact", True, 7),
    ]
    assert (found.total, found.posts, found.reposts, found.channels) == (6, 4, 2, 4)
    assert found.relations == {"exact": 3, "near": 1}
    assert found.platforms == {"x": 3, "telegram": 1}
    assert found.tiers == {"": 3, "state-controlled": 1}
    first = found.first
    assert (first.channel, first.time, found.tied) == ("x:ann", datetime(2017, 4, 10, 8, 0, 1, tzinfo=UTC), 1)
    assert found.last_seen == datetime(2017, 4, 12, 8, 0, 9, tzinfo=UTC)
    russian = found.shown[1]
    assert (russian.outlet, russian.tier, russian.name, russian.file) == (
        "RT",
        "state-controlled",
        "Name rt_fr",
        "p.csv",
    )
    assert [round(s.likeness, 2) for s in found.shown[:3]] == [1, 1, 0.97]
    assert len({s.family for s in found.shown}) == 1
    assert found.first.family.startswith("fam-")


def test_a_limit_cuts_what_is_shown_and_no_figure(traced_case):
    whole, two = (trace(traced_case, LEAK, limit=limit).said.listing for limit in (None, 2))
    assert two.shown == whole.shown[:2]
    assert asdict(two) | {"shown": ()} == asdict(whole) | {"shown": ()}


def test_a_passage_is_found_in_longer_posts_and_a_short_post_in_a_long_text(traced_case):
    passage = trace(traced_case, PASSAGE)
    assert said(passage) == [("web:news.example", "contains it", False)]
    assert passage.said.listing.shown[0].likeness == 1
    assert passage.said.listing.relations == {"contains it": 1}
    long = trace(traced_case, f"{LEAK} and then there was a very long speech about fishing rights. " * 2 + DAYS)
    relations = {(s.channel, s.relation) for s in long.said.listing.shown}
    assert ("web:paper0", "part of it") in relations
    # Who publishes a part of a text is not who published the text first.
    assert trace(traced_case, f"{PASSAGE}, short and said twice").said.listing.first.channel == "x:ann"


def test_a_first_within_a_whole_day_or_a_minute_is_not_told(traced_case):
    days = trace(traced_case, DAYS).said.listing
    assert (days.first.precision_s, days.tied) == (86_400, 0)
    minutes = trace(traced_case, f"{MINUTES} 0").said.listing
    assert (minutes.first.precision_s, minutes.first.channel, minutes.tied) == (60, "x:m0", 1)


def test_what_is_nowhere_is_said_with_what_was_looked_through(traced_case):
    nothing = trace(traced_case, "Zwölf Boxkämpfer jagen Viktor quer über den Deich")
    assert (nothing.said.listing.total, nothing.said.listing.first) == (0, None)
    assert (nothing.posts, nothing.texts) == (41, 13)


def test_what_is_nowhere_has_its_nearest(tmp_path):
    rows = [(3, "x:ann", DAYS, [], False), (1, "x:bob", DAYS.upper(), [], False), (0, "x:cat", LEAK, [], False)]
    tracing, _, _ = tracing_of(tmp_path, rows)
    said = tracing.trace(f"{DAYS[:40]} was a church until they saw the painting that hangs in it").said
    assert said.listing.total == 0
    (nearest,) = said.nearest
    assert (nearest.post.channel, nearest.posts) == ("x:bob", 2)
    assert 0.1 <= nearest.likeness < 0.5


def test_texts_are_numbered_as_the_index_numbers_them(traced_case):
    facts, index = module.held(traced_case, case_file.load(traced_case), Store(traced_case / "store").manifest())
    assert facts.texts == index.texts > 10
    for number in range(facts.texts):
        rows = facts.of_texts([number])
        assert rows.tolist() == index.rows_of([number]).tolist()
        assert index.looked_up(facts.said(int(rows[0]))[0]).exact == number


@pytest.mark.parametrize(
    "text", ["Short", "two words", "🔥🔥🔥", "@ana https://x.example", "\u202e\0", "\ud800 \udfff"]
)
def test_too_few_words_cannot_be_traced(traced_case, text):
    found = trace(traced_case, text)
    assert found.said.words < 3
    assert (found.said.listing.total, found.said.nearest) == (0, ())


@pytest.mark.parametrize(
    "text",
    [
        f"\ud800{LEAK}\udfff",
        LEAK.replace(" ", " \0 "),
        f"\u202e{LEAK}\u202c",
        f"<b>{LEAK}</b> 🔥🔥🔥 #a #b #c",
        f"\x1b[2J{LEAK}\x1b]0;gone\x07",
        f"rt @ana: {LEAK} " * 2,
    ],
)
def test_disguised_texts_are_found_and_nothing_acts(traced_case, text):
    found = trace(traced_case, text)
    assert LEAK in [s.text for s in found.said.listing.shown]
    with io.StringIO() as out, contextlib.redirect_stdout(out):
        trace_page(found)
        printed = out.getvalue()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", printed)


def test_who_links_a_page_and_what_it_says(traced_case):
    for asked in (PAGE, "hxxps://news[.]example/2017/harbour", "www.news.example/2017/harbour/", f" {PAGE}\n"):
        found = trace(traced_case, asked)
        linked = found.linked
        assert linked.page == "https://news.example/2017/harbour"
        assert [(s.channel, s.relation, s.is_repost) for s in linked.listing.shown] == [
            ("x:ann", "links it", False),
            ("x:bob", "links it", False),
            ("x:ann", "links it", True),
        ]
        assert linked.listing.first.likeness is None
        assert (linked.host, linked.others, linked.is_shortener) == ("news.example", 2, False)
        assert [s.time.day for s in (linked.others_first, linked.others_last)] == [11, 13]
        assert (linked.article.channel, linked.article.file, linked.article.line) == (
            "web:news.example",
            "page.html",
            1,
        )
        assert {(s.channel, s.relation) for s in found.said.listing.shown} >= {("web:news.example", "exact")}
        assert PASSAGE in found.said.text


def test_a_page_that_nobody_links_and_hosts_that_name_no_publisher(traced_case):
    nobody = trace(traced_case, "https://news.example/2018/nothing").linked
    assert (nobody.listing.total, nobody.others, nobody.article) == (0, 5, None)
    unknown = trace(traced_case, "https://elsewhere.example/").linked
    assert (unknown.listing.total, unknown.others, unknown.others_first) == (0, 0, None)
    short = trace(traced_case, "https://bit.ly/abc").linked
    assert (short.host, short.is_shortener) == ("", True)
    assert trace(traced_case, "https://x.com/ann/status/1").linked.host == ""


def test_credentials_are_not_kept(traced_case):
    found = trace(traced_case, "https://user:secret@news.example/2017/harbour")
    assert found.linked.listing.total == 3
    assert "secret" not in json.dumps(asdict(found), default=str)


@pytest.mark.parametrize(
    "asked", ["https://", "http://[", "www." + "a" * 200_000, "https://a.example/" + "b" * 200_000]
)
def test_what_is_no_address_of_a_page_is_refused(traced_case, asked):
    with pytest.raises(InputError, match="not an address of a page"):
        trace(traced_case, asked)


def test_a_text_beyond_all_measure_is_refused_and_a_long_one_answered(traced_case):
    with pytest.raises(InputError, match="2,000,001 characters"):
        trace(traced_case, "a" * 2_000_001)
    assert trace(traced_case, "wor " * 20_000).said.words == 20_000


def test_the_second_call_makes_nothing_and_a_change_of_the_case_makes_it_anew(traced_case, tmp_path):
    steps = []
    trace(traced_case, LEAK, progress=lambda *step: steps.append(step))
    assert steps == []
    with measuring(traced_case):  # another process measures: a trace needs no lock
        assert trace(traced_case, LEAK).said.listing.total == 6
    case = make_case(tmp_path / "case")
    take(case, write(tmp_path / "a.csv", [("2017-04-10T08:00:01Z", "x:ann", LEAK)]))
    with measuring(case), pytest.raises(StoreError, match="another vigie process"):
        trace(case, LEAK)
    assert trace(case, LEAK, progress=lambda *step: steps.append(step)).said.listing.total == 1
    assert [done for _, done, _ in steps] == [0, 1, 2]
    take(case, write(tmp_path / "b.csv", [("2017-04-09T08:00:01Z", "x:bob", LEAK)]))
    assert [s.channel for s in trace(case, LEAK).said.listing.shown] == ["x:bob", "x:ann"]
    assert len(list((case / "cache").glob("*trace-*"))) == 1


def test_damaged_facts_are_made_again(tmp_path):
    case = make_case(tmp_path / "case")
    take(case, write(tmp_path / "a.csv", [("2017-04-10T08:00:01Z", "x:ann", LEAK)]))
    trace(case, LEAK)
    for name in ("facts.json", "posts.arrow", "time.npy", "page_keys.npy", "channels.arrow"):
        (folder,) = (case / "cache").glob("trace-*")
        (folder / name).write_bytes((folder / name).read_bytes()[:-9])
        assert trace(case, LEAK).said.listing.total == 1


def test_a_case_without_posts_says_so(tmp_path):
    case = make_case(tmp_path / "case")
    found = trace(case, LEAK)
    assert (found.lacking, found.said, found.linked) == (("posts",), None, None)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_case_that_cannot_be_written_says_what_to_do(tmp_path):
    case = make_case(tmp_path / "case")
    take(case, write(tmp_path / "a.csv", [("2017-04-10T08:00:01Z", "x:ann", LEAK)]))
    case.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(StoreError, match="trace in a copy of the case"):
            trace(case, LEAK)
    finally:
        case.chmod(stat.S_IRWXU)


def test_what_cannot_be_written_is_said_with_what_to_do(tmp_path):
    case = make_case(tmp_path / "case")
    take(case, write(tmp_path / "a.csv", [("2017-04-10T08:00:01Z", "x:ann", LEAK)]))
    (case / "cache").write_text("in the way", encoding="utf-8")
    with pytest.raises(StoreError, match="trace in a copy of the case"):
        trace(case, LEAK)


def test_a_file_that_is_gone_leaves_the_record(tmp_path):
    case = make_case(tmp_path / "case")
    feed = tmp_path / "feed.xml"
    items = "".join(
        f"<item><title>{LEAK} {n}</title><pubDate>Mon, 10 Apr 2017 08:00:00 GMT</pubDate></item>\n" for n in (1, 2)
    )
    feed.write_text(f"<rss version='2.0'><channel><link>https://a.example</link>\n{items}</channel></rss>", "utf-8")
    take(case, feed)
    assert [s.line for s in trace(case, f"{LEAK} 2").said.listing.shown if s.relation == "exact"] == [3]
    feed.write_text("another", encoding="utf-8")
    (other,) = [s for s in trace(case, f"{LEAK} 2").said.listing.shown if s.relation == "exact"]
    assert (other.line, other.record) == (None, 2)


def test_the_command_reads_texts_files_and_standard_input(traced_case, tmp_path):
    run = CliRunner().invoke
    printed = run(app, ["trace", str(traced_case), LEAK])
    assert printed.exit_code == 0
    assert "p.csv:4" in printed.output
    (tmp_path / "text").write_bytes(b"\xef\xbb\xbf" + LEAK.encode())
    for arguments, piped in ((["--file", str(tmp_path / "text")], None), (["-"], LEAK), (["-"], LEAK.encode("utf-16"))):
        result = run(app, ["trace", str(traced_case), *arguments, "--json", "--limit", "0"], input=piped)
        assert result.exit_code == 0
        assert json.loads(result.output)["said"]["listing"]["total"] == 6
    assert run(app, ["trace", str(traced_case), "-"], input=bytes(range(256))).exit_code == 0


def test_no_text_two_texts_and_no_file_are_said(tmp_path, monkeypatch):
    for text, file in (("", None), (" \n", None), ("a", tmp_path), ("", tmp_path / "none"), ("", tmp_path)):
        with pytest.raises(InputError):
            asked_text(text, file)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"a\xff\x00b")))
    assert asked_text("-", None) == "a\ufffd\0b"


def test_an_address_stands_alone():
    assert address_of("hxxp://a[.]example/b") == "http://a.example/b"
    for text in ("https://a.example and more", "mailto:a@b.example", "wwwhat is this", "", "ftp://a.example"):
        assert address_of(text) is None


# The look-ups beside loops over every row.

WORDS = ("the vote was stolen", "they hid the ballots in the river", "nobody saw it come back home again")
URLS = ("https://a.example/1", "http://www.a.example/1/?utm_source=x", "https://a.example/2", "https://b.example/", "x")
POSTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["x:ann", "x:bob", "telegram:ann", "web:a.example"]),
        st.sampled_from(
            [*WORDS, *(w.upper() for w in WORDS), f"RT @x: {WORDS[0]}", f"{WORDS[1]}, {WORDS[2]}", "no", ""]
        ),
        st.lists(st.sampled_from(URLS), max_size=3),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def tracing_of(folder, rows):
    """Return a tracing of rows, and the rows as it has them."""
    columns = {name: [None] * len(rows) for name in TABLES["posts"].seen.names}
    columns |= {
        "row_id": [f"{'ab'[n % 2] * 12}:{n + 1}" for n in range(len(rows))],
        "time": [datetime(2017, 4, 10, 8, 0, row[0], tzinfo=UTC) for row in rows],
        "platform": [row[1].partition(":")[0] for row in rows],
        "channel_id": [row[1].partition(":")[2] for row in rows],
        "text": [row[2] for row in rows],
        "urls": [row[3] for row in rows],
        "post_id": [row[3][0] if row[4] and row[3] else f"p{n}" for n, row in enumerate(rows)],
        "repost_of": ["p0" if row[4] and row[1] == "x:bob" else None for row in rows],
    }
    columns |= {name: [[] for _ in rows] for name in ("hashtags", "mentions", "media_hashes")}
    posts = pa.table(columns, schema=TABLES["posts"].seen)
    families = measured(named("text_families"), {"posts": posts}, words_min=3)
    target = folder / "trace-1"
    writer = FactsWriter(target, families, {"a" * 12: True, "b" * 12: True})
    for at in range(0, len(rows), 5):
        writer.add(posts.slice(at, 5))
    writer.finish([])
    facts = Facts.opened(target)
    index = SlowIndex([facts.said(row)[0] for row in range(facts.rows)], facts.family.tolist())
    case = case_file.parse(
        '[election]\nname = "E"\ncountry = "FR"\ntime_zone = "Europe/Paris"\nrounds = [2017-04-23]\n'
    )
    return Tracing(case, (facts, index), Lines(Manifest((), {}, {}))), posts.to_pylist(), families


def is_repost(row):
    return row["repost_of"] is not None or is_marked_repost(row["text"])


@settings(max_examples=25)
@given(rows=POSTS, asked=st.sampled_from([*WORDS, f"{WORDS[1]} {WORDS[2]}"]))
def test_exact_posts_and_members_are_those_that_loops_find(tmp_path_factory, rows, asked):
    tracing, posts, families = tracing_of(tmp_path_factory.mktemp("t"), rows)
    listing = tracing.trace(asked, limit=None).said.listing
    exact = {p["row_id"] for p in posts if normalise(p["text"]) == normalise(asked)}
    found = {s.row_id for s in listing.shown if s.relation == "exact"}
    assert found == exact
    family = dict(zip(families["row_id"].to_pylist(), families["family_id"].to_pylist(), strict=True))
    mine = {family[i] for i in exact} - {None}
    assert {i for i, f in family.items() if f in mine} <= {s.row_id for s in listing.shown}
    own = [p for p in posts if p["row_id"] in {s.row_id for s in listing.shown} and not is_repost(p)]
    assert (listing.posts, listing.reposts) == (len(own), len(listing.shown) - len(own))
    assert listing.channels == len({(p["platform"], p["channel_id"]) for p in own})
    assert sum(listing.platforms.values()) == len(own) == sum(listing.relations.values())
    keys = [(s.is_repost, s.time) for s in listing.shown]
    assert keys == sorted(keys)
    assert len({s.row_id for s in listing.shown}) == listing.total
    if listing.first:
        whole = [s.time for s in listing.shown if not s.is_repost and s.relation != "part of it"]
        assert listing.first.time == min(whole or [s.time for s in listing.shown if not s.is_repost])


@settings(max_examples=25)
@given(rows=POSTS, asked=st.sampled_from([url for url in URLS if url != "x"]))
def test_posts_that_link_a_page_are_those_that_a_loop_finds(tmp_path_factory, rows, asked):
    tracing, posts, _ = tracing_of(tmp_path_factory.mktemp("t"), rows)
    linked = tracing.trace(asked, limit=None).linked
    page = canonical_url(asked)
    pages = {p["row_id"]: {canonical_url(u) for u in p["urls"]} - {None} for p in posts}
    assert {s.row_id for s in linked.listing.shown} == {i for i, found in pages.items() if page in found}
    others = [
        p for p in posts if page not in pages[p["row_id"]] and publisher(page) in map(publisher, pages[p["row_id"]])
    ]
    assert linked.others == len(others)
    times = sorted(p["time"] for p in others)
    if times:
        assert (linked.others_first.time, linked.others_last.time) == (times[0], times[-1])
    articles = [p for p in posts if p["platform"] == "web" and canonical_url(p["post_id"]) == page]
    assert (linked.article is None) == (not articles)
