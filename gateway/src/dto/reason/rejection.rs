//! Why an input was not applied: the figures that belong to it, and what would have been accepted.

use types::{DataFault, GridFault, InputRejection, QuoteFault};

use super::{Figures, count, text};

/// The word for what is wrong with market data.
const fn quote_fault(fault: QuoteFault) -> &'static str {
    match fault {
        QuoteFault::Crossed { .. } => "crossed",
        QuoteFault::NegativeQty { .. } => "negative_qty",
        QuoteFault::OutsideBar { .. } => "outside_bar",
        QuoteFault::HasBook => "has_book",
        QuoteFault::AfterGap => "after_gap",
    }
}

/// The word for what is wrong with data.
const fn data_fault(fault: DataFault) -> &'static str {
    match fault {
        DataFault::NoWeight => "no_weight",
        DataFault::NoSamples => "no_samples",
        DataFault::NoOrders => "no_orders",
        DataFault::Rate { .. } => "rate",
        DataFault::SameCurrency => "same_currency",
        DataFault::Split { .. } => "split",
        DataFault::Dividend { .. } => "dividend",
        DataFault::Until { .. } => "until",
        DataFault::Interval { .. } => "interval",
    }
}

impl Figures {
    /// The figures of a reason for which an input was not applied.
    pub fn of_rejection(reason: InputRejection) -> Self {
        Self(match reason {
            InputRejection::LimitReached { limit, max } => {
                vec![text("limit", &limit), count("max", max)]
            }
            InputRejection::OffGrid(GridFault::Price { price, tick_size }) => {
                vec![text("price", &price), text("tick_size", &tick_size)]
            }
            InputRejection::OffGrid(GridFault::Qty { qty, lot_size }) => {
                vec![text("qty", &qty), text("lot_size", &lot_size)]
            }
            InputRejection::BadQuote(fault) => of_quote(fault),
            InputRejection::BadData(fault) => of_data(fault),
            InputRejection::UnknownInstrument
            | InputRejection::UnknownPlan
            | InputRejection::UnknownAccount
            | InputRejection::UnknownCompetition
            | InputRejection::UnknownSchedule
            | InputRejection::BadInstrument(_)
            | InputRejection::BadPlan
            | InputRejection::BadCompetition
            | InputRejection::CannotEnter(_)
            | InputRejection::DayNotAfter => Vec::new(),
        })
    }
}

fn of_quote(fault: QuoteFault) -> Vec<super::Named> {
    let mut figures = vec![text("fault", &quote_fault(fault))];
    match fault {
        QuoteFault::Crossed { bid, ask } => figures.extend([text("bid", &bid), text("ask", &ask)]),
        QuoteFault::NegativeQty { qty } => figures.push(text("qty", &qty)),
        QuoteFault::OutsideBar { price, bound } => {
            figures.extend([text("price", &price), text("bound", &bound)]);
        }
        QuoteFault::HasBook | QuoteFault::AfterGap => {}
    }
    figures
}

fn of_data(fault: DataFault) -> Vec<super::Named> {
    let mut figures = vec![text("fault", &data_fault(fault))];
    match fault {
        DataFault::Rate { rate } => figures.push(text("rate", &rate)),
        DataFault::Split { new, old, max } => {
            figures.extend([count("new", new), count("old", old), count("max", max)]);
        }
        DataFault::Dividend { per_unit } => figures.push(text("per_unit", &per_unit)),
        DataFault::Until { until, after } => {
            figures.extend([text("until", &until), text("after", &after)]);
        }
        DataFault::Interval { start, end } => {
            figures.extend([text("start", &start), text("end", &end)]);
        }
        DataFault::NoWeight
        | DataFault::NoSamples
        | DataFault::NoOrders
        | DataFault::SameCurrency => {}
    }
    figures
}

