//! Worked figures that firms and explainers publish, by the site that has them, each also at its exact
//! boundary: one unit of money on either side.

use rules::{
    AccountRules, AfterPayout, Allowance, DailyAnchor, Denominator, PayoutKeep, PayoutRule, Plan,
    Scaling, StopTrailing, TrailSource,
};
use types::{AccountId, Consistency, Effect, Money, Notional, PayoutDenial, Ratio};

use crate::plans::{bare, consistency, daily_loss, day, equity, max_loss, usd};

const UNIT: Money = Money(1);

const fn percent(percent: i64) -> Ratio {
    Ratio::percent(percent)
}

#[derive(Debug, Clone, Copy)]
enum Rule {
    /// What the floor follows, how far below, when it stops as an offset from the start.
    Max(TrailSource, i64, StopTrailing),
    Daily(DailyAnchor, Allowance),
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// A day opens with this balance and equity before it.
    Roll(i64, i64),
    /// A position is closed, with this balance after it.
    Closed(i64),
    /// Equity is this.
    Equity(i64),
}

#[derive(Debug, Clone, Copy)]
enum Probe {
    /// After so many steps, whether this equity is a breach.
    Breach(usize, i64, bool),
    /// After so many steps, what this balance is above the floor.
    Room(usize, i64, i64),
}

struct FloorCase {
    id: &'static str,
    site: &'static str,
    start: i64,
    rule: Rule,
    steps: &'static [Step],
    /// At the start and after each step.
    floors: &'static [i64],
    probes: &'static [Probe],
}

