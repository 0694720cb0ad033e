"""`vigie run`: measures over the store, detectors over the measures, findings stamped and kept."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from vigie import case as case_file
from vigie.detectors import all_detectors
from vigie.engine.local import LocalEngine, Parts
from vigie.errors import InputError, StoreError
from vigie.findings.stamp import stamp, weigh
from vigie.memory import keep_memory
from vigie.parameters import parameters
from vigie.run.add import STORE, relation
from vigie.tables import CASE_TABLES, FINDINGS, TABLES
from vigie.tables.store import Store, locked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from vigie.case import Case
    from vigie.detectors import Detector
    from vigie.measures import Measure
    from vigie.tables.store import Manifest

STATE_FILE: Final = "run.json"
CACHE: Final = "cache"
STANDING: Final = "standing"


class DamagedRunError(StoreError):
    """What was kept of the last run cannot be understood; a new run replaces it."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a run found. `not_looked` names detectors that had nothing to read, with the tables they lack.

    `simulated` is what the case file says: whoever shows a finding of an exercise says so.
    """

    findings: pa.Table
    looked: tuple[str, ...]
    not_looked: Mapping[str, tuple[str, ...]]
    inputs_hash: str
    simulated: bool


def parameters_of(case: Case, name: str, detector: Detector) -> dict[str, Any]:
    """Return the parameters in force for a detector and its measure: the case's, else the defaults."""
    given = case.detect.get(name, {})
    return {k: p.type(given[k]) if k in given else p.default for k, p in detector.parameters.items()}


def inputs_hash(folder: Path, manifest: Manifest) -> str:
    """Return a hash of what the case is made of: the case file and the files taken in, in their order.

    >>> from pathlib import Path
    >>> from vigie.tables.store import Manifest
    >>> len(inputs_hash(Path("no-such-case"), Manifest((), {}, {})))
    64
    """
    digest = hashlib.sha256()
    path = folder / case_file.FILE_NAME
    digest.update(path.read_bytes() if path.exists() else b"")
    for source in manifest.sources:
        said = [source.sha256, source.format, source.version, dict(source.options), source.after, source.same_as]
        digest.update(json.dumps(said, sort_keys=True).encode())
    return digest.hexdigest()


def analyse(folder: Path, *, progress: Callable[[str, int, int], None] = lambda *_: None) -> Analysis:
    """Measure and detect; keep the findings in the case, and return them in order of weight.

    `progress(name, done, total)` is called before each detector.

    Raises
    ------
    VigieError
        if the case file is wrong, the store damaged, or the result cannot be written.
    """
    with measuring(folder):
        return analyse_alone(folder, progress=progress)


@contextlib.contextmanager
def measuring(folder: Path) -> Iterator[None]:
    """Hold a case's measures and findings for writing: two runs at once would take away each other's files.

    Raises
    ------
    VigieError
        if `folder` is not a case, cannot be written, or another process measures in it.
    """
    case_file.load(folder)
    keep_memory()
    cache = folder / CACHE
    try:
        cache.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(f"{cache}: cannot write: {error.strerror or error}") from error
    with locked(cache / "lock", folder, "measuring"):
        yield


def analyse_alone(folder: Path, *, progress: Callable[[str, int, int], None] = lambda *_: None) -> Analysis:
    """Do what `analyse` does, for a caller who holds `measuring`."""
    case = case_file.load(folder)
    store = Store(folder / STORE)
    manifest = store.manifest()
    detectors = list(all_detectors())
    measured = Measured(folder, case, store, manifest)
    findings = [FINDINGS.empty_table()]
    looked, not_looked = [], {}
    for number, (name, detector) in enumerate(detectors):
        progress(name, number, len(detectors))
        if lacking := measured.lacking(detector.reads):
            not_looked[name] = lacking
            continue
        looked.append(name)
        values = parameters_of(case, name, detector)
        own = parameters(detector.run)
        found = detector.run(measured.table(detector.reads, values), **{k: v for k, v in values.items() if k in own})
        findings.append(stamp(name, detector, found, values))
    progress("", len(detectors), len(detectors))
    analysis = Analysis(
        weigh(pa.concat_tables(findings)),
        tuple(looked),
        not_looked,
        inputs_hash(folder, manifest),
        case.election.simulated,
    )
    _keep(folder, analysis)
    return analysis


def load(folder: Path) -> Analysis:
    """Return what the last `vigie run` of this case found.

    Raises
    ------
    InputError
        if it was never run.
    StoreError
        if what was kept of it cannot be read; a `DamagedRunError` where running again mends it.
    """
    for last in (False, True):
        try:
            return _load(folder)
        except FileNotFoundError:
            # Another process may have put a new run in the place of the one whose name was just read.
            if last:
                raise InputError("was never run", where=str(folder), hint=f"vigie run {folder}") from None
        except PermissionError as error:
            raise StoreError(f"{folder}: the findings cannot be read: {error.strerror or error}") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException) as error:
            raise DamagedRunError(f"{folder / STATE_FILE}: is damaged ({error})\n  hint: vigie run {folder}") from error
    raise AssertionError


