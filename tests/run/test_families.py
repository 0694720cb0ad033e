"""`vigie families` and `vigie explain CASE fam-...`: the whole way from posts."""

import json
import random
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from tests.run.builders import make_case, take
from tests.run.copied_texts import CASE, DATED, HARBOUR, LEAK, write
from tests.run.network_tables import HOSTILE
from vigie.cli import app
from vigie.errors import InputError
from vigie.run import families as module
from vigie.run.analyse import analyse
from vigie.run.explain_family import explain_family
from vigie.run.families import asked_about, families
from vigie.text.normalise import normalise

OPINION = "Our reader writes that the ferry was late again and that the coffee on board tastes of old rope and of rain"


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("families")
    case = make_case(folder / "case")
    file = case / "case.toml"
    file.write_text(file.read_text(encoding="utf-8") + CASE, encoding="utf-8")
    rows = [
        ("2017-04-12T08:00:09Z", "x:late", LEAK.upper()),
        ("2017-04-10T08:00:01Z", "telegram:rt_fr", LEAK),
        ("2017-04-10T08:00:01Z", "x:ann", LEAK + " https://t.example/1"),
        ("2017-04-10T09:00:00Z", "x:bob", LEAK.replace("long years", "very long years")),
        ("2017-04-10T07:00:00Z", "x:rep", LEAK, "post1"),
        ("2017-04-10T10:00:00Z", "x:rt", f"RT @ann: {LEAK}"),
        ("2017-04-11T08:00:00Z", "x:daily", HARBOUR),
        ("2017-04-11T08:00:30Z", HOSTILE, HARBOUR.replace("village", "\x1b[31mvillage\u202e")),
        ("2017-04-11T10:00:00Z", "x:daily", "Something else that nobody else in this case would ever think of saying"),
        ("2017-04-11T11:00:00Z", "x:ann", "Short and said twice"),
        ("2017-04-11T12:00:00Z", "x:bob", "Short and said twice"),
        ("2017-04-12T12:00:00Z", "web:daily.example", f"{OPINION} {LEAK} {OPINION.upper()}"),
        ("2017-04-12T13:00:00Z", "x:rt", f"RT @daily: {OPINION} {LEAK} {OPINION.upper()}"),
    ]
    days = [(f"2017-04-{10 + n}T00:00:00Z", f"web:paper{n % 2}", DATED) for n in range(6)]
    take(case, write(folder / "posts.csv", rows), write(folder / "days.csv", days))
    return case


@pytest.fixture(scope="module")
def listed(copies):
    return families(copies)


def said(listed, word):
    (found,) = [f for f in listed.shown if word in f.first.text]
    return found


def test_a_longer_post_that_has_it_in_it_quotes_it_and_is_no_copy(copies, listed):
    leak = said(listed, "minister")
    assert leak.quoted == (1, 1)
    assert said(listed, "library").quoted == (0, 0)
    explained = explain_family(copies, leak.id)
    assert [(m.channel, m.kind, m.similarity) for m in explained.quoting] == [("web:daily.example", "quoted", None)]
    assert explained.quoted == (1, 1)
    assert LEAK in explained.quoting[0].text
    assert explained.quoting[0].raw.line == 13
    shown = CliRunner().invoke(app, ["explain", str(copies), leak.id]).stdout
    assert "quoted: 1 longer post of 1 channel" in shown
    assert "web:daily.example" in shown
    assert "in 1 longer post of 1 channel" in CliRunner().invoke(app, ["families", str(copies)]).stdout


def test_a_family_has_its_first_its_spread_and_what_was_changed(listed):
    leak = said(listed, "minister")
    assert (leak.posts, leak.reposts, leak.channels, leak.rows) == (4, 2, 4, 6)
    assert leak.platforms == {"x": 3, "telegram": 1}
    assert leak.tiers == {"": 3, "state-controlled": 1}
    assert leak.first_seen == leak.first.time == datetime(2017, 4, 10, 8, 0, 1, tzinfo=UTC)
    assert leak.last_seen == datetime(2017, 4, 12, 8, 0, 9, tzinfo=UTC)
    assert (leak.first.channel, leak.first.name) == ("telegram:rt_fr", "Name rt_fr")
    assert (leak.first.outlet, leak.first.tier, leak.first.same_second) == ("RT", "state-controlled", 2)
    assert leak.first.text == LEAK
    assert not leak.first.whole_day
    assert leak.changes.kinds == {"exact": 2, "surface": 1}
    assert (leak.changes.posts, leak.changes.left_out) == (3, 0)
    assert (leak.texts, leak.written) == (2, 4)
    assert leak.candidates == ("Ana Reed",)
    assert leak.likeness.median == 1
    assert 0.8 < leak.likeness.least < 1
    assert leak.likeness.loose == 0
    assert len(leak.row_ids) == 6
    assert leak.agencies == {}


