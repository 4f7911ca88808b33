"""Imports torchvision beside a CPU build of torch.

torchvision's wheel is linked against CUDA's libraries: beside the CPU build of torch its extension does not load, and
`import torchvision` ends with `operator torchvision::nms does not exist`. Nothing of CUDA is called there, so three
empty libraries that merely define what the extension misses are enough. They are made with the C compiler the first
time, kept in the user's cache, and loaded before torchvision. Where CUDA or a CPU build of torchvision is there,
nothing of this happens.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

from shared.errors import PeerError

_LIBRARIES = ("libcudart.so.13", "libc10_cuda.so", "libtorch_cuda.so")
_LIMIT_S = 60


class TorchvisionUnavailable(PeerError):
    """torchvision cannot be imported here; packs of its architectures cannot be loaded, and others can."""


def import_torchvision() -> ModuleType:
    """Raises TorchvisionUnavailable with what is missing."""
    import torch  # noqa: F401  # its libraries first

    try:
        import torchvision
    except (RuntimeError, OSError, ImportError):
        _forget_half_imported()
        _load_stubs()
        try:
            import torchvision
        except (RuntimeError, OSError, ImportError) as error:
            raise TorchvisionUnavailable(f"torchvision cannot be imported: {error}") from error
    module: ModuleType = torchvision
    return module


def _forget_half_imported() -> None:
    import sys

    for name in [name for name in sys.modules if name == "torchvision" or name.startswith("torchvision.")]:
        del sys.modules[name]


def _load_stubs() -> None:
    extension = _extension()
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "bright-kitchen" / "torchvision-stubs"
    key = f"{extension.stat().st_size}-{extension.stat().st_mtime_ns}"
    made = folder / key
    if not all((made / name).exists() for name in _LIBRARIES):
        _make_stubs(extension, made)
    for name in _LIBRARIES:
        ctypes.CDLL(str(made / name), mode=ctypes.RTLD_GLOBAL)


def _extension() -> Path:
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None:
        raise TorchvisionUnavailable("torchvision is not installed")
    extensions = sorted(Path(found.origin).parent.glob("_C*.so"))
    if not extensions:
        raise TorchvisionUnavailable("torchvision has no compiled extension")
    return extensions[0]


def _make_stubs(extension: Path, folder: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    reader = shutil.which("nm")
    if compiler is None or reader is None:
        raise TorchvisionUnavailable("torchvision beside a CPU torch needs gcc and nm once: install gcc and binutils")
    folder.mkdir(parents=True, exist_ok=True)
    names = _missing(extension, reader)
    source = folder / "stubs.S"
    body = [".text"]
    for name in names:
        body += [f".weak {name}", f"{name}:"]
    body.append("ret\n" if os.uname().machine in ("x86_64", "aarch64") else "nop\n")
    body.append('.section .note.GNU-stack,"",%progbits\n')
    source.write_text("\n".join(body))
    empty = folder / "empty.S"
    empty.write_text('.section .note.GNU-stack,"",%progbits\n')
    for library in _LIBRARIES:
        text = source if library == _LIBRARIES[-1] else empty
        whole = folder / f"{library}.{os.getpid()}"
        _run([compiler, "-shared", "-nostdlib", f"-Wl,-soname,{library}", "-o", str(whole), str(text)])
        whole.replace(folder / library)


def _missing(extension: Path, reader: str) -> list[str]:
    """Symbols of CUDA that the extension wants from others."""
    listed = _run([reader, "-D", "--undefined-only", str(extension)])
    names = {line.split()[-1].split("@")[0] for line in listed.splitlines() if line.split()}
    return sorted(name for name in names if "cuda" in name.lower() or "cudnn" in name.lower() or "4cuda" in name)


def _run(words: list[str]) -> str:
    try:
        return subprocess.run(words, check=True, capture_output=True, text=True, timeout=_LIMIT_S).stdout
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise TorchvisionUnavailable(f"{words[0]}: {str(said).strip()[-300:]}") from error
