//! Mean reversion and volatility.

use super::{check, daily, levels, sign};

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
