"""The rules that every installation begins with. From then on they are the bureau's, and theirs to change."""

from __future__ import annotations

from shared.messages.rules import Condition, Rule, Watched

# Three of five looks at one person: a single look is wrong too often to call anybody.
_WORN = Condition(broken=3, looked=5, seconds=2.0, score=0.6, height=0.02)

SEED: tuple[Rule, ...] = (
    Rule(
        rule="no_mask",
        title={"zh-CN": "未戴口罩", "en": "No mask"},
        watched=Watched(kind="attribute_absent", name="mask"),
        when=("open",),
        condition=_WORN,
        risk=2,
    ),
    Rule(
        rule="no_hat",
        title={"zh-CN": "未戴厨师帽", "en": "No hat"},
        watched=Watched(kind="attribute_absent", name="headwear"),
        when=("open",),
        condition=_WORN,
        risk=2,
    ),
    Rule(
        rule="no_uniform",
        title={"zh-CN": "未穿厨师服", "en": "No uniform"},
        watched=Watched(kind="attribute_absent", name="uniform"),
        when=("open",),
        condition=Condition(broken=4, looked=6, seconds=4.0, score=0.6, height=0.1),
        risk=2,
    ),
    Rule(
        rule="rodent",
        title={"zh-CN": "疑似鼠患", "en": "Suspected rodent"},
        watched=Watched(kind="small_mover"),
        condition=Condition(broken=2, looked=10),
        risk=1,
        over_after_s=120.0,
        reopen_s=3600.0,
    ),
    Rule(
        rule="intrusion",
        title={"zh-CN": "非操作时段闯入", "en": "Intrusion outside hours"},
        watched=Watched(kind="person"),
        when=("closed",),
        condition=Condition(broken=3, looked=5, score=0.5, height=0.08),
        risk=1,
        folds="site",
    ),
    Rule(
        rule="picture_fault",
        title={"zh-CN": "视频质量异常", "en": "Picture fault"},
        watched=Watched(kind="picture_fault"),
        condition=Condition(seconds=30.0, needs_usable_picture=False),
        risk=3,
        over_after_s=30.0,
        reopen_s=1800.0,
    ),
    Rule(
        rule="camera_offline",
        title={"zh-CN": "摄像机离线", "en": "Camera offline"},
        watched=Watched(kind="offline"),
        condition=Condition(seconds=60.0, needs_usable_picture=False),
        risk=3,
        over_after_s=30.0,
        reopen_s=1800.0,
        folds="site",
    ),
)
