import bz2
import csv
import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.errors import InputError
from vigie.sources import reading
from vigie.sources.shares_csv import read_shares

HEADER = "object_id,account_id,content_id,timestamp_share"
GOOD = "o,a,c1,1623881091"


def log(tmp_path, *lines, header=HEADER, name="shares.csv"):
    path = tmp_path / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def rows(path, **options):
    read = read_shares(path, **options)
    objects, accounts = read.object_ids.to_pylist(), read.account_ids.to_pylist()
    return [
        (objects[o], accounts[a], c, t)
        for o, a, c, t in zip(
            read.objects.tolist(), read.accounts.tolist(), read.contents.tolist(), read.times.tolist(), strict=True
        )
    ]


IDS = st.text('ab",;\né ', min_size=1, max_size=4).filter(lambda text: text.strip() == text)


@settings(max_examples=40)
@given(st.lists(st.tuples(IDS, IDS, IDS, st.integers(0, 2_000_000_000)), max_size=12), st.integers(60, 200))
def test_shares_come_out_as_they_went_in(tmp_path_factory, shares, block):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["more", *HEADER.split(",")])
    writer.writerows(("x", *share) for share in shares)
    path = tmp_path_factory.mktemp("log") / "shares.csv.gz"
    path.write_bytes(gzip.compress(text.getvalue().encode()))
    contents = {}
    for share in shares:
        contents.setdefault(share[2], len(contents))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK_BYTES", block)
        assert rows(path) == [(o, a, contents[c], t * 1_000_000) for o, a, c, t in shares]
        read = read_shares(path)
    assert not read.refused.count
    assert read.content_count == len(contents)
    assert read.twins.tolist() == [contents.get(o, -1) for o in read.object_ids.to_pylist()]


def test_times_are_seconds_or_iso_8601_in_any_zone(tmp_path):
    written = ("5", "-5", "5.25", "2021-06-16T22:04:51Z", "2021-06-17 00:04:51+02:00", "2021-06-16T22:04:51")
    path = log(tmp_path, *(f"o,a,{n},{time}" for n, time in enumerate(written)))
    assert [t / 1e6 for *_, t in rows(path)] == [5, -5, 5.25, *[1_623_881_091] * 3]


def test_what_is_no_share_is_refused_with_its_line_and_the_rest_is_read(tmp_path):
    path = log(
        tmp_path, GOOD, ",a,c2,5", "o,,c3,5", "o,a,,5", "o,a,c4,", "o,a,c5,soon", "o,a,c6,1623881091000", "o,a,c7",
        "o,a\0,c8,5", GOOD,
    )  # fmt: skip
    read = read_shares(path)
    assert len(read) == 2
    assert dict(read.refused.first) == {
        3: "object_id is empty",
        4: "account_id is empty",
        5: "content_id is empty",
        6: "timestamp_share is empty",
        7: "timestamp_share 'soon' is neither seconds since 1970 nor ISO 8601",
        8: "timestamp_share '1623881091000' is milliseconds, not seconds",
        9: "3 fields where the header has 4",
        10: "NUL byte",
    }
    assert read.refused.count == sum(read.refused.reasons.values()) == 8


def test_other_delimiters_and_packings(tmp_path):
    text = HEADER.replace(",", ";") + "\no;a;c;5\n"
    packed = tmp_path / "shares.csv.bz2"
    packed.write_bytes(bz2.compress(text.encode()))
    assert rows(packed) == [("o", "a", 0, 5_000_000)]


def test_a_stream_that_is_cut_off_says_so(tmp_path):
    whole = gzip.compress("\n".join([HEADER, *[f"o,a{n},{n * n},{n}" for n in range(9_000)]]).encode())
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    read = read_shares(path)
    assert 0 < len(read) < 9_000
    assert any("cut off" in reason for _, reason in read.refused.first)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("id,account_id,when\nx,y,z\n", "no column object_id and no column content_id and no column timestamp_share"),
        (HEADER + ",account_id\n" + GOOD + ",b\n", "the column account_id twice"),
        ('object_id,"account_id\n', "a quote that is not closed"),
    ],
)
def test_a_header_that_will_not_do_is_an_error(tmp_path, text, said):
    path = tmp_path / "shares.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_shares(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


def test_a_header_alone_is_no_shares(tmp_path):
    read = read_shares(log(tmp_path))
    assert len(read) == 0
    assert read.account_ids.to_pylist() == []
