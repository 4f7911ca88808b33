"""What the detector says it saw, what it could not see, and how much of what was filmed it looked at."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.messages.base import Fact, Message
from shared.messages.ingest import AT_US
from shared.subjects import CameraRef

AttributeState = Literal["present", "absent", "unknown"]
Score = Annotated[float, Field(ge=0.0, le=1.0)]


class DetectorFact(Fact):
    """What every fact about what a camera shows carries."""

    owner: ClassVar[str] = "detector"

    site: str
    camera: str
    at_us: int = Field(description=AT_US)

    def about(self) -> CameraRef:
        return CameraRef(self.site, self.camera)


class SeenBox(Message):
    """Where in the picture: 0 to 1 from its left and upper edge."""

    x: float
    y: float
    width: float
    height: float


class SeenAttribute(Message):
    """One attribute of one head. `unknown` is said where the head is too small, blurred, or the score lies between."""

    name: str = Field(description="mask, headwear, uniform, or what a pack brings")
    state: AttributeState
    score: Score = Field(description="how sure the model is that it is present, over the last looks at this person")
    now: Score | None = Field(None, description="the same of this picture alone")
    is_advisory: bool = Field(False, description="learned from a few photos, and nobody trusts it yet")


class SeenPerson(Message):
    """One person: by the body, by the head, or by both; a worker seen from above is often a head alone."""

    track: int = Field(description="number of the object track of this camera; the same person keeps it for a while")
    box: SeenBox
    score: Score
    head: SeenBox | None = None
    head_score: Score | None = None
    attributes: tuple[SeenAttribute, ...] = ()
    zones: tuple[str, ...] = Field((), description="ids of the zones in which the feet, or the head, are")


class SeenThing(Message):
    """Something of the open catalogue, as a pack calls it."""

    track: int
    label: str
    box: SeenBox
    score: Score
    zones: tuple[str, ...] = ()
    model: str = Field(description="digest of the weights that saw it")


class MoverPicture(Message):
    """One picture that shows a mover: how recordings find it again, and where in it."""

    captured_us: int
    run: str
    pts_90k: int
    fragment_sha256: str
    box: SeenBox


class MoverClip(Message):
    """What to cut out of a recording to see the whole run: from when to when, and which part of the picture."""

    from_us: int
    to_us: int
    crop: SeenBox


class SeenMover(Message):
    """Something small that moves at night, or something large that no model takes for a person."""

    track: int
    kind: Literal["small", "large"]
    is_suspected: bool = Field(description="it ran like a rodent for long enough, and nobody was there")
    box: SeenBox
    score: Score
    path: tuple[tuple[float, float], ...] = Field((), description="where it has been, oldest first, 0 to 1")
    since_us: int
    zones: tuple[str, ...] = ()
    pictures: tuple[MoverPicture, ...] = Field(
        (), description="of one that is suspected: some that show it, oldest first", max_length=8
    )
    clip: MoverClip | None = Field(None, description="of one that is suspected")


class PictureFault(Message):
    """What is wrong with the picture."""

    fault: str = Field(
        description="black, frozen, looped, blurred, covered, moved, … (shared/design/picture-diagnosis.md)"
    )
    strength: Score
    since_us: int


class PictureVerdict(Message):
    """Whether the picture can be judged at all: `cannot see` is not `nothing to see`."""

    is_usable: bool
    faults: tuple[PictureFault, ...] = ()


class Hops(Message):
    """When this picture passed each stage, UTC microseconds; alerting adds its own."""

    captured_us: int
    received_us: int = Field(description="its last byte was here")
    heard_us: int = Field(description="the detector had its fragment")
    decoded_us: int
    inferred_us: int


class FrameAnalysed(DetectorFact):
    """Fact `frame_analysed`: one picture was looked at, by these models, and this is all that was seen."""

    stream: str
    run: str
    pts_90k: int
    fragment_sha256: str = Field(description="of the fragment that holds the picture: evidence can find it again")
    width: int
    height: int
    people: tuple[SeenPerson, ...] = ()
    things: tuple[SeenThing, ...] = ()
    movers: tuple[SeenMover, ...] = ()
    picture: PictureVerdict
    models: dict[str, str] = Field(
        default_factory=dict, description="capability and digest of the weights that were asked"
    )
    unavailable: tuple[str, ...] = Field((), description="capabilities that could not be used on it")
    is_night_watch: bool = False
    hops: Hops


class PictureDegraded(DetectorFact):
    """Fact `picture_degraded`: a fault of the picture has held long enough to be believed."""

    fault: str
    strength: Score
    since_us: int
    is_usable: bool = Field(description="whether what is left can still be judged")


class PictureRecovered(DetectorFact):
    """Fact `picture_recovered`: that fault is gone."""

    fault: str
    since_us: int = Field(description="when it began")


class CoverageMinute(DetectorFact):
    """Fact `coverage_minute`: how much of one minute of one camera was looked at. Its end is `at_us`."""

    minute_us: int = Field(description="when the minute began, UTC microseconds")
    wanted: int = Field(description="pictures that should have been looked at")
    analysed: int
    late: int = Field(description="dropped because a newer one of the same camera was there, or nothing was free")
    undecodable: int
    unusable: int = Field(description="looked at, and the picture could not be judged")
    absent: int = Field(description="wanted, and the camera sent none")
    unavailable: tuple[str, ...] = Field((), description="capabilities missing at any time of it")


class CapabilityChanged(DetectorFact):
    """Fact `capability_changed`: a model came, was exchanged, or is unavailable. About no camera."""

    site: str = ""
    camera: str = ""
    worker: str
    capability: str
    state: Literal["ready", "unavailable"]
    pack: str | None = Field(None, description="name and version, such as head-attributes@1")
    digest: str | None = None
    reason: str = ""
    shadow: str | None = Field(None, description="the pack that is tried beside it")

    def about(self) -> CameraRef | None:  # type: ignore[override]
        return None


class PackChoice(Message):
    """KV bucket `model_packs`, key = capability: which pack is in force, and which is tried beside it."""

    in_force: str | None = Field(None, description="name@version; None: the newest that is whole")
    shadow: str | None = Field(None, description="name@version: asked too, compared, never acted on")


class CapabilityState(Message):
    """One row of the answer to `capabilities`."""

    capability: str
    state: Literal["ready", "unavailable"]
    pack: str | None = None
    digest: str | None = None
    reason: str = ""
    device: str | None = None
    shadow: str | None = None
    shadow_differs: float | None = Field(None, description="share of pictures on which the shadow saw something else")


class PackFigure(Message):
    """A number or a sentence of a pack's own evaluation, as its manifest has it; `name`: the path to it, with dots."""

    name: str
    value: str


