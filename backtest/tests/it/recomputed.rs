//! What is held after each bar of real data, against the rule of each strategy written over the whole history at once.
//! Figures are those of the catalogue of indicators, which are held to `TA-Lib` elsewhere.

use backtest::indicator::{self, Bar, Sample};
use backtest::run::{Fills, Memory, Settings, Timed, Unobserved, plain_plan, run};
use backtest::strategies;
use backtest::strategy::Values;
use types::{InstrumentId, MarketData, Money, Price, Qty};

use crate::world::{bars_of, share};

type Row = Vec<Option<f64>>;

/// A history: bars, and the minutes since 1970 at which each starts and ends.
struct History {
    bars: Vec<Bar>,
    starts: Vec<u64>,
    ends: Vec<u64>,
}

impl History {
    fn new(events: &[Timed]) -> Self {
        let mut history = Self {
            bars: Vec::new(),
            starts: Vec::new(),
            ends: Vec::new(),
        };
        for timed in events {
            let MarketData::Bar(bar) = timed.event.data else {
                unreachable!("a file of bars")
            };
            let units = |price: Price| price.0 as f64 / Price::ONE.0 as f64;
            history.bars.push(Bar {
                open: units(bar.open),
                high: units(bar.high),
                low: units(bar.low),
                close: units(bar.close),
                volume: bar.volume.0 as f64 / Qty::ONE.0 as f64,
            });
            history.starts.push(bar.start.0 / 60_000_000_000);
            history.ends.push(timed.ts.0 / 60_000_000_000);
        }
        history
    }

    fn close(&self, at: usize) -> f64 {
        self.bars[at].close
    }

    /// Outputs of an indicator, bar by bar.
    fn figures(&self, name: &str, parameters: &[f64]) -> Vec<Row> {
        let closes: Vec<_> = self.bars.iter().map(|bar| Some(bar.close)).collect();
        self.figures_of(name, parameters, &closes)
    }

    /// Of another series than the closes; it begins with the first value.
    fn figures_of(&self, name: &str, parameters: &[f64], values: &[Option<f64>]) -> Vec<Row> {
        let entry = indicator::find(name).unwrap_or_else(|| panic!("{name}"));
        let mut feed = entry.build(parameters).unwrap();
        let empty = vec![None; entry.outputs.len()];
        let each = self.bars.iter().zip(values);
        each.map(|(bar, value)| match value {
            None => empty.clone(),
            Some(close) => {
                let bar = Bar {
                    close: *close,
                    ..*bar
                };
                feed.update(&Sample {
                    bar,
                    ..Sample::default()
                })
                .to_vec()
            }
        })
        .collect()
    }

    /// The first output.
    fn line(&self, name: &str, parameters: &[f64]) -> Row {
        self.figures(name, parameters)
            .into_iter()
            .map(|row| row[0])
            .collect()
    }

    /// Highest high and lowest low of bars from `at - count` to `at`, `at` not included.
    fn range(&self, at: usize, count: usize) -> Option<(f64, f64)> {
        let bars = &self.bars[at.checked_sub(count)?..at];
        let high = bars.iter().map(|bar| bar.high).fold(f64::MIN, f64::max);
        Some((
            high,
            bars.iter().map(|bar| bar.low).fold(f64::MAX, f64::min),
        ))
    }

    /// From bar to bar: what is wanted, if anything new, when so much is held.
    fn walk(&self, mut wanted: impl FnMut(usize, i64) -> Option<i64>) -> Vec<i64> {
        let mut held = 0;
        let bars = 0..self.bars.len();
        bars.map(|at| {
            held = wanted(at, held).unwrap_or(held);
            held
        })
        .collect()
    }
}

fn sign(value: f64) -> Option<i64> {
    (value != 0.0).then(|| value.signum() as i64)
}

/// Long below the first, short above the last, out beyond the middle.
fn levels(figure: Option<f64>, held: i64, [low, exit, high]: [f64; 3]) -> Option<i64> {
    let figure = figure?;
    if figure < low {
        Some(1)
    } else if figure > high {
        Some(-1)
    } else if (held > 0 && figure > exit) || (held < 0 && figure < exit) {
        Some(0)
    } else {
        None
    }
}

