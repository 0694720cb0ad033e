from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.text.fold import fold_id


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Jean-Luc Mélenchon", "jean-luc-melenchon"),
        ("JEAN\u2013LUC  MELENCHON", "jean-luc-melenchon"),
        ("Nicolas Dupont-Aignan", "nicolas-dupont-aignan"),
        ("Straße", "strasse"),
        ("\N{LATIN SMALL LIGATURE FI}llon", "fillon"),
        ("Макрон", "макрон"),
        ("Макрон".upper(), "макрон"),
        ("Ёлка", "елка"),
        ("ماكرون", "ماكرون"),
        ("नरेन्द्र मोदी", "नरेन्द्र-मोदी"),
        ("-- !! --", ""),
        ("", ""),
    ],
)
def test_names_meet_in_one_identifier(name, expected):
    assert fold_id(name) == expected


@given(st.text())
def test_folding_twice_changes_nothing(name):
    assert fold_id(fold_id(name)) == fold_id(name)


@given(st.text())
def test_an_identifier_has_single_hyphens_and_no_space(name):
    ident = fold_id(name)
    assert "--" not in ident
    assert ident == ident.strip("-") == "".join(ident.split())


@given(st.text(st.characters(max_codepoint=0x24F)))
def test_case_does_not_matter(name):
    assert fold_id(name.upper()) == fold_id(name.lower().upper())
