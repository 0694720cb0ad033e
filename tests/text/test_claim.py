import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.errors import InputError
from vigie.text.claim import ACTOR, known_country, read_claim
from vigie.text.claimed import rate_part, share_part

INF = math.inf


def shares(sentence):
    return [(p.low, p.high, p.countries) for p in read_claim(sentence).parts if p.measure == "share"]


def rates(sentence):
    return [(p.low, p.high, p.countries) for p in read_claim(sentence).parts if p.measure == "rate"]


@pytest.mark.parametrize(
    ("sentence", "low", "high"),
    [
        ("half of the attacks come from UA", 0.45, 0.55),
        ("Half the attacks are from Ukraine.", 0.45, 0.55),
        ("HALF OF THE ATTACKS COME FROM UA", 0.45, 0.55),
        ("From Ukraine come half of the attacks", 0.45, 0.55),
        ("Ukraine accounts for half of the attacks", 0.45, 0.55),
        ("about half of the attacks come from Ukraine", 0.45, 0.55),
        ("1/2 of all attacks come from Ukraine", 0.45, 0.55),
        ("half of the attackers are located in Ukraine", 0.45, 0.55),
        ("½ of all attacks come from Ukraine", 0.45, 0.55),
        ("a third of the attacks come from Ukraine", 1 / 3 - 0.05, 1 / 3 + 0.05),
        ("two-thirds of the attacks come from Ukraine", 2 / 3 - 0.05, 2 / 3 + 0.05),
        ("one in three attacks comes from Ukraine", 1 / 3 - 0.05, 1 / 3 + 0.05),
        ("9 out of 10 attacks come from Ukraine", 0.85, 0.95),
        ("three quarters of the attacks come from Ukraine", 0.7, 0.8),
        ("a quarter of the attacks come from Ukraine", 0.2, 0.3),
        ("most of the attacks come from Ukraine", 0.5, 1),
        ("the majority of attacks come from Ukraine", 0.5, 1),
        ("all attacks come from Ukraine", 0.95, 1),
        ("50 % of the attacks come from Ukraine", 0.45, 0.55),
        ("50% of the attacks come from Ukraine", 0.45, 0.55),
        ("53 percent of the attacks come from Ukraine", 0.525, 0.535),
        ("12.5 per cent of the attacks come from Ukraine", 0.12, 0.13),
        ("fifty percent of the attacks come from Ukraine", 0.45, 0.55),
        ("at least half of the attacks come from Ukraine", 0.5, 1),
        ("more than 40 % of the attacks come from Ukraine", 0.4, 1),
        ("no more than 40 % of the attacks come from Ukraine", 0, 0.4),
        ("less than half of the attacks come from Ukraine", 0, 0.5),
        ("La moitié des attaques viennent d'Ukraine", 0.45, 0.55),
        ("la moitié des attaques proviennent de l\N{RIGHT SINGLE QUOTATION MARK}Ukraine", 0.45, 0.55),
        ("deux tiers des attaques viennent de l'Ukraine", 2 / 3 - 0.05, 2 / 3 + 0.05),
        ("plus de la moitié des attaques viennent d'Ukraine", 0.5, 1),
        ("la plupart des attaques sont en provenance d'Ukraine", 0.5, 1),
        ("environ 12,5 pour cent des attaques viennent d'Ukraine", 0.075, 0.175),
        ("un quart des attaques vient d'Ukraine", 0.2, 0.3),
        ("toutes les attaques viennent d'Ukraine", 0.95, 1),
    ],
)
def test_a_share(sentence, low, high):
    ((found_low, found_high, countries),) = shares(sentence)
    assert (found_low, found_high) == pytest.approx((low, high))
    assert countries == ("UA",)
    assert rates(sentence) == []
    assert read_claim(sentence).notes == ()


@pytest.mark.parametrize(
    ("sentence", "low", "high"),
    [
        ("300 attacks a day", 270, 330),
        ("there are 300 attacks/day", 270, 330),
        ("three hundred attacks per day", 270, 330),
        ("about 300 attacks every day", 240, 360),
        ("17 attacks a day", 16.5, 17.5),
        ("hundreds of attacks a day", 200, 2_000),
        ("we are attacked hundreds of times a day", 200, 2_000),
        ("every day, hundreds of attacks", 200, 2_000),
        ("dozens of attacks daily", 24, 200),
        ("thousands of attacks a day", 2_000, 20_000),
        ("tens of thousands of attacks a day", 20_000, 200_000),
        ("at least 300 attacks a day", 300, INF),
        ("more than 1,500 attacks a day", 1_500, INF),
        ("up to 40 attacks an hour", 0, 960),
        ("700 attacks a week", 90, 110),
        ("des centaines d'attaques par jour", 200, 2_000),
        ("plus de 2 000 attaques par semaine", 2_000 / 7, INF),
        ("moins de 300 attaques par jour", 0, 300),
        ("une centaine d'attaques par jour", 90, 110),
        ("des dizaines d'attaques quotidiennes", 20, 200),
        ("trois cents attaques par jour", 270, 330),
    ],
)
def test_a_rate(sentence, low, high):
    ((found_low, found_high, countries),) = rates(sentence)
    assert (found_low, found_high) == pytest.approx((low, high))
    assert countries == ()
    assert shares(sentence) == []


