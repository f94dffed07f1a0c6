//! What adapters do whose venues state one instrument again on the same connection: they ask for what is lost, when
//! [`Restate`] says so.

use types::{MarketData, TimestampNs};

use super::Malformed;
use super::output::Output;
use super::restate::Restate;
use super::screen::Screened;
use super::tracks::Tracks;

/// An adapter that asks for the whole of an instrument when it has lost it.
pub(crate) trait Resync {
    /// Its instruments.
    fn tracks(&mut self) -> &mut Tracks;

    /// When to ask for one of them.
    fn restate(&mut self, place: usize) -> &mut Restate;

    /// Asks for the whole once more: a subscription begins with it.
    fn ask(&mut self, place: usize, now: TimestampNs, out: &mut Output);

    /// What was known is lost.
    fn resync(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        if self.restate(place).lose(now) {
            self.ask(place, now, out);
        }
    }

    /// As [`Tracks::gap`].
    fn gap(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        self.tracks().gap(place, now, out);
        self.resync(place, now, out);
    }

    /// As [`Tracks::malformed`].
    fn malformed(
        &mut self,
        place: usize,
        error: Malformed,
        now: TimestampNs,
        out: &mut Output,
    ) -> Malformed {
        let error = self.tracks().malformed(place, error, now, out);
        self.resync(place, now, out);
        error
    }

    /// As [`Tracks::say`], of a touch or a book.
    fn say(
        &mut self,
        place: usize,
        ts_event: TimestampNs,
        data: MarketData,
        now: TimestampNs,
        out: &mut Output,
    ) {
        let screened = self.tracks().say(place, ts_event, data, now, out);
        if screened == Screened::Spent {
            self.restate(place).spent(now);
        }
        if screened.is_lost() {
            self.resync(place, now, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use types::{InstrumentId, Price, Qty, Quote, Ratio};

    use super::super::{Listing, Spec};
    use super::*;

    /// An adapter of one instrument that notes when it asks.
    struct Asking {
        tracks: Tracks,
        restate: Restate,
        asked: usize,
    }

    impl Resync for Asking {
        fn tracks(&mut self) -> &mut Tracks {
            &mut self.tracks
        }

        fn restate(&mut self, _: usize) -> &mut Restate {
            &mut self.restate
        }

        fn ask(&mut self, _: usize, _: TimestampNs, _: &mut Output) {
            self.asked += 1;
        }
    }

    const fn at(second: u64) -> TimestampNs {
        TimestampNs(second * 1_000_000_000)
    }

    fn quote(bid: i64, ask: i64) -> MarketData {
        MarketData::Quote(Quote {
            bid: Price::whole(bid),
            bid_qty: Qty::ONE,
            ask: Price::whole(ask),
            ask_qty: Qty::ONE,
        })
    }

    /// Between two requests there are two seconds, and all that loses an instrument asks for it.
    #[test]
    fn what_is_lost_is_asked_for() {
        let listing = Listing {
            instrument: InstrumentId(3),
            symbol: String::from("A"),
            spec: Spec {
                tick_size: Price::ONE,
                lot_size: Qty::ONE,
                may_be_negative: false,
                outlier_band: Ratio::ZERO,
            },
        };
        let mut adapter = Asking {
            tracks: Tracks::new(vec![listing], "a symbol"),
            restate: Restate::opened(at(100)),
            asked: 0,
        };
        let mut out = Output::default();
        adapter.restate.live();
        adapter.say(0, at(101), quote(99, 101), at(101), &mut out);
        assert_eq!(adapter.asked, 0);
        // A touch that is crossed.
        adapter.say(0, at(110), quote(101, 99), at(110), &mut out);
        assert_eq!(adapter.asked, 1);
        adapter.restate.live();
        adapter.gap(0, at(111), &mut out);
        assert_eq!(adapter.asked, 1);
        adapter.restate.live();
        let error = Malformed::new("a price", b"x");
        let error = adapter.malformed(0, error, at(112), &mut out);
        assert_eq!((adapter.asked, error.what), (2, "a price"));
        let said: Vec<_> = out.events.iter().map(|event| &event.data).collect();
        assert_eq!(said, [&quote(99, 101), &MarketData::Gap]);
        let counters = &adapter.tracks.health()[0].counters;
        assert_eq!(
            (counters.crossed, counters.gaps, counters.malformed),
            (1, 2, 1)
        );
    }
}
