import { useSignal } from "@preact/signals";
import { cancelOrder } from "../api";
import { quantity } from "../decimal";
import { account } from "../live";
import { Empty, Loading } from "../parts/Empty";
import { Panel } from "../parts/Panel";
import { accountId } from "../selection";
import type { Order } from "../types";
import { orderTerms } from "../words";

export function Orders() {
  const shown = account.value;
  const failure = useSignal<string | null>(null);
  return (
    <Panel
      name="orders"
      title="Working orders"
      aside={shown && <span class="count num">{shown.orders.length}</span>}
    >
      {failure.value !== null && (
        <p class="field-error" role="alert">
          {failure.value}
        </p>
      )}
      {!shown ? (
        <Loading lines={1} />
      ) : shown.orders.length === 0 ? (
        <Empty>No working orders.</Empty>
      ) : (
        <ul class="order-list">
          {shown.orders.map((order) => (
            <Row key={order.order_id} order={order} onFailure={(text) => (failure.value = text)} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Row({ order, onFailure }: { order: Order; onFailure: (text: string | null) => void }) {
  const busy = useSignal(false);
  const filled = /[1-9]/.test(order.filled);
  const terms = `${order.side} ${quantity(order.qty)} ${order.symbol} ${orderTerms(order)}`;

  async function cancel() {
    const id = accountId.value;
    if (id === null || order.order_id === null || busy.value) return;
    busy.value = true;
    onFailure(null);
    try {
      await cancelOrder(id, order.order_id);
    } catch (error) {
      onFailure(`Order ${order.order_id} was not cancelled: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      busy.value = false;
    }
  }

  return (
    <li data-test="order">
      <span class="num">{terms}</span>
      <small class="faint num">
        {order.tif}
        {filled && `, filled ${quantity(order.filled)}`}
      </small>
      <button
        type="button"
        class="quiet"
        disabled={busy.value}
        aria-label={`Cancel order ${order.order_id}: ${terms}`}
        onClick={() => void cancel()}
      >
        {busy.value ? "Cancelling" : "Cancel"}
      </button>
    </li>
  );
}
