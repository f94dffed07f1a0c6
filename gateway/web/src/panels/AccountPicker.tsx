import { useComputed, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { fixed, money } from "../decimal";
import { accounts } from "../live";
import { Signed } from "../parts/Signed";
import { accountId, accountOrder, selectAccount } from "../selection";
import { trades } from "../standing";
import type { AccountRow } from "../types";
import { STATES } from "../words";

const MOST_SHOWN = 60;

function matches(row: AccountRow, words: string[]): boolean {
  const text = `${row.id} ${row.name} ${row.plan} ${row.state}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

export function AccountPicker() {
  const input = useRef<HTMLInputElement>(null);
  const open = useSignal(false);
  const query = useSignal("");
  const active = useSignal(0);

  const found = useComputed(() => {
    if (!open.value) return [];
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows: AccountRow[] = [];
    for (const id of accountOrder.value) {
      const row = accounts.value.get(id);
      if (row && matches(row, words)) rows.push(row);
      if (rows.length === MOST_SHOWN) break;
    }
    return rows;
  });

  const current = accountId.value === null ? undefined : accounts.value.get(accountId.value);

  function start() {
    open.value = true;
    query.value = "";
    active.value = Math.max(0, found.value.findIndex((row) => row.id === accountId.value));
    input.current?.select();
  }

  function choose(row: AccountRow | undefined) {
    if (!row) return;
    selectAccount(row.id);
    input.current?.blur();
  }

  function move(by: number) {
    const count = found.value.length;
    if (count === 0) return;
    active.value = (active.value + by + count) % count;
    document.getElementById(`account-option-${active.value}`)?.scrollIntoView({ block: "nearest" });
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter") choose(found.value[active.value]);
    else return;
    event.preventDefault();
  }

  return (
    <div class="picker">
      <label class="hidden" for="account-search">
        Account
      </label>
      <input
        id="account-search"
        ref={input}
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        aria-expanded={open.value}
        aria-controls="account-options"
        aria-autocomplete="list"
        aria-activedescendant={open.value && found.value.length > 0 ? `account-option-${active.value}` : undefined}
        placeholder={open.value ? "Name, plan, style or state" : "Choose an account"}
        value={open.value ? query.value : (current?.name ?? (accountId.value ? `Account ${accountId.value}` : ""))}
        data-account={accountId.value ?? ""}
        onFocus={start}
        onBlur={() => (open.value = false)}
        onInput={(event) => {
          query.value = event.currentTarget.value;
          active.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <kbd aria-hidden="true">/</kbd>
      {open.value && (
        <ul id="account-options" role="listbox" aria-label="Accounts">
          {found.value.map((row, n) => (
            <Option key={row.id} row={row} n={n} active={n === active.value} onChoose={() => choose(row)} />
          ))}
          {found.value.length === 0 && (
            <li class="empty" role="option" aria-selected="false" aria-disabled="true">
              {accounts.value.size === 0 ? "No accounts yet" : `No account matches \u201C${query.value}\u201D`}
            </li>
          )}
        </ul>
      )}
    </div>
  );
}

function Option({ row, n, active, onChoose }: { row: AccountRow; n: number; active: boolean; onChoose: () => void }) {
  return (
    <li
      id={`account-option-${n}`}
      role="option"
      aria-selected={active}
      // A click would blur the field, and close the list, before it reached the option.
      onMouseDown={(event) => {
        event.preventDefault();
        onChoose();
      }}
    >
      <span class="who">
        <b>{row.name}</b>
        <small>
          {row.plan}
        </small>
      </span>
      <span class={`badge ${row.state}`}>{row.day_locked && trades(row.state) ? "Day locked" : STATES[row.state]}</span>
      <span class="figures">
        <span class="num">{money(row.equity)}</span>
        <small>
          <Signed value={row.pnl_pct} unit="%" /> {row.worst_limit_used_pct !== null && (
            <span class="num faint">{fixed(row.worst_limit_used_pct, 0)}% used</span>
          )}
        </small>
      </span>
    </li>
  );
}
