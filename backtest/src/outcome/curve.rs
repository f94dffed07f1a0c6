//! The equity curve as it is noted, as many samples of it as may be kept.

use types::{Money, Price, TimestampNs};

use super::{Sample, dated, units};
use crate::metric::{Point, Running, middle_step};

/// The most samples that an outcome keeps unless it is told otherwise: eight years of minutes. One more, and from there on
/// they are those of a longer interval.
pub const SAMPLES_MAX: usize = 1 << 22;

/// Intervals that samples are thinned to, ns. Each is a multiple of those before it, so that what is kept for one has
/// what is kept for the next.
const INTERVALS_NS: [u64; 16] = [
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    5_000_000_000,
    15_000_000_000,
    30_000_000_000,
    60_000_000_000,
    300_000_000_000,
    900_000_000_000,
    1_800_000_000_000,
    3_600_000_000_000,
    7_200_000_000_000,
    14_400_000_000_000,
    43_200_000_000_000,
    86_400_000_000_000,
];

/// The next longer interval of which `every` is a part.
fn longer(every: u64) -> u64 {
    let mut all = INTERVALS_NS.into_iter();
    all.find(|next| *next > every && next.is_multiple_of(every.max(1)))
        .unwrap_or(every.saturating_mul(2))
}

/// A curve that had more samples than are kept: what was counted of all of them, and how those that are kept were
/// picked.
#[derive(Debug, Clone, PartialEq)]
pub struct Thinned {
    /// The interval of the samples that are kept, ns: they are those of [`crate::run::Sampling::BarsEvery`] or
    /// [`crate::run::Sampling::Every`] with it.
    pub every_ns: u64,
    /// Samples that were noted.
    pub noted: u64,
    /// Of those the ones at which something was held.
    pub exposed: u64,
    /// The deepest fall as a share of the peak before it, as two amounts: of which it is and how much.
    pub deepest: (Money, Money),
    /// Every point of the curve.
    pub curve: Running,
    peak: Money,
    /// Not in the curve yet: what is noted at one time is one point.
    last: Option<Point>,
    /// That is the balance at the start.
    is_start: bool,
}

/// How a sample falls short of the peak: `(peak, how much)` of the deepest fall so far with it.
pub(super) fn deeper(deepest: (Money, Money), peak: Money, equity: Money) -> (Money, Money) {
    let below = peak.saturating_sub(equity);
    // below / peak > fall / of
    let is_deeper = i128::from(below.0) * i128::from(deepest.0.0)
        > i128::from(deepest.1.0) * i128::from(peak.0);
    if is_deeper { (peak, below) } else { deepest }
}

/// Of none: any fall is deeper.
pub(super) const LEVEL: (Money, Money) = (Money(1), Money::ZERO);

impl Thinned {
    fn new(start: &Start, step_ns: u64, first: Option<&Sample>) -> Self {
        let starts_flat = first.map(|it| it.equity) == Some(start.initial);
        Self {
            every_ns: 0,
            noted: 0,
            exposed: 0,
            deepest: LEVEL,
            curve: Running::new(step_ns),
            peak: start.initial,
            last: (!starts_flat).then(|| Point {
                ts: start.first,
                equity: units(start.initial),
                exposed: false,
            }),
            is_start: !starts_flat,
        }
    }

    /// Counts a sample as [`super::Outcome::points`] takes it.
    fn count(&mut self, sample: &Sample, bar_ns: u64) {
        self.noted += 1;
        self.exposed += u64::from(sample.exposed);
        self.peak = self.peak.max(sample.equity);
        self.deepest = deeper(self.deepest, self.peak, sample.equity);
        let point = Point {
            ts: dated(bar_ns, sample.ts),
            equity: units(sample.equity),
            exposed: sample.exposed,
        };
        match &mut self.last {
            Some(last) if last.ts >= point.ts => {
                if !self.is_start {
                    (last.equity, last.exposed) = (point.equity, point.exposed);
                }
            }
            last => {
                if let Some(last) = last.replace(point) {
                    self.curve.push(&last);
                }
                self.is_start = false;
            }
        }
    }
}

/// What a curve begins with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    pub(crate) first: TimestampNs,
    pub(crate) initial: Money,
    /// The length of bars so far.
    pub(crate) bar_ns: u64,
}

/// Samples on their way.
#[derive(Debug)]
pub(crate) struct Curve {
    samples_max: usize,
    /// Samples are ends of bars: of a stretch the first is kept. Others stand for a multiple of the interval, and the
    /// last is how things stand at it.
    is_of_bars: bool,
    every_ns: u64,
    samples: Vec<Sample>,
    /// A price at the start, and one beside each sample.
    benchmark: Vec<(TimestampNs, Price)>,
    /// The newest one, kept or not, and its price.
    newest: Option<(Sample, Option<Price>)>,
    thinned: Option<Box<Thinned>>,
}

