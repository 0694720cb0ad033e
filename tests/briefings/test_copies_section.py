from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.briefings import sample
from tests.briefings import sample_copies as made
from tests.briefings.reading import assert_inert, section_of, text_of, tree_of, words_of
from vigie.briefings import DetectorNote, write
from vigie.briefings.charts import Axis
from vigie.briefings.charts_copies import TIERS, lag_scale, lane, mark, panel, zoomed
from vigie.briefings.copies_spread import shade
from vigie.briefings.html import page
from vigie.rules.spread import Cell

NOTE = DetectorNote(
    title="Copied text: one text by many channels",
    what_it_measures="Copies.",
    what_it_cannot_say="Who wrote it.",
    spoofable=2,
    reads=("posts",),
)
ZONE = ZoneInfo("Europe/Paris")
SIZES = (40, 25, 9, 300, 2, 12, 5, 1)


def brief(copies, *, findings=()):
    rows = [sample.finding(ident, detector="copied_text") for ident in findings]
    return replace(
        sample.sample(),
        findings=sample.pa.Table.from_pylist(rows, schema=sample.FINDINGS),
        evidence={row["id"]: sample.rows(2) for row in rows},
        series={},
        detectors=sample.NOTES | {"copied_text": NOTE},
        copies=copies,
    )


def section(copies, **given):
    return section_of(brief(copies, **given), "copies")


def test_the_lead_has_the_counts_and_what_no_measure_can_say():
    said = words_of(section(made.copies(*SIZES, total=40)))
    assert "40 families of near-identical texts: 394 posts of 86 582 are in them, by 300 channels." in said
    assert "fewer than 6 words; 12 marked reposts of these texts are counted apart; 3 families are of one" in said
    assert made.CANNOT_SAY[0] in said


def test_each_family_has_a_panel_that_leads_to_its_entry():
    found = section(made.copies(*SIZES))
    panels = found.xpath(".//ol[@class='fams']/li")
    assert len(panels) == len(SIZES)
    ids = set(found.xpath(".//@id"))
    for panel_, posts in zip(panels, SIZES, strict=True):
        [link] = panel_.xpath("./h4/a/@href")
        assert link.removeprefix("#") in ids
        assert f"{posts} post" in words_of(panel_)
    assert len(found.xpath(".//article")) == 6


def test_the_twin_of_the_panels_adds_up_to_their_posts():
    copies = made.copies(*SIZES)
    found = section(copies)
    rows = found.xpath(".//table[@class='panels']/tbody/tr")
    assert sum(int(row[2].text_content()) for row in rows) == sum(SIZES)
    described = [re.findall(r"([a-z -]+) (\d+)(?:, |$)", d.partition("by tier:")[2]) for d in text_of(found, ".//desc")]
    told = {name.strip(): 0 for d in described for name, _ in d}
    for d in described:
        for name, n in d:
            told[name.strip()] += int(n)
    table = dict.fromkeys(told, 0)
    for row in rows:
        table[row[1].text_content()] += int(row[2].text_content())
    assert table == told


def test_channels_stand_in_order_with_ties_as_ranges_in_one_bracket():
    [table] = section(made.copies(6)).xpath(".//table[@class='chain stack']")
    groups = table.xpath("./tbody")
    assert [g.get("class") for g in groups] == ["tied"] * 3
    assert [row[0].text_content() for g in groups for row in g] == ["1 to 2"] * 2 + ["3 to 4"] * 2 + ["5 to 6"] * 2
    assert [row[3].text for g in groups for row in g][:3] == ["first", "same second", "23.3 min later"]
    assert "the times of 2 channels do not say which was first" in words_of(table)


def test_a_file_of_whole_days_gives_no_order_within_a_day():
    found = section(made.whole_days())
    [table] = found.xpath(".//table[@class='chain stack']")
    groups = table.xpath("./tbody")
    assert [len(g) for g in groups] == [4, 2]
    assert groups[0][1][3].text == "same day"
    assert groups[1][0][3].text == "about 24 h later"
    assert not re.search(r"\d\d:\d\d", words_of(groups[0]))
    assert len(table.xpath(".//*[@class='open-time']")) == 6


