import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from vigie.errors import ProblemsError
from vigie.rules.indicators import KINDS, Indicator, http_indicators, read_indicators
from vigie.text.decode import decode

EVERY = pytest.mark.parametrize("indicator", http_indicators(), ids=lambda i: i.id)

GOOD = """
[[indicator]]
id = "x-one"
kind = "xss"
technique = "attack.t1190"
capec = "capec.63"
fields = ["target"]
pattern = "<script"
matches = ["/?q=<script"]
spares = ["/?q=script"]
references = ["https://example.org/"]
false_positives = "none known"
"""


@EVERY
def test_examples_that_must_match_do(indicator: Indicator):
    missed = [e for e in indicator.matches if not re.search(indicator.pattern, decode(e), re.ASCII)]
    assert not missed


@EVERY
def test_examples_that_must_not_match_do_not(indicator: Indicator):
    wrongly = [e for e in indicator.spares if re.search(indicator.pattern, decode(e), re.ASCII)]
    assert not wrongly


@EVERY
def test_what_one_indicator_spares_no_other_takes(indicator: Indicator):
    fields = {"target", "path"} if all(e.startswith("/") for e in indicator.spares) else set(indicator.fields)
    others = [i for i in http_indicators() if fields & set(i.fields) and not i.statuses]
    taken = {
        e: i.id
        for e in indicator.spares
        for i in others
        if re.search(i.pattern, decode(e if "target" in i.fields else e.partition("?")[0]), re.ASCII)
    }
    assert not taken


@EVERY
def test_re2_and_re_agree_on_every_example(indicator: Indicator):
    examples = [decode(e) for i in http_indicators() for e in (*i.matches, *i.spares)]
    by_re2 = pc.match_substring_regex(pa.array(examples), indicator.pattern).to_pylist()
    assert by_re2 == [re.search(indicator.pattern, e, re.ASCII) is not None for e in examples]


def test_every_kind_has_an_indicator_and_the_order_is_that_of_the_kinds():
    ranks = [KINDS.index(i.kind) for i in http_indicators()]
    assert set(ranks) == set(range(len(KINDS)))
    assert ranks == sorted(ranks)


def test_a_good_file_is_read():
    (indicator,) = read_indicators([("a.toml", GOOD)])
    assert (indicator.id, indicator.fields, indicator.statuses) == ("x-one", ("target",), ())


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ('id = "x-one"', 'id = "One"', "a.toml:One.id", "not an id"),
        ('kind = "xss"', 'kind = "xsss"', "a.toml:x-one.kind", "unknown kind"),
        ('"capec.63"', '"CAPEC-63"', "a.toml:x-one.capec", "not an attack pattern"),
        ('"attack.t1190"', '"T1190"', "a.toml:x-one.technique", "not a technique"),
        ('["target"]', '["body"]', "a.toml:x-one.fields", "unknown field"),
        ('"<script"', '"<SCRIPT"', "a.toml:x-one.pattern", "upper-case"),
        ('"<script"', '"(?=x)y"', "a.toml:x-one.pattern", "not a pattern"),
        ('"<script"', '"(a"', "a.toml:x-one.pattern", "not a pattern"),
        ('"<script"', '"x*"', "a.toml:x-one.pattern", "empty text"),
        ('"<script"', '"a\\tb"', "a.toml:x-one.pattern", "white space"),
        ('matches = ["/?q=<script"]', "matches = []", "a.toml:x-one.matches", "empty"),
        ('spares = ["/?q=script"]', "", "a.toml:x-one.spares", "missing"),
        ("[[indicator]]", "[[indicator]]\ncolour = 1", "a.toml:x-one.colour", "unknown key"),
        ("[[indicator]]", "[[indicator]]\nstatuses = [42]", "a.toml:x-one.statuses", "response statuses"),
        ("[[indicator]]", "[[indicator", "a.toml", "not TOML"),
    ],
)
def test_a_bad_file_names_the_file_the_indicator_and_the_key(old, new, where, what):
    with pytest.raises(ProblemsError) as caught:
        read_indicators([("a.toml", GOOD.replace(old, new))])
    assert [p.where for p in caught.value.problems] == [where]
    assert what in caught.value.problems[0].what


def test_two_indicators_may_not_share_an_id():
    with pytest.raises(ProblemsError, match=r"b\.toml:x-one\.id: another indicator has this id"):
        read_indicators([("a.toml", GOOD), ("b.toml", GOOD)])


def test_all_mistakes_are_reported_at_once():
    with pytest.raises(ProblemsError) as caught:
        read_indicators([("a.toml", GOOD.replace("xss", "y").replace("t1190", "1")), ("b.toml", "x = 1")])
    assert len(caught.value.problems) == 3
