use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use proptest::prelude::*;

use super::*;

fn at(text: &str) -> TimestampNs {
    let instant: Timestamp = text.parse().unwrap();
    TimestampNs(instant.as_nanosecond().try_into().unwrap())
}

fn day(text: &str) -> TradingDay {
    TradingDay(day_of(text.parse().unwrap()))
}

/// Sessions that somebody else wrote down: day, open and close in seconds.
fn golden(bytes: &[u8]) -> Vec<(TradingDay, u64, u64)> {
    let mut text = String::new();
    flate2::bufread::GzDecoder::new(bytes)
        .read_to_string(&mut text)
        .unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("day,open,close"));
    lines
        .map(|line| {
            let mut row = line.split(',');
            let date = day(row.next().unwrap());
            let mut second = || row.next().unwrap().parse().unwrap();
            (date, second(), second())
        })
        .collect()
}

fn ours(name: &str, first: &str, last: &str) -> Vec<(TradingDay, u64, u64)> {
    Calendar::named(name)
        .unwrap()
        .sessions(day(first), day(last))
        .map(|session| {
            let seconds = |ts: TimestampNs| ts.0 / 1_000_000_000;
            (session.day, seconds(session.open), seconds(session.close))
        })
        .collect()
}

/// What only one of two has, and days on which they differ.
fn differences(
    ours: &[(TradingDay, u64, u64)],
    theirs: &[(TradingDay, u64, u64)],
) -> Vec<(String, Option<u64>, Option<u64>)> {
    let index = |rows: &[(TradingDay, u64, u64)]| -> BTreeMap<TradingDay, (u64, u64)> {
        rows.iter()
            .map(|&(day, open, close)| (day, (open, close)))
            .collect()
    };
    let (ours, theirs) = (index(ours), index(theirs));
    let days: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    days.into_iter()
        .filter(|day| ours.get(day) != theirs.get(day))
        .map(|day| {
            let (ours, theirs) = (ours.get(day), theirs.get(day));
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                assert_eq!(ours.0, theirs.0, "the open of {day}");
            }
            let length = |it: Option<&(u64, u64)>| it.map(|it| (it.1 - it.0) / 60);
            (day.to_string(), length(ours), length(theirs))
        })
        .collect()
}

#[test]
fn new_york_is_open_when_exchange_calendars_says_so() {
    let theirs = golden(include_bytes!("../../../fixtures/calendars/xnys.csv.gz"));
    let ours = ours("us-equities", "2000-01-01", "2026-12-31");
    assert_eq!(theirs.len(), 6_790);
    assert_eq!(differences(&ours, &theirs), []);
}

#[test]
fn globex_is_open_when_pandas_market_calendars_says_so_but_on_four_days() {
    let theirs = golden(include_bytes!(
        "../../../fixtures/calendars/cme_equity.csv.gz"
    ));
    let ours = ours("cme-equity", "2015-09-21", "2026-12-31");
    let same = |day: &str, ours, theirs| (day.to_owned(), ours, theirs);
    // From 17:00: 1380 minutes to 16:00, 930 to 08:30, 915 to 08:15. Days of mourning closed early, which they do not
    // have; they take every Good Friday from 2023 on for one with an employment report.
    assert_eq!(
        differences(&ours, &theirs),
        [
            same("2018-12-05", Some(930), Some(1_380)),
            same("2024-03-29", None, Some(915)),
            same("2025-01-09", Some(930), Some(1_380)),
            same("2025-04-18", None, Some(915)),
        ]
    );
}

#[test]
fn energy_trades_when_pandas_market_calendars_says_so() {
    let theirs = golden(include_bytes!(
        "../../../fixtures/calendars/cme_energy.csv.gz"
    ));
    let ours = ours("cme-energy", "2022-01-01", "2026-12-31");
    assert_eq!(differences(&ours, &theirs), []);
    assert_eq!(day("2022-01-01"), cme::ENERGY_COVERED_FROM);
}

