"""SeaweedFS's S3 server on loopback, with one generated identity and its bucket made."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from shared.embedded.credentials import Credentials, write_private
from shared.embedded.ports import HOST, Ports
from shared.embedded.process import Process, program
from shared.objects import ObjectStore, ObjectsUnreachable

START_LIMIT_S = 30.0
STOP_LIMIT_S = 8.0
BUCKET = "bright-kitchen"
# What writes to it waits on the bus meanwhile, and nothing is lost.
NICENESS = 10
# A worker inside `weed mini` looks for the admin server here and nowhere else.
_ADMIN_GRPC_OFFSET = 10_000
_PROBE = ".probe"


class EmbeddedS3:
    """The object store of one machine."""

    def __init__(self, data: Path, ports: Ports, credentials: Credentials, *, keep_fds: Sequence[int] = ()):
        self._folder = data.absolute() / "s3"
        self._identities_path = self._folder / "identities.json"
        self._credentials = credentials
        self.endpoint = f"{HOST}:{ports.of('s3')}"
        self._store: ObjectStore | None = None
        self.process = Process(
            "s3",
            [program("weed"), *_arguments(self._folder, self._identities_path, ports)],
            data / "logs" / "s3.log",
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(self._folder), **_internal_keys(credentials)},
            cwd=self._folder,  # its sockets have relative names
            keep_fds=keep_fds,
            niceness=NICENESS,
        )

    async def start(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._identities_path, self._identities())
        # What it remembers of its own flags would win over ours when a port changed.
        (self._folder / "mini.options").unlink(missing_ok=True)
        await self.process.start()
        self._store = ObjectStore(
            self.endpoint, self._credentials.s3_access_key, self._credentials.s3_secret_key, BUCKET
        )
        try:
            await self.process.until_ready(self._takes_an_object, START_LIMIT_S)
        finally:
            self._store.close()

    async def stop(self) -> bool:
        return await self.process.stop(STOP_LIMIT_S)

    async def _takes_an_object(self) -> bool:
        # The port answers a second before the first volume can be written to: only a write is proof.
        if self._store is None or not self.process.is_running:
            return False
        try:
            await self._store.ensure_bucket()
            await self._store.put(_PROBE, b"ok")
        except ObjectsUnreachable:
            return False
        return True

    def _identities(self) -> str:
        return json.dumps(
            {
                "identities": [
                    {
                        "name": "bright-kitchen",
                        "credentials": [
                            {
                                "accessKey": self._credentials.s3_access_key,
                                "secretKey": self._credentials.s3_secret_key,
                            }
                        ],
                        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                    }
                ]
            }
        )


def _arguments(folder: Path, identities: Path, ports: Ports) -> list[str]:
    admin_port = ports.of_pair("s3-admin", _ADMIN_GRPC_OFFSET)
    return [
        "mini",
        f"-ip={HOST}",
        f"-ip.bind={HOST}",
        f"-dir={folder}",
        f"-s3.config={identities}",
        f"-s3.port={ports.of('s3')}",
        f"-s3.port.grpc={ports.of('s3-grpc')}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-master.port={ports.of('s3-master')}",
        f"-master.port.grpc={ports.of('s3-master-grpc')}",
        f"-volume.port={ports.of('s3-volume')}",
        f"-volume.port.grpc={ports.of('s3-volume-grpc')}",
        f"-filer.port={ports.of('s3-filer')}",
        f"-filer.port.grpc={ports.of('s3-filer-grpc')}",
        f"-admin.port={admin_port}",
        f"-admin.port.grpc={admin_port + _ADMIN_GRPC_OFFSET}",
        "-admin.ui=false",
        "-webdav=false",
        "-metricsPort=0",
        # Otherwise it reports the size of the installation to its makers once a day.
        "-master.telemetry=false",
        # = how many bytes one file on disk holds; the default of 128 MB makes thousands of files.
        "-master.volumeSizeLimitMB=1024",
        "-volume.preStopSeconds=0",
        # By default in /tmp under the port's number, where another user's dead server may have left one.
        # Relative, because a socket's name may have 107 bytes and a data folder's may be longer.
        "-s3.localSocket=s3.sock",
        "-filer.localSocket=filer.sock",
    ]


def _internal_keys(credentials: Credentials) -> dict[str, str]:
    """Keys without which any local user could read and write objects past the S3 port."""

    def derive(purpose: str) -> str:
        return hashlib.sha256(f"{purpose} {credentials.s3_secret_key}".encode()).hexdigest()

    return {
        "WEED_JWT_SIGNING_KEY": derive("volume write"),
        "WEED_JWT_SIGNING_READ_KEY": derive("volume read"),
        "WEED_JWT_FILER_SIGNING_KEY": derive("filer write"),
        "WEED_JWT_FILER_SIGNING_READ_KEY": derive("filer read"),
    }
