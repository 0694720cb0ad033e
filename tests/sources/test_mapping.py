import textwrap
from pathlib import Path

import pytest

from tests.sources.csv_files import read
from vigie.errors import InputError, ProblemsError
from vigie.sources import Head, all_sources, mapped
from vigie.sources.mapping import Rule, builtin, load, parse

OWN = """
name = "my-export"
title = "My tool's export"
table = "posts"
shape = "csv"
source_url = "https://tool.example/export"
[sniff]
needs = ["user", "said"]
[columns]
channel_id = { from = ["user"], join = "/" }
platform = { value = "web" }
time = { from = ["when", "day"], format = ["%d/%m/%Y %H:%M", "iso"], tz = "case" }
text = "said"
urls = { from = "links", split = ",", extract = "text" }
reactions = { sum = ["likes", "shares"] }
[ignored]
columns = ["colour", "stat.*"]
"""


def problems(text):
    with pytest.raises(ProblemsError) as caught:
        parse(text, where="my.toml")
    return [(p.where.removeprefix("my.toml: "), p.what) for p in caught.value.problems]


def test_a_mapping_of_ones_own(tmp_path):
    path = tmp_path / "my.toml"
    path.write_text(OWN, encoding="utf-8")
    mapping = load(path)
    assert mapping.name == "my-export"
    assert mapping.columns["time"] == Rule(columns=("when", "day"), format=("%d/%m/%Y %H:%M", "iso"), tz="case")
    assert list(mapping.columns) == ["time", "platform", "channel_id", "text", "urls", "reactions"]
    assert mapping.used() == {"user", "said", "when", "day", "links", "likes", "shares"}
    assert mapping.unknown(("user", "colour", "stat.a", "size")) == ["size"]
    source = mapped.source_for(mapping)
    assert source.sniff(Head("x", b"user,said,when\n", whole=True)) == 70


def test_the_example_of_the_docs_reads_the_file_it_shows():
    page = (Path(__file__).parents[2] / "docs" / "mappings.md").read_text(encoding="utf-8")
    shown = page.split("    user;when")[1].split("\n\n")[0]
    export = textwrap.dedent("    user;when" + shown) + "\n"
    source = mapped.source_for(parse(page.split("```toml\n")[1].split("```")[0], where="docs/mappings.md"))
    assert source.sniff(Head("export.csv", export.encode(), whole=True)) == 70
    [row], refused = read(source, export.encode())
    assert refused == []
    assert (row["time"].hour, row["hashtags"], row["reactions"]) == (9, ["vote"], 4)


def test_every_problem_is_told_at_once_with_its_key():
    text = OWN.replace("channel_id =", "chanel_id =").replace('tz = "case"', 'tz = "Paris"')
    text = text.replace('name = "my-export"', 'name = "My Export"').replace("%d/%m", "%d/%Q")
    assert problems(text) == [
        ("name", "'My Export' is not lower-case letters, digits and hyphens"),
        ("columns.chanel_id", "no such key"),
        ("columns.channel_id", "missing"),
        ("columns.time.format", "'%d/%Q/%Y %H:%M' is not a format"),
        ("columns.time.tz", "'Paris' is not a time zone"),
    ]


@pytest.mark.parametrize(
    ("was", "is_", "key"),
    [
        ('"said"]', '"said"]\nscore = 0', "sniff.score"),
        ('needs = ["user", "said"]', "", "sniff.needs"),
        ('table = "posts"', 'table = "missions"', "table"),
        ('shape = "csv"', 'shape = "xml"', "shape"),
        ('shape = "csv"', 'shape = "csv"\ndelimiter = "||"', "delimiter"),
        ('text = "said"', "text = 3", "columns.text"),
        ('text = "said"', 'text = { from = "said", value = "x" }', "columns.text"),
        ('text = "said"', 'text = { from = "said", split = "," }', "columns.text.split"),
        ('text = "said"', 'text = { from = "said", when = "1" }', "columns.text.when"),
        ('text = "said"', 'text = { from = "said", part = "host" }', "columns.text.part"),
        ('shape = "csv"', 'shape = "jsonl"', "columns.channel_id.join"),
        ('text = "said"', 'text = { from = "said", where = { kind = "post" } }', "columns.text.where"),
        ('text = "said"', 'text = "said"\ntitle = { from = "t", where = { kind = 1 } }', "columns.title.where.kind"),
        ('text = "said"', 'text = "said"\ntitle = { from = "t", where = "kind" }', "columns.title.where"),
        ('text = "said"', 'text = { from = "said", values = { a = 1 } }', "columns.text.values"),
        ('split = ",", extract', "extract", "columns.urls.split"),
        ('extract = "text"', 'extract = "user"', "columns.urls.extract"),
        ('{ value = "web" }', '{ format = "iso", value = "web" }', "columns.platform.format"),
        ('columns = ["colour", "stat.*"]', "columns = 1", "ignored.columns"),
        ('columns = ["colour", "stat.*"]', "colums = []", "ignored.colums"),
    ],
)
def test_what_is_wrong_is_named(was, is_, key):
    assert was in OWN
    assert [where for where, _ in problems(OWN.replace(was, is_))] == [key]


@pytest.mark.parametrize("text", ["name = ", "\0", "= 1"])
def test_what_is_no_toml(text):
    assert problems(text)[0][1].startswith("not TOML")


def test_a_file_that_cannot_be_read(tmp_path):
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    for name in ("bytes.toml", "none.toml", "."):
        with pytest.raises(ProblemsError, match="cannot be read"):
            load(tmp_path / name)


def test_polls_are_read_from_csv_only():
    polls = next(m for m in builtin() if m.name == "polls-csv")
    text = OWN.replace('shape = "csv"', 'shape = "jsonl"').replace('table = "posts"', 'table = "polls"')
    columns = "\n".join(f'{name} = "{name}"' for name in polls.columns)
    text = text[: text.index("[columns]")] + "[columns]\n" + columns
    with pytest.raises(InputError, match="no reader for polls as jsonl"):
        mapped.source_for(parse(text, where="x"))


def test_every_packaged_mapping_is_a_source_and_says_where_it_was_seen():
    names = {source.name for source in all_sources()}
    assert {m.name for m in builtin()} <= names
    for mapping in builtin():
        assert mapping.source_url or mapping.name == "posts-jsonl"
        assert mapped.source_for(mapping).name == mapping.name