def test_both_in_one_sentence_and_whose_country_is_whose():
    both = "our website and mail servers are attacked hundreds of times a day, half of it from Ukraine"
    assert rates(both) == [(200, 2_000, ())]
    assert shares(both) == [(pytest.approx(0.45), pytest.approx(0.55), ("UA",))]
    assert any("mail servers are not weighed" in note for note in read_claim(both).notes)
    french = "plus de 300 attaques par jour, dont un tiers de Russie et un quart des États-Unis"
    assert [c for _, _, c in shares(french)] == [("RU",), ("US",)]
    assert rates(french) == [(300, INF, ())]
    assert rates("300 attacks a day from Ukraine") == [(270, 330, ("UA",))]
    listed = "half of the attacks come from Ukraine, Russia or the United States"
    assert [c for *_, c in shares(listed)] == [("UA", "RU", "US")]
    assert [c for *_, c in shares("half of the attacks come from Ukraine or Russia")] == [("UA", "RU")]


def test_a_unit_and_a_kind_that_are_named_are_meant():
    assert read_claim("half of the requests come from UA").unit == "requests"
    assert read_claim("la moitié des adresses viennent d'Ukraine").unit == "sources"
    assert read_claim("most SQL injections come from UA").kind == "sql_injection"
    with pytest.raises(InputError, match="requests and sources are several units"):
        read_claim("half of the requests and addresses come from UA")


@pytest.mark.parametrize(
    ("sentence", "what", "hint"),
    [
        ("hello world", "'hello', 'world' not understood", "--per-day 300"),
        ("", "no share of a country and no rate", "half of the attacks come from UA"),
        ("half of the attacks", "'half' is a share of which country", "from Ukraine"),
        ("in 2017, 300 attacks a day", "'2017' in what time", "a day"),
        ("300 attacks a day in 14 days", "'14' in what time", "a day"),
        ("300 attacks", "'300' in what time", "300 a day"),
        ("half of the attacks come from Ukrainia", "'Ukrainia' is no country", "Ukraine (UA)"),
        ("half of the attacks come from Ukrainian addresses", "'Ukrainian' is no country", "Ukraine (UA)"),
        ("half of the attacks come from EU", "'EU' is no country", "ISO 3166-1"),
        ("half of the attacks do not come from Ukraine", "'not' is not read", "at most"),
        ("la moitié des attaques ne viennent pas d'Ukraine", "'ne' is not read", "at most"),
        ("attacks from Ukraine doubled, half of them", "'doubled' is not read", "--from and --to"),
        ("half of the attacks in March came from Ukraine", "'March' is not read", "--from and --to"),
        ("for a month, hundreds of attacks a day", "'for a month' is not read", "--from and --to"),
        ("our servers in France take 300 attacks a day", '"in France"', "from France"),
        ("half of the attacks on Ukraine", '"on Ukraine"', "from Ukraine"),
        ("half of the attacks hammered Ukraine", "its part in the claim is not read", "from Ukraine"),
        ("half of the attacks come from Ukraine, not Russia", "'not' is not read", "at most"),
        ("150 % of the attacks come from Ukraine", "'150 %' is no share", "0 to 100"),
        ("half of the attacks were carried out by Russia", "names an actor", "from Russia"),
        ("half of the attacks are by Russian hackers", "names an actor", "from Russia"),
        ("x" * 1_001, "longer than 1,000 characters", "one sentence"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_to_do(sentence, what, hint):
    with pytest.raises(InputError) as raised:
        read_claim(sentence)
    assert what in raised.value.what
    assert hint in raised.value.hint


@pytest.mark.parametrize(
    "actor", ["by the GRU", "by Russia", "by hackers", "par le Kremlin", "by state-sponsored hackers"]
)
def test_an_actor_is_not_weighed_and_it_is_said(actor):
    claim = read_claim(f"300 attacks a day {actor}")
    assert [p.countries for p in claim.parts] == [()]
    assert any(ACTOR in note for note in claim.notes)


def test_words_that_are_not_known_are_named():
    assert read_claim("300 IPv4 attacks a day").notes == ("words not read: IPv4",)
    assert read_claim("every day thousands of attacks hammer our site").notes == ("words not read: hammer",)


def test_countries_by_code_and_name():
    names = ["UA", "ua", "Ukraine", "l'Ukraine", "États-Unis", "the Netherlands", "Côte d'Ivoire", "turkey", "UK"]
    assert [known_country(n.removeprefix("l'").removeprefix("the ")) for n in names] == [
        "UA", "UA", "UA", "UA", "US", "NL", "CI", "TR", "GB",
    ]  # fmt: skip
    with pytest.raises(InputError, match="did you mean Germany"):
        known_country("Germny")


@given(st.floats(0, 1))
def test_what_is_claimed_lies_in_what_the_words_allow(share):
    part = share_part(share, ("UA",))
    assert 0 <= part.low <= part.point <= part.high <= 1
    assert share_part(share, ("UA",), direction=">=").low == share
    rate = rate_part(1_000 * share)
    assert 0 <= rate.low <= rate.point <= rate.high


KNOWN = (
    "half of the attacks from Ukraine UA hundreds a day 300 50 % at least la moitié des d' par jour not by Russia and"
)
WORDS = st.lists(
    st.sampled_from([*KNOWN.split(), ",", "1/2", "two", "thirds", "²", "٣"]) | st.text(max_size=6), max_size=14
)


@settings(max_examples=30)
@given(WORDS)
def test_any_sentence_is_read_or_refused(words):
    try:
        claim = read_claim(" ".join(words))
    except InputError:
        return
    assert claim.parts
    for part in claim.parts:
        assert 0 <= part.low <= part.high
        assert part.measure == "rate" or (part.high <= 1 and part.countries)