class PackState(Message):
    """A pack that this worker found, and what became of it."""

    pack: str = Field(description="name@version; of a manifest that cannot be read the name of its folder")
    state: Literal["in_force", "shadow", "spare", "refused"] = Field(
        description="spare: whole, and another one is in force"
    )
    since_us: int = Field(description="when this worker first found it so, UTC microseconds")
    capability: str = Field("", description="empty where the manifest cannot be read")
    reason: str = Field("", description="refused: what is wrong with it")
    origin: Literal["shipped", "folder", "bucket"] | None = Field(None, description="where it lies")
    digest: str | None = Field(None, description="SHA-256 of its weights")
    size_bytes: int | None = Field(None, description="of its weights")
    format: str | None = None
    input: str | None = Field(None, description="width x height that it is given, pixels")
    labels: tuple[str, ...] = Field((), description="what it tells apart")
    licence: str | None = None
    source: str | None = Field(None, description="where it comes from")
    devices: tuple[str, ...] = Field((), description="it is loaded on")
    figures: tuple[PackFigure, ...] = Field((), description="of its own evaluation; at most 300")


class SiteNights(Message):
    """Which cameras of a kitchen have a night, so that somebody watches it."""

    site: str
    cameras: int = Field(description="that this worker looks at")
    watched: int = Field(description="of them: with working hours of their own, or by the kitchen's calendar")


class CapabilitiesWanted(Message):
    """Request `capabilities` of the detector; says nothing."""


class Capabilities(Message):
    """Its answer, from one worker."""

    worker: str
    device: str
    items: tuple[CapabilityState, ...]
    packs: tuple[PackState, ...] = Field((), description="every pack that it found, the refused ones with the reason")
    nights: tuple[SiteNights, ...] = Field((), description="of each kitchen with cameras that it looks at")
