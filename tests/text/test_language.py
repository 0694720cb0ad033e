from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.text.test_normalise import HOSTILE
from vigie.text.language import language_code, languages


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Les deux candidats se retrouvent ce soir pour un débat", "fr"),
        ("The two candidates meet tonight for a debate", "en"),
        ("Die beiden Kandidaten treffen sich heute Abend zur Debatte", "de"),
        ("Жители выйдут голосовать через неделю, пишут журналисты", "ru"),
        ("يلتقي المرشحان الليلة في مناظرة تلفزيونية", "ar"),
        ("", None),
        ("Macron 2017", None),
        ("https://example.org/les-candidats-se-retrouvent-ce-soir @candidat #debat", None),
        ("12345 67890 12345 67890", None),
        ("\ud800" * 40, None),
    ],
)
def test_a_language_or_an_honest_none(text, language):
    assert languages([text]) == [language]


def test_links_handles_and_hashtags_do_not_count():
    text = "Жители выйдут голосовать через неделю"
    assert languages([f"{text} https://example.org/the-candidates-meet-tonight @thecandidates #tonight"]) == ["ru"]


@settings(max_examples=30)
@given(HOSTILE)
def test_nothing_raises(text):
    assert len(languages([text, text * 50])) == 2


def test_a_text_of_a_megabyte_takes_no_longer_than_its_beginning():
    assert languages(["The two candidates meet tonight for a debate. " * 25_000]) == ["en"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("fr", "fr"),
        (" EN-us ", "en"),
        ("pt_BR", "pt"),
        ("zh-Hans", "zh"),
        ("deu", "de"),
        ("Ukrainian", "uk"),
        ("in", "id"),
        ("nb", "no"),
        ("nn", "no"),
        *((nothing, None) for nothing in (None, "", "und", "zxx", "mul", "qme", "xx", "LANGUAGE UNDEFINED", "\ud800")),
    ],
)
def test_what_exports_say_is_one_code_a_language(said, code):
    assert language_code(said) == code


@given(HOSTILE)
def test_no_said_language_raises(said):
    assert language_code(said) is None or len(language_code(said)) <= 3
