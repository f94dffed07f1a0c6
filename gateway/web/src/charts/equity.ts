import { effect } from "@preact/signals";
import uPlot from "uplot";
import { plot } from "../decimal";
import { account, equity } from "../live";
import { trades } from "../standing";
import { axisLabel, stampOf } from "../time";
import { color } from "./colors";
import { daySpan, guides } from "./guides";

/** At demo speed points arrive faster than a curve of this width can show. */
const REDRAW_MS = 250;

/** A day is a dot on a long curve, so its floor may run into the margin on the right. */
const SHORTEST = 22;

function drawGuides(u: uPlot): void {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  const scale = devicePixelRatio;
  const shown = account.peek();
  const last = equity.points.at(-1)?.t ?? 0;
  const day = daySpan(shown?.day.date ?? null, shown !== null && trades(shown.state), last);
  ctx.save();
  for (const guide of guides.peek()) {
    const y = Math.round(u.valToPos(guide.value, "y", true)) + 0.5;
    if (y < top || y > top + height) continue;
    const from = guide.ofDay ? Math.max(left, u.valToPos(day[0], "x", true)) : left;
    const to = guide.ofDay ? u.valToPos(day[1], "x", true) : left + width;
    if (to <= left) continue;
    const end = guide.ofDay ? Math.max(to, from + SHORTEST * scale) : to;
    ctx.lineWidth = (guide.ofDay ? 2 : 1) * scale;
    ctx.strokeStyle = color(guide.kind === "target" ? "gain" : "loss-text");
    ctx.setLineDash(guide.kind === "daily_loss" ? [2 * scale, 3 * scale] : [5 * scale, 4 * scale]);
    ctx.beginPath();
    ctx.moveTo(from, y);
    ctx.lineTo(end, y);
    ctx.stroke();
  }
  ctx.restore();
}

function range(_: uPlot, low: number | null, high: number | null): [number, number] {
  const values = guides.peek().map(({ value }) => value);
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
      padding: [4, SHORTEST + 4, 0, 0],
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
