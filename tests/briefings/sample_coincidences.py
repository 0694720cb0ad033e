"""An invented section on what else happened when opinion shifted: hostile titles, gaps, a desk without findings."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from tests.briefings.sample import HOSTILE, START
from vigie.briefings.coincidences import Coincidences, DeskLine, Near, ShiftLine
from vigie.findings.coincidence import coincidence

WITHIN_DAYS = 10


def days(*numbers):
    return [START + timedelta(days=n) for n in numbers]


def desk(name, shifts, found, seen):
    return DeskLine(
        name=name,
        detectors=("http_attack",),
        days=dict(sorted(Counter(days(*found)).items())),
        seen=frozenset(days(*seen)),
        found=coincidence(days(*shifts), days(*found), observed=days(*seen)),
    )


def near(shift, day, finding, *, desk="Web servers", counted=True, title="requests tried SQL injection"):
    return Near(
        finding=finding,
        detector="http_attack",
        title=title,
        desk=desk,
        day=START + timedelta(days=day),
        lag_days=day - shift,
        counted=counted,
    )


def shift(
    day,
    points,
    *found,
    finding="poll_shift-0badcafe",
    last=None,
    seen=("Web servers",),
    unseen=(),
    title="Fillon, down 18 points",
):
    return ShiftLine(
        finding=finding,
        title=title,
        points=points,
        first=START + timedelta(days=day),
        last=START + timedelta(days=day if last is None else last),
        near=found,
        seen=seen,
        unseen=unseen,
    )


def coincidences(*, weeks=5):
    """Three shifts, a web desk with gaps, one of posts and one that found nothing, over `weeks` weeks."""
    span = 7 * weeks
    shifts = (9, 9, span - 4)
    hostile = [text.encode("utf-8", "replace").decode() for text in HOSTILE]
    return Coincidences(
        within_days=WITHIN_DAYS,
        shifts=(
            shift(
                9,
                -18.0,
                near(9, 7, "co_share-deadbeef", desk="Posts and press", title=" ".join(hostile)),
                near(9, 9, "http_attack-00c0ffee"),
                near(9, 12, "gone", desk="Polls", counted=False, title="A figure far from its forecast"),
            ),
            shift(9, 6.0, finding="not-shown", title=hostile[3], unseen=("Mail",)),
            shift(span - 4, 4.5, *(near(span - 4, span - 9 + n % 9, f"many-{n}") for n in range(20)), last=span - 2),
        ),
        desks=(
            desk("Mail", shifts, (), range(12, span)),
            desk("Posts and press", shifts, (7, 20, 21, 22), range(span)),
            desk("Web servers", shifts, (9, 12, 12, span - 6), [*range(14), *range(20, span)]),
        ),
    )


def none():
    """The same desks where no shift was found."""
    return Coincidences(within_days=WITHIN_DAYS, shifts=(), desks=(desk("Web servers", (), (3, 9), range(35)),))


def bare():
    """One shift on the only day there is, and nothing else that could be seen."""
    return Coincidences(
        within_days=WITHIN_DAYS,
        shifts=(shift(0, -5.0, seen=(), unseen=("Web servers",)),),
        desks=(desk("Web servers", (0,), (), range(1)),),
    )
