import { computed } from "@preact/signals";
import { plot, quantity } from "../decimal";
import { account } from "../live";
import { price } from "../prices";
import { instrumentId } from "../selection";
import { ruleName } from "../words";

export interface Level {
  key: string;
  title: string;
  text: string;
  value: number;
  tone: "average" | "breach" | "order";
}

/** What the selected account has at stake in the instrument on the chart. */
export const levels = computed<Level[]>(() => {
  const shown = account.value;
  const instrument = instrumentId.value;
  if (!shown || instrument === null) return [];
  const found: Level[] = [];
  for (const position of shown.positions) {
    if (position.instrument !== instrument) continue;
    found.push({
      key: "average",
      title: `Average ${position.side} ${quantity(position.qty)}`,
      text: price(position.avg_price, instrument),
      value: plot(position.avg_price),
      tone: "average",
    });
  }
  for (const limit of shown.limits) {
    for (const row of limit.breach_prices) {
      if (row.instrument !== instrument) continue;
      found.push({
        key: limit.rule + limit.effect,
        title: `${ruleName(limit.rule)} ${limit.effect === "fail" ? "breaks" : "locks"}`,
        text: price(row.price, instrument),
        value: plot(row.price),
        tone: "breach",
      });
    }
  }
  return found;
});