/// The side that is held after each bar, filled at its close.
fn held(events: &[Timed], name: &str, set: &[(&str, &str)]) -> Vec<i64> {
    let declared = strategies::find(name).unwrap_or_else(|| panic!("{name}"));
    let mut values = Values::defaults(declared.parameters);
    if declared.parameters.iter().any(|it| it.name == "side")
        && !set.iter().any(|it| it.0 == "side")
    {
        // A long and a short one; what has no two sides says so.
        let _ = values.set("side", "both");
    }
    for (name, text) in set {
        values.set(name, text).unwrap();
    }
    let mut strategy = (declared.build)(&values).unwrap();
    let mut instrument = share("X", Qty(1_000_000));
    instrument.tick_size = Price(10_000);
    let settings = Settings {
        fills: Fills::SameClose,
        ..Settings::new(
            vec![instrument],
            plain_plan("USD", Money::whole(100_000_000)).unwrap(),
        )
    };
    let outcome = run(
        &settings,
        vec![Memory::new(events)],
        &mut *strategy,
        &mut Unobserved,
    )
    .unwrap();
    assert_eq!(outcome.refusals, [], "{name}");
    let mut fills = outcome.fills.iter().peekable();
    let mut position = 0;
    events
        .iter()
        .map(|timed| {
            while let Some(fill) = fills.next_if(|executed| executed.ts <= timed.ts) {
                position += fill.fill.side.sign() * fill.fill.qty.0;
            }
            position.signum()
        })
        .collect()
}

fn check(events: &[Timed], name: &str, set: &[(&str, &str)], expected: &[i64]) {
    let held = held(events, name, set);
    let differs = held
        .iter()
        .zip(expected)
        .position(|(one, other)| one != other);
    assert_eq!(
        differs,
        None,
        "{name} {set:?}: held {:?}",
        differs.map(|at| (held[at], expected[at]))
    );
    assert_eq!(held.len(), expected.len());
    let changes = expected
        .windows(2)
        .filter(|pair| pair[0] != pair[1])
        .count();
    assert!(
        changes >= 3 || name == "volatility_target",
        "{name}: only {changes} changes"
    );
}

fn daily() -> (Vec<Timed>, History) {
    let events = bars_of(&["goog_1d_bars.csv.gz"], 2_148);
    let history = History::new(&events);
    (events, history)
}

#[test]
fn averages() {
    let (events, of) = daily();
    let (fast, slow) = (of.line("ema", &[12.0]), of.line("ema", &[26.0]));
    let expected = of.walk(|at, _| sign(fast[at]? - slow[at]?));
    check(&events, "ema_cross", &[], &expected);

    let [fast, middle, slow] = [4.0, 9.0, 18.0].map(|period| of.line("sma", &[period]));
    let expected = of.walk(|at, held| {
        let (fast, middle, slow) = (fast[at]?, middle[at]?, slow[at]?);
        if fast > middle && middle > slow {
            Some(1)
        } else if fast < middle && middle < slow {
            Some(-1)
        } else if (held > 0 && fast <= middle) || (held < 0 && fast >= middle) {
            Some(0)
        } else {
            None
        }
    });
    check(&events, "triple_sma", &[], &expected);

    let lines = of.figures("macd", &[12.0, 26.0, 9.0]);
    let expected = of.walk(|at, _| sign(lines[at][0]? - lines[at][1]?));
    check(&events, "macd", &[], &expected);

    let hull = of.line("hull", &[55.0]);
    let expected = of.walk(|at, _| sign(hull[at]? - hull[at.checked_sub(1)?]?));
    check(&events, "hull_trend", &[], &expected);

    let trix = of.line("trix", &[15.0]);
    check(&events, "trix", &[], &of.walk(|at, _| sign(trix[at]?)));

    let volume = of.line("obv", &[]);
    let expected = of.walk(|at, _| {
        let window = &volume[at.checked_sub(19)?..=at];
        let mean = window.iter().map(|it| it.unwrap()).sum::<f64>() / 20.0;
        sign(volume[at]? - mean)
    });
    check(&events, "obv_trend", &[], &expected);

    let (fast, slow) = (of.line("sma", &[10.0]), of.line("sma", &[30.0]));
    let gap = |at: usize| Some(fast[at]? - slow[at]?);
    let expected = of.walk(|at, _| {
        let (before, now) = (gap(at.checked_sub(1)?)?, gap(at)?);
        sign(now).filter(|_| before * now <= 0.0)
    });
    check(&events, "sma_cross", &[], &expected);
}

