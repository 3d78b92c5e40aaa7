"""Saves: whether the system tells of them, or the watch screen has to look for itself."""

import os
import threading
import time
from pathlib import Path

from tests.doctor.finding import ROOT, Finding

_WAIT_SECONDS = 0.3
_SAVES = 4
"""The first may come before anybody watches."""

_FOLDER = ROOT / "candidate"
_POLLS = "make dev looks for saves twice a second: {}"


def saving() -> Finding:
    """Look whether a save in the candidate's folder is told of, as `make dev` would hear it."""
    from tests.watch import words  # noqa: PLC0415 - not before the packages were looked at
    from tests.watch.saves import why_polling  # noqa: PLC0415 - the same

    reason = why_polling(_FOLDER, os.environ)
    if not reason:
        seconds, reason = _heard(_FOLDER)
        if seconds is not None:
            return Finding(f"noticed after {seconds * 1000:.0f} ms")
    return Finding(_POLLS.format(reason or words.NO_EVENTS), is_noted=True)


def _heard(folder: Path) -> tuple[float | None, str]:
    """Save a file until it is told of; return after how long, or else why it never was."""
    from tests.watch.saves import Saves  # noqa: PLC0415 - not before the packages were looked at

    heard = threading.Event()
    reasons: list[str] = []
    saves = Saves(folder, heard.set, reasons.append)
    saves.start()
    try:
        for _ in range(_SAVES):
            began = time.perf_counter()
            _save(folder / f".doctor-{os.getpid()}.py")
            if heard.wait(_WAIT_SECONDS):
                return time.perf_counter() - began, ""
    finally:
        saves.stop()
    return None, "".join(reasons)


def _save(path: Path) -> None:
    """Write a file, and take it away at once: who is killed later leaves none."""
    try:
        path.write_text("", encoding="utf-8")
    finally:
        path.unlink(missing_ok=True)
