"""The detector record, and the discovery of every detector in this folder."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vigie.parameters import parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from vigie.measures import Measure
    from vigie.parameters import Parameter

SubjectKind = Literal[
    "channel", "account", "address", "server", "domain", "mailbox", "pollster", "candidate", "speaker", "text"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One detector, declared once. Its parameters are the annotated keywords of `run` and of its measure's steps.

    `run` is a pure function: the measured table in, rows of `vigie.tables.FOUND` out, ordered by `subject_ids`.
    `spoofable` says how cheaply someone could stage the evidence: 0 hardly, 3 with a script in an afternoon.
    """

    run: Callable[..., pa.Table]
    reads: Measure
    subject: SubjectKind
    measure: str
    unit: str
    spoofable: Literal[0, 1, 2, 3]
    techniques: tuple[str, ...] = ()
    status: Literal["experimental", "stable"] = "experimental"

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Return what `[detect.NAME]` may set, by name: those of what it reads, then its own."""
        return self.reads.parameters | parameters(self.run)


def all_detectors() -> Iterator[tuple[str, Detector]]:
    """Yield (name, record) for each module here: the file's name is the detector's name."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        yield module.name, importlib.import_module(f"{__name__}.{module.name}").DETECTOR
