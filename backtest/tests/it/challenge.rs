//! A coin that is tossed once a day under the rules: the gambler's ruin.

use backtest::challenge::{Answer, Best, Day, Question, ask, best, days_of, days_within, follow};
use backtest::monte_carlo::Share;
use backtest::random::Random;
use backtest::run::plain_plan;
use rules::{
    AfterPayout, Allowance, Life, MaxLoss, MinDays, PayoutKeep, PayoutRule, Plan, Stage,
    StopTrailing, Target, TimeLimit, TrailSource,
};
use types::{AccountState, DaysOf, Effect, LapseEffect, Money, Qty, Ratio, RuleKind, TradingDay};

use crate::world::{goog, run_named, settings, share};

fn tossed(profit: i64) -> Day {
    Day {
        began: Money::whole(10_000),
        profit: [Money::ZERO, Money::whole(profit), Money::whole(profit)],
        is_fresh: true,
        has_opened: true,
        is_held: false,
    }
}

/// A position that is opened on the first of so many days, makes 100 dollars on each, and is closed on the last.
fn trip(days: usize) -> impl Iterator<Item = Day> {
    (0..days).map(move |place| Day {
        is_fresh: place == 0,
        has_opened: place == 0,
        is_held: place + 1 < days,
        ..tossed(100)
    })
}

/// 10,000 dollars, a floor that stands so far below and a target so far above.
fn plan(floor: i64, target: i64) -> Plan {
    Plan {
        stage: Stage::Evaluation { phase: 1 },
        max_loss: Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::Fixed(Money::whole(floor)),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: true,
        }),
        profit_target: Some(Target::Fixed(Money::whole(target))),
        ..plain_plan("USD", Money::whole(10_000)).unwrap()
    }
}

fn question<'a>(days: &'a [Day], stages: &'a [Plan], sizes: &'a [Ratio]) -> Question<'a> {
    Question {
        days,
        stages,
        block: 1.0,
        horizon_days: 2_000,
        attempts: 4_000,
        seed: 1,
        fee: Money::whole(50),
        sizes,
        compounds: false,
        threads: 2,
    }
}

fn one(question: &Question<'_>) -> Answer {
    ask(question).unwrap()[0]
}

/// Gambler's ruin: with odds r = q/p of a step down to one up, a steps above the floor and b below the target, the
/// target comes first with (1 - r^a) / (1 - r^(a + b)), of a fair coin with a / (a + b). Feller, "An introduction to
/// probability theory", volume 1, XIV.2.
fn ruin(up: f64, a: i32, b: i32) -> f64 {
    let odds = (1.0 - up) / up;
    if (odds - 1.0).abs() < 1e-12 {
        return f64::from(a) / f64::from(a + b);
    }
    (1.0 - odds.powi(a)) / (1.0 - odds.powi(a + b))
}

/// Within four standard errors, which one seed in 16,000 is not.
fn assert_near(found: Share, expected: f64) {
    let error = (expected * (1.0 - expected) / found.of as f64).sqrt();
    assert!(
        (found.value - expected).abs() < 4.0 * error,
        "{found:?}, not {expected}"
    );
}

#[test]
fn a_fair_coin_passes_as_the_gamblers_ruin_says() {
    // 100 dollars a toss, 5 steps to the floor, 10 to the target: 5/15.
    let (days, stages) = ([tossed(100), tossed(-100)], [plan(500, 1_000)]);
    let sizes = [Ratio::ONE];
    let question = question(&days, &stages, &sizes);
    let answer = one(&question);
    let expected = ruin(0.5, 5, 10);
    assert!((expected - 1.0 / 3.0).abs() < 1e-12);
    let passed = answer.passed.unwrap();
    assert_near(passed, expected);
    assert_eq!(passed.count + answer.failed.count, 4_000);
    assert_eq!(answer.lapsed, None);
    // Toss by toss, the engine judges as one who only counts steps.
    let passes = (0..4_000).filter(|attempt| {
        let mut random = Random::of(1, *attempt);
        let mut steps: i32 = 0;
        while (-4..10).contains(&steps) {
            // Whether a block begins, and where.
            random.unit();
            steps += 1 - 2 * random.below(2) as i32;
        }
        steps == 10
    });
    assert_eq!(passed.count, passes.count());
    assert_eq!(answer.paid, None);
    // Whoever shares out the work, and each time.
    let alone = Question {
        threads: 1,
        ..question
    };
    assert_eq!(one(&alone), answer);
    let other = Question { seed: 2, ..alone };
    assert_ne!(one(&other).passed, answer.passed);
}

