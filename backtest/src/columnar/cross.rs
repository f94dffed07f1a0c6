//! Where one line crosses another, 64 bars at a time.

use super::{Beyond, Columns, EXACT_MAX};

/// Bars whose signs are kept in one word.
const WORD: usize = 64;

/// The crosses of two simple moving averages of closes, in order: the bar, and whether the fast one came to be above.
/// The first bar that both are known on is none.
pub(super) fn averages(
    columns: &Columns,
    fast: usize,
    slow: usize,
    seen: impl FnMut(usize, bool) -> Result<(), Beyond>,
) -> Result<(), Beyond> {
    if 2.0 * columns.reach * fast as f64 * slow as f64 >= EXACT_MAX {
        return Err(Beyond);
    }
    let bars = columns.len();
    if bars < slow {
        return Ok(());
    }
    // From the first bar on that has `slow` closes: sums up to it, and from `fast` and `slow` bars before.
    let known = bars + 1 - slow;
    let to = &columns.sums[slow..][..known];
    let from_fast = &columns.sums[slow - fast..][..known];
    let from_slow = &columns.sums[..known];
    let (fast, slow_bars) = (fast as f64, slow as f64);
    let difference =
        |at: usize| (to[at] - from_fast[at]) * slow_bars - (to[at] - from_slow[at]) * fast;
    crosses(known, slow - 1, difference, seen)
}

/// `difference`: of the lines, `known` of them, the first one at bar `first`.
fn crosses(
    known: usize,
    first: usize,
    difference: impl Fn(usize) -> f64,
    mut seen: impl FnMut(usize, bool) -> Result<(), Beyond>,
) -> Result<(), Beyond> {
    let (mut was_above, mut was_below) = (1, 1);
    let mut start = 0;
    while start < known {
        let len = WORD.min(known - start);
        let (mut above, mut below) = (0_u64, 0_u64);
        for bit in 0..len {
            let difference = difference(start + bit);
            above |= u64::from(difference > 0.0) << bit;
            below |= u64::from(difference < 0.0) << bit;
        }
        // One that begins: it was not there one bar before. On the very first bar nothing begins.
        let rises = above & !(above << 1 | was_above);
        let falls = below & !(below << 1 | was_below);
        was_above = above >> (WORD - 1);
        was_below = below >> (WORD - 1);
        let mut both = rises | falls;
        while both != 0 {
            let bit = both.trailing_zeros();
            seen(first + start + bit as usize, rises >> bit & 1 == 1)?;
            both &= both - 1;
        }
        start += len;
    }
    Ok(())
}
