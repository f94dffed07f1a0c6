//! What holds for every strategy of the library.

use std::fmt::Write as _;

use backtest::declared::Recipe;
use backtest::outcome::{Executed, Outcome, Sample};
use backtest::run::{Fills, Made, Memory, Observer, Settings, Timed, Unobserved, run};
use backtest::strategies::{self, ALL, Data, Declared, Offer};
use backtest::strategy::{Kind, Parameter, ParameterError, Strategy, Value, Values};
use engine::Shard;
use marketdata::history::{Basis, Edges};
use types::{Command, Event, Input, InputKind, MarketData, Price, Qty, TimestampNs};

use crate::look_ahead::Oracle;
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

/// What a run asks of the engine, and when.
#[derive(Default)]
struct Asked(Vec<(TimestampNs, Command)>);

impl Observer for Asked {
    fn sees_all(&self) -> bool {
        true
    }

    fn applied(&mut self, input: &Input, _: &[Event], _: &Shard) {
        if let InputKind::Command(command) = &input.kind {
            self.0.push((input.ts, command.clone()));
        }
    }
}

/// Every order, cancel and amendment, every fill and the equity at every bar, before a moment.
type Past = (Vec<(TimestampNs, Command)>, Vec<Executed>, Vec<Sample>);

fn past(
    settings: &Settings,
    events: &[Timed],
    strategy: &mut dyn Strategy,
    end: TimestampNs,
) -> Past {
    let mut asked = Asked::default();
    let sources = vec![Memory::new(events)];
    let outcome = run(settings, sources, strategy, &mut asked).unwrap();
    asked.0.retain(|(ts, _)| *ts < end);
    let fills = outcome.fills.iter().filter(|it| it.ts < end);
    let samples = outcome.samples.iter().filter(|it| it.ts < end);
    (
        asked.0,
        fills.copied().collect(),
        samples.copied().collect(),
    )
}

/// The data as it never went on: prices, volumes and sizes doubled from an event on, but for the opens of the bars that are
/// open then, as what waits for them is sent and sized there.
fn doubled(events: &[Timed], cut: usize) -> Vec<Timed> {
    let mut doubled = events.to_vec();
    let next = events[cut].ts;
    for timed in &mut doubled[cut..] {
        match &mut timed.event.data {
            MarketData::Bar(bar) => {
                for price in [&mut bar.high, &mut bar.low, &mut bar.close] {
                    price.0 *= 2;
                }
                if timed.ts > next {
                    bar.open.0 *= 2;
                }
                bar.low = bar.low.min(bar.open);
                bar.volume.0 = bar.volume.0.saturating_mul(2);
            }
            MarketData::Quote(quote) => {
                (quote.bid.0, quote.ask.0) = (2 * quote.bid.0, 2 * quote.ask.0);
                (quote.bid_qty.0, quote.ask_qty.0) = (2 * quote.bid_qty.0, 2 * quote.ask_qty.0);
            }
            MarketData::Trade(trade) => {
                trade.price.0 *= 2;
                trade.qty.0 *= 2;
            }
            _ => {}
        }
    }
    doubled
}

/// Cuts the data in several places. Where it goes on in another way, nothing may differ before that is known, orders that are
/// sent at the next open included; where it ends, nothing before its end. Returns how many orders were compared.
fn the_past_stays(
    what: &str,
    settings: &Settings,
    events: &[Timed],
    build: &dyn Fn(&[Timed]) -> Box<dyn Strategy>,
) -> usize {
    let mut compared = 0;
    for part in [7, 19, 38, 61, 83, 97] {
        let mut cut = events.len() * part / 100;
        // All events of one time are known together.
        while events[cut].ts == events[cut - 1].ts {
            cut += 1;
        }
        let (last, next) = (events[cut - 1].ts, events[cut].ts);
        let known = past(settings, events, &mut *build(events), next);
        for (other, end) in [(doubled(events, cut), next), (events[..cut].to_vec(), last)] {
            let found = past(settings, &other, &mut *build(&other), end);
            let before = |ts: TimestampNs| ts < end;
            let orders = known.0.iter().filter(|(ts, _)| before(*ts));
            assert!(
                found.0.iter().eq(orders),
                "{what}: orders before event {cut}"
            );
            let fills = known.1.iter().filter(|it| before(it.ts));
            assert!(found.1.iter().eq(fills), "{what}: fills before event {cut}");
            let samples = known.2.iter().filter(|it| before(it.ts));
            assert!(
                found.2.iter().eq(samples),
                "{what}: equity before event {cut}"
            );
        }
        let orders = known.0.iter().filter(|(_, command)| {
            matches!(
                command,
                Command::SubmitOrder(_) | Command::SubmitList(_) | Command::SubmitAlgo(_)
            )
        });
        compared += orders.count();
    }
    compared
}

