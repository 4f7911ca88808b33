"""The console's files, or an honest page where it is not built."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from services.gateway.adapters.http.compression import encodings_taken

_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Bright Kitchen</title>
<body><h1>Bright Kitchen</h1>
<p>The gateway runs; the console is not built. Run <code>make console</code> in the repository (or <code>make up</code>,
which does it), or set BK_CONSOLE_DIR to a built console, then load this page again.</p>
<p lang="zh-CN">网关已运行，控制台尚未构建。请在代码目录运行 <code>make console</code>，然后刷新本页。</p>
<p>The API is described at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p></body></html>
"""


# What the build leaves beside a file, the smaller first.
_ENCODINGS = {"br": ".br", "gzip": ".gz"}


def console_route(folder: Path) -> Route:
    """Serves files of `folder`; every other address that a person may have typed is the application's own page.

    The build puts a content hash into the names under assets/: those never change and may be kept for ever. What it
    compressed is sent so to whoever takes that.
    """
    root = folder.resolve()

    async def serve(request: Request) -> Response:
        path = request.path_params["path"]
        if path.startswith("api/"):
            raise HTTPException(404)
        file = (root / path).resolve()
        if path and file.is_relative_to(root) and file.is_file():
            is_hashed = path.startswith("assets/")
            caching = "public, max-age=31536000, immutable" if is_hashed else "no-cache"
            return _answer(file, request, caching)
        if path.startswith("assets/"):
            raise HTTPException(404)
        index = root / "index.html"
        if index.is_file():
            return _answer(index, request, "no-cache")
        return HTMLResponse(_NOT_BUILT, headers={"Cache-Control": "no-store"})

    return Route("/{path:path}", serve, methods=["GET"])


def _answer(file: Path, request: Request, caching: str) -> FileResponse:
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    taken = encodings_taken(request.headers.get("accept-encoding", ""))
    # A part of a file is a part of what it is, not of what it was pressed into.
    for encoding, suffix in _ENCODINGS.items() if "range" not in request.headers else ():
        smaller = file.with_name(file.name + suffix)
        if encoding in taken and smaller.is_file():
            return FileResponse(smaller, media_type=kind, headers=headers | {"Content-Encoding": encoding})
    return FileResponse(file, media_type=kind, headers=headers)
