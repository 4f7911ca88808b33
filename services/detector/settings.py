"""What the detector is told from outside."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from shared.settings import ServiceSettings, setting


class Settings(ServiceSettings):
    """Variables `BK_*` of the detector: its own, and the bucket that packs may lie in."""

    packs_dir: Path | None = setting(
        None,
        says="folder with further model packs, beside those that come with the product",
        when_wrong="packs that lie elsewhere are not found, and what they bring is unavailable",
    )
    packs_s3_endpoint: str = setting(
        "",
        says="host:port of an S3 server from which packs are fetched (packs/ in the bucket); empty: none",
        when_wrong="what lies there is not found; a server others may write to chooses which models are run",
    )
    packs_s3_bucket: str = setting("bright-kitchen", says="its bucket", when_wrong="packs are not found")
    packs_s3_access_key: str = setting(
        "", says="a key that may list and read packs/, and nothing else", when_wrong="packs are not fetched"
    )
    packs_s3_secret_key: SecretStr = setting(SecretStr(""), says="its secret", when_wrong="packs are not fetched")
    packs_s3_secure: bool = setting(
        False,
        says="whether it is spoken over TLS",
        when_wrong="false over a network: packs can be exchanged",
    )
    decode_threads: int = setting(
        0,
        says="threads that decode, 0: one for each core",
        when_wrong="too few: pictures are late, and coverage says so; too many take the cores from the models",
        ge=0,
        le=128,
    )
    devices: str = setting(
        "auto",
        says="what models run on: auto (every GPU there is, else the CPU), or names such as cuda:0,cuda:1 or cpu",
        when_wrong="a device that is not there: it ends at once and says which are",
    )
    decode_gpu_cameras: int | None = setting(
        None,
        says="cameras whose pictures each GPU decodes (NVDEC), at most; empty: as many as fit into a third of what is"
        " free of its memory; 0: the CPU decodes all",
        when_wrong="too many: the device's memory ends and models fail; what a device refuses the CPU decodes",
        ge=0,
        le=1024,
    )
    model_threads: int = setting(
        0,
        says="threads of one call of a model on a CPU, 0: one for each core",
        when_wrong="too few leave cores idle",
        ge=0,
        le=128,
    )
    batch_max: int | None = setting(
        None,
        says="pictures in one batch; empty: 8 on a CPU, 32 on a GPU",
        when_wrong="small: a GPU idles; large: memory (a picture of 1080p takes 5 MB), and more delay",
        ge=1,
        le=256,
    )
    batch_wait_ms: int = setting(
        10,
        says="how long a batch that is not full waits for more pictures",
        when_wrong="adds to the delay of every alert",
        ge=0,
        le=1000,
    )
