/**
 * One channel's place in the server's numbering. A frame is applied only if it is a snapshot or
 * the very next number of the same epoch; anything else would show a state that never was.
 */

export interface Frame {
  ch: string;
  type: "snap" | "delta" | "event";
  epoch: string;
  seq: number;
  ts: string;
  data: unknown;
}

export interface Resume {
  epoch: string;
  seq: number;
}

export interface Place {
  readonly epoch: string | null;
  readonly seq: number;
  /** False from each subscription until the server has put us in place. */
  readonly live: boolean;
  /** Holes since the last snapshot. */
  readonly holes: number;
}

export type Verdict = "apply" | "ignore" | "resubscribe";

export const START: Place = { epoch: null, seq: 0, live: false, holes: 0 };

export function accept(place: Place, frame: Pick<Frame, "type" | "epoch" | "seq">): [Place, Verdict] {
  if (frame.type === "snap") return [{ epoch: frame.epoch, seq: frame.seq, live: true, holes: 0 }, "apply"];
  const known = frame.epoch === place.epoch;
  if (known && frame.seq === place.seq + 1) return [{ ...place, seq: frame.seq }, "apply"];
  // Still on the way from before the subscription, or a repeat after a resume.
  if (!place.live || (known && frame.seq <= place.seq)) return [place, "ignore"];
  const holes = place.holes + 1;
  // A second hole without a snapshot between means the resume point itself is no good.
  const epoch = known && holes < 2 ? place.epoch : null;
  return [{ epoch, seq: epoch ? place.seq : 0, live: false, holes }, "resubscribe"];
}

/** The server's answer to a subscription: if it did not recover us, a snapshot follows. */
export function confirm(place: Place, recovered: boolean): Place {
  if (place.live) return place;
  return recovered ? { ...place, live: true } : { ...place, epoch: null, seq: 0 };
}

export function interrupt(place: Place): Place {
  return { ...place, live: false };
}

export function resumeOf(place: Place): Resume | undefined {
  return place.epoch === null ? undefined : { epoch: place.epoch, seq: place.seq };
}
