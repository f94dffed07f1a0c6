//! What holds for every strategy of the library.

use std::fmt::Write as _;

use backtest::outcome::{Executed, Outcome};
use backtest::run::{Fills, Memory, Settings, Timed, Unobserved, run};
use backtest::strategies::{self, ALL, Data, Declared, Offer};
use backtest::strategy::{Kind, Parameter, ParameterError, Value, Values};
use types::{Price, Qty};

use crate::world::{bars_of, plain, quotes_of, share};

/// Real data that has what a strategy needs: the newest bars of shares, hours of a currency, or quotes of coins.
fn world(declared: &Declared) -> (Settings, Vec<Timed>) {
    let count = declared
        .needs
        .least
        .max(usize::from(declared.needs.most > 1) + 1);
    let count = count.min(declared.needs.most).min(3);
    match declared.needs.data {
        Data::Quotes => {
            let (instruments, events) = quotes_of(count, 6_000);
            let settings = Settings {
                fills: Fills::Market,
                ..plain(instruments, 1_000_000)
            };
            (settings, events)
        }
        Data::Intraday | Data::IntradayVolume => {
            let mut instrument = share("EURUSD", Qty::ONE);
            instrument.tick_size = Price(10_000);
            let settings = plain(vec![instrument], 10_000);
            (settings, bars_of(&["eurusd_1h_bars.csv.gz"], 1_500))
        }
        _ => {
            let names = ["GOOG", "AAPL"];
            let files = ["goog_1d_bars.csv.gz", "aapl_1d_bars.csv.gz"];
            let count = count.min(2);
            let instruments = names[..count].iter().map(|name| types::Instrument {
                tick_size: Price(100_000),
                ..share(name, Qty(1_000_000))
            });
            let settings = plain(instruments.collect(), 100_000);
            (settings, bars_of(&files[..count], 1_000))
        }
    }
}

fn built(declared: &Declared, values: &Values, settings: &Settings, events: &[Timed]) -> Outcome {
    let mut strategy = (declared.build)(values).unwrap();
    let sources = vec![Memory::new(events)];
    run(settings, sources, &mut *strategy, &mut Unobserved).unwrap()
}

/// Short periods, so that everything trades on the data of a test.
fn lively(declared: &Declared) -> Values {
    let mut values = Values::defaults(declared.parameters);
    for parameter in declared.parameters {
        if let (Kind::Integer { min, .. }, Value::Integer(default)) =
            (parameter.kind, parameter.default)
            && default > 100
            && !matches!(
                parameter.name,
                "begin" | "hold" | "from" | "until" | "interval"
            )
        {
            let short = Value::Integer((default / 4).max(min));
            values.set_value(parameter.name, short).unwrap();
        }
    }
    for (strategy, name, text) in [
        ("cointegration", "level", "10%"),
        ("cointegration", "entry", "1"),
        ("cross_venue", "edge", "0"),
        ("cross_venue", "leave", "-0.5"),
        ("grid", "step", "0.00002"),
        ("kalman_pair", "noise", "1"),
        ("vwap_reversion", "away", "0.001"),
        ("gap_fade", "least", "0.0002"),
        ("gap_fade", "begin", "1260"),
        ("halloween", "from", "6"),
    ] {
        if strategy == declared.name {
            values.set(name, text).unwrap();
        }
    }
    values
}

#[test]
fn each_trades_deterministically_and_is_never_refused() {
    for declared in ALL {
        let (settings, events) = world(declared);
        let values = lively(declared);
        let one = built(declared, &values, &settings, &events);
        let other = built(declared, &values, &settings, &events);
        let name = declared.name;
        assert_eq!(one, other, "{name}");
        // No three pairs of the fixture make a triangle; it has a test of its own.
        if name != "triangular" {
            assert!(one.counts.fills > 0, "{name}: {:?}", one.counts);
        }
        // A post-only order may come too late, and margin may not suffice for a leg; the grid is always kept.
        let refused: Vec<_> = one
            .refusals
            .iter()
            .filter(|it| is_of_the_grid(it))
            .collect();
        assert_eq!(refused.first(), None, "{name}: {}", refused.len());
    }
}

fn is_of_the_grid(event: &types::Event) -> bool {
    use types::{DenyReason, EventKind};
    match event.kind {
        EventKind::OrderDenied { reason, .. } => !matches!(
            reason,
            DenyReason::BuyingPower { .. } | DenyReason::WouldTake { .. }
        ),
        _ => true,
    }
}

/// What was filled up to a moment.
fn until(outcome: &Outcome, ts: types::TimestampNs) -> Vec<Executed> {
    let fills = outcome.fills.iter().copied();
    fills.filter(|executed| executed.ts <= ts).collect()
}

