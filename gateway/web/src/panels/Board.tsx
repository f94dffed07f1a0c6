import { memo } from "preact/compat";
import { fixed, money, plot } from "../decimal";
import { board, moves } from "../live";
import { stateText, type Move } from "../board";
import { Loading, Empty } from "../parts/Empty";
import { Panel } from "../parts/Panel";
import { Signed } from "../parts/Signed";
import { accountId, selectAccount } from "../selection";
import type { BoardRow, Competition } from "../types";

const COMPONENTS = ["profit", "risk", "consistency", "drawdown"] as const;

export function BoardPanel() {
  const shown = board.value;
  const own = accountId.value;
  return (
    <Panel name="board" title={shown?.competition.name ?? "Competition"} aside={shown && <Legend competition={shown.competition} />}>
      {shown && <State competition={shown.competition} />}
      {!shown ? (
        <Loading lines={8} />
      ) : shown.rows.length === 0 ? (
        <Empty>No one has entered this competition yet.</Empty>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Competition board">
          <table class="board-table">
            <thead>
              <tr>
                <th class="right">Rank</th>
                <th>
                  <span class="hidden">Move</span>
                </th>
                <th>Trader</th>
                <th class="right">Score</th>
                <th class="parts-head">Profit, risk, consistency, drawdown</th>
                <th class="right">Return</th>
                <th class="right">Max DD</th>
              </tr>
            </thead>
            <tbody>
              {shown.rows.map((row) => (
                <Row key={row.account} row={row} move={moves.value.get(row.account)} own={row.account === own} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Legend({ competition }: { competition: Competition }) {
  const { weights } = competition;
  return (
    <ul class="legend" aria-label="Weights of the score">
      {COMPONENTS.map((name) => (
        <li key={name}>
          <span class={`swatch ${name}`} aria-hidden="true" />
          {name} <span class="num">{weights[name]}</span>
        </li>
      ))}
    </ul>
  );
}

/** Whether scores count, and whether what is shown stands still. */
function State({ competition }: { competition: Competition }) {
  const { state, frozen, ranked, entrants } = competition;
  return (
    <p class={`contest-state ${frozen ? "frozen" : state}`} data-test="contest-state">
      <span class="word">{stateText(competition)}</span>
      <span class="num faint">
        {ranked} of {entrants} ranked
      </span>
    </p>
  );
}

interface RowProps {
  row: BoardRow;
  move: Move | undefined;
  own: boolean;
}

/** A hundred rows, few of which change at a time. */
const Row = memo(function Row({ row, move, own }: RowProps) {
  const [name, style] = row.name.split(/,\s*/, 2);
  const team = row.team === null ? null : `team ${row.team}`;
  const prize = row.prize === null ? null : `prize ${money(row.prize)}`;
  const why = row.eligible ? null : (row.reason ?? "not eligible");
  const below = [style, team, prize, why].filter(Boolean).join(" \u00B7 ");
  return (
    <tr class={`${own ? "own" : ""} ${row.eligible ? "" : "unranked"}`} data-test="board-row" onClick={() => selectAccount(row.account)}>
      <td class="num right rank">{row.rank ?? "\u2013"}</td>
      <td class="move">{move && <Moved key={move.at} by={move.by} />}</td>
      <td class="trader">
        <button type="button" aria-current={own ? "true" : undefined} onClick={() => selectAccount(row.account)}>
          {name}
        </button>
        {below && (
          <small class="faint" title={below}>
            {below}
          </small>
        )}
      </td>
      <td class="num right score" data-test="score">
        {fixed(row.score, 2)}
      </td>
      <td class="parts">
        <span class="stack" aria-hidden="true">
          {COMPONENTS.map((name) => (
            <span key={name} class={name} style={{ width: `${Math.max(0, plot(row[name]))}%` }} />
          ))}
        </span>
        <span class="numbers">
          {COMPONENTS.map((name) => (
            <span key={name} class="num" data-test="component" title={name}>
              {fixed(row[name], 2)}
            </span>
          ))}
        </span>
      </td>
      <td class="right">
        <Signed value={row.return_pct} unit="%" />
      </td>
      <td class="num right">{fixed(row.mdd_pct, 2)}%</td>
    </tr>
  );
});

function Moved({ by }: { by: number }) {
  const up = by > 0;
  const places = Math.abs(by);
  return (
    <span class={`moved num ${up ? "gain" : "loss"}`} aria-label={`${up ? "Up" : "Down"} ${places}`} role="img">
      <span class="arrow">{up ? "\u25B2" : "\u25BC"}</span>
      {places}
    </span>
  );
}
