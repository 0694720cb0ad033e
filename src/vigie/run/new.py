"""`vigie new`: a folder with a commented case file."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from vigie import case as case_file
from vigie.errors import InputError, StoreError

if TYPE_CHECKING:
    from pathlib import Path


def new_case(folder: Path, *, country: str, name: str, time_zone: str = "") -> Path:
    """Write `folder`/case.toml; return its path.

    Raises
    ------
    InputError
        if the country or zone is unknown, or a case is there already.
    """
    code = country.upper()
    zones = zones_of(code)
    if not zones:
        raise InputError(f"unknown country {country!r}", where="--country", hint="ISO 3166-1, two letters: FR, US, UA")
    text = case_file.template(name=name, country=code, time_zone=time_zone or zones[0])
    # The check of the file itself says what is wrong with a name or a zone.
    case_file.parse(text)
    path = folder / case_file.FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8"):
            pass
        try:
            path.write_text(text, encoding="utf-8")
        except OSError:
            path.unlink()  # half a case file would be in the way of the next try
            raise
    except FileExistsError:
        raise InputError("is there already", where=str(path), hint="edit it, or name another folder") from None
    except OSError as error:
        raise StoreError(f"{folder}: cannot write: {error.strerror}") from error
    return path


def zones_of(country: str) -> list[str]:
    """Return the time zones of a country, its main one first; none for an unknown code.

    Source: the IANA time zone database's zone.tab, as the tzdata package carries it.

    >>> zones_of("FR")
    ['Europe/Paris']
    """
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return [row[2] for row in rows if row[0] == country]
