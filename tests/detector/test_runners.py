"""Models on devices: what a GPU would run gives the same answers here; what needs one is asked where there is one."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from shutil import which

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from services.detector.adapters.cuda_graphs import filled
from services.detector.adapters.devices import Device, NoSuchDevice, devices
from services.detector.adapters.gpu_decoding import CAMERA_BYTES, cameras_that_fit
from services.detector.adapters.model_runner import THE_CPU, load_pack
from services.detector.adapters.onnx_as_torch import OnnxModule
from services.detector.adapters.onnx_operators import NotConvertible
from services.detector.adapters.onnx_runner import OnnxRunner, providers
from services.detector.adapters.pack_folders import FoundPack, PackFolders
from services.detector.adapters.torch_runner import TorchRunner, normalised
from services.detector.adapters.torchvision_import import import_torchvision
from services.detector.device_share import DeviceShare
from services.detector.loaded_pack import batch_of, begin_boxes
from services.detector.model_outputs import DECODERS
from services.detector.pack_manifest import PackInput, PackManifest, read_manifest
from services.detector.picture import Bytes, Picture
from services.detector.wiring import DEFAULT_PACKS
from shared.errors import RequestRefused
from tests.detector.degradations import photo_scene
from tests.detector.test_diagnosis import as_picture

GPU = Device("cuda:0", "a GPU", 8 << 30)
needs_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here: this is shown where there is one")


def pack(name: str) -> FoundPack:
    return next(one for one in PackFolders((DEFAULT_PACKS,)).look().whole if one.manifest.name == name)


def canvases(manifest: PackManifest, count: int) -> list[Bytes]:
    """Photos and noise in the size that it wants."""
    scene, rng = photo_scene("astronaut"), np.random.default_rng(4)
    size = manifest.input.size_for(16 / 9)
    return [as_picture(scene.filmed(at, rng), 0).canvas(*size) for at in range(count)]


@pytest.mark.parametrize("name", ["person", "heads", "head-attributes"])
def test_a_default_pack_by_torch_says_what_it_says_by_onnxruntime(name: str) -> None:
    found = pack(name)
    given = canvases(found.manifest, 3)
    onnx_says = OnnxRunner(found.manifest, found.weights, THE_CPU, 1).begin(given)()
    module = OnnxModule(found.weights, found.manifest.input.name, found.manifest.outputs).eval()
    torch_says = TorchRunner(module, found.manifest, THE_CPU).begin(given)()
    for one, other in zip(onnx_says, torch_says, strict=True):
        assert one.shape == other.shape
        assert np.abs(one - other).max() < 2e-4 * max(1.0, float(np.abs(one).max()))


@pytest.mark.parametrize("name", ["person", "heads", "head-attributes"])
def test_half_precision_finds_the_same(name: str) -> None:
    """As a GPU runs it; a CPU can, slowly."""
    found = pack(name)
    given = canvases(found.manifest, 2)
    whole, half = (
        TorchRunner(
            OnnxModule(found.weights, found.manifest.input.name, found.manifest.outputs).eval(),
            found.manifest,
            THE_CPU,
            half=is_half,
        )
        for is_half in (False, True)
    )
    assert half.is_half
    assert not whole.is_half
    if found.manifest.is_of_crops:
        assert np.abs(whole.begin(given)()[0] - half.begin(given)()[0]).max() < 0.02
        return
    size, decode = found.manifest.input.size_for(16 / 9), DECODERS[found.manifest.decoder]
    for one, other in zip(
        decode(whole.begin(given)(), found.manifest, size), decode(half.begin(given)(), found.manifest, size), strict=True
    ):  # fmt: skip
        assert len(one) == len(other)
        assert all(a[1].overlap(b[1]) > 0.95 for a, b in zip(one, other, strict=True))


def test_a_network_with_a_strange_node_is_left_to_onnxruntime(tmp_path: Path) -> None:
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("NonZero", ["x"], ["y"])],
        "strange",
        [value("x", TensorProto.FLOAT, ["n"])],
        [value("y", TensorProto.INT64, None)],
    )
    onnx.save(helper.make_model(graph), str(tmp_path / "strange.onnx"))
    with pytest.raises(NotConvertible, match="NonZero"):
        OnnxModule(tmp_path / "strange.onnx", "x", ())


@pytest.mark.parametrize(
    "wanted",
    [
        PackInput(name="x", width=32, height=16),
        PackInput(name="x", width=32, height=16, colour="BGR", scale=1 / 255, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25)),
        PackInput(name="x", width=32, height=16, layout="NHWC", dtype="uint8"),
        PackInput(name="x", width=32, height=16, dtype="uint8", colour="BGR"),
    ],
)  # fmt: skip
def test_a_batch_on_a_device_is_the_batch_in_memory(wanted: PackInput) -> None:
    pictures = list(np.random.default_rng(2).integers(0, 255, (3, 16, 32, 3), dtype=np.uint8))
    there = normalised(torch.from_numpy(np.stack(pictures)), wanted, torch.float32)
    assert np.allclose(there.numpy(), batch_of(pictures, wanted), atol=1e-5)


def test_pictures_in_memory_and_on_a_device_go_into_one_batch_in_their_order() -> None:
    found = pack("head-attributes")
    loaded = load_pack(found.manifest, found.weights, 1)
    runner = TorchRunner(OnnxModule(found.weights, "heads", ("scores",)).eval(), found.manifest, THE_CPU)
    given = canvases(found.manifest, 3)
    mixed = [given[0], torch.from_numpy(given[1]), given[2]]
    expected = loaded.runner.begin(given)()[0]
    assert np.allclose(runner.begin(mixed)()[0], expected, atol=1e-3)
    assert np.allclose(loaded.runner.begin(mixed)()[0], expected, atol=1e-5), "a CPU fetches it"


@pytest.mark.skipif(which("gcc") is None or which("nm") is None, reason="no compiler: torchvision packs are refused")
def test_a_detector_of_torchvision_is_loaded_with_its_weights_and_asked(tmp_path: Path) -> None:
    """Untrained: what it finds means nothing, that it finds it in its own form does."""
    detection = import_torchvision().models.detection
    torch.manual_seed(0)
    model = detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=3)
    torch.save(model.state_dict(), tmp_path / "model.pt")
    manifest = read_manifest(
        json.dumps(
            {
                "name": "phones", "version": "1", "task": "things", "classes": ["phone", "cup"],
                "input": {"name": "images", "width": 320, "height": 320, "scale": 1 / 255},
                "decoder": "torchvision", "thresholds": {"score": 0.01},
                "licence": "Apache-2.0", "source": "made in a test",
                "weights": {
                    "file": "model.pt", "format": "torchvision", "architecture": "ssdlite320_mobilenet_v3_large",
                    "sha256": sha256((tmp_path / "model.pt").read_bytes()).hexdigest(),
                },
            }
        ).encode()
    )  # fmt: skip
    loaded = load_pack(manifest, tmp_path / "model.pt", 1)
    (found,) = begin_boxes(loaded, [as_picture(photo_scene("astronaut").picture(0), 0)], 8)()
    assert {label for label, _, _ in found} <= {"phone", "cup"}
    assert all(0 <= box.left <= box.right <= 1 and 0 <= box.top <= box.bottom <= 1 for _, box, _ in found)


def _things(decoder: str, **more: object) -> PackManifest:
    told = {
        "name": "kitchen", "version": "1", "task": "things", "classes": ["phone", "cup"],
        "input": {"name": "images", "width": 200, "height": 100}, "decoder": decoder,
        "thresholds": {"score": 0.5, "cup": 0.9}, "licence": "x", "source": "x",
        "weights": {"file": "w", "format": "onnx", "sha256": "ab" * 32},
    }  # fmt: skip
    return read_manifest(json.dumps(told | more).encode())


# A phone at the left, twice; a cup that is not sure enough; nothing.
LTRB = [[20, 10, 60, 50], [22, 10, 62, 50], [100, 50, 140, 90], [0, 0, 10, 10]]
CXCYWH = [[40, 30, 40, 40], [42, 30, 40, 40], [120, 70, 40, 40], [5, 5, 10, 10]]
SCORES = [[0.8, 0.1], [0.7, 0.2], [0.1, 0.85], [0.1, 0.1]]


@pytest.mark.parametrize(
    ("manifest", "outputs"),
    [
        (_things("boxes_scores"), [[LTRB], [SCORES]]),
        (_things("boxes_scores", boxes={"order": "cxcywh"}), [[CXCYWH], [SCORES]]),
        (
            _things("boxes_scores", boxes={"order": "tlbr", "unit": "shares"}),
            [[[[t / 100, le / 200, b / 100, r / 200] for le, t, r, b in LTRB]], [SCORES]],
        ),
        (_things("yolo"), [[np.concatenate([CXCYWH, SCORES], 1).T]]),
        (_things("yolo"), [[np.concatenate([CXCYWH, np.ones((4, 1)), SCORES], 1)]]),
        (_things("detections"), [[[[*LTRB[0], 0.8, 0], [*LTRB[2], 0.85, 1]]]]),
        (_things("torchvision"), [LTRB, [1, 1, 2, 1], [0.8, 0.7, 0.85, 0.1]]),
        (
            _things("tensorflow_boxes"),
            [[[[t / 100, le / 200, b / 100, r / 200] for le, t, r, b in LTRB]], [[0.8, 0.7, 0.85, 0.1]], [[1, 1, 2, 1]]],
        ),
    ],
    ids=["boxes", "centres", "shares", "yolo8", "yolo5", "detections", "torchvision", "tensorflow"],
)  # fmt: skip
def test_every_decoder_finds_the_one_phone(manifest: PackManifest, outputs: list[object]) -> None:
    arrays = [np.asarray(one, np.float32) for one in outputs]
    (found,) = DECODERS[manifest.decoder](arrays, manifest, (200, 100))
    ((label, box, score),) = found
    assert (label, round(score, 3)) == ("phone", 0.8)
    assert np.allclose((box.left, box.top, box.right, box.bottom), (0.1, 0.1, 0.3, 0.5))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"decoder": "scores"}, "not for task 'things'"),
        ({"decoder": "magic"}, "decoder"),
        ({"task": "head_attributes"}, "not for task 'head_attributes'"),
    ],
)
def test_a_decoder_that_does_not_fit_is_refused_in_words(changes: dict[str, object], says: str) -> None:
    with pytest.raises(RequestRefused, match=says):
        _things(str(changes.pop("decoder", "yolo")), **changes)


def test_devices_are_found_named_and_shared() -> None:
    there = devices()
    assert there == (THE_CPU,) or all(device.is_gpu for device in there)
    assert devices("cpu") == (THE_CPU,)
    with pytest.raises(NoSuchDevice, match=r"cuda:99 is not here; there are .*cpu"):
        devices("cuda:99")
    share = DeviceShare(3)
    assert [share.take() for _ in range(4)] == [0, 1, 2, 0]
    share.free(1)
    assert share.take() == 1
    assert cameras_that_fit(30 * CAMERA_BYTES) == 10


def test_what_onnxruntime_is_asked_for() -> None:
    installed = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    assert [name for name, _ in providers(installed, GPU)] == installed
    assert providers(installed, THE_CPU) == [("CPUExecutionProvider", {})]
    assert [name for name, _ in providers(["CPUExecutionProvider"], GPU)] == ["CPUExecutionProvider"]
    assert dict(providers(installed, Device("cuda:1", "x")))["CUDAExecutionProvider"] == {"device_id": 1}


def test_batches_are_filled_up_to_few_sizes() -> None:
    assert [filled(count) for count in (1, 2, 3, 5, 8, 33)] == [1, 2, 4, 8, 8, 64]


@needs_a_gpu
@pytest.mark.parametrize("name", ["person", "heads", "head-attributes"])
def test_a_gpu_says_what_the_cpu_says(name: str) -> None:
    """Of every size of batch: those that are recorded, filled up and played again, and those between."""
    found = pack(name)
    here, there = (load_pack(found.manifest, found.weights, 1, device) for device in (THE_CPU, devices()[0]))
    assert there.runner.device.startswith("cuda")
    given = canvases(found.manifest, 5)
    for count in (1, 3, 5, 3, 2):
        pending = [there.runner.begin(given[:count]) for _ in range(3)]
        expected = here.runner.begin(given[:count])()
        for answer in pending:
            for one, other in zip(expected, answer(), strict=True):
                assert np.abs(one - other).max() < 0.03 * max(1.0, float(np.abs(one).max()))


@needs_a_gpu
def test_pictures_that_stay_on_a_gpu_are_the_same_pictures() -> None:
    from services.detector.adapters.camera_decoder import CameraDecoder
    from services.detector.adapters.device_planes import DevicePlanes
    from services.detector.adapters.gpu_decoding import GpuDecoding
    from services.detector.gop_intake import GopIntake
    from services.detector.picture import in_memory
    from tests.detector.filmed import filmed, numbered

    seen: list[list[Picture]] = []
    for decoder in (CameraDecoder(), CameraDecoder(GpuDecoding(1))):
        intake, pictures = GopIntake(1.0), []
        for fragment in filmed(numbered(75, (640, 384))):
            if intake.take(fragment, 0):
                pictures += decoder.decode(intake.job())
        seen.append(pictures)
    for here, there in zip(*seen, strict=True):
        assert isinstance(there.planes, DevicePlanes)
        assert np.abs(in_memory(there.canvas(300, 300)).astype(int) - in_memory(here.canvas(300, 300))).max() <= 3
