import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { EngineEvent, OrderAccepted } from "../events";
import { eventsPaused } from "../keys";
import { lineOf, type Accepted } from "../lines";
import { accounts, events } from "../live";
import { Choice } from "../parts/Choice";
import { Empty, Loading } from "../parts/Empty";
import { Panel } from "../parts/Panel";
import { eventScope } from "../selection";
import { clockOf, dayOf } from "../time";
import { Proof } from "./Proof";

const SCOPES = [
  { value: "account", label: "This account" },
  { value: "all", label: "All" },
] as const;

export function Events() {
  const held = useSignal<readonly EngineEvent[] | null>(null);
  useSignalEffect(() => {
    if (!eventsPaused.value || events.value === null || held.peek() === null) held.value = events.value;
  });
  const waiting = useComputed(() => {
    const top = held.value?.[0]?.seq;
    if (!eventsPaused.value || events.value === null) return 0;
    const at = events.value.findIndex((event) => event.seq === top);
    return at < 0 ? events.value.length : at;
  });
  const rows = useComputed(() => keyed(held.value ?? []));
  const accepted = useComputed(() => acceptedIn(held.value ?? []));
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
          {rows.value.map(({ key, event }) => (
            <Row key={key} event={event} accepted={accepted.value} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

/** One input can cause several events of one type: its number and the place within it tell them apart. */
function keyed(list: readonly EngineEvent[]): { key: string; event: EngineEvent }[] {
  let place = 0;
  return list.map((event, n) => {
    place = list[n - 1]?.seq === event.seq ? place + 1 : 0;
    return { key: `${event.seq}/${place}`, event };
  });
}

function acceptedIn(list: readonly EngineEvent[]): Accepted {
  const found = new Map<string, OrderAccepted>();
  for (const event of list) {
    if (event.type === "order_accepted" && event.order_id !== null) found.set(event.order_id, event);
  }
  return found;
}

function Row({ event, accepted }: { event: EngineEvent; accepted: Accepted }) {
  const line = lineOf(event, accepted);
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
    <li class={line.tone} data-type={event.type} data-test="event">
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
