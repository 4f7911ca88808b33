"""Where talks are written down while they last, and wait until their sound is stored: a bounded folder on disk.

Each worker has a folder of its own in it and holds a lock on that as long as it lives. What a dead worker left is
taken over by whoever finds the lock free. Writing is done in a thread, twice a second: a disk that hangs holds nobody
up, and what it cannot take in time is left out and counted.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from contextlib import suppress
from pathlib import Path

from services.intercom.talk_journal import About, Entry
from shared.clock import Clock
from shared.errors import ResourceExhausted
from shared.telemetry import counter, gauge, log

# = how much of a talk the death of a worker can lose
FLUSH_S = 0.5
_MOST_PENDING_BYTES = 1024 * 1024
_OPEN, _CLOSED, _BROKEN = ".open", ".closed", ".broken"

_left_out = counter("intercom_record_entries_left_out_total", "packets of talks that the disk did not take in time")
_without_sound = counter("intercom_records_without_sound_total", "talks kept without sound: the spool was full")
_spooled = gauge("intercom_spool_bytes", "bytes of talks on disk that wait to be stored")


class Journal:
    """One talk being written down."""

    def __init__(self, path: Path, about: About, at_us: int, *, keeps_sound: bool):
        self._path = path
        self._keeps_sound = keeps_sound
        self._pending = bytearray(Entry("about", at_us, about.model_dump_json().encode()).encode())
        self._written = 0
        self._is_closed = False
        self.is_done = False

    def put(self, entry: Entry) -> None:
        """Never waits."""
        is_sound = entry.kind in ("sent", "heard")
        if is_sound and not self._keeps_sound:
            return
        if is_sound and len(self._pending) > _MOST_PENDING_BYTES:
            _left_out.inc()
            return
        self._pending += entry.encode()

    def close(self) -> None:
        self._is_closed = True

    def flush(self) -> None:
        """Blocks. Raises OSError; what was not written waits."""
        is_last, pending = self._is_closed, bytes(self._pending)
        if pending:
            with open(self._path, "ab", opener=_private) as file:
                file.truncate(self._written)  # a full disk may have taken a part
                file.write(pending)
            self._written += len(pending)
            del self._pending[: len(pending)]
        if is_last:
            self._path.rename(self._path.with_suffix(_CLOSED))
            self.is_done = True


class JournalSpool:
    """Supervised: `run_once` writes what has come. `news` is set when a journal is complete."""

    def __init__(self, folder: Path, worker: str, most_bytes: int, clock: Clock):
        self._root = folder
        self._own = folder / worker
        self._most_bytes = most_bytes
        self._clock = clock
        self._lock: int | None = None
        self._journals: set[Journal] = set()
        self._flushing = asyncio.Lock()
        self._size_bytes = 0
        self.news = asyncio.Event()

    def begin(self, about: About, at_us: int) -> Journal:
        """A new journal; without sound where the spool is full, because a talk is on record in any case."""
        keeps_sound = self._size_bytes < self._most_bytes
        if not keeps_sound:
            _without_sound.inc()
            log().error("talk is kept without sound: the spool is full", record=about.record, bytes=self._size_bytes)
        journal = Journal(self._own / f"{about.record}{_OPEN}", about, at_us, keeps_sound=keeps_sound)
        self._journals.add(journal)
        return journal

    async def run_once(self) -> None:
        await self._clock.sleep(FLUSH_S)
        await self.flush()

    async def flush(self) -> None:
        """Raises ResourceExhausted while the disk takes nothing."""
        async with self._flushing:
            await asyncio.to_thread(self._flush, list(self._journals))
            done = {journal for journal in self._journals if journal.is_done}
            self._journals -= done
            if done:
                self.news.set()

    def complete(self) -> list[Path]:
        """Journals to be stored, oldest first, those of dead workers too. Blocks."""
        found = list(self._own.glob(f"*{_CLOSED}"))
        for folder in self._root.iterdir():
            if folder == self._own or not folder.is_dir():
                continue
            try:
                lock = _lock(folder)
            except OSError:  # gone by now
                continue
            if lock is None:
                continue
            try:
                # Under the lock: two workers that look at the same time do not take the same one.
                for left in (*folder.glob(f"*{_CLOSED}"), *folder.glob(f"*{_OPEN}")):
                    mine = self._own / left.with_suffix(_CLOSED).name
                    left.rename(mine)
                    found.append(mine)
                (folder / "lock").unlink()
                with suppress(OSError):  # not empty: something that was broken lies there
                    folder.rmdir()
            finally:
                os.close(lock)
        return sorted(found, key=lambda path: path.stat().st_mtime)

    def set_aside(self, path: Path) -> None:
        """One of which nothing can be made: kept for whoever wants to look, and counted as space."""
        path.rename(path.with_suffix(_BROKEN))

    async def finish(self) -> None:
        """No talk goes on any more: everything is written."""
        for journal in self._journals:
            journal.close()
        with suppress(ResourceExhausted):  # it was said before; what was written is found again
            await self.flush()

    async def close(self) -> None:
        """What lies here is somebody else's from now on."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _flush(self, journals: list[Journal]) -> None:
        try:
            if self._lock is None:
                self._open()
            for journal in journals:
                journal.flush()
        except OSError as error:
            raise ResourceExhausted(
                f"talks cannot be written down in BK_TALK_SPOOL {self._root} ({error.strerror})"
            ) from error
        self._size_bytes = sum(_size_bytes(path) for path in self._root.rglob("*"))
        _spooled.set(self._size_bytes)

    def _open(self) -> None:
        self._own.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _lock(self._own)
        if self._lock is None:
            raise OSError(0, "another worker has the same BK_WORKER_ID")
        for left in self._own.glob(f"*{_OPEN}"):  # of our own life before
            left.rename(left.with_suffix(_CLOSED))
        self.news.set()


def _lock(folder: Path) -> int | None:
    """A lock on it, held until it is closed; None where somebody living has it."""
    held = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return None
    return held


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # stored by now
        return 0


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
