import { describe, expect, it } from "vitest";
import { createSeries, merge } from "../src/series";

const at = (...times: number[]) => times.map((t) => ({ t }));

describe("a series", () => {
  it("replaces the point of the same time and keeps time order", () => {
    const points = [{ t: 1, v: "a" }, { t: 3, v: "b" }];
    merge(points, [{ t: 3, v: "c" }, { t: 2, v: "d" }, { t: 4, v: "e" }]);
    expect(points.map(({ t, v }) => `${t}${v}`)).toEqual(["1a", "2d", "3c", "4e"]);
  });

  it("lets old points go and says that it starts anew", () => {
    const series = createSeries<{ t: number }>(3);
    series.reset(at(1, 2, 3));
    const before = series.start();
    series.append(at(4, 5, 6));
    expect(series.start()).toBe(before);
    series.append(at(7));
    expect(series.points.map(({ t }) => t)).toEqual([5, 6, 7]);
    expect(series.start()).not.toBe(before);
  });
});
