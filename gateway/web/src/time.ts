/** Engine times carry up to nine fractional digits, so they are cut as text. */

export function clockOf(ts: string): string {
  return ts.slice(11, 19);
}

export function dayOf(ts: string): string {
  return ts.slice(0, 10);
}

export function minuteOf(ts: string): string {
  return `${dayOf(ts)} ${ts.slice(11, 16)}`;
}

const two = (n: number) => String(n).padStart(2, "0");

/** Market seconds as an axis label: the day where the day turns, else the minute. */
export function axisLabel(unix: number): string {
  const at = new Date(unix * 1000);
  const midnight = at.getUTCHours() === 0 && at.getUTCMinutes() === 0;
  return midnight
    ? `${at.toLocaleString("en-GB", { month: "short", timeZone: "UTC" })} ${at.getUTCDate()}`
    : `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

export function stampOf(unix: number): string {
  return minuteOf(new Date(unix * 1000).toISOString());
}