/// Years without a notice: Easter of 2027 is on 28 March, of 2028 on 16 April; Christmas of 2027 is a Saturday.
#[test]
fn energy_has_holidays_in_years_to_come() {
    let calendar = Calendar::named("cme-energy").unwrap();
    for closed in [
        "2027-01-01",
        "2027-03-26",
        "2027-12-24",
        "2028-04-14",
        "2028-12-25",
    ] {
        assert_eq!(calendar.session(day(closed)), None, "{closed}");
    }
    // 2028-01-01 is a Saturday, and no Friday is closed for it.
    let whole = calendar.session(day("2027-12-31")).unwrap();
    assert_eq!(whole.close, at("2027-12-31T22:00:00Z"));
    // Juneteenth of 2027 is a Saturday, kept on the Friday, Chicago at UTC-5; Memorial Day is a Monday.
    let early = calendar.session(day("2027-06-18")).unwrap();
    assert_eq!(early.close, at("2027-06-18T17:00:00Z"));
    let early = calendar.session(day("2027-05-31")).unwrap();
    assert_eq!(early.close, at("2027-05-31T18:30:00Z"));
}

#[test]
fn what_exchange_calendars_has_of_the_cme_opens_when_globex_does() {
    let theirs = golden(include_bytes!("../../../fixtures/calendars/cmes.csv.gz"));
    let ours = ours("cme-equity", "2015-09-21", "2026-12-31");
    // Theirs is one calendar for all products, closed on every Good Friday and day of mourning, with 24 hours or 19
    // in a session, and without Juneteenth.
    let mut only_ours = Vec::new();
    for (day, ours, theirs) in differences(&ours, &theirs) {
        match theirs {
            None => only_ours.push(day),
            Some(theirs) => {
                let known = [
                    // A whole day, Juneteenth, and short days of 12:15.
                    (Some(1_380), 1_440),
                    (Some(1_140), 1_440),
                    (Some(1_155), 1_440),
                    (Some(1_155), 1_140),
                ];
                assert!(known.contains(&(ours, theirs)), "{day} {ours:?} {theirs}");
            }
        }
    }
    assert_eq!(
        only_ours,
        [
            "2018-12-05",
            "2021-04-02",
            "2023-04-07",
            "2025-01-09",
            "2026-04-03"
        ]
    );
}

#[test]
fn a_new_year_on_a_saturday_is_not_observed() {
    let calendar = Calendar::named("us-equities").unwrap();
    // 2022-01-01 was a Saturday: the Friday before was a whole day.
    let session = calendar.session(day("2021-12-31")).unwrap();
    assert_eq!(session.open, at("2021-12-31T14:30:00Z"));
    assert_eq!(session.close, at("2021-12-31T21:00:00Z"));
    // 2023-01-01 was a Sunday.
    assert_eq!(calendar.session(day("2023-01-02")), None);
}

#[test]
fn late_trading_ends_at_17_on_short_days() {
    let calendar = Calendar::named("us-equities-extended").unwrap();
    // The day after Thanksgiving, New York at UTC-5.
    let short = calendar.session(day("2024-11-29")).unwrap();
    assert_eq!(short.open, at("2024-11-29T09:00:00Z"));
    assert_eq!(short.close, at("2024-11-29T22:00:00Z"));
    let whole = calendar.session(day("2024-11-27")).unwrap();
    assert_eq!(whole.close, at("2024-11-28T01:00:00Z"));
}

