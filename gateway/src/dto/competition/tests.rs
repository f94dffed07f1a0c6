use proptest::prelude::*;
use rules::{
    BoardKind, Competition, ContestRules, EntryFee, EntryRules, Gates, Prize, PrizeAmount,
    PrizePool, TeamRules, Weights, Window,
};
use types::{Money, Ratio, RollSchedule, TimestampNs};

use super::*;
use crate::dto::document::{Field, FieldError, Node};

const EVERYTHING: &str = r#"
name = "Spring Cup"
kind = "paper"
loss_limit_pct = "15"
freeze_s = 3600
roll = { zone = "America/New_York", time = "17:00" }

[weights]
profit = "50"
risk = "25"
consistency = "12.5"
drawdown = "12.5"

[gates]
active_days = 3
round_turns = 7

[window]
start = "2024-03-04T09:30:00.000000001Z"
end = "2024-03-15T16:00:00-05:00"

[entry]
fee = "100"
to_pool_pct = "80"
late = false
entrants_max = 500

[prizes]
pool = "10000"
unit = "0.01"
places = [
  { first = 1, share_pct = "50" },
  { first = 2, share_pct = "30" },
  { first = 3, last = 6, share_pct = "5" },
]

[teams]
count = 3
members_min = 2
"#;

fn everything() -> Competition {
    let share = |first, last, percent| Prize {
        first,
        last,
        each: PrizeAmount::Share(Ratio::percent(percent)),
    };
    Competition {
        name: "Spring Cup".parse().unwrap(),
        kind: BoardKind::Paper,
        weights: Weights {
            profit: Ratio::percent(50),
            risk: Ratio::percent(25),
            consistency: Ratio(125_000_000),
            drawdown: Ratio(125_000_000),
        },
        loss_limit: Ratio::percent(15),
        gates: Gates {
            active_days: 3,
            round_turns: 7,
        },
        days: rules::TradingDays::default(),
        schedule: RollSchedule {
            zone: "America/New_York".parse().unwrap(),
            minute: 17 * 60,
        },
        contest: ContestRules {
            // 2024-03-04T09:30:00Z is 1,709,544,600 s; 16:00 at five hours behind is 21:00Z.
            window: Some(Window {
                start: TimestampNs(1_709_544_600_000_000_001),
                end: TimestampNs(1_710_536_400_000_000_000),
            }),
            entry: EntryRules {
                fee: EntryFee {
                    fee: Money::whole(100),
                    to_pool: Ratio::percent(80),
                },
                late: false,
                entrants_max: 500,
            },
            prizes: Some(PrizePool {
                pool: Money::whole(10_000),
                unit: Money(10_000),
                places: vec![share(1, 1, 50), share(2, 2, 30), share(3, 6, 5)],
            }),
            freeze_s: 3_600,
            teams: Some(TeamRules {
                count: 3,
                members_min: 2,
            }),
        },
    }
}

fn from_json(json: &str) -> Result<Competition, FieldError> {
    let node = Node::from_json(json.as_bytes()).unwrap();
    read(&Field::root(&node).table(&FIELDS)?)
}

#[test]
fn every_field_is_read() {
    assert_eq!(from_toml("cup.toml", EVERYTHING), Ok(everything()));
    let spec = spec_from_toml("cup.toml", EVERYTHING).unwrap();
    assert_eq!(Competition::from_spec(&spec), Ok(everything()));
}

#[test]
fn what_is_not_said_is_usual() {
    let cup = from_json(r#"{"name":"Cup","kind":"demo","roll":{"zone":"UTC","time":"00:30"}}"#);
    let cup = cup.unwrap();
    assert_eq!(cup.weights, Competition::standard_weights());
    assert_eq!(cup.loss_limit, Competition::standard_loss_limit());
    assert_eq!(cup.gates, Competition::standard_gates());
    assert_eq!(cup.schedule.minute, 30);
    assert_eq!(cup.contest, ContestRules::default());
    let entry = r#"{"name":"Cup","kind":"live","roll":{"zone":"UTC","time":"00:30"},
        "entry":{"entrants_max":2}}"#;
    let entry = from_json(entry).unwrap().contest.entry;
    let expected = EntryRules {
        entrants_max: 2,
        ..EntryRules::default()
    };
    assert_eq!(entry, expected);
}

