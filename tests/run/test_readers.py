"""Two processes may read while one writes: each sees whole files only."""

import subprocess
import sys

from tests.run.builders import log_lines, make_case

READER = """
import sys
from pathlib import Path
from vigie.engine.local import LocalEngine
from vigie.run.add import relation
from vigie.tables.store import Store
store = Store(Path(sys.argv[1]) / "store")
seen = set()
print("reading", flush=True)
while 3000 not in seen:
    with LocalEngine({"requests": relation(store, "requests", store.manifest())}) as engine:
        seen.add(engine.query("select count(*) as n from requests")["n"][0].as_py())
print(sorted(seen))
"""


def test_readers_see_whole_files_while_one_writes(tmp_path):
    case = make_case(tmp_path / "case")
    files = []
    for number in range(3):
        files.append(tmp_path / f"{number}.log")
        files[-1].write_bytes(log_lines(1000, start=1000 * number))
    command = [sys.executable, "-c", READER, str(case)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for reader in readers:
        assert reader.stdout.readline() == "reading\n"
    writer = subprocess.Popen(
        [sys.executable, "-m", "vigie.cli", "add", str(case), *map(str, files)], stdout=subprocess.DEVNULL
    )
    for reader in readers:
        out, _ = reader.communicate(timeout=120)
        assert reader.returncode == 0
        assert set(map(int, out.strip("[]\n").split(","))) <= {0, 1000, 2000, 3000}
    assert writer.wait() == 0
