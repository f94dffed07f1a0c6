import { account, link } from "./live";
import { money, signed } from "./decimal";
import { STATES } from "./words";

const EVERY_MS = 1_000;

/** A page kept in a background tab still says how the account stands. */
export function showTitle(): void {
  setInterval(() => {
    const shown = account.value;
    const parts = [
      link.value.state === "live" ? "" : "Offline",
      shown && shown.state !== "evaluation" ? STATES[shown.state] : "",
      shown ? `${money(shown.equity)} (${signed(shown.day.pnl, 2)}) ${shown.name}` : "",
      "Dynasty",
    ];
    const title = parts.filter(Boolean).join(" | ");
    if (document.title !== title) document.title = title;
  }, EVERY_MS);
}
