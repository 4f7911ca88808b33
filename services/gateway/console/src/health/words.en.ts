/** The system: services, what they need, and cameras; what hangs on what is away, and what to do first. */

import type { HealthWords } from "./words.zh-CN";

export const en: HealthWords = {
  well: "All is well", wellText: "{services} services run, {cameras} cameras are online.", someCameras: "Services are well, {n} cameras are not online", trouble: "To be looked at: {n}", asOf: "as of {time}", old: "This is how it was {time}.", retry: "Try again",
  offline: "The server cannot be reached and is tried again. Check the network, and whether the gateway runs.", refused: "The server cannot answer now: {why}", database: "The gateway does not reach its database (PostgreSQL): nobody can log in or see what is registered; recording, alerts and talks go on. This page comes back by itself when the database does.",
  service: { ingest: "Ingest", detector: "Detector", alerting: "Alerting", recorder: "Recorder", intercom: "Intercom", gateway: "Gateway" },
  does: { ingest: "connects to cameras, brings pictures and sound", detector: "finds violations and faults in pictures", alerting: "rules, alerts, cases, notices", recorder: "recordings, playback, evidence", intercom: "talks, broadcasts, emergency rooms", gateway: "log-in, pages and the API" },
  mood: { well: "well", partly: "partly", starting: "starting", silent: "no answer", down: "not running" },
  means: {
    ingest: "Cameras bring nothing new: live view, recording and analysis stand still since it went; what is missing is put on record.", detector: "Pictures are not analysed, and what analysis finds raises no alert; live view and recording go on. Minutes not looked at are put on record.", alerting: "No alert is raised and nobody is told; what was seen waits on the bus and is judged later. Cases and orders cannot be opened.",
    recorder: "Pictures wait on the bus and are stored when it is back; playback, clips and evidence have to wait. What the bus cannot hold any more is lost: bring it back soon.", intercom: "No talks, broadcasts, emergency rooms and low-latency pictures; ordinary live view goes on.", gateway: "Where there are other gateways, pages go on with them.",
  },
  next: {
    down: "Look at its log, then start it. One machine: logs/{service}.log in its data folder; Compose: docker compose logs {service}; Kubernetes: kubectl logs deploy/{service}.", silent: "It gives signs of life and does not answer: too busy, or it hangs. Look at its log, at CPU and memory of its machine; after a minute restart that process.", starting: "It has started and waits for what it needs: mend that first.", partly: "The others go on and take over. Look at the log of the process that is not well, and restart it if need be.",
  },
  peers: "What they need", peer: { bus: "Message bus (NATS)", database: "Database (PostgreSQL)", objects: "Object storage (S3)" },
  peerMeans: {
    bus: "Services do not reach each other: no new alerts, live pictures stand still. Ingest keeps no more than the last 10 s.", database: "Who needs it can neither read nor write registry, alerts and the index of recordings; pictures wait on the bus.", objects: "Recordings wait on the bus; playback and evidence have to wait. It catches up by itself.",
  },
  peerNext: { bus: "Does nats-server run, is its disk full, can it be reached?", database: "Does PostgreSQL run, is its disk full, are its connections used up?", objects: "Does it run, are bucket and keys right, is it full?" }, saidBy: "says {names}",
  services: "Services", instances: "processes: {n}", noInstances: "no process", version: "version {v}", since: "so since {time}", can: "Can", started: "started {time}", instance: { ready: "ready", not_ready: "not ready", silent: "no answer" }, lacks: "Lacks: {what}", lackOf: { start: "still starting", stop: "stopping", bus: "the bus", database: "the database", objects: "object storage" },
  versions: "Different versions are running: {list}. Unless you are upgrading, bring all processes to one.",
  cameras: "Cameras", more: "{n} more are not online", manage: "See cameras", noCameras: "No cameras yet", noCamerasText: "Once they are registered, each camera's state is here.", allOnline: "all online", ofAll: "{online} of {all} online",
};
