"""The Arrow schema of every table, with the unit of each column and what null means in it.

A table that is read from outside has three forms, which differ in the row's name only:

- *arriving*, as a source hands it over: `record` (int64, the record's number in its file), then the columns;
- *stored*, as Parquet holds it: `source` (12 hex digits of the file's SHA-256) and `record`, then the columns;
- *seen*, as measures read it: `row_id` (`source:record`), then the columns.

For a format of lines the record number is the number of the line (from 1) on which the record begins, so a row id
names its line; for a document (one JSON value, a feed, a page) it is the ordinal of the record (from 1), and of a table
with several figures a line the ordinal of the cell, which says line and column.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pyarrow as pa

from vigie.errors import InputError

UTC_US: Final = pa.timestamp("us", tz="UTC")
_S: Final = pa.string()
_LIST: Final = pa.list_(pa.string())
_SOURCE: Final[pa.Field[pa.DataType]] = pa.field("source", _S)
_RECORD: Final[pa.Field[pa.DataType]] = pa.field("record", pa.int64())


@dataclass(frozen=True)
class Column:
    """One column: `unit` is empty where a value has none; `null` says what a missing value means."""

    name: str
    type: pa.DataType
    doc: str
    unit: str = ""
    null: str = "never"

    @property
    def field(self) -> pa.Field[pa.DataType]:
        """Return the Arrow field, its documentation in the metadata."""
        meta = {"doc": self.doc, "unit": self.unit, "null": self.null}
        return pa.field(self.name, self.type, metadata={k: v for k, v in meta.items() if v})


def described(name: str, kind: pa.DataType, doc: str, unit: str = "", null: str = "never") -> pa.Field[pa.DataType]:
    """Return the Arrow field of a `Column`, for the schema of a measured table."""
    return Column(name, kind, doc, unit, null).field


@dataclass(frozen=True)
class Table:
    """One table. `key` names the columns that identify a row's subject: a second row with the same is a repeat."""

    name: str
    one_row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @cached_property
    def arriving(self) -> pa.Schema:
        """Return the schema a source hands over."""
        return pa.schema([_RECORD, *(c.field for c in self.columns)])

    @cached_property
    def stored(self) -> pa.Schema:
        """Return the schema of the Parquet parts."""
        return pa.schema([_SOURCE, _RECORD, *(c.field for c in self.columns)])

    @cached_property
    def seen(self) -> pa.Schema:
        """Return the schema measures read."""
        return pa.schema([pa.field("row_id", _S), *(c.field for c in self.columns)])


_TIME: Final = Column("time", UTC_US, "when it happened, by the source's own clock", "UTC microseconds")

REQUESTS: Final = Table(
    "requests",
    "one HTTP request, as a server or a content network logged it",
    (
        _TIME,
        Column("client_ip", _S, "the peer's address as logged; a host name where the server looked names up"),
        Column(
            "forwarded_for", _S, "the X-Forwarded-For header as logged", null="not logged, or the header was absent"
        ),
        Column("account", _S, "the user the server authenticated", null="not logged, or nobody"),
        Column("method", _S, "the request method as sent", null="the request line was not HTTP"),
        Column("host", _S, "the virtual host asked for, with the port where one was logged", null="not logged"),
        Column("path", _S, "the path as sent, not decoded; the whole request line where it was not HTTP"),
        Column("query", _S, "what follows the first question mark, not decoded", null="no question mark"),
        Column("protocol", _S, "such as HTTP/1.1", null="not logged, or the request line was not HTTP"),
        Column("status", pa.int16(), "the response status", null="not logged"),
        Column(
            "bytes", pa.int64(), "size of the response as the format counts it", "bytes", null="not logged, or none"
        ),
        Column("referer", _S, "the Referer header", null="not logged, or absent"),
        Column("user_agent", _S, "the User-Agent header", null="not logged, or absent"),
    ),
)