#[test]
fn a_coin_with_an_edge_and_the_size_that_passes_most() {
    // Three of five tosses win. At half the size the floor is twice as far: 10 and 20 steps, and odds of 2/3.
    let days = [100, 100, 100, -100, -100].map(tossed);
    let stages = [plan(500, 1_000)];
    let sizes = [Ratio::percent(50), Ratio::ONE, Ratio::percent(250)];
    let answers = ask(&question(&days, &stages, &sizes)).unwrap();
    for (answer, steps) in answers.iter().zip([(10, 20), (5, 10), (2, 4)]) {
        let expected = ruin(0.6, steps.0, steps.1);
        assert_near(answer.passed.unwrap(), expected);
    }
    // No smaller one was tried.
    assert_eq!(best(&answers), Best::AtEdge(Ratio::percent(50)));
}

#[test]
fn a_phase_after_a_phase_passes_as_their_product() {
    let days = [tossed(100), tossed(-100)];
    let stages = [plan(500, 500), plan(500, 1_000)];
    let answer = one(&question(&days, &stages, &[Ratio::ONE]));
    let expected = ruin(0.5, 5, 5) * ruin(0.5, 5, 10);
    assert_near(answer.passed.unwrap(), expected);
}

#[test]
fn the_first_payout_and_what_an_attempt_is_worth() {
    // Funded with a floor 500 below. Half of the profit, at least 1,000 kept above the start, is paid at 80%, from the
    // first day on whose end more than 1,000 are made: at 1,100 it is 100, the trader's 80. The strategy is then halted
    // by its horizon, a day after.
    let funded = Plan {
        stage: Stage::Funded,
        profit_target: None,
        payout: Some(PayoutRule {
            fraction: Ratio::percent(50),
            cap: None,
            keep: PayoutKeep::AboveInitial(Money::whole(1_000)),
            split: Ratio::percent(80),
            after: AfterPayout::FloorStays,
            best_day_cap: None,
            days_min: None,
            series: rules::PayoutSeries::default(),
        }),
        ..plan(500, 1_000)
    };
    let days = [tossed(1_100)];
    let stages = [plan(500, 1_000), funded];
    let sizes = [Ratio::ONE];
    let sure = Question {
        horizon_days: 1,
        attempts: 100,
        ..question(&days, &stages, &sizes)
    };
    let answer = one(&sure);
    assert_eq!(answer.paid.unwrap().count, 100);
    assert!((answer.payout.value - 80.0).abs() < 1e-9 && (answer.net.value - 30.0).abs() < 1e-9);
    assert_eq!(
        (answer.days_to_pass, answer.days_to_payout),
        (Some(1.0), Some(1.0))
    );
    // With a coin, the first payout comes before the floor with 5/(5 + 11), after a pass of 5/(5 + 10) in steps of 100.
    let coin = [tossed(100), tossed(-100)];
    let tossed = Question {
        horizon_days: 2_000,
        ..question(&coin, &stages, &sizes)
    };
    let answer = one(&tossed);
    let expected = ruin(0.5, 5, 10) * ruin(0.5, 5, 11);
    assert_near(answer.paid.unwrap(), expected);
}

