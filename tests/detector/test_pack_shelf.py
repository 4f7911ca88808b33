"""Packs come, are chosen, fail and go while the shelf is asked: from a folder and from a real S3."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np
import pytest

from services.detector.adapters.devices import Device
from services.detector.adapters.pack_bucket import ROUND_S, PackBucket
from services.detector.adapters.pack_folders import PackFolders
from services.detector.adapters.pack_shelf import PackShelf
from services.detector.camera_sight import HeadLook, PictureLook
from services.detector.geometry import Box
from services.detector.loaded_pack import LoadedPack
from services.detector.pack_ledger import FIGURES_MAX, figures_of
from services.detector.picture import Picture
from services.detector.refusals import FAILURES_MAX, TRIED_AGAIN_S
from shared.clock import FakeClock
from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.s3 import BUCKET, EmbeddedS3
from shared.messages.detector import CapabilityChanged, CapabilityState, PackChoice
from shared.objects import ObjectStore
from tests.detector.packs import attribute_pack
from tests.detector.test_diagnosis import as_picture

ATTRIBUTES = "head_attributes"
CPUS = (Device("cpu", "cpu"), Device("cpu", "cpu"))


class Shelf:
    """A shelf over one folder, on two devices."""

    def __init__(self, root: Path, fetch=None):  # type: ignore[no-untyped-def]
        self.clock = FakeClock()
        self.said: list[CapabilityChanged] = []
        fetch = fetch or self._nothing
        self.shelf = PackShelf(PackFolders((root,)), fetch, self.said.append, self.clock, "w", 1, 8, CPUS)

    async def _nothing(self) -> None:
        """Packs are on disk."""

    async def state(self) -> CapabilityState:
        await self.shelf.refresh()
        return next(one for one in self.shelf.states() if one.capability == ATTRIBUTES)

    def in_force(self) -> LoadedPack:
        return self.shelf.models[1].packs[ATTRIBUTES]


async def test_the_newest_is_in_force_on_every_device_until_another_is_chosen(tmp_path: Path) -> None:
    for version in ("9", "10"):
        attribute_pack(tmp_path / f"redness-{version}", name="redness", version=version)
    one = Shelf(tmp_path)
    assert (await one.state()).pack == "redness@10"
    assert len(one.shelf.models) == 2
    one.shelf.wish(ATTRIBUTES, PackChoice(in_force="redness@9", shadow="redness@10"))
    state = await one.state()
    assert (state.pack, state.shadow) == ("redness@9", "redness@10")
    one.shelf.wish(ATTRIBUTES, PackChoice(in_force="redness@11"))
    state = await one.state()
    assert (state.state, state.reason) == ("unavailable", "redness@11 was chosen: it is not there")
    one.shelf.wish(ATTRIBUTES, PackChoice(shadow="redness@12"))
    state = await one.state()
    assert state.state == "ready"
    assert "redness@12 was chosen as its shadow" in state.reason
    assert [said.pack for said in one.said if said.capability == ATTRIBUTES] == [
        "redness@10", "redness@9", None, "redness@10",
    ]  # fmt: skip


async def test_a_model_that_fails_is_taken_away_and_tried_again(tmp_path: Path) -> None:
    attribute_pack(tmp_path / "redness")
    one = Shelf(tmp_path)
    await one.state()
    models, pack = one.shelf.models[0], one.in_force()
    for _ in range(FAILURES_MAX - 1):
        models.outcome(ATTRIBUTES, pack, RuntimeError("out of memory"))
    models.outcome(ATTRIBUTES, pack, None)
    assert (await one.state()).state == "ready", "it has answered since"
    for _ in range(FAILURES_MAX):
        models.outcome(ATTRIBUTES, pack, RuntimeError("out of memory"))
    state = await one.state()
    assert state.state == "unavailable"
    assert "out of memory" in state.reason
    await one.clock.advance(TRIED_AGAIN_S + 1)
    assert (await one.state()).state == "ready"


async def test_a_pack_that_cannot_be_loaded_is_refused_until_it_changes(tmp_path: Path) -> None:
    folder = attribute_pack(tmp_path / "redness", classes=["mask", "headwear", "beard"])
    one = Shelf(tmp_path)
    assert "was expected" in (await one.state()).reason
    await one.clock.advance(10 * TRIED_AGAIN_S)
    assert (await one.state()).state == "unavailable"
    manifest = json.loads((folder / "manifest.json").read_text()) | {"classes": ["mask", "headwear"]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert (await one.state()).state == "ready"
    rmtree(folder)
    assert (await one.state()).reason == "no pack brings it"


async def test_a_shadow_of_attributes_is_compared_head_by_head(tmp_path: Path) -> None:
    """The shadow has another opinion of what counts as a mask: half of the heads are told otherwise."""
    attribute_pack(tmp_path / "redness")
    strict = {"mask": {"absent_below": 0.999, "present_above": 0.999}, "headwear": {"absent_below": 0.4, "present_above": 0.6}}  # fmt: skip
    attribute_pack(tmp_path / "strict", version="0", thresholds=strict)
    one = Shelf(tmp_path)
    one.shelf.wish(ATTRIBUTES, PackChoice(in_force="redness@1", shadow="strict@0"))
    await one.state()
    picture, heads = two_heads()
    looks = [PictureLook(heads=[HeadLook(box, 0.9, {"mask": score, "headwear": 0.1}) for box, score in heads])]
    models = one.shelf.models[0]
    assert models.shadowed([picture], looks) == {ATTRIBUTES: 0.5}
    one.shelf.compared(models.shadowed([picture], looks))
    assert (await one.state()).shadow_differs == 0.5
    assert models.shadowed([picture], [PictureLook()]) == {}, "no head, nothing to compare"


async def test_every_pack_is_told_with_what_became_of_it_and_since_when(tmp_path: Path) -> None:
    figures = {"mask": {"all": {"found": 0.97}}, "conditions": "one core", "sizes": [1, 2], "none": None}
    for version in ("1", "2", "3"):
        attribute_pack(tmp_path / f"redness-{version}", name="redness", version=version, figures=figures)
    attribute_pack(tmp_path / "bad", name="bad", version="9", classes=["mask", "headwear", "beard"])
    (tmp_path / "unreadable").mkdir()
    (tmp_path / "unreadable" / "manifest.json").write_text("{}")
    (tmp_path / "redness-3" / "model.bin").write_bytes(b"something else")
    one = Shelf(tmp_path)
    began_us = one.clock.now_us()
    one.shelf.wish(ATTRIBUTES, PackChoice(in_force="redness@2", shadow="redness@1"))
    await one.state()
    await one.clock.advance(100)
    one.shelf.wish(ATTRIBUTES, PackChoice(in_force="bad@9", shadow="redness@1"))
    await one.state()
    found = {pack.pack: pack for pack in one.shelf.packs()}
    assert {name: pack.state for name, pack in found.items()} == {
        "redness@1": "spare", "redness@2": "spare", "redness@3": "refused", "bad@9": "refused", "unreadable": "refused",
    }  # fmt: skip
    assert "was expected" in found["bad@9"].reason
    assert "is not what the manifest names" in found["redness@3"].reason
    assert (found["unreadable"].capability, found["unreadable"].digest) == ("", None)
    assert "name: Field required" in found["unreadable"].reason
    one.shelf.wish(ATTRIBUTES, PackChoice(in_force="redness@2", shadow="redness@1"))
    await one.state()
    found = {pack.pack: pack for pack in one.shelf.packs()}
    force = found["redness@2"]
    assert (force.state, force.devices, found["redness@1"].state) == ("in_force", ("cpu", "cpu"), "shadow")
    assert (force.since_us, found["redness@3"].since_us) == (began_us + 100_000_000, began_us)
    assert (force.capability, force.origin, force.licence, force.input) == (
        ATTRIBUTES, "folder", "Apache-2.0", "32 x 32",
    )  # fmt: skip
    assert (force.labels, force.size_bytes) == (
        ("mask", "headwear"), (tmp_path / "redness-2" / "model.bin").stat().st_size,
    )  # fmt: skip
    assert [(one.name, one.value) for one in force.figures] == [
        ("mask.all.found", "0.97"), ("conditions", "one core"), ("sizes.0", "1"), ("sizes.1", "2"),
    ]  # fmt: skip
    rmtree(tmp_path / "redness-1")
    await one.state()
    assert "redness@1" not in {pack.pack for pack in one.shelf.packs()}


def test_figures_of_a_manifest_are_bounded() -> None:
    deep: dict[str, object] = {"leaf": 1}
    for _ in range(20):
        deep = {"in": deep}
    assert figures_of(deep) == ()
    many = figures_of({f"f{at}": "x" * 1000 for at in range(FIGURES_MAX + 50)})
    assert (len(many), len(many[0].value)) == (FIGURES_MAX, 500)


def two_heads() -> tuple[Picture, list[tuple[Box, float]]]:
    """Reddish, and blue."""
    rgb = np.full((360, 640, 3), 90, np.uint8)
    rgb[:, :320], rgb[:, 320:] = (130, 20, 100), (20, 20, 200)
    return as_picture(rgb, 0), [(Box(0.2, 0.4, 0.3, 0.55), 0.9), (Box(0.7, 0.4, 0.8, 0.55), 0.01)]


@pytest.fixture
async def objects() -> AsyncIterator[ObjectStore]:
    data = Path(mkdtemp(prefix="bk-"))
    data.chmod(0o755)
    credentials = Credentials.load_or_create(data / "secrets.json", ("recorder",))
    server = EmbeddedS3(data, Ports(data / "ports.json"), credentials)
    await server.start()
    yield ObjectStore(server.endpoint, credentials.s3_access_key, credentials.s3_secret_key, BUCKET)
    await server.stop()
    rmtree(data, ignore_errors=True)


async def test_packs_in_s3_come_are_exchanged_and_go(objects: ObjectStore, tmp_path: Path) -> None:
    """The manifest first, then its weights; then others in their place; then right ones; then nothing."""
    made = attribute_pack(tmp_path / "redness")
    weights = (made / "model.bin").read_bytes()
    (tmp_path / "fetched").mkdir()
    bucket = PackBucket(objects, tmp_path / "fetched", clock := FakeClock())
    one = Shelf(tmp_path / "fetched", bucket.fetch)

    async def a_round_later() -> CapabilityState:
        await clock.advance(ROUND_S + 1)
        return await one.state()

    assert (await one.state()).reason == "no pack brings it"
    await objects.put("packs/any-name/manifest.json", (made / "manifest.json").read_bytes())
    state = await a_round_later()
    assert state.state == "unavailable"
    assert "model.bin: No such file" in state.reason
    await objects.put("packs/any-name/model.bin", weights)
    assert (await a_round_later()).pack == "redness@1"
    await objects.put("packs/any-name/model.bin", weights[:-1] + b"x")
    assert "is not what the manifest names" in (await a_round_later()).reason
    await objects.put("packs/any-name/model.bin", weights)
    assert (await a_round_later()).state == "ready"
    await objects.put("packs/broken/manifest.json", b"{}")
    assert (await a_round_later()).state == "ready", "a stranger beside it changes nothing"
    await objects.remove("packs/any-name/manifest.json")
    assert (await a_round_later()).state == "unavailable"
    one.shelf.close()
    bucket.close()
    assert not (tmp_path / "fetched").exists()
