import { fixed, money, notBelowZero, quantity } from "../decimal";
import { account } from "../live";
import { Bar } from "../parts/Bar";
import { Empty, Loading } from "../parts/Empty";
import { Panel } from "../parts/Panel";
import type { Consistency, MinDays, Objective, ProfitTarget } from "../types";

export function Objectives() {
  const shown = account.value;
  return (
    <Panel name="objectives" title="Objectives">
      {!shown ? (
        <Loading lines={3} />
      ) : shown.objectives.length === 0 ? (
        <Empty>This plan sets no objectives.</Empty>
      ) : (
        <>
          <ul class="objective-list">
            {shown.objectives.map((objective) => (
              <li key={objective.kind}>
                <Row objective={objective} />
              </li>
            ))}
          </ul>
          {shown.objectives.map((o) => o.kind === "consistency" && <Ahead key={o.kind} objective={o} />)}
        </>
      )}
    </Panel>
  );
}

function Row({ objective }: { objective: Objective }) {
  switch (objective.kind) {
    case "profit_target":
      return <Target objective={objective} />;
    case "min_days":
      return <Days objective={objective} />;
    case "consistency":
      return <Even objective={objective} />;
  }
}

interface TileProps {
  name: string;
  met: boolean;
  value: string;
  rest: string;
  percent: string;
}

function Tile({ name, met, value, rest, percent }: TileProps) {
  return (
    <>
      <p>
        {name}
        <span class={met ? "met yes" : "met"}>{met ? "\u2713 met" : "open"}</span>
      </p>
      <p>
        <b class="num">{value}</b>
        <span class="num faint">{rest}</span>
      </p>
      <Bar percent={percent} label={name} tone={met ? "good" : "calm"} />
    </>
  );
}

function Target({ objective: o }: { objective: ProfitTarget }) {
  const progress = notBelowZero(o.progress_pct ?? "0");
  return (
    <div title={`Now ${money(o.current)}`}>
      <Tile
        name="Profit target"
        met={o.met}
        value={`${fixed(progress, 1)}%`}
        rest={`of ${quantity(o.target)}`}
        percent={progress}
      />
    </div>
  );
}

function Days({ objective: o }: { objective: MinDays }) {
  const percent = o.required > 0 ? String((100 * o.counted) / o.required) : "100";
  return <Tile name="Min. days" met={o.met} value={String(o.counted)} rest={`of ${o.required}`} percent={percent} />;
}

function Even({ objective: o }: { objective: Consistency }) {
  return (
    <Tile
      name="Consistency"
      met={o.met}
      value={o.share_pct === null ? "\u2013" : `${fixed(o.share_pct, 1)}%`}
      rest={`cap ${fixed(o.cap_pct, 0)}%`}
      percent={o.share_pct ?? "0"}
    />
  );
}

/** What the consistency rule asks of the days to come. */
function Ahead({ objective: o }: { objective: Consistency }) {
  return (
    <p class="ahead">
      Best day <span class="num">{money(o.best_day)}</span>
      {o.next_day_max !== null && (
        <>
          , next day at most <span class="num">{money(o.next_day_max)}</span>
        </>
      )}
      {!o.met && o.total_needed !== null && (
        <>
          , total needed <span class="num">{money(o.total_needed)}</span>
        </>
      )}
    </p>
  );
}
