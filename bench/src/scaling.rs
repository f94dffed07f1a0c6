//! How the cost of one input through `Shard::apply` grows with what the shard holds: accounts, orders,
//! levels. Here are the loads, the measurement and the report; what is asked for on the command line is
//! the program's.

pub mod accounts;
pub mod book;
pub mod columns;
pub mod harness;
pub mod measure;
pub mod memory;
pub mod plot;
pub mod report;
pub mod waiting;

/// The smallest load, and the factor from one load to the next.
pub const SIZE_MIN: u32 = 100;
const SIZE_FACTOR: u32 = 10;

/// The loads up to `max`: powers of ten from [`SIZE_MIN`].
pub fn sizes(max: u32) -> Vec<u32> {
    std::iter::successors(Some(SIZE_MIN), |size| size.checked_mul(SIZE_FACTOR))
        .take_while(|size| *size <= max)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::sizes;

    #[test]
    fn sizes_are_powers_of_ten() {
        assert_eq!(sizes(1_000_000), [100, 1_000, 10_000, 100_000, 1_000_000]);
        assert_eq!(sizes(9_999), [100, 1_000]);
        assert!(sizes(99).is_empty());
    }
}
