//! A log-log plot of letters, for a code block.

use std::fmt::Write as _;

/// Columns of the field, and characters of the whole plot: an axis of times stands left of it.
const WIDTH: usize = 52;
const AXIS: usize = 8;
/// Rows of the field; the sizes stand below it.
const HEIGHT: usize = 14;

/// Time by size, both on logarithmic scales, 60 by 15 characters. Curves are named `a`, `b`, `c` and so
/// on by their place; where several meet there is a `*`. Points are joined by dots.
pub fn plot(curves: &[Vec<(f64, f64)>]) -> String {
    let points = || curves.iter().flatten();
    let bounds = |pick: fn(&(f64, f64)) -> f64| {
        points()
            .map(pick)
            .fold((f64::MAX, f64::MIN), |(low, high), x| {
                (low.min(x.log10()), high.max(x.log10()))
            })
    };
    let (left, right) = bounds(|point| point.0);
    let (low, high) = bounds(|point| point.1);
    let (bottom, top) = (low.floor(), high.ceil().max(low.floor() + 1.0));
    let place = |x: f64, from: f64, to: f64, cells: usize| {
        let share = if to > from {
            (x - from) / (to - from)
        } else {
            0.0
        };
        (share * (cells - 1) as f64).round() as usize
    };
    let column = |size: f64| place(size, left, right, WIDTH);
    let row = |time: f64| HEIGHT - 1 - place(time, bottom, top, HEIGHT);
    let mut field = vec![[' '; WIDTH]; HEIGHT];
    for curve in curves {
        for pair in curve.windows(2) {
            let (from, to) = (log(pair[0]), log(pair[1]));
            let (start, end) = (column(from.0), column(to.0));
            (start..=end).for_each(|at| {
                let share = (at - start) as f64 / (end - start).max(1) as f64;
                field[row(from.1 + share * (to.1 - from.1))][at] = '.';
            });
        }
    }
    for (letter, curve) in ('a'..).zip(curves) {
        for &point in curve {
            let (size, time) = log(point);
            let cell = &mut field[row(time)][column(size)];
            *cell = if matches!(*cell, ' ' | '.') {
                letter
            } else {
                '*'
            };
        }
    }
    let mut text = String::new();
    let decades = (bottom as i32)..=(top as i32);
    for (at, cells) in field.iter().enumerate() {
        let decade = decades.clone().find(|decade| row(f64::from(*decade)) == at);
        let label = decade.map_or(String::new(), |decade| duration(10_f64.powi(decade)));
        let line: String = cells.iter().collect();
        let _ = writeln!(text, "{label:>6} |{}", line.trim_end());
    }
    let mut axis = " ".repeat(AXIS + WIDTH + AXIS);
    for decade in (left.ceil() as i32)..=(right.floor() as i32) {
        let label = format!("10^{decade}");
        let end = AXIS + column(f64::from(decade)) + 2;
        let start = end.min(AXIS + WIDTH) - label.len();
        axis.replace_range(start..start + label.len(), &label);
    }
    let _ = writeln!(text, "{}", axis.trim_end());
    text
}

fn log(point: (f64, f64)) -> (f64, f64) {
    (point.0.log10(), point.1.log10())
}

/// A time from ns, in the unit that suits it, with three digits.
pub fn duration(nanos: f64) -> String {
    let (value, unit) = match nanos {
        x if x < 1e3 => (x, "ns"),
        x if x < 1e6 => (x / 1e3, "µs"),
        x if x < 1e9 => (x / 1e6, "ms"),
        x => (x / 1e9, "s"),
    };
    let digits = match value {
        x if x < 10.0 => 2,
        x if x < 100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    let whole = text.trim_end_matches('0').strip_suffix('.');
    format!("{} {unit}", whole.unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_is_sixty_by_fifteen() {
        let flat = vec![(1e2, 50.0), (1e3, 50.0), (1e6, 60.0)];
        let steep = vec![(1e2, 2e3), (1e6, 2e7)];
        let text = plot(&[flat, steep]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 15);
        assert!(
            lines.iter().all(|line| line.chars().count() <= 60),
            "{text}"
        );
        assert!(lines[0].starts_with("100 ms |"), "{text}");
        assert!(lines[13].starts_with(" 10 ns |"), "{text}");
        assert!(lines[14].ends_with("10^6"), "{text}");
        assert_eq!(text.matches('b').count(), 2, "{text}");
    }

    #[test]
    fn durations_have_three_digits() {
        assert_eq!(duration(47.25), "47.2 ns");
        assert_eq!(duration(1_234.0), "1.23 µs");
        assert_eq!(duration(123_456_789.0), "123 ms");
        assert_eq!(duration(10_000.0), "10 µs");
        assert_eq!(duration(100.0), "100 ns");
    }
}