#[test]
fn minimum_days_delay_a_pass() {
    let days = [tossed(600)];
    let delayed = Plan {
        min_days: Some(MinDays {
            days: 4,
            counts: rules::DayCounts::OpeningFill,
            day_profit_min: None,
        }),
        ..plan(500, 1_000)
    };
    let sizes = [Ratio::ONE];
    let pass_after = |plan: Plan| {
        let stages = [plan];
        let question = Question {
            attempts: 10,
            ..question(&days, &stages, &sizes)
        };
        one(&question).days_to_pass
    };
    // 600 a day: the target of 1,000 after two of them.
    assert_eq!(pass_after(plan(500, 1_000)), Some(2.0));
    assert_eq!(pass_after(delayed), Some(4.0));
}

/// A day of nothing, then a position of 30 days that makes 3,000. The target of 8,000 is there after three of them, but
/// positions have to be opened on four days: that takes 120 days of four positions. In blocks of a day a block begins with
/// either the idle day or the position, with 1/2 each, and goes on until it is closed; so of attempts of 120 days one in
/// 2^4 = 16 passes, and of 119 none. In longer blocks a position is the same 30 days, and with time enough all pass.
#[test]
fn positions_are_held_as_long_as_in_the_run() {
    let idle = Day {
        has_opened: false,
        ..tossed(0)
    };
    let days: Vec<Day> = std::iter::once(idle).chain(trip(30)).collect();
    let stages = [Plan {
        min_days: Some(MinDays {
            days: 4,
            counts: rules::DayCounts::OpeningFill,
            day_profit_min: None,
        }),
        ..plan(500, 8_000)
    }];
    let sizes = [Ratio::ONE];
    let of = |horizon_days, block| {
        let question = Question {
            horizon_days,
            block,
            ..question(&days, &stages, &sizes)
        };
        assert_eq!(question.firsts(), [0, 1]);
        one(&question)
    };
    assert_eq!(of(119, 1.0).passed.unwrap().count, 0);
    let passed = of(120, 1.0);
    assert_near(passed.passed.unwrap(), 1.0 / 16.0);
    assert_eq!(passed.days_to_pass, Some(120.0));
    assert_eq!(of(119, 31.0).passed.unwrap().count, 0);
    assert_eq!(of(2_000, 31.0).passed.unwrap().count, 4_000);
}

/// 100 on each of three days, and a target of 100 that is met when nothing is held: on the third day. Another instrument that
/// is opened on the second, with the first still held, changes nothing: the account is never flat between them. It is an
/// opening all the same: two days of them are had on the second, with three the account waits for the next position, which is
/// opened on the fourth and closed on the sixth. Where all that was held was closed before the other was opened,
/// the account was flat on the second.
#[test]
fn what_is_held_together_is_closed_when_nothing_is_held() {
    let mut days: Vec<Day> = trip(3).collect();
    let after = |days: &[Day], opened: u16| {
        let stages = [Plan {
            min_days: Some(MinDays {
                days: opened,
                counts: rules::DayCounts::OpeningFill,
                day_profit_min: None,
            }),
            ..plan(500, 100)
        }];
        let question = Question {
            attempts: 10,
            block: 2.0,
            ..question(days, &stages, &[Ratio::ONE])
        };
        one(&question).days_to_pass
    };
    assert_eq!((after(&days, 1), after(&days, 2)), (Some(3.0), Some(6.0)));
    days[1].has_opened = true;
    assert_eq!((after(&days, 1), after(&days, 2)), (Some(3.0), Some(3.0)));
    assert_eq!(after(&days, 3), Some(6.0));
    days[1].is_fresh = true;
    assert_eq!(after(&days[..2], 1), Some(2.0));
}

/// What is held on the last day of the run is closed after it: the position of 30 days that goes on is never one of 60.
#[test]
fn the_end_of_the_run_ends_what_is_held() {
    let mut days: Vec<Day> = trip(30).collect();
    days[29].is_held = true;
    let stages = [plan(500, 5_000)];
    let sizes = [Ratio::ONE];
    let question = Question {
        attempts: 10,
        ..question(&days, &stages, &sizes)
    };
    // 3,000 of the first position and as much of the second, which is closed when the third is opened: on the 61st day.
    assert_eq!(one(&question).days_to_pass, Some(61.0));
}

