use proptest::prelude::*;
use types::Aggressor;

use super::*;

fn day(text: &str) -> TradingDay {
    TradingDay(day_of(text.parse().unwrap()))
}

fn cme() -> Calendar {
    Calendar::named("cme-equity").unwrap()
}

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn figures(day: TradingDay, close: Price, volume: i64) -> DayFigures {
    DayFigures {
        day,
        close: Some(close),
        volume: Some(Qty::whole(volume)),
        open_interest: None,
    }
}

fn no_figures(chain: &[Contract]) -> Vec<Vec<DayFigures>> {
    vec![Vec::new(); chain.len()]
}

fn days(rolls: &[Roll]) -> Vec<String> {
    rolls.iter().map(|roll| roll.day.to_string()).collect()
}

#[test]
fn the_quarters_of_an_index_end_on_third_fridays() {
    let chain = quarterly("ES", 2024..=2024, &cme());
    let listed: Vec<_> = chain
        .iter()
        .map(|contract| (contract.symbol.as_str(), contract.last.to_string()))
        .collect();
    let expected = [
        ("ESH24", "2024-03-15"),
        ("ESM24", "2024-06-21"),
        ("ESU24", "2024-09-20"),
        ("ESZ24", "2024-12-20"),
    ];
    assert_eq!(
        listed,
        expected.map(|(symbol, last)| (symbol, last.to_owned()))
    );
    // Good Friday of 2008 was the third Friday of March.
    assert_eq!(
        quarterly("ES", 2008..=2008, &cme())[0].last,
        day("2008-03-20")
    );
}

#[test]
fn rules_of_the_calendar_name_the_days_that_the_exchange_does() {
    let chain = quarterly("ES", 2024..=2025, &cme());
    let none = no_figures(&chain);
    let range = (day("2024-01-02"), day("2024-12-31"));
    let find = |rule| rolls(&chain, rule, &cme(), &none, range).unwrap();
    // CME Group, "Equity Index Roll Dates": the Monday before the third Friday.
    let (start, found) = find(RollRule::MondayBeforeThirdFriday);
    assert_eq!(start, 0);
    assert_eq!(
        days(&found),
        ["2024-03-11", "2024-06-17", "2024-09-16", "2024-12-16"]
    );
    // 17:00 in Chicago on the Sunday before, UTC-5 since that morning.
    assert_eq!(found[0].ts.to_string(), "2024-03-10T22:00:00Z");
    assert_eq!(found[0].closes, None);
    let (_, found) = find(RollRule::BeforeLast(0));
    assert_eq!(days(&found)[0], "2024-03-15");
    // Juneteenth is a trading day of Globex, though a short one.
    let (_, found) = find(RollRule::BeforeLast(5));
    assert_eq!(days(&found)[..2], ["2024-03-08", "2024-06-14"]);
}

#[test]
fn a_first_notice_day_comes_before_the_last_day() {
    let notice = Contract {
        symbol: "ZNH24".to_owned(),
        last: day("2024-03-19"),
        first_notice: Some(day("2024-02-29")),
    };
    let next = Contract {
        symbol: "ZNM24".to_owned(),
        last: day("2024-06-18"),
        first_notice: None,
    };
    let chain = [notice, next];
    let rule = RollRule::BeforeFirstNotice(2);
    let range = (day("2024-02-01"), day("2024-06-01"));
    let (_, found) = rolls(&chain, rule, &cme(), &no_figures(&chain), range).unwrap();
    assert_eq!(days(&found), ["2024-02-27"]);
}