def test_what_stands_over_the_families_counts_all_of_them(listed):
    assert [f.channels for f in listed.shown] == [4, 2, 2]
    assert [f.posts for f in listed.shown] == [4, 6, 2]
    assert (listed.families, listed.matching, listed.family_posts, listed.family_reposts) == (3, 3, 12, 2)
    assert listed.posts == 16
    assert (listed.words_min, listed.channels_min, listed.lacking) == (6, 2, ())
    assert "Short" not in "".join(f.first.text for f in listed.shown)


def test_a_credit_and_a_file_of_whole_days_are_said(listed):
    assert said(listed, "library").agencies == {"AFP": 2}
    days = said(listed, "lighthouse")
    assert (days.whole_days, days.first.whole_day, days.first.same_second) == (6, True, 1)
    assert said(listed, "library").whole_days == 0


def test_only_families_about_a_candidate_or_on_many_channels(copies):
    for about in ("ana", "Ana Reed", "REED", "рид"):
        assert [f.first.text for f in families(copies, about=about).shown] == [LEAK]
    nothing = families(copies, about="bo")
    assert (nothing.matching, nothing.shown, nothing.families, nothing.about) == (0, (), 3, ("Bo Lind",))
    assert [f.channels for f in families(copies, channels_min=3).shown] == [4]
    one = families(copies, limit=1)
    assert (len(one.shown), one.matching) == (1, 3)
    for about in ("zed", "-", ""):
        with pytest.raises(InputError, match="candidates: ana, bo"):
            asked_about(module.FamilyTables(copies).case, about, copies)


def test_a_batch_of_families_changes_nothing(copies, listed, monkeypatch):
    monkeypatch.setattr(module, "_BATCH_POSTS", 1)
    assert families(copies) == listed


def test_row_ids_are_capped_and_the_rest_counted(copies, monkeypatch):
    monkeypatch.setattr(module, "ROW_IDS_LISTED", 5)
    leak = said(families(copies), "minister")
    assert (len(leak.row_ids), leak.rows) == (5, 6)
    whole = explain_family(copies, leak.id, limit=None)
    assert list(leak.row_ids) == [m.raw.row_id for m in (whole.first, *whole.others)][:5]


def test_each_member_opens_to_file_line_and_what_it_changed(copies, listed):
    leak = said(listed, "minister")
    explained = explain_family(copies, leak.id[:12])
    assert explained.id == leak.id
    assert (explained.posts, explained.reposts, explained.channels, explained.total) == (4, 2, 4, 5)
    assert explained.first.text == LEAK
    assert [(m.channel, m.kind) for m in explained.others] == [
        ("x:ann", "exact"),
        ("x:bob", "surface"),
        ("x:late", "exact"),
        ("x:rep", "exact"),
        ("x:rt", "exact"),
    ]
    assert [m.is_repost for m in explained.others] == [False, False, False, True, True]
    lines = (copies.parent / "posts.csv").read_text(encoding="utf-8").split("\n")
    for member in (explained.first, *explained.others):
        assert member.raw.file == "posts.csv"
        assert member.raw.text == lines[member.raw.line - 1]
        assert member.text in member.raw.text
        assert 0 < member.similarity <= 1
    few = explain_family(copies, leak.id, limit=2)
    assert (few.others, few.total, few.reposts) == (explained.others[:2], 5, 2)
    days = explain_family(copies, said(listed, "lighthouse").id)
    assert all(m.whole_day for m in (days.first, *days.others))
    assert explain_family(copies, said(listed, "library").id).first.agency == "AFP"


def test_an_unknown_or_ambiguous_id_names_those_there_are(copies, listed):
    with pytest.raises(InputError, match=rf"no family is named 'fam-zzz'\n.*{min(f.id for f in listed.shown)}"):
        explain_family(copies, "fam-zzz")
    with pytest.raises(InputError, match="3 families begin with 'fam-'"):
        explain_family(copies, "fam-")


