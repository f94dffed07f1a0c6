import type { Board, BoardDelta, BoardRow, Competition } from "./types";
import { compare } from "./decimal";

export interface Move {
  /** Places gained; negative when lost. */
  by: number;
  /** Tells one move from the next, so that each fades on its own. */
  at: number;
}

/** Ranked rows in rank order, then the unranked by score. */
export function sortRows(rows: Iterable<BoardRow>): BoardRow[] {
  return [...rows].sort((a, b) => {
    if (a.rank !== null && b.rank !== null) return a.rank - b.rank || byId(a, b);
    if (a.rank !== null || b.rank !== null) return a.rank !== null ? -1 : 1;
    return compare(b.score, a.score) || byId(a, b);
  });
}

function byId(a: BoardRow, b: BoardRow): number {
  return compare(a.account, b.account);
}

/** Places gained or lost by each changed row that was and still is ranked. */
export function movesOf(before: ReadonlyMap<string, BoardRow>, changed: BoardRow[]): Map<string, number> {
  const moves = new Map<string, number>();
  for (const row of changed) {
    const old = before.get(row.account)?.rank;
    if (old != null && row.rank != null && old !== row.rank) moves.set(row.account, old - row.rank);
  }
  return moves;
}

export function withChanges(board: Board, delta: BoardDelta): Board {
  const rows = new Map(board.rows.map((row) => [row.account, row]));
  for (const account of delta.gone ?? []) rows.delete(account);
  for (const row of delta.rows) rows.set(row.account, row);
  return { competition: delta.competition ?? board.competition, rows: sortRows(rows.values()) };
}

const STATES = {
  upcoming: "not begun",
  live: "live",
  in_review: "over, in review",
  final: "final",
} as const;

/** Where a competition is in its life, in words. */
export function stateText(competition: Competition): string {
  const state = STATES[competition.state] ?? competition.state;
  return competition.frozen ? `${state}, board frozen` : state;
}
