import { fixed, money, notBelowZero, plot, sign } from "../decimal";
import { account } from "../live";
import { Bar } from "../parts/Bar";
import { Empty, Loading } from "../parts/Empty";
import { Panel } from "../parts/Panel";
import { Signed } from "../parts/Signed";
import { price } from "../prices";
import { hitName, rollText } from "../standing";
import type { BreachPrice, Limit, Position, RolledLimit } from "../types";
import { effectName, ruleName, touchName, trailName } from "../words";
import { WhatIf } from "./WhatIf";

export function Limits() {
  const shown = account.value;
  return (
    <Panel name="limits" title="Limits">
      {!shown ? (
        <Loading lines={4} />
      ) : shown.limits.length === 0 ? (
        <Empty>This plan sets no loss limits.</Empty>
      ) : (
        <>
          <ul class="limit-list">
            {shown.limits.map((limit) => (
              <LimitRow
                key={limit.rule + limit.effect}
                limit={limit}
                positions={shown.positions}
                rolled={shown.next_roll?.limits.find(({ rule }) => rule === limit.rule)}
              />
            ))}
          </ul>
          <WhatIf />
        </>
      )}
    </Panel>
  );
}

/** What the floor follows, or that it follows it no more. */
function standName({ stand, trail }: Limit): string {
  return stand === "frozen" || stand === "held" ? stand : trailName(trail);
}

/** The word stands beside the colour of the bar and says the same. */
function nearness({ effect, touch_is_breach, used_pct }: Limit): { tone: string; word: string } {
  const used = plot(used_pct ?? "0");
  if (used > 100 || (used === 100 && touch_is_breach)) {
    return { tone: effect === "fail" ? "bad" : "warn", word: hitName(effect) };
  }
  if (used >= 80) return { tone: "bad", word: "close" };
  if (used >= 50) return { tone: "warn", word: "nearing" };
  return { tone: "calm", word: "" };
}

interface LimitRowProps {
  limit: Limit;
  positions: Position[];
  rolled: RolledLimit | undefined;
}

function LimitRow({ limit, positions, rolled }: LimitRowProps) {
  const { tone, word } = nearness(limit);
  const used = notBelowZero(limit.used_pct ?? "0");
  const name = ruleName(limit.rule);
  return (
    <li data-test="limit">
      <p class="limit-head">
        <b>{name}</b>
        <span class="faint">
          {effectName(limit.effect)} {touchName(limit)}
        </span>
        <span class={`used num ${tone}`} title={`${fixed(used, 1)}% of the way from ${money(limit.baseline)} to the floor used`}>
          {word && <em>{word}</em>}
          {fixed(used, 1)}% <span class="faint">used</span>
        </span>
      </p>
      <Bar percent={used} label={`${name}: share used`} tone={tone} />
      <dl>
        <div>
          <dt>Floor</dt>
          <dd class="num" data-test="floor">
            {money(limit.floor)}
          </dd>
        </div>
        <div>
          <dt>Distance</dt>
          <dd data-test="distance">
            <Room value={limit.distance} />
          </dd>
        </div>
        <div>
          <dt>Of equity</dt>
          <dd data-test="distance-pct">
            {limit.distance_pct === null ? "\u2013" : <Room value={limit.distance_pct} unit="%" />}
          </dd>
        </div>
        <div>
          <dt>Floor follows</dt>
          <dd class="follows">{standName(limit)}</dd>
        </div>
      </dl>
      {rolled && (
        <p class="breaks" title="What the next trading day would make of this limit at the equity of now" data-test="next-roll">
          <span class="faint">Next roll</span> <span class={rolled.breaches ? "bad" : ""}>{rollText(rolled)}</span>
        </p>
      )}
      {limit.breach_prices.length > 0 && (
        <p class="breaks" title={`The price at which this limit would be ${hitName(limit.effect)} if the other positions kept their marks`}>
          <span class="faint">{limit.effect === "fail" ? "Breaks at" : limit.effect === "warn" ? "Reached at" : "Locks at"}</span>
          {limit.breach_prices.map((row) => (
            <BreachAt key={row.instrument} row={row} position={positions.find((p) => p.instrument === row.instrument)} />
          ))}
        </p>
      )}
    </li>
  );
}

/** Room to the floor is the normal case and stays quiet; only its loss is coloured. */
function Room({ value, unit = "" }: { value: string; unit?: string }) {
  if (sign(value) < 0) return <Signed value={value} unit={unit} />;
  return (
    <span class="num">
      {fixed(value, 2)}
      {unit}
    </span>
  );
}

function BreachAt({ row, position }: { row: BreachPrice; position: Position | undefined }) {
  const falls = position ? position.side === "long" : row.side === "bid";
  return (
    <span class="break">
      {row.symbol} {row.mark ?? row.side}{" "}
      <span class="num" data-test="breach-price">
        <span class="arrow" aria-hidden="true">
          {falls ? "\u25BC" : "\u25B2"}
        </span>
        {price(row.price, row.instrument)}
      </span>
    </span>
  );
}