#[test]
fn an_adaptive_average_and_its_filter() {
    let (events, of) = daily();
    let average = of.line("kama", &[10.0]);
    let first = average.iter().position(Option::is_some).unwrap();
    let known: Vec<f64> = average[first..].iter().map(|it| it.unwrap()).collect();
    // The average of the bar of the last signal, from which the extremes are counted.
    let mut since = 0;
    let expected = of.walk(|at, _| {
        let now = at.checked_sub(first).filter(|now| *now >= 20)?;
        let changes: Vec<f64> = known[now - 20..=now]
            .windows(2)
            .map(|it| it[1] - it[0])
            .collect();
        let mean = changes.iter().sum::<f64>() / 20.0;
        let variance = changes.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / 20.0;
        let filter = 0.1 * variance.sqrt();
        let window = &known[since..=now];
        let low = window.iter().copied().fold(f64::MAX, f64::min);
        let high = window.iter().copied().fold(f64::MIN, f64::max);
        let change = known[now] - known[now - 1];
        let signal = if known[now] - low > filter && change > 0.0 {
            1
        } else if high - known[now] > filter && change < 0.0 {
            -1
        } else {
            return None;
        };
        since = now;
        Some(signal)
    });
    check(&events, "kama_trend", &[], &expected);
}

#[test]
fn breakouts() {
    let (events, of) = daily();
    let channel = |at: usize, held: i64| {
        let close = of.close(at);
        let (high, low) = of.range(at, 20).unwrap_or((f64::MAX, f64::MIN));
        let (exit_high, exit_low) = of.range(at, 10)?;
        if close > high {
            Some(1)
        } else if close < low {
            Some(-1)
        } else if (held > 0 && close < exit_low) || (held < 0 && close > exit_high) {
            Some(0)
        } else {
            None
        }
    };
    check(&events, "donchian", &[], &of.walk(channel));

    let range = of.line("atr", &[20.0]);
    let (mut last, mut n) = (0.0, 0.0);
    let mut units = 0;
    let expected = of.walk(|at, held| {
        let (close, broke) = (of.close(at), channel(at, held));
        if held == 0 {
            let (side, range) = (broke.filter(|side| *side != 0)?, range[at]?);
            (last, n, units) = (close, range, 1);
            return Some(side);
        }
        let ahead = held as f64 * (close - last);
        if broke == Some(0) || broke == Some(-held) || ahead <= -2.0 * n {
            return Some(0);
        }
        if ahead >= 0.5 * n && units < 4 {
            (last, units) = (close, units + 1);
        }
        None
    });
    check(&events, "turtle", &[], &expected);

    let band = of.figures("keltner", &[20.0, 10.0, 2.0]);
    let expected = of.walk(|at, held| {
        let (close, [upper, middle, lower]) =
            (of.close(at), [band[at][0]?, band[at][1]?, band[at][2]?]);
        if close > upper {
            Some(1)
        } else if close < lower {
            Some(-1)
        } else if (held > 0 && close < middle) || (held < 0 && close > middle) {
            Some(0)
        } else {
            None
        }
    });
    check(&events, "keltner_breakout", &[], &expected);

    let expected = of.walk(|at, _| {
        let window = &of.bars[at.checked_sub(251)?..=at];
        let high = window.iter().map(|bar| bar.close).fold(f64::MIN, f64::max);
        if of.close(at) >= 0.98 * high {
            Some(1)
        } else {
            (of.close(at) < 0.9 * high).then_some(0)
        }
    });
    check(&events, "year_high", &[], &expected);
}