const FLOORS: &[FloorCase] = &[
    FloorCase {
        id: "W1",
        site: "ftmo.com",
        start: 100_000,
        rule: Rule::Max(TrailSource::EodBalance, 10_000, StopTrailing::Never),
        steps: &[Step::Roll(104_000, 104_000), Step::Roll(103_000, 103_000)],
        floors: &[90_000, 94_000, 94_000],
        probes: &[],
    },
    FloorCase {
        id: "W2",
        site: "academy.ftmo.com",
        start: 100_000,
        rule: Rule::Max(TrailSource::None, 10_000, StopTrailing::Never),
        steps: &[],
        floors: &[90_000],
        // 92,000 less an open 2,001, and less an open 2,000.
        probes: &[
            Probe::Breach(0, 89_999, true),
            Probe::Breach(0, 90_000, false),
        ],
    },
    FloorCase {
        id: "W3",
        site: "help.topstep.com",
        start: 50_000,
        rule: Rule::Max(
            TrailSource::EodBalance,
            2_000,
            StopTrailing::AtFloorLevel(usd(0)),
        ),
        steps: &[
            Step::Roll(50_500, 50_500),
            Step::Roll(50_000, 50_000),
            Step::Roll(52_500, 52_500),
        ],
        floors: &[48_000, 48_500, 48_500, 50_000],
        probes: &[],
    },
    FloorCase {
        id: "W5",
        site: "help.tx3funding.com",
        start: 100_000,
        rule: Rule::Max(
            TrailSource::EodBalance,
            3_500,
            StopTrailing::AtFloorLevel(usd(100)),
        ),
        steps: &[
            Step::Roll(101_000, 101_000),
            Step::Roll(102_300, 102_300),
            Step::Roll(103_600, 103_600),
        ],
        floors: &[96_500, 97_500, 98_800, 100_100],
        probes: &[],
    },
    FloorCase {
        id: "W8",
        site: "nickdoesfutures.com",
        start: 50_000,
        rule: Rule::Max(TrailSource::TickEquity, 2_500, StopTrailing::Never),
        steps: &[Step::Equity(50_610), Step::Closed(49_500)],
        floors: &[47_500, 48_110, 48_110],
        probes: &[Probe::Room(2, 49_500, 1_390)],
    },
    FloorCase {
        id: "W10",
        site: "help.e8markets.com",
        start: 100_000,
        rule: Rule::Max(
            TrailSource::ClosedBalance,
            6_000,
            StopTrailing::AtFloorLevel(usd(0)),
        ),
        steps: &[Step::Closed(101_000), Step::Closed(106_000)],
        floors: &[94_000, 95_000, 100_000],
        probes: &[],
    },
    FloorCase {
        id: "W12",
        site: "apterostrading.com",
        start: 100_000,
        rule: Rule::Max(
            TrailSource::EodBalance,
            5_000,
            StopTrailing::FreezeWhenSource(usd(15_000)),
        ),
        steps: &[
            Step::Roll(99_000, 99_000),
            Step::Roll(103_000, 103_000),
            Step::Roll(115_000, 115_000),
            Step::Roll(150_000, 150_000),
        ],
        floors: &[95_000, 95_000, 98_000, 110_000, 110_000],
        probes: &[],
    },
    FloorCase {
        id: "W13",
        site: "academy.ftmo.com",
        start: 200_000,
        rule: Rule::Daily(DailyAnchor::Balance, Allowance::OfInitial(percent(5))),
        // 204,000 at midnight with an open loss of 13,000.
        steps: &[Step::Roll(204_000, 191_000)],
        floors: &[190_000, 194_000],
        probes: &[
            Probe::Breach(0, 191_000, false),
            Probe::Breach(1, 191_000, true),
        ],
    },
    FloorCase {
        id: "W15",
        site: "help.aquafunded.com",
        start: 100_000,
        rule: Rule::Daily(
            DailyAnchor::MaxBalanceEquity,
            Allowance::OfInitial(percent(5)),
        ),
        steps: &[
            Step::Roll(100_000, 102_000),
            Step::Roll(100_000, 98_000),
            Step::Roll(101_000, 101_000),
        ],
        floors: &[95_000, 97_000, 95_000, 96_000],
        probes: &[],
    },
    FloorCase {
        id: "W18",
        site: "intercom.help/breakoutprop",
        start: 100_000,
        rule: Rule::Daily(DailyAnchor::Balance, Allowance::OfBase(percent(4))),
        steps: &[Step::Roll(105_000, 105_000)],
        floors: &[96_000, 100_800],
        probes: &[],
    },
    FloorCase {
        id: "W20",
        site: "help.aeonfunded.com",
        start: 10_000,
        rule: Rule::Daily(DailyAnchor::IntradayPeak, Allowance::OfBase(percent(3))),
        steps: &[Step::Roll(10_000, 10_000), Step::Equity(10_500)],
        floors: &[9_700, 9_700, 10_185],
        probes: &[],
    },
];

impl FloorCase {
    fn plan(&self, touch: bool) -> Plan {
        let mut plan = bare(self.start);
        match self.rule {
            Rule::Max(trail, amount, stop) => {
                let rule = plan.max_loss.insert(max_loss(amount, trail, stop));
                rule.touch_is_breach = touch;
            }
            Rule::Daily(anchor, allowance) => {
                let rule = plan.daily_loss.insert(daily_loss(anchor, allowance));
                rule.touch_is_breach = touch;
            }
        }
        plan.validate().unwrap();
        plan
    }

    fn probe(&self, account: &AccountRules, steps: usize) {
        let floor = account.limits().next().unwrap().floor;
        for probe in self.probes {
            match *probe {
                Probe::Breach(after, at, expected) if after == steps => {
                    let breached = !account.breached(equity(at), false).is_empty();
                    assert_eq!(breached, expected, "{} at {at}", self.id);
                }
                Probe::Room(after, balance, room) if after == steps => {
                    assert_eq!(usd(balance).saturating_sub(floor), usd(room), "{}", self.id);
                }
                _ => {}
            }
        }
    }
}