#[test]
fn a_crossover_counts_on_the_day_after_it_was_known() {
    let chain = quarterly("ES", 2024..=2024, &cme());
    let close = Price::whole(5_000);
    let mut known = no_figures(&chain);
    for (text, front, next) in [
        ("2024-03-06", 90, 10),
        ("2024-03-07", 50, 60),
        ("2024-03-08", 55, 50),
        ("2024-03-11", 40, 70),
        ("2024-03-12", 20, 80),
    ] {
        known[0].push(figures(day(text), close, front));
        known[1].push(figures(day(text), Price::whole(5_060), next));
    }
    let range = (day("2024-03-06"), day("2024-03-14"));
    let find = |rule| days(&rolls(&chain, rule, &cme(), &known, range).unwrap().1);
    assert_eq!(find(RollRule::Volume(1)), ["2024-03-08"]);
    assert_eq!(find(RollRule::Volume(2)), ["2024-03-13"]);
    // Nobody said what was open: the contract is held until it ends.
    assert_eq!(find(RollRule::OpenInterest(1)), [""; 0]);
    let (_, found) = rolls(&chain, RollRule::Volume(1), &cme(), &known, range).unwrap();
    assert_eq!(found[0].closes, Some((close, Price::whole(5_060))));
}

#[test]
fn what_is_no_chain_is_refused() {
    let chain = quarterly("ES", 2024..=2024, &cme());
    let none = no_figures(&chain);
    let range = (day("2024-01-02"), day("2025-01-02"));
    let ended = rolls(&chain, RollRule::BeforeLast(0), &cme(), &none, range);
    assert_eq!(ended, Err(ContinuousError::NoContract(day("2024-12-23"))));
    let zero = rolls(&chain, RollRule::Volume(0), &cme(), &none, range);
    assert_eq!(zero, Err(ContinuousError::Days));
    let few = rolls(&chain, RollRule::Volume(1), &cme(), &none[1..], range);
    assert_eq!(few, Err(ContinuousError::Figures(3)));
    let mut turned = chain.clone();
    turned.swap(1, 2);
    let turned = rolls(&turned, RollRule::Volume(1), &cme(), &none, range);
    assert_eq!(turned, Err(ContinuousError::Chain(2)));
}

fn trade(text: &str) -> MarketData {
    MarketData::Trade(Trade {
        price: price(text),
        qty: Qty::ONE,
        aggressor: Aggressor::Unknown,
    })
}

/// Two rolls: 100 to 110, then 220 to 198. Each contract trades at every ten nanoseconds.
fn series(adjustment: Adjustment) -> Result<Vec<String>, ContinuousError> {
    let roll = |ts, from, closes: (&str, &str)| Roll {
        day: TradingDay(ts as i32),
        ts: TimestampNs(ts),
        from,
        to: from + 1,
        closes: Some((price(closes.0), price(closes.1))),
    };
    let rolls = vec![roll(20, 0, ("100", "110")), roll(40, 1, ("220", "198"))];
    let stream = |prices: [&str; 5]| {
        let events: Vec<_> = prices
            .iter()
            .enumerate()
            .map(|(place, text)| (TimestampNs(10 * place as u64 + 5), trade(text)))
            .collect();
        events.into_iter()
    };
    let streams = vec![
        stream(["100", "101", "1", "1", "1"]),
        stream(["2", "2", "110", "220", "2"]),
        stream(["3", "3", "3", "3", "200"]),
    ];
    let pieces = Continuous::new(streams, (0, rolls), adjustment, price("0.25"))?;
    pieces
        .map(|piece| {
            Ok(match piece? {
                Piece::Roll(roll) => format!("roll {}", roll.to),
                Piece::Data {
                    contract,
                    data: MarketData::Trade(trade),
                    ..
                } => format!("{contract} {}", trade.price),
                Piece::Data { .. } => unreachable!("only trades went in"),
            })
        })
        .collect()
}

#[test]
fn contracts_are_joined_at_their_rolls() {
    let check = |adjustment, expected: [&str; 5]| {
        let mut marked = expected.to_vec();
        marked.insert(2, "roll 1");
        marked.insert(5, "roll 2");
        assert_eq!(series(adjustment).unwrap(), marked);
    };
    check(
        Adjustment::None,
        ["0 100", "0 101", "1 110", "1 220", "2 200"],
    );
    // The steps are +10 and -22: older ones by -12 and -22, newer ones by -10 and +12.
    check(
        Adjustment::BackDifference,
        ["0 88", "0 89", "1 88", "1 198", "2 200"],
    );
    check(
        Adjustment::ForwardDifference,
        ["0 100", "0 101", "1 100", "1 210", "2 212"],
    );
    // The ratios are 1.1 and 0.9: 100 x 0.99, 101 x 0.99 = 99.99 to the nearest quarter, 110 x 0.9.
    check(
        Adjustment::BackRatio,
        ["0 99", "0 100", "1 99", "1 198", "2 200"],
    );
    // 200 / 0.99 = 202.02.
    check(
        Adjustment::ForwardRatio,
        ["0 100", "0 101", "1 100", "1 200", "2 202"],
    );
}