#[test]
fn none_looks_ahead() {
    for declared in ALL {
        let (settings, events) = world(declared);
        let values = lively(declared);
        let whole = built(declared, &values, &settings, &events);
        for part in [3, 2] {
            let begin = &events[..events.len() / part];
            let last = begin.last().unwrap().ts;
            let shorter = built(declared, &values, &settings, begin);
            let (seen, expected) = (until(&shorter, last), until(&whole, last));
            // An order that waits for the next open has it only where there is a next bar.
            let expected = &expected[..seen.len().min(expected.len())];
            assert_eq!(seen, expected, "{}", declared.name);
            let later = whole.fills.iter().filter(|it| it.ts <= last).count();
            assert!(
                later - seen.len() <= settings.instruments.len(),
                "{}",
                declared.name
            );
        }
    }
}

fn ends(parameter: &Parameter) -> Vec<Value> {
    match parameter.kind {
        Kind::Integer { min, max } => vec![Value::Integer(min), Value::Integer(max)],
        Kind::Real { min, max } => vec![Value::Real(min), Value::Real(max)],
        Kind::Choice(words) => words.iter().map(|word| Value::Choice(word)).collect(),
        Kind::Flag => vec![Value::Flag(false), Value::Flag(true)],
    }
}

#[test]
fn every_parameter_works_at_the_ends_of_its_range() {
    for declared in ALL {
        let (settings, events) = world(declared);
        let few = &events[..events.len().min(400)];
        for parameter in declared.parameters {
            for value in ends(parameter) {
                let mut values = lively(declared);
                values.set_value(parameter.name, value).unwrap();
                match (declared.build)(&values) {
                    Ok(_) => {
                        let outcome = built(declared, &values, &settings, few);
                        assert!(outcome.counts.inputs > 0, "{} {values}", declared.name);
                    }
                    // What does not go together says so.
                    Err(ParameterError::Together { names, .. }) => {
                        assert!(names.contains(parameter.name), "{} {values}", declared.name);
                    }
                    Err(other) => panic!("{} {values}: {other}", declared.name),
                }
            }
        }
    }
}

#[test]
fn what_the_data_does_not_have_is_said_before_the_run() {
    let said = |name: &str, offer: &Offer| {
        let declared = strategies::find(name).unwrap();
        declared.check(offer).unwrap_err().to_string()
    };
    let mut daily = Offer::new(1);
    let events = bars_of(&["goog_1d_bars.csv.gz"], 10);
    daily.look(&mut Memory::new(&events), 10).unwrap();
    assert_eq!(
        said("grid", &daily),
        "strategy grid: the data has bars of a day or longer; accepted: quotes or books"
    );
    assert_eq!(
        said("cointegration", &daily),
        "strategy cointegration: the run has 1 instrument; accepted: 2 instruments"
    );
    assert_eq!(
        said("overnight", &daily),
        "strategy overnight: the data has bars of a day or longer; accepted: bars shorter than a day"
    );
    let mut quotes = Offer::new(1);
    let (_, events) = quotes_of(1, 10);
    quotes.look(&mut Memory::new(&events), 10).unwrap();
    assert_eq!(
        said("sma_cross", &quotes),
        "strategy sma_cross: the data has quotes; accepted: bars"
    );
    // Whatever is tested with is accepted.
    for declared in ALL {
        let (settings, events) = world(declared);
        let mut offer = Offer::new(settings.instruments.len());
        offer.look(&mut Memory::new(&events), events.len()).unwrap();
        if declared.needs.most > 1 || offer.instruments == 1 {
            assert_eq!(declared.check(&offer), Ok(()), "{}", declared.name);
        }
    }
}

#[test]
fn there_are_fifty_and_each_has_its_page() {
    assert!(ALL.len() >= 50, "{}", ALL.len());
    for declared in ALL {
        let page = &declared.page;
        for text in [page.entry, page.exit, page.sizing, page.source, page.risk] {
            assert!(
                text.ends_with('.') && !text.contains("  "),
                "{}: {text}",
                declared.name
            );
        }
        for parameter in declared.parameters {
            assert!(
                !parameter.about.is_empty() && parameter.about.len() <= 100,
                "{parameter:?}"
            );
        }
    }
}

/// `DYNASTY_GOLDEN=update cargo test -p backtest --test it page_of_strategies` writes the list anew.
#[test]
fn the_page_of_strategies_lists_what_there_is() {
    const MARK: &str = "page_of_strategies -->\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/strategies.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, _) = text.split_once(MARK).unwrap();
    let mut page = format!("{head}{MARK}\n## The library: {} strategies\n", ALL.len());
    let mut family = None;
    for declared in ALL {
        if family.replace(declared.family) != Some(declared.family) {
            write!(
                page,
                "\n### {}\n\n| Name | What it does | Needs | Parameters |\n|---|---|---|---|\n",
                declared.family.name()
            )
            .unwrap();
        }
        let parameters = declared.parameters.iter();
        let parameters: Vec<_> = parameters
            .map(|parameter| format!("{} {}", parameter.name, parameter.default))
            .collect();
        writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            declared.name,
            declared.about,
            declared.needs,
            parameters.join(", ")
        )
        .unwrap();
    }
    if std::env::var("DYNASTY_GOLDEN").as_deref() == Ok("update") {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page);
}