/// Equity at the floor breaches where a touch does, and a unit beside it breaches below only.
fn check_edge(id: &str, account: &AccountRules, floor: Money, touch: bool) {
    let limit = account.limits().next().unwrap();
    assert_eq!(limit.floor, floor, "{id}");
    assert_eq!(limit.effect, Effect::Fail);
    for (at, breached) in [
        (floor.saturating_sub(UNIT), true),
        (floor, touch),
        (floor.saturating_add(UNIT), false),
    ] {
        let found = account.breached(at.to_notional(), false);
        assert_eq!(!found.is_empty(), breached, "{id} at {at}, touch {touch}");
    }
}

#[test]
fn floors_stand_where_they_are_published() {
    for case in FLOORS {
        for touch in [false, true] {
            let plan = case.plan(touch);
            let mut account = AccountRules::open(&plan, None);
            check_edge(case.id, &account, usd(case.floors[0]), touch);
            if !touch {
                case.probe(&account, 0);
            }
            for (number, (step, &floor)) in (1..).zip(case.steps.iter().zip(&case.floors[1..])) {
                match *step {
                    Step::Roll(balance, at) => {
                        let at: Notional = equity(at);
                        account.roll(&plan, day(number), usd(balance), at, false);
                    }
                    Step::Closed(balance) => {
                        account.ratchet_equity(&plan, equity(balance));
                        account.ratchet_closed(&plan, usd(balance));
                    }
                    Step::Equity(at) => {
                        account.ratchet_equity(&plan, equity(at));
                    }
                }
                check_edge(case.id, &account, usd(floor), touch);
                if !touch {
                    case.probe(&account, number as usize);
                }
            }
            assert_eq!(case.floors.len(), case.steps.len() + 1, "{}", case.id);
        }
    }
}

struct ConsistencyCase {
    id: &'static str,
    site: &'static str,
    days: &'static [i64],
    cap: i64,
    inclusive: bool,
    net: i64,
    met: bool,
    /// The least net that is enough.
    needed: &'static str,
    /// Whether it is met with these days more.
    then: &'static [(&'static [i64], bool)],
}

const CONSISTENCY: &[ConsistencyCase] = &[
    ConsistencyCase {
        id: "W21",
        site: "intercom.help/e8",
        days: &[500, 550, -150, 600, 400],
        cap: 40,
        inclusive: true,
        net: 1_900,
        met: true,
        // 600 / 0.4
        needed: "1500",
        then: &[(&[-400], true), (&[-401], false)],
    },
    ConsistencyCase {
        id: "W23",
        site: "ftmo.com",
        days: &[5_000, 3_000, 2_000],
        cap: 50,
        inclusive: true,
        net: 10_000,
        met: true,
        needed: "10000",
        then: &[(&[-1], false)],
    },
    ConsistencyCase {
        id: "W24",
        site: "takeprofittrader.crunch.help",
        days: &[2_000, 1_100],
        cap: 50,
        inclusive: false,
        net: 3_100,
        met: false,
        // More than 4,000; in whole units 4,001.
        needed: "4000.000001",
        then: &[
            (&[900], false),
            (&[901], true),
            (&[2_001], true),
            (&[3_100], false),
        ],
    },
    ConsistencyCase {
        id: "W26",
        site: "red2.klt.pw",
        days: &[1_500, 1_000, 700],
        cap: 30,
        inclusive: true,
        net: 3_200,
        met: false,
        // 1,500 / 0.3
        needed: "5000",
        then: &[(&[900, 900], true), (&[900, 899], false)],
    },
];

fn after(plan: &Plan, profits: impl IntoIterator<Item = Money>) -> AccountRules {
    let mut account = AccountRules::open(plan, None);
    for (number, profit) in (1..).zip(profits) {
        let at = plan.initial_balance;
        account.roll(plan, day(number), at, at.to_notional(), false);
        account.record_realised(profit);
    }
    account
}

fn standing(plan: &Plan, profits: impl IntoIterator<Item = Money>) -> Consistency {
    after(plan, profits)
        .consistency(plan, AccountId(0))
        .unwrap()
}

