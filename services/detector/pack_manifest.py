"""What a pack says of itself: which capability it brings, how it is asked, and how good it was measured to be. Pure."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from shared.described import Described
from shared.errors import RequestRefused

Task = Literal["people", "heads", "head_attributes", "things", "uniform"]
Format = Literal["onnx", "torchscript", "torch_export", "torchvision"]
Decoder = Literal["centerface", "tensorflow_boxes", "torchvision", "boxes_scores", "yolo", "detections", "scores"]
_OF_TORSOS_AND_HEADS = ("head_attributes", "uniform")
MANIFEST = "manifest.json"


class _Part(Described):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PackInput(_Part):
    """How a picture must be given to the model."""

    name: str
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    dtype: Literal["float32", "uint8"] = "float32"
    width: int = Field(gt=0, le=4096)
    height: int = Field(gt=0, le=4096)
    keeps_aspect: bool = Field(
        False, description="the height follows the picture's aspect, rounded to `multiple`; `height` is that of 16:9"
    )
    multiple: int = Field(32, ge=1, description="width and height are multiples of it where the aspect is kept")
    colour: Literal["RGB", "BGR"] = "RGB"
    scale: float = Field(1.0, description="multiplied with 0..255, before mean and std")
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def size_for(self, aspect: float) -> tuple[int, int]:
        """Width and height for a picture of that aspect (width through height)."""
        if not self.keeps_aspect:
            return self.width, self.height
        height = max(self.multiple, round(self.width / aspect / self.multiple) * self.multiple)
        return self.width, min(height, 2 * self.width)


class PackBand(_Part):
    absent_below: float = Field(ge=0, le=1)
    present_above: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.absent_below > self.present_above:
            raise ValueError("absent_below lies above present_above")
        return self


class PackWeights(_Part):
    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="in the pack's folder; never a path")
    format: Format
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    architecture: str | None = Field(None, description="torchvision: name of the function that builds the model")


class PackBoxes(_Part):
    """How the decoder `boxes_scores` is to read four numbers."""

    order: Literal["ltrb", "tlbr", "cxcywh"] = Field(
        "ltrb", description="left top right bottom; top left bottom right; centre, width, height"
    )
    unit: Literal["pixels", "shares"] = Field("pixels", description="of the model's input, or 0 to 1")


class PackManifest(_Part):
    """`manifest.json` of a pack."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    version: str = Field(pattern=r"^[0-9A-Za-z.+-]{1,32}$")
    task: Task
    classes: tuple[str, ...] = Field(min_length=1, description="in the order of the model's outputs")
    input: PackInput
    outputs: tuple[str, ...] = Field((), description="names of the outputs in the order the decoder wants them")
    decoder: Decoder = Field(
        "scores", description="how outputs become boxes or scores; shared/design/model-packs.md has what each expects"
    )
    boxes: PackBoxes = PackBoxes()
    thresholds: dict[str, PackBand | float] = Field(
        {},
        description="attributes: a band for each; boxes: `score` for all classes, a class's name for that class alone,"
        " `overlap` above which of two boxes of a class the surer one stays",
    )
    licence: str
    source: str
    weights: PackWeights
    figures: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _decoder_fits(self) -> Self:
        if (self.decoder == "scores") != self.is_of_crops:
            raise ValueError(f"decoder {self.decoder!r} is not for task {self.task!r}: name the one of its outputs")
        if self.is_of_crops and "score" in self.thresholds:
            raise ValueError("thresholds of attributes are bands, one for each class")
        return self

    @property
    def is_of_crops(self) -> bool:
        """It is asked about heads or torsos cut out of pictures, not about pictures."""
        return self.task in _OF_TORSOS_AND_HEADS

    @property
    def id(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def capability(self) -> str:
        """What the product can do with it; each pack of things is a capability of its own."""
        return f"things.{self.name}" if self.task == "things" else self.task

    def threshold(self, name: str, default: float) -> float:
        value = self.thresholds.get(name, default)
        return value if isinstance(value, float | int) else value.present_above

    def least(self, label: str, default: float = 0.4) -> float:
        """The score from which a box of that class counts."""
        return self.threshold(label, self.threshold("score", default))

    def band(self, name: str) -> PackBand:
        value = self.thresholds.get(name)
        return value if isinstance(value, PackBand) else PackBand(absent_below=0.5, present_above=0.5)


def read_manifest(data: bytes) -> PackManifest:
    """Raises RequestRefused with the first thing that is wrong, in words."""
    try:
        return PackManifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise RequestRefused("pack_manifest", f"{MANIFEST}: {place}: {first['msg']}") from error