/// The field of an input that a reason is about, the value it had and what would have been accepted; `None` where
/// the reason says all there is.
pub fn accepted(reason: InputRejection) -> Option<(&'static str, Option<String>, String)> {
    let some = |field, value: &dyn ToString, accepted: String| {
        Some((field, Some(value.to_string()), accepted))
    };
    let none = |field, accepted: &str| Some((field, None, accepted.to_owned()));
    match reason {
        InputRejection::LimitReached { limit, max } => {
            Some((limit.as_str(), None, format!("at most {max}")))
        }
        InputRejection::OffGrid(GridFault::Price { price, tick_size }) => {
            some("price", &price, format!("a multiple of {tick_size}"))
        }
        InputRejection::OffGrid(GridFault::Qty { qty, lot_size }) => {
            some("qty", &qty, format!("a multiple of {lot_size}"))
        }
        InputRejection::BadQuote(fault) => match fault {
            QuoteFault::Crossed { bid, ask } => {
                some("bid", &bid, format!("at most the ask, {ask}"))
            }
            QuoteFault::NegativeQty { qty } => some("qty", &qty, "0 or above".to_owned()),
            QuoteFault::OutsideBar { price, bound } => some(
                "price",
                &price,
                format!("within the low and high of its bar, not beyond {bound}"),
            ),
            QuoteFault::HasBook => none("instrument", "one with paper liquidity"),
            QuoteFault::AfterGap => none("depth", "the whole depth, or a quote, after a gap"),
        },
        InputRejection::BadData(fault) => match fault {
            DataFault::NoWeight => none("weights", "one above 0 at least"),
            DataFault::NoSamples => none("samples", "one at least"),
            DataFault::NoOrders => none("orders", "two at least"),
            DataFault::Rate { rate } => some("rate", &rate, "above 0".to_owned()),
            DataFault::SameCurrency => none("to", "another currency than that of from"),
            DataFault::Split { new, old, max } => some(
                "split",
                &format!("{new} for {old}"),
                format!("two different numbers from 1 to {max}"),
            ),
            DataFault::Dividend { per_unit } => {
                some("per_unit", &per_unit, "0 or above".to_owned())
            }
            DataFault::Until { until, after } => {
                some("until", &until, format!("a time after {after}"))
            }
            DataFault::Interval { start, end } => {
                some("end", &end, format!("a time after the start, {start}"))
            }
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use types::{LimitName, Money, Price, Qty, TimestampNs};

    use super::*;

    /// Every fault with figures, as JSON and in words.
    #[test]
    fn a_rejection_has_its_limit_and_its_value() {
        let (price, qty) = (Price::whole(3), Qty::whole(-4));
        let (bid, ask) = (Price::whole(5), Price::whole(4));
        let [early, late] = [1, 2].map(TimestampNs);
        let quote = InputRejection::BadQuote;
        let data = InputRejection::BadData;
        let expected = [
            (
                InputRejection::LimitReached {
                    limit: LimitName::Accounts,
                    max: 1_048_576,
                },
                r#"{"limit":"accounts_max","max":1048576}"#,
                "accounts_max: at most 1048576",
            ),
            (
                InputRejection::OffGrid(GridFault::Price {
                    price,
                    tick_size: Price::whole(2),
                }),
                r#"{"price":"3","tick_size":"2"}"#,
                "price 3: a multiple of 2",
            ),
            (
                InputRejection::OffGrid(GridFault::Qty {
                    qty: Qty::whole(3),
                    lot_size: Qty::whole(2),
                }),
                r#"{"qty":"3","lot_size":"2"}"#,
                "qty 3: a multiple of 2",
            ),
            (
                quote(QuoteFault::Crossed { bid, ask }),
                r#"{"fault":"crossed","bid":"5","ask":"4"}"#,
                "bid 5: at most the ask, 4",
            ),
            (
                quote(QuoteFault::NegativeQty { qty }),
                r#"{"fault":"negative_qty","qty":"-4"}"#,
                "qty -4: 0 or above",
            ),
            (
                quote(QuoteFault::OutsideBar { price, bound: bid }),
                r#"{"fault":"outside_bar","price":"3","bound":"5"}"#,
                "price 3: within the low and high of its bar, not beyond 5",
            ),
            (
                quote(QuoteFault::HasBook),
                r#"{"fault":"has_book"}"#,
                "instrument: one with paper liquidity",
            ),
            (
                data(DataFault::Split {
                    new: 0,
                    old: 1,
                    max: 1_000,
                }),
                r#"{"fault":"split","new":0,"old":1,"max":1000}"#,
                "split 0 for 1: two different numbers from 1 to 1000",
            ),
            (
                data(DataFault::Dividend {
                    per_unit: Money::whole(-1),
                }),
                r#"{"fault":"dividend","per_unit":"-1"}"#,
                "per_unit -1: 0 or above",
            ),
            (
                data(DataFault::Until {
                    until: early,
                    after: late,
                }),
                r#"{"fault":"until","until":"1970-01-01T00:00:00.000000001Z","after":"1970-01-01T00:00:00.000000002Z"}"#,
                "until 1970-01-01T00:00:00.000000001Z: a time after 1970-01-01T00:00:00.000000002Z",
            ),
            (InputRejection::BadPlan, "{}", ""),
        ];
        for (reason, json, words) in expected {
            let figures = Figures::of_rejection(reason);
            assert_eq!(serde_json::to_string(&figures).unwrap(), json);
            let told = accepted(reason).map_or_else(String::new, |(field, value, accepted)| {
                let value = value.map(|value| format!(" {value}")).unwrap_or_default();
                format!("{field}{value}: {accepted}")
            });
            assert_eq!(told, words);
        }
    }
}
