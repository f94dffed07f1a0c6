import { computed } from "@preact/signals";
import { money, plot } from "../decimal";
import { account } from "../live";
import { ruleName } from "../words";

/** A line across the equity curve; the legend names it, so that no label lies on the curve. */
export interface Guide {
  kind: "daily_loss" | "max_loss" | "target";
  label: string;
  value: number;
  /** A floor that moves holds for its trading day alone; before it, it lay elsewhere. */
  ofDay: boolean;
}

export const guides = computed<Guide[]>(() => {
  const shown = account.value;
  if (!shown) return [];
  const found: Guide[] = shown.limits.map(({ rule, trail, floor }) => ({
    kind: rule,
    label: `${ruleName(rule)} floor ${money(floor)}`,
    value: plot(floor),
    ofDay: rule === "daily_loss" || trail !== "none",
  }));
  for (const objective of shown.objectives) {
    if (objective.kind !== "profit_target") continue;
    const { target } = objective;
    found.push({ kind: "target", label: `Target ${money(target)}`, value: plot(target), ofDay: false });
  }
  return found;
});

const DAY_S = 86_400;

/**
 * From where to where on a curve that ends at `last` a floor of the account's day holds. The
 * account names the day but not its hour, so midnight UTC stands for it. A day that has not come
 * yet by that measure began within the last 24 hours; the last day of an account that no longer
 * trades is over after as many.
 */
export function daySpan(date: string | null, trading: boolean, last: number): [number, number] {
  const midnight = date === null ? NaN : Date.parse(`${date}T00:00:00Z`) / 1000;
  if (!(midnight <= last)) return [last - DAY_S, last];
  return [midnight, trading ? last : Math.min(last, midnight + DAY_S)];
}
