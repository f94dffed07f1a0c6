import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { fixed } from "../decimal";
import { helpOpen } from "../keys";
import { clock, feed, latency, link, meta } from "../live";
import type { Link } from "../socket";
import { minuteOf } from "../time";
import { AccountPicker } from "./AccountPicker";

export function TopBar() {
  return (
    <header class="topbar">
      <h1>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M6 4h6a8 8 0 0 1 0 16H6z" />
          <path class="pulse" d="M2 14.5h5.5l2.5-4 2.5 6 2-3.5H22" />
        </svg>
        Dynasty
      </h1>
      <AccountPicker />
      <LinkState />
      <Gauges />
      <button type="button" class="icon" aria-label="Keyboard shortcuts" onClick={() => (helpOpen.value = true)}>
        ?
      </button>
    </header>
  );
}

function Gauges() {
  const beat = clock.value;
  return (
    <dl class="gauges">
      <div class="market-time">
        <dt>Market time</dt>
        <dd class="num" data-test="market-time">
          {beat ? `${minuteOf(beat.ts)} UTC` : "\u2013"}
          {beat && <span class="rate">{beat.rate === "max" ? "max" : `\u00D7${fixed(beat.rate, 0)}`}</span>}
        </dd>
      </div>
      <div>
        <dt>Engine seq</dt>
        <dd class="num">{beat ? fixed(beat.engine_seq, 0) : "\u2013"}</dd>
      </div>
      <div>
        <dt>Durable seq</dt>
        <dd class="num">{beat ? fixed(beat.durable_seq, 0) : "\u2013"}</dd>
      </div>
      <div>
        <dt>Ack mode</dt>
        <dd>{meta.value?.ack_mode ?? "\u2013"}</dd>
      </div>
      <div>
        <dt>Round trip</dt>
        <dd class="num">{latency.value === null ? "\u2013" : latency.value < 1 ? "<1 ms" : `${latency.value} ms`}</dd>
      </div>
    </dl>
  );
}

function LinkState() {
  const now = useSignal(Date.now());
  const state = link.value;
  const waiting = state.state === "waiting";
  useEffect(() => {
    if (!waiting) return;
    now.value = Date.now();
    const timer = setInterval(() => (now.value = Date.now()), 250);
    return () => clearInterval(timer);
  }, [waiting]);
  return (
    <div class={`link ${state.state}`} role="status" data-test="link" data-state={state.state}>
      <span class="dot" aria-hidden="true" />
      <span>{linkText(state, now.value)}</span>
      {waiting && (
        <button type="button" class="quiet" onClick={() => feed.value?.reconnectNow()}>
          Retry now
        </button>
      )}
    </div>
  );
}

function linkText(state: Link, now: number): string {
  switch (state.state) {
    case "connecting":
      return "Connecting";
    case "live":
      return "Live";
    case "stale":
      return "No data for 3 s";
    case "waiting": {
      const left = Math.ceil((state.until - now) / 1000);
      const why = state.why ? `, ${state.why}` : "";
      return left > 0 ? `Reconnecting in ${left} s${why}` : `Reconnecting, attempt ${state.attempt}`;
    }
  }
}
