//! What a data directory holds already: the beginning of the tape that is to go on there, or of another market.

use std::collections::VecDeque;
use std::path::Path;

use anyhow::Context;
use marketdata::tape::{Entries, Header, Player};
use runtime::journal::{self, JournalError, Location};
use runtime::{Limits, journal_location};
use types::{
    Command, InputKind, InstrumentId, InstrumentStatus, Label, MarketData, MarketEvent, Seq,
    ShardId, TimestampNs,
};

use super::Usage;
use crate::journal::Inputs;
use crate::serve::{Statuses, Timetable};
use crate::start::{is_damage, refused};

/// What an engine was told of the instruments' hours beside a tape.
pub(super) struct Beside {
    pub(super) statuses: Statuses,
    /// Whether calendars bring market events of their own.
    pub(super) has_timetable: bool,
}

impl Beside {
    pub(super) fn new(timetable: Option<&Timetable>) -> Self {
        Self {
            statuses: timetable.map(Timetable::statuses).unwrap_or_default(),
            has_timetable: timetable.is_some_and(|timetable| !timetable.is_empty()),
        }
    }

    /// What an engine is told at this time where the tape says this status. None of the tape's events is left out: a
    /// replay goes on by their count.
    pub(super) fn status(
        &self,
        instrument: InstrumentId,
        ts: TimestampNs,
        said: InstrumentStatus,
    ) -> InstrumentStatus {
        let known = self.statuses.heard(instrument, ts, said);
        known.unwrap_or(InstrumentStatus::Closed)
    }

    /// Whether an engine that was told this at this time was told this event of the tape.
    fn is(&self, said: &MarketEvent, told: &MarketEvent, ts: TimestampNs) -> bool {
        let place = |event: &MarketEvent| (event.instrument, event.ts_event);
        place(said) == place(told)
            && match (&said.data, &told.data) {
                (MarketData::Status(said), MarketData::Status(now)) => {
                    self.status(told.instrument, ts, *said) == *now
                }
                (said, told) => said == told,
            }
    }

    /// Whether calendars may have brought this.
    const fn may_bring(&self, event: &MarketEvent) -> bool {
        self.has_timetable
            && matches!(
                event.data,
                MarketData::Status(_)
                    | MarketData::Split { .. }
                    | MarketData::Dividend { .. }
                    | MarketData::Financing(_)
            )
    }
}

/// The market events of a tape, in its order.
struct Events<'a> {
    entries: Entries,
    player: Player,
    said: VecDeque<MarketEvent>,
    tape: &'a Path,
}

impl Events<'_> {
    fn next(&mut self) -> anyhow::Result<Option<MarketEvent>> {
        let mut arrived = Vec::new();
        while self.said.is_empty() {
            let entry = self.entries.next();
            let Some(entry) = entry.with_context(|| self.tape.display().to_string())? else {
                return Ok(None);
            };
            self.player.play(entry, &mut arrived);
            self.said
                .extend(arrived.drain(..).map(|arrived| arrived.event));
        }
        Ok(self.said.pop_front())
    }
}

/// How many of the market events in a data directory are not of the tape: those that calendars brought.
///
/// Refuses one whose journal has other instruments than the tape, or market events that are neither calendars' nor the
/// first ones of it: a replay goes on by their count. Of a journal whose beginning is gone the rest is compared.
///
/// # Errors
/// [`Usage`]; else where the journal or the tape cannot be read.
pub(super) fn check(
    data: &Path,
    tape: &Path,
    header: &Header,
    entries: Entries,
    beside: &Beside,
) -> anyhow::Result<u64> {
    let events = Events {
        entries,
        player: Player::new(header),
        said: VecDeque::new(),
        tape,
    };
    let location = journal_location(data, ShardId(0));
    let brought = brought(&location, header, events, beside).map_err(|error| match error
        .downcast::<JournalError>(
    ) {
        Ok(error) => {
            let damaged = is_damage(&error).then_some(&location);
            refused(error.into(), damaged, data)
        }
        Err(error) => error,
    })?;
    brought.map_err(|difference| {
        Usage(format!(
            "--data {}: {difference}; accepted: a directory that holds the beginning of {}, replayed with the same \
             instruments, or a new one",
            data.display(),
            tape.display()
        ))
        .into()
    })
}

/// How many market events of the journal calendars brought, or what of it is not of the tape.
fn brought(
    location: &Location,
    header: &Header,
    mut events: Events<'_>,
    beside: &Beside,
) -> anyhow::Result<Result<u64, String>> {
    if journal::segments(location)?.is_empty() {
        return Ok(Ok(0));
    }
    let begins = runtime::beginning(location, Limits::default())?;
    let mut instruments: Vec<Label> = begins
        .instrument_views()
        .iter()
        .map(|view| view.instrument.symbol)
        .collect();
    let ended = |count: u64, seq: Seq| {
        format!("its input {seq} is market event {count}, and the tape has fewer")
    };
    if beside.has_timetable && begins.market_events() > 0 {
        return Ok(Err(
            "the beginning of its journal is gone, and with it which market events were the tape's and which those of \
             sessions"
                .to_owned(),
        ));
    }
    let mut count = 0;
    let mut brought = 0;
    while count < begins.market_events() {
        count += 1;
        if events.next()?.is_none() {
            return Ok(Err(ended(count, begins.seq())));
        }
    }
    let mut inputs = Inputs::open(location, begins.seq())?;
    while let Some(input) = inputs.next()? {
        if input.seq <= begins.seq() {
            continue;
        }
        match input.kind {
            InputKind::Market(event) => {
                count += 1;
                match events.next()? {
                    Some(said) if beside.is(&said, &event, input.ts) => {}
                    said if beside.may_bring(&event) => {
                        brought += 1;
                        if let Some(said) = said {
                            events.said.push_front(said);
                        }
                    }
                    Some(_) => {
                        return Ok(Err(format!(
                            "its input {} is market event {count}, which is another on the tape",
                            input.seq
                        )));
                    }
                    None => return Ok(Err(ended(count, input.seq))),
                }
            }
            InputKind::Command(Command::RegisterInstrument(instrument)) => {
                instruments.push(instrument.symbol);
            }
            _ => {}
        }
    }
    let mut listings = header.feeds.iter().flat_map(|feed| &feed.listings);
    let other = listings.find_map(|listing| {
        let place = listing.listing.instrument.0;
        let known = instruments.get(place as usize)?;
        (known.as_str() != listing.name).then(|| {
            format!(
                "its instrument {place} is '{known}', and that of the tape is '{}'",
                listing.name
            )
        })
    });
    Ok(other.map_or(Ok(brought), Err))
}
