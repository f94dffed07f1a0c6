import { describe, expect, it } from "vitest";
import { movesOf, sortRows, stateText, withChanges } from "../src/board";
import type { Board, BoardRow } from "../src/types";

function row(account: string, rank: number | null, score = "50"): BoardRow {
  return {
    rank,
    account,
    score,
    name: `Trader ${account}`,
    profit: "20",
    risk: "15",
    consistency: "10",
    drawdown: "5",
    return_pct: "1",
    mdd_pct: "2",
    days: 5,
    eligible: rank !== null,
    reason: null,
    team: null,
    prize: null,
  };
}

const ids = (rows: BoardRow[]) => rows.map(({ account }) => account);

describe("the board", () => {
  it("puts ranked rows first, then the unranked by score, ties by account", () => {
    const rows = [row("9", null, "9.5"), row("1", 2), row("7", null, "10.5"), row("3", 1), row("10", 2)];
    expect(ids(sortRows(rows))).toEqual(["3", "1", "10", "7", "9"]);
  });

  it("takes changed rows by account, drops those that are gone and keeps the others as they are", () => {
    const first = row("1", 1);
    const competition = { state: "live" } as Board["competition"];
    const board = { competition, rows: [first, row("2", 2), row("3", 3), row("9", 4)] };
    const next = withChanges(board, { rows: [row("3", 2), row("2", 3), row("4", null)], gone: ["9"] });
    expect(ids(next.rows)).toEqual(["1", "3", "2", "4"]);
    expect(next.rows[0]).toBe(first);
    expect(next.competition).toBe(competition);
    const over = { state: "in_review" } as Board["competition"];
    expect(withChanges(board, { competition: over, rows: [] }).competition).toBe(over);
  });

  it("says where the competition is, and whether what is shown stands still", () => {
    const at = (state: string, frozen: boolean) => stateText({ state, frozen } as Board["competition"]);
    expect(at("live", false)).toBe("live");
    expect(at("live", true)).toBe("live, board frozen");
    expect(at("in_review", true)).toBe("over, in review, board frozen");
  });

  it("counts places gained and lost, and none for rows that enter or leave the ranking", () => {
    const before = new Map([row("1", 1), row("2", 4), row("3", null)].map((r) => [r.account, r]));
    const moves = movesOf(before, [row("1", 3), row("2", 2), row("3", 1), row("4", 5)]);
    expect([...moves]).toEqual([["1", -2], ["2", 2]]);
  });
});
