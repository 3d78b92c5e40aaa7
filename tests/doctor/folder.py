"""The folder: what is written in it during the hour, and the sample database."""

import os
import shutil
import tempfile
from contextlib import closing
from pathlib import Path

from tests.doctor.finding import ROOT, Finding

_FREE_BYTES_MIN = 100 * 1024**2
_SOLUTION = ROOT / "candidate" / "solution.py"


def folder() -> Finding:
    """Look whether files can be written where the hour needs it; none is left."""
    for place in (ROOT, ROOT / "candidate", Path(tempfile.gettempdir())):
        try:
            with tempfile.TemporaryFile(dir=place) as file:
                file.write(b"written")
        except OSError as error:
            return Finding(
                f"{place} cannot be written: {error.strerror}",
                to_do=f"make {place} writable, or move the kit to a folder of yours",
            )
    if not os.access(_SOLUTION, os.R_OK | os.W_OK):
        return Finding(
            "candidate/solution.py is not there, or cannot be written",
            to_do="unpack the kit again, or make candidate/solution.py writable",
        )
    free_bytes = shutil.disk_usage(ROOT).free
    if free_bytes < _FREE_BYTES_MIN:
        return Finding(f"{_size(free_bytes)} free", to_do=f"free {_size(_FREE_BYTES_MIN)} of disk")
    return Finding(f"can be written, {_size(free_bytes)} free")


def sample_data() -> Finding:
    """Look whether interview.db is there, and is the kit's."""
    from infra.database import file  # noqa: PLC0415 - not before the packages were looked at
    from infra.errors import DatabaseUnavailableError  # noqa: PLC0415 - the same

    try:
        with closing(file.connect(file.DEFAULT_PATH)) as connection:
            ((jobs,),) = connection.execute("SELECT count(*) FROM jobs")
    except DatabaseUnavailableError as error:
        words, _, advice = str(error).partition(": ")
        return Finding(words, to_do=advice or "make reset")
    return Finding(f"interview.db, {jobs:,} jobs")


def _size(count_bytes: int) -> str:
    megabytes = count_bytes / 1024**2
    return f"{megabytes / 1024:.1f} GB" if megabytes >= 1024 else f"{megabytes:.0f} MB"