#[test]
fn trends() {
    let (events, of) = daily();
    let line = of.figures("supertrend", &[10.0, 3.0]);
    // The second output is 1 in a rise.
    let is_up = |at: usize| Some(line[at][1]? > 0.0);
    let expected = of.walk(|at, _| match (is_up(at.checked_sub(1)?)?, is_up(at)?) {
        (false, true) => Some(1),
        (true, false) => Some(-1),
        _ => None,
    });
    check(&events, "supertrend", &[], &expected);

    let movement = of.figures("directional_movement", &[14.0]);
    let expected = of.walk(|at, held| {
        let row = &movement[at];
        let (plus, minus, adx) = (row[0]?, row[1]?, row[3]?);
        if adx > 25.0 && plus.total_cmp(&minus).is_ne() {
            return sign(plus - minus);
        }
        let turned = (held > 0 && plus < minus) || (held < 0 && plus > minus);
        (turned || adx < 20.0).then_some(0)
    });
    check(&events, "adx_trend", &[], &expected);

    // The cloud of a bar is of 26 bars before: middles of ranges, by hand.
    let middle = |at: usize, count: usize| {
        of.range(at + 1, count)
            .map(|(high, low)| f64::midpoint(high, low))
    };
    let expected = of.walk(|at, held| {
        let then = at.checked_sub(26)?;
        let a = f64::midpoint(middle(then, 9)?, middle(then, 26)?);
        let b = middle(then, 52)?;
        let (conversion, base) = (middle(at, 9)?, middle(at, 26)?);
        let (close, before) = (of.close(at), of.close(then));
        if close > a.max(b) && conversion > base && close > before {
            Some(1)
        } else if close < a.min(b) && conversion < base && close < before {
            Some(-1)
        } else if (held > 0 && close < base) || (held < 0 && close > base) {
            Some(0)
        } else {
            None
        }
    });
    check(&events, "ichimoku", &[], &expected);

    let aroon = of.figures("aroon", &[25.0]);
    let expected = of.walk(|at, held| {
        let (up, down) = (aroon[at][0]?, aroon[at][1]?);
        if up > 70.0 && down < 30.0 {
            Some(1)
        } else if down > 70.0 && up < 30.0 {
            Some(-1)
        } else if (held > 0 && down > up) || (held < 0 && up > down) {
            Some(0)
        } else {
            None
        }
    });
    check(&events, "aroon", &[], &expected);

    let expected = of.walk(|at, held| {
        let from = at.checked_sub(89)?;
        let mean = (from..=at).map(|it| of.close(it)).sum::<f64>() / 90.0;
        let place = |it: usize| (it - from) as f64 - 44.5;
        let products: f64 = (from..=at)
            .map(|it| place(it) * (of.close(it) - mean))
            .sum();
        let slope = products / (90.0 * (90.0 * 90.0 - 1.0) / 12.0);
        let rise = slope / (mean + slope * 44.5);
        if rise > 0.0005 {
            Some(1)
        } else if rise < -0.0005 {
            Some(-1)
        } else if (held > 0 && rise < 0.0) || (held < 0 && rise > 0.0) {
            Some(0)
        } else {
            None
        }
    });
    check(&events, "regression_slope", &[], &expected);

    let expected = of.walk(|at, _| {
        let due = at >= 252 && (at - 252).is_multiple_of(21);
        sign(of.close(at) - of.close(at.checked_sub(252)?)).filter(|_| due)
    });
    check(&events, "time_series_momentum", &[], &expected);
}