/// Every strategy, whenever orders are sent, beside longer bars and, of quotes, with bars that are made of them: what it asks
/// for, has and is worth before a moment is the same where the data ends there, and where it goes on at twice the price.
#[test]
fn the_past_of_each_is_the_same_wherever_the_data_is_cut() {
    for declared in ALL {
        let (settings, events) = world(declared);
        let values = lively(declared);
        let build = |_: &[Timed]| (declared.build)(&values).unwrap();
        let is_quoted = declared.needs.data == Data::Quotes;
        let fills: &[Fills] = if is_quoted {
            &[Fills::Market]
        } else {
            // What is sent at the next close is asked for as what is sent at the next open.
            &[Fills::NextOpen, Fills::SameClose]
        };
        let mut asked = 0;
        for &fills in fills {
            let hours = if is_quoted { 1 } else { 24 * 3_600 };
            let settings = Settings {
                fills,
                bars: is_quoted.then_some(Made {
                    edges: Edges::Epoch {
                        every: 1_000_000_000,
                    },
                    basis: Basis::Mid,
                }),
                frames: vec![Edges::Epoch {
                    every: 5 * hours * 1_000_000_000,
                }],
                ..settings.clone()
            };
            let what = format!("{} {fills:?}", declared.name);
            asked += the_past_stays(&what, &settings, &events, &build);
        }
        // No three pairs of the fixture make a triangle.
        let is_idle = declared.name == "triangular";
        assert!(asked > 0 || is_idle, "{}", declared.name);
    }
}

/// The tests above and below see one that looks a single bar ahead.
#[test]
#[should_panic(expected = "the oracle: orders before event")]
fn who_knows_the_next_bar_is_seen() {
    let (settings, events) = world(strategies::find("sma_cross").unwrap());
    the_past_stays("the oracle", &settings, &events, &|events| {
        let rises = events.iter().map(|timed| match timed.event.data {
            MarketData::Bar(bar) => bar.close > bar.open,
            _ => false,
        });
        let rises = rises.collect();
        Box::new(Oracle { rises, at: 0 })
    });
}

/// A cross of the close and its mean, of longer bars that the run makes of the data's.
const LONGER: &str = r#"
name = "longer"
about = "Above the mean of ten four-hour bars, in a rise of days."

[indicators]
mean = { indicator = "sma", period = 10, bars = "4h" }
day = { indicator = "sma", period = 3, bars = "1d" }

[long]
enter = "close crosses above mean and close > day"
exit = "close crosses below mean"
"#;

/// Likewise the strategies of files, one of which looks at longer bars.
#[test]
fn the_past_of_a_file_is_the_same_wherever_the_data_is_cut() {
    const FILES: [(&str, &str); 4] = [
        (
            "sma-cross",
            include_str!("../../../fixtures/strategies/sma-cross.toml"),
        ),
        (
            "macd-both-sides",
            include_str!("../../../fixtures/strategies/macd-both-sides.toml"),
        ),
        (
            "pullback",
            include_str!("../../../fixtures/strategies/pullback.toml"),
        ),
        ("longer bars", LONGER),
    ];
    let events = bars_of(&["eurusd_1h_bars.csv.gz"], 3_000);
    let mut instrument = share("EURUSD", Qty::ONE);
    instrument.tick_size = Price(10_000);
    for (name, text) in FILES {
        let recipe = Recipe::parse(name, text).unwrap();
        for fills in [Fills::NextOpen, Fills::SameClose] {
            let settings = Settings {
                fills,
                frames: recipe
                    .lengths()
                    .iter()
                    .map(|&every| Edges::Epoch { every })
                    .collect(),
                ..plain(vec![instrument], 10_000)
            };
            let what = format!("{name} {fills:?}");
            let asked = the_past_stays(&what, &settings, &events, &|_| recipe.build());
            assert!(asked > 10, "{what}: {asked}");
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
