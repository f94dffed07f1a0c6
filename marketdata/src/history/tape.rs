//! Tapes of `dynasty record`: what the adapters that heard them live say of them.

use std::collections::{BTreeMap, VecDeque};

use types::{InstrumentId, Label, TimestampNs};

use super::Row;
use super::decode::{Decode, Fault, Setting};
use super::error::Place;
use super::source::Bytes;
use crate::connection::Arrived;
use crate::tape::{Ending, Player, Reader, TapeError};

/// Plays a tape, entry by entry.
pub(super) struct Tape {
    reader: Reader,
    player: Player,
    /// What the instruments are called by who recorded them.
    names: BTreeMap<InstrumentId, Label>,
    setting: Setting,
    events: Vec<Arrived>,
    record: u64,
    /// Connections stamp what they receive by themselves: what another one has stamped later may stand before it.
    before: TimestampNs,
    has_ended: bool,
}

impl Tape {
    pub(super) fn new(bytes: Bytes, setting: Setting) -> Result<Self, String> {
        let reader = Reader::new(Box::new(bytes)).map_err(|error| told(&error))?;
        let mut names = BTreeMap::new();
        for listing in reader.header().feeds.iter().flat_map(|feed| &feed.listings) {
            let name = Label::new(&listing.name).map_err(|error| {
                let accepted = "1 to 31 printable ASCII characters";
                format!(
                    "an instrument is '{}' ({error}); accepted: {accepted}",
                    listing.name
                )
            })?;
            names.insert(listing.listing.instrument, name);
        }
        Ok(Self {
            player: Player::new(reader.header()),
            reader,
            names,
            setting,
            events: Vec::new(),
            record: 0,
            before: TimestampNs(0),
            has_ended: false,
        })
    }
}

impl Decode for Tape {
    fn decode(&mut self, out: &mut VecDeque<Row>) -> Result<bool, Fault> {
        if self.has_ended {
            return Ok(false);
        }
        self.record += 1;
        let entry = self.reader.next();
        let Some(entry) = entry.map_err(|error| Fault::damaged(told(&error)))? else {
            self.has_ended = true;
            return match self.reader.ending() {
                Ending::Whole => Ok(false),
                // Who records may die: what is before is whole.
                Ending::Torn { offset, bytes } => Err(Fault::value(
                    "the tape's end",
                    format_args!("cut off at byte {offset}, {bytes} bytes before it ends"),
                    "one behind a whole record",
                )),
            };
        };
        self.player.play(entry, &mut self.events);
        for Arrived { received, event } in self.events.drain(..) {
            self.before = self.before.max(received);
            let (ts, ts_event) = self.setting.times(self.before, event.ts_event);
            if let Some(&symbol) = self.names.get(&event.instrument) {
                out.push_back(Row {
                    ts,
                    ts_event,
                    symbol,
                    data: event.data,
                });
            }
        }
        Ok(true)
    }

    fn place(&self) -> Place {
        Place::Record(self.record)
    }
}

/// An error with what is behind it.
fn told(error: &TapeError) -> String {
    match error {
        TapeError::Io(source) => format!("{error}: {source}"),
        error => error.to_string(),
    }
}
