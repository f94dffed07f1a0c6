import { effect } from "@preact/signals";
import uPlot from "uplot";
import { money, plot } from "../decimal";
import { account, equity } from "../live";
import { axisLabel, stampOf } from "../time";
import { ruleName } from "../words";
import { color } from "./colors";

interface Guide {
  value: number;
  label: string;
  tone: "loss-text" | "gain";
}

/** At demo speed points arrive faster than a curve of this width can show. */
const REDRAW_MS = 250;

function guides(): Guide[] {
  const shown = account.peek();
  if (!shown) return [];
  const found: Guide[] = shown.limits.map(({ rule, floor }) => ({
    value: plot(floor),
    label: `${ruleName(rule)} floor ${money(floor)}`,
    tone: "loss-text",
  }));
  for (const objective of shown.objectives) {
    if (objective.kind !== "profit_target") continue;
    found.push({ value: plot(objective.target), label: `Target ${money(objective.target)}`, tone: "gain" });
  }
  return found;
}

/** Each label sits on its own line; where lines lie close, the next label moves along. */
function drawGuides(u: uPlot): void {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  const scale = devicePixelRatio;
  const plate = color("surface");
  const placed: { y: number; end: number }[] = [];
  const inside = guides()
    .map((guide) => ({ ...guide, y: Math.round(u.valToPos(guide.value, "y", true)) + 0.5 }))
    .filter(({ y }) => y >= top && y <= top + height);
  ctx.save();
  ctx.font = `${10 * scale}px ${color("mono")}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.setLineDash([5 * scale, 4 * scale]);
  ctx.lineWidth = scale;
  for (const { tone, y } of inside) {
    ctx.strokeStyle = color(tone);
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.stroke();
  }
  for (const { tone, label, y } of inside) {
    const close = placed.filter((other) => Math.abs(other.y - y) < 13 * scale).map(({ end }) => end);
    const x = Math.max(left + 8 * scale, ...close.map((end) => end + 8 * scale));
    const size = ctx.measureText(label).width;
    ctx.fillStyle = plate;
    ctx.fillRect(x - 4 * scale, y - 6 * scale, size + 8 * scale, 12 * scale);
    ctx.fillStyle = color(tone);
    ctx.fillText(label, x, y);
    placed.push({ y, end: x + size });
  }
  ctx.restore();
}

function range(_: uPlot, low: number | null, high: number | null): [number, number] {
  const values = guides().map(({ value }) => value);
  if (low !== null && high !== null) values.push(low, high);
  if (values.length === 0) return [0, 1];
  const min = Math.min(...values);
  const max = Math.max(...values);
  const pad = (max - min || 1) * 0.08;
  return [min - pad, max + pad];
}

export function drawEquity(place: HTMLElement): () => void {
  const axis = {
    stroke: color("muted"),
    font: `11px ${color("mono")}`,
    grid: { stroke: color("grid"), width: 1 },
    ticks: { show: false },
  };
  const chart = new uPlot(
    {
      width: Math.max(200, place.clientWidth),
      height: Math.max(80, place.clientHeight),
      legend: { show: false },
      padding: [4, 24, 0, 0],
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      tzDate: (unix) => uPlot.tzDate(new Date(unix * 1000), "Etc/UTC"),
      scales: { x: { time: true }, y: { range } },
      axes: [
        { ...axis, size: 24, space: 90, values: (_, at) => at.map(axisLabel) },
        { ...axis, size: 64, space: 28, values: (_, at) => at.map((v) => v.toLocaleString("en-US")) },
      ],
      series: [
        { label: "Market time", value: (_, v) => (v == null ? "" : stampOf(v)) },
        { label: "Equity", stroke: color("accent"), width: 1.5, points: { show: false } },
        { label: "Balance", stroke: color("muted"), width: 1, points: { show: false } },
      ],
      hooks: { draw: [drawGuides] },
    },
    [[], [], []],
    place,
  );

  let timer: ReturnType<typeof setTimeout> | undefined;
  function redraw(): void {
    timer = undefined;
    const { points } = equity;
    chart.setData([
      points.map((p) => p.t),
      points.map((p) => plot(p.equity)),
      points.map((p) => plot(p.balance)),
    ]);
  }
  const stop = effect(() => {
    equity.version.value;
    account.value;
    timer ??= setTimeout(redraw, REDRAW_MS);
  });
  const observer = new ResizeObserver(() => {
    if (place.clientWidth > 0 && place.clientHeight > 0) {
      chart.setSize({ width: place.clientWidth, height: place.clientHeight });
    }
  });
  observer.observe(place);

  return () => {
    stop();
    clearTimeout(timer);
    observer.disconnect();
    chart.destroy();
  };
}