LOGINS: Final = Table(
    "logins",
    "one authentication attempt, from an export of a service that lists them",
    (
        _TIME,
        Column("client_ip", _S, "the peer's address as logged", null="not logged"),
        Column("account", _S, "the mailbox or user tried, as logged", null="not logged"),
        Column("service", _S, "such as imap, pop3, smtp, ssh, web; microsoft365 or workspace for a whole suite"),
        Column("protocol", _S, "the client's way in where a suite names it, such as browser, imap4", null="not named"),
        Column("outcome", _S, "success, failure, or interrupted where a further factor was asked for and not given"),
        Column("reason", _S, "the server's own words for a failure", null="none given"),
        Column("country", _S, "ISO 3166-1 alpha-2 of the address, as the export says", null="it does not say"),
        Column("lat", pa.float64(), "latitude of the address, as the export says", "degrees north", "it does not say"),
        Column("lon", pa.float64(), "longitude of the address, as the export says", "degrees east", "it does not say"),
        Column("user_agent", _S, "the client program, as the export says", null="it does not say"),
    ),
)

MAIL_EVENTS: Final = Table(
    "mail_events",
    "one line of a mail or ssh server's log that says something of a login, a client or a message",
    (
        _TIME,
        Column("program", _S, "the program that wrote it, as named in the log, such as postfix/smtpd, dovecot, sshd"),
        Column(
            "event",
            _S,
            "login; reject: a message or command refused; abuse: a client that broke off or the protocol; client, "
            "sender, message, recipient: what one message is made of, by its queue_id; check: SPF, DKIM or DMARC of it",
        ),
        Column("client_ip", _S, "the peer's address as logged", null="not logged"),
        Column("client_name", _S, "the peer's name as looked up or said", null="not logged, or unknown"),
        Column("account", _S, "the mailbox or user tried, as logged", null="no login, or not logged"),
        Column("service", _S, "of a login: imap, pop3, smtp, sieve or ssh", null="no login"),
        Column("outcome", _S, "of a login: success or failure; of a check: its result", null="neither"),
        Column("reason", _S, "the server's own words", null="none given"),
        Column("queue_id", _S, "what the server calls the message", null="no message yet"),
        Column("message_id", _S, "the Message-ID header, without its brackets", null="not logged in this line"),
        Column("mail_from", _S, "the envelope's sender", null="empty sender, or not logged in this line"),
        Column("rcpt_to", _S, "the envelope's recipient", null="not logged in this line"),
        Column("check", _S, "spf, dkim or dmarc", null="no check"),
        Column("domain", _S, "the domain a check is of", null="no check, or not logged"),
        Column("status", _S, "of a recipient: sent, bounced, deferred; of a refusal: the SMTP reply code", null="none"),
    ),
)

MAILS: Final = Table(
    "mails",
    "one message seen or reported, or `count` alike in a report",
    (
        _TIME,
        Column("until", UTC_US, "end of the time reported on; `time` is its beginning", null="one message, at `time`"),
        Column("reporter", _S, "the organisation that reports", null="seen by the case's own server"),
        Column("client_ip", _S, "the sending address", null="not logged"),
        Column("envelope_from", _S, "the envelope's sender, or its domain", null="empty sender, or not logged"),
        Column("header_from", _S, "the From header's domain or address", null="not logged"),
        Column("rcpt_domain", _S, "the recipient's domain", null="not logged"),
        Column("spf", _S, "the SPF result, such as pass, softfail", null="not evaluated"),
        Column("spf_domain", _S, "the domain it is of", null="not evaluated, or not given"),
        Column("dkim", _S, "the DKIM result; of several signatures pass if any passed", null="not evaluated"),
        Column("dkim_domain", _S, "the domain that signed", null="none did, or not given"),
        Column("dkim_selector", _S, "the selector of its key", null="not given"),
        Column("dmarc", _S, "pass where SPF or DKIM passed for an aligned domain, else fail", null="not evaluated"),
        Column("policy", _S, "what the domain's owner asks for: none, quarantine or reject", null="not given"),
        Column("disposition", _S, "what was done with it: none (delivered), quarantine, reject", null="not given"),
        Column("override", _S, "why the policy was not followed, in the reporter's words", null="it was, or not given"),
        Column("subject", _S, "the Subject header", null="not given, as always in a report of counts"),
        Column("message_id", _S, "the Message-ID header, without its brackets", null="not given"),
        Column("count", pa.int64(), "how many messages the row stands for", "messages"),
    ),
)

