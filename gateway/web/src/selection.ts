import { computed, effect, signal } from "@preact/signals";
import { compare } from "./decimal";
import {
  accounts,
  feed,
  instruments,
  meta,
  watchAccount,
  watchAccounts,
  watchBoard,
  watchCandles,
  watchEquity,
  watchEvents,
  watchInstruments,
} from "./live";

/** What the trader is looking at, and the subscriptions that follow from it. */

export const INTERVALS = [
  { seconds: 60, label: "1m" },
  { seconds: 300, label: "5m" },
  { seconds: 3600, label: "1h" },
] as const;

export const accountId = signal<string | null>(fromAddress());
export const instrumentId = signal<string | null>(null);
export const interval = signal<number>(3600);
export const eventScope = signal<"account" | "all">("account");

export const accountOrder = computed(() =>
  [...accounts.value.values()].sort((a, b) => compare(a.id, b.id)).map((row) => row.id),
);

function fromAddress(): string | null {
  return /^#\/(\d+)$/.exec(globalThis.location?.hash ?? "")?.[1] ?? null;
}

export function selectAccount(id: string): void {
  accountId.value = id;
  history.replaceState(null, "", `#/${id}`);
}

export function stepAccount(by: 1 | -1): void {
  const order = accountOrder.value;
  if (order.length === 0) return;
  const at = accountId.value === null ? -1 : order.indexOf(accountId.value);
  selectAccount(order[(at + by + order.length) % order.length]!);
}

export function stepInstrument(index: number): void {
  const id = [...instruments.value.keys()][index];
  if (id !== undefined) instrumentId.value = id;
}

/** Holding j runs through many accounts; only the one it stops at is worth subscribing to. */
const SETTLE_MS = 90;

function settled(run: () => () => void): () => void {
  let stop: (() => void) | undefined;
  const timer = setTimeout(() => (stop = run()), SETTLE_MS);
  return () => {
    clearTimeout(timer);
    stop?.();
  };
}

export function follow(): void {
  effect(() => {
    const start = meta.value;
    if (!start) return;
    if (accountId.peek() === null) accountId.value = start.featured_account;
    if (instrumentId.peek() === null) instrumentId.value = start.featured_instrument;
    // A candle per minute of market time is a blur when the market runs thousands of times faster than life.
    interval.value = Number(start.rate) > 600 ? 3600 : Number(start.rate) > 30 ? 300 : 60;
  });
  effect(() => {
    if (!feed.value) return;
    const stops = [watchInstruments(), watchAccounts()];
    return () => stops.forEach((stop) => stop());
  });
  effect(() => {
    if (feed.value && meta.value) return watchBoard(meta.value.competition);
  });
  effect(() => {
    const id = accountId.value;
    if (!feed.value || id === null) return;
    return settled(() => {
      const stops = [watchAccount(id), watchEquity(id)];
      return () => stops.forEach((stop) => stop());
    });
  });
  effect(() => {
    const id = eventScope.value === "all" ? null : accountId.value;
    if (!feed.value || (eventScope.value === "account" && id === null)) return;
    return settled(() => watchEvents(id));
  });
  effect(() => {
    const first = instruments.value.keys().next().value;
    if (instrumentId.peek() === null && first !== undefined) instrumentId.value = first;
  });
  effect(() => {
    const id = instrumentId.value;
    const seconds = interval.value;
    if (feed.value && id !== null) return watchCandles(id, seconds);
  });
  window.addEventListener("hashchange", () => {
    const id = fromAddress();
    if (id !== null) accountId.value = id;
  });
}
