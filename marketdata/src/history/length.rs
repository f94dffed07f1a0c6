//! How long bars are.

/// The length of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarLength {
    /// So many ns, above 0.
    Ns(u64),
    /// So many whole months of the calendar, above 0.
    Months(u32),
}