#[test]
fn oscillators() {
    let (events, of) = daily();
    for (strategy, indicator, parameters, at) in [
        ("rsi", "rsi", &[14.0][..], [30.0, 50.0, 70.0]),
        ("williams_r", "williams_r", &[14.0], [-80.0, -50.0, -20.0]),
        ("cci", "cci", &[20.0], [-100.0, 0.0, 100.0]),
        (
            "connors_rsi",
            "connors_rsi",
            &[3.0, 2.0, 100.0],
            [10.0, 50.0, 90.0],
        ),
        ("ibs", "ibs", &[], [0.2, 0.8, 0.9]),
        (
            "money_flow",
            "money_flow_index",
            &[14.0],
            [20.0, 50.0, 80.0],
        ),
        ("z_score", "z_score", &[20.0], [-2.0, 0.0, 2.0]),
    ] {
        let figures = of.line(indicator, parameters);
        check(
            &events,
            strategy,
            &[],
            &of.walk(|bar, held| levels(figures[bar], held, at)),
        );
    }

    let lines = of.figures("stochastic", &[14.0, 3.0, 3.0]);
    let gap = |at: usize| Some(lines[at][0]? - lines[at][1]?);
    let expected = of.walk(|at, _| {
        let (before, now, d) = (gap(at.checked_sub(1)?)?, gap(at)?, lines[at][1]?);
        if before <= 0.0 && now > 0.0 && d < 20.0 {
            Some(1)
        } else {
            (before >= 0.0 && now < 0.0 && d > 80.0).then_some(-1)
        }
    });
    check(&events, "stochastic", &[], &expected);

    let (index, trend, leave) = (
        of.line("rsi", &[2.0]),
        of.line("sma", &[200.0]),
        of.line("sma", &[5.0]),
    );
    let expected = of.walk(|at, held| {
        let (close, index, trend, leave) = (of.close(at), index[at]?, trend[at]?, leave[at]?);
        match held {
            0 if close > trend && index < 10.0 => Some(1),
            0 if close < trend && index > 90.0 => Some(-1),
            1 if close > leave => Some(0),
            -1 if close < leave => Some(0),
            _ => None,
        }
    });
    check(&events, "connors_rsi2", &[], &expected);

    let band = of.figures("bollinger", &[20.0, 2.0]);
    let expected = of.walk(|at, held| {
        let (close, upper, middle, lower) =
            (of.close(at), band[at][0]?, band[at][1]?, band[at][2]?);
        levels(Some(close), held, [lower, middle, upper])
    });
    check(&events, "bollinger", &[], &expected);

    let up = |at: usize| of.close(at) > of.close(at - 1);
    let down = |at: usize| of.close(at) < of.close(at - 1);
    let expected = of.walk(|at, held| {
        let close = of.close(at);
        let trend = trend[at].filter(|_| at >= 3)?;
        match held {
            0 if (at - 2..=at).all(down) && close > trend => Some(1),
            0 if (at - 2..=at).all(up) && close < trend => Some(-1),
            1 if up(at) => Some(0),
            -1 if down(at) => Some(0),
            _ => None,
        }
    });
    check(&events, "down_streak", &[], &expected);
}

