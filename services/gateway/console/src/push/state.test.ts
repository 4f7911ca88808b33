import { describe, expect, it } from "vitest";
import { bytesOf, idOf, isBoundTo, nameOf, stateOf, type Browser, type Device, type Offer } from "./state";

const browser: Browser = { isSecure: true, isSupported: true, permission: "granted", id: "w1" };
const offer: Offer = { is_on: true, why_off: null, public_key: "BA", devices_max: 5 };
const device: Device = { id: "w1", person: "li", kind: "web_push", title: "", service: "push.example", is_enabled: true, failures: 0 };

describe("this device", () => {
  it.each([
    ["on", {}, {}, [device]],
    ["failing", {}, {}, [{ ...device, failures: 2 }]],
    ["off", {}, {}, []],
    ["off", {}, {}, [{ ...device, id: "w2" }]],
    ["off", { id: null }, {}, [device]],
    ["off", {}, {}, [{ ...device, is_enabled: false }]],
    ["off", { permission: "default" }, {}, [device]],
    ["denied", { permission: "denied" }, {}, [device]],
    ["closed", { permission: "denied" }, { is_on: false }, []],
    ["unsupported", { isSupported: false }, { is_on: false }, []],
    ["insecure", { isSecure: false, isSupported: false }, {}, []],
  ] as const)("is %s", (expected, ofBrowser, ofOffer, devices) => {
    expect(stateOf({ ...browser, ...ofBrowser }, { ...offer, ...ofOffer }, devices)).toBe(expected);
  });

  it("has the id that the server works out too", async () => {
    expect(await idOf("https://push.example/abc")).toBe("wf7a263f8786e9f9540c48a75");
  });

  it("knows to which key it is bound", () => {
    const key = "BCVx_-8";
    expect([...bytesOf(key)]).toEqual([4, 37, 113, 255, 239]);
    expect(isBoundTo(bytesOf(key).buffer, key)).toBe(true);
    expect(isBoundTo(bytesOf("BCVx_-9").buffer, "BCVx__8")).toBe(false);
    expect(isBoundTo(null, key)).toBe(true);
  });

  it.each([
    ["Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36", "Chrome · Android"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", "Edge · Windows"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1", "Safari · iPhone"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox · Linux"],
    ["something else", ""],
  ])("is called what people call it", (agent, name) => {
    expect(nameOf(agent)).toBe(name);
  });
});
