"""A section's worth of invented families of texts, hostile where outside text can stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.briefings.sample import HOSTILE, at
from vigie.briefings.copies import Arrival, Copies, Detail, Family, Member, Shown, Variant
from vigie.rules.spread import NOT_DECLARED, Cell, Chain, Lag, Spread
from vigie.rules.templates import Pattern, Slot

TEXTS = [t.encode("utf-8", "replace").decode() for t in HOSTILE]
TIERS = ("state-controlled", None, "none", None, "state-linked", "official", None, "state-aligned")
SAID = (
    "The minister knew of the letter since March and told nobody, says Ana Reed of Brest, who has read all of it and "
    "will speak tonight at eight on the square."
)
CANNOT_SAY = ("Software measures; one text in many places is not proof of one author.",)


def platform(n: int) -> str:
    return ("x", "telegram", "web")[n % 3]


def channel(n: int) -> str:
    """Plain names but for each fourth channel, whose name is hostile."""
    return f"{platform(n)}:{TEXTS[n % len(TEXTS)] if n % 4 == 3 else f'account_{n}'}"


def member(number: int, n: int, *, step_s: int = 700, precision_s: int = 1) -> Member:
    return Member(
        row_id=f"{number:012x}:{n + 1}",
        time=at(number, n // 2 * 2 * step_s),  # every second one is tied with the one before
        precision_s=precision_s,
        channel=channel(n),
        outlet=TEXTS[0] if TIERS[n % 8] else None,
        tier=TIERS[n % 8],
        similarity=1 - n / 100 if n < 50 else 0.5,
        kind=("exact", "template", "truncated", "extended", "quoted", "reworded", None)[n % 7],
        agency="AFP" if n % 5 == 0 else None,
    )


def variants(first: str) -> tuple[Variant, ...]:
    others = {
        "template": first.replace("Ana Reed", "Bo Lind").replace("Brest", TEXTS[0]),
        "reworded": " ".join(reversed(TEXTS)),
        "truncated": first[:60],
        "exact": first.replace("o", "\N{CYRILLIC SMALL LETTER O}"),
    }
    return tuple(
        Variant(
            kind=kind,
            text=text,
            characters=len(text) * (7 if kind == "reworded" else 1),
            posts=1 + n,
            row_id=f"{n:012x}:9",
            time=at(n),
            precision_s=1,
            channel=channel(n + 2),
        )
        for n, (kind, text) in enumerate(others.items())
    )


def shown(number: int, posts: int, **given: object) -> Shown:
    """One family, in full for the first ones; `given` goes to `member`."""
    members = tuple(member(number, n, **given) for n in range(posts))
    tiers: dict[str, int] = {}
    for m in members:
        tiers[m.tier or ""] = tiers.get(m.tier or "", 0) + 1
    first = SAID if number == 0 else TEXTS[number % len(TEXTS)]
    family = Family(
        ident=f"fam-{number:032x}",
        text=first[:300],
        posts=posts,
        reposts=number % 3,
        channels=posts,
        same_instant=2,
        platforms={name: sum(m.channel.startswith(name) for m in members) for name in ("x", "telegram", "web")},
        tiers=tiers,
        kinds={"exact": posts},
        first=members[0].time,
        last=members[-1].time,
        first_channel=members[0].channel,
        precision_s=members[0].precision_s,
        findings=(f"copied_text-{number:08x}",) if number < 2 else (),
    )
    detail = Detail(
        channels=posts,
        arrivals=tuple(
            Arrival(
                row_id=m.row_id,
                time=m.time,
                precision_s=m.precision_s,
                channel=m.channel,
                name=TEXTS[n % len(TEXTS)] if n % 3 == 0 else None,
                outlet=m.outlet,
                tier=m.tier,
                lag_s=(m.time - members[0].time).total_seconds(),
                agency=m.agency,
            )
            for n, m in enumerate(members)
        ),
        independent=("", "credited", "agency")[number % 3],
        agencies={"AFP": posts, TEXTS[0]: 1},
        text=first,
        characters=10 * len(first),
        texts=5,
        variants=variants(first) if number % 2 == 0 else (),
        template=Pattern(
            words=("The", "minister", TEXTS[1], "knew", "says", "of"),
            slots=(Slot(at=0, values={TEXTS[0]: 2, "": 1}), Slot(at=5, values={"Ana Reed": 3, "Bo Lind": 2})),
        )
        if number == 0
        else None,
    )
    return Shown(family=family, members=members, detail=detail if number < 6 else None)


def spread() -> Spread:
    names = (TIERS[0], TIERS[4], "none", NOT_DECLARED)
    return Spread(
        families=101,
        tiers=tuple(
            Cell(
                before=a, after=b, families=20 + 3 * i, observed=5 + 6 * i - 2 * j, expected=9.5, settled=3, tied=j,
                p_value=0.003 * (i + 1) if j else None, q_value=0.04 if j else None,
            )
            for i, a in enumerate(names)
            for j, b in enumerate(names)
            if a != b
        ),
        platforms=(
            Cell(before="x", after=TEXTS[0], families=9, observed=7, expected=4.4, p_value=None, tied=0, settled=9),
        ),
        chains=(
            Chain(steps=(f"state-controlled · {TEXTS[0]}", "none · web"), families=9, examples=(f"fam-{1:032x}",)),
            Chain(steps=("none · web", "not declared · x"), families=4, examples=("fam-" + "f" * 32,)),
        ),
        lags=(
            Lag(before="state-controlled", after="none", families=9, median_s=3_600.0, low_s=60.0, high_s=90_000.0),
            Lag(before="none", after=NOT_DECLARED, families=19, median_s=0.0, low_s=0.0, high_s=9_000.0),
        ),
        arrivals={"agency": 2, "credited": 3},
        unordered=4,
    )  # fmt: skip


def copies(*sizes: int, total: int = 0) -> Copies:
    """One drawn family of each size, and others that are only listed."""
    drawn = tuple(shown(n, size) for n, size in enumerate(sizes))
    listed = tuple(replace(shown(n, 2).family, findings=()) for n in range(len(sizes), max(total, len(sizes))))
    return Copies(
        families=(*(s.family for s in drawn), *listed),
        shown=drawn,
        spread=spread(),
        total=len(drawn) + len(listed),
        one_channel=3,
        posts=86_582,
        family_posts=sum(sizes),
        family_reposts=12,
        family_channels=max(sizes, default=0),
        words_min=6,
        cannot_say=CANNOT_SAY,
    )


def none() -> Copies:
    """Posts of which no two are alike."""
    return replace(copies(), spread=None, one_channel=0, family_reposts=0)


def plain() -> Copies:
    """No tier declared, one platform: nothing to compare."""
    whole = copies(9)
    bare = tuple(replace(m, tier=None, outlet=None, channel=f"x:c{n}") for n, m in enumerate(whole.shown[0].members))
    drawn = replace(
        whole.shown[0], members=bare, family=replace(whole.shown[0].family, tiers={"": 9}, platforms={"x": 9})
    )
    return replace(whole, shown=(drawn,), families=(drawn.family,), spread=None)


def whole_days() -> Copies:
    """A family of a file that gives whole days, all on two of them."""
    one = shown(0, 6, step_s=20_000, precision_s=86_400)
    day = one.members[0].time.replace(hour=0)
    members = tuple(replace(m, time=day + timedelta(days=n // 4)) for n, m in enumerate(one.members))
    assert one.detail is not None
    arrivals = tuple(
        replace(a, time=m.time, lag_s=(m.time - day).total_seconds())
        for a, m in zip(one.detail.arrivals, members, strict=True)
    )
    family = replace(one.family, first=members[0].time, last=members[-1].time)
    drawn = replace(one, family=family, members=members, detail=replace(one.detail, arrivals=arrivals))
    return replace(copies(6), shown=(drawn,), families=(family,))
