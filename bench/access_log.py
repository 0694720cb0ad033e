"""Lines of a combined access log taken in per second of CPU time, beside peers that read the same file.

    python -m bench.access_log --lines 5000000

It writes a log of made-up requests to a temporary folder, times `vigie add` on it (the whole process: start, hash,
parse, Parquet), GoAccess where it is installed, and a reader in plain Python (`re`), each in a process of its own
whose CPU time (user and system) the system counts. Prints the ratios; writes `bench/out/access_log.json`.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from bench._measure import compare, run

PLAIN = r"""
import re, sys
line = re.compile(r'(\S+) \S+ (\S+) \[([^\]]+)\] "(\S+) (\S+) (\S+)" (\d{3}) (\S+) "([^"]*)" "([^"]*)"')
with open(sys.argv[1], encoding="utf-8") as file:
    rows = [found.groups() for found in map(line.match, file) if found]
print(len(rows))
"""


def write_log(path: Path, lines: int, seed: int = 7) -> None:
    """Write `lines` lines of requests: 20,000 clients, 2,000 agents, 86,400 lines a day."""
    draw = random.Random(seed)
    clients = [".".join(str(draw.randrange(1, 255)) for _ in range(4)) for _ in range(20_000)]
    agents = [
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.{draw.randrange(99)} (KHTML, like Gecko) "
        f"Chrome/{draw.randrange(60, 110)}.0.{draw.randrange(9999)}.{draw.randrange(200)} Safari/537.36"
        for _ in range(2_000)
    ]
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    with path.open("w", encoding="ascii") as file:
        for number in range(lines):
            day, second = divmod(number, 86_400)
            clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
            date = f"{day % 28 + 1:02d}/{months[day // 28 % 12]}/{2017 + day // 336}"
            file.write(
                f"{draw.choice(clients)} - - [{date}:{clock} +0100] "
                f'"GET /articles/{draw.randrange(5_000)}/{draw.getrandbits(30):x}.html?page={draw.randrange(20)} '
                f'HTTP/1.1" '
                f"{draw.choice((200, 200, 200, 304, 404))} {draw.randrange(99_999)} "
                f'"https://www.example.fr/{draw.randrange(9_999)}" "{draw.choice(agents)}"\n'
            )


def contenders(log: Path, folder: Path) -> dict[str, list[str]]:
    """Return the command of each contender, by name."""
    vigie = [sys.executable, "-m", "vigie.cli"]
    # The compiled kernels are cached by the first run on a machine; that is not what is measured.
    for case in ("warm", "case"):
        run([*vigie, "new", str(folder / case), "--country", "FR", "--name", "bench"])
    small = folder / "small.log"
    write_log(small, 1_000)
    run([*vigie, "add", str(folder / "warm"), str(small)])
    commands = {"vigie add": [*vigie, "add", str(folder / "case"), str(log)]}
    if goaccess := shutil.which("goaccess"):
        commands["goaccess"] = [
            goaccess,
            str(log),
            "--log-format=COMBINED",
            "--no-progress",
            "-o",
            str(folder / "o.json"),
        ]
    else:
        print("goaccess is not on PATH: left out")
    commands["plain Python re"] = [sys.executable, "-c", PLAIN, str(log)]
    return commands


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=2_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "access.log"
        write_log(log, options.lines)
        size_mb = log.stat().st_size / 1e6
        print(f"{options.lines:,} lines, {size_mb:,.0f} MB")
        compare("access_log", contenders(log, folder), records=options.lines, size_mb=size_mb, noun="lines")


if __name__ == "__main__":
    main()
