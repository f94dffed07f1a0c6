//! Windows: what is open when, at both edges, and against the list of all intervals.

use proptest::prelude::*;
use rules::oracle::WindowOracle;
use rules::{Conduct, OpenWindows, WindowAction, WindowRule};
use types::{Calendar, Codec, CodecError, ConductDenial, Interval, Label, TimestampNs};

const SECOND: u64 = 1_000_000_000;

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn named(text: &str) -> Calendar {
    Calendar::Named(label(text))
}

fn window(action: WindowAction, symbol: Option<&str>) -> WindowRule {
    WindowRule {
        calendar: named("news"),
        before_s: 120,
        after_s: 300,
        action,
        symbols: symbol.into_iter().map(label).collect(),
    }
}

fn seconds(start: u64, end: u64) -> Interval {
    Interval {
        start: TimestampNs(start * SECOND),
        end: TimestampNs(end * SECOND),
    }
}

#[test]
fn a_release_opens_two_minutes_before_and_closes_five_after() {
    let conduct = Conduct {
        windows: vec![window(WindowAction::BlockOpening, None)],
        ..Conduct::default()
    };
    let mut windows = OpenWindows::new(&conduct);
    let rule = &conduct.windows[0];
    let extent = rule.extent(seconds(1_000, 1_000));
    assert_eq!(extent, seconds(880, 1_300));
    assert!(!extent.contains(TimestampNs(880 * SECOND - 1)));
    assert!(extent.contains(TimestampNs(880 * SECOND)));
    assert!(windows.all_closed() && windows.next_close().is_none());
    assert!(windows.open(0, extent));
    assert_eq!(windows.next_close(), Some(extent.end));
    // A second release 100 s later keeps it open until 1,400 s.
    assert!(!windows.open(0, rule.extent(seconds(1_100, 1_100))));
    assert_eq!(windows.close_due(extent.end).count(), 0);
    let end = TimestampNs(1_400 * SECOND);
    assert_eq!(windows.next_close(), Some(end));
    assert_eq!(windows.close_due(TimestampNs(end.0 - 1)).count(), 0);
    assert!(windows.is_open(0));
    assert_eq!(windows.close_due(end).collect::<Vec<_>>(), [0]);
    assert!(windows.all_closed());
    assert!(!windows.open(1, extent), "no such window");
    assert!(!windows.open(0, seconds(5, 5)), "nothing inside");
    assert!(!windows.is_open(16));
}

#[test]
fn each_action_blocks_what_it_says_and_its_instrument_only() {
    let (es, nq) = (label("ES"), label("NQ"));
    let cases = [
        // action, opening refused, closing refused, flat, profit excluded
        (WindowAction::BlockOpening, true, false, false, false),
        (WindowAction::BlockAll, true, true, false, false),
        (WindowAction::ForceFlat, true, false, true, false),
        (WindowAction::ExcludeProfit, false, false, false, true),
    ];
    for (action, opening, closing, flat, excluded) in cases {
        for symbol in [None, Some("ES")] {
            let conduct = Conduct {
                windows: vec![
                    window(WindowAction::BlockAll, Some("CL")),
                    window(action, symbol),
                ],
                ..Conduct::default()
            };
            let mut windows = OpenWindows::new(&conduct);
            assert_eq!(windows.check(&conduct, es, true), Ok(()));
            for (place, rule) in conduct.windows_of(named("news")) {
                windows.open(place, rule.extent(seconds(1_000, 1_000)));
            }
            assert_eq!(windows.places().collect::<Vec<_>>(), [0, 1]);
            let denied = |refused| {
                if refused {
                    Err(ConductDenial::Window { window: 1 })
                } else {
                    Ok(())
                }
            };
            let place = |applies: bool| applies.then_some(1);
            assert_eq!(windows.check(&conduct, es, true), denied(opening));
            assert_eq!(windows.check(&conduct, es, false), denied(closing));
            assert_eq!(windows.forces_flat(&conduct, es), place(flat));
            assert_eq!(windows.excludes_profit(&conduct, es), place(excluded));
            let everywhere = symbol.is_none();
            assert_eq!(
                windows.check(&conduct, nq, true),
                denied(opening && everywhere)
            );
            assert_eq!(
                windows.excludes_profit(&conduct, nq),
                place(excluded && everywhere)
            );
        }
    }
}

#[test]
fn bytes_of_too_many_windows_are_refused() {
    let many = vec![TimestampNs(0); 17].to_bytes();
    assert_eq!(
        OpenWindows::from_bytes(&many),
        Err(CodecError::Invalid("open windows"))
    );
}

fn action() -> impl Strategy<Value = WindowAction> {
    prop_oneof![
        Just(WindowAction::BlockOpening),
        Just(WindowAction::BlockAll),
        Just(WindowAction::ForceFlat),
        Just(WindowAction::ExcludeProfit),
    ]
}

