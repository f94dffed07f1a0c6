//! Levels of a book as most venues write them.

#![expect(
    clippy::inline_always,
    reason = "a call for each of a hundred numbers of a message costs as much as to read them"
)]

use types::Level;

use super::scan::{Reader, Unexpected};

/// Reads `[["price","quantity",...],...]`, strings or numbers, and what else an item has. Whether all of them are
/// a price and a quantity; if not, all of the array has been read nevertheless.
///
/// # Errors
/// It is no such array.
#[inline]
pub fn levels(reader: &mut Reader<'_>, into: &mut Vec<Level>) -> Result<bool, Unexpected> {
    let mut are_levels = true;
    reader.array()?;
    while reader.item()? {
        match level(reader)? {
            Some(level) => into.push(level),
            None => are_levels = false,
        }
    }
    Ok(are_levels)
}

/// Reads `["price","quantity",...]`; `None` where these are no numbers that we hold.
///
/// # Errors
/// It is no such array.
#[inline(always)]
pub fn level(reader: &mut Reader<'_>) -> Result<Option<Level>, Unexpected> {
    reader.array()?;
    next(reader)?;
    let price = reader.price()?;
    next(reader)?;
    let qty = reader.qty()?;
    reader.skip_items()?;
    Ok(price.zip(qty).map(|(price, qty)| Level { price, qty }))
}

#[inline(always)]
fn next(reader: &mut Reader<'_>) -> Result<(), Unexpected> {
    if reader.item()? {
        Ok(())
    } else {
        Err(Unexpected)
    }
}

/// Reads `[{"price":...,"quantity":...},...]` whose names are given. As [`levels`].
///
/// # Errors
/// It is no such array.
#[inline]
pub fn named_levels(
    reader: &mut Reader<'_>,
    (price_name, qty_name): (&[u8], &[u8]),
    into: &mut Vec<Level>,
) -> Result<bool, Unexpected> {
    let mut are_levels = true;
    reader.array()?;
    while reader.item()? {
        let (mut at, mut size) = (None, None);
        reader.object()?;
        while let Some(key) = reader.key()? {
            if key == price_name {
                at = reader.price()?;
            } else if key == qty_name {
                size = reader.qty()?;
            } else {
                reader.skip()?;
            }
        }
        match (at, size) {
            (Some(price), Some(qty)) => into.push(Level { price, qty }),
            _ => are_levels = false,
        }
    }
    Ok(are_levels)
}

#[cfg(test)]
mod tests {
    use types::{Price, Qty};

    use super::*;

    fn level_of(price: &str, qty: &str) -> Level {
        Level {
            price: price.parse::<Price>().unwrap(),
            qty: qty.parse::<Qty>().unwrap(),
        }
    }

    #[test]
    fn both_forms_are_read() {
        let expected = [level_of("100.5", "2"), level_of("99", "0.25")];
        let mut found = Vec::new();
        let pairs = br#"[["100.5","2","0","4"], [99,0.25]]"#;
        assert_eq!(levels(&mut Reader::new(pairs), &mut found), Ok(true));
        assert_eq!(found, expected);
        found.clear();
        let named = br#"[{"sz":"2","n":[1],"px":"100.5"},{"px":99,"sz":0.25}]"#;
        let read = named_levels(&mut Reader::new(named), (b"px", b"sz"), &mut found);
        assert_eq!(read, Ok(true));
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_number_is_told_behind_the_array() {
        let mut found = Vec::new();
        let mut reader = Reader::new(br#"{"b":[["1","x"],["1","2"]],"u":5}"#);
        reader.object().unwrap();
        reader.key().unwrap();
        assert_eq!(levels(&mut reader, &mut found), Ok(false));
        assert_eq!(found, [level_of("1", "2")]);
        assert_eq!(reader.key(), Ok(Some(&b"u"[..])));
        for broken in [r#"[["1"]]"#, r#"["1","2"]"#, r#"[["1","2"]"#, r#"{"b":1}"#] {
            let mut reader = Reader::new(broken.as_bytes());
            assert_eq!(levels(&mut reader, &mut found), Err(Unexpected), "{broken}");
        }
    }
}