def _load(folder: Path) -> Analysis:
    state = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
    findings = read_table(folder / f"findings-{state['inputs_hash'][:16]}.parquet")
    not_looked = {name: tuple(tables) for name, tables in state["not_looked"].items()}
    return Analysis(
        findings.cast(FINDINGS), tuple(state["looked"]), not_looked, state["inputs_hash"], state["simulated"]
    )


def _keep(folder: Path, analysis: Analysis) -> None:
    """Write findings, then the file that names them: a reader sees the old run or the new one, never half of one."""
    name = f"findings-{analysis.inputs_hash[:16]}.parquet"
    state = {
        "inputs_hash": analysis.inputs_hash,
        "looked": list(analysis.looked),
        "simulated": analysis.simulated,
        "not_looked": {k: list(v) for k, v in analysis.not_looked.items()},
    }
    try:
        write_table(analysis.findings, folder / name)
        temporary = folder / f".{STATE_FILE}.tmp"
        temporary.write_text(json.dumps(state, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        temporary.replace(folder / STATE_FILE)
        for old in folder.glob("findings-*.parquet"):
            if old.name != name:
                old.unlink()
    except OSError as error:
        raise StoreError(f"{folder}: cannot write the findings: {error.strerror or error}") from error


def write_table(table: pa.Table, path: Path) -> None:
    """Write a Parquet file beside `path` and rename it."""
    temporary = path.with_name(f".{path.name}.tmp")
    pq.write_table(table, temporary, compression="zstd", compression_level=1, write_page_checksum=True)
    temporary.replace(path)


def read_table(path: Path) -> pa.Table:
    """Read what `write_table` wrote; its checksums are checked."""
    with path.open("rb") as file:
        return pq.read_table(file, page_checksum_verification=True)


class Measured:
    """The measured tables of a case, each made once and cached by what it was made of."""

    def __init__(self, folder: Path, case: Case, store: Store, manifest: Manifest) -> None:
        self._cache = folder / CACHE
        self._case_tables = case.tables()
        self._relations: dict[str, pa.Table | Parts] = {n: relation(store, n, manifest) for n in TABLES}
        self._inputs = {
            n: [[s.sha256, s.format, s.version, dict(s.options), s.after] for s in manifest.sources if s.table == n]
            for n in TABLES
        }
        self._made: dict[str, pa.Table] = {}

    def lacking(self, measure: Measure) -> tuple[str, ...]:
        """Return the tables the measure needs that have no rows."""
        return measure.lacking({name for name, inputs in self._inputs.items() if inputs})

    def table(self, measure: Measure, values: Mapping[str, Any]) -> pa.Table:
        """Return the measured table, from the cache where it was made of the same.

        Of `values` those count that are the measure's parameters; what is left out has its default.
        """
        values = {name: values.get(name, p.default) for name, p in measure.parameters.items()}
        key = self._key(measure, values)
        if key in self._made:
            return self._made[key]
        path = self._cache / f"{measure.name}-{key}.parquet"
        try:
            table = read_table(path).cast(measure.schema)
        except (OSError, ValueError, pa.ArrowException):
            table = self._make(measure, values)
            try:
                for old in self._cache.glob(f"{measure.name}-*.parquet"):
                    old.unlink()
                write_table(table, path)
            except OSError as error:
                raise StoreError(f"{self._cache}: cannot write: {error.strerror or error}") from error
        self._made[key] = table
        return table

    def _make(self, measure: Measure, values: Mapping[str, Any]) -> pa.Table:
        spill = self._cache / "spill"
        try:
            spill.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{spill}: cannot write: {error.strerror}") from error
        everything = self._relations | self._case_tables | {m.name: self.table(m, values) for m in measure.inner}
        relations = {n: everything[n] for n in measure.reads}
        with LocalEngine(relations, spill=spill, standing=self._cache / STANDING) as engine:
            return engine.run(measure.made_with(values))

    def _key(self, measure: Measure, values: Mapping[str, Any]) -> str:
        said = [
            measure.name,
            measure.version,
            measure.schema.to_string(),
            {k: v for k, v in values.items() if k in measure.parameters},
            [self._case_tables[n].to_pylist() if n in CASE_TABLES else self._inputs[n] for n in measure.tables],
            [self._key(inner, values) for inner in measure.inner],
        ]
        text = json.dumps(said, sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
