import { describe, expect, it } from "vitest";
import { clockOf, dayWords, hoursWords, localInput, minuteOf, momentOf } from "./hours";

const t = (key: string, more?: Record<string, unknown>) => (more === undefined ? key.replace("manage.", "") : `${key.replace("manage.", "")}(${Object.values(more).join()})`);

describe("times of the week", () => {
  it.each([[0, "00:00"], [425, "07:05"], [1439, "23:59"]])("minute %i is %s and back", (minute, clock) => {
    expect(clockOf(minute)).toBe(clock);
    expect(minuteOf(clock)).toBe(minute);
  });

  it.each(["", "24:00", "7", "12:60", "noon"])("%j is no time of day", (text) => {
    expect(minuteOf(text)).toBeNull();
  });

  it("names the usual sets of days", () => {
    expect(dayWords([1, 2, 3, 4, 5, 6, 7], t)).toBe("daily");
    expect(dayWords([5, 4, 3, 2, 1], t)).toBe("weekdays");
    expect(dayWords([7, 6], t)).toBe("weekend");
    expect(dayWords([3, 1], t)).toBe("week(day.1 day.3)");
  });

  it("says that a window ends on the next day", () => {
    expect(hoursWords({ days: [6, 7], from_minute: 1320, to_minute: 360 }, t)).toBe("weekend 22:00–nextDay 06:00");
    expect(hoursWords({ days: [6, 7], from_minute: 360, to_minute: 1320 }, t)).toBe("weekend 06:00–22:00");
  });

  it("gives back the moment that a field shows", () => {
    const ms = Date.parse("2026-11-25T10:30:00Z");
    expect(momentOf(localInput(ms))).toBe("2026-11-25T10:30:00.000Z");
    expect(momentOf("")).toBeNull();
  });
});
