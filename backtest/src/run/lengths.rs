//! How long the bars of the data are.

const HOUR_NS: u64 = 3_600_000_000_000;

/// The length that all bars have, if they have one. A day of local time has 23 to 25 hours and is a day.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Lengths {
    #[default]
    None,
    One(u64),
    /// As months have.
    Several,
}

impl Lengths {
    #[inline]
    pub(crate) fn note(&mut self, length: u64) {
        *self = match *self {
            Self::One(known) if known == length => return,
            Self::None => Self::One(length),
            Self::One(known) if is_day(known) && is_day(length) => Self::One(24 * HOUR_NS),
            Self::One(_) | Self::Several => Self::Several,
        };
    }

    /// Zero where there is none, or no single one.
    pub(crate) const fn bar_ns(self) -> u64 {
        match self {
            Self::One(length) => length,
            Self::None | Self::Several => 0,
        }
    }
}

fn is_day(length: u64) -> bool {
    (23 * HOUR_NS..=25 * HOUR_NS).contains(&length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(hours: &[u64]) -> u64 {
        let mut lengths = Lengths::default();
        for hours in hours {
            lengths.note(hours * HOUR_NS);
        }
        lengths.bar_ns() / HOUR_NS
    }

    #[test]
    fn days_of_local_time_are_days_and_months_have_no_one_length() {
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[1, 1]), 1);
        assert_eq!(of(&[24, 23, 24, 25, 24]), 24);
        assert_eq!(of(&[23, 23]), 23);
        assert_eq!(of(&[31 * 24, 28 * 24, 31 * 24]), 0);
        assert_eq!(of(&[4, 24, 24]), 0);
    }
}
