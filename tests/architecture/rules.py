"""The import rules as functions from source text to violations; the tests give them the tree or planted files."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
SERVICES = ("alerting", "detector", "gateway", "ingest", "intercom", "recorder")
ROOMS = ("README.md", "Dockerfile", "__init__.py", "__main__.py", "settings.py", "wiring.py", "adapters/__init__.py")
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 80
MAIN_LINES_MAX = 40
NAMELESS = frozenset(("util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"))

# Whoever imports one of these can wait, touch the machine or the network, or ask what time it is.
_IO_MODULES = frozenset(
    (
        "aiohttp", "aioice", "aiortc", "alembic", "asyncpg", "av", "fastapi", "httpx", "minio",
        "multiprocessing", "nats", "os", "requests", "select", "selectors", "shutil", "signal", "socket",
        "sqlalchemy", "ssl", "starlette", "subprocess", "tempfile", "threading", "time", "torch", "urllib3",
        "uvicorn", "websockets"
    )
)  # fmt: skip
_IO_OF_SHARED = frozenset(
    ("shared.bus", "shared.database", "shared.embedded", "shared.health", "shared.objects", "shared.service")
)
# What nouns may know of asyncio: its words, none of which waits.
_ASYNCIO_WORDS = frozenset(("CancelledError", "iscoroutinefunction"))
_CLOCK_READS = frozenset((("datetime", "now"), ("datetime", "utcnow"), ("date", "today")))
_OUTER_ROOMS = frozenset(("adapters", "migrations", "console"))
_OUTER_FILES = frozenset(("__main__.py", "wiring.py", "settings.py"))


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One broken rule. `str` begins as compilers do, so that editors jump there."""

    path: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.text}"


@dataclass(frozen=True)
class Source:
    """One file of the tree: its path from the root, and its text."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @property
    def service(self) -> str | None:
        parts = self.path.parts
        return parts[1] if parts[0] == "services" and len(parts) > 2 else None

    @property
    def is_pure(self) -> bool:
        """Whether it holds nouns or handlers, which do no I/O."""
        parts = self.path.parts
        if parts[:2] in (("shared", "messages"), ("shared", "media")):
            return True
        return self.service is not None and parts[2] not in _OUTER_ROOMS | _OUTER_FILES

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """(line, dotted name) of each thing imported; `from a import b` is `a.b`."""
        found: list[tuple[int, str]] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [(node.lineno, alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
        return found


Finding = tuple[int, str]
Rule = Callable[[Source], Iterable[Finding]]


def _is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def service_imports_service(source: Source) -> Iterator[Finding]:
    """1. A service never imports another: they share messages, nothing else."""
    if source.service is None:
        return
    for line, name in source.imports:
        if _is_within(name, "services") and not _is_within(name, f"services.{source.service}"):
            yield line, f"{source.service} imports {name}"


def pure_does_io(source: Source) -> Iterator[Finding]:
    """2. Nouns, handlers, shared/messages and shared/media are given time, bytes and Protocols."""
    if not source.is_pure:
        return
    for line, name in source.imports:
        if name.partition(".")[0] in _IO_MODULES or any(_is_within(name, module) for module in _IO_OF_SHARED):
            yield line, f"imports {name}, which does I/O"
        elif _is_within(name, "asyncio") and name != "asyncio" and name.split(".")[1] not in _ASYNCIO_WORDS:
            yield line, f"imports {name}, which waits"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner, attribute = node.value.id, node.attr
            if owner == "asyncio" and attribute not in _ASYNCIO_WORDS:
                yield node.lineno, f"asyncio.{attribute} waits"
            elif (owner, attribute) in _CLOCK_READS:
                yield node.lineno, f"{owner}.{attribute} asks the operating system what time it is"
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("open", "print", "input")
        ):
            yield node.lineno, f"{node.func.id}() does I/O"


def core_sees_adapter(source: Source) -> Iterator[Finding]:
    """2. Only wiring.py sees both sides: no noun, handler or setting imports an adapter."""
    if source.service is None or source.path.parts[2] in _OUTER_ROOMS or source.path.name == "wiring.py":
        return
    for line, name in source.imports:
        if _is_within(name, f"services.{source.service}.adapters"):
            yield line, f"imports {name}; declare a Protocol and let wiring.py hand it in"


def shared_imports_service(source: Source) -> Iterator[Finding]:
    """3. shared/ never imports services/."""
    if source.path.parts[0] == "shared":
        yield from ((line, f"imports {name}") for line, name in source.imports if _is_within(name, "services"))


def relative_import(source: Source) -> Iterator[Finding]:
    """4. Imports are absolute."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.level > 0:
            yield node.lineno, f"from {'.' * node.level}{node.module or ''} import ...: write the whole path"


