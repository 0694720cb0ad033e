"""The case file: what is right loads frozen, what is wrong is said all at once with its line."""

import datetime as dt
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vigie import case
from vigie.errors import InputError, ProblemsError

WHOLE = """\
[election]
name = "France, 2017"
country = "FR"
time_zone = "Europe/Paris"
campaign_opening = 2017-04-10
rounds = [2017-04-23, 2017-05-07]

[[candidates]]
id = "macron"
name = "Emmanuel Macron"
aliases = ["Macron", "Макрон"]
domains = ["en-marche.fr"]

[[outlets]]
name = "RT"
tier = "state-controlled"
domains = ["rt.com"]
channels = ["x:RT_com"]

[[servers]]
host = "www.example.fr"
role = "web"

[detect.coordinated_network]
url_window_s = 30
"""


def problems(text):
    with pytest.raises(ProblemsError) as caught:
        case.parse(textwrap.dedent(text), name="case.toml")
    return [(p.where, p.what, p.hint) for p in caught.value.problems]


def test_a_whole_case_loads_and_is_frozen():
    loaded = case.parse(WHOLE)
    assert loaded.election.rounds == (dt.date(2017, 4, 23), dt.date(2017, 5, 7))
    assert loaded.tz.key == "Europe/Paris"
    assert loaded.detect == {"coordinated_network": {"url_window_s": 30}}
    with pytest.raises(ValidationError):
        loaded.election.name = "x"


def test_its_tables_join_every_alias_and_channel():
    tables = case.parse(WHOLE).tables()
    aliases = {(r["alias"], r["alias_id"]) for r in tables["case_candidates"].to_pylist()}
    assert {("Emmanuel Macron", "emmanuel-macron"), ("Macron", "macron")} <= aliases
    channels = {(r["platform"], r["channel_id"], r["tier"]) for r in tables["case_channels"].to_pylist()}
    assert channels == {("x", "RT_com", "state-controlled"), ("web", "rt.com", "state-controlled")}
    assert tables["case_rounds"].num_rows == 2


@pytest.mark.parametrize(
    ("text", "where", "what", "hint"),
    [
        (WHOLE.replace("country =", "contry ="), ":3", "unknown key 'election.contry'", "did you mean 'country'?"),
        (WHOLE.replace('"FR"', '"fr"'), ":3", "ISO 3166-1", ""),
        (WHOLE.replace("Europe/Paris", "Europe/Pari"), ":4", "did you mean 'Europe/Paris'?", ""),
        (WHOLE.replace("2017-04-10", "2017-04-30"), ":5", "opens on 2017-04-30, not before", "check"),
        (WHOLE.replace("2017-04-23, 2017-05-07", "2017-05-07, 2017-04-23"), ":6", "not in order", "first round"),
        (WHOLE.replace('"Emmanuel Macron"', "7"), ":10", "candidates.1.name", ""),
        (WHOLE.replace('tier = "state-controlled"', 'tier = "bad"'), ":16", "outlets.1.tier", ""),
        (WHOLE.replace('"x:RT_com"', '"RT_com"'), ":18", "platform:channel_id", ""),
        (WHOLE.replace('"rt.com"', '"https://rt.com/"'), ":17", "is not a domain", ""),
        (
            WHOLE.replace("detect.coordinated_network", "detect.coordinated_networ"),
            ":24",
            "no detector is named",
            "'coordinated_network'",
        ),
        (
            WHOLE.replace("detect.coordinated_network", "detect.near_duplicate"),
            ":24",
            "no detector is named",
            "'copied_text'",
        ),
        (WHOLE.replace("url_window_s", "url_window"), ":25", "unknown parameter 'url_window'", "'url_window_s'"),
        (WHOLE.replace("= 30", '= "30"'), ":25", "window_s is str", "int"),
        (WHOLE.replace("= 30", "= true"), ":25", "window_s is bool", "int"),
        (WHOLE.replace("= 30", "= -1"), ":25", "out of bounds", "between"),
    ],
)
def test_each_wrong_thing_is_said_with_its_line_and_a_hint(text, where, what, hint):
    found = problems(text)
    assert len(found) == 1
    assert found[0][0] == "case.toml" + where
    assert what in found[0][1]
    assert hint in found[0][2]


CANDIDACY = WHOLE.replace("\n[[outlets]]", "declared = 2016-11-16\nwithdrew = 2017-02-22\n\n[[outlets]]")


