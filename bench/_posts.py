"""Real posts by accounts of a known operation and by known politicians, as a case reads them.

Each set is written as CSV under Vigie's own names and added to a temporary case, so that what is measured is what
`vigie add` makes of it. The READMEs of both folders say what is true in them; folders called `heldout` are not opened.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from vigie.engine import Query
from vigie.engine.local import LocalEngine
from vigie.run.add import STORE, Options, add, relation
from vigie.run.new import new_case
from vigie.tables import TABLES
from vigie.tables.store import Store
from vigie.text.normalise import fingerprint, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

COLUMNS: Final = ("time", "platform", "channel_id", "text", "post_id", "repost_of", "reply_to", "quote_of")
PANELS: Final = ("panel_2016-09-15_2016-11-15", "panel_2017-01-15_2017-05-15")
_CONTROLS: Final = Path("organic-controls/dev")
_TROLLS: Final = Path("ira-trolls/dev")
_REFERS: Final = {"retweet": "repost_of", "reply": "reply_to", "quoting": "quote_of"}

Row = dict[str, str]


def _read(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _given(value: str) -> str:
    return "" if value == "NA" else value


def _made(time: str, channel: str, text: str, **more: str) -> Row:
    return {"time": time, "platform": "x", "channel_id": channel, "text": text, **more}


def candidates_2022(data: Path) -> list[Row]:
    """Return all tweets of 17 accounts of the candidates of 2022."""
    made = []
    for row in _read(data / _CONTROLS / "fr_candidates_2022.csv.gz"):
        refers = {_REFERS[row["type"]]: row["referenced_tweet_id"]} if row["type"] in _REFERS else {}
        made.append(_made(row["datetime"], row["username"].lower(), row["text"], post_id=row["id"], **refers))
    return made


def debates_2017(data: Path) -> list[Row]:
    """Return the tweets of the candidates of 2017 around two debates."""
    made = []
    for row in _read(data / _CONTROLS / "fr_candidates_debate_2017-03-20.csv.gz"):
        refers = {
            "repost_of": _given(row["retweet_status_id"]),
            "reply_to": _given(row["in_reply_to_status_status_id"]),
            "quote_of": _given(row["quote_status_id"]),
        }
        channel = row["screen_name"].lower()
        made.append(_made(row["created_at"], channel, row["text"], post_id=row["status_id"], **refers))
    for row in _read(data / _CONTROLS / "fr_candidates_debate_2017-04-04.csv.gz"):
        whose = "@" + row["rt_nom"].lstrip("@") if row["is_retweet"] == "TRUE" else ""
        made.append(_made(row["time"], row["nom"].lstrip("@").lower(), row["tweet"], repost_of=whose))
    return made


def presidents(data: Path) -> list[Row]:
    """Return the tweets of two presidents of the United States, to the minute; not those of several lines.

    Such a tweet is not quoted in the files, so that its record is torn.
    """
    made = []
    for name in ("us_BarackObama", "us_realDonaldTrump"):
        for row in _read(data / _CONTROLS / f"{name}.csv.gz"):
            if row["user"] != name.removeprefix("us_"):
                continue
            time = datetime.strptime(row["created_at"], "%m/%d/%y %H:%M").replace(tzinfo=UTC)
            made.append(
                _made(time.isoformat(), row["user"].lower(), row["text"], post_id=row["url"].rpartition("/")[2])
            )
    return made


CONTROLS: Final = {"candidates 2022": candidates_2022, "debates 2017": debates_2017, "presidents": presidents}


def trolls(data: Path, files: Sequence[str] = PANELS) -> list[Row]:
    """Return tweets of the operation's accounts, each once, to the minute.

    What a retweet repeats is not in the data; here two of them repeat the same tweet where their texts are equal.
    """
    made: dict[tuple[str, str, str], Row] = {}
    for name in files:
        for row in _read(data / _TROLLS / f"{name}.csv.gz"):
            of = fingerprint(normalise(row["content"])) if row["retweet"] == "1" else ""
            key = row["author_id"], row["publish_date"], row["content"]
            made.setdefault(key, _made(f"{row['publish_date']}Z".replace(" ", "T"), row["author_id"], row["content"]))
            made[key]["repost_of"] = of
    return list(made.values())


def moved(rows: Iterable[Row], weeks: int, first: str, last: str) -> list[Row]:
    """Return what lies from `first` to before `last` (ISO dates) once moved by whole weeks: hours and days are kept."""
    found = []
    for row in rows:
        time = datetime.fromisoformat(row["time"]) + timedelta(weeks=weeks)
        if first <= time.isoformat() < last:
            found.append(row | {"time": time.astimezone(UTC).isoformat()})
    return found


def in_minutes(rows: Iterable[Row]) -> list[Row]:
    """Return rows whose times are cut to the minute, as the operation's are; all have whole seconds."""
    return [
        row | {"time": row["time"][:16] + ":00" + ("Z" if row["time"].endswith("Z") else row["time"][19:])}
        for row in rows
    ]


def posts_of(rows: Sequence[Row]) -> pa.Table:
    """Return the posts that a case has of `rows`, in their seen form, by row."""
    with tempfile.TemporaryDirectory() as name:
        case, path = Path(name) / "case", Path(name) / "posts.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(rows)
        new_case(case, name="posts", country="FR", time_zone="UTC")
        for done in add(case, [path], Options(ZoneInfo("UTC"))):
            assert not done.error, done
            assert not done.refused, done
        store = Store(case / STORE)
        with LocalEngine({"posts": relation(store, "posts", store.manifest())}) as engine:
            return engine.run(
                (Query(name="all", sql="select * from posts order by row_id", schema=TABLES["posts"].seen),)
            )


def corpus_hash(paths: Iterable[Path]) -> str:
    """Return one hash of files: of their names and contents."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
