import type { EngineEvent } from "./events";

/** The gateway contract, v1. Money, prices, quantities and ids are decimal strings. */

export type Decimal = string;
export type Id = string;
export type AccountState = "evaluation" | "passed" | "funded" | "failed" | "closed" | "suspended";
export type Effect = "fail" | "lock_for_day" | "warn";
export type WindowAction = "block_opening" | "block_all" | "force_flat" | "exclude_profit";
export type Origin = "next_phase" | "reset" | "retry";
export type Rule = "daily_loss" | "max_loss";
export type Side = "buy" | "sell";
export type OrderType = "market" | "limit" | "stop" | "stop_limit" | "market_if_touched" | "trailing_stop";
export type AlgoType = "twap" | "vwap" | "pov";
export type TimeInForce = "gtc" | "ioc" | "day" | "fok" | "gtd" | "opg" | "cls";
export type Leg = "net" | "long" | "short";

export interface Meta {
  name: string;
  version: string;
  mode: string;
  ack_mode: string;
  ws: string;
  competition: Id;
  featured_account: Id;
  featured_instrument: Id;
  rate: Decimal;
}

export interface Instrument {
  id: Id;
  symbol: string;
  kind: string;
  tick_size: Decimal;
  lot_size: Decimal;
  contract_size: Decimal;
  currency: string;
  liquidity?: "paper" | "crossed";
  shortable?: boolean;
  status: "open" | "halted" | "closed" | "pre_open" | "pre_close";
  bid: Decimal | null;
  bid_qty: Decimal | null;
  ask: Decimal | null;
  ask_qty: Decimal | null;
  /** Bid and ask are known no more, and nothing fills. */
  is_stale?: boolean;
  last: Decimal | null;
  ts: string | null;
}

export interface AccountRow {
  id: Id;
  name: string;
  plan: string;
  state: AccountState;
  phase: number;
  day_locked: boolean;
  balance: Decimal;
  equity: Decimal;
  pnl_pct: Decimal;
  worst_limit_used_pct: Decimal | null;
}

export interface BreachPrice {
  instrument: Id;
  symbol: string;
  side: "bid" | "ask";
  /** What is meant instead of that side, where the plan values positions at it. */
  mark?: "last" | "mid";
  price: Decimal;
  /** Of an instrument in another currency: the rate that is assumed. */
  conversion?: Decimal;
}

export interface Limit {
  rule: Rule;
  effect: Effect;
  trail: string;
  touch_is_breach: boolean;
  baseline: Decimal;
  allowance: Decimal;
  floor: Decimal;
  stand: "fixed" | "follows" | "frozen" | "held";
  held_at: Decimal | null;
  lowered: Decimal;
  distance: Decimal;
  /** Null while equity is not above zero. */
  distance_pct: Decimal | null;
  /** Null where the floor is not below the baseline. */
  used_pct: Decimal | null;
  breach_prices: BreachPrice[];
}

export interface ProfitTarget {
  kind: "profit_target";
  target: Decimal;
  current: Decimal;
  progress_pct: Decimal | null;
  met: boolean;
  met_at: string | null;
}
export interface MinDays {
  kind: "min_days";
  required: number;
  counted: number;
  met: boolean;
}
export interface Consistency {
  kind: "consistency";
  cap_pct: Decimal;
  best_day: Decimal;
  denominator: Decimal;
  share_pct: Decimal | null;
  met: boolean;
  total_needed: Decimal | null;
  next_day_max: Decimal | null;
}
export type Objective = ProfitTarget | MinDays | Consistency;

export interface Position {
  instrument: Id;
  symbol: string;
  side: "long" | "short";
  leg?: Leg;
  qty: Decimal;
  avg_price: Decimal;
  mark: Decimal | null;
  unrealised: Decimal;
  notional: Decimal;
}

export interface Order {
  order_id: Id | null;
  client_order_id: Id | null;
  instrument: Id;
  symbol: string;
  side: Side;
  type: OrderType;
  qty: Decimal;
  filled: Decimal;
  price: Decimal | null;
  trigger: Decimal | null;
  trail_amount?: Decimal | null;
  trail_percent?: Decimal | null;
  tif: TimeInForce;
  /** Where it is: in_flight, held, waiting, resting or auction. */
  stage?: string;
  /** Its part in a list; null for an order alone. */
  role?: string | null;
}

export interface Breach {
  seq: Id;
  ts: string;
  rule: Rule;
  equity: Decimal;
  floor: Decimal;
  baseline: Decimal;
  plan_hash: string;
}

