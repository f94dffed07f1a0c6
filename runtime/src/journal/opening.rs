//! A journal on its way to be opened: first it is read from its base to its end, and nothing is written before all of
//! that was found to check.

use types::{Input, Seq};

use super::reader::{self, check_header, open_segment};
use super::record::HEADER_BYTES;
use super::{
    Access, Anchor, Base, Damage, JournalError, Location, Mark, Opened, Reader, Reason, Segment,
    Writer, as_rot, contradiction, remove_leftovers, segments,
};
use crate::journal::ANCHOR_FILE;

/// A journal that is being read by whoever is going to write it.
#[derive(Debug)]
pub struct Opening {
    location: Location,
    base: Option<Base>,
    anchor: Mark,
    /// The last seq that is known to have been durable.
    durable: Seq,
    /// The last segment with a header that checks.
    last: Option<Segment>,
    /// One behind it without: it was being created when the process or the machine died.
    headless: Option<Segment>,
    /// `None` where there is nothing to read.
    reader: Option<Reader>,
    /// Where what the anchor does not know of begins in the last segment.
    doubted_from: u64,
    /// What stands behind the last record that counts.
    torn: Option<Damage>,
    is_read: bool,
}

impl Opening {
    /// A journal from its base on. `snapshot` is where one stands that was verified: it was durable up to there.
    ///
    /// # Errors
    /// See the table of [`super`], [`JournalError::BaseLost`] and [`JournalError::Gone`] where the base is beyond the
    /// snapshot.
    pub fn new(location: &Location, snapshot: Seq) -> Result<Self, JournalError> {
        let mut segments = segments(location)?;
        let base = Base::of_journal(location)?;
        let anchor = match Anchor::read(location)? {
            Some(anchor) => anchor,
            // The anchor is created and synced before the first segment.
            None if segments.is_empty() && snapshot == Seq(0) => Mark::genesis(location.shard),
            // Of the journal that the snapshot is of nothing is left.
            None if segments.is_empty() => {
                return Err(JournalError::Missing {
                    directory: location.directory.clone(),
                    seq: snapshot,
                });
            }
            None => {
                return Err(JournalError::AnchorLost {
                    path: location.path(ANCHOR_FILE),
                });
            }
        };
        let begins = match &base {
            Some(base) => {
                base.check(location)?;
                base.mark.seq
            }
            None => Seq(0),
        };
        if snapshot < begins {
            return Err(JournalError::Gone {
                directory: location.directory.clone(),
                seq: snapshot.next(),
                first: begins.next(),
            });
        }
        let durable = anchor.seq.max(snapshot);
        let headless = segments.pop_if(|last| is_headless(location, last, durable));
        for segment in &segments {
            check_header(segment, location).map_err(|error| as_rot(error, durable))?;
        }
        let reader = match segments.first() {
            Some(first) if first.first <= begins.next() => {
                let reader = Reader::over(location, first.clone());
                let reader = reader.map_err(|error| as_rot(error, durable))?;
                Some(reader.without(headless.as_ref()))
            }
            None if durable == Seq(0) => None,
            first => {
                return Err(JournalError::Missing {
                    directory: location.directory.clone(),
                    seq: first.map_or(durable, |_| begins.next()),
                });
            }
        };
        Ok(Self {
            location: location.clone(),
            base,
            anchor,
            durable,
            is_read: reader.is_none(),
            last: segments.pop(),
            headless,
            reader,
            doubted_from: HEADER_BYTES as u64,
            torn: None,
        })
    }

    /// Where the anchor stands: the journal goes at least that far.
    pub(crate) const fn anchor(&self) -> Seq {
        self.anchor.seq
    }

    /// The last input that was read, or the base.
    pub(crate) fn mark(&self) -> Mark {
        let base = self.base.as_ref().map(|base| base.mark);
        let begins = base.unwrap_or(Mark::genesis(self.location.shard));
        let read = self.reader.as_ref().map(Reader::mark);
        read.filter(|read| read.seq > begins.seq).unwrap_or(begins)
    }