#[test]
fn globex_breaks_for_an_hour_and_for_weekends() {
    let calendar = Calendar::named("cme-equity").unwrap();
    // Chicago is at UTC-6 until 2024-03-10, 08:00 UTC. Friday closes at 16:00, Sunday opens at 17:00.
    let friday = at("2024-03-08T21:59:59Z");
    assert!(calendar.is_open(friday));
    let edge = calendar.next_edge(friday).unwrap();
    assert_eq!((edge.at, edge.opens), (at("2024-03-08T22:00:00Z"), false));
    let edge = calendar.next_edge(edge.at).unwrap();
    assert_eq!((edge.at, edge.opens), (at("2024-03-10T22:00:00Z"), true));
    assert_eq!(calendar.trading_day(friday), Some(day("2024-03-08")));
    // In the weekend the next trading day counts.
    let saturday = at("2024-03-09T12:00:00Z");
    assert_eq!(calendar.trading_day(saturday), Some(day("2024-03-11")));
    assert_eq!(calendar.next(saturday).unwrap().open, edge.at);
    let previous = calendar.previous(saturday).unwrap();
    assert_eq!(previous.close, at("2024-03-08T22:00:00Z"));
    // The break of a Tuesday.
    assert!(!calendar.is_open(at("2024-03-12T21:30:00Z")));
    assert!(calendar.is_open(at("2024-03-12T22:00:00Z")));
}

#[test]
fn currencies_trade_from_sunday_to_friday_without_an_edge() {
    let calendar = Calendar::named("fx").unwrap();
    // New York is at UTC-4 from 2024-03-10: Sunday 17:00 is 21:00 UTC.
    let edge = calendar.next_edge(at("2024-03-09T00:00:00Z")).unwrap();
    assert_eq!((edge.at, edge.opens), (at("2024-03-10T21:00:00Z"), true));
    let edge = calendar.next_edge(edge.at).unwrap();
    assert_eq!((edge.at, edge.opens), (at("2024-03-15T21:00:00Z"), false));
    // Days change at 17:00.
    let trading_day = |text| calendar.trading_day(at(text)).unwrap();
    assert_eq!(trading_day("2024-03-12T20:59:59Z"), day("2024-03-12"));
    assert_eq!(trading_day("2024-03-12T21:00:00Z"), day("2024-03-13"));
}

#[test]
fn what_never_closes_has_no_edge() {
    let calendar = Calendar::named("always").unwrap();
    let noon = at("2024-03-10T12:00:00Z");
    assert_eq!(calendar.next_edge(noon), None);
    let session = calendar.session_at(noon).unwrap();
    assert_eq!(session.open, at("2024-03-10T00:00:00Z"));
    assert_eq!(session.close, at("2024-03-11T00:00:00Z"));
}

#[test]
fn days_of_ones_own_come_before_the_rules() {
    let early: BTreeMap<_, _> = [(day("2024-07-05"), 12 * 60)].into();
    let calendar = Calendar::named("us-equities").unwrap();
    let calendar = calendar
        .with("ours", &[day("2024-07-02")].into(), &early)
        .unwrap();
    assert_eq!(calendar.name(), "ours");
    let days: Vec<_> = calendar
        .sessions(day("2024-07-01"), day("2024-07-07"))
        .map(|session| (session.day.to_string(), session.close))
        .collect();
    let expected = [
        ("2024-07-01", "2024-07-01T20:00:00Z"),
        ("2024-07-03", "2024-07-03T17:00:00Z"),
        ("2024-07-05", "2024-07-05T16:00:00Z"),
    ];
    let expected = expected.map(|(day, close)| (day.to_owned(), at(close)));
    assert_eq!(days, expected);
}

#[test]
fn hours_that_cannot_be_are_refused() {
    let hours = |open, close| Hours::new(open, close);
    assert!(hours(540, 540).is_err());
    assert!(hours(-1_441, 0).is_err());
    assert!(hours(0, 1_441).is_err());
    let night = Some(hours(-60, 600).unwrap());
    let late = Some(hours(600, 1_400).unwrap());
    let none = None;
    // Monday until 23:20, Tuesday from 23:00 of Monday.
    let week = [late, night, none, none, none, none, none];
    assert_eq!(
        Calendar::new("x", "UTC", week),
        Err(CalendarError::Overlap(1))
    );
    assert_eq!(
        Calendar::new("x", "UTC", [None; 7]),
        Err(CalendarError::Empty)
    );
    let zone = Calendar::new("x", "Mars/Olympus", [night; 7]);
    assert_eq!(zone, Err(CalendarError::Zone("Mars/Olympus".to_owned())));
}

