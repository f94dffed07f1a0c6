import { proofPath } from "../api";
import { fixed, money, quantity } from "../decimal";
import type { BreachEvent } from "../events";
import { Fact } from "../parts/Fact";
import { Signed } from "../parts/Signed";
import { price } from "../prices";
import { effectName, shortHash } from "../words";

/** Everything needed to check a breach by hand: equity against floor, mark by mark. */
export function Proof({ event }: { event: BreachEvent }) {
  return (
    <div class="proof-box">
      <dl class="proof">
        <Fact name="Equity" value={money(event.equity)} />
        <Fact name="Floor" value={money(event.floor)} />
        <Fact name="Baseline" value={money(event.baseline)} />
        <Fact name="Seq" value={fixed(event.seq, 0)} />
        <Fact name="Plan" value={`${event.plan_name ?? event.plan} v${event.plan_version}`} />
        <Fact name="Plan hash" value={shortHash(event.plan_hash)} title={event.plan_hash} />
      </dl>
      <p class="faint">
        {effectName(event.effect)}
        {event.primary ? ". This is the limit that decided." : ". Another limit decided."}{" "}
        <a href={proofPath(event)} download={`${event.seq}-${event.rule}.json`} data-test="proof-link">
          Proof to recompute
        </a>
      </p>
      {event.positions.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>Position</th>
              <th class="right">Qty</th>
              <th class="right">Mark</th>
              <th class="right">P&amp;L</th>
            </tr>
          </thead>
          <tbody>
            {event.positions.map((row) => (
              <tr key={row.instrument}>
                <td>{row.symbol ?? row.instrument}</td>
                <td class="num right">{quantity(row.qty)}</td>
                <td class="num right">{price(row.mark, row.instrument)}</td>
                <td class="right">
                  <Signed value={row.pnl} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
