import { useEffect, useRef } from "preact/hooks";
import { drawPrice } from "../charts/price";
import { levels } from "../charts/levels";
import { digitsOf, fixed, quantity, subtract } from "../decimal";
import { account, candles, candlesReady, instruments, type Quoted } from "../live";
import { Choice } from "../parts/Choice";
import { Arrow } from "../parts/Signed";
import { instrumentId, interval, INTERVALS } from "../selection";

const SPANS = INTERVALS.map(({ seconds, label }) => ({ value: String(seconds), label }));

export function PricePanel() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => (place.current ? drawPrice(place.current) : undefined), []);
  const chosen = instrumentId.value === null ? undefined : instruments.value.get(instrumentId.value);
  const held = new Set(account.value?.positions.map(({ instrument }) => instrument));
  const empty = candles.version.value >= 0 && candles.points.length === 0;
  return (
    <section class="panel price" aria-labelledby="price-title" data-panel="price">
      <h2 id="price-title" class="hidden">
        Prices
      </h2>
      <div class="tabs">
        <span class="faint label" aria-hidden="true">
          Mid
        </span>
        <div role="group" aria-label="Instruments, middle of bid and ask">
          {[...instruments.value.values()].map((quoted) => (
            <Tab
              key={quoted.row.id}
              quoted={quoted}
              chosen={quoted.row.id === instrumentId.value}
              held={held.has(quoted.row.id)}
            />
          ))}
        </div>
      </div>
      <div class="price-bar">
        <Quote quoted={chosen} />
        <Choice
          name="interval"
          legend="Candle interval"
          value={String(interval.value)}
          options={SPANS}
          onChange={(v) => (interval.value = Number(v))}
        />
      </div>
      <Levels />
      <div class="canvas" ref={place} data-test="price-chart" />
      {empty && <p class="over">{candlesReady.value ? "No candles yet for this interval." : "Loading candles"}</p>}
    </section>
  );
}

interface TabProps {
  quoted: Quoted;
  chosen: boolean;
  held: boolean;
}

function Tab({ quoted: { row, mid, way }, chosen, held }: TabProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (chosen && button.current) reveal(button.current);
  }, [chosen]);
  return (
    <button
      type="button"
      ref={button}
      aria-pressed={chosen}
      data-test="instrument"
      onClick={() => (instrumentId.value = row.id)}
    >
      <span class="symbol">{row.symbol}</span>
      {held && (
        <span class="held" title="This account holds a position">
          <span class="hidden">position held</span>
        </span>
      )}
      <span class="num" data-test="mid">
        {mid === null ? "no quote" : fixed(mid, digitsOf(row.tick_size))}
      </span>
      <Arrow way={way} />
      {row.status !== "open" && <small class="badge locked">{row.status}</small>}
      {row.is_stale && <Stale />}
    </button>
  );
}

/** What is shown of the market is of before the feed lost it. */
function Stale() {
  return (
    <small class="badge locked" data-test="stale" title="Not known now: nothing fills until the next good quote">
      stale
    </small>
  );
}

/** Scrolls the row of tabs alone; scrollIntoView would move the page as well. */
function reveal(tab: HTMLElement): void {
  const row = tab.parentElement!;
  const [inner, outer] = [tab.getBoundingClientRect(), row.getBoundingClientRect()];
  if (inner.right > outer.right) row.scrollLeft += inner.right - outer.right;
  if (inner.left < outer.left) row.scrollLeft += inner.left - outer.left;
}

function Quote({ quoted }: { quoted: Quoted | undefined }) {
  const row = quoted?.row;
  if (!row || row.bid === null || row.ask === null) return <p class="quote faint">Waiting for the first quote</p>;
  const digits = digitsOf(row.tick_size);
  return (
    <dl class={row.is_stale ? "quote stale" : "quote"}>
      <div>
        <dt class="hidden">Instrument</dt>
        <dd data-test="quoted">
          <b>{row.symbol}</b> {row.is_stale && <Stale />}
        </dd>
      </div>
      <div>
        <dt>Bid</dt>
        <dd class="num">
          {fixed(row.bid, digits)} <span class="faint">{quantity(row.bid_qty ?? "")}</span>
        </dd>
      </div>
      <div>
        <dt>Ask</dt>
        <dd class="num">
          {fixed(row.ask, digits)} <span class="faint">{quantity(row.ask_qty ?? "")}</span>
        </dd>
      </div>
      <div>
        <dt>Spread</dt>
        <dd class="num">{fixed(subtract(row.ask, row.bid), digits)}</dd>
      </div>
    </dl>
  );
}

/** The chart's own lines once more in words, since a line may lie outside the visible range. */
function Levels() {
  return (
    <ul class="levels" aria-label="Lines on the chart">
      {levels.value.map((level) => (
        <li key={level.key} class={level.tone}>
          {level.title} <span class="num">{level.text}</span>
        </li>
      ))}
    </ul>
  );
}
