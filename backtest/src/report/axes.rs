//! The frame of a plot: grid, ticks, lines of values over time.

use super::scale::{Scale, Ticks, TimeTick};
use super::svg::{Anchor, Canvas, Path};
use super::text::tick;
use super::thin::Column;

/// The inside of a plot, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// Width of a character of a tick, pixels; digits of the usual fonts at 11 pixels are narrower.
const CHARACTER: f64 = 6.4;

/// Room that the labels of these ticks take at the left.
pub(super) fn room(labels: impl Iterator<Item = String>) -> f64 {
    let longest = labels.map(|label| label.chars().count()).max();
    longest.unwrap_or(0) as f64 * CHARACTER + 12.0
}

impl Area {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Whole pixels across.
    pub(super) fn columns(&self) -> usize {
        self.width().max(1.0) as usize
    }

    /// How many labels of a time fit.
    pub(super) fn times_max(&self) -> usize {
        (self.width() / 70.0).max(2.0) as usize
    }

    /// The middle of a column of pixels.
    pub(super) fn column(&self, at: usize) -> f64 {
        self.left + at as f64 + 0.5
    }

    /// The place of a time.
    pub(super) fn time(&self, ts: u64, (from, to): (u64, u64)) -> f64 {
        let span = to.saturating_sub(from).max(1) as f64;
        let along = ts.clamp(from, to).saturating_sub(from) as f64 / span;
        self.left + along * self.width()
    }

    /// Horizontal lines and their labels at the left.
    pub(super) fn values(
        &self,
        canvas: &mut Canvas,
        scale: &Scale,
        ticks: &Ticks,
        label: impl Fn(f64) -> String,
    ) {
        for value in &ticks.values {
            let y = scale.at(*value);
            canvas.line("grid", (self.left, y), (self.right, y));
            let at = (self.left - 6.0, y + 3.8);
            canvas.text("tick", Anchor::End, at, &label(*value));
        }
    }

    /// Vertical lines, and their labels where `labels` says so.
    pub(super) fn times(
        &self,
        canvas: &mut Canvas,
        ticks: &[TimeTick],
        span: (u64, u64),
        labels: bool,
    ) {
        for tick in ticks {
            let x = self.time(tick.ts, span);
            canvas.line("grid", (x, self.top), (x, self.bottom));
            if labels {
                let half = tick.label.chars().count() as f64 * CHARACTER / 2.0;
                // A label at an edge stays inside.
                let middle = x.clamp(self.left.min(half), self.right - half + 8.0);
                let at = (middle, self.bottom + 15.0);
                canvas.text("tick", Anchor::Middle, at, &tick.label);
            }
        }
    }

    pub(super) fn base(&self, canvas: &mut Canvas) {
        canvas.line("axis", (self.left, self.bottom), (self.right, self.bottom));
    }

    /// A line through thinned values.
    pub(super) fn trace(&self, columns: &[Column], scale: &Scale) -> Path {
        let mut path = Path::default();
        for column in columns {
            let x = self.column(column.at);
            for (place, value) in column.walk().enumerate() {
                if place == 0 {
                    path.line_to(x, scale.at(value));
                } else {
                    path.vertical(scale.at(value));
                }
            }
        }
        path
    }

    /// What is between a line and a level; of each column the value that is further from it.
    pub(super) fn fill(&self, columns: &[Column], scale: &Scale, level: f64) -> Path {
        let mut path = Path::default();
        let (Some(first), Some(last)) = (columns.first(), columns.last()) else {
            return path;
        };
        let base = scale.at(level);
        path.move_to(self.column(first.at), base);
        for column in columns {
            let far = if (column.low - level).abs() > (column.high - level).abs() {
                column.low
            } else {
                column.high
            };
            path.line_to(self.column(column.at), scale.at(far));
        }
        path.line_to(self.column(last.at), base);
        path.close();
        path
    }

    /// Values that hold until the next one, to the end of the span.
    pub(super) fn steps(&self, points: &[(u64, f64)], span: (u64, u64), scale: &Scale) -> Path {
        let mut path = Path::default();
        let mut before: Option<(f64, f64)> = None;
        for (ts, value) in points {
            let (x, y) = (self.time(*ts, span), scale.at(*value));
            match before {
                None => path.move_to(x, y),
                // A step that is not to be seen is left out.
                Some((_, last)) if (last - y).abs() < 0.05 => continue,
                Some(_) => {
                    path.horizontal(x);
                    path.vertical(y);
                }
            }
            before = Some((x, y));
        }
        if before.is_some() {
            path.horizontal(self.right);
        }
        path
    }
}

/// Names of what is drawn, in a row, each with a dash of its line.
pub(super) fn legend(canvas: &mut Canvas, (x, y): (f64, f64), names: &[(&str, &str)]) {
    let mut at = x;
    for (class, name) in names {
        canvas.line(class, (at, y - 4.0), (at + 16.0, y - 4.0));
        canvas.text("tick", Anchor::Start, (at + 21.0, y), name);
        at += 21.0 + name.chars().count() as f64 * CHARACTER * 0.96 + 14.0;
    }
}

/// Labels of ticks of plain values.
pub(super) fn plain(ticks: &Ticks) -> impl Fn(f64) -> String + use<> {
    let step = ticks.step;
    move |value| tick(value, step)
}

/// Labels of ticks of fractions, in percent.
pub(super) fn in_percent(ticks: &Ticks) -> impl Fn(f64) -> String + use<> {
    let step = ticks.step * 100.0;
    move |value| format!("{}%", tick(value * 100.0, step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::thin::columns;

    const AREA: Area = Area {
        left: 50.0,
        right: 150.0,
        top: 0.0,
        bottom: 100.0,
    };

    #[test]
    fn values_are_drawn_at_their_places() {
        let scale = Scale::new((0.0, 10.0), (100.0, 0.0));
        // 0..4 over 100 columns: times 0, 2 and 4 are columns 0, 50 and 99.
        let thin = columns([(0, 0.0), (2, 10.0), (4, 5.0)], (0, 4), 100);
        assert_eq!(
            AREA.trace(&thin, &scale).data(),
            "M50.5 100L100.5 0L149.5 50"
        );
        assert_eq!(
            AREA.fill(&thin, &scale, 0.0).data(),
            "M50.5 100L50.5 100L100.5 0L149.5 50L149.5 100Z"
        );
        assert!((AREA.time(1, (0, 4)) - 75.0).abs() < 1e-12);
        // A floor holds until it moves.
        let steps = AREA.steps(&[(0, 2.0), (1, 2.0), (2, 4.0)], (0, 4), &scale);
        assert_eq!(steps.data(), "M50 80H100V60H150");
    }
}
