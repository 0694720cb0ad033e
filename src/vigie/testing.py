"""Small tables for examples and tests: builders that take lines of text, so that a test shows its data."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import pyarrow as pa

from vigie.tables import TABLES

EPOCH: Final = datetime(2017, 2, 15, tzinfo=UTC)
SOURCE: Final = "0123456789ab"
_REFERENCES: Final = {"<p": "repost_of", "^p": "reply_to", "~p": "quote_of"}


def rows(table: str, *cells: dict[str, Any]) -> pa.Table:
    """Build the seen form of `table`: what a row leaves out is null, or an empty list, or the table's plain default.

    `time` may be given as seconds after `EPOCH`; `row_id` is made from the row's position where it is left out.

    >>> rows("requests", {"time": 5, "client_ip": "192.0.2.1", "path": "/"}).select(["row_id", "path"]).to_pylist()
    [{'row_id': '0123456789ab:1', 'path': '/'}]
    """
    schema = TABLES[table].seen
    made = []
    for number, given in enumerate(cells, start=1):
        row: dict[str, Any] = {"row_id": f"{SOURCE}:{number}", **given}
        seconds = row.get("time", number)
        if not isinstance(seconds, datetime):
            row["time"] = EPOCH + timedelta(seconds=seconds)
        for field in schema:
            if pa.types.is_list(field.type):
                row.setdefault(field.name, [])
        made.append(row)
    return pa.Table.from_pylist(made, schema=schema)


def posts(*lines: str) -> pa.Table:
    """Build POSTS from lines `channel seconds text...`; words of the text that are addresses become its `urls`.

    A text that begins with `<p1`, `^p1` or `~p1` republishes, answers or quotes the post of the first line.

    >>> posts("ana 0 read https://a.example/1 now").select(["channel_id", "urls"]).to_pylist()
    [{'channel_id': 'ana', 'urls': ['https://a.example/1']}]
    >>> posts("ana 0 hello", "bob 5 <p1 hello").select(["text", "repost_of"]).to_pylist()[1]
    {'text': 'hello', 'repost_of': 'p1'}
    """
    made = []
    for number, line in enumerate(lines, start=1):
        channel, seconds, text = line.split(" ", 2)
        target = text.partition(" ")[0] if text[:2] in _REFERENCES else ""
        text = text[len(target) :].removeprefix(" ") if target else text
        made.append(
            {
                "time": int(seconds),
                "platform": "x",
                "post_id": f"p{number}",
                "channel_id": channel,
                "channel_name": channel,
                "text": text,
                "urls": [word for word in text.split() if word.startswith("http")],
                "hashtags": [word[1:] for word in text.split() if word.startswith("#")],
                "mentions": [word[1:] for word in text.split() if word.startswith("@")],
            }
            | ({_REFERENCES[target[:2]]: target[1:]} if target else {})
        )
    return rows("posts", *made)


def requests(*lines: str) -> pa.Table:
    """Build REQUESTS from lines `address seconds status method target`.

    >>> requests("192.0.2.1 0 200 GET /a?b=1").select(["path", "query", "status"]).to_pylist()
    [{'path': '/a', 'query': 'b=1', 'status': 200}]
    """
    made = []
    for line in lines:
        address, seconds, status, method, target = line.split(" ", 4)
        path, mark, query = target.partition("?")
        made.append(
            {
                "time": int(seconds),
                "client_ip": address,
                "method": method,
                "path": path,
                "query": query if mark else None,
                "protocol": "HTTP/1.1",
                "status": int(status),
            }
        )
    return rows("requests", *made)


def polls(*lines: str, question: str = "favourability", **shared: Any) -> pa.Table:
    """Build POLLS from lines `pollster last-day sample candidate percent`; the interviews take the last day only.

    `first-day/last-day` are several days; a sample of `-` is not given. `shared` are columns that all rows have alike.

    >>> polls("Ipsos 2017-02-11 967 fillon 25").select(["pollster", "candidate_id", "percent"]).to_pylist()
    [{'pollster': 'Ipsos', 'candidate_id': 'fillon', 'percent': 25.0}]
    >>> waves = polls("Ifop 2017-04-01/2017-04-04 - macron 24", question="voting_intention", round=1, is_rolling=True)
    >>> waves.select(["fieldwork_start", "sample_size", "round", "is_rolling"]).to_pylist()
    [{'fieldwork_start': datetime.date(2017, 4, 1), 'sample_size': None, 'round': 1, 'is_rolling': True}]
    """
    made = []
    for line in lines:
        pollster, days, sample, candidate, percent = line.split()
        first, last = days.split("/") if "/" in days else (days, days)
        day = date.fromisoformat(last)
        made.append(
            {
                "time": datetime.combine(day, time(12), UTC),
                "poll_id": f"{pollster} {last}",
                "pollster": pollster,
                "fieldwork_start": date.fromisoformat(first),
                "fieldwork_end": day,
                "sample_size": None if sample == "-" else float(sample),
                "question": question,
                "candidate": candidate,
                "candidate_id": candidate,
                "percent": float(percent),
            }
            | shared
        )
    return rows("polls", *made)
