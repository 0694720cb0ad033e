import pyarrow as pa

from tests.measures.test_poll_shifts import race
from vigie.detectors.poll_shift import MEASURE, poll_shift
from vigie.measures import measured
from vigie.testing import polls, rows


def shifted(table):
    return measured(MEASURE, {"polls": table}, campaigns=300)


def test_a_finding_says_what_when_since_when_and_from_how_many():
    [row] = shifted(rows("polls", *race(1, fall=7))).to_pylist()
    [found] = poll_shift(pa.Table.from_pylist([row], schema=MEASURE.schema)).to_pylist()
    assert found["title"] == (
        f"fillon, voting intention, round 1: a fall of {-row['points']:.1f} points about {row['day']}, "
        f"known on {row['found']} from {row['figures']} polls of {row['houses']} houses"
    )
    assert (found["value"], found["low"], found["high"]) == (row["points"], row["low"], row["high"])
    assert (found["expected"], found["p_value"]) == (0.0, row["p_value"])
    assert found["subject_ids"] == ["fillon"]
    assert found["evidence_ids"] == row["row_ids"]


def test_a_block_without_a_step_is_no_finding():
    quiet = shifted(rows("polls", *race(2)))
    assert quiet.num_rows == 1
    assert poll_shift(quiet).num_rows == 0


def test_a_name_from_outside_stays_inert_in_the_title():
    table = polls("Ipsos 2017-01-14 970 fillon 43", "Ipsos 2017-02-11 967 fillon 25").to_pylist()
    hostile = [row | {"candidate": "a\x1b[31m\u202eb"} for row in table]
    [found] = poll_shift(shifted(rows("polls", *hostile))).to_pylist()
    assert "\x1b" not in found["title"]
    assert "\u202e" not in found["title"]
