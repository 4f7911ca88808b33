"""What all tests share: peers that may be missing, and the whole product started once."""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer

from tests import sharing
from tests.sharing import Scheduling
from tests.stack import Stack

_CI = os.environ.get("CI", "").lower() == "true"
_LINES_AT_ONCE = 25  # of a failure's traceback
_SYSTEM_PYTHON = "/usr/bin/python3"
_HAS_RTSP_SERVER = """
import gi
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GstRtspServer
"""


@functools.cache
def _has_gstreamer() -> bool:
    if not Path(_SYSTEM_PYTHON).exists():
        return False
    return subprocess.run([_SYSTEM_PYTHON, "-c", _HAS_RTSP_SERVER], capture_output=True).returncode == 0


def _has_ffmpeg() -> bool:
    return shutil.which("ffmpeg") is not None and shutil.which("ffprobe") is not None


# marker -> (is it there, what is missing)
_PEERS: dict[str, tuple[Callable[[], bool], str]] = {
    "gstreamer": (_has_gstreamer, "GStreamer's RTSP server is not installed: make test-peers"),
    "chromium": (lambda: shutil.which("chromium") is not None, "chromium is not installed: make test-peers"),
    "coturn": (lambda: shutil.which("turnserver") is not None, "coturn is not installed: make test-peers"),
    "ffmpeg": (_has_ffmpeg, "ffmpeg is not installed: make test-peers"),
}


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a peer that is missing; what needs root is skipped for others, in CI as anywhere."""
    for item in items:
        if group := sharing.of(item):
            item.add_marker(pytest.mark.xdist_group(group))
        for name, (is_there, missing) in _PEERS.items():
            if item.get_closest_marker(name) is not None and not _CI and not is_there():
                item.add_marker(pytest.mark.skip(reason=missing))
        if item.get_closest_marker("root") is not None and os.geteuid() != 0:
            item.add_marker(pytest.mark.skip(reason="needs root"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """With CI=true a missing peer fails the test: nobody must believe it ran."""
    for name, (is_there, missing) in _PEERS.items():
        if _CI and item.get_closest_marker(name) is not None and not is_there():
            pytest.fail(missing, pytrace=False)
    sharing.before(item)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    sharing.after(item, nextitem)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Only for `--dist loadgroup`, which is how `make test` runs them."""
    return sharing.Scheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_configure(config: pytest.Config) -> None:
    """Tell what failed when it fails, not at the end: a run that is cut off must not take its reasons with it."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        config.pluginmanager.register(_FailuresAtOnce(config), "failures-at-once")


class _FailuresAtOnce:
    """Writes each failure as it comes, with the end of its traceback; the whole is in the summary."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if not report.failed or terminal is None:
            return
        terminal.ensure_newline()
        terminal.write_line(f"{time.strftime('%H:%M:%S')} {report.nodeid} failed in {report.when}:", red=True)
        for line in report.longreprtext.splitlines()[-_LINES_AT_ONCE:]:
            terminal.write_line(f"  {line}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name each test that was skipped, and why; and for the whole suite what failed (see .ci/suite) and what took long."""
    _tell_skipped(terminalreporter)
    if failed_to := os.environ.get("BK_FAILED_TO"):
        reports = [each for kind in ("failed", "error") for each in terminalreporter.stats.get(kind, [])]
        Path(failed_to).write_text(
            "".join(f"{name}\n" for name in dict.fromkeys(_plain(each.nodeid) for each in reports))
        )
        _tell_slow_files(terminalreporter)


def _plain(nodeid: str) -> str:
    """Without the group that xdist has written behind it."""
    test, _, group = nodeid.rpartition("@")
    return test if group in sharing.SHARED else nodeid


def _tell_skipped(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    terminalreporter.section("skipped, not proven here")
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.line(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}")


def _tell_slow_files(terminalreporter: pytest.TerminalReporter) -> None:
    took_s: Counter[str] = Counter()
    for report in itertools.chain.from_iterable(terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            took_s[report.nodeid.partition("::")[0]] += report.duration
    terminalreporter.section("slowest files")
    for file, seconds in took_s.most_common(30):
        terminalreporter.line(f"{seconds:7.1f} s {file}")
    folders: Counter[str] = Counter()
    for file, seconds in took_s.items():
        folders[str(Path(file).parent)] += seconds
    for folder, seconds in folders.most_common():
        terminalreporter.line(f"{seconds:7.1f} s {folder}")


@pytest.fixture(scope="session")
def shared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("stack") / "data", demo=2)
    running.start()
    sharing.keep("shared_stack", running)
    try:
        yield running
    finally:
        if running.is_running:
            running.stop()


@pytest.fixture(scope="session")
def stack(shared_stack: Stack) -> Stack:
    """The whole product as `bk up` starts it, with two demo cameras; one for all tests that ask for it."""
    return shared_stack


@pytest.fixture(scope="session")
def system_python() -> str:
    """The Python that has GStreamer's bindings; ours cannot have them."""
    return _SYSTEM_PYTHON