#[test]
fn ranges() {
    let (events, of) = daily();
    let range = of.line("atr", &[14.0]);
    let expected = of.walk(|at, held| {
        let (range, change) = (range[at.checked_sub(1)?]?, of.close(at) - of.close(at - 1));
        if change > 1.5 * range {
            Some(1)
        } else if change < -1.5 * range {
            Some(-1)
        } else if held as f64 * change < -range {
            Some(0)
        } else {
            None
        }
    });
    check(&events, "atr_breakout", &[], &expected);

    let range = of.line("atr", &[7.0]);
    let mut since = 0;
    let expected = of.walk(|at, held| {
        let distance = 3.0 * range[at]?;
        if held == 0 {
            since = at;
            return sign(of.close(at) - of.close(at - 7));
        }
        let side = held as f64;
        let best = (since..at)
            .map(|it| side * of.close(it))
            .fold(f64::MIN, f64::max);
        (side * of.close(at) < best - distance).then(|| {
            since = at;
            -held
        })
    });
    check(&events, "wilder_volatility", &[], &expected);

    let range = of.line("atr", &[22.0]);
    let expected = of.walk(|at, held| {
        let (distance, close) = (3.0 * range[at]?, of.close(at));
        let (high, low) = of.range(at + 1, 22)?;
        if (held > 0 && close < high - distance) || (held < 0 && close > low + distance) {
            return Some(0);
        }
        let before = at - 21..=at;
        if before.clone().all(|it| of.close(it) <= close) {
            Some(1)
        } else {
            before
                .into_iter()
                .all(|it| of.close(it) >= close)
                .then_some(-1)
        }
    });
    check(&events, "chandelier", &[], &expected);

    let bollinger = of.figures("bollinger", &[20.0, 2.0]);
    let keltner = of.figures("keltner", &[20.0, 20.0, 1.5]);
    let average = of.line("sma", &[20.0]);
    let is_on = |at: usize| {
        let (outer, inner) = (&keltner[at], &bollinger[at]);
        Some(inner[0]? < outer[0]? && inner[2]? > outer[2]?)
    };
    let expected = of.walk(|at, held| {
        let (high, low) = of.range(at + 1, 20)?;
        let away = of.close(at) - f64::midpoint(f64::midpoint(high, low), average[at]?);
        let now = is_on(at)?;
        if is_on(at - 1) == Some(true) && !now {
            return sign(away);
        }
        (held as f64 * away < 0.0).then_some(0)
    });
    check(&events, "squeeze", &[], &expected);

    let size = |at: usize| of.bars[at].high - of.bars[at].low;
    let is_narrow = |at: usize| at >= 6 && (at - 6..at).all(|it| size(at) < size(it));
    let mut since = 0;
    let expected = of.walk(|at, held| {
        if held != 0 {
            return (at - since >= 5).then_some(0);
        }
        // The newest narrow bar of the three before.
        let armed = (at.saturating_sub(3)..at).rev().find(|it| is_narrow(*it))?;
        let bar = &of.bars[armed];
        since = at;
        if of.close(at) > bar.high {
            Some(1)
        } else {
            (of.close(at) < bar.low).then_some(-1)
        }
    });
    check(&events, "narrow_range", &[], &expected);

    let expected = of.walk(|at, _| (at >= 20).then_some(1));
    check(&events, "volatility_target", &[], &expected);
}

#[test]
fn calendars() {
    let (events, of) = daily();
    let date = |minute: u64| {
        jiff::Timestamp::from_second(minute as i64 * 60)
            .unwrap()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date()
    };
    let next = |at: usize| {
        let mut day = date(of.ends[at]);
        while day.weekday().to_monday_one_offset() > 5 {
            day = day.tomorrow().unwrap();
        }
        day
    };
    let expected = of.walk(|at, _| {
        let day = next(at).weekday().to_monday_one_offset();
        Some(i64::from((2..=5).contains(&day)))
    });
    check(&events, "day_of_week", &[("side", "long")], &expected);

    let expected =
        of.walk(|at, _| Some(i64::from(![5, 6, 7, 8, 9, 10].contains(&next(at).month()))));
    check(&events, "halloween", &[], &expected);

    let expected = of.walk(|at, _| {
        let (day, today) = (next(at), date(of.starts[at]));
        let month = |it: &u64| (date(*it).year(), date(*it).month());
        let this = (day.year(), day.month());
        // Trading days of the month so far; the first month of the data has no beginning.
        let known = of.starts[0];
        let mut count = of.starts[..=at]
            .iter()
            .filter(|it| month(it) == this)
            .count()
            + 1;
        if month(&known) == this {
            count = usize::MAX;
        }
        let mut left = 0;
        let mut later = day.tomorrow().unwrap();
        while (later.year(), later.month()) == this {
            left += usize::from(later.weekday().to_monday_one_offset() <= 5);
            later = later.tomorrow().unwrap();
        }
        assert!(day > today);
        Some(i64::from(left < 1 || count <= 3))
    });
    check(&events, "turn_of_month", &[], &expected);
}