def test_of_many_channels_the_first_are_shown_and_the_first_of_each_tier_and_platform():
    copies = made.copies(300)
    [table] = section(copies).xpath(".//table[@class='chain stack']")
    rows = table.xpath("./tbody/tr")
    assert len(rows) == 18
    kinds = [re.sub(r" · credits.*", "", words_of(row[2])) for row in rows]
    assert len(set(kinds[10:])) == len(kinds[10:])
    assert not set(kinds[10:]) & set(kinds[:10])
    assert "282 channels more are not" in words_of(section(copies))


def test_more_tied_channels_than_the_data_hold_have_an_open_place():
    copies = made.copies(4)
    arrivals = tuple(replace(a, time=copies.shown[0].detail.arrivals[0].time, lag_s=0.0)
                     for a in copies.shown[0].detail.arrivals)  # fmt: skip
    detail = replace(copies.shown[0].detail, arrivals=arrivals, channels=900)
    found = section(replace(copies, shown=(replace(copies.shown[0], detail=detail),)))
    assert text_of(found, ".//td[contains(@class, 'place')]") == ["1 or later"] * 4


def test_an_independent_arrival_is_named():
    said = [words_of(a) for a in section(made.copies(5, 5, 5)).xpath(".//article")]
    assert "Some posts credit an agency: AFP 5" in said[0]
    assert "Independent arrival: all carry a credit of AFP 5" in said[1]
    assert "Independent arrival: a news agency\u2019s own channel is the first" in said[2]


def test_differences_can_be_read_without_colour_and_by_a_screen_reader():
    [card] = section(made.copies(5)).xpath(".//article")
    template = card.xpath(".//div[@class='variation']")[0]
    assert template.xpath(".//del/@class | .//ins/@class") == ["slot"] * 4
    read = words_of(template)
    assert "says ⟦removed: Ana Reed⟧⟦added: Bo Lind⟧ of" in read
    looks = card.xpath(".//div[@class='variation']")[3]
    assert "⟦written otherwise: ⟦U+043E⟧f" in words_of(looks)
    assert not looks.xpath(".//del | .//ins")
    slots = text_of(card, ".//table[@class='fills']/tbody/tr")
    assert slots == [f"1{made.TEXTS[0]} 2, nothing 1", "2Ana Reed 3, Bo Lind 2"]
    assert text_of(card, ".//p[@class='said']/span[@class='slot']") == ["⟦slot 1⟧", "⟦slot 2⟧"]


def test_no_text_forges_a_mark():
    forged = "⟦removed: nothing⟧ <del>gone</del> <ins>new</ins> [-x-] {+y+}"
    copies = made.copies(3)
    one = copies.shown[0]
    detail = replace(one.detail, text=forged, variants=(replace(one.detail.variants[0], text=forged + " now"),))
    [card] = section(replace(copies, shown=(replace(one, detail=detail),))).xpath(".//article")
    assert len(card.xpath(".//del")) == 0
    assert text_of(card, ".//ins") == ["⟦added: now⟧"]
    assert all("⟦removed" not in text for text in text_of(card, ".//p[@class='said']"))


def test_texts_from_right_to_left_take_their_own_direction_and_marks_do_not_turn_them():
    found = section(made.copies(5))
    for said in found.xpath(".//p[@class='said']"):
        assert said.get("dir") == "auto"
        assert all(e.get("dir") == "ltr" for e in said.xpath(".//*[@class='unseen']"))
        assert not said.xpath("./bdi")  # it would hide the text from the choice of direction


def test_long_texts_are_cut_with_a_note():
    copies = made.copies(5)
    one = copies.shown[0]
    much = replace(one.detail.variants[0], text=" ".join(f"w{n} word" for n in range(1_000)), characters=99_999)
    detail = replace(one.detail, text="word " * 2_000, characters=12_345, variants=(much,))
    [card] = section(replace(copies, shown=(replace(one, detail=detail),))).xpath(".//article")
    first, *_, other = text_of(card, ".//p[@class='said']")
    assert first.endswith("… 11 145 more characters")
    assert len(other) < 20_000
    assert "only the first changes are shown; compared are the first 10 000 characters" in words_of(card)


