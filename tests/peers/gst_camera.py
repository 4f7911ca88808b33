"""A camera nobody here wrote: GStreamer's RTSP server as a program. Run it with the system's Python.

Prints one JSON line {"url": ...} when it can be connected to. Burned into the top left of every picture is a pattern of
four rows of 16 squares of 32x32 pixels, white = 1, most significant bit first: picture number, upper and lower 16 bits
of the wall clock in milliseconds, and the exclusive or of the three.
"""

from __future__ import annotations

import argparse
import array
import json
import os
import random
import struct
import sys
import time
from collections import deque

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - after the versions were chosen

SQUARE_PX = 32
BITS = 16
BLACK, WHITE = b"\x10" * SQUARE_PX, b"\xeb" * SQUARE_PX
PATTERN_HEIGHT_PX = 4 * SQUARE_PX

AUDIO = {
    "none": "",
    "pcmu": "! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay1 pt=0",
    "pcma": "! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8",
    "g726": "! audio/x-raw,rate=8000,channels=1 ! avenc_g726 bitrate=32000 ! rtpg726pay name=pay1 pt=97",
    "aac": "! audio/x-raw,rate=44100,channels=2 ! voaacenc ! aacparse ! rtpmp4gpay name=pay1 pt=97",
    "latm": "! audio/x-raw,rate=44100,channels=2 ! voaacenc ! aacparse ! rtpmp4apay name=pay1 pt=97",
}


