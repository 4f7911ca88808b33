"""Keeps the models in force: looks for packs, verifies and loads them, swaps them, and says what is unavailable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from services.detector.adapters.devices import Device
from services.detector.adapters.model_runner import THE_CPU, PackBroken, load_pack
from services.detector.adapters.pack_folders import Found, FoundPack, PackFolders
from services.detector.loaded_pack import LoadedPack
from services.detector.model_set import CORE_CAPABILITIES, ModelSet
from services.detector.pack_choice import Chosen, choose
from services.detector.pack_ledger import PackLedger, PackSeen
from services.detector.pack_manifest import PackManifest
from services.detector.refusals import Key, Refusals
from shared.clock import Clock
from shared.messages.detector import CapabilityChanged, CapabilityState, PackChoice, PackState
from shared.telemetry import counter, gauge, log

# = how long a pack that was removed or broken may still be asked
ROUND_S = 2.0

_ready = gauge("detector_capability_ready", "1 while a model of it is in force", ["capability"])
_loads = counter("detector_packs_loaded", "packs loaded", ["pack"])


class PackShelf:
    """Supervised. Every pack is loaded onto every device.

    Attributes:
        models: for each device, exchanged as a whole: who holds the one before may finish with it.
    """

    def __init__(
        self,
        folders: PackFolders,
        fetch: Callable[[], Awaitable[None]],
        say: Callable[[CapabilityChanged], None],
        clock: Clock,
        worker: str,
        threads: int,
        batch_max: int,
        devices: Sequence[Device] = (THE_CPU,),
    ):
        self._folders = folders
        self._fetch = fetch
        self._say = say
        self._clock = clock
        self._worker = worker
        self._threads = threads
        self._batch_max = batch_max
        self._pool = ThreadPoolExecutor(1, "packs")
        self._wishes: dict[str, PackChoice] = {}
        self._devices = tuple(devices)
        self._loaded: dict[Key, tuple[LoadedPack, ...]] = {}
        self._refusals = Refusals()
        self._states: dict[str, CapabilityState] = {}
        self._differs: dict[str, float] = {}
        self._ledger = PackLedger()
        self._wished = asyncio.Event()
        self.models = tuple(ModelSet(batch_max=batch_max) for _ in self._devices)

    def wish(self, capability: str, choice: PackChoice | None) -> None:
        """KV `model_packs`: what was chosen for it, None for the newest."""
        if choice is None:
            self._wishes.pop(capability, None)
        else:
            self._wishes[capability] = choice
        self._wished.set()

    def states(self) -> tuple[CapabilityState, ...]:
        return tuple(
            state.model_copy(update={"shadow_differs": self._differs.get(capability)}) if state.shadow else state
            for capability, state in sorted(self._states.items())
        )

    def packs(self) -> tuple[PackState, ...]:
        """Every pack that was found, and what became of it."""
        return self._ledger.states()

    def compared(self, differs: dict[str, float]) -> None:
        """A batch that shadows were asked about too."""
        for capability, share in differs.items():
            before = self._differs.get(capability, share)
            self._differs[capability] = round(0.98 * before + 0.02 * share, 5)

    async def run_once(self) -> None:
        await self.refresh()
        self._wished.clear()
        waits = {asyncio.ensure_future(self._wished.wait()), asyncio.ensure_future(self._clock.sleep(ROUND_S))}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

    async def refresh(self) -> None:
        """One round: what is there, what of it is wanted, what changed."""
        await self._fetch()
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._pool, self._folders.look)
        capabilities = {*CORE_CAPABILITIES, *self._wishes, *(capability for capability in found.broken if capability)}
        capabilities |= {pack.manifest.capability for pack in found.whole}
        for key in self._refusals.settle(self._clock.monotonic(), {_key(pack.manifest) for pack in found.whole}):
            self._loaded.pop(key, None)
        packs: dict[str, tuple[LoadedPack, ...]] = {}
        shadows: dict[str, tuple[LoadedPack, ...]] = {}
        states: dict[str, CapabilityState] = {}
        for capability in sorted(capabilities):
            chosen = self._choose(capability, found)
            pack, why = await self._load(chosen.in_force, found)
            shadow, shadow_why = await self._load(chosen.shadow, found)
            told = chosen.reason or why or chosen.shadow_reason or (shadow_why and f"its shadow: {shadow_why}")
            if pack is not None:
                packs[capability] = pack
            if shadow is not None and pack is not None:
                shadows[capability] = shadow
            states[capability] = _state(capability, pack, shadow, told)
        self._loaded = {_key(pack[0].manifest): pack for pack in (*packs.values(), *shadows.values())}
        self._ledger.saw(self._became(found, packs, shadows), self._clock.now_us())
        missing = tuple(name for name, state in states.items() if state.state == "unavailable")
        self.models = tuple(
            ModelSet(
                {capability: pack[at] for capability, pack in packs.items()},
                {capability: pack[at] for capability, pack in shadows.items()},
                missing,
                self._batch_max,
                self._outcome,
            )
            for at in range(len(self._devices))
        )
        self._tell(states)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _outcome(self, capability: str, pack: LoadedPack, error: Exception | None) -> None:
        """Called where models are asked."""
        key = _key(pack.manifest)
        if error is None:
            self._refusals.answered(key)
            return
        reason = f"{type(error).__name__}: {str(error).strip()[:300]}"
        log().error("a model failed", capability=capability, pack=pack.manifest.id, detail=reason)
        self._refusals.failed(key, reason)

    def _became(
        self, found: Found, packs: dict[str, tuple[LoadedPack, ...]], shadows: dict[str, tuple[LoadedPack, ...]]
    ) -> Iterator[PackSeen]:
        in_force = {_key(pack[0].manifest) for pack in packs.values()}
        beside = {_key(pack[0].manifest) for pack in shadows.values()}
        for pack in found.whole:
            key = _key(pack.manifest)
            seen = PackSeen(pack.manifest.id, "spare", pack.origin, pack.manifest, size_bytes=pack.size_bytes)
            why = self._refusals.why(key)
            if why is not None:
                yield replace(seen, state="refused", reason=why)
            elif key in in_force or key in beside:
                devices = tuple(one.runner.device for one in self._loaded[key])
                yield replace(seen, state="in_force" if key in in_force else "shadow", devices=devices)
            else:
                yield seen
        for broken in found.faulty:
            yield PackSeen(broken.name, "refused", broken.origin, broken.manifest, broken.reason)

    def _choose(self, capability: str, found: Found) -> Chosen:
        reasons = {pack.manifest.id: self._refusals.why(_key(pack.manifest)) for pack in found.whole}
        whole = [pack.manifest for pack in found.whole if reasons[pack.manifest.id] is None]
        ours = {pack.manifest.id for pack in found.whole if pack.manifest.capability == capability}
        refused = {name: why for name, why in reasons.items() if why is not None and name in ours}
        broken = {**found.broken.get("", {}), **found.broken.get(capability, {}), **refused}
        return choose(whole, broken, self._wishes.get(capability), capability)

    async def _load(self, manifest: PackManifest | None, found: Found) -> tuple[tuple[LoadedPack, ...] | None, str]:
        if manifest is None:
            return None, ""
        key = _key(manifest)
        if key in self._loaded:
            return self._loaded[key], ""
        pack = next(pack for pack in found.whole if _key(pack.manifest) == key)
        try:
            loaded = await asyncio.get_running_loop().run_in_executor(self._pool, self._load_now, pack)
        except PackBroken as error:
            log().warning("pack refused", pack=manifest.id, detail=str(error))
            self._refusals.refuse(key, str(error))
            return None, str(error)
        _loads.labels(manifest.id).inc()
        log().info("pack loaded", pack=manifest.id, devices=[one.runner.device for one in loaded])
        return loaded, ""

    def _load_now(self, pack: FoundPack) -> tuple[LoadedPack, ...]:
        return tuple(load_pack(pack.manifest, pack.weights, self._threads, device) for device in self._devices)

    def _tell(self, states: dict[str, CapabilityState]) -> None:
        for capability in self._states.keys() - states.keys():
            states[capability] = CapabilityState(
                capability=capability, state="unavailable", reason="its pack was removed"
            )
        now_us = self._clock.now_us()
        for capability, state in states.items():
            _ready.labels(capability).set(state.state == "ready")
            if state == self._states.get(capability):
                continue
            if state.state == "unavailable":
                log().warning("capability unavailable", capability=capability, reason=state.reason)
            self._say(
                CapabilityChanged(
                    at_us=now_us,
                    worker=self._worker,
                    capability=capability,
                    state=state.state,
                    pack=state.pack,
                    digest=state.digest,
                    reason=state.reason,
                    shadow=state.shadow,
                )
            )
        # What was removed and is no core capability is told once, then forgotten.
        self._states = {
            name: state
            for name, state in states.items()
            if state.reason != "its pack was removed" or name in CORE_CAPABILITIES
        }


def _key(manifest: PackManifest) -> Key:
    # With the thresholds and all: a manifest that was edited is another pack.
    return manifest.weights.sha256, manifest.model_dump_json()


def _state(
    capability: str, packs: tuple[LoadedPack, ...] | None, shadows: tuple[LoadedPack, ...] | None, reason: str
) -> CapabilityState:
    pack = None if packs is None else packs[0]
    beside = None if shadows is None else shadows[0].manifest.id
    if pack is None:
        return CapabilityState(capability=capability, state="unavailable", reason=reason, shadow=beside)
    return CapabilityState(
        capability=capability,
        state="ready",
        reason=reason,
        pack=pack.manifest.id,
        digest=pack.digest,
        device=pack.runner.device,
        shadow=beside,
    )
