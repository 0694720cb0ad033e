"""Which texts are compared across languages: of every family its first, then texts that were published once.

An embedding model takes some hundred texts a second, so that `texts_max` of them are chosen: families first, those of
most posts before others; then texts without a copy, those on channels that the case declares before others, and among
these by a hash of their row id, so that the choice favours no day. A text without a copy needs `words_min` words.
Marked reposts are no texts of their own. Each row says how many there were to choose from.
"""

from __future__ import annotations

from typing import Annotated, Final

import pyarrow as pa

from vigie.engine import Query, Rows, Step
from vigie.engine.fragments import ROW_ORDER
from vigie.measures import Measure
from vigie.parameters import Bounds
from vigie.tables import UTC_US
from vigie.text.language import language_code, languages

TEXTS_MAX: Final = 20_000
_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
TRANSLATION_TEXTS: Final = pa.schema(
    [
        ("row_id", _S),  # of the post whose text it is: of a family its first that is no marked repost
        ("family_id", _S),  # null: published once
        ("posts", _I),  # that are no marked reposts
        ("time", UTC_US),
        ("said", _S),
        ("language", _S),  # ISO 639 code: what the export says, else identified; null: neither says
        ("families", _I),  # families there are
        ("singles", _I),  # texts published once there are
    ]
)
_CHOSEN: Final = pa.schema([pa.field("lang", _S) if f.name == "language" else f for f in TRANSLATION_TEXTS])

_SQL: Final = f"""
with own as (
    select row_id, family_id, words, time, platform, channel_id, lang,
        coalesce(nullif(text, ''), title, '') as said, count(*) over (partition by family_id) as copies
    from text_families join posts using (row_id) where not is_repost),
families as (
    select family_id, count(*) as posts, arg_min(row_id, row(time, platform, {ROW_ORDER})) as row_id
    from own where family_id is not null and copies >= 2 group by family_id),
declared as (select distinct channel_id, platform from case_channels),
texts as (
    select own.row_id, f.family_id, f.posts, own.time, said, lang, 0 as place, -f.posts as weight
    from families f join own using (row_id)
    union all
    select row_id, null, 1, time, said, lang, 1, -(exists (select 1 from declared d where d.channel_id = own.channel_id
        and coalesce(d.platform, own.platform) = own.platform))::int
    from own where (family_id is null or copies < 2) and words >= $words_min)
select row_id, family_id, posts, time, said, lang,
    (select count(*) from families) as families, (select count(*) from texts where place = 1) as singles
from texts order by place, weight, md5(coalesce(family_id, row_id)), row_id limit $texts_max
"""


def _identified(chosen: pa.Table) -> pa.Table:
    """Return the rows of TRANSLATION_TEXTS: the export's language of each text, else the one it seems to be in."""
    codes = [language_code(said) for said in chosen["lang"].to_pylist()]
    unknown = [n for n, code in enumerate(codes) if code is None]
    texts = chosen["said"].take(pa.array(unknown, pa.int64())).to_pylist()
    for n, code in zip(unknown, languages(list(map(str, texts))), strict=True):
        codes[n] = code
    columns = [pa.array(codes, _S) if n == "language" else chosen[n] for n in TRANSLATION_TEXTS.names]
    return pa.table(columns, schema=TRANSLATION_TEXTS)


def steps(
    *,
    words_min: Annotated[int, Bounds(1, 1000)] = 6,
    texts_max: Annotated[int, Bounds(2, 1_000_000)] = TEXTS_MAX,
) -> tuple[Step, ...]:
    """Return the steps: which texts, then their languages."""
    params = {"words_min": words_min, "texts_max": texts_max}
    return (
        Query(name="translation_texts_chosen", sql=_SQL, schema=_CHOSEN, params=params),
        Rows(
            name="translation_texts",
            input="translation_texts_chosen",
            columns=tuple(_CHOSEN.names),
            function=_identified,
            schema=TRANSLATION_TEXTS,
        ),
    )


MEASURE: Final = Measure(
    name="translation_texts",
    version=1,
    reads=("posts", "text_families", "case_channels"),
    steps=steps,
    schema=TRANSLATION_TEXTS,
)
