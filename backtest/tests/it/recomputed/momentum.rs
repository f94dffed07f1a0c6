//! Momentum.

use super::{check, daily, sign};

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

    // The stop is below what is long and above what is short.
    let stop = of.line("parabolic_sar", &[0.02, 0.2]);
    let expected = of.walk(|at, _| sign(of.close(at) - stop[at]?));
    check(&events, "parabolic_sar", &[], &expected);

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
