//! Which prints are new, where a venue's ids of them do not ascend.

use types::TimestampNs;

/// The newest prints of an instrument.
#[derive(Debug, Clone, Default)]
pub struct Prints {
    newest: TimestampNs,
    /// Ids of the prints of that time.
    ids: Vec<u64>,
}

impl Prints {
    /// So many ids of one time are remembered; what a venue says beyond them at that time is not new.
    const IDS_MAX: usize = 4_096;

    /// Whether a print is none that was seen, and none that is older; remembers it.
    pub fn is_new(&mut self, ts: TimestampNs, id: u64) -> bool {
        if ts > self.newest {
            self.newest = ts;
            self.ids.clear();
        }
        if ts < self.newest || self.ids.len() >= Self::IDS_MAX || self.ids.contains(&id) {
            return false;
        }
        self.ids.push(id);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_print_is_new_once() {
        let mut prints = Prints::default();
        let mut is_new = |ts, id| prints.is_new(TimestampNs(ts), id);
        assert!(is_new(10, 7));
        assert!(!is_new(10, 7));
        // Ids of one time need no order.
        assert!(is_new(10, 3));
        assert!(!is_new(9, 1));
        assert!(is_new(11, 7));
        assert!(!is_new(10, 8));
    }
}