#[test]
fn a_ratio_needs_closes_above_zero() {
    let roll = Roll {
        day: TradingDay(1),
        ts: TimestampNs(10),
        from: 0,
        to: 1,
        closes: Some((Price::whole(-37), Price::whole(20))),
    };
    let join = |adjustment| {
        let streams = vec![std::iter::empty(), std::iter::empty()];
        Continuous::new(streams, (0, vec![roll]), adjustment, Price(1)).map(|_| ())
    };
    // West Texas closed at -37.63 on 2020-04-20.
    let refused = ContinuousError::Closes {
        day: TradingDay(1),
        from: 0,
    };
    assert_eq!(join(Adjustment::BackRatio), Err(refused));
    assert_eq!(join(Adjustment::BackDifference), Ok(()));
}

#[test]
fn an_adjusted_price_that_does_not_fit_ends_the_series() {
    let roll = Roll {
        day: TradingDay(1),
        ts: TimestampNs(10),
        from: 0,
        to: 1,
        closes: Some((Price(0), Price(i64::MAX))),
    };
    let streams = vec![
        vec![(TimestampNs(5), trade("1"))].into_iter(),
        Vec::new().into_iter(),
    ];
    let adjustment = Adjustment::BackDifference;
    let mut series = Continuous::new(streams, (0, vec![roll]), adjustment, Price(1)).unwrap();
    let refused = ContinuousError::Range {
        contract: 0,
        ts: TimestampNs(5),
    };
    assert_eq!(series.next(), Some(Err(refused)));
    assert_eq!(series.next(), None);
}

proptest! {
    /// What becomes known on a day or later changes nothing up to that day.
    #[test]
    fn nothing_is_decided_by_what_comes_later(
        volumes in prop::collection::vec((0_i64..100, 0_i64..100, 0_i64..100), 60),
        cut in 0_usize..60,
        rule in prop::sample::select(vec![
            RollRule::Volume(1), RollRule::Volume(3), RollRule::OpenInterest(1), RollRule::BeforeLast(3),
        ]),
    ) {
        let calendar = cme();
        let chain = quarterly("ES", 2024..=2024, &calendar);
        let (first, last) = (day("2024-02-01"), day("2024-04-26"));
        let sessions: Vec<_> = calendar.sessions(first, last).collect();
        prop_assert_eq!(sessions.len(), 61);
        let known = |until: usize| {
            let mut known = no_figures(&chain);
            for (session, &(a, b, c)) in sessions.iter().zip(&volumes).take(until) {
                for (place, volume) in [a, b, c].into_iter().enumerate() {
                    let mut figures = figures(session.day, Price::whole(5_000), volume);
                    figures.open_interest = Some(Qty::whole(volume / 3));
                    known[place].push(figures);
                }
            }
            known
        };
        let all = rolls(&chain, rule, &calendar, &known(60), (first, last)).unwrap();
        let part = rolls(&chain, rule, &calendar, &known(cut), (first, last)).unwrap();
        // With the figures of `cut` days, the day after them is decided still.
        let decided = sessions[cut].day;
        let up_to = |rolls: &[Roll]| -> Vec<Roll> {
            rolls.iter().filter(|roll| roll.day <= decided).copied().collect()
        };
        prop_assert_eq!(up_to(&all.1), up_to(&part.1));
        // Contracts follow one another, none after its last day.
        for (place, roll) in all.1.iter().enumerate() {
            prop_assert_eq!((roll.from, roll.to), (place, place + 1));
            prop_assert!(sessions.iter().filter(|it| it.day < roll.day).all(|it| it.day <= chain[roll.from].last));
        }
    }
}
