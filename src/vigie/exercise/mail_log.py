"""The invented mail server's log (Postfix, Dovecot): ordinary logins, background guessing, and a planted spray."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from vigie.exercise import addresses
from vigie.exercise.draws import Lines, choose, day_volumes, moments, rng, shrink
from vigie.exercise.world import DAY_S, DAYS, START_S, SUMMER_S, day_s

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np

    from vigie.exercise.truth import Truth

LOGINS: Final = 30_000
GUESSES_PER_DAY: Final = 60
SPRAY_START: Final = (4, 8, 23, 10)  # month, day, hour, minute
SPRAY_ROUNDS: Final = 3
SPRAY_SOURCES: Final = 12

_PART: Final = 7
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May")
_ACCOUNTS: Final = (
    *(
        "accueil",
        "presse",
        "agenda",
        "dons",
        "benevoles",
        "direction",
        "secretariat",
        "technique",
        "logistique",
        "photo",
    ),
    *(f"equipe-{n:02d}" for n in range(1, 41)),
)
_GUESSED: Final = ("admin", "info", "test", "contact", "root", "webmaster", "office", "sales", "support", "scanner")


def write(exports: Path, truth: Truth, *, scale: float, seed: int, step: Callable[[float], None]) -> list[Path]:
    """Write `exports`/mail/mail.log and return it; `step` hears the share done."""
    k = shrink(scale)
    spray = truth.declare(
        "mail-spray", "planted", "login_spray",
        f"Password spray: every account once a round, {SPRAY_ROUNDS} rounds in a night",
        "one of the accounts answers at the end: its login is among the rows",
    )  # fmt: skip
    noise = truth.declare("mail-guessing", "look_alike", "login_spray", "Background guessing of common account names")
    path = exports / "mail" / "mail.log"
    draw = rng(seed, _PART, 0)
    homes = {account: addresses.addresses(draw, {"FR": 1}, 3) for account in _ACCOUNTS}
    pool = addresses.addresses(draw, addresses.SCANNERS, 400)
    planned = _spray(draw, homes, spray)
    volumes = day_volumes(LOGINS * scale)
    with Lines(path) as out:
        for day in range(DAYS):
            draw = rng(seed, _PART, 1, day)
            start = START_S + day * DAY_S
            todays = [one for one in planned if start <= one[0] < start + DAY_S]
            todays += [
                (start + draw.random() * DAY_S, _guess(draw, choose(draw, pool)), noise, choose(draw, _GUESSED))
                for _ in range(int(draw.poisson(GUESSES_PER_DAY * k)))
            ]
            for times in moments(draw, day, float(volumes[day])):
                who = draw.integers(0, len(_ACCOUNTS), len(times)).tolist()
                ordinary = [
                    (time_s, _login(draw, _ACCOUNTS[w], choose(draw, homes[_ACCOUNTS[w]])), "", "")
                    for time_s, w in zip(times.tolist(), who, strict=True)
                ]
                # Events after the part's last login wait for the next part.
                until = times[-1] if len(times) else 0.0
                now = [one for one in todays if one[0] <= until]
                todays = [one for one in todays if one[0] > until]
                _write_part(out, truth, ordinary + now)
            _write_part(out, truth, todays)
            step((day + 1) / DAYS)
    return [path]


def _write_part(out: Lines, truth: Truth, part: list[tuple[float, str, str, str]]) -> None:
    for time_s, rest, operation, account in sorted(part):
        local = datetime.fromtimestamp(int(time_s) + (3_600 if time_s < SUMMER_S else 7_200), UTC)
        record = out.write(f"{_MONTHS[local.month - 1]} {local.day:2d} {local:%H:%M:%S} mail {rest}")
        if operation:
            truth.row(operation, out.name, record, time_s, account)


def _spray(draw: np.random.Generator, homes: dict[str, list[str]], operation: str) -> list[tuple[float, str, str, str]]:
    sources = addresses.addresses(draw, {"RU": 1, "NL": 1, "US": 1, "UA": 1, "DE": 1}, SPRAY_SOURCES)
    found = []
    for turn in range(SPRAY_ROUNDS):
        time_s = day_s(*SPRAY_START) + turn * 7_200.0
        for at in draw.permutation(len(_ACCOUNTS)).tolist():
            time_s += draw.uniform(25, 70)
            found.append((time_s, _failure(choose(draw, sources), _ACCOUNTS[at]), operation, _ACCOUNTS[at]))
    account = choose(draw, list(homes))
    found.append((time_s + 600, _login(draw, account, choose(draw, sources)), operation, account))
    return found


def _login(draw: np.random.Generator, account: str, client: str) -> str:
    process, session = int(draw.integers(2_000, 32_000)), f"{int(draw.integers(1 << 62)):016x}"
    return (
        f"dovecot: imap-login: Login: user=<{account}>, method=PLAIN, rip={client}, lip=192.0.2.25, mpid={process}, "
        f"TLS, session=<{session}>"
    )


def _failure(client: str, account: str) -> str:
    return (
        f"dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<{account}>, method=PLAIN, "
        f"rip={client}, lip=192.0.2.25, TLS"
    )


def _guess(draw: np.random.Generator, client: str) -> str:
    return (
        f"postfix/smtpd[{int(draw.integers(2_000, 32_000))}]: warning: unknown[{client}]: SASL LOGIN authentication "
        "failed: UGFzc3dvcmQ6"
    )
