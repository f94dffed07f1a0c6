import { signal } from "@preact/signals";
import { fixed } from "./decimal";

/** Digits of each instrument's tick; apart from the quotes, since it changes with none of them. */
export const tickDigits = signal<ReadonlyMap<string, number>>(new Map());

/** A price with at least its tick's digits; the wire trims zeros, and a column of prices needs them. */
export function price(text: string, instrument: string): string {
  const own = text.split(".")[1]?.length ?? 0;
  return fixed(text, Math.max(own, tickDigits.value.get(instrument) ?? 0));
}
