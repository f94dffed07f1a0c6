import { money, quantity } from "../decimal";
import { account } from "../live";
import { Empty, Loading } from "../parts/Empty";
import { Panel } from "../parts/Panel";
import { Signed } from "../parts/Signed";
import { price } from "../prices";
import { instrumentId } from "../selection";
import { prepareClose } from "../ticket";
import type { Position } from "../types";

export function Positions() {
  const shown = account.value;
  return (
    <Panel
      name="positions"
      title="Positions"
      aside={shown && <span class="count num">{shown.positions.length}</span>}
    >
      {!shown ? (
        <Loading lines={2} />
      ) : shown.positions.length === 0 ? (
        <Empty>Flat. No open positions.</Empty>
      ) : (
        <div class="scroll-x">
          <table>
            <thead>
              <tr>
                <th>Symbol</th>
                <th class="right">Qty</th>
                <th class="right">Average</th>
                <th class="right">Mark</th>
                <th class="right">Unrealised</th>
                <th>
                  <span class="hidden">Close</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.positions.map((position) => (
                <Row key={position.instrument} position={position} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Row({ position: p }: { position: Position }) {
  return (
    <tr data-test="position" title={`Notional ${money(p.notional)}`}>
      <td>
        <button type="button" class="symbol" onClick={() => (instrumentId.value = p.instrument)}>
          {p.symbol}
        </button>
      </td>
      <td class="num right">
        <span class="side">{p.side}</span> {quantity(p.qty)}
      </td>
      <td class="num right">{price(p.avg_price, p.instrument)}</td>
      <td class="num right">{p.mark === null ? "\u2013" : price(p.mark, p.instrument)}</td>
      <td class="right">
        <Signed value={p.unrealised} arrow />
      </td>
      <td class="right">
        <button type="button" class="quiet" aria-label={`Prepare an order that closes ${p.symbol}`} onClick={() => prepareClose(p)}>
          Close
        </button>
      </td>
    </tr>
  );
}