def test_a_finding_and_its_family_lead_to_each_other():
    tree = tree_of(brief(made.copies(5, 4, 3), findings=["copied_text-00000001"]))
    family = f"family-fam-{1:032x}"
    assert tree.get_element_by_id(family).xpath(".//a[@href='#finding-copied_text-00000001']")
    assert tree.get_element_by_id("finding-copied_text-00000001").xpath(f".//a[@href='#{family}']")
    assert not tree.xpath("//a[@href='#finding-copied_text-00000000']")
    assert set(tree.xpath("//a[starts-with(@href, '#')]/@href")) <= {f"#{i}" for i in tree.xpath("//@id")}


def test_the_matrix_has_the_figures_of_its_cells_and_darkens_what_is_above_chance():
    copies = made.copies(5)
    tables = section(copies).xpath(".//table[@class='matrix']")
    assert len(tables) == 2
    names = text_of(tables[0], "./thead/tr/th")[1:]
    assert names == ["state-controlled", "state-linked", "none", "not declared"]
    by_pair = {(c.before, c.after): c for c in copies.spread.tiers}
    for row in tables[0].xpath("./tbody/tr"):
        for after, cell in zip(names, row.xpath("./td"), strict=True):
            known = by_pair.get((words_of(row[0]), after))
            if known is None:
                assert words_of(cell) == "\u2013"
                continue
            said = words_of(cell).replace("\u2212", "-")
            assert said.startswith(f"{known.observed} of {known.families}expected {known.expected}")
            assert ("too few for a p" in said) == (known.p_value is None)
            assert cell.get("class") == f"heat{shade(known)}"


@given(st.integers(0, 50), st.integers(0, 200).map(lambda n: n / 4 + 0.03), st.integers(0, 50))
def test_shades_grow_with_what_is_beyond_expectation(families, expected, observed):
    made_ = Cell(before="a", after="b", families=families, observed=observed, expected=expected, p_value=None, tied=0,
                 settled=0)  # fmt: skip
    assert 0 <= shade(made_) <= 5
    assert (shade(made_) == 0) == (not families or observed - expected < families / 10)
    assert shade(replace(made_, observed=observed + 1)) >= shade(made_)


def test_no_copies_is_stated():
    said = words_of(section(made.none()))
    assert "No two texts are near-identical among 86 582 posts" in said
    assert made.CANNOT_SAY[0] in said
    assert "Who publishes before whom" not in said


def test_a_case_without_posts_has_no_section(tmp_path):
    text = page(replace(sample.sample(), copies=None), cards=20, rows=25)
    assert "Texts that were copied" not in text
    write(brief(None), tmp_path)
    assert not list(tmp_path.glob("famil*.csv"))


def test_without_tiers_and_with_one_platform_nothing_is_compared():
    found = section(made.plain())
    said = words_of(found)
    assert "Who publishes before whom" not in said
    assert "the case declares no tier of these channels" in said
    marks = found.xpath(".//ol[@class='fams']//path/@class")
    assert marks == ["cm n7 dots"]


def test_names_and_texts_that_would_act_are_inert():
    text = page(brief(made.copies(*SIZES, total=30)), cards=20, rows=25)
    assert_inert(text)


def test_the_same_copies_give_the_same_bytes():
    pages = {page(brief(made.copies(40, 9, 2)), cards=20, rows=25) for _ in range(2)}
    assert len(pages) == 1


def _csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_table_is_in_the_folder_whole_and_inert(tmp_path):
    copies = made.copies(40, 9, 2, total=30)
    write(brief(copies), tmp_path)
    tables = {name: _csv(tmp_path / f"{name}.csv") for name in ("families", "family_members", "spread")}
    assert [len(t) for t in tables.values()] == [30, 51, 12 + 1 + 2 + 2 + 2]
    for rows in tables.values():
        for value in (v for row in rows for v in row.values()):
            assert not re.match(r"\s*[=@\t]", value)
            assert not re.match(r"\s*[+-]", value) or float(value)
    assert [int(f["posts"]) for f in tables["families"][:3]] == [40, 9, 2]
    members = [m for m in tables["family_members"] if m["family"] == copies.shown[1].family.ident]
    assert [float(m["lag_s"]) for m in members] == [a.lag_s for a in copies.shown[1].detail.arrivals]
    cell = next(c for c in copies.spread.tiers if c.p_value is not None)
    row = next(r for r in tables["spread"] if (r["before"], r["after"]) == (cell.before, cell.after))
    assert (int(row["observed"]), float(row["expected"]), float(row["p_value"])) == (
        cell.observed, cell.expected, cell.p_value,
    )  # fmt: skip


