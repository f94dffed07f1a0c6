import { signal, type ReadonlySignal } from "@preact/signals";

/** Points of market time, oldest first. At demo speed they never stop coming, so old ones are let go. */
export interface Series<T extends { t: number }> {
  readonly points: T[];
  /** Changes with every change of `points`. */
  readonly version: ReadonlySignal<number>;
  /** Changes when the points are no continuation of those before. */
  readonly start: () => number;
  reset(points: T[]): void;
  append(points: T[]): void;
}

export function createSeries<T extends { t: number }>(keep: number): Series<T> {
  const points: T[] = [];
  const version = signal(0);
  let start = 0;
  return {
    points,
    version,
    start: () => start,
    reset(next) {
      points.length = 0;
      merge(points, next);
      start += 1;
      version.value = version.peek() + 1;
    },
    append(next) {
      merge(points, next);
      if (points.length > keep * 2) {
        points.splice(0, points.length - keep);
        start += 1;
      }
      version.value = version.peek() + 1;
    },
  };
}

/** A point of the same time replaces; a point older than the last finds its place. */
export function merge<T extends { t: number }>(points: T[], next: T[]): void {
  for (const point of next) {
    let at = points.length;
    while (at > 0 && points[at - 1]!.t > point.t) at -= 1;
    if (at > 0 && points[at - 1]!.t === point.t) points[at - 1] = point;
    else points.splice(at, 0, point);
  }
}
