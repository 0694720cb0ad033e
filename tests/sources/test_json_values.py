import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.sources.json_values import Around, loads, locate, path, pieces

ITEMS = st.lists(st.fixed_dictionaries({"id": st.integers(0, 9), "t": st.text('a"\\]},é', max_size=5)}), max_size=5)
LAYOUT = st.sampled_from([None, 1])


def read(data: bytes, *paths: str) -> list:
    return [p.reason or json.loads(data[p.start : p.end]) for p in pieces(data, paths)]


@given(ITEMS, LAYOUT)
def test_items_of_a_list_wherever_it_stands(items, indent):
    assert read(json.dumps(items, indent=indent).encode(), "data", "") == items
    inside = json.dumps({"meta": {"data": [1]}, "data": items, "z": [[]]}, indent=indent).encode()
    assert read(inside, "data", "") == items
    deep = json.dumps({"chats": {"list": [{"m": items}, {"n": 1}, {"m": items}]}}, indent=indent).encode()
    assert read(deep, "chats.list[].m") == items + items


@given(st.lists(ITEMS, min_size=2, max_size=4))
def test_one_document_a_line(pages):
    data = b"\n".join(json.dumps({"data": page}).encode() for page in pages)
    assert read(data, "data") == [item for page in pages for item in page]


def test_a_cut_line_costs_only_itself():
    data = b'{"data":[{"id":1}]}\n{"data":[{"id":2},{"i\n{"data":[{"id":3}]}\n'
    got = [(p.reason, data[p.start : p.end]) for p in pieces(data, ("data",))]
    assert got == [
        ("", b'{"id":1}'),
        ("", b'{"id":2}'),
        ("", b'{"i'),
        ("the document ends before its brackets close", b""),
        ("", b'{"id":3}'),
    ]


def test_what_stands_around_the_list_belongs_to_its_items():
    data = b'{"list":[{"name":"a","m":[1,2]},{"m":[3],"name":"b"}],"name":"c"}'
    assert [p.around.values for p in pieces(data, ("list[].m",))] == [{"name": "a"}, {"name": "a"}, {"name": "b"}]


@pytest.mark.parametrize(
    ("data", "want"),
    [
        (b"", []),
        (b" \n ", []),
        (b'{"data":[]}', []),
        (b'{"errors":[1]}', ["nothing at data in this document"]),
        (b"[1]", ["nothing at data in this document"]),
        (b'hello\n{"data":[]}', ["neither an object nor a list"]),
        (b'{"data":{"id":1}}', [{"id": 1}]),
        (b'{"data":[{"id":1}]} trailing', [{"id": 1}, "neither an object nor a list"]),
        (b'{"data":[{"id":1}],"data":[{"id":2}]}', [{"id": 1}, {"id": 2}]),
    ],
)
def test_documents_of_every_kind(data, want):
    assert read(data, "data") == want


@given(ITEMS, LAYOUT)
def test_locate_finds_the_line_and_the_raw_text(items, indent):
    data = json.dumps({"a": 1, "data": items}, indent=indent, ensure_ascii=False).encode()
    for number, item in enumerate(items, start=1):
        line, raw = locate(data, number, ("data",))
        assert json.loads(raw) == item
        assert data.split(b"\n")[line - 1].decode().strip() in ("{", data.decode())
    assert locate(data, len(items) + 1, ("data",)) is None


ITEM = {
    "id": "1",
    "kind": "x",
    "refs": [{"type": "quoted", "id": "7"}, {"type": "other", "id": "8"}, None],
    "deep": {"a": [{"b": "1"}, {"b": None}, {"c": 1}]},
    "empty": [],
    "who": 5,
}
AROUND = {"users": [{"id": "5", "name": "five"}, {"id": 6, "name": "six"}, "junk"]}


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("id", ["1"]),
        ("missing", None),
        ("id.missing", None),
        ("refs[type=quoted].id", ["7"]),
        ("refs[type!=quoted].id", ["8"]),
        ("refs[].id", ["7", "8"]),
        ("deep.a[].b", ["1"]),
        ("empty[].x", []),
        ("missing[].x", None),
        ("[kind=x].id", ["1"]),
        ("[kind!=x].id", []),
        ("^users[id=@who].name", ["five"]),
        ("^users[id=@missing].name", []),
        ("^nothing[id=@who].name", None),
        ("refs[id=@missing].id", []),
        ("id|who|id", ["1", 5]),
        ("missing|who", [5]),
        ("missing|gone", None),
    ],
)
def test_paths(text, want):
    around = Around(AROUND)
    assert path(text).find(ITEM, around) == want
    assert path(text).find(ITEM, around) == want


@given(st.recursive(st.none() | st.text("ab", max_size=2), lambda x: st.lists(x) | st.dictionaries(st.just("a"), x)))
def test_a_path_meets_any_value(value):
    for text in ("a.a", "a[].a", "a[a=b].a", "[a=@a].a", "^a[a=@a]", "a[a.a!=b]"):
        found = path(text).find(value, Around(value if isinstance(value, dict) else {}))
        assert found is None or None not in found


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(b'{"a":"\0"}', "NUL byte"), (b'"\xff"', "invalid UTF-8"), (b"{", "not JSON"), (b'"\\ud800"', "not JSON")],
)
def test_reasons(raw, reason):
    with pytest.raises(ValueError, match=reason):
        loads(raw)