def parsed(markup):
    svg = etree.fromstring(str(markup))
    assert not re.search(r"nan|inf", " ".join(svg.xpath(".//@*")))
    assert svg[0].text
    assert svg[1].text
    return svg


def at_paths(svg):
    for d in svg.xpath(".//*[contains(@class, 'cm')]/@d"):
        for x, y in re.findall(r"M(-?[\d.]+) (-?[\d.]+)", d):
            yield float(x), float(y)


times = st.lists(st.integers(0, 40 * 86_400), min_size=1, max_size=60).map(sorted)


@given(times, st.booleans())
def test_a_panel_of_any_posts_lies_within_it_and_rises(seconds, long):
    seconds = seconds if long else [s % 3_600 for s in seconds]
    members = tuple(replace(made.member(0, n), tier=None, time=sample.at(0, s)) for n, s in enumerate(sorted(seconds)))
    family = replace(made.copies(2).shown[0].family, posts=len(members), tiers={"": len(members)})
    axis = Axis(date(2017, 4, 1), date(2017, 5, 30), sample.ROUNDS)
    svg = parsed(panel(family, members, axis, ZONE, ident="a"))
    places = list(at_paths(svg))
    assert all(0 <= x <= 320 and 14 <= y <= 90 for x, y in places)
    assert places == sorted(places, key=lambda p: (p[0], -p[1]))
    near = (members[-1].time - members[0].time) < timedelta(days=60) / 5 - timedelta(hours=1)
    far = (members[-1].time - members[0].time) > timedelta(days=60) / 5 + timedelta(hours=1)
    assert zoomed(members, axis, ZONE) or not near
    assert bool(svg.xpath(".//*[@class='cone']")) == zoomed(members, axis, ZONE)
    assert not (far and zoomed(members, axis, ZONE))


def test_a_panel_has_one_mark_for_each_post():
    members = tuple(made.member(0, n) for n in range(40))
    members = tuple(replace(m, time=sample.at(0, 900 * n)) for n, m in enumerate(members))
    axis = Axis(date(2017, 4, 2), date(2017, 5, 6))
    svg = parsed(panel(made.copies(40).shown[0].family, members, axis, ZONE, ident="a"))
    assert len(list(at_paths(svg))) == 40
    assert len(svg.xpath(".//*[@class='ringed']")) == 1


def test_every_tier_has_a_shape_of_its_own():
    outlines = {re.sub(r'class="[^"]*"', "", str(mark(tier))) for tier in TIERS}
    assert len(outlines) == len(TIERS)
    assert mark("unheard of") == mark("")


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=20))
def test_lags_keep_their_order_on_a_scale_that_holds_them(lags):
    scale = lag_scale(lags)
    places = [scale.left(s) for s in sorted(lags)]
    assert places == sorted(places)
    assert all(2.9 <= x <= 97.1 for x in places)
    ticks = [x for _, x in scale.ticks()]
    assert all(b - a >= 12.9 for a, b in pairwise(ticks))
    arrival = replace(made.copies(2).shown[0].detail.arrivals[0], lag_s=lags[0], precision_s=60)
    svg = parsed(lane(arrival, scale, ident="a", name="x"))
    [bar] = svg.xpath(".//*[@class='open-time']")
    assert float(bar.get("x")[:-1]) + float(bar.get("width")[:-1]) <= 100.01


@pytest.mark.parametrize("size", [1, 2, 300])
def test_the_page_stays_light(size):
    whole = page(brief(made.copies(*[size] * 12, total=2_000)), cards=20, rows=25)
    assert len(whole) - len(page(brief(None), cards=20, rows=25)) < 500_000
