import { describe, expect, it } from "vitest";
import { daySpan } from "../src/charts/guides";

const at = (text: string) => Date.parse(text) / 1000;

describe("the day of a daily floor", () => {
  const last = at("2026-01-13T14:00:00Z");
  const yesterday = at("2026-01-12T14:00:00Z");

  it("runs from its midnight to the end of the curve while the account trades", () => {
    expect(daySpan("2026-01-13", true, last)).toEqual([at("2026-01-13T00:00:00Z"), last]);
    expect(daySpan("2026-01-10", true, last)).toEqual([at("2026-01-10T00:00:00Z"), last]);
  });

  it("is over after a day once the account no longer trades", () => {
    expect(daySpan("2026-01-10", false, last)).toEqual([at("2026-01-10T00:00:00Z"), at("2026-01-11T00:00:00Z")]);
    expect(daySpan("2026-01-13", false, last)).toEqual([at("2026-01-13T00:00:00Z"), last]);
  });

  it("is the last day of the curve where no date says more", () => {
    expect(daySpan("2026-01-14", true, last)).toEqual([yesterday, last]);
    expect(daySpan(null, false, last)).toEqual([yesterday, last]);
  });
});
