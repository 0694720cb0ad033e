"""Parameters of measures and detectors: annotated keywords, read from the signature by case file, help and docs."""

from __future__ import annotations

import inspect
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Bounds:
    """Closed interval a parameter may take."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its type (`int`, `float`, `str` or `bool`), default and bounds."""

    name: str
    type: type
    default: Any
    bounds: Bounds | None


def parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    """Return the keyword-only parameters of `function`, by name.

    >>> def near(*, window_s: Annotated[int, Bounds(1, 60)] = 10): ...
    >>> parameters(near)
    {'window_s': Parameter(name='window_s', type=<class 'int'>, default=10, bounds=Bounds(low=1, high=60))}
    """
    hints = typing.get_type_hints(function, include_extras=True)
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        hint = hints[name]
        bounds = None
        if typing.get_origin(hint) is Annotated:
            hint, *extras = typing.get_args(hint)
            bounds = next((extra for extra in extras if isinstance(extra, Bounds)), None)
        found[name] = Parameter(name, hint, parameter.default, bounds)
    return found