#[test]
fn consistency_is_as_published() {
    for case in CONSISTENCY {
        let mut plan = bare(100_000);
        plan.consistency = Some(consistency(case.cap, Denominator::Net, case.inclusive));
        let days = || case.days.iter().copied().map(usd);
        let now = standing(&plan, days());
        let needed: Money = case.needed.parse().unwrap();
        assert_eq!(now.denominator, usd(case.net), "{}", case.id);
        assert_eq!(
            (now.met, now.total_needed),
            (case.met, Some(needed)),
            "{}",
            case.id
        );
        for &(more, met) in case.then {
            let more = more.iter().copied().map(usd);
            let then = standing(&plan, days().chain(more));
            assert_eq!(then.met, met, "{} and {then:?}", case.id);
        }
        // What is missing over two days, neither of them the best, and a unit less.
        let missing = needed.0 - now.denominator.0;
        for (missing, met) in [(missing, true), (missing - 1, false)] {
            let two = [Money(missing / 2), Money(missing - missing / 2)];
            let then = standing(&plan, days().chain(two));
            assert_eq!(then.met, met, "{} and {then:?}", case.id);
        }
    }
}

#[test]
fn the_cap_in_money_is_as_published() {
    // W21: 40% of 1,900.
    assert_eq!(usd(1_900).mul_ratio_floor(percent(40)), usd(760));
}

struct NextDayCase {
    id: &'static str,
    site: &'static str,
    profit: i64,
    cap: i64,
    /// The most in whole units.
    most: i64,
}

const NEXT_DAY: NextDayCase = NextDayCase {
    id: "W27",
    site: "copilink.com",
    profit: 2_500,
    cap: 30,
    most: 1_071,
};

#[test]
fn the_largest_next_day_is_as_published() {
    let mut plan = bare(100_000);
    plan.consistency = Some(consistency(NEXT_DAY.cap, Denominator::Net, true));
    // Ten even days, so that the next one is the best.
    let days = || [usd(NEXT_DAY.profit / 10); 10];
    let most = standing(&plan, days()).next_day_max.unwrap();
    // 0.3 x 2,500 / 0.7 = 1,071.428571...
    assert_eq!(most.0 / Money::ONE.0, NEXT_DAY.most, "{}", NEXT_DAY.id);
    let with = |profit| standing(&plan, days().into_iter().chain([profit])).met;
    assert!(with(most));
    assert!(!with(most.saturating_add(UNIT)));
}

struct ShareCase {
    id: &'static str,
    site: &'static str,
    days: [i64; 4],
    denominator: Denominator,
    /// The best day's share in 1e-9, rounded down.
    share: i64,
    /// In percent, rounded to two decimals, as published: hundredths of a percent.
    published: i64,
}

const SHARES: [ShareCase; 2] = [
    ShareCase {
        id: "W34",
        site: "arithmetic",
        days: [1_100, 1_500, 900, -400],
        denominator: Denominator::Net,
        // 1,500 / 3,100
        share: 483_870_967,
        published: 4_839,
    },
    ShareCase {
        id: "W34",
        site: "arithmetic",
        days: [1_100, 1_500, 900, -400],
        denominator: Denominator::PositiveDays,
        // 1,500 / 3,500
        share: 428_571_428,
        published: 4_286,
    },
];

#[test]
fn two_denominators_give_the_published_shares() {
    for case in SHARES {
        let met = |cap| {
            let mut plan = bare(100_000);
            let rule = consistency(1, case.denominator, true);
            plan.consistency.insert(rule).cap = cap;
            standing(&plan, case.days.map(usd)).met
        };
        assert!(!met(Ratio(case.share)), "{}", case.id);
        assert!(met(Ratio(case.share + 1)), "{}", case.id);
        assert_eq!((case.share + 50_000) / 100_000, case.published);
    }
}

