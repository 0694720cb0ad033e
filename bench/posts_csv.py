"""Rows of posts taken in from CSV per second of CPU time, beside peers that read the same file.

    python -m bench.posts_csv --rows 2000000

It writes made-up tweets in the twelve columns of the Internet Research Agency data to a temporary folder and times
`vigie add` on them (the whole process: start, hash, parse, find addresses, hashtags and mentions, Parquet), the `csv`
module with one dictionary a row, the same with the three kinds of entities found by `re`, and pandas and polars where
they are installed (parsing alone), each in a process of its own. Prints the ratios; writes `bench/out/posts_csv.json`.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench._measure import compare, run

COLUMNS = (
    "author_id", "content", "region", "language", "publish_date", "following", "followers", "updates", "post_type",
    "retweet", "account_type", "account_category",
)  # fmt: skip

TEXT = (
    "vote the election candidate « président » débat says we of and on news выборы tonight never again, why? "
    "Macron Fillon Le Pen Mélenchon Hamon people media truth stop must see watch live breaking BREAKING: 2017 20%"
)
WORDS = TEXT.split()

DICTIONARIES = """
import csv, sys
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    print(len([row for row in csv.DictReader(file)]))
"""

ENTITIES = r"""
import csv, re, sys
from datetime import datetime
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    rows = []
    for row in csv.DictReader(file):
        text = row["content"]
        row["time"] = datetime.strptime(row["publish_date"], "%Y-%m-%d %H:%M:%S")
        row["urls"] = re.findall(r"https?://\S+", text)
        row["hashtags"] = re.findall(r"#(\w+)", text)
        row["mentions"] = re.findall(r"@(\w+)", text)
        rows.append(row)
print(len(rows))
"""

PEERS = {
    "csv.DictReader": ("csv", DICTIONARIES),
    "csv, time and re": ("csv", ENTITIES),
    "pandas": ("pandas", "import sys, pandas; print(len(pandas.read_csv(sys.argv[1], on_bad_lines='skip')))"),
    "polars": ("polars", "import sys, polars; print(len(polars.read_csv(sys.argv[1], ignore_errors=True)))"),
}


def write_posts(path: Path, rows: int, seed: int = 7) -> None:
    """Write `rows` posts of 2,000 accounts; half of them link, half have hashtags, a third mention somebody."""
    draw = random.Random(seed)
    first = datetime(2016, 9, 15, tzinfo=UTC)
    accounts = [f"Account{draw.randrange(10**6):06}" for _ in range(2_000)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(rows):
            text = " ".join(draw.choices(WORDS, k=draw.randrange(6, 18)))
            if number % 2:
                text += f" https://t.co/{draw.getrandbits(40):010x}"
            if number % 4 < 2:
                text += f" #{draw.choice(WORDS).strip(',?:«»%')} #tag{draw.randrange(500)}"
            if number % 3 == 0:
                text = f"@{draw.choice(accounts)} {text}"
            if number % 20 == 0:
                text = f'He said "{text}", twice'
            moment = first + timedelta(seconds=number * 7)
            writer.writerow(
                (
                    draw.choice(accounts), text, "United States", draw.choice(("English", "French", "Russian")),
                    f"{moment:%Y-%m-%d %H:%M:%S}", draw.randrange(9_999), draw.randrange(99_999), number, "",
                    number % 5 // 4, "Right", "RightTroll",
                )
            )  # fmt: skip


def vigie_add(folder: Path, case: str, posts: Path) -> list[str]:
    """Return the command that takes the file into a new case."""
    vigie = [sys.executable, "-m", "vigie.cli"]
    run([*vigie, "new", str(folder / case), "--country", "FR", "--name", "bench"])
    return [*vigie, "add", str(folder / case), str(posts), "--json"]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        posts, small = folder / "posts.csv", folder / "small.csv"
        write_posts(posts, options.rows)
        # The compiled kernels are cached by the first run on a machine; that is not what is measured.
        write_posts(small, 1_000)
        run(vigie_add(folder, "warm", small))
        size_mb = posts.stat().st_size / 1e6
        print(f"{options.rows:,} rows, {size_mb:,.0f} MB")
        commands = {"vigie add": vigie_add(folder, "case", posts)}
        for peer, (needs, script) in PEERS.items():
            if importlib.util.find_spec(needs):
                commands[peer] = [sys.executable, "-c", script, str(posts)]
            else:
                print(f"{needs} is not installed: left out")
        compare("posts_csv", commands, records=options.rows, size_mb=size_mb, noun="rows")


if __name__ == "__main__":
    main()
