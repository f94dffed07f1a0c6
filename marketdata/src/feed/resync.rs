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
    fn ask(&mut self, place: usize, out: &mut Output);

    /// What was known is lost.
    fn resync(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        if self.restate(place).lose(now) {
            self.ask(place, out);
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
        if self.tracks().say(place, ts_event, data, now, out) == Screened::Lost {
            self.resync(place, now, out);
        }
    }
}
