"""`vigie drop`: forget a file that was taken in by mistake, or read in the wrong way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigie import case as case_file
from vigie.errors import InputError
from vigie.run.add import STORE
from vigie.tables.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from vigie.tables.store import Manifest, SourceLine


def drop(folder: Path, name: str) -> SourceLine:
    """Forget the one file with this name, or whose source number begins so; return what it was.

    Raises
    ------
    InputError
        if no file or several are meant, or another file's rows build on it.
    """
    case_file.load(folder)
    with Store(folder / STORE).writer() as writer:
        manifest = Store(folder / STORE).manifest()
        line = _meant(folder, name, manifest)
        if heir := next((s for s in manifest.sources if line.sha256 in (s.after, s.same_as)), None):
            what = f"{heir.name} {'goes on where it ended' if heir.after else 'holds the same'}"
            raise InputError(what, where=line.name, hint=f"drop that first: {heir.id}")
        writer.drop(line.sha256)
    return line


def _meant(folder: Path, name: str, manifest: Manifest) -> SourceLine:
    found = [s for s in manifest.sources if name in {s.id, s.name}]
    found = found or [s for s in manifest.sources if s.id.startswith(name)]
    if len(found) != 1:
        what = f"no file of the case is {name!r}" if not found else f"{len(found)} files are {name!r}"
        listed = ", ".join(f"{s.id} ({s.name})" for s in (found or manifest.sources)[:8]) or "the case holds none"
        raise InputError(what, where=str(folder), hint=f"name it by its number: {listed}")
    return found[0]
