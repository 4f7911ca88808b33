/** Offer and answer over HTTP (WHIP and WHEP, RFC 9725): one POST, all candidates in it. */

import { send } from "@/api/client";

/** A browser on a network with STUN may gather for seconds; what it has by then is enough to be found by. */
const GATHER_LIMIT_MS = 800;

/** `location`: of what was made, for PATCH and DELETE; `sdp`: for setRemoteDescription. */
export interface Answered {
  location: string;
  sdp: string;
}

/** Throws Offline and Problem. */
export async function offerTo(peer: RTCPeerConnection, path: string): Promise<Answered> {
  await peer.setLocalDescription();
  await gathered(peer);
  const answer = await send("POST", path, peer.localDescription?.sdp ?? "", "application/sdp");
  return { location: answer.headers.get("Location") ?? "", sdp: await answer.text() };
}

export async function gathered(peer: RTCPeerConnection): Promise<void> {
  if (peer.iceGatheringState === "complete") return;
  await new Promise<void>((done) => {
    const timer = window.setTimeout(done, GATHER_LIMIT_MS);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState !== "complete") return;
      window.clearTimeout(timer);
      done();
    });
  });
}
