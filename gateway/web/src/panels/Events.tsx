import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { eventsPaused } from "../keys";
import { accounts, events } from "../live";
import { Choice } from "../parts/Choice";
import { Empty, Loading } from "../parts/Empty";
import { Panel } from "../parts/Panel";
import { eventScope } from "../selection";
import { clockOf, dayOf } from "../time";
import type { EngineEvent } from "../types";
import { lineOf } from "../words";
import { Proof } from "./Proof";

const SCOPES = [
  { value: "account", label: "This account" },
  { value: "all", label: "All" },
] as const;

export function Events() {
  const held = useSignal<readonly EngineEvent[] | null>(null);
  useSignalEffect(() => {
    if (!eventsPaused.value || events.value === null) held.value = events.value;
  });
  const waiting = useComputed(() => {
    const top = held.value?.[0]?.seq;
    if (!eventsPaused.value || events.value === null || top === held.value?.[events.value.length]?.seq) return 0;
    const at = events.value.findIndex((event) => event.seq === top);
    return at < 0 ? events.value.length : at;
  });
  return (
    <Panel
      name="events"
      title="Events"
      aside={
        <div class="controls">
          <Choice
            name="scope"
            legend="Which events"
            value={eventScope.value}
            options={SCOPES}
            onChange={(v) => (eventScope.value = v)}
          />
          <button
            type="button"
            class="quiet"
            aria-pressed={eventsPaused.value}
            onClick={() => (eventsPaused.value = !eventsPaused.value)}
          >
            {eventsPaused.value ? `Resume${waiting.value > 0 ? ` (${waiting.value} new)` : ""}` : "Pause"}
          </button>
        </div>
      }
    >
      {held.value === null ? (
        <Loading lines={6} />
      ) : held.value.length === 0 ? (
        <Empty>Nothing has happened yet. Fills, denials and breaches will appear here.</Empty>
      ) : (
        <ol class="event-list scroll" tabIndex={0} aria-label="Events, newest first">
          {held.value.map((event) => (
            <Row key={`${event.seq}/${event.type}/${event.account ?? ""}`} event={event} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Row({ event }: { event: EngineEvent }) {
  const line = lineOf(event);
  const content = (
    <>
      <time class="num" dateTime={event.ts} title={`${dayOf(event.ts)} ${clockOf(event.ts)} UTC, seq ${event.seq}`}>
        {event.ts.slice(5, 16).replace("T", " ")}
      </time>
      <b class="kind">{line.label}</b>
      <span class="text">
        {eventScope.value === "all" && event.account && <Who id={event.account} />}
        {line.text}
      </span>
    </>
  );
  return (
    <li class={`${event.type} ${line.tone}`} data-test="event">
      {event.type === "breach" ? (
        <details>
          <summary>{content}</summary>
          <Proof event={event} />
        </details>
      ) : (
        <div class="line">{content}</div>
      )}
    </li>
  );
}

/** Names are read once, not followed: three hundred rows must not redraw with every account tick. */
function Who({ id }: { id: string }) {
  return <span class="who">{accounts.peek().get(id)?.name ?? `Account ${id}`}</span>;
}