TLS_REPORTS: Final = Table(
    "tls_reports",
    "one result of sessions that tried to deliver mail under TLS, as a sender reports them",
    (
        _TIME,
        Column("until", UTC_US, "end of the time reported on; `time` is its beginning", null="not given"),
        Column("reporter", _S, "the organisation that reports"),
        Column("domain", _S, "the domain the mail was for"),
        Column("policy", _S, "the policy applied: sts, tlsa or no-policy-found"),
        Column("result", _S, "success, or the type of failure, such as certificate-expired"),
        Column("client_ip", _S, "the sending server", null="of successes, or not given"),
        Column("server", _S, "the receiving server's name or address", null="of successes, or not given"),
        Column("reason", _S, "the reporter's own words", null="not given"),
        Column("count", pa.int64(), "how many sessions", "sessions"),
    ),
)

_SIGNATURE: Final = pa.struct(
    [
        ("kind", _S),  # dkim or arc
        ("domain", _S),
        ("selector", _S),
        ("algorithm", _S),
        ("signed_headers", _LIST),  # in lower case, as listed by the signature
        ("signed_at", UTC_US),
        ("expires_at", UTC_US),
        ("body_limit", pa.int64()),  # bytes of the body that it covers; null: all of it
        ("body_matches", pa.bool_()),  # whether the body is the one that was signed
        ("digest", pa.binary()),  # SHA-256 (SHA-1 for rsa-sha1) of the headers as signed
        ("signature", pa.binary()),
        ("trouble", _S),  # what is wrong with the signature itself; null: nothing
    ]
)
_ATTACHMENT: Final = pa.struct(
    [
        ("name", _S),
        ("type", _S),  # as declared
        ("size", pa.int64()),  # bytes, decoded
        ("sha256", _S),
        ("facts", pa.map_(_S, _S)),  # what the document says of itself: author, created, modified, program
    ]
)
MESSAGES: Final = Table(
    "messages",
    "one message of a mailbox, as it lies in the file",
    (
        Column("time", UTC_US, "the Date header, by the sender's clock", null="no date that can be read"),
        Column("message_id", _S, "the Message-ID header, without its brackets", null="it has none"),
        Column("header_from", _S, "the address in the From header", null="none that can be read"),
        Column("header_from_name", _S, "the name in the From header", null="none"),
        Column("return_path", _S, "the envelope's sender as the Return-Path header keeps it", null="empty, or none"),
        Column("rcpt_to", _LIST, "addresses in To, Cc and Bcc, in order", null="never; empty where none"),
        Column("subject", _S, "the Subject header, decoded", null="it has none"),
        Column("text", _S, "what a reader sees of the body, at most 100,000 characters; empty where nothing"),
        Column("size", pa.int64(), "the whole message as it lies in the file", "bytes"),
        Column("sha256", _S, "of the whole message, its line ends as CRLF: 64 hexadecimal digits"),
        Column("utc_offset", pa.int32(), "what the Date header says of its clock", "minutes", "not said"),
        Column("received", pa.list_(pa.struct([("time", UTC_US), ("by", _S), ("client", _S), ("raw", _S)])),
               "the Received headers, the first one written first"),
        Column("results", _LIST, "Authentication-Results headers, as written, in order", null="never; empty"),
        Column("signatures", pa.list_(_SIGNATURE), "DKIM and ARC signatures, in order of the headers"),
        Column("attachments", pa.list_(_ATTACHMENT), "in order"),
        Column("oddities", _LIST, "what of it is not as mail programs write it, in sentences", null="never; empty"),
    ),
)  # fmt: skip

