//! An outcome as what metrics are made of.

use types::{Instrument, Price, Qty, Side, TimestampNs};

use super::{Outcome, RoundTrip, units};
use crate::metric::{
    Counted, Metric, Point, Record, RecordError, Settings, Trade, metrics_of, periods_per_year,
};

impl Outcome {
    /// The equity curve. It begins with the balance at the start, unless the first sample is that already: then it
    /// has as many returns as the data has steps between bars. Of samples at one time the last is taken. Times are those
    /// that date them ([`Outcome::dated`]).
    pub fn points(&self) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::with_capacity(self.samples.len() + 1);
        let starts_flat = self.samples.first().map(|it| it.equity) == Some(self.initial);
        if !starts_flat {
            points.push(Point {
                ts: self.first,
                equity: units(self.initial),
                exposed: false,
            });
        }
        for sample in &self.samples {
            let point = Point {
                ts: self.dated(sample.ts),
                equity: units(sample.equity),
                exposed: sample.exposed,
            };
            // The start stays what it was, whatever is noted at its time.
            let is_start = !starts_flat && points.len() == 1;
            match points.last_mut() {
                Some(last) if last.ts >= point.ts => {
                    if !is_start {
                        (last.equity, last.exposed) = (point.equity, point.exposed);
                    }
                }
                _ => points.push(point),
            }
        }
        points
    }

    /// How many steps of the curve make a year, by its times; all that were noted.
    pub fn periods_per_year(&self) -> f64 {
        if let Some(thinned) = &self.thinned {
            return thinned.curve.periods_per_year();
        }
        periods_per_year(self.points().iter().map(|point| point.ts))
    }

    /// What `initial` units of the account's currency, put into the benchmark at the start of its first bar or at the
    /// first sample that has a price, are worth since.
    pub fn bought_and_held(&self) -> Vec<(TimestampNs, f64)> {
        let known = self.benchmark.iter().filter(|(_, price)| price.0 > 0);
        let Some((_, first)) = known.clone().next() else {
            return Vec::new();
        };
        let per = units(self.initial) / first.0 as f64;
        let worth = |&(ts, price): &(TimestampNs, Price)| (ts, price.0 as f64 * per);
        known.map(worth).collect()
    }

    /// The round trips that are kept, in the account's currency, each at the rate of its exit.
    pub fn trades(&self, instruments: &[Instrument]) -> Vec<Trade> {
        let trips = self.trips.iter();
        trips.map(|trip| trade_of(trip, instruments)).collect()
    }

    /// Every metric: of what is not kept, by what was counted of it. `benchmark`: at each of [`Outcome::points`].
    ///
    /// # Errors
    /// A curve or settings that no figure can be made of.
    pub fn metrics(
        &self,
        instruments: &[Instrument],
        benchmark: Option<&[f64]>,
        settings: &Settings,
    ) -> Result<Vec<Metric>, RecordError> {
        let counted = Counted {
            curve: self.thinned.as_ref().map(|it| &it.curve),
            trades: self.cut.as_ref().map(|it| &it.tally),
        };
        let record = Record {
            points: &self.points(),
            trades: &self.trades(instruments),
            benchmark,
        };
        metrics_of(record, counted, settings)
    }
}

/// See [`Outcome::trades`].
pub(super) fn trade_of(trip: &RoundTrip, instruments: &[Instrument]) -> Trade {
    let known = instruments.get(trip.instrument.0 as usize);
    let contract = known.map_or(1.0, |it| it.contract_size.0 as f64 / ONE);
    let rate = trip.rate.0 as f64 / Price::ONE.0 as f64;
    let value = |price: Price| {
        let price = price.0 as f64 / Price::ONE.0 as f64;
        (price * (trip.qty.0 as f64 / ONE) * contract * rate).abs()
    };
    Trade {
        entry_ts: trip.entry_ts,
        exit_ts: trip.exit_ts,
        long: trip.side == Side::Buy,
        profit: units(trip.converted(trip.pnl)),
        fees: units(trip.converted(trip.fees)),
        entry_value: value(trip.entry_price),
        exit_value: value(trip.exit_price),
        bars: trip.bars,
    }
}

const ONE: f64 = Qty::ONE.0 as f64;
