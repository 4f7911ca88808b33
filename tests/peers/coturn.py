"""A TURN server nobody here wrote: coturn on loopback, believing a shared secret, with a certificate of the moment."""

from __future__ import annotations

import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.embedded.ports import HOST, free_port

_START_LIMIT_S = 20.0


class Coturn:
    """While the `with` block lasts. `port` is for UDP and TCP, `tls_port` for TLS; `ca` is its certificate."""

    def __init__(self, folder: Path, secret: str):
        self.port, self.tls_port = free_port(), free_port()
        self.ca = folder / "turn.pem"
        self.log = folder / "turn.log"
        self._folder = folder
        self._secret = secret
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def udp(self) -> str:
        return f"turn:{HOST}:{self.port}?transport=udp"

    @property
    def tcp(self) -> str:
        return f"turn:{HOST}:{self.port}?transport=tcp"

    @property
    def tls(self) -> str:
        return f"turns:{HOST}:{self.tls_port}?transport=tcp"

    @property
    def relayed_bytes(self) -> int:
        """Of all allocations that have ended."""
        found = 0
        for line in self.log.read_text(errors="replace").splitlines():
            if "usage:" in line and "realm=" in line:
                words = dict(part.strip().split("=") for part in line.partition("usage:")[2].split(",") if "=" in part)
                found += int(words.get("rb", 0))
        return found

    def __enter__(self) -> Self:
        key = self._certificate()
        words = [
            "turnserver", "-n", "--no-cli", "--verbose", "--simple-log", "--log-file=stdout", f"--pidfile={self._folder}/turn.pid",
            f"--listening-ip={HOST}", f"--relay-ip={HOST}", f"--listening-port={self.port}",
            f"--tls-listening-port={self.tls_port}", f"--cert={self.ca}", f"--pkey={key}", "--allow-loopback-peers",
            "--use-auth-secret", f"--static-auth-secret={self._secret}", "--realm=bright-kitchen.test",
            f"--userdb={self._folder}/turn.db", "--no-dtls", "--no-rfc5780",
        ]  # fmt: skip
        self._process = subprocess.Popen(words, stdout=self.log.open("wb"), stderr=subprocess.STDOUT)
        began = time.monotonic()
        while True:
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.tls_port)) == 0:
                    return self
            assert self._process.poll() is None, self.log.read_text(errors="replace")[-2000:]
            assert time.monotonic() - began < _START_LIMIT_S, "coturn does not listen"
            time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _certificate(self) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.ca.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        path = self._folder / "turn.key"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return path
