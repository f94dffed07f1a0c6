import { describe, expect, it } from "vitest";
import { limitsKept, noOrders } from "../src/standing";
import type { Breach, Limit } from "../src/types";

const breach = { rule: "daily_loss", ts: "2026-01-13T14:21:12Z" } as Breach;
const limit = (effect: Limit["effect"]) => [{ rule: "daily_loss", effect } as Limit];

describe("how an account stands", () => {
  it("says that limits were kept only when none was hit", () => {
    expect(limitsKept(null, limit("fail"))).toBe("Every limit was kept.");
    expect(limitsKept(breach, limit("lock_for_day"))).toBe(
      "The daily loss limit was reached on 2026-01-13, which locks the day and fails nothing.",
    );
    expect(limitsKept(breach, limit("fail"))).toBe("Daily loss limit broken on 2026-01-13.");
  });

  it("gives the reason why orders would be denied", () => {
    expect(noOrders({ state: "evaluation", day_locked: false })).toBeNull();
    expect(noOrders({ state: "funded", day_locked: true })).toContain("next trading day");
    expect(noOrders({ state: "passed", day_locked: true })).toBe("Passed accounts do not trade.");
  });
});