impl Curve {
    /// `every_ns`: between samples, 0 if they are not of an interval.
    pub(crate) fn new(samples_max: usize, is_of_bars: bool, every_ns: u64) -> Self {
        Self {
            samples_max: samples_max.max(16),
            is_of_bars,
            every_ns,
            samples: Vec::new(),
            benchmark: Vec::new(),
            newest: None,
            thinned: None,
        }
    }

    /// When the newest sample is of.
    pub(crate) fn last(&self) -> Option<TimestampNs> {
        match &self.newest {
            Some((sample, _)) => Some(sample.ts),
            None => self.samples.last().map(|sample| sample.ts),
        }
    }

    /// The price that the benchmark begins with, unless it has one.
    pub(crate) fn begin_benchmark(&mut self, ts: TimestampNs, price: Price) {
        if self.benchmark.is_empty() {
            self.benchmark.push((ts, price));
        }
    }

    /// Takes the next sample, with the price of the benchmark.
    #[inline]
    pub(crate) fn note(&mut self, sample: Sample, price: Option<Price>, start: &Start) {
        if self.thinned.is_none() && self.samples.len() < self.samples_max {
            self.push(sample, price);
        } else {
            self.note_thinned(sample, price, start);
        }
    }

    #[inline]
    fn push(&mut self, sample: Sample, price: Option<Price>) {
        self.samples.push(sample);
        if let Some(price) = price {
            self.benchmark.push((sample.ts, price));
        }
    }

    #[inline(never)]
    fn note_thinned(&mut self, sample: Sample, price: Option<Price>, start: &Start) {
        let mut thinned = self.thinned.take().unwrap_or_else(|| self.begin(start));
        thinned.count(&sample, start.bar_ns);
        self.newest = Some((sample, price));
        self.keep(sample, price);
        if self.samples.len() >= self.samples_max {
            self.thin();
        }
        thinned.every_ns = self.every_ns;
        self.thinned = Some(thinned);
    }

    /// Counts what was noted so far, and thins it.
    fn begin(&mut self, start: &Start) -> Box<Thinned> {
        let times = self.samples.iter().map(|it| dated(start.bar_ns, it.ts));
        let step_ns = middle_step(&times.collect::<Vec<_>>());
        let mut thinned = Box::new(Thinned::new(start, step_ns, self.samples.first()));
        for known in &self.samples {
            thinned.count(known, start.bar_ns);
        }
        self.thin();
        thinned
    }

    /// The stretch of the interval that a time is of, by the time that samples of it have.
    const fn stretch(&self, ts: TimestampNs) -> TimestampNs {
        let every = self.every_ns;
        let at = if self.is_of_bars {
            ts.0 / every
        } else {
            ts.0.div_ceil(every)
        };
        TimestampNs(at.saturating_mul(every))
    }

    /// Keeps a sample if it is one of the interval.
    fn keep(&mut self, mut sample: Sample, price: Option<Price>) {
        let at = self.stretch(sample.ts);
        let is_same = self
            .samples
            .last()
            .is_some_and(|it| self.stretch(it.ts) == at);
        if self.is_of_bars {
            if !is_same {
                self.push(sample, price);
            }
            return;
        }
        sample.ts = at;
        if is_same {
            self.samples.pop();
            if price.is_some() {
                self.benchmark.pop();
            }
        }
        self.push(sample, price);
    }

    /// Passes to the next interval that leaves half of what may be kept, at most.
    fn thin(&mut self) {
        let mut left = usize::MAX;
        while left > self.samples_max / 2 {
            self.every_ns = longer(self.every_ns);
            let of_one = |a: &Sample, b: &Sample| self.stretch(a.ts) == self.stretch(b.ts);
            left = self.samples.chunk_by(of_one).count();
        }
        let samples = std::mem::take(&mut self.samples);
        let mut prices = std::mem::take(&mut self.benchmark);
        let beside = prices.split_off(prices.len().saturating_sub(samples.len()));
        self.benchmark = prices;
        for (place, sample) in samples.into_iter().enumerate() {
            self.keep(sample, beside.get(place).map(|(_, price)| *price));
        }
    }

    /// What is kept, and what was counted if that is not all. The last sample is kept, at its own time.
    pub(crate) fn finish(mut self) -> Noted {
        if let Some(last) = self.thinned.as_mut().and_then(|it| it.last.take())
            && let Some(thinned) = &mut self.thinned
        {
            thinned.curve.push(&last);
        }
        if let Some((sample, price)) = self.newest
            && self.samples.last() != Some(&sample)
        {
            if !self.is_of_bars {
                self.samples.pop();
                if price.is_some() {
                    self.benchmark.pop();
                }
            }
            self.push(sample, price);
        }
        Noted {
            samples: self.samples,
            benchmark: self.benchmark,
            thinned: self.thinned,
        }
    }
}

/// A curve that is over.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) samples: Vec<Sample>,
    pub(crate) benchmark: Vec<(TimestampNs, Price)>,
    pub(crate) thinned: Option<Box<Thinned>>,
}
