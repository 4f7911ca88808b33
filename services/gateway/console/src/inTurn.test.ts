import { describe, expect, it } from "vitest";
import { Problem } from "@/api/client";
import { inTurn } from "./inTurn";

const line = (seconds: number | null) => new Problem(503, "Service Unavailable", "", {}, seconds, "too_many_logins");

function refusing(...answers: (Problem | null)[]) {
  const waited: number[] = [];
  const enter = async () => {
    const answer = answers.shift();
    if (answer) throw answer;
  };
  return { waited, enter, wait: async (seconds: number) => waited.push(seconds) > 0 };
}

describe("logging in where many do", () => {
  it("comes again when the server said, as long as it takes", async () => {
    const { enter, waited, wait } = refusing(line(4), line(null), null);
    await inTurn(enter, wait);
    expect(waited).toEqual([4, 10]);
  });
  it("does not try a wrong password again", async () => {
    const { enter, waited, wait } = refusing(new Problem(401, "", "", {}, null, "wrong_credentials"), null);
    await expect(inTurn(enter, wait)).rejects.toMatchObject({ status: 401 });
    expect(waited).toEqual([]);
  });
  it("gives up after a while, and at once where somebody went elsewhere", async () => {
    const often = refusing(...Array.from({ length: 9 }, () => line(1)));
    await expect(inTurn(often.enter, often.wait)).rejects.toMatchObject({ code: "too_many_logins" });
    expect(often.waited.length).toBe(5);
    await expect(inTurn(refusing(line(1), null).enter, async () => false)).rejects.toMatchObject({ code: "too_many_logins" });
  });
});
