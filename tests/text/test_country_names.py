from vigie.text.countries import country_codes
from vigie.text.country_names import country_name, country_names


def test_every_code_has_a_name_in_english_and_every_name_a_code():
    assert set(country_names().values()) == country_codes()
    assert all(country_name(code) != code for code in country_codes())


def test_no_two_countries_share_a_name():
    # The Congos and Guineas differ by a second word; what they share must be neither's.
    names = country_names()
    assert [names[n] for n in ("guinea", "guinee-bissau", "niger", "nigeria", "georgia", "georgie")] == [
        "GN", "GW", "NE", "NG", "GE", "GE",
    ]  # fmt: skip
    assert "congo" not in names
    assert "korea" not in names