def test_a_finding_on_a_family_is_named_there(tmp_path):
    case = make_case(tmp_path / "case")
    take(case, write(tmp_path / "p.csv", [(f"2017-04-10T08:00:{n:02}Z", f"x:c{n}", LEAK) for n in range(8)]))
    assert families(case).shown[0].findings == ()
    (finding,) = analyse(case).findings.to_pylist()
    assert families(case).shown[0].findings == (finding["id"],)


def test_an_item_without_text_is_taken_by_its_title(tmp_path):
    case = make_case(tmp_path / "case")
    file = tmp_path / "p.csv"
    head = "time,platform,post_id,channel_id,title,text\n"
    file.write_text(head + "".join(f"2017-04-10T08:00:0{n}Z,web,p{n},c{n},{LEAK},\n" for n in range(2)), "utf-8")
    take(case, file)
    (family,) = families(case).shown
    assert (family.first.text, family.changes.kinds) == (LEAK, {"exact": 1})
    assert explain_family(case, family.id).others[0].text == LEAK


@pytest.mark.parametrize("seed", [1, 2])
def test_the_figures_are_those_of_a_slow_count(tmp_path, seed):
    rng = random.Random(seed)
    pool = [LEAK, HARBOUR, DATED]
    rows = []
    for _ in range(120):
        channel = f"{rng.choice(('x', 'telegram'))}:c{rng.randrange(9)}"
        text = rng.choice((str, str.upper, lambda t: t + "!"))(rng.choice(pool))
        repost = ["p9"] if rng.random() < 0.2 else [""]
        rows.append((f"2017-04-10T08:0{rng.randrange(3)}:{rng.randrange(60):02}Z", channel, text, *repost))
    case = make_case(tmp_path / "case")
    take(case, write(tmp_path / "p.csv", rows))
    by_key = {}
    for line, row in enumerate(rows, 2):
        by_key.setdefault(normalise(row[2]), []).append((line, *row))
    shown = families(case, limit=None).shown
    assert len(shown) == len(by_key)
    for family in shown:
        posts = by_key[normalise(family.first.text)]
        own = sorted((p for p in posts if not p[4]), key=lambda p: (p[1], p[2].partition(":")[0], p[0]))
        assert (family.posts, family.reposts) == (len(own), len(posts) - len(own))
        assert family.channels == len({p[2] for p in own})
        assert family.platforms == Counter(p[2].partition(":")[0] for p in own)
        assert family.first.row_id.endswith(f":{own[0][0]}")
        assert family.first.same_second == len({p[2] for p in own if p[1] == own[0][1]})
        assert (family.texts, family.written) == (1, len({p[3] for p in own}))
        assert family.changes.kinds == {"exact": len(own) - 1}
        order = [*own, *sorted((p for p in posts if p[4]), key=lambda p: (p[1], p[2].partition(":")[0], p[0]))]
        assert [int(i.partition(":")[2]) for i in family.row_ids] == [p[0] for p in order]
    keys = [(-f.channels, -f.posts) for f in shown]
    assert keys == sorted(keys)


def test_the_commands_print_text_and_json(copies, listed):
    runner = CliRunner()
    leak = said(listed, "minister")
    done = runner.invoke(app, ["families", str(copies), "--about", "reed", "--limit", "1"])
    assert (done.exit_code, leak.id[:14] in done.stdout) == (0, True)
    for arguments in (["families", str(copies)], ["explain", str(copies), said(listed, "library").id]):
        done = runner.invoke(app, arguments)
        assert done.exit_code == 0
        assert not set("\x1b\x07\u202e") & set(done.stdout)
    everything = json.loads(runner.invoke(app, ["families", str(copies), "--json"]).stdout)
    assert everything["spread"]["families"] >= 1
    assert everything == json.loads(json.dumps(asdict(listed), default=lambda v: v.isoformat()))
    assert everything["shown"][0]["id"] == leak.id
    assert len(json.loads(runner.invoke(app, ["families", str(copies), "--json", "--limit", "1"]).stdout)["shown"]) == 1
    explained = json.loads(runner.invoke(app, ["explain", str(copies), leak.id, "--json", "--limit", "3"]).stdout)
    assert [m["kind"] for m in explained["others"]] == ["exact", "surface", "exact"]
    assert explained["total"] == 5
