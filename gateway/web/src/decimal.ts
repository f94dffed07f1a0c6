/**
 * Decimal strings are shown as text and never become floats on the way, so what the page prints
 * is what the engine computed. `plot` is the one door to floats and serves drawing alone.
 */

export const MINUS = "\u2212";
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?$/;

interface Parts {
  negative: boolean;
  whole: string;
  frac: string;
}

function parts(text: string): Parts | null {
  const match = DECIMAL.exec(text);
  if (!match) return null;
  return { negative: match[1] === "-", whole: match[2]!.replace(/^0+(?=\d)/, ""), frac: match[3] ?? "" };
}

function rounded({ negative, whole, frac }: Parts, digits: number): Parts {
  if (frac.length <= digits) return { negative, whole, frac: frac.padEnd(digits, "0") };
  let units = BigInt(whole + frac.slice(0, digits));
  if (frac[digits]! >= "5") units += 1n;
  const text = units.toString().padStart(digits + 1, "0");
  return {
    negative: negative && units !== 0n,
    whole: text.slice(0, text.length - digits),
    frac: digits === 0 ? "" : text.slice(-digits),
  };
}

function isZero({ whole, frac }: Parts): boolean {
  return /^0*$/.test(whole + frac);
}

function assemble(p: Parts, plus: boolean): string {
  const zero = isZero(p);
  const lead = zero ? "" : p.negative ? MINUS : plus ? "+" : "";
  const whole = p.whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return lead + whole + (p.frac ? `.${p.frac}` : "");
}

/** Fixed digits, thousands separators, half away from zero. Text that is no decimal comes back as it was. */
export function fixed(text: string, digits: number): string {
  const p = parts(text);
  return p ? assemble(rounded(p, digits), false) : text;
}

/** As `fixed`, with a sign in front of every value but zero. */
export function signed(text: string, digits: number): string {
  const p = parts(text);
  return p ? assemble(rounded(p, digits), true) : text;
}

export function money(text: string): string {
  return fixed(text, 2);
}

/** A quantity with the digits it needs and no more. */
export function quantity(text: string): string {
  const p = parts(text);
  return p ? assemble({ ...p, frac: p.frac.replace(/0+$/, "") }, false) : text;
}

export function sign(text: string): -1 | 0 | 1 {
  const p = parts(text);
  if (!p || isZero(p)) return 0;
  return p.negative ? -1 : 1;
}

export function negate(text: string): string {
  return sign(text) === 0 ? text : text.startsWith("-") ? text.slice(1) : `-${text.replace(/^\+/, "")}`;
}

function scaled(p: Parts, digits: number): bigint {
  const units = BigInt(p.whole + p.frac.padEnd(digits, "0"));
  return p.negative ? -units : units;
}

/** Exact order of two decimals; text that is no decimal sorts last. */
export function compare(a: string, b: string): -1 | 0 | 1 {
  const left = parts(a);
  const right = parts(b);
  if (!left || !right) return left ? -1 : right ? 1 : 0;
  const digits = Math.max(left.frac.length, right.frac.length);
  const x = scaled(left, digits);
  const y = scaled(right, digits);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Exact difference a − b. */
export function subtract(a: string, b: string): string {
  const left = parts(a);
  const right = parts(b);
  if (!left || !right) return a;
  const digits = Math.max(left.frac.length, right.frac.length);
  const units = scaled(left, digits) - scaled(right, digits);
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  return (units < 0n ? "-" : "") + whole + (digits ? `.${text.slice(-digits)}` : "");
}

/** Exact middle of two decimals. */
export function middle(a: string, b: string): string {
  const left = parts(a);
  const right = parts(b);
  if (!left || !right) return a;
  const digits = Math.max(left.frac.length, right.frac.length) + 1;
  const units = (scaled(left, digits) + scaled(right, digits)) / 2n;
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, "0");
  return `${units < 0n ? "-" : ""}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** A share that cannot be less than nothing: in profit, none of an allowance is used. */
export function notBelowZero(text: string): string {
  return sign(text) < 0 ? "0" : text;
}

/** How many digits a price on this tick needs. */
export function digitsOf(step: string): number {
  return parts(step)?.frac.replace(/0+$/, "").length ?? 2;
}

/** A float for a pixel position, never for a number on the page. */
export function plot(text: string): number {
  return Number(text);
}

/** A share as a width between 0 and 100. */
export function width(percent: string): number {
  const value = Number(percent);
  return Number.isFinite(value) ? Math.min(100, Math.max(0, value)) : 0;
}
