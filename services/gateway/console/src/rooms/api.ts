/** Emergency rooms of the gateway. */

import { call, type Schemas } from "@/api/client";

export type Room = Schemas["RoomAnswer"];
export type RoomDetails = Schemas["RoomDetails"];
export type Entry = Schemas["EntryAnswer"];
export type Invited = Schemas["GuestInvited"];
export type GuestSession = Schemas["GuestSession"];

const of = (id: string, rest = "") => `/rooms/${encodeURIComponent(id)}${rest}`;

export const rooms = {
  list: async () => (await call<{ items: Room[] }>("GET", "/rooms")).items,
  open: (title: string, cameras: string[]) => call<RoomDetails>("POST", "/rooms", { title, cameras }),
  one: (id: string, after: number) => call<RoomDetails>("GET", of(id, `?after=${after}`)),
  join: (id: string) => call<RoomDetails>("POST", of(id, "/join")),
  leave: (id: string) => call<RoomDetails>("POST", of(id, "/leave")),
  note: (id: string, body: { kind: "note" | "order"; text: string }) => call<Room>("POST", of(id, "/notes"), body),
  invite: (id: string, body: object) => call<Invited>("POST", of(id, "/guests"), body),
  revoke: (id: string, guest: string) => call<void>("DELETE", of(id, `/guests/${encodeURIComponent(guest)}`)),
  seal: (id: string, body: Schemas["RoomSealing"]) => call<Schemas["EvidenceAnswer"]>("POST", of(id, "/evidence"), body),
  close: (id: string) => call<RoomDetails>("POST", of(id, "/close")),
};
