"""`vigie add` killed at random instants, many times: the final store is that of an undisturbed run, byte for byte."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.run.builders import HEADER, log_lines, make_case, post_lines, store_bytes

KILLS = 25
# One process imports everything and reads a few lines, then forks a child for each order: a kill costs no start-up.
SERVER = """
import os, sys
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo
from vigie.run.add import Options, add
from vigie.sources import Block, all_sources, reading

reading.BLOCK_BYTES = 60_000
zone = ZoneInfo("Europe/Paris")
sources = {s.name: s for s in all_sources()}
for name, file in (("access-log", sys.argv[1]), ("posts-csv", sys.argv[2])):
    head = b"".join(Path(file).read_bytes().splitlines(keepends=True)[:5])
    sources[name].parse(Block(head, 1, True, zone, name), {})
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        done = list(add(Path(line.strip()), [Path(f) for f in sys.argv[1:]], Options(zone)))
        os._exit(1 if any(a.error for a in done) else 0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Server:
    """Runs `add` of the same files in a child per call."""

    def __init__(self, files):
        command = [sys.executable, "-c", SERVER, *map(str, files)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def add(self, case, kill_after_s=None):
        """Return the child's exit code: negative where the kill came before its end."""
        self.process.stdin.write(f"{case}\n")
        self.process.stdin.flush()
        child = int(self.process.stdout.readline())
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            # A child that has ended is reaped by the server: nothing is there to kill any more.
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return int(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@pytest.mark.skipif(os.name != "posix", reason="needs fork and SIGKILL")
def test_a_killed_add_goes_on_and_ends_with_the_same_bytes(tmp_path):
    log, posts = tmp_path / "access.log", tmp_path / "posts.csv"
    log.write_bytes(log_lines(6000) + b"nonsense\n" + log_lines(6000, start=6000) + b"a last line that is not whole")
    posts.write_text(HEADER + post_lines(6000) + "bad\n" + post_lines(6000, start=3000))
    server = Server([log, posts])
    undisturbed = make_case(tmp_path / "undisturbed")
    began = time.monotonic()
    assert server.add(undisturbed) == 0
    usual_s = time.monotonic() - began
    expected = store_bytes(undisturbed)
    lines = expected["manifest.jsonl"]
    assert len(expected) > 25, "too few parts for a kill to fall between"

    chance = random.Random(7)
    case = make_case(tmp_path / "case-0")
    kills, cases, kept = 0, 1, set()
    for _ in range(20 * KILLS):
        ended = server.add(case, kill_after_s=chance.random() * usual_s)
        kills += ended == -signal.SIGKILL
        manifest = store_bytes(case).get("manifest.jsonl", b"")
        whole = manifest[: manifest.rfind(b"\n") + 1]
        assert lines.startswith(whole), "what was kept is not what an undisturbed run keeps"
        kept.add(whole.count(b"\n"))
        if ended == 0:
            assert store_bytes(case) == expected
            case = make_case(tmp_path / f"case-{cases}")
            cases += 1
        if kills >= KILLS:
            break
    assert kills >= KILLS
    assert len(kept) > 5, "the kills all fell on the same instants"
    assert server.add(case) == 0
    assert store_bytes(case) == expected
    server.close()