#[test]
fn errors_name_file_line_field_value_and_what_is_accepted() {
    let check = |from: &str, to: &str, expected: &str| {
        assert!(EVERYTHING.contains(from), "{from}");
        let error = from_toml("bad.toml", &EVERYTHING.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check(
        "kind = \"paper\"",
        "kind = \"real\"",
        "bad.toml:3: kind: value 'real': accepted \"demo\" or \"paper\" or \"live\"",
    );
    check(
        "profit = \"50\"",
        "profit = \"49\"",
        "bad.toml:8: weights: value '{consistency: 12.5, drawdown: 12.5, profit: 49, risk: 25}': \
         accepted four percentages with a sum of 100",
    );
    check(
        "risk = \"25\"",
        "risk = \"-25\"",
        "bad.toml:10: weights.risk: value '-25': accepted a percentage from 0 to 100 in quotes, \
         such as \"40\"",
    );
    check(
        "freeze_s = 3600",
        "freeze_s = 36000000",
        "bad.toml:5: freeze_s: value '36000000': accepted at most the length of the window, and 0 \
         without one",
    );
    check(
        "end = \"2024-03-15T16:00:00-05:00\"",
        "end = \"2024-03-04T09:30:00Z\"",
        "bad.toml:20: window.end: value '2024-03-04T09:30:00Z': accepted after the start",
    );
    check(
        "fee = \"100\"",
        "fee = \"-1\"",
        "bad.toml:23: entry.fee: value '-1': accepted 0 or more",
    );
    check(
        "to_pool_pct = \"80\"",
        "to_pool = \"80\"",
        "bad.toml:24: entry.to_pool: value '80': accepted no such field, perhaps to_pool_pct; known: fee, to_pool_pct, \
         late, entrants_max",
    );
    check(
        "entrants_max = 500",
        "entrants_max = 0",
        "bad.toml:26: entry.entrants_max: value '0': accepted 1 to 1000000",
    );
    check(
        "pool = \"10000\"",
        "pool = \"10000.005\"",
        "bad.toml:29: prizes.pool: value '10000.005': accepted 0 or more, a multiple of the unit",
    );
    check(
        "{ first = 2, share_pct = \"30\" }",
        "{ first = 3, share_pct = \"30\" }",
        "bad.toml:33: prizes.places[1].first: value '3': accepted the place after the range \
         before, and 1 at the start",
    );
    check(
        "last = 6",
        "last = 2",
        "bad.toml:34: prizes.places[2].last: value '2': accepted the first place of the range or a \
         later one, at most 1000",
    );
    check(
        "share_pct = \"30\"",
        "share_pct = \"60\"",
        "bad.toml:33: prizes.places[1].share_pct: value '60': accepted above 0, and not above the \
         share of the place before",
    );
    // 50 + 30 + 4 x 4.
    check(
        "share_pct = \"5\"",
        "share_pct = \"4\"",
        "bad.toml:31: prizes.places: value 'a list of 3': accepted shares with a sum of 100 over \
         all places, not 96",
    );
    check(
        "share_pct = \"50\"",
        "amount = \"5000\"",
        "bad.toml:31: prizes.places: value 'a list of 3': accepted either all shares or all amounts",
    );
    check(
        "last = 6, share_pct = \"5\"",
        "last = 6",
        "bad.toml:34: prizes.places[2]: value '{first: 3, last: 6}': accepted either share_pct or \
         amount",
    );
    check(
        "members_min = 2",
        "members_min = 0",
        "bad.toml:39: teams.members_min: value '0': accepted 1 to 1000",
    );
    check(
        "count = 3\n",
        "",
        "bad.toml:37: teams.count: missing: accepted a whole number from 1 to 1000 without quotes",
    );
    let error = from_toml("bad.toml", "name = \"a\"\nkind = = 1\n").unwrap_err();
    assert!(error.to_string().starts_with("bad.toml:2: "), "{error}");
}

#[test]
fn prizes_that_are_amounts_are_the_pool() {
    let (start, _) = EVERYTHING.split_once("[prizes]").unwrap();
    let start = start.replace("to_pool_pct = \"80\"", "");
    let with = |prizes: &str| from_toml("cup.toml", &format!("{start}[prizes]\n{prizes}"));
    let prizes = "pool = \"700\"\nunit = \"1\"\nplaces = [{ first = 1, amount = \"500\" }, \
                  { first = 2, last = 3, amount = \"100\" }]";
    let found = with(prizes).unwrap().contest.prizes.unwrap();
    assert_eq!(found.places[1].each, PrizeAmount::Fixed(Money::whole(100)));
    // 500 + 2 x 100 is not 800.
    let error = with(&prizes.replace("700", "800")).unwrap_err().to_string();
    assert!(
        error.ends_with("accepted amounts with a sum over all places that is the pool, not 700"),
        "{error}"
    );
    let error = with(&prizes.replace("\"100\"", "\"600\"")).unwrap_err();
    assert!(
        error.to_string().contains("places[1].amount: value '600'"),
        "{error}"
    );
}

/// Ranges of places: how many places each has, and how heavy they are, falling.
fn ranges() -> impl Strategy<Value = Vec<(u32, i64)>> {
    prop::collection::vec((1_u32..5, 1_i64..1_000), 1..6).prop_map(|mut ranges| {
        ranges.sort_by_key(|(_, weight)| -weight);
        // What is left of the whole goes to the first place.
        ranges[0].0 = 1;
        ranges
    })
}

fn shares(ranges: &[(u32, i64)]) -> Vec<(u32, PrizeAmount)> {
    let sum: i64 = ranges
        .iter()
        .map(|(places, weight)| i64::from(*places) * weight)
        .sum();
    let mut shares: Vec<(u32, i64)> = ranges
        .iter()
        .map(|(places, weight)| (*places, weight * Ratio::ONE.0 / sum))
        .collect();
    let others: i64 = shares[1..]
        .iter()
        .map(|(places, share)| i64::from(*places) * share)
        .sum();
    shares[0].1 = Ratio::ONE.0 - others;
    shares
        .into_iter()
        .map(|(places, share)| (places, PrizeAmount::Share(Ratio(share))))
        .collect()
}

fn prizes() -> impl Strategy<Value = PrizePool> {
    (ranges(), any::<bool>(), 1_i64..100_000, 0_i64..1_000_000).prop_map(
        |(ranges, is_shares, unit, units)| {
            let (pool, each) = if is_shares {
                (Money(unit * units), shares(&ranges))
            } else {
                let amounts = ranges
                    .iter()
                    .map(|(places, weight)| (*places, PrizeAmount::Fixed(Money(unit * weight))));
                let sum: i64 = ranges
                    .iter()
                    .map(|(places, weight)| i64::from(*places) * weight)
                    .sum();
                (Money(unit * sum), amounts.collect())
            };
            let mut next = 1;
            let places = each.into_iter().map(|(places, each)| {
                let first = next;
                next += places;
                Prize {
                    first,
                    last: next - 1,
                    each,
                }
            });
            PrizePool {
                pool,
                unit: Money(unit),
                places: places.collect(),
            }
        },
    )
}

fn contest() -> impl Strategy<Value = ContestRules> {
    let window = prop::option::of((0_u64..1 << 62, 1_u64..1 << 60, any::<u32>()));
    let teams = prop::option::of((1_u16..=1_000, 1_u16..=1_000));
    let entry = (
        0_i64..1 << 40,
        0_i64..=Ratio::ONE.0,
        any::<bool>(),
        1_u32..=1_000_000,
    );
    (window, entry, prop::option::of(prizes()), teams).prop_map(
        |(window, (fee, to_pool, late, entrants_max), prizes, teams)| {
            let is_shared = prizes
                .as_ref()
                .is_some_and(|prizes| matches!(prizes.places[0].each, PrizeAmount::Share(_)));
            let (window, freeze_s) = match window {
                Some((start, length, freeze)) => {
                    let window = Window {
                        start: TimestampNs(start),
                        end: TimestampNs(start + length),
                    };
                    let freeze_max = length / 1_000_000_000;
                    let freeze = u64::from(freeze).min(freeze_max);
                    (Some(window), u32::try_from(freeze).unwrap())
                }
                None => (None, 0),
            };
            ContestRules {
                window,
                entry: EntryRules {
                    fee: EntryFee {
                        fee: Money(fee),
                        to_pool: if is_shared {
                            Ratio(to_pool)
                        } else {
                            Ratio::ZERO
                        },
                    },
                    late: late || window.is_none(),
                    entrants_max,
                },
                prizes,
                freeze_s,
                teams: teams.map(|(count, members_min)| TeamRules { count, members_min }),
            }
        },
    )
}

fn competitions() -> impl Strategy<Value = Competition> {
    let weights = prop::collection::vec(0_i64..=Ratio::ONE.0, 3).prop_map(|mut cuts| {
        cuts.sort_unstable();
        Weights {
            profit: Ratio(cuts[0]),
            risk: Ratio(cuts[1] - cuts[0]),
            consistency: Ratio(cuts[2] - cuts[1]),
            drawdown: Ratio(Ratio::ONE.0 - cuts[2]),
        }
    });
    let schedule = (
        prop::sample::select(vec!["UTC", "America/New_York"]),
        0_u16..1_440,
    );
    let kind = prop::sample::select(vec![BoardKind::Demo, BoardKind::Paper, BoardKind::Live]);
    (
        "[ -~]{0,29}[!-~]",
        kind,
        weights,
        1_i64..=Ratio::ONE.0,
        (any::<u16>(), any::<u32>()),
        (
            1_u8..128,
            prop::collection::btree_set(19_000_i32..22_000, 0..5),
        ),
        schedule,
        contest(),
    )
        .prop_map(
            |(name, kind, weights, loss_limit, gates, days, schedule, contest)| Competition {
                name: name.parse().unwrap(),
                kind,
                weights,
                loss_limit: Ratio(loss_limit),
                gates: Gates {
                    active_days: gates.0,
                    round_turns: gates.1,
                },
                days: rules::TradingDays {
                    weekdays: days.0,
                    holidays: days.1.into_iter().map(types::TradingDay).collect(),
                },
                schedule: RollSchedule {
                    zone: schedule.0.parse().unwrap(),
                    minute: schedule.1,
                },
                contest,
            },
        )
}

proptest! {
    #[test]
    fn what_is_shown_reads_back_as_the_same_competition(competition in competitions()) {
        prop_assert_eq!(competition.validate(), Ok(()));
        let shown = CompetitionDto::new(&competition);
        let json = serde_json::to_string(&shown).unwrap();
        prop_assert_eq!(from_json(&json), Ok(competition.clone()));
        let toml = toml::to_string(&shown).unwrap();
        prop_assert_eq!(from_toml("again.toml", &toml), Ok(competition));
    }
}
