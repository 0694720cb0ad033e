"""Translations the whole way: a case that names a model, its families, what is shown and what is kept."""

import json
from dataclasses import asdict

import pytest
from typer.testing import CliRunner

from tests.run.builders import make_case, take
from tests.run.test_families import write as write_posts
from tests.tiny_model import needs_extra, words_of, write
from vigie.cli import app
from vigie.errors import InputError, ProblemsError
from vigie.run import translations as module
from vigie.run.explain_family import explain_family
from vigie.run.families import Language, families, language_of

SECTION = '\n[translation]\nmodel = "model/model.onnx"\n'
OUTLET = '\n[[outlets]]\nname = "RT"\ntier = "state-controlled"\nchannels = ["telegram:rt"]\n'
COLUMNS = "time,platform,post_id,channel_id,text,lang\n"


def text(language, *thoughts):
    return " ".join(f"{language}{n}" for n in thoughts)


HARBOUR, SCHOOL, ALONE = (1, 2, 3, 4, 5, 6, 7, 8), (11, 12, 13, 14, 15, 16, 17), (21, 22, 23, 24, 25, 26, 27)
ROWS = [
    ("2017-04-10T08:00:00Z", "telegram:rt", text("a", *HARBOUR), "ru"),
    ("2017-04-10T08:10:00Z", "x:ann", text("a", *HARBOUR), "ru"),
    ("2017-04-10T10:00:00Z", "x:bob", text("b", *HARBOUR), "fr"),
    ("2017-04-10T10:05:00Z", "x:cat", text("b", *HARBOUR), "fr"),
    ("2017-04-10T11:00:00Z", "x:cat", text("b", *SCHOOL), "fr"),
    ("2017-04-10T11:05:00Z", "x:dan", text("b", *SCHOOL), "fr"),
    ("2017-04-11T09:00:00Z", "telegram:rt", text("a", *SCHOOL), "ru"),
    ("2017-04-11T10:00:00Z", "x:eve", text("a", *ALONE), "ru"),
    ("2017-04-11T11:00:00Z", "x:fay", text("b", *ALONE), "fr"),
    ("2017-04-11T12:00:00Z", "x:fay", text("b", 31, 32, 33, 34, 35, 36, 37), ""),
]


def csv(path, rows):
    lines = []
    for n, (time, channel, said, lang) in enumerate(rows):
        platform, _, own = channel.partition(":")
        lines.append(f"{time},{platform},{path.stem}{n},{own},{said},{lang}\n")
    path.write_text(COLUMNS + "".join(lines), encoding="utf-8")
    return path


def name_model(folder):
    file = folder / "case.toml"
    file.write_text(file.read_text(encoding="utf-8") + OUTLET + SECTION, encoding="utf-8")


@pytest.fixture
def case(tmp_path):
    folder = make_case(tmp_path / "case")
    name_model(folder)
    write(folder / "model")
    take(folder, csv(tmp_path / "posts.csv", ROWS))
    return folder


def by_text(listed, said):
    (found,) = [f for f in listed.shown if f.first.text == said]
    return found


@needs_extra
def test_a_family_names_what_says_the_same_in_another_language(case):
    listed = families(case)
    russian, french = by_text(listed, text("a", *HARBOUR)), by_text(listed, text("b", *HARBOUR))
    (there,), (back,) = russian.translations, french.translations
    assert (there.id, there.language, there.own_language, there.kind) == (french.id, "fr", "ru", "translated")
    assert (back.id, back.language, back.outlet, back.tier) == (russian.id, "ru", "RT", "state-controlled")
    assert there.similarity == back.similarity == pytest.approx(1, abs=1e-3)
    assert (there.after_s, back.after_s) == (7200, -7200)
    assert (there.channel, there.text, there.time) == ("x:bob", text("b", *HARBOUR), french.first.time)
    (single,) = by_text(listed, text("b", *SCHOOL)).translations
    assert (single.id, single.row_id, single.text) == (single.row_id, single.row_id, text("a", *SCHOOL))
    assert single.id.endswith(":8")
    assert russian.language == Language("ru", "export")
    compared = listed.compared
    assert (compared.families, compared.singles, compared.left_out, compared.unknown) == (3, 4, 0, 1)
    assert (compared.texts, dict(compared.languages), compared.pairs) == (6, {"fr": 3, "ru": 3}, 3)


@needs_extra
def test_the_model_is_asked_once_about_each_text(case, tmp_path, monkeypatch):
    asked = []
    real = module.opened

    class Counting:
        def __init__(self, path):
            self.inner = real(path)

        def embed(self, texts, **options):
            asked.append(len(texts))
            return self.inner.embed(texts, **options)

    monkeypatch.setattr(module, "opened", Counting)
    first = families(case)
    assert families(case) == first
    assert asked == [6]
    take(case, csv(tmp_path / "more.csv", [("2017-04-12T08:00:00Z", "x:gus", text("a", 41, 42, 43, 44, 45, 46), "ru")]))
    grown = families(case)
    assert asked == [6, 1]
    rebuilt = next((case / "cache").glob("text_vectors-*.parquet"))
    rebuilt.unlink()
    next((case / "cache").glob("translations-*.parquet")).unlink()
    assert families(case) == grown
    write(case / "model", words=[*words_of(), "a99"])
    assert families(case).compared == grown.compared
    assert asked == [6, 1, 7, 7]
    assert len(list((case / "cache").glob("text_vectors-*.parquet"))) == 1
    monkeypatch.setattr(module, "_PORTION", 2)
    rebuilt = next((case / "cache").glob("text_vectors-*.parquet"))
    rebuilt.write_bytes(b"torn")
    next((case / "cache").glob("translations-*.parquet")).write_bytes(b"")
    assert [f.translations for f in families(case).shown] == [f.translations for f in grown.shown]


