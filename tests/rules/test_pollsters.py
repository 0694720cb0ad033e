import csv
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import shared_data
from vigie.rules.pollsters import house, is_known, known_houses
from vigie.text.fold import fold_id


@pytest.mark.parametrize(
    ("names", "ident"),
    [
        (("Ifop", "IFOP", "Ifop-Fiducial", "Ifop \u2013 Fiducial pour iTELE, Paris Match et Sud Radio"), "ifop"),
        (("OpinionWay", "Opinion Way", "Opinionway", "OpinionWay / Orpi"), "opinionway"),
        (("Kantar", "Kantar Sofres", "TNS Sofres", "Kantar\xa0Sofres - OnePoint", "Sofres", "verian"), "kantar"),
        (("Harris", "Harris interactive", "Harris Interactive", "Louis Harris"), "harris-interactive"),
        (("Ipsos", "Cevipof Ipsos-Sopra Steria", "Ipsos / Sopra Steria pour France 2", "Ipsos BVA"), "ipsos"),
        (("Odoxa", "ODOXA", "Odoxa avec Dentsu Consulting pour Le Point"), "odoxa"),
        (("BVA", "BVA Xsight"), "bva"),
        (("Kantar (Emnid)", "Emnid"), "emnid"),
    ],
)
def test_spellings_of_one_house_are_one(names, ident):
    kinds = [house(name) for name in names]
    # "Kantar (Emnid)" is the German house only where it is listed whole; before the bracket it is Kantar.
    assert set(kinds) <= {ident, "kantar"}
    assert kinds.count(ident) >= len(names) - 1
    assert all(map(is_known, names))


def test_houses_that_resemble_one_another_are_not_one():
    names = ["Ifop", "Ipsos", "Ipsos MORI", "Odoxa", "BVA", "CSA", "YouGov", "Pew Research Center", "Elabe"]
    assert len({house(name) for name in names}) == len(names)
    assert not any(map(is_known, ["Brand Analytics", "Filteris", "Ifoppe", "Observatoire Ifop", "", "-", "Pour Ifop"]))


@given(st.text(max_size=60))
def test_any_name_is_a_house_and_an_unlisted_one_is_its_fold(name):
    found = house(name)
    assert found
    assert found == house(name.upper().lower()) or not name.isascii()
    if not is_known(name):
        assert found == (fold_id(name) or "?")


def test_the_list_is_whole():
    houses = [h for listed in known_houses().values() for h in listed]
    assert len(houses) == len(set(houses))
    assert all(h == fold_id(h) for h in houses)
    assert all(len(country) == 2 and country.isupper() for country in known_houses())


@pytest.mark.shared
def test_french_institutes_of_three_campaigns_are_all_known():
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    polls = folder / "polls"
    names = set()
    for file, column in (
        ("fr2017_r1_depuis1958.csv", "pollster"),
        ("fr2017_lastweeks_pollsposition.csv", "pollster"),
        ("fr_r1_families_1965_2019_pollsposition.csv", "sondage"),
        ("fr2027_mieuxvoter.csv", "nom_institut"),
    ):
        with (polls / file).open(encoding="utf-8", newline="") as lines:
            names |= {row[column] for row in csv.DictReader(lines)}
    with gzip.open(polls / "fr2022_nsppolls.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        names |= {row["nom_institut"] for row in csv.DictReader(lines)}
    assert {name for name in names if not is_known(name)} == {"result", "seats"}