def test_when_a_candidate_declared_and_withdrew():
    days = {(r["declared"], r["withdrew"]) for r in case.parse(CANDIDACY).tables()["case_candidates"].to_pylist()}
    assert days == {(dt.date(2016, 11, 16), dt.date(2017, 2, 22))}
    plain = case.parse(WHOLE).tables()["case_candidates"].to_pylist()
    assert {(r["declared"], r["withdrew"]) for r in plain} == {(None, None)}
    assert case.parse(CANDIDACY.replace("withdrew = 2017-02-22\n", "")).candidates[0].withdrew is None


@pytest.mark.parametrize(
    ("was", "is_", "where", "what"),
    [
        ("withdrew = 2017-02-22", "withdrew = 2016-11-16", ":14", "withdrew on 2016-11-16, not after declaring on"),
        ("withdrew = 2017-02-22", "withdrew = 2016-11-15", ":14", "withdrew on 2016-11-15, not after declaring on"),
        ("declared = 2016-11-16", 'declared = "2016-11-16"', ":13", "candidates.1.declared"),
        ("declared = 2016-11-16", "declared = 2016-11-16T10:00:00", ":13", "candidates.1.declared"),
        ("withdrew =", "withdraw =", ":14", "unknown key 'candidates.1.withdraw'"),
    ],
)
def test_days_of_a_candidacy_that_cannot_be(was, is_, where, what):
    [found] = problems(CANDIDACY.replace(was, is_))
    assert found[0] == "case.toml" + where
    assert what in found[1]


def test_everything_wrong_is_said_at_once_in_the_order_of_the_lines():
    text = WHOLE.replace("country =", "contry =").replace('tier = "state-controlled"', "tier = 3")
    text += '\n[[candidates]]\nid = "macron"\nname = "x"\n[[servers]]\nhost = "www.example.fr"\n'
    lines = [int(where.partition(":")[2]) for where, _, _ in problems(text)]
    assert lines == sorted(lines) == [3, 16, 28, 31]


def test_what_is_not_toml_is_said_with_its_line():
    with pytest.raises(InputError, match=r"case\.toml:3: not TOML"):
        case.parse("[election]\nname = 'x'\ncountry = FR\n", name="case.toml")


def test_no_case_file_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match="vigie new"):
        case.load(tmp_path)


def test_a_case_file_that_is_not_utf8_is_said(tmp_path):
    (tmp_path / "case.toml").write_bytes(b"[election]\nname = '\xe9'\n")
    with pytest.raises(InputError, match="UTF-8"):
        case.load(tmp_path)


@given(name=st.text(min_size=1, max_size=50).filter(lambda s: "\ud800" not in s))
def test_the_template_loads_whatever_the_name(name):
    text = case.template(name=name, country="FR", time_zone="Europe/Paris")
    assert case.parse(text).election.name == name


def test_a_model_is_checked_where_the_folder_is_known(tmp_path):
    section = '[translation]\nmodel = "m.onnx"\nsimilarity_min = 0.9\n'
    assert case.parse(WHOLE).translation is None
    asked = case.parse(WHOLE + section).translation
    assert (asked.model, asked.similarity_min, asked.texts_max) == ("m.onnx", 0.9, 20_000)
    (tmp_path / "case.toml").write_text(WHOLE + section, encoding="utf-8")
    with pytest.raises(
        ProblemsError, match=r"case.toml:27: translation.model: 'm.onnx' is no file and no folder\n  hint"
    ):
        case.load(tmp_path)
    (tmp_path / "m.onnx").write_bytes(b"")
    with pytest.raises(
        ProblemsError, match=r"case.toml:27: translation.model: 'm.onnx' has no tokenizer.json beside it"
    ):
        case.load(tmp_path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "'translation.model' is missing"),
        ("model = 3", "translation.model: input should be a valid string"),
        ('model = ""', "translation.model: string should have at least 1 character"),
        ('model = "m"\nsimilarity_min = 1.5', "translation.similarity_min: input should be less than or equal to 1"),
        ('model = "m"\ntexts_max = 1', "translation.texts_max: input should be greater than or equal to 2"),
        ('model = "m"\nsimilarity = 1', "unknown key 'translation.similarity'"),
    ],
)
def test_a_wrong_translation_section_is_said(line, said):
    ((_, what, _),) = problems(f"{WHOLE}[translation]\n{line}\n")
    assert what.startswith(said), what
