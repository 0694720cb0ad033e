from random import Random

from vigie.rules.origin import UNITS, deciding, places, senders


def row(database, address, country, session="s", requests=1):
    return {
        "database": database, "address": address, "country": country, "network_kind": None, "place": "public",
        "session_id": f"{address}/{session}", "requests": requests,
    }  # fmt: skip


def test_the_database_that_knows_most_sources_decides_not_the_one_with_most_rows():
    many = [row("a", "9.9.9.9", "UA", session=str(n)) for n in range(50)]
    few = [row("b", f"9.9.9.{n}", "UA") for n in range(2)]
    assert deciding([*many, *few]) == "b"
    assert deciding([]) is None
    own, packaged = row("0123456789ab", "9.9.9.9", "UA"), row("iptocc 3.3.1", "9.9.9.9", "PL")
    assert deciding([own, packaged]) == deciding([packaged, own]) == "0123456789ab"
    assert deciding([own | {"country": None}, packaged]) == "iptocc 3.3.1"
    assert deciding([row("a", "9.9.9.9", None)]) == "a"


def test_what_a_source_sent_is_counted_in_each_unit():
    rows = [row("a", "9.9.9.9", "UA", "1", 3), row("a", "9.9.9.9", "UA", "1", 4), row("a", "9.9.9.9", "UA", "2", 1)]
    rows.append(row("a", "8.8.8.8", None))
    found = senders(Random(1).sample(rows, len(rows)))
    assert list(found) == ["8.8.8.8", "9.9.9.9"]
    assert [found["9.9.9.9"].sent[u] for u in UNITS] == [8, 2, 1]
    assert places(found) == 1
