"""Telegram Desktop's export `result.json`: one chat, or all chats of an account.

A channel publishes under the number of its chat; in a group, whoever wrote the message does (`user123`, or the number
of the channel a person speaks for). Service messages and private conversations are refused: neither is published.
The export gives no language, and of a forwarded message only whom it comes from.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from vigie.sources import Block, Head, Parsed, Source, json_values
from vigie.sources.instants import instant
from vigie.sources.post_rows import PostRows, RecordError

if TYPE_CHECKING:
    from datetime import tzinfo

    from vigie.sources.json_values import Around

_PATHS: Final = ("messages", "chats.list[].messages", "left_chats.list[].messages")
_CHANNELS: Final = frozenset({"public_channel", "private_channel"})
_PRIVATE: Final = frozenset({"personal_chat", "bot_chat", "saved_messages", "replies", "verification_codes"})


def _sniff(head: Head) -> int:
    data = head.data.lstrip()
    if not data.startswith(b"{"):
        return 0
    if b'"date_unixtime"' in data and b'"from_id"' in data and b'"text_entities"' in data:
        return 95
    piece = next(json_values.pieces(data, _PATHS), None)
    if piece is None or piece.reason:
        return 0
    chat = piece.around.values
    try:
        message = json_values.loads(data[piece.start : piece.end])
    except ValueError:
        message = None
    known = isinstance(message, dict) and {"id", "type", "date", "text"} <= message.keys()
    return 95 if known and {"name", "type", "id"} <= chat.keys() else 0


def _parse(block: Block, state: dict[str, Any]) -> Parsed:
    rows = PostRows()
    read = partial(_message, tz=block.tz)
    for record, piece in enumerate(json_values.pieces(block.data, _PATHS), start=1):
        raw = block.data[piece.start : piece.end]
        if piece.reason:
            rows.refuse(record, raw, piece.reason)
        else:
            rows.add(record, raw, read, piece.around)
    return rows.parsed(len(block.data), state=state)


def _message(raw: bytes, around: Around, *, tz: tzinfo) -> dict[str, Any]:
    message = json_values.loads(raw)
    if not isinstance(message, dict):
        reason = "not a JSON object"
        raise RecordError(reason)
    chat = around.values
    kind = _word(chat.get("type"))
    if message.get("type") != "message":
        reason = f"a {_word(message.get('type')) or 'nameless'} message, not a post"
        raise RecordError(reason)
    if kind in _PRIVATE:
        reason = f"a private conversation ({kind}), not published"
        raise RecordError(reason)
    chat_id = _bare(chat.get("id"))
    if not chat_id:
        reason = "no id of its chat"
        raise RecordError(reason)
    by_chat = kind in _CHANNELS or not message.get("from_id")
    text, entities = _text(message)
    poll = message.get("poll")
    return {
        "time": _time(message, tz),
        "platform": "telegram",
        "post_id": f"{chat_id}/{number}" if (number := _word(message.get("id"))) else None,
        "channel_id": chat_id if by_chat else _bare(message["from_id"]),
        "channel_name": _word(chat.get("name") if by_chat else message.get("from")) or None,
        "title": _word(poll.get("question")) or None if isinstance(poll, dict) else None,
        "text": text,
        "urls": [e["href"] if e["type"] == "text_link" else e["text"] for e in _of(entities, "link", "text_link")],
        "hashtags": [e["text"].removeprefix("#") for e in _of(entities, "hashtag")],
        "mentions": [e["text"].removeprefix("@") for e in _of(entities, "mention")],
        "repost_of": _forwarded(message),
        "reply_to": _reply(message, chat_id),
        "reactions": _reactions(message.get("reactions")),
    }


def _time(message: dict[str, Any], tz: tzinfo) -> int | None:
    # `date` is the clock of the computer that exported; only newer versions add the count of seconds.
    if message.get("date_unixtime") is not None:
        return instant(message["date_unixtime"], ("epoch_s",), tz)
    return None if message.get("date") is None else instant(message["date"], ("iso",), tz)


def _word(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _bare(peer: Any) -> str:
    """Return a peer's id; a channel's without the word before it, as chats are numbered."""
    word = _word(peer)
    rest = word.removeprefix("channel")
    return rest if rest.isdecimal() else word


def _text(message: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """Return the text, and its marked parts: `text_entities` where there are any, else those within the text."""
    given = message.get("text")
    parts = given if isinstance(given, list) else [given]
    words = [part.get("text") if isinstance(part, dict) else part for part in parts]
    marked = message.get("text_entities")
    entities = marked if isinstance(marked, list) else parts
    return "".join(map(_word, words)), [e for e in entities if isinstance(e, dict)]


def _of(entities: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    """Return the entities of these kinds whose parts are all text."""
    return [
        e
        for e in entities
        if e.get("type") in kinds
        and isinstance(e.get("text"), str)
        and (e["type"] != "text_link" or isinstance(e.get("href"), str))
    ]


def _forwarded(message: dict[str, Any]) -> str | None:
    if "forwarded_from" not in message and "forwarded_from_id" not in message:
        return None
    return "@" + (_bare(message.get("forwarded_from_id")) or _word(message.get("forwarded_from")) or "unknown")


def _reply(message: dict[str, Any], chat_id: str) -> str | None:
    number = _word(message.get("reply_to_message_id"))
    return f"{_bare(message.get('reply_to_peer_id')) or chat_id}/{number}" if number else None


def _reactions(given: Any) -> int | None:
    if not isinstance(given, list):
        return None
    counts = [r.get("count") for r in given if isinstance(r, dict)]
    return sum(c for c in counts if isinstance(c, int))


SOURCES: Final = (
    Source(
        name="telegram-desktop",
        title="Telegram Desktop export (result.json)",
        table="posts",
        shape="document",
        sniff=_sniff,
        parse=_parse,
        locate=partial(json_values.locate, paths=_PATHS),
    ),
)
