import { money, quantity, sign, signed, subtract } from "../decimal";
import { account, accounts, refusal } from "../live";
import { Loading } from "../parts/Empty";
import { Arrow, Signed } from "../parts/Signed";
import { accountId } from "../selection";
import { trades } from "../standing";
import type { Account, Conduct } from "../types";
import { shortHash, STATES, windowText } from "../words";

export function AccountCard() {
  const shown = account.value;
  const name = shown?.name ?? accounts.value.get(accountId.value ?? "")?.name ?? "Account";
  return (
    <section class="panel account" aria-labelledby="account-title" data-panel="account">
      <header class="account-head">
        <div>
          <h2 id="account-title">{name}</h2>
          {shown && <PlanLine account={shown} />}
        </div>
        {shown && (
          <div class="badges">
            {shown.day_locked && trades(shown.state) && <span class="badge locked">Day locked</span>}
            <span class={`badge ${shown.state}`} data-test="state">
              {STATES[shown.state]}
              {shown.state === "evaluation" && ` phase ${shown.phase}`}
            </span>
          </div>
        )}
      </header>
      {shown ? <Figures account={shown} /> : <Waiting />}
    </section>
  );
}

function PlanLine({ account: { plan } }: { account: Account }) {
  return (
    <p class="plan">
      {plan.name} <span class="num">v{plan.version}</span>
      <span class="num faint" title={`Plan hash ${plan.hash}`}>
        {shortHash(plan.hash)}
      </span>
    </p>
  );
}

function Waiting() {
  if (refusal.value !== null) return <p class="empty">This account cannot be shown: {refusal.value}</p>;
  return <Loading lines={3} />;
}

function Figures({ account: a }: { account: Account }) {
  const sinceStart = subtract(a.equity, a.initial);
  return (
    <div class="figures">
      <p class="equity">
        <span class="hidden">Equity</span>
        <strong class="num" data-test="equity">
          {money(a.equity)}
        </strong>
        <span class="unit">{a.currency}</span>
        <span class={`num since ${sign(sinceStart) < 0 ? "loss" : sign(sinceStart) > 0 ? "gain" : "flat"}`}>
          <Arrow way={sign(sinceStart)} />
          {signed(sinceStart, 2)} <span class="faint">since start</span>
        </span>
      </p>
      <dl>
        <div>
          <dt>Day P&amp;L</dt>
          <dd>
            <Signed value={a.day.pnl} arrow />
          </dd>
        </div>
        <div>
          <dt>Unrealised</dt>
          <dd>
            <Signed value={a.unrealised} arrow />
          </dd>
        </div>
        <div>
          <dt>Balance</dt>
          <dd class="num">{money(a.balance)}</dd>
        </div>
        <div>
          <dt>Fees</dt>
          <dd class="num">{money(a.fees)}</dd>
        </div>
      </dl>
      {a.conduct && <Restrictions conduct={a.conduct} />}
    </div>
  );
}

/** What the plan's rules of conduct leave today; nothing where they say nothing. */
function Restrictions({ conduct: { size, orders, trades, windows } }: { conduct: Conduct }) {
  const counts = [
    { name: "Orders today", ...orders },
    { name: "Trades today", ...trades },
  ];
  return (
    <>
      {(size !== null || counts.some(({ max }) => max !== null)) && (
        <dl>
          {size && (
            <div>
              <dt>Size</dt>
              <dd class="num" data-test="size" title="Weighted worst case of positions and working orders, and the day's limit">
                {quantity(size.worst)} of {quantity(size.max)}
              </dd>
            </div>
          )}
          {counts.map(
            ({ name, today, max }) =>
              max !== null && (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd class="num">
                    {today} of {max}
                  </dd>
                </div>
              ),
          )}
        </dl>
      )}
      {windows.length > 0 && (
        <ul class="notices" data-test="windows">
          {windows.map((window) => (
            <li key={window.window}>{windowText(window)}</li>
          ))}
        </ul>
      )}
    </>
  );
}
