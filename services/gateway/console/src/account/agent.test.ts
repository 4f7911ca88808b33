import { describe, expect, it } from "vitest";
import { agentOf } from "./agent";

describe("what a browser calls itself", () => {
  it.each([
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36", "Chrome", "Windows", false],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0", "Edge", "Windows", false],
    ["Mozilla/5.0 (Linux; Android 14; V2304A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.50", "WeChat", "Android", true],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari", "iPhone", true],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", "Firefox", "Linux", false],
    ["python-httpx/0.28", "", "", false],
    ["", "", "", false],
  ])("%s", (text, browser, system, isPhone) => {
    expect(agentOf(text)).toMatchObject({ browser, system, isPhone });
  });

  it("is never so long that it breaks the page", () => {
    expect(agentOf("x".repeat(500)).text).toHaveLength(60);
  });
});
