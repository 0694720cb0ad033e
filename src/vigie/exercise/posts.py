"""Posts: the crowd on X as JSON lines, pages as CSV, channels as Telegram exports, the scenes among them."""

# ruff: noqa: PLR2004 - shares read best where they are drawn
from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from vigie.exercise import cascades, words
from vigie.exercise.crowd import EVERYDAY_ID, Crowd, columns
from vigie.exercise.draws import Lines, choose, day_volumes, moments, rng
from vigie.exercise.scenes import COPYPASTA, COPYPASTA_ID, Post, scenes
from vigie.exercise.world import DAY_S, DAYS, PLACES, START_S, SUMMER_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np

    from vigie.exercise.truth import Truth

POSTS: Final = 120_000
PAGES_SHARE: Final = 0.04
TELEGRAM_SHARE: Final = 0.02
LIST_SEPARATOR: Final = "|"
TELEGRAM_CHANNELS: Final = ("depeches-fictives", "nord-imaginaire", "carnet-de-campagne", "veille-exemple")

_PART: Final = 5
_FIRST_ID: Final = 843_600_000_000_000_000
_PAGES: Final = tuple(
    f"sim_page_{name}" for name in ("marche", "quartier", "lycee", "velo", "jardin", "port", "cine", "divers")
)
_encode: Final = json.JSONEncoder(ensure_ascii=False).encode


def write(exports: Path, truth: Truth, *, scale: float, seed: int, step: Callable[[float], None]) -> list[Path]:
    """Write `exports`/posts and return the files; `step` hears the share done."""
    truth.declare(
        EVERYDAY_ID, "look_alike", "copied_text", "What everybody says: short greetings that many people post"
    )
    crowd = Crowd(seed, scale)
    planned = [
        *scenes(truth, crowd.handles, scale=scale, seed=seed),
        *cascades.letters(truth, scale=scale, seed=seed),
        *(post for story in cascades.stories(truth, scale=scale, seed=seed) for post in story.posted),
    ]
    planned.sort(key=lambda post: (post.time_s, post.channel_id))
    folder = exports / "posts"
    timeline = _Timeline(truth, crowd, [post for post in planned if post.platform == "x"])
    files = timeline.write(folder, POSTS * scale * (1 - PAGES_SHARE - TELEGRAM_SHARE), lambda share: step(0.95 * share))
    on_pages = [post for post in planned if post.platform == "facebook"]
    files.append(_write_pages(folder, truth, on_pages, scale=scale, seed=seed))
    files += [
        _write_telegram(folder, truth, number, channel, scale=scale, seed=seed)
        for number, channel in enumerate(TELEGRAM_CHANNELS)
    ]
    step(1.0)
    return files


@dataclass(slots=True)
class _Timeline:
    """The stream of X: the crowd's posts and the scenes' in the order of time, numbered as they are written."""

    truth: Truth
    crowd: Crowd
    planned: list[Post]
    done: int = 0
    ident: int = _FIRST_ID

    def write(self, folder: Path, posts: float, step: Callable[[float], None]) -> list[Path]:
        """Write a file per week, all but the last two compressed."""
        volumes = day_volumes(posts)
        weeks = DAYS // 7
        files = []
        for week in range(weeks):
            files.append(folder / f"posts-x-2017w{12 + week}.jsonl{'.gz' if week < weeks - 2 else ''}")
            with Lines(files[-1]) as out:
                for day in range(7 * week, 7 * week + 7):
                    for part in self.crowd.posts(day, float(volumes[day])):
                        self._write_part(out, part, part[-1][0] if part else 0.0)
                    self._write_part(out, [], START_S + (day + 1) * DAY_S)
                    step((day + 1) / DAYS)
        return files

    def _write_part(self, out: Lines, part: list[tuple[float, dict[str, Any], tuple[str, ...]]], until: float) -> None:
        upto = self.done
        while upto < len(self.planned) and self.planned[upto].time_s < until:
            upto += 1
        of_scenes = [
            (post.time_s, columns(post.time_s, post.channel_id, post.text, urls=post.urls), post.operations)
            for post in self.planned[self.done : upto]
        ]
        self.done = upto
        both = sorted(part + of_scenes, key=lambda one: one[0]) if of_scenes else part
        lines = []
        for _, post, _ in both:
            self.ident += 1
            post["post_id"] = str(self.ident)
            if post["repost_of"] is None:
                self.crowd.recent.append((post["post_id"], post["channel_id"], post["text"], post["urls"]))
            lines.append(_encode(post))
        begins = out.write_all(lines)
        for at, (time_s, post, operations) in enumerate(both):
            for operation in operations:
                self.truth.row(operation, out.name, begins + at, time_s, f"x:{post['channel_id']}")