/// 2000-01-01 to 2100-01-01.
const SECONDS: std::ops::Range<u64> = 946_684_800..4_102_444_800;

proptest! {
    #[test]
    fn every_question_has_the_same_answer(
        second in SECONDS,
        name in prop::sample::select(&NAMES[..]),
    ) {
        let calendar = Calendar::named(name).unwrap();
        let ts = TimestampNs(second * 1_000_000_000);
        let next = calendar.next(ts).unwrap();
        let previous = calendar.previous(ts).unwrap();
        prop_assert!(previous.close <= ts && ts < next.open);
        // Nothing lies between them but the session that the instant is in.
        let between: Vec<_> = calendar
            .sessions(previous.day, next.day)
            .filter(|session| *session != previous && *session != next)
            .collect();
        prop_assert_eq!(calendar.session_at(ts), between.first().copied());
        prop_assert!(between.len() <= 1);
        prop_assert_eq!(calendar.day_after(previous.day), Some(between.first().map_or(next.day, |it| it.day)));
        if let Some(edge) = calendar.next_edge(ts) {
            prop_assert!(edge.at > ts);
            prop_assert_eq!(edge.opens, !calendar.is_open(ts));
            prop_assert_eq!(calendar.is_open(edge.at), edge.opens);
            prop_assert_eq!(calendar.is_open(TimestampNs(edge.at.0 - 1)), !edge.opens);
        }
    }
}

#[test]
fn a_market_is_closed_from_a_close_to_the_next_open() {
    let closures = |name: &str, minutes, from: &str, until: &str| -> Vec<(String, String)> {
        let found = closures(name, minutes, at(from), at(until)).unwrap();
        let text = |closed: &Interval| (closed.start.to_string(), closed.end.to_string());
        found.iter().map(text).collect()
    };
    let rows = |rows: &[(&str, &str)]| -> Vec<(String, String)> {
        let own =
            |(start, end): &(&str, &str)| (format!("2024-{start}:00Z"), format!("2024-{end}:00Z"));
        rows.iter().map(own).collect()
    };
    // New York at 16:00 is 21:00 UTC in winter. Thanksgiving, the 28th, has no session; the 29th ends at 13:00.
    assert_eq!(
        closures(
            "us-equities",
            0,
            "2024-11-27T21:00:00Z",
            "2024-11-29T18:00:01Z"
        ),
        rows(&[
            ("11-27T21:00", "11-29T14:30"),
            ("11-29T18:00", "12-02T14:30")
        ])
    );
    // One that begins at the end is none, nor is one that is over at the start.
    assert_eq!(
        closures(
            "us-equities",
            0,
            "2024-11-29T14:30:00Z",
            "2024-11-29T18:00:00Z"
        ),
        rows(&[])
    );
    // Chicago closes at 16:00 and opens at 17:00. Clocks go forward on Sunday the 10th of March: the hour of Friday's
    // evening is 22:00 UTC, that of Monday's 21:00, and the weekend is the hour shorter: 48 of them.
    let days = ("2024-03-07T12:00:00Z", "2024-03-12T00:00:00Z");
    let [thursday, weekend, monday] = [
        ("03-07T22:00", "03-07T23:00"),
        ("03-08T22:00", "03-10T22:00"),
        ("03-11T21:00", "03-11T22:00"),
    ];
    let all = rows(&[thursday, weekend, monday]);
    assert_eq!(closures("cme-equity", 0, days.0, days.1), all);
    // Sixty minutes are no shorter than sixty.
    assert_eq!(closures("cme-equity", 60, days.0, days.1), all);
    for minutes in [61, 48 * 60] {
        let long = closures("cme-equity", minutes, days.0, days.1);
        assert_eq!(long, rows(&[weekend]));
    }
    assert_eq!(
        closures("cme-equity", 48 * 60 + 1, days.0, days.1),
        rows(&[])
    );
    assert_eq!(closures("always", 0, days.0, days.1), rows(&[]));
    assert_eq!(super::closures("floor", 0, at(days.0), at(days.1)), None);
}
