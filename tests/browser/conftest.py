"""A headless Chromium, driven over its DevTools pipe with nothing but the standard library."""

import importlib.util
import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from select import select

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--remote-debugging-pipe",
]
ANSWER_WITHIN_S = 60.0


@dataclass
class Page:
    """A loaded page: what it complained about, what it asked for, and a hand on it."""

    call: object
    errors: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    def mouse(self, kind, x, y, **options):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **options)


class Pipe:
    """DevTools messages: JSON ended by a zero byte."""

    def __init__(self, send_fd, receive_fd):
        self._send_fd, self._receive_fd = send_fd, receive_fd
        self._pending, self._id, self.events = b"", 0, []

    def call(self, method, session=None, **params):
        self._id += 1
        message = {"id": self._id, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._send_fd, json.dumps(message).encode() + b"\0")
        answer = self.receive(lambda m: m.get("id") == self._id)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def receive(self, wanted):
        deadline = time.monotonic() + ANSWER_WITHIN_S
        while True:
            while b"\0" in self._pending:
                raw, _, self._pending = self._pending.partition(b"\0")
                message = json.loads(raw)
                self.events.append(message)
                if wanted(message):
                    return message
            ready, _, _ = select([self._receive_fd], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "Chromium did not answer"
            chunk = os.read(self._receive_fd, 1 << 20)
            assert chunk, "Chromium ended"
            self._pending += chunk


@contextmanager
def _chromium(profile):
    to_browser_r, to_browser_w = os.pipe()
    from_browser_r, from_browser_w = os.pipe()
    ends = (to_browser_r, from_browser_w)
    # Chromium reads commands from descriptor 3 and writes answers to descriptor 4
    start = f'exec "$0" "$@" 3<&{to_browser_r} 4>&{from_browser_w}'
    process = subprocess.Popen(
        ["bash", "-c", start, CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        pass_fds=ends,
        stderr=subprocess.DEVNULL,
    )
    for end in ends:
        os.close(end)
    try:
        yield Pipe(to_browser_w, from_browser_r)
    finally:
        with suppress(OSError):
            os.close(to_browser_w)
        process.terminate()
        process.wait(timeout=30)
        os.close(from_browser_r)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on PATH")
    with _chromium(tmp_path_factory.mktemp("profile")) as pipe:
        yield pipe


@pytest.fixture
def load(browser):
    """Opens a file in a fresh tab: `load(path, width=1280, dark=False)`."""
    targets = []

    def open_page(path, *, width=1280, dark=False):
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        targets.append(target)
        session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

        def call(method, **params):
            return browser.call(method, session=session, **params)

        for domain in ("Page", "Runtime", "Log", "Network"):
            call(f"{domain}.enable")
        call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        call("Emulation.setEmulatedMedia", features=[scheme])
        first = len(browser.events)
        call("Page.navigate", url=path.as_uri())
        if not any(_is(event, session, "Page.loadEventFired") for event in browser.events[first:]):
            browser.receive(lambda event: _is(event, session, "Page.loadEventFired"))
        # a settled promise after two frames: scripts and refused requests have reported by then
        call(
            "Runtime.evaluate",
            expression="new Promise(r => requestAnimationFrame(() => setTimeout(r, 300)))",
            awaitPromise=True,
        )
        page = Page(call)
        for event in browser.events[first:]:
            if event.get("sessionId") == session:
                _note(page, event.get("method", ""), event.get("params", {}))
        return page

    yield open_page
    for target in targets:
        browser.call("Target.closeTarget", targetId=target)


def _is(event, session, method):
    return event.get("sessionId") == session and event.get("method") == method


def _note(page, method, params):
    if method == "Runtime.exceptionThrown":
        page.errors.append(params["exceptionDetails"].get("exception", {}).get("description", "exception"))
    elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
        page.errors.append(str(params["args"]))
    elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
        page.errors.append(params["entry"]["text"])
    elif method == "Network.requestWillBeSent":
        page.requests.append(params["request"]["url"])


def _synthetic(folder):
    path = Path(__file__).parents[1] / "unit" / "reports" / folder / "conftest.py"
    spec = importlib.util.spec_from_file_location(f"synthetic_{folder}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Run folders of everything a report must show."""
    return _synthetic("pages").write_campaign(tmp_path_factory.mktemp("runs"), repeats=2)


@pytest.fixture(scope="session")
def suite(tmp_path_factory):
    """Results of a suite, and the folder that its recorded flight lies in."""
    made, out = _synthetic("suite"), tmp_path_factory.mktemp("suite")
    made.write_neurons(out / "flights/one/run")
    return made.suite(made.usual(), recorded=("flights/one/run", "")), out