/// 100 a day to a target of 1,000: passed on the tenth day. The day of the opening is not counted, so nine days of time
/// are the ten that it takes, and of eight the account that is at 900 lapses when the tenth opens.
#[test]
fn the_time_to_pass_is_over_before_the_target() {
    let days = [tossed(100)];
    let after = |limit: u16, effect| {
        let timed = Plan {
            life: Life {
                time_limit: Some(TimeLimit {
                    days: limit,
                    counts: DaysOf::Calendar,
                    effect,
                }),
                ..Life::default()
            },
            ..plan(500, 1_000)
        };
        let (stages, sizes) = ([timed], [Ratio::ONE]);
        let question = Question {
            attempts: 10,
            ..question(&days, &stages, &sizes)
        };
        let answer = one(&question);
        let counts = [answer.passed, Some(answer.failed), answer.lapsed];
        (
            counts.map(|share| share.unwrap().count),
            answer.days_to_pass,
        )
    };
    for effect in [LapseEffect::Fail, LapseEffect::Close] {
        assert_eq!(after(9, effect), ([10, 0, 0], Some(10.0)));
        assert_eq!(after(8, effect), ([0, 0, 10], None));
    }
}

/// 100 a day to a target of 1,000: passed on the tenth day, and given up on the ninth.
#[test]
fn what_goes_on_at_the_horizon_is_given_up() {
    let (days, stages, sizes) = ([tossed(100)], [plan(500, 1_000)], [Ratio::ONE]);
    let after = |horizon_days| {
        let question = Question {
            horizon_days,
            attempts: 10,
            ..question(&days, &stages, &sizes)
        };
        let answer = one(&question);
        assert_eq!(answer.breached, None);
        [answer.passed, answer.given_up].map(|share| share.unwrap().count)
    };
    assert_eq!(after(9), [0, 10]);
    assert_eq!(after(10), [10, 0]);
}

/// Every day loses 600 and ends at 1,000: a floor 1,000 below stands and the target is passed on the first day; one of the
/// funded account 500 below is breached on its first, one 700 below never, and that account trades on at the horizon.
#[test]
fn a_funded_account_breaches() {
    let days = [Day {
        profit: [-600, 1_000, 1_000].map(Money::whole),
        ..tossed(1_000)
    }];
    let funded = |floor| Plan {
        stage: Stage::Funded,
        profit_target: None,
        ..plan(floor, 1_000)
    };
    let sizes = [Ratio::ONE];
    let of = |stages: &[Plan]| {
        let question = Question {
            horizon_days: 5,
            attempts: 10,
            ..question(&days, stages, &sizes)
        };
        let answer = one(&question);
        let shares = [
            answer.passed,
            Some(answer.failed),
            answer.given_up,
            answer.breached,
        ];
        shares.map(|share| share.map(|share| share.count))
    };
    let (ten, none) = (Some(10), Some(0));
    assert_eq!(
        of(&[plan(1_000, 1_000), funded(500)]),
        [ten, none, none, ten]
    );
    assert_eq!(
        of(&[plan(1_000, 1_000), funded(700)]),
        [ten, none, none, none]
    );
    assert_eq!(of(&[funded(500)]), [None, none, None, ten]);
    // An evaluation that fails has no funded account.
    assert_eq!(
        of(&[plan(500, 1_000), funded(500)]),
        [none, ten, none, none]
    );
}

/// Ten per cent a day, compounding, from a run that stood at 50,000 when it made 5,000: an account of 10,000 has 11,000,
/// 12,100 and 13,310 after three days, and a target of 3,000 is passed on the third. As money, 5,000 pass on the first.
/// At half the size 5% a day are 10,500, 11,025, 11,576.25, 12,155.06, 12,762.81 and 13,400.95: the sixth.
#[test]
fn profits_of_a_share_of_equity_are_shares_of_equity() {
    let days = [Day {
        began: Money::whole(50_000),
        ..tossed(5_000)
    }];
    let stages = [plan(500, 3_000)];
    let after = |compounds, size| {
        let sizes = [size];
        let question = Question {
            attempts: 10,
            compounds,
            ..question(&days, &stages, &sizes)
        };
        one(&question).days_to_pass
    };
    assert_eq!(after(true, Ratio::ONE), Some(3.0));
    assert_eq!(after(true, Ratio::percent(50)), Some(6.0));
    assert_eq!(after(false, Ratio::ONE), Some(1.0));
}

