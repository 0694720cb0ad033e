"""Which texts are chosen, and which pairs of them are found, against a slow choice and a slow search."""

import random
from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

from vigie.measures import measured, named
from vigie.tables import CASE_TABLES, MODEL_TABLES, TABLES
from vigie.text.normalise import normalise

TEXTS, PAIRS = named("translation_texts"), named("translations")
FRENCH = "Les deux candidats se retrouvent ce soir pour un débat sur le port"
RUSSIAN = "Жители выйдут голосовать через неделю, пишут журналисты в городе"
START = datetime(2017, 4, 10, tzinfo=UTC)


def posts(*rows):
    """Return posts of (text, channel, lang, is_repost) in order of time."""
    made = [
        {
            "row_id": f"{'ab' * 6}:{n}",
            "time": START + timedelta(minutes=n),
            "platform": "x",
            "post_id": str(n),
            "channel_id": channel,
            "text": text,
            "lang": lang,
            "repost_of": "p" if repost else None,
        }
        for n, (text, channel, lang, repost) in enumerate(rows, 1)
    ]
    schema = TABLES["posts"].seen
    empty = {f.name: [] if pa.types.is_list(f.type) else None for f in schema}
    return pa.Table.from_pylist([empty | row for row in made], schema=schema)


def texts_of(table, channels=(), **values):
    declared = [{"channel_id": c, "platform": "x", "outlet": "O", "tier": "none"} for c in channels]
    relations = {"posts": table, "case_channels": pa.Table.from_pylist(declared, schema=CASE_TABLES["case_channels"])}
    return measured(TEXTS, relations, **values).to_pylist()


def test_a_family_s_first_then_texts_published_once():
    rows = [
        (FRENCH, "rep", None, True),
        (FRENCH, "a", None, False),
        (FRENCH.upper(), "b", None, False),
        (RUSSIAN, "c", "uk-UA", False),
        ("Too short to count", "d", None, False),
        (RUSSIAN[:40] + " something else said once by nobody else", "e", None, True),
    ]
    family, single = texts_of(posts(*rows))
    assert (family["said"], family["posts"], family["language"]) == (FRENCH, 2, "fr")
    assert family["row_id"].endswith(":2")
    assert family["family_id"]
    assert (single["said"], single["family_id"], single["posts"], single["language"]) == (RUSSIAN, None, 1, "uk")
    assert {(r["families"], r["singles"]) for r in (family, single)} == {(1, 1)}


def test_the_cap_takes_families_then_declared_channels_and_counts_all():
    rows = [
        (f"{' '.join(random.Random(n).choices('abcdefghijklmnop', k=9))} word{n}", f"c{n}", "en", False)
        for n in range(30)
    ]
    rows = [(text.replace(" ", f"{n}x "), *rest) for n, (text, *rest) in enumerate(rows)]
    rows += [(FRENCH, "p", None, False), (FRENCH, "q", None, False)]
    made = texts_of(posts(*rows), channels=["c7", "c21"], texts_max=3)
    assert made[0]["said"] == FRENCH
    assert {r["row_id"].partition(":")[2] for r in made[1:]} == {"8", "22"}
    assert {(r["families"], r["singles"]) for r in made} == {(1, 30)}
    more = texts_of(posts(*rows), channels=["c7", "c21"], texts_max=31)
    assert len(more) == 31
    assert {r["row_id"] for r in made} <= {r["row_id"] for r in more}
    assert texts_of(posts(*rows), words_min=100) == []


def test_no_posts_no_texts():
    assert texts_of(TABLES["posts"].seen.empty_table()) == []


def given(rows):
    """Return both tables of (said, language, vector, family_id)."""
    chosen = [
        {
            "row_id": f"{'cd' * 6}:{n}",
            "family_id": family,
            "posts": 1,
            "time": START + timedelta(minutes=n),
            "said": said,
            "language": language,
            "families": 0,
            "singles": 0,
        }
        for n, (said, language, _, family) in enumerate(rows)
    ]
    vectors = [{"row_id": f"{'cd' * 6}:{n}", "vector": row[2]} for n, row in enumerate(rows)]
    return {
        "translation_texts": pa.Table.from_pylist(chosen, schema=TEXTS.schema),
        "text_vectors": pa.Table.from_pylist(vectors, schema=MODEL_TABLES["text_vectors"]),
    }


def pairs_of(tables, **values):
    from vigie.engine.local import LocalEngine

    with LocalEngine(tables) as engine:
        return engine.run(PAIRS.steps(**values)).to_pylist()


@pytest.mark.parametrize("seed", range(6))
def test_the_pairs_are_those_of_comparing_every_two(seed):
    """Where each thought is said once a language, mutual nearest are simply the nearest both ways."""
    rng = np.random.default_rng(seed)
    thoughts = rng.normal(size=(12, 32))
    rows = []
    for n, thought in enumerate(thoughts):
        for language in rng.choice(["de", "fr", "ru", None], size=rng.integers(1, 5), replace=False):
            vector = thought + 0.1 * rng.normal(size=32)
            said = f"{language}{n} " * 3
            rows.append((said, language, (vector / np.linalg.norm(vector)).tolist(), f"{n:032x}" if n % 2 else None))
    order = rng.permutation(len(rows))
    rows = [rows[n] for n in order]
    made = pairs_of(given(rows))
    wanted = set()
    for (n, one), (m, other) in combinations(enumerate(rows), 2):
        if None in (one[1], other[1]) or one[1] == other[1] or np.dot(one[2], other[2]) < 0.8:
            continue
        if normalise(one[0]).split()[0][2:] == normalise(other[0]).split()[0][2:]:
            wanted.add(frozenset((f"{'cd' * 6}:{n}", f"{'cd' * 6}:{m}")))
    assert {frozenset((r["row_id"], r["other_row_id"])) for r in made} == wanted
    assert all(r["language"] < r["other_language"] and r["similarity"] >= 0.8 for r in made)
    by_row = {f"{'cd' * 6}:{n}": row for n, row in enumerate(rows)}
    for r in made:
        assert (r["family_id"], r["other_family_id"]) == (by_row[r["row_id"]][3], by_row[r["other_row_id"]][3])
        cosine = np.dot(by_row[r["row_id"]][2], by_row[r["other_row_id"]][2])
        assert r["similarity"] == pytest.approx(min(1, cosine), abs=1e-4)
    assert made == pairs_of(given(rows))


def test_a_copy_whose_language_was_misread_is_no_translation():
    rows = [("Macron visits the harbour of Brest tonight", "en", [1.0, 0.0], None)]
    copy = ("Macron visits the harbor of Brest tonight 2017", "nl", [1.0, 0.0], None)
    meant = ("Macron besucht heute Abend den Hafen in Brest", "de", [1.0, 0.0], None)
    found = pairs_of(given([*rows, copy, meant]))
    assert {(r["language"], r["other_language"]) for r in found} == {("de", "en"), ("de", "nl")}


def test_likeness_in_one_language_or_below_the_least_is_none():
    rows = [("un deux trois", "fr", [1.0, 0.0], None), ("quatre cinq six", "fr", [1.0, 0.0], None)]
    assert pairs_of(given(rows)) == []
    rows[1] = ("four five six", "en", [0.6, 0.8], None)
    assert pairs_of(given(rows)) == []
    assert len(pairs_of(given(rows), similarity_min=0.5)) == 1
    assert pairs_of(given([])) == []