fn any_window() -> impl Strategy<Value = WindowRule> {
    let calendar = prop_oneof![Just("news"), Just("close")];
    let symbols = prop::sample::subsequence(vec!["ES", "NQ", "YM"], 0..=3);
    (calendar, 0_u32..4, 0_u32..4, action(), symbols).prop_map(
        |(calendar, before_s, after_s, action, symbols)| WindowRule {
            calendar: named(calendar),
            before_s,
            after_s,
            action,
            symbols: symbols.into_iter().map(label).collect(),
        },
    )
}

fn interval() -> impl Strategy<Value = (Calendar, Interval)> {
    let calendar = prop_oneof![Just("news"), Just("close"), Just("other")];
    (calendar, 0_u64..30, 0_u64..6)
        .prop_map(|(calendar, start, length)| (named(calendar), seconds(start, start + length)))
}

proptest! {
    #[test]
    fn what_is_open_is_what_the_list_of_intervals_says(
        windows in prop::collection::vec(any_window(), 0..=16),
        intervals in prop::collection::vec(interval(), 0..8),
    ) {
        let conduct = Conduct { windows, ..Conduct::default() };
        prop_assert_eq!(Conduct::from_bytes(&conduct.to_bytes()), Ok(conduct.clone()));
        let oracle = WindowOracle::new(conduct.clone(), intervals.clone());
        let mut starts: Vec<(usize, Interval)> = Vec::new();
        for (calendar, interval) in intervals {
            let following = conduct.windows_of(calendar);
            starts.extend(following.map(|(place, rule)| (place, rule.extent(interval))));
        }
        let mut open = OpenWindows::new(&conduct);
        // Every whole second and the nanosecond before it: all edges are at whole seconds.
        for now in (0..45).flat_map(|s: u64| [(s * SECOND).saturating_sub(1), s * SECOND]) {
            let now = TimestampNs(now);
            let due = open.next_close().is_some_and(|close| close <= now);
            let was_open: Vec<usize> = open.places().collect();
            let closed: Vec<usize> = open.close_due(now).collect();
            prop_assert_eq!(due, !closed.is_empty());
            // Each is opened once, when it starts; one that is empty never contains anything.
            for (place, extent) in starts.extract_if(.., |(_, extent)| extent.start <= now) {
                open.open(place, extent);
            }
            for place in 0..16 {
                prop_assert_eq!(open.is_open(place), oracle.is_open(place, now));
                prop_assert!(!closed.contains(&place) || was_open.contains(&place));
            }
            for symbol in [label("ES"), label("NQ"), label("YM"), label("CL")] {
                let first = |actions: &[WindowAction]| oracle.first(actions, symbol, now);
                prop_assert_eq!(
                    open.blocks_opening(&conduct, symbol),
                    first(&[
                        WindowAction::BlockOpening,
                        WindowAction::BlockAll,
                        WindowAction::ForceFlat,
                    ])
                );
                prop_assert_eq!(
                    open.blocks_all(&conduct, symbol),
                    first(&[WindowAction::BlockAll])
                );
                prop_assert_eq!(
                    open.forces_flat(&conduct, symbol),
                    first(&[WindowAction::ForceFlat])
                );
                prop_assert_eq!(
                    open.excludes_profit(&conduct, symbol),
                    first(&[WindowAction::ExcludeProfit])
                );
            }
            prop_assert_eq!(OpenWindows::from_bytes(&open.to_bytes()), Ok(open.clone()));
        }
    }
}

#[test]
fn a_window_of_one_symbol_or_none_has_the_bytes_that_it_had() {
    // Behind calendar, 120 s before, 300 s after and the action: 0, or 1 and the name, as of an `Option`.
    let tail = |rule: &WindowRule| {
        let bytes = rule.to_bytes();
        let head = named("news").to_bytes().len() + 4 + 4 + 1;
        bytes[head..].to_vec()
    };
    let with = |symbols: &[&str]| WindowRule {
        symbols: symbols.iter().map(|symbol| label(symbol)).collect(),
        ..window(WindowAction::ForceFlat, None)
    };
    assert_eq!(tail(&with(&[])), None::<Label>.to_bytes());
    assert_eq!(tail(&with(&["ES"])), Some(label("ES")).to_bytes());
    let mut several = vec![2];
    vec![label("ES"), label("NQ")].encode(&mut several);
    assert_eq!(tail(&with(&["ES", "NQ"])), several);
    // One symbol has one form only.
    let mut other = with(&[]).to_bytes();
    other.pop();
    other.push(2);
    vec![label("ES")].encode(&mut other);
    assert!(WindowRule::from_bytes(&other).is_err());
}