    /// Reads the next input after the base; `false` at the end. After that, and after an error, `input` means nothing.
    ///
    /// # Errors
    /// [`JournalError::Rot`] and [`JournalError::Damaged`] at the first record that is not what it should be, and I/O
    /// errors.
    pub fn read(&mut self, input: &mut Input) -> Result<bool, JournalError> {
        let Some((reader, last)) = self.reader.as_mut().zip(self.last.as_ref()) else {
            return Ok(false);
        };
        let base = self.base.as_ref().map(|base| base.mark);
        let begins = base.map_or(Seq(0), |base| base.seq);
        while !self.is_read {
            if reader.mark().seq <= self.anchor.seq && reader.segment().first == last.first {
                self.doubted_from = reader.offset();
            }
            // Also before the first record: the anchor may stand at the end of the segment before.
            if let Some(reason) = contradiction(reader.mark(), [Some(self.anchor), base]) {
                return Err(as_rot(reader.damage(reason).into(), self.durable));
            }
            match reader.read(input) {
                Ok(true) if input.seq > begins => return Ok(true),
                Ok(true) => {}
                Ok(false) => self.is_read = true,
                Err(JournalError::Damaged(damage))
                    if damage.reason.is_torn_write()
                        && damage.seq > self.durable
                        && damage.segment == last.path
                        && !last.is_archive() =>
                {
                    self.torn = Some(damage);
                    self.is_read = true;
                }
                Err(error) => return Err(as_rot(error, self.durable)),
            }
        }
        if reader.mark().seq < self.durable {
            return Err(as_rot(reader.damage(Reason::Ends).into(), self.durable));
        }
        Ok(false)
    }

    /// Reads what was not read yet, cuts a torn tail, and opens the journal for writing.
    ///
    /// # Errors
    /// As [`Opening::read`].
    pub fn finish(mut self, segment_bytes_max: u64) -> Result<Opened, JournalError> {
        let mut input = Input::PLACE;
        while self.read(&mut input)? {}
        let location = &self.location;
        location.create_directory()?;
        let anchor = if let Some(anchor) = Anchor::open(location)? {
            anchor
        } else {
            let anchor = Anchor::create(location)?;
            location.sync_directory()?;
            anchor
        };
        let mut torn_bytes_cut = 0;
        if let Some(headless) = &self.headless {
            let file = location.open_file(&headless.path, Access::Read)?;
            torn_bytes_cut += reader::used_bytes(&*file, &headless.path, 0)?;
            location.remove(&headless.path)?;
        }
        if let Some(damage) = &self.torn {
            torn_bytes_cut += cut(location, damage)?;
        }
        let (open, end) = match self.reader.as_ref().zip(self.last) {
            None => (None, anchor.mark()),
            Some((reader, last)) if last.is_archive() => (None, reader.mark()),
            Some((reader, last)) => {
                reader::write_again(&last, location, self.doubted_from..reader.offset())?;
                (Some((last, reader.offset())), reader.mark())
            }
        };
        let writer = Writer::new(location, segment_bytes_max, open, end, anchor)?;
        remove_leftovers(location, self.base.as_ref())?;
        Ok(Opened {
            writer,
            torn_bytes_cut,
        })
    }
}

/// Whether the header of a segment does not check and nothing of it was durable. What else is wrong with it is found
/// again when all headers are checked.
fn is_headless(location: &Location, segment: &Segment, durable: Seq) -> bool {
    let opened = open_segment(segment, location);
    segment.first > durable
        && matches!(opened, Err(JournalError::Damaged(damage)) if damage.reason == Reason::Header)
}

/// Cuts a segment where it stops making sense; returns how many bytes went, without zeros at their end, and at their
/// beginning where room for more should be, that were only such room.
fn cut(location: &Location, damage: &Damage) -> Result<u64, JournalError> {
    let file = location.open_file(&damage.segment, Access::Write)?;
    let from = match damage.reason {
        Reason::Stray(at) => at,
        _ => damage.offset,
    };
    let bytes = reader::used_bytes(&*file, &damage.segment, from)?;
    file.set_length(damage.offset)
        .and_then(|()| file.sync())
        .map_err(|error| JournalError::io("cut", &damage.segment, error))?;
    Ok(bytes)
}
