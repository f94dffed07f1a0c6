import { effect } from "@preact/signals";
import {
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  LineStyle,
  type AutoscaleInfo,
  type CandlestickData,
  type IPriceLine,
  type UTCTimestamp,
} from "lightweight-charts";
import { digitsOf, plot } from "../decimal";
import { candles, instruments } from "../live";
import { instrumentId } from "../selection";
import { axisLabel, stampOf } from "../time";
import type { Candle } from "../types";
import { color } from "./colors";
import { levels, type Level } from "./levels";

/** A line further away than this many times the candles' own range would flatten the candles. */
const REACH = 0.75;

function drawn({ t, o, h, l, c }: Candle): CandlestickData<UTCTimestamp> {
  return { time: t as UTCTimestamp, open: plot(o), high: plot(h), low: plot(l), close: plot(c) };
}

export function drawPrice(place: HTMLElement): () => void {
  const chart = createChart(place, {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: color("surface") },
      textColor: color("muted"),
      fontFamily: color("mono"),
      fontSize: 11,
      attributionLogo: true,
    },
    grid: { vertLines: { color: color("grid") }, horzLines: { color: color("grid") } },
    crosshair: { mode: CrosshairMode.Normal },
    rightPriceScale: { borderColor: color("line"), scaleMargins: { top: 0.08, bottom: 0.08 } },
    timeScale: {
      borderColor: color("line"),
      rightOffset: 4,
      timeVisible: true,
      tickMarkFormatter: (time: unknown) => axisLabel(Number(time)),
    },
    localization: { timeFormatter: (time: unknown) => stampOf(Number(time)) },
  });
  const series = chart.addSeries(CandlestickSeries, {
    upColor: color("gain"),
    borderUpColor: color("gain"),
    wickUpColor: color("gain"),
    // Falls are dark inside: the direction of a candle is readable without its hue.
    downColor: color("fall"),
    borderDownColor: color("loss"),
    wickDownColor: color("loss"),
    title: "mid",
    autoscaleInfoProvider: (own: () => AutoscaleInfo | null) => reach(own(), levels.peek()),
  });

  let start = -1;
  let last = -1;
  const stopCandles = effect(() => {
    candles.version.value;
    const { points } = candles;
    if (candles.start() !== start) {
      start = candles.start();
      const digits = digitsOf(instruments.peek().get(instrumentId.peek() ?? "")?.row.tick_size ?? "0.01");
      series.applyOptions({ priceFormat: { type: "price", precision: digits, minMove: 10 ** -digits } });
      series.setData(points.map(drawn));
      chart.timeScale().applyOptions({ barSpacing: 7 });
      chart.timeScale().scrollToRealTime();
    } else {
      let from = points.length;
      while (from > 0 && points[from - 1]!.t >= last) from -= 1;
      for (const point of points.slice(from)) series.update(drawn(point));
    }
    last = points.at(-1)?.t ?? -1;
  });

  let lines: { level: Level; line: IPriceLine }[] = [];
  const stopLevels = effect(() => {
    const next = levels.value;
    const same = lines.length === next.length && lines.every(({ level }, n) => level.key === next[n]!.key);
    if (!same) {
      for (const { line } of lines) series.removePriceLine(line);
      lines = next.map((level) => ({ level, line: series.createPriceLine(look(level)) }));
      return;
    }
    lines = next.map((level, n) => {
      const { level: old, line } = lines[n]!;
      if (old.value !== level.value || old.title !== level.title) line.applyOptions(look(level));
      return { level, line };
    });
  });

  return () => {
    stopCandles();
    stopLevels();
    chart.remove();
  };
}

function look(level: Level) {
  const average = level.tone === "average";
  return {
    price: level.value,
    title: level.title,
    color: color(average ? "accent" : "loss"),
    lineWidth: 1 as const,
    lineStyle: average ? LineStyle.Solid : LineStyle.Dashed,
    axisLabelVisible: true,
    axisLabelTextColor: color("ink"),
  };
}

function reach(own: AutoscaleInfo | null, wanted: Level[]): AutoscaleInfo | null {
  if (!own?.priceRange) return own;
  const { minValue, maxValue } = own.priceRange;
  const room = (maxValue - minValue) * REACH;
  const near = wanted.map(({ value }) => value).filter((v) => v > minValue - room && v < maxValue + room);
  return { ...own, priceRange: { minValue: Math.min(minValue, ...near), maxValue: Math.max(maxValue, ...near) } };
}
