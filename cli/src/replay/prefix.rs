//! What a data directory holds already: the beginning of the tape that is to go on there, or of another market.

use std::collections::VecDeque;
use std::path::Path;

use anyhow::Context;
use marketdata::tape::{Entries, Header, Player};
use runtime::journal::{self, JournalError, Location};
use runtime::{Limits, journal_location};
use types::{Command, InputKind, Label, MarketEvent, Seq, ShardId};

use super::Usage;
use crate::journal::Inputs;
use crate::start::{is_damage, refused};

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

/// Refuses a data directory whose journal has other instruments than the tape, or market events that are not the first
/// ones of it: a replay goes on by their count. Of a journal whose beginning is gone the rest is compared.
///
/// # Errors
/// [`Usage`]; else where the journal or the tape cannot be read.
pub(super) fn check(
    data: &Path,
    tape: &Path,
    header: &Header,
    entries: Entries,
) -> anyhow::Result<()> {
    let events = Events {
        entries,
        player: Player::new(header),
        said: VecDeque::new(),
        tape,
    };
    let location = journal_location(data, ShardId(0));
    let difference = difference(&location, header, events).map_err(|error| {
        match error.downcast::<JournalError>() {
            Ok(error) => {
                let damaged = is_damage(&error).then_some(&location);
                refused(error.into(), damaged, data)
            }
            Err(error) => error,
        }
    })?;
    match difference {
        None => Ok(()),
        Some(difference) => Err(Usage(format!(
            "--data {}: {difference}; accepted: a directory that holds the beginning of {}, replayed with the same \
             instruments, or a new one",
            data.display(),
            tape.display()
        ))
        .into()),
    }
}

/// What of the journal is not of the tape.
fn difference(
    location: &Location,
    header: &Header,
    mut events: Events<'_>,
) -> anyhow::Result<Option<String>> {
    if journal::segments(location)?.is_empty() {
        return Ok(None);
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
    let mut count = 0;
    while count < begins.market_events() {
        count += 1;
        if events.next()?.is_none() {
            return Ok(Some(ended(count, begins.seq())));
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
                    Some(said) if said == event => {}
                    Some(_) => {
                        return Ok(Some(format!(
                            "its input {} is market event {count}, which is another on the tape",
                            input.seq
                        )));
                    }
                    None => return Ok(Some(ended(count, input.seq))),
                }
            }
            InputKind::Command(Command::RegisterInstrument(instrument)) => {
                instruments.push(instrument.symbol);
            }
            _ => {}
        }
    }
    let mut listings = header.feeds.iter().flat_map(|feed| &feed.listings);
    Ok(listings.find_map(|listing| {
        let place = listing.listing.instrument.0;
        let known = instruments.get(place as usize)?;
        (known.as_str() != listing.name).then(|| {
            format!(
                "its instrument {place} is '{known}', and that of the tape is '{}'",
                listing.name
            )
        })
    }))
}
