import { useEffect, useRef } from "preact/hooks";
import { drawEquity } from "../charts/equity";
import { guides } from "../charts/guides";
import { equity, equityReady } from "../live";
import { Panel } from "../parts/Panel";

export function EquityPanel() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => (place.current ? drawEquity(place.current) : undefined), []);
  const count = equity.version.value >= 0 ? equity.points.length : 0;
  return (
    <Panel
      name="equity-curve"
      title="Equity curve"
      aside={
        <ul class="legend" aria-label="Lines">
          <li>
            <span class="swatch line-equity" aria-hidden="true" /> equity
          </li>
          <li>
            <span class="swatch line-balance" aria-hidden="true" /> balance
          </li>
          {guides.value.map(({ kind, label }) => (
            <li key={kind}>
              <span class={`swatch line-${kind}`} aria-hidden="true" /> <span class="num">{label}</span>
            </li>
          ))}
        </ul>
      }
    >
      <div class="canvas" ref={place} data-test="equity-chart" data-points={count} role="img" aria-label="Equity and balance over market time" />
      {count === 0 && (
        <p class="over">{equityReady.value ? "No history yet. The curve starts with the first trade." : "Loading the curve"}</p>
      )}
    </Panel>
  );
}
