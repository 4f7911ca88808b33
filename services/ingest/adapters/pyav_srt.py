"""SRT for builds of libav without it (the wheels of PyAV): the ffmpeg program reads, we demux its pipe."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from types import TracebackType
from typing import IO

import av

from shared.errors import CameraUnreachable

_STOP_LIMIT_S = 1.0


@cache
def has_srt() -> bool:
    """Whether this build of libav speaks SRT itself."""
    try:
        # Port 1 of this host with a timeout of 1 us: only whether the protocol is known is asked.
        av.open("srt://127.0.0.1:1?timeout=1&connect_timeout=1", timeout=0.05).close()
    except av.error.ProtocolNotFoundError:
        return False
    except av.FFmpegError:
        return True
    return True


class SrtPipe:
    """An ffmpeg process that copies the stream to its standard output as MPEG-TS."""

    def __init__(self, url: str):
        self._url = url
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = False

    def __enter__(self) -> IO[bytes]:
        program = shutil.which("ffmpeg")
        if program is None:
            raise CameraUnreachable("SRT needs the ffmpeg program on this machine: install ffmpeg")
        command = [program, "-nostdin", "-v", "quiet"]
        command += ["-analyzeduration", "1000000", "-probesize", "500000", "-fpsprobesize", "0", "-i", self._url]
        command += ["-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-flush_packets", "1", "-f", "mpegts", "pipe:1"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0)
        if self._is_stopped:  # while it was being started
            self._process.kill()
        assert self._process.stdout is not None
        return self._process.stdout

    def stop(self) -> None:
        """End the process; whoever reads the pipe sees its end. From any thread."""
        self._is_stopped = True
        if self._process is not None:
            self._process.kill()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._process is not None:
            assert self._process.stdout is not None
            self._process.wait(_STOP_LIMIT_S)
            self._process.stdout.close()
