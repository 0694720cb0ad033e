"""`vigie add` killed at random instants, many times: the final store is that of an undisturbed run, byte for byte."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.run.builders import HEADER, log_lines, make_case, post_lines, store_bytes

KILLS = 25
CHILD = """
import sys
from pathlib import Path
from zoneinfo import ZoneInfo
from vigie.run.add import Options, add
from vigie.sources import all_sources, reading
reading.BLOCK_BYTES = 60_000
list(all_sources())
print("ready", flush=True)
for added in add(Path(sys.argv[1]), [Path(f) for f in sys.argv[2:]], Options(ZoneInfo("Europe/Paris"))):
    print(added.file, added.rows, added.refused, flush=True)
"""


def start(case, files):
    command = [sys.executable, "-c", CHILD, str(case), *map(str, files)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    return child


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_killed_add_goes_on_and_ends_with_the_same_bytes(tmp_path):
    log, posts = tmp_path / "access.log", tmp_path / "posts.csv"
    log.write_bytes(log_lines(6000) + b"nonsense\n" + log_lines(6000, start=6000))
    posts.write_text(HEADER + post_lines(6000) + "bad\n" + post_lines(6000, start=3000))
    undisturbed, killed = make_case(tmp_path / "a"), make_case(tmp_path / "b")
    child = start(undisturbed, [log, posts])
    began = time.monotonic()
    assert child.wait() == 0
    usual_s = time.monotonic() - began
    child.stdout.close()
    expected = store_bytes(undisturbed)
    assert len(expected) > 25, "too few parts for a kill to fall between"

    chance = random.Random(7)
    lines = expected["manifest.jsonl"]
    stopped, seen = 0, set()
    for number in range(KILLS):
        child = start(killed, [log, posts])
        time.sleep(usual_s * chance.random() * 0.8)
        child.send_signal(signal.SIGKILL)
        stopped += child.wait() == -signal.SIGKILL
        child.stdout.close()
        manifest = store_bytes(killed).get("manifest.jsonl", b"")
        whole = manifest[: manifest.rfind(b"\n") + 1]
        assert lines.startswith(whole), "what was kept is not what an undisturbed run keeps"
        seen.add(whole.count(b"\n"))
        if whole == lines:
            assert store_bytes(killed) == expected
            killed = make_case(tmp_path / f"b{number}")
    assert stopped > KILLS // 2
    assert len(seen) > 4, "the kills all fell on the same instants"
    child = start(killed, [log, posts])
    assert child.wait() == 0
    child.stdout.close()
    assert store_bytes(killed) == expected
