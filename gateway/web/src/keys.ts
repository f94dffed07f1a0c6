import { signal } from "@preact/signals";
import { eventScope, INTERVALS, interval, stepAccount, stepInstrument } from "./selection";
import { focusTicket } from "./ticket";

export const helpOpen = signal(false);
export const eventsPaused = signal(false);

export const SHORTCUTS: [keys: string[], what: string][] = [
  [["/"], "Find an account"],
  [["j", "\u2193"], "Next account"],
  [["k", "\u2191"], "Previous account"],
  [["1", "9"], "Choose an instrument"],
  [["i"], "Next candle interval"],
  [["b"], "Buy: go to the order ticket"],
  [["s"], "Sell: go to the order ticket"],
  [["e"], "Events of this account or of all"],
  [["p"], "Pause or resume the event list"],
  [["?"], "Show or hide this help"],
  [["Esc"], "Close, or leave a field"],
];

const actions: Record<string, () => void> = {
  "/": () => document.querySelector<HTMLInputElement>("#account-search")?.focus(),
  j: () => stepAccount(1),
  ArrowDown: () => stepAccount(1),
  k: () => stepAccount(-1),
  ArrowUp: () => stepAccount(-1),
  i: () => {
    const at = INTERVALS.findIndex(({ seconds }) => seconds === interval.value);
    interval.value = INTERVALS[(at + 1) % INTERVALS.length]!.seconds;
  },
  b: () => focusTicket("buy"),
  s: () => focusTicket("sell"),
  e: () => (eventScope.value = eventScope.value === "all" ? "account" : "all"),
  p: () => (eventsPaused.value = !eventsPaused.value),
  "?": () => (helpOpen.value = true),
};

/** Keys a focused control or scroll area needs for itself stay with it. */
function takenBy(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches("input:not([type=radio]), select, textarea")) return true;
  return key.startsWith("Arrow") && target.matches("input, [tabindex='0']");
}

export function listenToKeys(): void {
  window.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (document.activeElement instanceof HTMLElement && !helpOpen.value) document.activeElement.blur();
      helpOpen.value = false;
      return;
    }
    if (helpOpen.value && event.key !== "?") return;
    if (takenBy(event.target, event.key)) return;
    if (event.key === "?" && helpOpen.value) {
      helpOpen.value = false;
      return;
    }
    const action = /^[1-9]$/.test(event.key) ? () => stepInstrument(Number(event.key) - 1) : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
