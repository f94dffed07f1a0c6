const FIRST_MS = 400;
const MOST_MS = 15_000;

/** Exponential with full jitter, so that a restarted engine is not met by every page at once. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(FIRST_MS / 2 + random() * ceiling);
}
