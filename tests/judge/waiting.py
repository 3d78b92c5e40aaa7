"""The process that has imported all that judging needs, and waits. It forks for each judgement."""

import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NoReturn

from tests.judge import child
from tests.judge.checks import all_checks

_DESCRIPTORS_MAX = 8


def serve(control: socket.socket) -> None:
    """Fork a judgement for each one that is asked for, until nobody is there to ask."""
    living: set[int] = set()
    for request, descriptors in _requests(control):
        match request:
            case {"judge": asked}:
                pid = os.fork()
                if pid == 0:
                    _judge(control, asked, descriptors)
                living.add(pid)
                _lead_group(pid)
                for descriptor in descriptors:
                    os.close(descriptor)
                answer = pid
            case {"reap": int(pid)}:
                os.waitpid(pid, 0)
                living.discard(pid)
                answer = pid
            case _:
                answer = 0
        control.sendall(b"%d\n" % answer)
    for pid in living:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _judge(control: socket.socket, asked: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """Be the judging process; the descriptors have other numbers here than where they came from."""
    try:
        _lead_group(0)
        control.close()
        child.main(asked | {"descriptors": descriptors})
    finally:
        os._exit(1)


def _lead_group(pid: int) -> None:
    """Put a process into a group of its own. Both it and its parent do: whoever comes first."""
    with suppress(OSError):
        os.setpgid(pid, pid)


def _requests(control: socket.socket) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Return each request, and the descriptors that came with it."""
    line = b""
    descriptors: list[int] = []
    while True:
        data, more, _, _ = socket.recv_fds(control, 65536, _DESCRIPTORS_MAX)
        if not data:
            return
        line += data
        descriptors += more
        if line.endswith(b"\n"):
            request, passed = json.loads(line), descriptors
            line, descriptors = b"", []
            yield request, passed


def main() -> None:
    """Import everything, then wait at the socket whose number is the argument."""
    sys.setrecursionlimit(1000)
    all_checks()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as control:
        serve(control)


if __name__ == "__main__":
    main()