POSTS: Final = Table(
    "posts",
    "one published item, a press article included",
    (
        _TIME,
        Column("platform", _S, "such as x, telegram, facebook, bluesky, mastodon, web"),
        Column("post_id", _S, "the platform's id of the item; a page's address for an article", null="export has none"),
        Column("channel_id", _S, "whoever publishes: account, page, site, Telegram channel"),
        Column("channel_name", _S, "the name shown to readers", null="export has none"),
        Column("title", _S, "the headline", null="the item has none"),
        Column("text", _S, "the text as published; empty for an item of media only"),
        Column("lang", _S, "BCP 47 language as the source gives it", null="the source gives none"),
        Column("urls", _LIST, "addresses linked, as written, in order", null="never; empty where none"),
        Column("hashtags", _LIST, "without the number sign, as written", null="never; empty where none"),
        Column("mentions", _LIST, "handles without the at sign, as written", null="never; empty where none"),
        Column("media_hashes", _LIST, "hashes the export gives for attached media", null="never; empty where none"),
        Column(
            "repost_of", _S, "post_id (or @channel where only that is known) of what it republishes", null="original"
        ),
        Column("reply_to", _S, "post_id (or @channel) it answers", null="not a reply"),
        Column("quote_of", _S, "post_id (or @channel) it quotes", null="quotes nothing"),
        Column("reactions", pa.int64(), "all reactions the export counts, summed", "reactions", null="not counted"),
        Column(
            "channel_created",
            UTC_US,
            "when the account was made, as the export says",
            "UTC microseconds",
            null="the export does not say",
        ),
    ),
    key=("platform", "post_id"),
)

POLLS: Final = Table(
    "polls",
    "one figure of one poll",
    (
        _TIME,
        Column("poll_id", _S, "the source's id, or one made of pollster, dates and population"),
        Column("pollster", _S, "who asked"),
        Column("sponsor", _S, "who paid", null="not given"),
        Column("publisher", _S, "who published it", null="not given"),
        Column("fieldwork_start", pa.date32(), "first day of interviews", "local calendar day", null="not given"),
        Column(
            "fieldwork_end",
            pa.date32(),
            "last day of interviews; `time` is that day's noon UTC",
            "local calendar day",
            null="not given: `time` is noon UTC of `published`",
        ),
        Column("published", pa.date32(), "when it was published", "local calendar day", null="not given"),
        Column("sample_size", pa.float64(), "who was asked: the whole sample", "persons", "not given"),
        Column("answered", pa.float64(), "who answered this question", "persons", "not given"),
        Column("undecided", pa.float64(), "those who gave no answer", "percent of those asked", "not given"),
        Column("certainty", pa.float64(), "those who are certain of their choice", "percent", "not given"),
        Column("population", _S, "such as registered voters, certain to vote", null="not given"),
        Column("mode", _S, "how it was asked, such as internet, telephone", null="not given"),
        Column("is_rolling", pa.bool_(), "a wave that shares interviews with the one before", null="not given"),
        Column("wording", _S, "the question as it was put", null="not given"),
        Column("notice", _S, "address or name of the notice that the law asks for", null="not given"),
        Column("question", _S, "voting_intention, favourability or approval"),
        Column("round", pa.int8(), "1 or 2", null="the question has no round"),
        Column("hypothesis", _S, "the field of candidates put to those asked", null="only one was put"),
        Column("candidate", _S, "the name as printed"),
        Column("candidate_id", _S, "the name folded to an identifier; measures join it to the case's candidates"),
        Column("percent", pa.float64(), "the published figure", "percent of those who answered"),
    ),
    # With the figure: two hypotheses that an export does not tell apart are no repeat of one another.
    key=("poll_id", "question", "round", "hypothesis", "candidate_id", "percent"),
)

STATEMENTS: Final = Table(
    "statements",
    "one attributed utterance",
    (
        _TIME,
        Column("speaker", _S, "who speaks"),
        Column("role", _S, "the speaker's office", null="not given"),
        Column("act", _S, "accuse, deny, warn, promise, claim"),
        Column("target", _S, "who is spoken of", null="nobody in particular"),
        Column("cue", _S, "the reporting words"),
        Column("content", _S, "what was said"),
        Column("channel_id", _S, "who reported it"),
        Column("directness", _S, "direct, indirect or mixed"),
    ),
)

