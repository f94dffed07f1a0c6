//! Values of the command line.

use ::backtest::strategy::Size;
use gateway::dto::percent as dto;
use types::{Label, Money, Qty, Ratio};

/// A full position; an amount is of a currency that the account has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SizeArg {
    Size(Size),
    Amount(Money, Label),
}

/// `name=value`.
pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=');
    let parts = parts.filter(|(name, value)| !name.is_empty() && !value.is_empty());
    parts
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "accepted: NAME=VALUE, such as fast=20".to_owned())
}

/// `0.1%`, from 0 to 100%.
pub(super) fn percent(text: &str) -> Result<Ratio, String> {
    let share = text.strip_suffix('%').and_then(dto::parse);
    share
        .filter(|share| (0..=Ratio::ONE.0).contains(&share.0))
        .ok_or_else(|| "accepted: 0% to 100%, such as 0.1%".to_owned())
}

/// A number above zero.
pub(super) fn positive(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    number
        .filter(|number| number.is_finite() && *number > 0.0)
        .ok_or_else(|| "accepted: a number above zero, such as 252".to_owned())
}

/// How many runs an optimisation makes: a batch at least.
pub(super) fn batch(text: &str) -> Result<usize, String> {
    let runs: Option<usize> = text.parse().ok();
    runs.filter(|runs| *runs >= 4)
        .ok_or_else(|| "accepted: 4 runs or more, which is the smallest batch".to_owned())
}

/// How many, one at least.
pub(super) fn count(text: &str) -> Result<usize, String> {
    let count: Option<usize> = text.parse().ok();
    count
        .filter(|count| *count > 0)
        .ok_or_else(|| "accepted: a whole number, 1 or more".to_owned())
}

/// An amount above zero.
pub(super) fn amount(text: &str) -> Result<Money, String> {
    let amount: Option<Money> = text.parse().ok();
    amount
        .filter(|amount| amount.0 > 0)
        .ok_or_else(|| "accepted: an amount above zero of at most 6 decimals".to_owned())
}

/// Units, a share of equity, or an amount with its currency.
pub(super) fn size(text: &str) -> Result<SizeArg, String> {
    let accepted = "accepted: units such as 1 or 0.5, a share of equity such as 100%, or an amount such as 5000USD; \
                    above zero";
    let letters = text.find(|letter: char| letter.is_ascii_alphabetic());
    let size = if let Some(share) = text.strip_suffix('%') {
        let share = dto::parse(share).filter(|share| share.0 > 0);
        share.map(|share| SizeArg::Size(Size::Equity(share)))
    } else if let Some(at) = letters {
        let (amount, currency) = text.split_at(at);
        let amount = amount.parse().ok().filter(|amount: &Money| amount.0 > 0);
        amount
            .zip(Label::new(currency).ok())
            .filter(|_| currency.bytes().all(|it| it.is_ascii_alphabetic()))
            .map(|(amount, of)| SizeArg::Amount(amount, of))
    } else {
        let qty = text.parse().ok().filter(|qty: &Qty| qty.0 > 0);
        qty.map(|qty| SizeArg::Size(Size::Units(qty)))
    };
    size.ok_or_else(|| accepted.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_units_shares_or_amounts() {
        assert_eq!(size("0.5"), Ok(SizeArg::Size(Size::Units(Qty(50_000_000)))));
        assert_eq!(
            size("95%"),
            Ok(SizeArg::Size(Size::Equity(Ratio::percent(95))))
        );
        let usd = Label::new("USD").unwrap();
        assert_eq!(
            size("5000USD"),
            Ok(SizeArg::Amount(Money::whole(5_000), usd))
        );
        for text in ["0", "-1", "0%", "USD", "", "1e3", "5 000"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn fees_are_percentages() {
        assert_eq!(percent("0.1%"), Ok(Ratio(1_000_000)));
        for text in ["0.1", "-1%", "101%", "%"] {
            assert!(percent(text).is_err(), "{text}");
        }
    }
}