#[test]
fn sessions() {
    let events = bars_of(&["eurusd_1h_bars.csv.gz"], 3_000);
    let of = History::new(&events);
    let day = |at: usize| of.starts[at] / 1_440;
    let minutes = |at: usize| of.ends[at] - day(at) * 1_440;

    let expected = of.walk(|at, _| {
        let minute = of.ends[at] % 1_440;
        Some(i64::from(minute >= 1_200 || minute < 840))
    });
    check(&events, "overnight", &[], &expected);

    let mut traded = 0;
    let expected = of.walk(|at, held| {
        let close = of.close(at);
        let opening: Vec<usize> = (0..=at)
            .rev()
            .take_while(|it| day(*it) == day(at))
            .filter(|it| minutes(*it) <= 180)
            .collect();
        if minutes(at) <= 180 || minutes(at) >= 900 {
            return Some(0);
        }
        let high = opening
            .iter()
            .map(|it| of.bars[*it].high)
            .reduce(f64::max)?;
        let low = opening.iter().map(|it| of.bars[*it].low).reduce(f64::min)?;
        if (held > 0 && close < low) || (held < 0 && close > high) {
            return Some(0);
        }
        if traded == day(at) || (low..=high).contains(&close) {
            return None;
        }
        traded = day(at);
        Some(if close > high { 1 } else { -1 })
    });
    let set = [("range", "180"), ("hold", "900")];
    check(&events, "opening_range", &set, &expected);

    let expected = of.walk(|at, held| {
        if minutes(at) >= 1_320 {
            return Some(0);
        }
        let session: Vec<&Bar> = (0..=at)
            .rev()
            .take_while(|it| day(*it) == day(at))
            .map(|it| &of.bars[it])
            .collect();
        let volume: f64 = session.iter().map(|bar| bar.volume).sum();
        let traded: f64 = session.iter().map(|bar| bar.typical() * bar.volume).sum();
        let average = traded / volume;
        levels(
            Some(of.close(at)),
            held,
            [average * 0.999, average, average * 1.001],
        )
    });
    check(&events, "vwap_reversion", &[("away", "0.001")], &expected);

    // Weeks of a currency begin on Sunday evening, at 21:00 UTC in summer.
    let events = bars_of(&["eurusd_1h_bars.csv.gz"], 6_225);
    let of = History::new(&events);
    let day = |at: usize| (of.starts[at] + 180) / 1_440;
    let minutes = |at: usize| of.ends[at] + 180 - day(at) * 1_440;
    let mut goal = 0.0;
    let expected = of.walk(|at, held| {
        let (bar, before) = (of.bars[at], at.checked_sub(1)?);
        let begins = day(at) != day(before);
        if begins {
            goal = of.close(before);
        }
        let side = held as f64;
        if minutes(at) >= 480 || (held != 0 && side * (bar.close - goal) >= 0.0) {
            return Some(0);
        }
        if !begins {
            return None;
        }
        let gap = (bar.open - goal) / goal;
        Some(if !(0.0002..=0.05).contains(&gap.abs()) {
            0
        } else if gap > 0.0 && bar.low > goal {
            -1
        } else {
            i64::from(gap < 0.0 && bar.high < goal)
        })
    });
    check(
        &events,
        "gap_fade",
        &[("least", "0.0002"), ("begin", "1260")],
        &expected,
    );
}

#[test]
fn parts_are_bought_one_after_the_other() {
    let (events, _) = daily();
    let declared = strategies::find("dollar_cost").unwrap();
    let mut strategy = (declared.build)(&Values::defaults(declared.parameters)).unwrap();
    let settings = Settings {
        fills: Fills::SameClose,
        size: backtest::strategy::Size::Units(Qty::whole(12)),
        ..Settings::new(
            vec![share("X", Qty::ONE)],
            plain_plan("USD", Money::whole(1_000_000)).unwrap(),
        )
    };
    let outcome = run(
        &settings,
        vec![Memory::new(&events)],
        &mut *strategy,
        &mut Unobserved,
    )
    .unwrap();
    let bought: Vec<_> = outcome
        .fills
        .iter()
        .map(|it| (it.ts, it.fill.qty, it.fill.instrument))
        .collect();
    let expected = (0..12).map(|part| (events[part * 21].ts, Qty::ONE, InstrumentId(0)));
    assert_eq!(bought, expected.collect::<Vec<_>>());
}