MISSIONS: Final = Table(
    "missions",
    "one diplomatic mission",
    (
        _TIME,
        Column("sending", _S, "ISO 3166-1 alpha-2 of the sending state"),
        Column("receiving", _S, "ISO 3166-1 alpha-2 of the receiving state"),
        Column("type", _S, "embassy, consulate, honorary consulate"),
        Column("city", _S, "where it stands"),
        Column("address", _S, "postal address", null="not given"),
        Column("phone", _S, "telephone", null="not given"),
        Column("emergency_phone", _S, "out of hours", null="not given"),
        Column("email", _S, "address for the public", null="not given"),
        Column("website", _S, "its page", null="not given"),
        Column("lat", pa.float64(), "latitude", "degrees north", null="not given"),
        Column("lon", pa.float64(), "longitude", "degrees east", null="not given"),
        Column("verified_on", pa.date32(), "last checked", null="never checked"),
        Column("origin", _S, "the list it comes from"),
    ),
)

IP_RANGES: Final = Table(
    "ip_ranges",
    "one address range",
    (
        Column(
            "time",
            UTC_US,
            "when the database was built, or the range was listed",
            "UTC microseconds",
            null="the file does not say",
        ),
        Column("first", _S, "first address of the range"),
        Column("last", _S, "last address of the range"),
        Column("country", _S, "ISO 3166-1 alpha-2 of the registration", null="not given"),
        Column("asn", pa.int64(), "autonomous system number", null="not given"),
        Column("organisation", _S, "who holds the range", null="not given"),
        Column("network_kind", _S, "hosting, access, mobile, tor, vpn", null="not given"),
    ),
)

TABLES: Final = {
    t.name: t
    for t in (
        REQUESTS,
        LOGINS,
        MAIL_EVENTS,
        MAILS,
        TLS_REPORTS,
        MESSAGES,
        POSTS,
        POLLS,
        STATEMENTS,
        MISSIONS,
        IP_RANGES,
    )
}

REFUSED: Final = Table(
    "refused",
    "one record that could not be read as a row, kept as it stood",
    (
        Column("reason", _S, "why, in words a person can act on"),
        Column("raw", _S, "the first 4,096 bytes as read, what is not UTF-8 escaped as \\xNN"),
        Column("size", pa.int64(), "length of the whole record", "bytes"),
    ),
)

# What the case file says, as tables a measure can join: they have no rows of their own in the store.
CASE_TABLES: Final = {
    "case_candidates": pa.schema(
        [
            Column("candidate_id", _S, "the case's identifier").field,
            Column("name", _S, "the name to show").field,
            Column("alias", _S, "a name or spelling in use, the name itself included; one row each").field,
            Column("alias_id", _S, "the alias folded like `polls.candidate_id`").field,
            Column("declared", pa.date32(), "first day as a candidate", null="not said").field,
            Column("withdrew", pa.date32(), "first day no longer a candidate", null="did not, or not said").field,
        ]
    ),
    "case_channels": pa.schema(
        [
            Column("channel_id", _S, "as in `posts`").field,
            Column("platform", _S, "as in `posts`", null="any platform").field,
            Column("outlet", _S, "the outlet it belongs to", null="none named").field,
            Column(
                "tier", _S, "EEAS exposure tier: official, state-controlled, state-linked, state-aligned, none"
            ).field,
        ]
    ),
    "case_servers": pa.schema(
        [
            Column("host", _S, "a host name or address of the case's own").field,
            Column("role", _S, "web, mail, proxy or other").field,
        ]
    ),
    "case_domains": pa.schema(
        [
            Column("domain", _S, "in lower case, IDNA as written in the case file").field,
            Column("kind", _S, "own: the case's or a candidate's; outlet: an outlet's").field,
            Column("owner", _S, "the candidate's identifier or the outlet's name", null="the case's own").field,
        ]
    ),
    "case_rounds": pa.schema(
        [Column("round", pa.int8(), "1 or 2").field, Column("date", pa.date32(), "day of the vote").field]
    ),
}

