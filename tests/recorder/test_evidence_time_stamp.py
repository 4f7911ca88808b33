"""A time-stamp from OpenSSL's own authority behind HTTP: taken, checked by OpenSSL, and false ones refused."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from shutil import which
from zipfile import ZipFile

import pytest

from services.recorder.adapters.rfc3161_authority import AuthorityFailed, Rfc3161Authority
from services.recorder.evidence.case_verifier import check
from shared.embedded.ports import free_port
from tests.recorder.evidence_cases import KEY, a_case, sealed

pytestmark = pytest.mark.skipif(which("openssl") is None, reason="openssl is not installed")

# Without `certs`: OpenSSL would write a chain of several in an order that DER forbids (X.690, 11.6), and
# rfc3161-client reads nothing but DER.
_CONFIG = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[stamps]
basicConstraints = critical, CA:false
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
ess_cert_id_alg = sha256
"""


def openssl(folder: Path, *arguments: str) -> str:
    command = ["openssl", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={"OPENSSL_CONF": "tsa.cnf"})
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority's certificates."""
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(_CONFIG)
    (folder / "serial").write_text("01")
    for name in ("ca", "other"):
        key, pem = f"{name}.key", f"{name}.pem"
        openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", pem,
                "-subj", f"/CN={name}", "-days", "30", "-extensions", "ca")  # fmt: skip
    openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=tsa")
    openssl(folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", "tsa.pem", "-days", "30", "-extfile", "tsa.cnf", "-extensions", "stamps")  # fmt: skip
    return folder


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    """OpenSSL answers at /, something else at the other paths."""

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/":
                assert self.headers["Content-Type"] == "application/timestamp-query"
                (folder / "asked.tsq").write_bytes(asked)
                openssl(folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "asked.tsq", "-out", "answer.tsr")
            answer = b"not a stamp" if self.path == "/noise" else (folder / "answer.tsr").read_bytes()
            self.send_response(503 if self.path == "/busy" else 200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


async def test_a_statement_is_stamped(folder: Path, url: str, tmp_path: Path) -> None:
    authority = Rfc3161Authority(url + "/", (folder / "ca.pem").read_bytes())
    case, bucket = a_case()
    statement = case.statements[1]
    stamp = await authority.stamp(statement.document)
    stamped = replace(case, statements=(case.statements[0], replace(statement, time_stamp=stamp)))
    archive = BytesIO(await sealed(stamped, bucket))
    checked = check(archive, KEY.public_pem)
    assert checked.wrong == []
    assert "000002.tsr is a time-stamp of an authority" in "\n".join(checked.notes)
    # As the note says, by OpenSSL, from the files as they lie in the case.
    with ZipFile(archive) as read:
        read.extractall(tmp_path, ["statements/000002.json", "statements/000002.tsr"])
    (tmp_path / "tsa.cnf").write_text(_CONFIG)
    said = openssl(
        tmp_path, "ts", "-verify", "-data", "statements/000002.json", "-in", "statements/000002.tsr",
        "-CAfile", str(folder / "ca.pem"),
    )  # fmt: skip
    assert "Verification: OK" in said

    # The same answer again is an answer to another question: its nonce is old (RFC 3161, 2.4.1).
    replayed = Rfc3161Authority(url + "/again", (folder / "ca.pem").read_bytes())
    with pytest.raises(AuthorityFailed, match="does not hold"):
        await replayed.stamp(statement.document)
    replayed.close()
    authority.close()


@pytest.mark.parametrize(
    ("path", "root", "says"),
    [("/", "other", "does not hold"), ("/noise", "ca", "no time-stamp in"), ("/busy", "ca", "answered 503")],
)
async def test_what_does_not_hold_is_refused(folder: Path, url: str, path: str, root: str, says: str) -> None:
    (folder / "answer.tsr").write_bytes(b"")
    authority = Rfc3161Authority(url + path, (folder / f"{root}.pem").read_bytes())
    with pytest.raises(AuthorityFailed, match=says):
        await authority.stamp(b"statement")
    authority.close()


async def test_nobody_there(folder: Path) -> None:
    authority = Rfc3161Authority(f"http://127.0.0.1:{free_port()}/", (folder / "ca.pem").read_bytes())
    with pytest.raises(AuthorityFailed, match="no answer from"):
        await authority.stamp(b"statement")
    authority.close()