#[test]
fn a_best_size_is_one_that_others_are_worse_than() {
    let stages = [plan(500, 1_000)];
    let sizes = [Ratio::percent(50), Ratio::ONE, Ratio::percent(200)];
    let of = |days: &[Day]| {
        let question = Question {
            attempts: 10,
            ..question(days, &stages, &sizes)
        };
        best(&ask(&question).unwrap())
    };
    // Every attempt loses; every attempt wins, whatever the size.
    assert_eq!(of(&[tossed(-100)]), Best::Worthless);
    assert_eq!(of(&[tossed(100)]), Best::Alike);
    assert_eq!(best(&[]), Best::Worthless);
}

#[test]
fn what_cannot_be_asked_says_why() {
    let stages = [plan(500, 1_000)];
    let said = ask(&question(&[], &stages, &[Ratio::ONE]))
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("the number of days is 0; accepted"),
        "{said}"
    );
    let days = [tossed(1)];
    assert!(ask(&question(&days, &stages, &[Ratio::ZERO])).is_err());
    assert!(ask(&question(&days, &[], &[Ratio::ONE])).is_err());
}

#[test]
fn the_days_of_a_run_add_up_to_it() {
    let outcome = run_named(&settings(share("GOOG", Qty::ONE)), goog(), "sma_cross", &[]);
    let day_ns = 86_400_000_000_000;
    let days = days_of(&outcome, &|ts| (ts.0 / day_ns) as i32);
    assert_eq!(days.len(), outcome.samples.len());
    let sum: i64 = days.iter().map(|day| day.profit[2].0).sum();
    assert_eq!(outcome.initial.0 + sum, outcome.equity.0);
    // One of them at a time: a block may begin after each day that ends with nothing held.
    for pair in days.windows(2) {
        assert_eq!(pair[1].is_fresh, !pair[0].is_held);
    }
    // 32 trades closed and one left open.
    assert_eq!(days.iter().filter(|day| day.has_opened).count(), 33);
}

/// Days one after the other from 2024-09-09 on, which is a Monday (day 19,975).
fn dated(days: impl IntoIterator<Item = Day>) -> Vec<(TradingDay, Day)> {
    (19_975..).map(TradingDay).zip(days).collect()
}

/// Floor 300 below, target 300 above. Up 100, 100, 100: passed on the third day. Down 100, up 100, down 100 three times: at
/// the floor on the fifth. What follows is not traded any more. Up 100 alone trades on, at a third of the target.
#[test]
fn days_as_they_came_pass_or_fall_on_their_day() {
    let plan = plan(300, 300);
    let told = |profits: &[i64]| {
        let days = dated(profits.iter().copied().map(tossed));
        follow(&plan, &[days], false).unwrap().unwrap()
    };
    let passed = told(&[100, 100, 100, -100, -100]);
    assert_eq!(
        (passed.verdict.state, passed.verdict.days, passed.reason()),
        (AccountState::Passed, 3, Some("objectives met"))
    );
    assert_eq!(
        (passed.on, passed.equity),
        (TradingDay(19_977), Money::whole(10_300))
    );
    let failed = told(&[-100, 100, -100, -100, -100, 100]);
    assert_eq!(
        (failed.verdict.state, failed.verdict.days, failed.reason()),
        (AccountState::Failed, 5, Some("max loss limit"))
    );
    assert_eq!(
        (failed.breached, failed.equity),
        (Some(RuleKind::MaxLoss), Money::whole(9_700))
    );
    let on = told(&[100]);
    assert_eq!(
        (on.verdict.state, on.reason()),
        (AccountState::Evaluation, None)
    );
    assert_eq!(on.verdict.target_reached, Some(Ratio(333_333_333)));
    assert!(follow(&plan, &[], false).unwrap().is_none());
}

