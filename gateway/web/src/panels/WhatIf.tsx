import { signal } from "@preact/signals";
import { askWhatIf, Refused } from "../api";
import { instruments } from "../live";
import { accountId, instrumentId } from "../selection";
import { whatIfText } from "../standing";
import type { Side } from "../types";

const side = signal<Side>("buy");
const qty = signal("1");
/** Whose answer it is: another account's or instrument's says nothing. */
const answer = signal<{ of: string; lines: string[] } | null>(null);

/** What a market order would do to the limits of this account, without sending it. */
export function WhatIf() {
  const [account, instrument] = [accountId.value, instrumentId.value];
  const symbol = instrument === null ? undefined : instruments.value.get(instrument)?.row.symbol;
  if (account === null || instrument === null || symbol === undefined) return null;
  const of = `${account} ${instrument}`;

  const ask = async () => {
    const order = { instrument, side: side.value, type: "market" as const, tif: "ioc" as const, qty: qty.value.trim() };
    try {
      answer.value = { of, lines: whatIfText(await askWhatIf(account, order)) };
    } catch (error) {
      const problem = error instanceof Refused ? error.problem : null;
      const fault = problem?.errors[0];
      const accepted = fault ? `${fault.field}: accepted ${fault.accepted}` : undefined;
      answer.value = { of, lines: [accepted ?? problem?.detail ?? "The server did not answer."] };
    }
  };

  return (
    <form
      class="what-if"
      aria-label="What if"
      onSubmit={(event) => {
        event.preventDefault();
        void ask();
      }}
    >
      <label>
        <span class="faint">What if I</span>{" "}
        <select id="what-if-side" value={side.value} onChange={(event) => (side.value = event.currentTarget.value as Side)}>
          <option value="buy">buy</option>
          <option value="sell">sell</option>
        </select>
      </label>{" "}
      <label>
        <input
          id="what-if-qty"
          class="num"
          aria-label="Quantity"
          inputMode="decimal"
          size={6}
          value={qty.value}
          onInput={(event) => (qty.value = event.currentTarget.value)}
        />
      </label>{" "}
      <span>{symbol}</span> <button type="submit" class="quiet">
        Ask
      </button>
      <div role="status" data-test="what-if">
        {answer.value?.of === of && answer.value.lines.map((line) => <p key={line}>{line}</p>)}
      </div>
    </form>
  );
}