struct PayoutCase {
    id: &'static str,
    site: &'static str,
    size: i64,
    drawdown: i64,
    profit: i64,
    safety_net: i64,
    eligible: i64,
}

const PAYOUT: PayoutCase = PayoutCase {
    id: "W29",
    site: "propfirmmarket.com",
    size: 50_000,
    drawdown: 2_500,
    profit: 3_300,
    safety_net: 2_600,
    eligible: 700,
};

#[test]
fn a_payout_is_what_is_above_the_safety_net() {
    let case = PAYOUT;
    let mut plan = bare(case.size);
    plan.max_loss = Some(max_loss(
        case.drawdown,
        TrailSource::TickEquity,
        StopTrailing::AtFloorLevel(usd(100)),
    ));
    plan.payout = Some(PayoutRule {
        fraction: Ratio::ONE,
        cap: None,
        keep: PayoutKeep::AboveInitial(usd(case.safety_net)),
        split: percent(90),
        after: AfterPayout::FloorStays,
        best_day_cap: None,
        days_min: None,
        series: rules::PayoutSeries::default(),
    });
    let balance = usd(case.size + case.profit);
    let mut account = AccountRules::open(&plan, None);
    account.ratchet_equity(&plan, balance.to_notional());
    let most = account.payout_eligible(&plan, balance);
    assert_eq!(most, usd(case.eligible), "{}", case.id);
    let check = |amount| account.check_payout(&plan, AccountId(0), balance, amount);
    assert_eq!(check(most), Ok(()));
    assert_eq!(
        check(most.saturating_add(UNIT)),
        Err(PayoutDenial::AboveEligible)
    );
}

struct ScalingCase {
    id: &'static str,
    site: &'static str,
    step: i64,
    sizes: [i64; 5],
}

const SCALING: ScalingCase = ScalingCase {
    id: "W32",
    site: "ftmo.com",
    step: 25,
    sizes: [400_000, 500_000, 600_000, 700_000, 800_000],
};

#[test]
fn steps_are_shares_of_the_original_size() {
    let [start, .., last] = SCALING.sizes;
    let grown = |size_max| {
        let mut plan = bare(start);
        plan.scaling = Some(Scaling {
            step: percent(SCALING.step),
            size_max: Some(size_max),
            requires: None,
        });
        let mut account = AccountRules::open(&plan, None);
        let mut sizes = vec![account.size()];
        while account
            .scale(&plan, plan.initial_balance.to_notional())
            .is_some()
        {
            sizes.push(account.size());
        }
        sizes
    };
    assert_eq!(grown(usd(last)), SCALING.sizes.map(usd), "{}", SCALING.id);
    let almost = usd(last).saturating_sub(UNIT);
    assert_eq!(
        grown(almost),
        SCALING.sizes[..4]
            .iter()
            .copied()
            .map(usd)
            .collect::<Vec<_>>()
    );
}

#[test]
fn every_case_is_in_a_table_once() {
    let mut known: Vec<(&str, &str)> = Vec::new();
    known.extend(FLOORS.iter().map(|case| (case.id, case.site)));
    known.extend(CONSISTENCY.iter().map(|case| (case.id, case.site)));
    known.extend(SHARES.iter().take(1).map(|case| (case.id, case.site)));
    known.push((NEXT_DAY.id, NEXT_DAY.site));
    known.push((PAYOUT.id, PAYOUT.site));
    known.push((SCALING.id, SCALING.site));
    assert!(known.iter().all(|(_, site)| !site.is_empty()));
    let mut ids: Vec<u32> = (known.iter())
        .map(|(id, _)| id.trim_start_matches('W').parse().unwrap())
        .collect();
    ids.sort_unstable();
    let all = [
        1, 2, 3, 5, 8, 10, 12, 13, 15, 18, 20, 21, 23, 24, 26, 27, 29, 32, 34,
    ];
    assert_eq!(ids, all);
}
