/** What the closed loop asks of the gateway. */

import { call, send, type Schemas } from "@/api/client";
import type { PageOf } from "@/growingList";

export type Case = Schemas["CaseAnswer"];
export type Order = Schemas["OrderAnswer"];
export type Step = Schemas["StepAnswer"];
export type Photo = Schemas["PhotoAnswer"];
export type Alert = Schemas["AlertAnswer"];
export type Deadline = Schemas["DeadlineAnswer"];
export type Action = Schemas["NewStep"]["action"];
export type Risk = 1 | 2 | 3;
type Asked = Record<string, string | string[] | undefined>;

/** Made of pictures that the recorder may have to look for. */
const PAPER_LIMIT_MS = 120_000;
/** A photo over a phone's network may take its time. */
const PHOTO_LIMIT_MS = 120_000;

function query(asked: Asked): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one) params.append(name, one);
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

export const loop = {
  cases: (asked: Asked) => call<PageOf<Case>>("GET", `/cases${query(asked)}`),
  case: (id: string) => call<Case>("GET", `/cases/${encodeURIComponent(id)}`),
  openCase: (made: Schemas["NewCase"]) => call<Case>("POST", "/cases", made),
  closeCase: (id: string, text: string) => call<Case>("POST", `/cases/${id}/closing`, { text }),
  note: (id: string, text: string) => call<Case>("POST", `/cases/${id}/notes`, { text }),
  share: (id: string, account: string, until: string) => call<Case>("POST", `/cases/${id}/shares`, { account, until }),
  unshare: (id: string, account: string) => call<Case>("DELETE", `/cases/${id}/shares/${encodeURIComponent(account)}`),
  orders: (asked: Asked) => call<PageOf<Order>>("GET", `/orders${query(asked)}`),
  order: (id: string) => call<Order>("GET", `/orders/${encodeURIComponent(id)}`),
  serve: (id: string, order: Schemas["NewOrder"]) => call<Order>("POST", `/cases/${id}/orders`, order),
  deadlines: () => call<Deadline[]>("GET", "/deadlines"),
  alert: (id: string) => call<Alert>("GET", `/alerts/${encodeURIComponent(id)}`),
  alerts: (asked: Asked) => call<PageOf<Alert>>("GET", `/alerts${query(asked)}`),
  confirm: (id: string) => call<Alert>("POST", `/alerts/${id}/review`, { verdict: "confirmed", note: "" }),
  step: (id: string, step: { action: Action; text?: string; photos?: Photo[]; due_at?: string }, key?: string) =>
    send("POST", `/orders/${id}/steps`, JSON.stringify(step), "application/json", key ? { headers: { "Idempotency-Key": key } } : {})
      .then((answer) => answer.json() as Promise<Order>),
  paper: (id: string, language: "zh-CN" | "en") =>
    send("GET", `/orders/${encodeURIComponent(id)}/document.pdf?lang=${language}`, null, "", { limitMs: PAPER_LIMIT_MS }).then((answer) => answer.blob()),
  addPhoto: (id: string, photo: Blob) =>
    send("POST", `/orders/${id}/photos`, photo, photo.type || "image/jpeg", { limitMs: PHOTO_LIMIT_MS })
      .then((answer) => answer.json() as Promise<Photo>),
};

export const pictureOf = {
  alert: (id: string, width: number) => `/api/v1/alerts/${id}/picture.jpg?width=${width}`,
  check: (order: string, number: number, side: "before" | "after", width: number) =>
    `/api/v1/orders/${order}/checks/${number}/${side}.jpg?width=${width}`,
  photo: (order: string, name: string) => `/api/v1/orders/${order}/photos/${name}`,
};
