"""Everything that puts talks on record, in one: wiring joins it to the talks by a leg and a voice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from services.intercom.adapters.camera_microphone import CameraMicrophone
from services.intercom.adapters.journal_spool import JournalSpool
from services.intercom.adapters.records import Records
from services.intercom.adapters.talk_record_keeper import TalkRecordKeeper
from services.intercom.adapters.talk_record_store import TalkRecordStore, TalkSounds
from services.intercom.adapters.talk_record_table import TalkRecordTable
from services.intercom.adapters.talk_recorder import RecordedLeg, TalkRecorder
from services.intercom.handlers.talk_records import TalkRecordHandlers
from services.intercom.legs import CameraLeg
from services.intercom.settings import Settings
from shared.bus import Bus
from shared.bus.requests import RequestHandler
from shared.clock import Clock
from shared.messages.base import Fact
from shared.messages.intercom import TalkWanted
from shared.subjects import CameraRef
from shared.supervise import Supervised

Say = Callable[[Fact], None]


class TalkRecording:
    """`tasks`, `answers` and `close` are for wiring."""

    def __init__(self, settings: Settings, records: Records, bus: Bus, say: Say, clock: Clock):
        self._bus = bus
        self._clock = clock
        self._say = say
        self._spool = JournalSpool(settings.talk_spool, settings.worker_id, settings.talk_spool_mb << 20, clock)
        table = TalkRecordTable(records.database)
        store = TalkRecordStore(records, table, self._spool, say, clock)
        kept = TalkRecordHandlers(table, TalkSounds(records), records.made.is_set)
        self.tasks: list[tuple[str, Supervised]] = [
            ("talk-spool", self._spool),
            ("talk-records", store),
            ("talk-retention", TalkRecordKeeper(records, table, settings, clock)),
        ]
        self.answers: dict[str, RequestHandler] = {"talk_records": kept.talk_records, "talk_sound": kept.talk_sound}
        self.close: list[Callable[[], Awaitable[None]]] = [self._spool.finish, store.close, self._spool.close]

    def of(self, id: str, wanted: TalkWanted, leg: CameraLeg) -> tuple[CameraLeg, Say]:
        """The leg and the voice that the talk is to use, so that it is on record."""
        camera = CameraRef(wanted.site, wanted.camera)
        recorder = TalkRecorder(
            id, wanted, self._spool, lambda on_entry: CameraMicrophone(self._bus, camera, on_entry), self._clock
        )

        def say(fact: Fact) -> None:
            recorder.note(fact)
            self._say(fact)

        return RecordedLeg(leg, recorder), say
