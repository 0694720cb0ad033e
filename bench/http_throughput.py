"""Lines of an access log parsed, decoded, classified and put into sessions per second of CPU time, in one process.

    python -m bench.http_throughput --mb 1000

Two logs are written to a temporary folder: one whose requests repeat as a real site's do, and one in which every URL
differs and a fifth have percent-encoded words; 2 % of the requests in both are attacks or probes. Each is read in a
process of its own, block by block as `vigie add` cuts it, and what runs then are the functions that `vigie run` runs:
the rows of some blocks get their ids and go through `vigie.rules.matching.verdicts` and, in the local engine, through
the first steps of the measure `http_sessions`, which make numbers of them; then they are dropped. The measure's last
steps run once on all these numbers. Beside it stand the whole commands `vigie add` and `vigie run` (which write and
read Parquet, and measure and brief everything else too), and GoAccess where it is installed, which detects nothing.
Prints lines per CPU second; writes `bench/out/http_throughput.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from bench._http_log import write_log
from bench._measure import OUT, run
from vigie.engine.local import BATCH_ROWS, LocalEngine
from vigie.kernels.row_ids import row_ids
from vigie.measures.http_sessions import MEASURE, client_steps, event_steps, session_steps
from vigie.memory import keep_memory
from vigie.rules.matching import REQUEST_COLUMNS, verdicts
from vigie.sources import Block
from vigie.sources.access_log import parse
from vigie.sources.reading import Chunk, Stream, chunks
from vigie.tables import CASE_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

_BATCH_ROWS: Final = 2 * BATCH_ROWS
_WARM: Final = (
    b"".join(
        b'192.0.2.%d - - [15/Feb/2017:12:00:%02d +0100] "%s /w/%d%%41?q=1 HTTP/1.1" 404 9 "-" "bot/%d"\n'
        % (n, n, b"POST" if n % 2 else b"GET", n, n % 3)
        for n in range(60)
    )
    + b'::1 - - [15/Feb/2017:12:00:00 +0100] "GET /?a=1%27%20union%20select%201-- HTTP/1.1" 200 9 "-" "-"\n'
)
_SOURCE: Final = 0x0123456789AB
_LOGS: Final = {"requests that repeat": False, "every URL differs": True}


class Stages:
    """CPU seconds by stage: of this process, all its threads; and how many of all are the system's."""

    def __init__(self) -> None:
        self.cpu_s: dict[str, float] = {}
        self._at = time.process_time()
        self._system_s = os.times().system

    @property
    def system_s(self) -> float:
        """Return the seconds that went by in the system: it reads the file, and hands out memory."""
        return os.times().system - self._system_s

    def end(self, stage: str) -> None:
        """Add what went by since the last end to `stage`."""
        now = time.process_time()
        self.cpu_s[stage] = self.cpu_s.get(stage, 0.0) + now - self._at
        self._at = now


def measure(path: Path) -> dict[str, Any]:
    """Read the log at `path` through all stages; return CPU seconds by stage, counts and peak memory."""
    keep_memory()
    # Compiling or loading kernels, and building the automaton, is not what is measured: nothing of this is kept.
    warm = parse(Block(_WARM, 1, last=True, tz=ZoneInfo("UTC"), name=path.name), {})
    with LocalEngine({}) as engine:
        _sessions(engine, _parts(engine, _named(warm.rows), verdicts(_named(warm.rows))))
    stages = Stages()
    # As in `vigie run`, one engine does everything.
    engine = LocalEngine({})
    stages.end("sessions")
    parts: list[dict[str, pa.Table]] = []
    rows = refused = skipped = records = matched = 0
    for batch, counts in _batches(path, stages):
        rows, refused = rows + batch.num_rows, refused + counts[0]
        skipped, records = skipped + counts[1], records + counts[2]
        found = verdicts(batch)
        matched += found.num_rows
        stages.end("decode and classify")
        parts.append(_parts(engine, batch, found))
        del batch
        stages.end("sessions")
    whole = {name: pa.concat_tables([part[name] for part in parts]) for name in parts[0]}
    parts.clear()
    sessions = _sessions(engine, whole)
    engine.close()
    stages.end("sessions")
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "cpu_s": stages.cpu_s,
        "system_s": stages.system_s,
        "lines": records,
        "rows": rows,
        "refused": refused,
        "skipped": skipped,
        "matched": matched,
        "sessions": sessions.num_rows,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6,
    }


def _batches(path: Path, stages: Stages) -> Iterator[tuple[pa.Table, tuple[int, int, int]]]:
    """Yield the requests in batches of about `_BATCH_ROWS`, and (refused, skipped, records) of each."""
    stream = Stream(path)
    feed = chunks(stream, 0)
    item, record = next(feed, None), 1
    held: list[pa.Table] = []
    refused = skipped = records = 0
    while item is not None:
        assert isinstance(item, Chunk)  # no line here is overlong
        parsed = parse(Block(item.data, record, item.last, ZoneInfo("UTC"), path.name), {})
        record += parsed.records
        refused, skipped = refused + len(parsed.refused), skipped + parsed.skipped
        records += parsed.records
        stages.end("parse")
        held.append(_named(parsed.rows))
        stages.end("row ids")
        consumed = parsed.consumed
        # What is freed before the next block is read is memory it can use again.
        del parsed
        try:
            item = feed.send(consumed)
        except StopIteration:
            item = None
        stages.end("parse")
        if item is None or sum(t.num_rows for t in held) >= _BATCH_ROWS:
            yield pa.concat_tables(held), (refused, skipped, records)
            held, refused, skipped, records = [], 0, 0, 0
    stream.close()


