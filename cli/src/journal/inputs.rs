//! The inputs of a journal that nobody repairs or cuts on the way: up to its end, or up to a torn tail.

use runtime::journal::{self, Damage, JournalError, Location, Reader};
use types::{Input, Seq};

use crate::demo::tell;

/// A cursor over inputs that ends where the next start would let the journal end.
#[derive(Debug)]
pub(crate) struct Inputs {
    location: Location,
    /// `None` where the first record is part of the torn tail.
    reader: Option<Reader>,
    torn: Option<Damage>,
}

impl Inputs {
    /// As [`Reader::open`].
    ///
    /// # Errors
    /// When there is no such segment, it cannot be read, or it is damaged and that is no torn tail.
    pub(crate) fn open(location: &Location, after: Seq) -> Result<Self, JournalError> {
        let mut inputs = Self {
            location: location.clone(),
            reader: None,
            torn: None,
        };
        match Reader::open(location, after) {
            Err(JournalError::Damaged(damage)) if journal::is_torn_tail(location, &damage)? => {
                // The header of the last segment. What is before it is whole.
                let before = Seq(damage.seq.0.saturating_sub(2));
                let segments = journal::segments(location)?;
                if segments.len() > 1 {
                    inputs.reader = Some(Reader::open(location, before)?);
                } else {
                    inputs.torn = Some(damage);
                }
            }
            reader => inputs.reader = Some(reader?),
        }
        Ok(inputs)
    }

    /// The next input; `None` at the end.
    ///
    /// # Errors
    /// At the first record that does not check and is no torn tail.
    pub(crate) fn next(&mut self) -> Result<Option<Input>, JournalError> {
        let Some(reader) = self.reader.as_mut().filter(|_| self.torn.is_none()) else {
            return Ok(None);
        };
        match reader.next_input() {
            Err(JournalError::Damaged(damage))
                if journal::is_torn_tail(&self.location, &damage)? =>
            {
                self.torn = Some(damage);
                Ok(None)
            }
            input => input,
        }
    }

    /// The last input that was read, or what is before the first.
    pub(crate) fn last(&self) -> Seq {
        self.reader
            .as_ref()
            .map_or(Seq(0), |reader| reader.mark().seq)
    }

    /// Bytes of the segment that begins with `first`, as far as it was read.
    pub(crate) fn bytes_of(&self, first: Seq) -> u64 {
        self.reader
            .as_ref()
            .filter(|reader| reader.segment().first == first)
            .map_or(0, Reader::offset)
    }

    /// Tells that the journal has a torn tail, if it was met.
    pub(crate) fn tell_torn(&self) {
        if let Some(damage) = &self.torn {
            tell_torn(damage);
        }
    }
}

/// Tells it where results do not go.
pub(crate) fn tell_torn(damage: &Damage) {
    tell(format_args!(
        "dynasty: a torn tail: {damage}; nobody was promised what follows, and the next start cuts it. What is told ends \
         before it"
    ));
}