# What a model of the user's makes of a case's texts; they have no rows in the store either.
MODEL_TABLES: Final = {
    "text_vectors": pa.schema(
        [
            Column("row_id", _S, "the post whose text it is").field,
            Column("vector", pa.list_(pa.float32()), "its place by meaning, of length one; zeros: nothing seen").field,
        ]
    )
}

# What a detector hands over; `findings.stamp` adds the rest of FINDINGS.
FOUND: Final = pa.schema(
    [
        c.field
        for c in (
            Column("title", _S, "one line for a person; it names what was measured, never an actor"),
            Column("subject_ids", _LIST, "whom or what the finding is about, sorted"),
            Column("first_seen", UTC_US, "time of the earliest evidence row", "UTC microseconds"),
            Column("last_seen", UTC_US, "time of the latest evidence row", "UTC microseconds"),
            Column("value", pa.float64(), "the measured figure", "the finding's `unit`"),
            Column("low", pa.float64(), "lower end of the 95 % interval", "the finding's `unit`", "no interval"),
            Column("high", pa.float64(), "upper end of the 95 % interval", "the finding's `unit`", "no interval"),
            Column(
                "expected", pa.float64(), "what the stated null model expects", "the finding's `unit`", "no null model"
            ),
            Column("p_value", pa.float64(), "probability of at least `value` under the null", "", "no null model"),
            Column("evidence_ids", _LIST, "row ids it rests on, sorted"),
        )
    ]
)

FINDINGS: Final = pa.schema(
    [
        Column("id", _S, "detector and eight hex digits of the subjects' hash").field,
        Column("detector", _S, "the detector's file name").field,
        FOUND.field("title"),
        Column(
            "subject_kind",
            _S,
            "channel, account, address, server, domain, mailbox, pollster, candidate, speaker or text",
        ).field,
        FOUND.field("subject_ids"),
        FOUND.field("first_seen"),
        FOUND.field("last_seen"),
        Column("measure", _S, "what `value` counts, in words").field,
        FOUND.field("value"),
        Column("unit", _S, "unit of value, low, high and expected").field,
        FOUND.field("low"),
        FOUND.field("high"),
        FOUND.field("expected"),
        FOUND.field("p_value"),
        Column("q_value", pa.float64(), "Benjamini-Hochberg over the detector's findings", "", "no p-value").field,
        FOUND.field("evidence_ids"),
        Column("parameters", _S, "the parameters in force, as JSON with sorted keys").field,
        Column("technique", _LIST, "DISARM or ATT&CK identifiers the pattern resembles").field,
    ]
)


def row_id(source: str, record: int) -> str:
    """Return the id of a row.

    >>> row_id("0123456789ab", 17)
    '0123456789ab:17'
    """
    return f"{source}:{record}"


def split_row_id(ident: str) -> tuple[str, int]:
    """Return (source, record) of a row id; as a sort key it puts rows in the order of their files.

    Raises
    ------
    InputError
        if `ident` is not a row id.

    >>> split_row_id("0123456789ab:17")
    ('0123456789ab', 17)
    """
    source, _, record = ident.partition(":")
    if not (source and record.isdecimal()):
        raise InputError(f"not a row id: {ident!r}", where="row_id", hint="a row id is source:record, 0123456789ab:17")
    return source, int(record)


def check(table: pa.Table, schema: pa.Schema, *, where: str) -> pa.Table:
    """Return `table` with exactly the columns of `schema`, in its order and types.

    Raises
    ------
    InputError
        naming the columns that are missing or cannot be cast.
    """
    if missing := [n for n in schema.names if n not in table.column_names]:
        raise InputError(f"missing columns {missing}", where=where, hint=f"it has {table.column_names}")
    try:
        return table.select(schema.names).cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(f"wrong type: {error}", where=where, hint=f"expected {schema.to_string()}") from error


def empty(schema: pa.Schema) -> pa.Table:
    """Return a table of `schema` without rows."""
    return schema.empty_table()
