import { signal } from "@preact/signals";
import { movesOf, sortRows, withChanges, type Move } from "./board";
import type { Frame } from "./channel";
import { compare, digitsOf, middle } from "./decimal";
import type { EngineEvent } from "./events";
import { nextFrame } from "./frames";
import { tickDigits } from "./prices";
import { createSeries } from "./series";
import { Feed, type Heartbeat, type Link } from "./socket";
import type { Account, AccountRow, Board, BoardDelta, Candle, EquityPoint, Instrument, Meta } from "./types";

/** What the server last said, one signal per channel. Panels read; only this file writes. */

export interface Quoted {
  row: Instrument;
  /** Middle of bid and ask, as the candles have it; null before the first quote. */
  mid: string | null;
  /** The way the middle moved when it last moved. */
  way: -1 | 0 | 1;
}

const MAX_EVENTS = 300;

export const meta = signal<Meta | null>(null);
export const metaError = signal<string | null>(null);
export const link = signal<Link>({ state: "connecting" });
export const clock = signal<Heartbeat | null>(null);
export const latency = signal<number | null>(null);
export const instruments = signal<ReadonlyMap<string, Quoted>>(new Map());
export const accounts = signal<ReadonlyMap<string, AccountRow>>(new Map());
export const account = signal<Account | null>(null);
export const refusal = signal<string | null>(null);
export const board = signal<Board | null>(null);
export const moves = signal<ReadonlyMap<string, Move>>(new Map());
/** Newest first; null until the first snapshot. */
export const events = signal<readonly EngineEvent[] | null>(null);
export const candles = createSeries<Candle>(1_500);
export const candlesReady = signal(false);
export const equity = createSeries<EquityPoint>(1_500);
export const equityReady = signal(false);

export const feed = signal<Feed | null>(null);

export function connect(url: string): void {
  const made = new Feed(url, {
    link: (next) => (link.value = next),
    heartbeat: (beat) => nextFrame(() => (clock.value = beat)),
    latency: (ms) => (latency.value = ms),
    refused: (channels, detail) => {
      if (channels.some((ch) => ch.startsWith("account:"))) refusal.value = detail;
    },
  });
  made.start();
  window.addEventListener("online", () => made.reconnectNow());
  feed.value = made;
}

/** Frames are placed at once, so holes are seen at once, and shown with the next animation frame. */
function watch(ch: string, apply: (frame: Frame) => void): () => void {
  const current = feed.value;
  if (!current) return () => {};
  let open = true;
  const stop = current.watch(ch, (frame) =>
    nextFrame(() => {
      if (open) apply(frame);
    }),
  );
  return () => {
    open = false;
    stop();
  };
}

export function watchInstruments(): () => void {
  return watch("instruments", (frame) => {
    const before = instruments.value;
    const next = frame.type === "snap" ? new Map<string, Quoted>() : new Map(before);
    for (const row of frame.data as Instrument[]) {
      const old = before.get(row.id);
      const mid = row.bid !== null && row.ask !== null ? middle(row.bid, row.ask) : null;
      const moved = old?.mid && mid ? compare(mid, old.mid) : 0;
      next.set(row.id, { row, mid, way: moved || (old?.way ?? 0) });
    }
    if (frame.type === "snap" || next.size !== before.size) {
      tickDigits.value = new Map([...next.values()].map(({ row }) => [row.id, digitsOf(row.tick_size)]));
    }
    instruments.value = next;
  });
}

export function watchAccounts(): () => void {
  return watch("accounts", (frame) => {
    const next = new Map(frame.type === "snap" ? [] : accounts.value);
    for (const row of frame.data as AccountRow[]) next.set(row.id, row);
    accounts.value = next;
  });
}

export function watchAccount(id: string): () => void {
  account.value = null;
  refusal.value = null;
  return watch(`account:${id}`, (frame) => {
    account.value = frame.data as Account;
    refusal.value = null;
  });
}

export function watchCandles(instrument: string, seconds: number): () => void {
  candlesReady.value = false;
  candles.reset([]);
  return watch(`candles:${instrument}:${seconds}`, (frame) => {
    if (frame.type === "snap") candles.reset(frame.data as Candle[]);
    else candles.append(frame.data as Candle[]);
    candlesReady.value = true;
  });
}

export function watchEquity(id: string): () => void {
  equityReady.value = false;
  equity.reset([]);
  return watch(`equity:${id}`, (frame) => {
    if (frame.type === "snap") equity.reset(frame.data as EquityPoint[]);
    else equity.append(frame.data as EquityPoint[]);
    equityReady.value = true;
  });
}

let moveCount = 0;

export function watchBoard(competition: string): () => void {
  return watch(`board:${competition}`, (frame) => {
    const before = board.value;
    if (frame.type === "snap" || !before) {
      const whole = frame.data as Board;
      board.value = { ...whole, rows: sortRows(whole.rows) };
      return;
    }
    const delta = frame.data as BoardDelta;
    const ranked = new Map(before.rows.map((row) => [row.account, row]));
    const moved = movesOf(ranked, delta.rows);
    if (moved.size > 0) {
      const next = new Map(moves.value);
      for (const [id, by] of moved) next.set(id, { by, at: ++moveCount });
      moves.value = next;
    }
    board.value = withChanges(before, delta);
  });
}

export function watchEvents(id: string | null): () => void {
  events.value = null;
  return watch(id === null ? "events" : `events:${id}`, (frame) => {
    const fresh = [...(frame.data as EngineEvent[])].reverse();
    const before = frame.type === "snap" ? [] : (events.value ?? []);
    events.value = [...fresh, ...before].slice(0, MAX_EVENTS);
  });
}
