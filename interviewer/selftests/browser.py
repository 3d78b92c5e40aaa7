"""A headless Chromium that opens a page of the kit, and tells what it shows and what it asks for.

Spoken to over its debugging pipe: messages in JSON, each ended by a zero byte.
"""

import base64
import json
import os
import re
import shutil
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

EXECUTABLE = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
PATIENCE_SECONDS = 120.0  # with a browser that says nothing more: it decides no test

LAPTOP = (1366, 768)
PROJECTOR = (1920, 1080)

_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",  # root has none, and the pages are the kit's own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)
_DOMAINS = ("Page", "Runtime", "Log", "Network")
_READ_FD, _WRITE_FD = 3, 4  # where Chromium looks for its debugging pipe


class Browser:
    """A browser with one page.

    `complaints` are the errors of the page that is open and what it wrote to the console,
    `requests` what it asked for: the page itself, and nothing else if all is well.
    """

    def __init__(self, pipe: socket.socket):
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._pipe = pipe
        self._unread = b""
        self._last_id = 0
        self._session: str | None = None
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in _DOMAINS:
            self._call(f"{domain}.enable")

    def open(
        self,
        file: Path,
        *,
        size: tuple[int, int] = LAPTOP,
        scheme: Literal["light", "dark"] = "light",
    ) -> None:
        """Open a file in a window of that size, for somebody who prefers that scheme."""
        width, height = size
        self.complaints.clear()
        self.requests.clear()
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._call("Emulation.setEmulatedMedia", features=[feature])
        self._call("Page.navigate", url=file.as_uri())
        while self._read().get("method") != "Page.loadEventFired":
            pass
        self.evaluate(
            "0"
        )  # what the page has complained of until now has arrived before this answer

    def evaluate(self, expression: str) -> Any:
        """Return what a JavaScript expression comes to."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def text(self, selector: str = "body") -> str:
        """Return the text of the first element of that kind, as it is rendered."""
        text: str = self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")
        return text

    def texts(self, selector: str) -> list[str]:
        """Return the text of each element of that kind, spaces and line breaks made one space."""
        query = f"[...document.querySelectorAll({json.dumps(selector)})]"
        texts: list[str] = self.evaluate(
            query + r".map(each => each.textContent.replace(/\s+/g, ' ').trim())"
        )
        return texts

    def screenshot(self, file: Path) -> None:
        """Save a picture of the whole page."""
        height = self.evaluate("document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "scale": 1, "height": height}
        clip["width"] = self.evaluate("innerWidth")
        picture = self._call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(picture["data"]))

    def pdf(self) -> bytes:
        """Return what a printer would get, on A4."""
        printed = self._call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        return base64.b64decode(printed["data"])

    def close(self) -> None:
        """Have the browser end by itself: it then puts away what it keeps in other folders."""
        self._session = None
        self._call("Browser.close")

    # -- the pipe ------------------------------------------------------------------------------

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._pipe.sendall(json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._last_id:
            pass
        assert "error" not in answer, f"{method}: {answer['error']}"
        result: dict[str, Any] = answer["result"]
        return result

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            received = self._pipe.recv(1 << 20)
            assert received, "Chromium has ended"
            self._unread += received
        message, _, self._unread = self._unread.partition(b"\0")
        event: dict[str, Any] = json.loads(message)
        self._note(event.get("method", ""), event.get("params", {}))
        return event

    def _note(self, method: str, parameters: Mapping[str, Any]) -> None:
        match method:
            case "Runtime.exceptionThrown":
                self.complaints.append(str(parameters["exceptionDetails"]))
            case "Runtime.consoleAPICalled":
                self.complaints.append(str(parameters["args"]))
            case "Log.entryAdded":
                self.complaints.append(parameters["entry"]["text"])
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])


@contextmanager
def a_browser(folder: Path) -> Iterator[Browser]:
    """Start Chromium with a new profile in that folder, and end it afterwards."""
    assert EXECUTABLE
    ours, theirs = socket.socketpair()
    with ours, theirs, (folder / "chromium.log").open("wb") as log:
        ours.settimeout(PATIENCE_SECONDS)
        process = os.posix_spawn(
            EXECUTABLE,
            [EXECUTABLE, *_FLAGS, f"--user-data-dir={folder / 'profile'}"],
            os.environ,
            setpgroup=0,  # so that all of its processes can be ended at once
            file_actions=[
                (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
                (os.POSIX_SPAWN_DUP2, theirs.fileno(), _READ_FD),
                (os.POSIX_SPAWN_DUP2, theirs.fileno(), _WRITE_FD),
            ],
        )
        theirs.close()
        try:
            browser = Browser(ours)
            yield browser
            browser.close()
        except BaseException:
            os.killpg(process, signal.SIGKILL)
            raise
        finally:
            os.waitpid(process, 0)


def page_count(pdf: bytes) -> int:
    """Return how many pages a PDF has."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))