class Picture:
    """Draws I420 pictures: the pattern, and below it a texture that moves."""

    def __init__(self, width: int, height: int):
        chance = random.Random(1)
        self._width = width
        self._number = 0
        self._rest_bytes = width * (height - PATTERN_HEIGHT_PX)
        line = bytes(64 + chance.randrange(96) for _ in range(width + 64))
        texture = b"".join(line[k % 64 : k % 64 + width] for k in range(height))
        self._texture = texture + texture
        self._colour = b"\x80" * (width * height // 2)

    def next(self) -> bytes:
        self._number += 1
        now_ms = int(time.time() * 1000)
        words = [self._number & 0xFFFF, now_ms >> 16 & 0xFFFF, now_ms & 0xFFFF]
        words.append(words[0] ^ words[1] ^ words[2])
        shift = self._number % 60 * 2 * self._width
        rows = [self._row(word) for word in words]
        return b"".join([*rows, self._texture[shift : shift + self._rest_bytes], self._colour])

    def _row(self, word: int) -> bytes:
        squares = b"".join(WHITE if word >> (BITS - 1 - k) & 1 else BLACK for k in range(BITS))
        line = squares + bytes([0x10]) * (self._width - len(squares))
        return line * SQUARE_PX


# Caps of what is taken, and how it becomes 8 kHz linear.
_RTP = "application/x-rtp,media=audio"
_AAC = (
    f"{_RTP},payload=98,clock-rate=16000,encoding-name=MPEG4-GENERIC,encoding-params=(string)1,streamtype=(string)5,"
    "mode=(string)AAC-hbr,profile-level-id=(string)1,config=(string)1408,sizelength=(string)13,indexlength=(string)3,"
    "indexdeltalength=(string)3"
)
BACKCHANNEL = {
    "pcmu": (f"{_RTP},payload=0,clock-rate=8000,encoding-name=PCMU", "rtppcmudepay ! mulawdec"),
    "pcma": (f"{_RTP},payload=8,clock-rate=8000,encoding-name=PCMA", "rtppcmadepay ! alawdec"),
    "aac": (
        _AAC,
        "rtpmp4gdepay ! aacparse ! avdec_aac ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=8000",
    ),
}


def onvif_factory(options: argparse.Namespace):
    """A camera with a speaker (ONVIF Streaming Specification 5.3); what it is given to play goes to a file.

    Each record of the file: seconds of the wall clock (double), number of samples (uint32), samples (int16), all
    little-endian.
    """
    factory = GstRtspServer.RTSPOnvifMediaFactory()
    # Without it every DESCRIBE is answered with 400.
    factory.set_media_gtype(GstRtspServer.RTSPOnvifMedia.__gtype__)
    plain = CameraFactory(options)
    factory.set_launch(plain.launch())
    caps, decode = BACKCHANNEL[options.backchannel]
    factory.set_backchannel_launch(
        f'( capsfilter caps="{caps}" name=depay_backchannel ! {decode} ! appsink name=heard sync=false async=false )'
    )
    factory.set_backchannel_bandwidth(64000)
    factory.set_latency(0)
    factory.set_suspend_mode(GstRtspServer.RTSPSuspendMode.NONE)
    factory.connect("media-configure", lambda _, media: hear(media, options.heard))
    factory.connect("media-configure", plain.on_media)
    return factory


def hear(media, path: str) -> None:
    sink = media.get_element().get_by_name("heard")
    if sink is None or not (path or MICROPHONES):
        return
    file = os.open(path or os.devnull, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def on_sample(sink):
        buffer = sink.emit("pull-sample").get_buffer()
        data = buffer.extract_dup(0, buffer.get_size())
        os.write(file, struct.pack("<dI", time.time(), len(data) // 2) + data)
        for microphone in list(MICROPHONES):
            microphone.hear(data)
        return Gst.FlowReturn.OK

    sink.set_property("emit-signals", True)
    sink.connect("new-sample", on_sample)


def speaker_pads(media) -> list:
    """Where sound comes in; none where nobody set that up."""
    pipeline = media.get_element().get_parent()
    rtp = next(one for one in pipeline.children if one.get_name().startswith("rtpbin"))
    return [pad for pad in rtp.sinkpads if pad.get_name().startswith("recv_rtp_sink")]


def deafen(server, sessions: int) -> None:
    """The first so many plays with sound are granted, and of what is sent then nothing comes as far as RTP."""
    played = 0

    def before_play(client, context):
        nonlocal played
        pads = speaker_pads(context.media)
        played += bool(pads)
        if played <= sessions:
            for pad in pads:
                pad.add_probe(Gst.PadProbeType.BUFFER, lambda pad, info: Gst.PadProbeReturn.DROP)
        return GstRtsp.RTSPStatusCode.OK

    server.connect("client-connected", lambda _, client: client.connect("pre-play-request", before_play))


def tell(server, factory, path: str) -> None:
    """What clients ask for, and how they go: one JSON line each, {"at_s", "what", "session"}. `pipeline over`: nothing
    is played any more, which comes with the end of a connection while the session stands until its time-out."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def say(what: str, session: str = "") -> None:
        os.write(file, (json.dumps({"at_s": time.time(), "what": what, "session": session}) + "\n").encode())

    def played(_, context):
        say("play" if speaker_pads(context.media) else "watch", context.session.get_sessionid())

    def torn_down(_, context):
        # Before it is done: `teardown-request` comes after the pipeline has ended, and that is told from another thread.
        say("teardown", context.session.get_sessionid())
        return GstRtsp.RTSPStatusCode.OK

    def connected(_, client):
        client.connect("play-request", played)
        client.connect("pause-request", lambda _, context: say("pause", context.session.get_sessionid()))
        client.connect("pre-teardown-request", torn_down)
        client.connect("closed", lambda _: say("connection closed"))

    factory.connect("media-configure", lambda _, media: media.connect("unprepared", lambda _: say("pipeline over")))
    server.connect("client-connected", connected)
    server.get_session_pool().connect(
        "session-removed", lambda _, session: say("session over", session.get_sessionid())
    )


def has_time(source) -> bool:
    """Whether its pipeline counts time already. What is pushed before is stamped with the machine's uptime, and the sink
    waits for that hour."""
    return source.get_base_time() > 0


class Microphone:
    """What one client is sent of the room: the loudspeaker 100 ms later and 18 dB fainter, and some hiss."""

    def __init__(self):
        self._waiting = deque()

    def hear(self, data: bytes) -> None:
        if not self._waiting:
            self._waiting.extend([0] * 800)
        self._waiting.extend(array.array("h", data))

    def next(self) -> bytes:
        said = (self._waiting.popleft() if self._waiting else 0 for _ in range(160))
        return array.array("h", [one // 8 + random.randrange(-60, 61) for one in said]).tobytes()


# Of everybody who is sent sound; each client of a camera with a backchannel has a pipeline of its own.
MICROPHONES: list[Microphone] = []


def listen(media) -> None:
    """Feed the microphone of this pipeline, 20 ms at a time, by the clock."""
    source = media.get_element().get_by_name("microphone")
    if source is None:
        return
    microphone = Microphone()
    MICROPHONES.append(microphone)
    begin, sent = 0.0, 0
    is_over = False

    def stop(_):
        nonlocal is_over
        is_over = True
        MICROPHONES.remove(microphone)

    def push():
        nonlocal begin, sent
        if not has_time(source):
            return not is_over
        begin = begin or time.monotonic()
        while not is_over and sent <= (time.monotonic() - begin) * 50:
            sent += 1
            source.emit("push-buffer", Gst.Buffer.new_wrapped(microphone.next()))
        return not is_over

    media.connect("unprepared", stop)
    GLib.timeout_add(10, push)


class CameraFactory(GstRtspServer.RTSPMediaFactory):
    """One encoder for all who watch."""

    def __init__(self, options: argparse.Namespace):
        super().__init__()
        self._options = options
        self.set_shared(True)
        self.set_latency(0)
        self.set_suspend_mode(GstRtspServer.RTSPSuspendMode.NONE)
        protocols = {"tcp": GstRtsp.RTSPLowerTrans.TCP, "udp": GstRtsp.RTSPLowerTrans.UDP}
        if options.only:
            self.set_protocols(protocols[options.only])
        self.connect("media-configure", self.on_media)

    def do_create_element(self, url):
        return Gst.parse_launch(self.launch())

    def launch(self) -> str:
        options = self._options
        caps = f"video/x-raw,format=I420,width={options.width},height={options.height},framerate={options.fps}/1"
        if options.codec == "h264":
            tune = "tune=zerolatency" if not options.b_frames else "rc-lookahead=8 b-adapt=false"
            encode = (
                f"x264enc name=encoder bitrate={options.bitrate_kbps} key-int-max={options.gop} bframes={options.b_frames} "
                f"{tune} speed-preset=ultrafast threads=1 ! video/x-h264,profile={options.profile} "
                f"! rtph264pay name=pay0 pt=96 config-interval={options.config_interval} mtu={options.mtu}"
            )
        else:
            encode = (
                f"x265enc bitrate={options.bitrate_kbps} key-int-max={options.gop} tune=zerolatency speed-preset=ultrafast "
                f'option-string="bframes={options.b_frames}:pools=1:log-level=none" '
                f"! rtph265pay name=pay0 pt=96 config-interval={options.config_interval} mtu={options.mtu}"
            )
        audio = AUDIO[options.audio]
        if audio:
            source = "audiotestsrc is-live=true samplesperbuffer=441 freq=440"
            if options.loop:
                caps_heard = "audio/x-raw,format=S16LE,rate=8000,channels=1,layout=interleaved"
                source = f"appsrc name=microphone is-live=true do-timestamp=true format=time caps={caps_heard}"
            audio = f"{source} ! audioconvert ! audioresample {audio}"
        pictures = f"appsrc name=pictures is-live=true do-timestamp=true format=time caps={caps}"
        if options.plain:
            pictures = f"videotestsrc is-live=true pattern=smpte ! {caps}"
        return f"( {pictures} ! {encode} {audio} )"

    def on_media(self, factory, media):
        listen(media)
        source = media.get_element().get_by_name("pictures")
        if source is None:
            return
        picture = Picture(self._options.width, self._options.height)
        begin, sent = 0.0, 0
        is_over = False

        def stop(_):
            nonlocal is_over
            is_over = True

        def push():
            nonlocal begin, sent
            if is_over or not has_time(source):
                return not is_over
            begin = begin or time.monotonic()
            # By the clock, not by the timer: timers run late and would lower the rate.
            while sent <= (time.monotonic() - begin) * self._options.fps:
                sent += 1
                buffer = Gst.Buffer.new_wrapped(picture.next())
                buffer.duration = Gst.SECOND // self._options.fps
                source.emit("push-buffer", buffer)
            return True

        media.connect("unprepared", stop)
        GLib.timeout_add(max(1, 500 // self._options.fps), push)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codec", choices=("h264", "h265"), default="h264")
    parser.add_argument("--audio", choices=tuple(AUDIO), default="none")
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    parser.add_argument("--basic", action="store_true", help="Basic in place of Digest")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 = any free one")
    parser.add_argument("--path", default="/main")
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--fps", type=int, default=25)
    parser.add_argument("--bitrate-kbps", type=int, default=1000)
    parser.add_argument("--gop", type=int, default=25, help="pictures from one IDR to the next")
    parser.add_argument("--b-frames", type=int, default=0)
    parser.add_argument("--profile", default="high")
    parser.add_argument("--mtu", type=int, default=1400)
    parser.add_argument(
        "--config-interval", type=int, default=-1, help="-1 = parameter sets before every IDR, 0 = never"
    )
    parser.add_argument("--only", choices=("tcp", "udp"), help="refuse the other with 461")
    parser.add_argument("--timeout-s", type=int, default=60, help="of an RTSP session")
    parser.add_argument("--backchannel", choices=tuple(BACKCHANNEL), help="take sound")
    parser.add_argument("--heard", default="", help="file for what was heard")
    parser.add_argument("--told", default="", help="file for what clients asked for, and how they went")
    parser.add_argument("--deaf", type=int, default=0, help="so many plays that are granted and hear nothing")
    parser.add_argument("--plain", action="store_true", help="pictures drawn by GStreamer: no Python beside the sound")
    parser.add_argument("--sessions", type=int, default=0, help="RTSP sessions at once; more are refused with 503")
    parser.add_argument("--loop", action="store_true", help="the microphone (--audio) hears the loudspeaker")
    return parser.parse_args()


def _ask_password(server, factory, options: argparse.Namespace) -> None:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
    if options.basic:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(options.user, options.password), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(options.user, options.password, token)
    server.set_auth(auth)
    factory.add_role_from_structure(
        Gst.Structure.new_from_string(
            "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
        )
    )


def main() -> None:
    options = _parse_arguments()
    Gst.init(None)
    server = GstRtspServer.RTSPOnvifServer() if options.backchannel else GstRtspServer.RTSPServer()
    server.set_address(options.host)
    server.set_service(str(options.port))
    factory = onvif_factory(options) if options.backchannel else CameraFactory(options)
    if options.user:
        _ask_password(server, factory, options)
    server.get_mount_points().add_factory(options.path, factory)
    server.connect(
        "client-connected",
        lambda _, client: client.connect("new-session", lambda _, session: session.set_timeout(options.timeout_s)),
    )
    if options.told:
        tell(server, factory, options.told)
    if options.deaf:
        deafen(server, options.deaf)
    if options.sessions:
        server.get_session_pool().set_max_sessions(options.sessions)
    if server.attach(None) == 0:
        sys.exit(f"port {options.port} is taken")
    print(json.dumps({"url": f"rtsp://{options.host}:{server.get_bound_port()}{options.path}"}), flush=True)
    GLib.MainLoop().run()


main()