def _write_pages(folder: Path, truth: Truth, planned: list[Post], *, scale: float, seed: int) -> Path:
    """Write pages' posts as CSV under our column names; some texts have several lines."""
    path = folder / "posts-facebook-pages.csv"
    volumes = day_volumes(POSTS * scale * PAGES_SHARE)
    number = 0
    with Lines(path) as out:
        out.write(_csv_line(list(columns(0, "sim_", ""))))
        for day in range(DAYS):
            draw = rng(seed, _PART, 1, day)
            ends = START_S + (day + 1) * DAY_S
            todays = [post for post in planned if ends - DAY_S <= post.time_s < ends]
            for times in moments(draw, day, float(volumes[day])):
                for time_s, text in zip(times.tolist(), words.french(draw, len(times)), strict=True):
                    more = "\n\n" + words.french(draw, 1)[0] if draw.random() < 0.25 else ""
                    todays.append(Post(time_s, choose(draw, _PAGES), f"{text}.{more}", platform="facebook"))
            for post in sorted(todays, key=lambda p: p.time_s):
                number += 1
                cells = columns(post.time_s, post.channel_id, post.text, platform="facebook", post_id=f"page-{number}")
                values = [LIST_SEPARATOR.join(v) if isinstance(v, tuple) else v for v in cells.values()]
                record = out.write(_csv_line(values))
                for operation in post.operations:
                    truth.row(operation, out.name, record, post.time_s, f"facebook:{post.channel_id}")
    return path


def _csv_line(cells: list[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _write_telegram(folder: Path, truth: Truth, number: int, channel: str, *, scale: float, seed: int) -> Path:
    """Write one channel as Telegram Desktop exports it; every element of `messages` counts as a record."""
    path = folder / f"telegram-{channel}.json"
    draw = rng(seed, _PART, 2, number)
    name, peer = f"{channel.replace('-', ' ').capitalize()} (simulé)", 1_100_000_000 + number
    volumes = day_volumes(max(60.0, POSTS * scale * TELEGRAM_SHARE / len(TELEGRAM_CHANNELS)))
    rumour = {18 + 4 * i: text for i, text in enumerate(COPYPASTA)} if number == 1 else {}
    record = 0
    with Lines(path) as out:
        out.write(f'{{\n "name": {_encode(name)},\n "type": "public_channel",\n "id": {peer},\n "messages": [')
        begun = {
            "type": "service",
            "actor": name,
            "actor_id": f"channel{peer}",
            "action": "create_channel",
            "title": name,
        }
        waiting: list[tuple[float, dict[str, Any], str]] = [
            (float(START_S), {**begun, "text": "", "text_entities": []}, "")
        ]
        for day in range(DAYS):
            for times in moments(draw, day, float(volumes[day])):
                texts = words.french(draw, len(times))
                waiting += [
                    (t, _message(draw, name, peer, text), "") for t, text in zip(times.tolist(), texts, strict=True)
                ]
            if day in rumour:
                time_s = START_S + (day + draw.uniform(0.4, 0.8)) * DAY_S
                waiting.append((time_s, _message(draw, name, peer, rumour[day] + " 🔁", plain=True), COPYPASTA_ID))
            for time_s, message, operation in sorted(waiting, key=lambda one: one[0]):
                record += 1
                local = datetime.fromtimestamp(int(time_s) + (3_600 if time_s < SUMMER_S else 7_200), UTC)
                clock = {"date": local.strftime("%Y-%m-%dT%H:%M:%S"), "date_unixtime": str(int(time_s))}
                out.write(
                    (",\n" if record > 1 else "")
                    + "  "
                    + _encode({"id": record, "type": "message", **clock, **message})
                )
                if operation:
                    truth.row(operation, out.name, record, time_s, f"telegram:{peer}")
            waiting = []
        out.write(" ]\n}")
    return path


def _message(draw: np.random.Generator, name: str, peer: int, text: str, *, plain: bool = False) -> dict[str, Any]:
    """Return a message as the export writes it: a text, or a list of texts and entities."""
    message: dict[str, Any] = {"from": name, "from_id": f"channel{peer}"}
    if not plain and draw.random() < 0.15:
        message["forwarded_from"] = f"Autre canal simulé {choose(draw, PLACES)}"
    if plain or draw.random() < 0.6:
        return {**message, "text": text, "text_entities": [{"type": "plain", "text": text}]}
    link = f"https://canal-simule.example/{words.noun(draw)}/{int(draw.integers(1, 100_000))}"
    entities = [{"type": "plain", "text": text + " "}, {"type": "link", "text": link}]
    return {**message, "text": [text + " ", entities[1]], "text_entities": entities}
