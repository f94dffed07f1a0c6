//! Which listing a venue's symbol is.

use super::Listing;

/// Places of listings by their symbols.
#[derive(Debug)]
pub(super) struct Symbols {
    /// Symbols of up to fifteen bytes as one number each, ascending, and their places.
    short: Vec<(u128, u32)>,
    /// The others, ascending.
    long: Vec<(Box<[u8]>, u32)>,
}

impl Symbols {
    /// Of listings with the same symbol the first is the one.
    pub(super) fn new(listings: &[Listing]) -> Self {
        let mut symbols = Self {
            short: Vec::new(),
            long: Vec::new(),
        };
        for (listing, place) in listings.iter().zip(0..) {
            let symbol = listing.symbol.as_bytes();
            match packed(symbol) {
                Some(number) => symbols.short.push((number, place)),
                None => symbols.long.push((symbol.into(), place)),
            }
        }
        symbols.short.sort_unstable();
        symbols.short.dedup_by_key(|(number, _)| *number);
        symbols.long.sort_unstable();
        symbols.long.dedup_by(|next, first| next.0 == first.0);
        symbols
    }

    /// The place of the listing with this symbol.
    #[inline]
    pub(super) fn find(&self, symbol: &[u8]) -> Option<usize> {
        let place = if let Some(number) = packed(symbol) {
            let found = self
                .short
                .binary_search_by_key(&number, |(number, _)| *number);
            self.short[found.ok()?].1
        } else {
            let found = self
                .long
                .binary_search_by(|(known, _)| (**known).cmp(symbol));
            self.long[found.ok()?].1
        };
        Some(place as usize)
    }
}

/// Up to fifteen bytes and how many they are.
#[inline]
fn packed(symbol: &[u8]) -> Option<u128> {
    let len = symbol.len();
    // Words from both ends overlap where there are fewer bytes than two words have.
    let word = |bytes: &[u8; 8]| u128::from(u64::from_le_bytes(*bytes));
    let half = |bytes: &[u8; 4]| u128::from(u32::from_le_bytes(*bytes));
    let bytes = match (symbol.first_chunk(), symbol.last_chunk()) {
        (Some(first), Some(last)) if len < 16 => word(first) | word(last) << (8 * (len - 8)),
        (Some(_), _) => return None,
        _ => match (symbol.first_chunk(), symbol.last_chunk()) {
            (Some(first), Some(last)) => half(first) | half(last) << (8 * (len - 4)),
            _ => symbol
                .iter()
                .rev()
                .fold(0, |bytes, &byte| bytes << 8 | u128::from(byte)),
        },
    };
    Some(bytes | (len as u128) << 120)
}

#[cfg(test)]
mod tests {
    use types::{InstrumentId, Price, Qty, Ratio};

    use super::*;
    use crate::feed::Spec;

    fn symbols(names: &[&str]) -> Symbols {
        let listing = |name: &&str| Listing {
            instrument: InstrumentId(0),
            symbol: (*name).to_owned(),
            spec: Spec {
                tick_size: Price(1),
                lot_size: Qty(1),
                may_be_negative: false,
                outlier_band: Ratio::ZERO,
            },
        };
        Symbols::new(&names.iter().map(listing).collect::<Vec<_>>())
    }

    #[test]
    fn symbols_of_any_length_are_found() {
        let text = "ABCDEFGHIJKLMNOPQRST";
        let names: Vec<_> = (0..=text.len()).map(|len| &text[..len]).collect();
        let found = symbols(&names);
        for (place, name) in names.iter().enumerate() {
            assert_eq!(found.find(name.as_bytes()), Some(place), "{name}");
        }
        for name in [
            "B",
            "ABCDEFGI",
            "ABCDEFGHIJKLMNO\0",
            "ABCDEFGHIJKLMNOPQRSTU",
            "A\0",
        ] {
            assert_eq!(found.find(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn of_the_same_symbol_the_first_is_the_one() {
        let long = "BTC-USD-260925-100000-C";
        let found = symbols(&["ETH", long, "BTC", "ETH", long]);
        let places = ["ETH", "BTC", long].map(|name| found.find(name.as_bytes()));
        assert_eq!(places, [Some(0), Some(2), Some(1)]);
    }
}