/// What is held for five days makes 100 on each. From its third day on it is an account's own position: 300 by its fifth, when it
/// is closed, and passes. Two windows of one run, the first its days 1 and 2, the second 3 to 5: each is 200 and 300, one
/// account has 500. Between runs what is held is closed: 200 are realised on the first day of the second, where the target
/// is 200.
#[test]
fn a_window_takes_over_what_is_held_where_it_begins() {
    let all = dated(trip(5));
    let (first, second) = (all[..2].to_vec(), all[2..].to_vec());
    let alone = |target, stretches: &[_]| {
        follow(&plan(300, target), stretches, false)
            .unwrap()
            .unwrap()
    };
    let late = alone(300, std::slice::from_ref(&second));
    assert_eq!(
        (late.verdict.state, late.verdict.days),
        (AccountState::Passed, 3)
    );
    // Still held at its end: equity is there, but nothing passes that holds something.
    let early = alone(200, std::slice::from_ref(&first));
    assert_eq!(early.verdict.state, AccountState::Evaluation);
    assert_eq!(early.equity, Money::whole(10_200));
    let both = alone(500, &[first.clone(), second.clone()]);
    assert_eq!(
        (both.verdict.state, both.verdict.days),
        (AccountState::Passed, 5)
    );
    let between = alone(200, &[first, second]);
    assert_eq!(
        (between.verdict.state, between.verdict.days),
        (AccountState::Passed, 3)
    );
}

/// 100 of 10,000 is a hundredth. Ten such days of an account's own equity: 10,000 x 1.01^10 = 11,046.22, rounded down to 1e-6
/// each day; as money 11,000.
#[test]
fn a_share_of_equity_grows_with_the_account() {
    let plan = plan(300, 5_000);
    let days = [dated((0..10).map(|_| tossed(100)))];
    let of = |compounds| follow(&plan, &days, compounds).unwrap().unwrap().equity;
    assert_eq!(of(false), Money::whole(11_000));
    let grown = of(true);
    assert!((grown.0 - 11_046_221_254).abs() <= 10, "{grown}");
}

/// Three dates to pass after that of its opening, Tuesday to Thursday. It is over when Friday begins, the fifth day, though the run
/// has none between that Monday and the next.
#[test]
fn days_between_those_of_a_window_count() {
    let timed = Plan {
        life: Life {
            time_limit: Some(TimeLimit {
                days: 3,
                counts: DaysOf::Calendar,
                effect: LapseEffect::Fail,
            }),
            ..Life::default()
        },
        ..plan(300, 300)
    };
    let days = vec![
        (TradingDay(19_975), tossed(100)),
        (TradingDay(19_982), tossed(100)),
    ];
    let found = follow(&timed, &[days], false).unwrap().unwrap();
    assert_eq!(found.reason(), Some("time limit"));
    assert_eq!((found.on, found.verdict.days), (TradingDay(19_979), 5));
}

/// Days of a part of a run are those of the whole, but that the first may begin within a day and goes on from the sample before.
#[test]
fn days_of_a_part_are_those_of_the_whole() {
    let outcome = run_named(&settings(share("GOOG", Qty::ONE)), goog(), "sma_cross", &[]);
    let day_of = |ts: types::TimestampNs| (ts.0 / 86_400_000_000_000) as i32;
    let whole = days_of(&outcome, &day_of);
    let held = outcome
        .samples
        .iter()
        .position(|sample| sample.exposed)
        .unwrap();
    for start in [1, held, held + 1, held + 5, 1_000] {
        let part = days_within(&outcome, start..outcome.samples.len(), &day_of);
        let days: Vec<Day> = part.iter().map(|(_, day)| *day).collect();
        assert_eq!(days, whole[start..], "{start}");
        assert_eq!(part[0].0, day_of(outcome.samples[start].ts));
    }
}