@needs_extra
def test_without_the_section_nothing_is_loaded(case, monkeypatch):
    with_model = families(case)
    file = case / "case.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(SECTION, ""), encoding="utf-8")
    monkeypatch.setattr(module, "opened", lambda _path: pytest.fail("opened"))
    monkeypatch.setattr(module, "fingerprint", lambda _path: pytest.fail("read"))
    listed = families(case)
    assert listed.compared is None
    assert [f.translations for f in listed.shown] == [()] * len(listed.shown)
    assert [f.id for f in listed.shown] == [f.id for f in with_model.shown]
    assert explain_family(case, listed.shown[0].id).compared is None


@needs_extra
def test_one_language_opens_no_model(tmp_path, monkeypatch):
    folder = make_case(tmp_path / "case")
    name_model(folder)
    write(folder / "model")
    monkeypatch.setattr(module, "opened", lambda _path: pytest.fail("opened"))
    assert families(folder).compared.texts == 0
    take(folder, csv(tmp_path / "p.csv", ROWS[:2]))
    assert (families(folder).compared.texts, families(folder).compared.pairs) == (1, 0)


@needs_extra
def test_the_commands_say_whose_likeness_it_is(case):
    runner = CliRunner()
    listed = families(case)
    russian, french = by_text(listed, text("a", *HARBOUR)), by_text(listed, text("b", *HARBOUR))
    flat = " ".join(runner.invoke(app, ["families", str(case)]).stdout.split())
    assert f"translated {french.id[:14]} (fr, 1.00)" in flat
    assert "language ru (the export says so)" in flat
    assert "6 texts in 2 languages, of 3 families and 4 texts published once (left out: 1 of no known language)" in flat
    assert "3 pairs at 0.8 or more by model/model.onnx" in flat
    flat = " ".join(runner.invoke(app, ["explain", str(case), russian.id]).stdout.split())
    assert "a model's likeness, not a translator's judgement" in flat
    assert "translated (ru, fr), 1.00: 2 h after the first above" in flat, flat
    assert text("b", *HARBOUR) in flat
    back = " ".join(runner.invoke(app, ["explain", str(case), french.id]).stdout.split())
    assert "2 h before the first above" in back
    assert "RT, state-controlled" in back
    said = json.loads(runner.invoke(app, ["families", str(case), "--json"]).stdout)
    assert said == json.loads(json.dumps(asdict(families(case, limit=None)), default=lambda v: v.isoformat()))
    assert said["shown"][0]["translations"][0]["kind"] == "translated"


@needs_extra
def test_within_one_day_of_a_file_of_whole_days_nothing_came_first(tmp_path):
    folder = make_case(tmp_path / "case")
    name_model(folder)
    write(folder / "model")
    rows = [(f"2017-04-{10 + n // 2}T00:00:00Z", "web:p", text("b", *HARBOUR), "fr") for n in range(6)]
    timed = [(time.replace("04-10T08", "04-10T06"), *rest) for time, *rest in ROWS[:2]]
    take(folder, csv(tmp_path / "days.csv", rows), csv(tmp_path / "timed.csv", timed))
    for family in families(folder, channels_min=1).shown:
        assert [t.whole_day for t in family.translations] == [family.language.code == "ru"]
        flat = " ".join(CliRunner().invoke(app, ["explain", str(folder), family.id]).stdout.split())
        assert "within a day of (a file gives whole days, so which was earlier is not told) the first above" in flat


@needs_extra
def test_the_least_likeness_and_the_cap_are_the_case_s(case):
    file = case / "case.toml"
    file.write_text(file.read_text(encoding="utf-8") + "texts_max = 3\n", encoding="utf-8")
    listed = families(case)
    assert (listed.compared.texts, listed.compared.left_out, listed.compared.pairs) == (3, 4, 1)


def test_a_model_that_is_not_there_stops_before_anything_is_read(tmp_path):
    folder = make_case(tmp_path / "case")
    name_model(folder)
    with pytest.raises(ProblemsError, match=r"case.toml:\d+: translation.model: 'model/model.onnx' is no file"):
        families(folder)


@needs_extra
def test_a_model_that_is_none_is_said(case):
    (case / "model" / "model.onnx").write_bytes(b"nothing")
    with pytest.raises(InputError, match="is no ONNX model that can be read"):
        families(case)


def test_the_language_is_said_with_its_source():
    assert language_of("en-GB", "peu importe ce qui est écrit ici même") == Language("en", "export")
    french = "Les deux candidats se retrouvent ce soir pour un débat"
    assert language_of("und", french) == language_of(None, french) == Language("fr", "identified")
    assert language_of(None, "OK 2017!") is None


def test_a_case_without_a_model_shows_languages(tmp_path):
    folder = make_case(tmp_path / "case")
    said = "Les deux candidats se retrouvent ce soir pour un débat"
    take(folder, write_posts(tmp_path / "p.csv", [(f"2017-04-10T08:00:0{n}Z", f"x:c{n}", said) for n in range(2)]))
    (family,) = families(folder).shown
    assert family.language == explain_family(folder, family.id).language == Language("fr", "identified")
    flat = " ".join(CliRunner().invoke(app, ["explain", str(folder), family.id]).stdout.split())
    assert "language: fr (identified)" in flat
    assert "in other languages" not in flat
