"""Ordinary people on X: a few say much, most say little; they repost what is recent and link to what is new."""

# ruff: noqa: PLR2004 - the crowd's shares read best where they are drawn
from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from vigie.exercise import articles, words
from vigie.exercise.draws import choose, moments, pick, rng, weights
from vigie.exercise.world import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

EVERYDAY_ID: Final = "posts-everyday-words"

_PART: Final = 4
_PARTS_PER_DAY: Final = 4
_RECENT: Final = 4_000
_EVERYDAY: Final = frozenset(words.EVERYDAY)


@dataclass(slots=True)
class Crowd:
    """Ordinary people on X: who they are, what they say, and what they have lately said."""

    seed: int
    scale: float
    handles: list[str] = field(init=False)
    shares: NDArray[np.float64] = field(init=False)
    recent: deque[tuple[str, str, str, tuple[str, ...]]] = field(init=False)

    def __post_init__(self) -> None:
        """Draw who they are."""
        draw = rng(self.seed, _PART, 0)
        n = int(min(300_000, max(250, 6_000 * self.scale)))
        first = draw.integers(0, len(words.FIRST_NAMES), n).tolist()
        self.handles = [f"sim_{words.FIRST_NAMES[f]}_{words.noun(draw)}{100 + i}" for i, f in enumerate(first)]
        self.shares = weights(n, 0.8, offset=8)
        self.recent = deque(maxlen=_RECENT)

    def posts(self, day: int, expected: float) -> Iterator[list[tuple[float, dict[str, Any], tuple[str, ...]]]]:
        """Yield a day's posts in consecutive parts: (time, columns without post_id, operations)."""
        draw = rng(self.seed, _PART, 1, day)
        stories = articles.per_day(self.scale)
        story_shares = weights(2 * stories, 1.0, offset=1)
        for times in moments(draw, day, expected, _PARTS_PER_DAY):
            n = len(times)
            chance = draw.random(n)
            who = pick(draw, self.shares, n)
            story = pick(draw, story_shares, n)
            reactions = draw.pareto(1.1, n).astype(np.int64)
            own = iter(words.french(draw, n))
            part: list[tuple[float, dict[str, Any], tuple[str, ...]]] = []
            drawn = (c.tolist() for c in (times, chance, who, story, reactions))
            for time_s, c, w, s, likes in zip(*drawn, strict=True):
                handle = self.handles[w]
                if c < 0.33 and self.recent:
                    # Squared: what was said last is passed on most.
                    back = int(draw.random() ** 2 * len(self.recent))
                    post_id, author, said, urls = self.recent[-1 - back]
                    post = columns(
                        time_s, handle, f"RT @{author}: {said}", urls=urls, mentions=(author,), repost_of=post_id
                    )
                else:
                    told = day - (s >= stories)
                    text, more = self._original(draw, next(own), c, story=s % stories, told=told)
                    post = columns(time_s, handle, text, **more)
                post["reactions"] = likes
                part.append((time_s, post, (EVERYDAY_ID,) if post["text"] in _EVERYDAY else ()))
            yield part

    def _original(
        self, draw: np.random.Generator, text: str, c: float, *, story: int, told: int
    ) -> tuple[str, dict[str, Any]]:
        """Return a text and the columns that go with it; `c` (0 to 1) says which kind of post it is."""
        more: dict[str, Any] = {}
        urls: tuple[str, ...] = ()
        if 0.33 <= c < 0.36:
            return choose(draw, words.EVERYDAY), more
        if c < 0.41:
            more["lang"] = "ru" if c < 0.375 else "en"
            text = words.foreign(draw, more["lang"])
        elif c < 0.49:
            text = f"{text}. {words.about_a_candidate(draw)}"
        if c > 0.72:
            urls = (articles.address(self.seed, max(0, told), story),)
        elif c > 0.66:
            urls = (f"https://video-simulee.example/v/{int(draw.integers(1 << 40)):x}",)
        elif c > 0.58 and self.recent:
            more["reply_to"], author = self.recent[-1 - int(draw.random() ** 2 * len(self.recent))][:2]
            more["mentions"], text = (author,), f"@{author} {text}"
        tags = words.hashtags(draw) if c > 0.5 else []
        return " ".join((text, *(f"#{tag}" for tag in tags), *urls)), {**more, "urls": urls, "hashtags": tags}


def columns(time_s: float, handle: str, text: str, **more: Any) -> dict[str, Any]:
    """Return a post as our columns name it; what `more` leaves out is empty."""
    return {
        "time": iso(time_s),
        "platform": "x",
        "post_id": "",
        "channel_id": handle,
        "channel_name": handle[4:].replace("_", " ").title() + " (simulé)",
        "title": None,
        "text": text,
        "lang": "fr",
        "urls": (),
        "hashtags": (),
        "mentions": (),
        "media_hashes": (),
        "repost_of": None,
        "reply_to": None,
        "quote_of": None,
        "reactions": 0,
        **more,
    }
