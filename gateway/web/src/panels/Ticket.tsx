import type { Signal } from "@preact/signals";
import { account, instruments, link } from "../live";
import { Choice } from "../parts/Choice";
import { Panel } from "../parts/Panel";
import { instrumentId } from "../selection";
import { noOrders } from "../standing";
import * as ticket from "../ticket";
import type { TimeInForce } from "../types";
import { fixed, digitsOf } from "../decimal";

const SIDES = [
  { value: "buy", label: "Buy", class: "buy" },
  { value: "sell", label: "Sell", class: "sell" },
] as const;
const TYPES = [
  { value: "market", label: "Market" },
  { value: "limit", label: "Limit" },
  { value: "stop", label: "Stop" },
] as const;
const LABELS: Record<string, string> = {
  instrument: "Instrument",
  side: "Side",
  type: "Type",
  qty: "Qty",
  price: "Price",
  trigger: "Trigger",
  tif: "In force",
};
const TIFS: [TimeInForce, string][] = [
  ["gtc", "GTC"],
  ["ioc", "IOC"],
  ["day", "Day"],
];

export function Ticket() {
  const id = ticket.instrument.value ?? instrumentId.value;
  const chosen = id === null ? undefined : instruments.value.get(id)?.row;
  const outcome = ticket.outcome.value;
  const live = link.value.state === "live";
  const denied = account.value && noOrders(account.value);
  const side = ticket.side.value;
  const digits = chosen ? digitsOf(chosen.tick_size) : 2;
  const touch = side === "buy" ? chosen?.ask : chosen?.bid;

  const terms =
    ticket.type.value === "limit"
      ? `limit ${ticket.price.value}`
      : ticket.type.value === "stop"
        ? `stop ${ticket.trigger.value}`
        : chosen?.is_stale
          ? "at market, quote is stale"
          : touch
            ? `at market, ${side === "buy" ? "ask" : "bid"} ${fixed(touch, digits)}`
            : "at market";

  return (
    <Panel name="ticket" title="Order ticket" class={denied ? "muted" : ""}>
      <form
        class={ticket.type.value === "market" ? "" : "priced"}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          ticket.instrument.value = id;
          void ticket.submit();
        }}
      >
        <fieldset class="fields" aria-label="Order" disabled={Boolean(denied)}>
          <Choice name="side" legend="Side" value={side} options={SIDES} onChange={(v) => (ticket.side.value = v)} />
          <Choice name="type" legend="Type" value={ticket.type.value} options={TYPES} onChange={(v) => (ticket.type.value = v)} />
          <label class="field instrument">
            <span>Instrument</span>
            <select
              id="ticket-instrument"
              value={id ?? ""}
              onChange={(event) => (ticket.instrument.value = event.currentTarget.value)}
            >
              {[...instruments.value.values()].map(({ row }) => (
                <option key={row.id} value={row.id}>
                  {row.symbol}
                </option>
              ))}
            </select>
          </label>
          <NumberField name="qty" label="Qty" value={ticket.qty} hint={chosen ? `lot ${chosen.lot_size}` : ""} />
          {ticket.type.value === "limit" && (
            <NumberField name="price" label="Price" value={ticket.price} hint={chosen ? `tick ${chosen.tick_size}` : ""} />
          )}
          {ticket.type.value === "stop" && (
            <NumberField name="trigger" label="Trigger" value={ticket.trigger} hint={chosen ? `tick ${chosen.tick_size}` : ""} />
          )}
          <label class="field tif">
            <span>In force</span>
            <select
              id="ticket-tif"
              value={ticket.tif.value}
              onChange={(event) => (ticket.tif.value = event.currentTarget.value as TimeInForce)}
            >
              {TIFS.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <Errors />
          <button id="ticket-send" type="submit" class={`send ${side}`} disabled={!live || ticket.busy.value}>
            {ticket.busy.value
              ? "Sending"
              : `${side === "buy" ? "Buy" : "Sell"} ${chosen?.symbol ?? ""} ${terms}`}
          </button>
        </fieldset>
      </form>
      <p class={`outcome ${denied ? "warn" : (outcome?.tone ?? "")}`} role="status" data-test="outcome">
        {denied || (live ? (outcome?.text ?? "") : "Orders wait until the page is live again.")}
      </p>
    </Panel>
  );
}

interface NumberFieldProps {
  name: "qty" | "price" | "trigger";
  label: string;
  value: Signal<string>;
  hint: string;
}

function NumberField({ name, label, value, hint }: NumberFieldProps) {
  const wrong = ticket.errors.value[name] !== undefined;
  return (
    <label class={name === "qty" ? "field" : "field level"}>
      <span>
        {label} <small class="faint num">{hint}</small>
      </span>
      <input
        id={`ticket-${name}`}
        class="num"
        type="text"
        inputMode="decimal"
        autocomplete="off"
        value={value.value}
        aria-invalid={wrong}
        aria-describedby={wrong ? `ticket-${name}-error` : undefined}
        onInput={(event) => (value.value = event.currentTarget.value)}
      />
    </label>
  );
}

/** One line each below the row of fields, since a field is too narrow for a sentence. */
function Errors() {
  return (
    <>
      {Object.entries(ticket.errors.value).map(([field, text]) => (
        <p key={field} class="field-error" id={`ticket-${field}-error`} role="alert">
          <b>{LABELS[field] ?? field}</b> {text}
        </p>
      ))}
    </>
  );
}
