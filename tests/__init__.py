"""The tests, laid out as the source is."""

from pathlib import Path


def shared_data() -> Path | None:
    """Return the folder of evaluation data beside the checkout, or None where there is none."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    return folder if folder.is_dir() else None
