"""A page in Chromium that looks by WHEP: what it runs, and how Chromium is started for it."""

from __future__ import annotations

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
]

# [token, camera, RTCConfiguration or nothing] -> milliseconds since the request: answered, connected, first picture on the screen. Sends its offer
# at once, without a candidate: the intercom is reached at its own. (Where a relay is asked for, it is waited for.)
LOOK = """
async ([token, camera, configuration]) => {
  document.querySelectorAll("video").forEach((old) => old.remove());
  window.__peer?.close();
  const began = performance.now(), since = () => performance.now() - began;
  const peer = (window.__peer = new RTCPeerConnection(configuration));
  peer.addTransceiver("video", { direction: "recvonly" });
  peer.addTransceiver("audio", { direction: "recvonly" });
  const video = document.createElement("video");
  Object.assign(video, { autoplay: true, playsInline: true });
  video.style = "position:fixed;left:0;top:0;width:960px;height:540px;z-index:9";
  document.body.prepend(video);
  const stream = new MediaStream();
  peer.ontrack = (event) => { stream.addTrack(event.track); video.srcObject = stream; };
  const first = new Promise((shown) => video.requestVideoFrameCallback(() => shown(since())));
  await peer.setLocalDescription(await peer.createOffer());
  if (configuration?.iceTransportPolicy === "relay")
    await new Promise((done) => { peer.onicecandidate = (event) => event.candidate && done(); });
  const answer = await fetch(`/api/v1/cameras/${camera}/whep`, {
    method: "POST",
    headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${token}` },
    body: peer.localDescription.sdp,
  });
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
  window.__view = answer.headers.get("Location");
  const told = { answered: since() };
  const connected = new Promise((done) => {
    peer.onconnectionstatechange = () => peer.connectionState === "connected" && done(since());
  });
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  const patience = new Promise((_, give_up) => setTimeout(() => give_up(new Error("no picture in 15 s")), 15000));
  told.connected = await Promise.race([connected, patience]);
  told.first_picture = await Promise.race([first, patience]);
  return { ...told, width: video.videoWidth, height: video.videoHeight };
}
"""

# How loud the loudest sample of the next second is, 0 to 1.
LISTEN = """
async () => {
  const context = new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(document.querySelector("video").srcObject).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let peak = 0;
  for (const until = performance.now() + 1000; performance.now() < until; ) {
    await new Promise((next) => setTimeout(next, 20));
    analyser.getFloatTimeDomainData(samples);
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  }
  await context.close();
  return peak;
}
"""

# Of the picture as Chromium counts it.
STATS = """
async () => {
  for (const one of (await window.__peer.getStats()).values())
    if (one.type === "inbound-rtp" && one.kind === "video") return { ...one };
}
"""