def _named(rows: pa.Table) -> pa.Table:
    """Return rows as measures see them: with ids."""
    records = rows["record"].to_numpy()
    offsets, data = (pa.py_buffer(memoryview(part)) for part in row_ids(np.full_like(records, _SOURCE), records))  # type: ignore[arg-type]
    ids = pa.StringArray.from_buffers(len(records), offsets, data)
    return rows.append_column("row_id", ids).select(REQUEST_COLUMNS)


def _parts(engine: LocalEngine, requests: pa.Table, matched: pa.Table) -> dict[str, pa.Table]:
    """Return what the measure's first steps make of some requests, by the steps' names."""
    tables = {
        "requests": requests,
        "http_verdicts": matched,
        "case_servers": CASE_TABLES["case_servers"].empty_table(),
    }
    assert set(MEASURE.reads) == set(tables)  # the measure asks for nothing else
    assert requests["host"].null_count == requests.num_rows  # the numbers of hosts would differ from part to part
    for name, table in tables.items():
        engine.put(name, table)
    made = {each[-1].name: engine.run(each) for each in (client_steps()[:1], event_steps())}
    # Nothing of the requests is kept.
    for name in ("requests", "http_verdicts"):
        engine.put(name, tables[name].schema.empty_table())
    return made


def _sessions(engine: LocalEngine, parts: dict[str, pa.Table]) -> pa.Table:
    logged, clients = client_steps()
    # What is distinct among the parts' distinct clients is distinct in all.
    engine.put("requests", parts[logged.name])
    engine.put(clients.name, engine.run((logged, clients)))
    engine.put(event_steps()[-1].name, parts[event_steps()[-1].name])
    hosts = event_steps()[1]
    engine.put(hosts.name, hosts.schema.empty_table())
    return engine.run(session_steps())


def commands(log: Path, folder: Path) -> dict[str, list[list[str]]]:
    """Return the whole commands to compare with, by name."""
    vigie = [sys.executable, "-m", "vigie.cli"]
    case = str(folder / f"case-{log.stem}")
    run([*vigie, "new", case, "--country", "FR", "--name", "bench"])
    found = {"vigie add": [[*vigie, "add", case, str(log)]], "vigie run": [[*vigie, "run", case]]}
    if goaccess := shutil.which("goaccess"):
        out = str(folder / "report.json")
        found["goaccess"] = [[goaccess, str(log), "--log-format=COMBINED", "--no-progress", "-o", out]]
    else:
        print("goaccess is not on PATH: left out")
    return found


def report(name: str, log: Path, lines: int, folder: Path, *, whole: bool) -> dict[str, Any]:
    """Measure one log in processes of their own and print what came out."""
    result = folder / "result.json"
    run([sys.executable, "-m", "bench.http_throughput", "--measure", str(log), str(result)])
    figures: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    total_s = sum(figures["cpu_s"].values())
    print(f"{name}: {lines:,} lines, {log.stat().st_size / 1e6:,.0f} MB")
    for stage, cpu_s in {**figures["cpu_s"], "all": total_s}.items():
        print(f"  {stage:20} {lines / cpu_s:12,.0f} lines per CPU second")
    print(f"  {figures['system_s'] / total_s:.0%} of it in the system, which reads the file and hands out new memory")
    lost = lines - figures["rows"] - figures["refused"] - figures["skipped"]
    print(f"  {figures['memory_mb']:,.0f} MB at most; {lost} lines lost, {figures['refused']} refused", end="; ")
    print(f"{figures['matched']:,} matched, {figures['sessions']:,} sessions")
    figures |= {"per_cpu_s": round(lines / total_s), "lost": lost}
    if lost:
        sys.exit(f"{lost} of {lines} lines are neither row nor refused nor skipped")
    for contender, each in commands(log, folder).items() if whole else ():
        used = [run(command) for command in each]
        cpu_s, memory_mb = sum(s for s, _ in used), max(m for _, m in used)
        ratio = figures["per_cpu_s"] * cpu_s / lines
        rate = lines / cpu_s
        print(f"  {contender:20} {rate:12,.0f} lines per CPU second, stages x {ratio:.1f}, {memory_mb:,.0f} MB")
        figures[contender] = {"per_cpu_s": round(rate), "memory_mb": round(memory_mb)}
    return figures


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=float, default=1_000)
    parser.add_argument("--stages-only", action="store_true", help="leave out the whole commands and GoAccess")
    parser.add_argument("--measure", nargs=2, type=Path, metavar=("LOG", "RESULT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        log, result = options.measure
        result.write_text(json.dumps(measure(log)), encoding="utf-8")
        return
    reports = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, differ in _LOGS.items():
            log = folder / ("distinct.log" if differ else "repeated.log")
            lines = write_log(log, options.mb, distinct=differ)
            reports[title] = report(title, log, lines, folder, whole=not options.stages_only)
            log.unlink()
    OUT.mkdir(exist_ok=True)
    text = json.dumps({"mb": options.mb, "logs": reports}, indent=1, sort_keys=True)
    (OUT / "http_throughput.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