/** A window of the account's plan that is open; the symbol is null where it is for all, or for several. */
export interface OpenWindow {
  plan: Id;
  plan_name: string | null;
  window: number;
  action: WindowAction;
  symbol: string | null;
  symbols?: string[];
  until: string;
}

export interface DayCount {
  today: number;
  /** Null without a limit. */
  max: number | null;
}

/** How an account stands against its rules of conduct. */
export interface Conduct {
  orders: DayCount;
  trades: DayCount;
  size: { profit_from: Decimal; max: Decimal; worst: Decimal } | null;
  excluded: Decimal;
  warn_at_pct: Decimal | null;
  last_active: string | null;
  inactivity: { effect: "fail" | "suspend" | "close"; days: number; deadline: string | null } | null;
  /** Left out without a limit; the last date and what is left are null before the first roll. */
  time_limit?: { effect: "fail" | "close"; days: number; counts: "calendar" | "trading"; last: string | null; days_left: number | null };
  windows: OpenWindow[];
}

export interface Suspension {
  reason: string;
  /** Null until somebody ends it. */
  until: string | null;
  prior: AccountState;
}

/** A limit after the next roll, at the equity of now. */
export interface RolledLimit {
  rule: Rule;
  baseline: Decimal;
  allowance: Decimal;
  floor: Decimal;
  distance: Decimal;
  breaches: boolean;
  breach_by: Decimal | null;
}

/** What an order would do; every part but `denied` as if it were not refused. */
export interface WhatIf {
  denied: { reason: string } | null;
  price: Decimal | null;
  waits: boolean;
  fee: Decimal;
  position: Decimal;
  equity: Decimal;
  breaches: Rule[];
  limits: Limit[];
}

export interface Account {
  id: Id;
  name: string;
  parent: Id | null;
  origin: Origin | null;
  resets: number;
  retries: number;
  followed: boolean;
  plan: { id: Id; name: string; version: number; hash: string };
  state: AccountState;
  suspension: Suspension | null;
  phase: number;
  day_locked: boolean;
  currency: string;
  initial: Decimal;
  balance: Decimal;
  equity: Decimal;
  unrealised: Decimal;
  fees: Decimal;
  /** Balances of other currencies. */
  foreign?: { currency: string; balance: Decimal }[];
  /** Null where the plan checks no margin. */
  margin_required?: Decimal | null;
  maintenance_required?: Decimal | null;
  buying_power?: Decimal | null;
  /** The date is null before the first roll. */
  day: { date: string | null; pnl: Decimal; start_balance: Decimal; start_equity: Decimal };
  limits: Limit[];
  /** Null without an open day. */
  next_roll?: { day: string | null; limits: RolledLimit[] } | null;
  objectives: Objective[];
  /** Null where the plan has no rules of conduct. */
  conduct: Conduct | null;
  positions: Position[];
  orders: Order[];
  breach: Breach | null;
}

export interface BoardRow {
  rank: number | null;
  account: Id;
  name: string;
  score: Decimal;
  profit: Decimal;
  risk: Decimal;
  consistency: Decimal;
  drawdown: Decimal;
  return_pct: Decimal;
  mdd_pct: Decimal;
  days: number;
  eligible: boolean;
  reason: string | null;
  team: Id | null;
  prize: Decimal | null;
}

export interface Competition {
  id: Id;
  name: string;
  kind: "demo" | "paper" | "live";
  state: "upcoming" | "live" | "in_review" | "final";
  /** Whether the board that everybody sees stands still. */
  frozen: boolean;
  window: { start: string; end: string } | null;
  entrants: number;
  ranked: number;
  weights: { profit: Decimal; risk: Decimal; consistency: Decimal; drawdown: Decimal };
  loss_limit_pct: Decimal;
}

export interface Board {
  competition: Competition;
  rows: BoardRow[];
}

/** What differs from the board before. */
export interface BoardDelta {
  competition?: Competition;
  rows: BoardRow[];
  /** Accounts whose rows are not shown any more. */
  gone?: Id[];
}

export interface Candle {
  t: number;
  o: Decimal;
  h: Decimal;
  l: Decimal;
  c: Decimal;
}

export interface EquityPoint {
  t: number;
  equity: Decimal;
  balance: Decimal;
}

export interface NewOrder {
  client_order_id: Id;
  instrument: Id;
  side: Side;
  type: OrderType;
  qty: Decimal;
  price?: Decimal;
  trigger?: Decimal;
  tif: TimeInForce;
}

export interface OrderResult {
  order_id: Id | null;
  client_order_id: Id;
  status: string;
  reason: string | null;
  events: EngineEvent[];
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors: { field: string; value: unknown; accepted: unknown }[];
}