def nameless(source: Source) -> Iterator[Finding]:
    """4. What has no name has no home."""
    for part in source.path.with_suffix("").parts:
        if NAMELESS & set(part.lower().split("_")):
            yield 1, f"{part!r} says nothing: name what it is"


def library_has_one_home(source: Source) -> Iterator[Finding]:
    """Only shared/bus imports nats, only shared/objects.py imports minio."""
    if source.path.parts[0] == "tests":
        return
    homes = {"nats": PurePosixPath("shared/bus"), "minio": PurePosixPath("shared/objects.py")}
    for line, name in source.imports:
        home = homes.get(name.partition(".")[0])
        if home is not None and not source.path.is_relative_to(home):
            yield line, f"imports {name}: only {home} does"


def subject_spelled(source: Source) -> Iterator[Finding]:
    """Only shared/subjects.py spells a subject; prose may mention one."""
    if source.path.parts[0] == "tests" or source.path == PurePosixPath("shared/subjects.py"):
        return
    prose = {
        id(node.value)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in prose:
            continue
        if "bk.v1." in node.value:
            yield node.lineno, f"spells {node.value!r}: shared/subjects.py has the function or constant"


def too_long(source: Source) -> Iterator[Finding]:
    """A file has at most 500 lines, a function 80, a __main__ 40."""
    lines = source.text.count("\n")
    limit = MAIN_LINES_MAX if source.path.name == "__main__.py" and source.service else FILE_LINES_MAX
    if lines > limit:
        yield 1, f"{lines} lines, at most {limit}: split it by noun"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield node.lineno, f"{node.name} has {length} lines, at most {FUNCTION_LINES_MAX}"


def says_nothing_of_itself(source: Source) -> Iterator[Finding]:
    """Each module opens with a line that says what it is."""
    if source.tree.body and not ast.get_docstring(source.tree):
        yield 1, "no module docstring"


def swallows_everything(source: Source) -> Iterator[Finding]:
    """`except Exception` gives its reason on the line (or in the one below), unless it ends in a bare `raise`."""
    lines = source.text.splitlines()
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {"Exception"}
        last = node.body[-1]
        is_passed_on = isinstance(last, ast.Raise) and last.exc is None
        if not caught & {"Exception", "BaseException"} or is_passed_on:
            continue
        if not any("#" in line for line in lines[node.lineno - 1 : node.lineno + 1]):
            yield node.lineno, "catches everything and gives no reason"


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        service_imports_service,
        pure_does_io,
        core_sees_adapter,
        shared_imports_service,
        relative_import,
        nameless,
        library_has_one_home,
        subject_spelled,
        too_long,
        says_nothing_of_itself,
        swallows_everything,
    )
}


def violations(sources: Iterable[Source]) -> list[Violation]:
    """What the files break, in the order of their paths."""
    return sorted(
        Violation(str(source.path), line, name, text)
        for source in sources
        for name, rule in RULES.items()
        for line, text in rule(source)
    )


def missing_rooms(paths: Iterable[str]) -> list[Violation]:
    """Every service has the same rooms; handlers may be one file or a folder of them."""
    there = set(paths)
    found = []
    for service in SERVICES:
        for room in ROOMS:
            if f"services/{service}/{room}" not in there:
                found.append(Violation(f"services/{service}/{room}", 1, "rooms", "is missing"))
        if not {f"services/{service}/handlers.py", f"services/{service}/handlers/__init__.py"} & there:
            found.append(Violation(f"services/{service}/handlers.py", 1, "rooms", "is missing"))
    for path in there:
        parts = PurePosixPath(path).parts
        if parts[0] == "services" and len(parts) > 2 and parts[1] not in SERVICES:
            found.append(Violation(path, 1, "rooms", f"{parts[1]} is not one of the six services"))
    return sorted(found)


def tree_paths() -> list[str]:
    """Every file of shared/, services/ and tests/ that people wrote."""
    skip = {"node_modules", "__pycache__", "dist"}
    return [
        path.relative_to(ROOT).as_posix()
        for folder in ("shared", "services", "tests")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and not skip & set(path.parts)
    ]


def tree() -> list[Source]:
    """Every Python file among them."""
    return [Source(PurePosixPath(path), (ROOT / path).read_text()) for path in tree_paths() if path.endswith(".py")]
