import { expect, it } from "vitest";
import { wishesBody } from "./wishes";

const WISHES = {
  person: "li", is_enabled: true, language: "zh-CN" as const, risk_max: 2 as const, sites: ["demo"], kinds: ["alert" as const],
  hours: [{ days: [1, 2], from_minute: 480, to_minute: 1080 }, { days: [], from_minute: 0, to_minute: 60 }],
  time_zone: "Asia/Shanghai", rota: null, quiet_s: 60, quiet: "300",
};

it("sends what the form shows, and no hours of no day", () => {
  expect(wishesBody(WISHES)).toEqual({
    is_enabled: true, language: "zh-CN", risk_max: 2, sites: ["demo"], kinds: ["alert"], hours: [WISHES.hours[0]], time_zone: "Asia/Shanghai", rota: null, quiet_s: 300,
  });
});
