/** The microphone: opened once for a talk, its level always seen, its sound sent only while one speaks. */

import { peak } from "./level";
import { ofMicrophone } from "./reasons";
import type { Failure } from "./talkState";

/** Thrown by `Microphone.open`. */
export class NoMicrophone extends Error {
  constructor(readonly failure: Failure) {
    super(failure.code);
  }
}

const WISHES: MediaStreamConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
};

export class Microphone {
  private readonly samples: Float32Array<ArrayBuffer>;

  /** `sent` goes to the intercom and is silent unless enabled; `seen` is the same microphone for the meter. */
  private constructor(
    readonly sent: MediaStreamTrack,
    private readonly seen: MediaStream,
    private readonly context: AudioContext,
    private readonly analyser: AnalyserNode,
  ) {
    this.samples = new Float32Array(analyser.fftSize);
  }

  /** Asks the person where the browser wants that. `onGone`: it was unplugged. */
  static async open(onGone: () => void): Promise<Microphone> {
    const missing = whatIsMissing();
    if (missing !== null) throw new NoMicrophone({ code: missing, detail: "" });
    let seen: MediaStream;
    try {
      seen = await navigator.mediaDevices.getUserMedia(WISHES);
    } catch (error) {
      throw new NoMicrophone(ofMicrophone(error));
    }
    const [track] = seen.getAudioTracks();
    if (track === undefined) throw new NoMicrophone({ code: "no_microphone", detail: "" });
    const sent = track.clone();
    sent.enabled = false;
    track.onended = onGone;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 2048;
    context.createMediaStreamSource(seen).connect(analyser);
    void context.resume();
    return new Microphone(sent, seen, context, analyser);
  }

  /** Of the last 40 ms or so. */
  peak(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    return peak(this.samples);
  }

  close(): void {
    for (const track of this.seen.getTracks()) {
      track.onended = null;
      track.stop();
    }
    this.sent.stop();
    void this.context.close();
  }
}

function whatIsMissing(): string | null {
  if (!window.isSecureContext) return "insecure";
  const has = "mediaDevices" in navigator && "RTCPeerConnection" in window && "AudioContext" in window;
  return has ? null : "unsupported";
}
