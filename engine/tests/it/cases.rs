//! Worked figures that firms and explainers publish, read from `fixtures/cases/prop_rules.json` and led
//! through a shard: what is expected there, then equity exactly at the floor and a unit of money on either
//! side of it, where a touch is a breach and where it is not. The days roll at midnight in Prague over the
//! change of clocks of 31 March 2024, a day of 23 hours.

use engine::Shard;
use rules::{
    AfterPayout, Allowance, ConsistencyRule, ConsistencyWindow, DailyAnchor, DailyChanges,
    DailyLoss, Denominator, MaxLoss, PayoutKeep, PayoutRule, PayoutSeries, Plan, Scaling, Stage,
    StopTrailing, TrailSource,
};
use serde_json::Value;
use types::{
    AdjustKind, Command, Consistency, Effect, EventKind, Input, InputKind, Money, Ratio, RuleKind,
    Timer, TimestampNs, TradingDay,
};

use crate::words::{buy, quote, sell};
use crate::world::{ACCOUNT, SECOND, World, breaches, instrument, plan, schedule};

const CASES: &str = include_str!("../../../fixtures/cases/prop_rules.json");

/// 2024-03-29, a Friday, as days since 1970.
const FIRST_DAY: i32 = 19_811;
/// What the instrument is bought at; a unit of it moves equity as its price.
const COST: i64 = 1_000_000;

fn case(id: &str) -> Value {
    let all: Value = serde_json::from_str(CASES).unwrap();
    let all = all["cases"].as_array().unwrap().clone();
    all.into_iter().find(|case| case["id"] == id).unwrap()
}

/// An amount of the file, a number or a text.
fn usd(value: &Value) -> Money {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    text.parse().unwrap()
}

fn list(value: &Value) -> Vec<Money> {
    value.as_array().unwrap().iter().map(usd).collect()
}

fn less(amount: Money, by: Money) -> Money {
    amount.saturating_sub(by)
}

fn percent(value: &Value) -> Ratio {
    Ratio::percent(value.as_i64().unwrap())
}

/// Midnight in Prague that begins a day, counted from the first: 23:00 UTC of the day before, from 1 April
/// on 22:00 UTC.
fn midnight(day: i32) -> u64 {
    let hours = if day < 3 { 23 } else { 22 };
    (u64::from((FIRST_DAY + day - 1).unsigned_abs()) * 24 + hours) * 3_600 * SECOND
}

/// An account of a plan that is led through a case.
struct Led {
    world: World,
    days: i32,
}

impl Led {
    fn new(plan: &Plan) -> Self {
        let share = instrument("SHARE", "0.000001", "1", "1");
        let mut world = World::with(&[share], plan);
        world.step_ns = 1;
        let mut led = Self { world, days: 0 };
        led.roll();
        led
    }

    /// The same account, of which nobody else hears anything more.
    fn apart(&self) -> Self {
        let mut world = World::of(Shard::restore(&self.world.snapshot()).unwrap());
        world.step_ns = 1;
        let days = self.days;
        Self { world, days }
    }

    /// Opens the next day at its midnight.
    fn roll(&mut self) -> Vec<EventKind> {
        let input = Input {
            seq: self.world.next_seq(),
            ts: TimestampNs(midnight(self.days)),
            kind: InputKind::Timer(Timer::DayRoll {
                schedule: schedule(),
                day: TradingDay(FIRST_DAY + self.days),
            }),
        };
        self.days += 1;
        let facts = self.world.apply_input(&input);
        facts.into_iter().map(|fact| fact.kind).collect()
    }

    fn balance(&self) -> Money {
        self.world.shard.account_row(ACCOUNT).unwrap().balance
    }

    fn adjust(&mut self, kind: AdjustKind, amount: Money) -> Vec<EventKind> {
        self.world.command(Command::Adjust {
            account: ACCOUNT,
            kind,
            amount,
        })
    }

    /// Books what makes this balance.
    fn close_at(&mut self, balance: Money) -> Vec<EventKind> {
        let amount = less(balance, self.balance());
        self.adjust(AdjustKind::ProfitAndLoss, amount)
    }

    /// A day that ends with this balance while nothing is open.
    fn day_of(&mut self, balance: Money) {
        self.close_at(balance);
        self.roll();
    }

    /// Moves the market so that this is the equity; something is open then.
    fn equity(&mut self, equity: Money) -> Vec<EventKind> {
        let at = |open: Money| less(Money::whole(COST), Money(-open.0)).to_string();
        if self.world.position(0) == "0" {
            let cost = at(Money::ZERO);
            self.world.hear(quote(&cost, &cost));
            self.world.hear(buy(0, 1));
        }
        let price = at(less(equity, self.balance()));
        self.world.hear(quote(&price, &price))
    }

    fn flat(&mut self) {
        self.world.hear(sell(0, 1));
        assert_eq!(self.world.position(0), "0");
    }

    fn floor(&self) -> Money {
        let view = self.world.shard.account_view(ACCOUNT).unwrap();
        view.limits[0].limit.floor
    }

    fn consistency(&self) -> Consistency {
        let view = self.world.shard.account_view(ACCOUNT).unwrap();
        view.consistency.unwrap()
    }

    /// Whether a quote that makes this equity is a breach.
    fn breaches_at(&self, equity: Money) -> bool {
        let facts = self.apart().equity(equity);
        !breaches(&facts).is_empty()
    }
}

/// The plan with touch as a breach and without, each led so far.
fn at_both(plan: impl Fn(bool) -> Plan, lead: impl Fn(&mut Led)) -> [(bool, Led); 2] {
    [false, true].map(|touch| {
        let mut led = Led::new(&plan(touch));
        lead(&mut led);
        (touch, led)
    })
}

/// Where these accounts stand, equity at the floor is a breach as the plan says, a unit below always, and
/// a unit above never.
fn check_edges(led: &[(bool, Led); 2], floor: Money) {
    for (touch, led) in led {
        assert_eq!(led.floor(), floor);
        assert_eq!(led.breaches_at(floor), *touch, "at {floor}");
        assert!(led.breaches_at(Money(floor.0 - 1)), "below {floor}");
        assert!(!led.breaches_at(Money(floor.0 + 1)), "above {floor}");
    }
}

fn trailing(
    start: Money,
    amount: Money,
    trail: TrailSource,
    stop: StopTrailing,
) -> impl Fn(bool) -> Plan {
    move |touch_is_breach| Plan {
        max_loss: Some(MaxLoss {
            trail,
            allowance: Allowance::Fixed(amount),
            stop,
            effect: Effect::Fail,
            touch_is_breach,
        }),
        ..plan(&start.to_string())
    }
}

fn daily(start: Money, anchor: DailyAnchor, allowance: Allowance) -> impl Fn(bool) -> Plan {
    move |touch_is_breach| Plan {
        daily_loss: Some(DailyLoss {
            anchor,
            allowance,
            effect: Effect::Fail,
            touch_is_breach,
            changes: DailyChanges::default(),
        }),
        ..plan(&start.to_string())
    }
}

/// Floors after each of the days that end at these balances.
fn check_days(plan: impl Fn(bool) -> Plan, balances: &[Money], floors: &[Money]) {
    assert_eq!(balances.len(), floors.len());
    for (place, floor) in floors.iter().enumerate() {
        let led = at_both(&plan, |led| {
            for balance in &balances[..=place] {
                led.day_of(*balance);
            }
        });
        check_edges(&led, *floor);
    }
}

fn level(case: &Value, name: &str) -> StopTrailing {
    let inputs = &case["inputs"];
    let offset = less(usd(&inputs[name]), usd(&inputs["start"]));
    match name {
        "lock" => StopTrailing::AtFloorLevel(offset),
        _ => StopTrailing::FreezeWhenSource(offset),
    }
}

#[test]
fn floors_that_follow_the_end_of_a_day() {
    let end = TrailSource::EodBalance;
    for (id, days, stop) in [
        ("W1", "midnight_balances", None),
        ("W3", "eod", Some("lock")),
        ("W5", "eod", Some("lock")),
        ("W12", "eod", Some("freeze_when_eod_balance_ge")),
    ] {
        let case = case(id);
        let inputs = &case["inputs"];
        let (start, amount) = (usd(&inputs["start"]), usd(&inputs["amount"]));
        let stop = stop.map_or(StopTrailing::Never, |name| level(&case, name));
        let mut floors = list(&case["expected"]);
        let balances = list(&inputs[days]);
        let plan = trailing(start, amount, end, stop);
        if floors.len() > balances.len() {
            check_edges(&at_both(&plan, |_| {}), floors.remove(0));
        }
        check_days(plan, &balances, &floors);
    }
}

#[test]
fn w2_a_static_floor() {
    let case = case("W2");
    let inputs = &case["inputs"];
    let (start, floor) = (usd(&inputs["start"]), usd(&inputs["static_floor"]));
    let balance = usd(&inputs["balance"]);
    let amount = less(start, floor);
    let plan = trailing(start, amount, TrailSource::None, StopTrailing::Never);
    let led = at_both(plan, |led| {
        led.close_at(balance);
    });
    let floating = usd(&inputs["floating"]);
    let equity = less(balance, Money(-floating.0));
    let [(_, strict), _] = &led;
    assert_eq!(strict.breaches_at(equity), case["expected"] == true);
    check_edges(&led, floor);
}

#[test]
fn w8_a_floor_that_follows_the_highest_equity() {
    let case = case("W8");
    let inputs = &case["inputs"];
    let (start, amount) = (usd(&inputs["start"]), usd(&inputs["amount"]));
    let balance = usd(&inputs["balance_after_close"]);
    let plan = trailing(start, amount, TrailSource::TickEquity, StopTrailing::Never);
    let led = at_both(plan, |led| {
        led.equity(usd(&inputs["intraday_equity_peak"]));
        led.equity(balance);
        led.flat();
        assert_eq!(led.balance(), balance);
    });
    let [floor, room] = list(&case["expected"])[..] else {
        panic!("two figures");
    };
    check_edges(&led, floor);
    assert_eq!(less(balance, floor), room);
}

#[test]
fn w10_a_floor_that_follows_each_close() {
    let case = case("W10");
    let inputs = &case["inputs"];
    let (start, amount) = (usd(&inputs["start"]), usd(&inputs["amount"]));
    let stop = level(&case, "lock");
    let balances = list(&inputs["closed_balance"]);
    for (place, floor) in list(&case["expected"]).into_iter().enumerate() {
        let plan = trailing(start, amount, TrailSource::ClosedBalance, stop);
        let led = at_both(plan, |led| {
            for balance in &balances[..place] {
                led.close_at(*balance);
            }
        });
        check_edges(&led, floor);
    }
}

#[test]
fn w13_the_same_equity_is_legal_before_midnight_and_a_breach_after_it() {
    let case = case("W13");
    let inputs = &case["inputs"];
    let start = usd(&inputs["initial"]);
    let of_initial = Allowance::OfInitial(percent(&inputs["daily_pct_initial"]));
    let balance = less(start, Money(-usd(&inputs["monday_closed"]).0));
    let equity = less(balance, Money(-usd(&inputs["floating_over_midnight"]).0));
    let expected = case["expected"].as_array().unwrap();
    // The day before the clocks go forward, the day of 23 hours, and the one after.
    for days in 1..4 {
        let plan = daily(start, DailyAnchor::Balance, of_initial);
        let led = at_both(&plan, |led| {
            while led.days < days {
                led.roll();
            }
            led.close_at(balance);
        });
        check_edges(&led, usd(&expected[0]));
        let after = usd(&expected[2]);
        let [(_, mut strict), (_, mut touch)] = led;
        // In the last nanosecond before midnight.
        let last = midnight(days) - 1;
        let found = breaches(&strict.equity(equity));
        assert_eq!(!found.is_empty(), expected[1] == true);
        strict.world.until(last);
        assert_eq!(strict.floor(), usd(&expected[0]));
        let found = breaches(&strict.roll());
        assert_eq!(!found.is_empty(), expected[3] == true);
        assert_eq!(
            (found[0].rule, found[0].floor),
            (RuleKind::DailyLoss, after)
        );
        assert_eq!(found[0].equity, equity.to_notional());
        // A roll at exactly the floor, and a unit of money above and below it.
        for (led, touches) in [(Led::new(&plan(false)), false), (touch.apart(), true)] {
            let mut led = led;
            while led.days < days {
                led.roll();
            }
            led.close_at(balance);
            for (by, breached) in [(0, touches), (-1, true), (1, false)] {
                let mut apart = led.apart();
                apart.equity(Money(after.0 + by));
                assert_eq!(!breaches(&apart.roll()).is_empty(), breached, "{by}");
            }
        }
        touch.roll();
        assert_eq!(touch.floor(), after);
    }
}

#[test]
fn w15_the_higher_of_balance_and_equity_is_the_anchor() {
    let case = case("W15");
    let inputs = &case["inputs"];
    let start = usd(&inputs["initial"]);
    let of_initial = Allowance::OfInitial(percent(&inputs["pct_initial"]));
    let days = inputs["cases"].as_array().unwrap();
    for (day, floor) in days.iter().zip(list(&case["expected"])) {
        let [balance, equity] = list(day)[..] else {
            panic!("balance and equity");
        };
        let plan = daily(start, DailyAnchor::MaxBalanceEquity, of_initial);
        let led = at_both(plan, |led| {
            led.close_at(balance);
            led.equity(equity);
            led.roll();
        });
        check_edges(&led, floor);
    }
}

#[test]
fn w18_and_w20_shares_of_the_anchor() {
    let case_18 = case("W18");
    let inputs = &case_18["inputs"];
    let share = Allowance::OfBase(percent(&inputs["pct_of_day_balance"]));
    let balance = usd(&inputs["balance_0030utc"]);
    let plan = daily(balance, DailyAnchor::Balance, share);
    check_days(plan, &[balance], &[usd(&case_18["expected"])]);
    let case = case("W20");
    let inputs = &case["inputs"];
    let share = Allowance::OfBase(percent(&inputs["pct_of_intraday_peak"]));
    let start = usd(&inputs["day_start_equity"]);
    let plan = daily(start, DailyAnchor::IntradayPeak, share);
    let [before, after] = list(&case["expected"])[..] else {
        panic!("two floors");
    };
    let led = at_both(plan, |led| {
        led.roll();
    });
    check_edges(&led, before);
    let led = led.map(|(touch, mut led)| {
        led.equity(usd(&inputs["peak"]));
        (touch, led)
    });
    check_edges(&led, after);
}

fn consistent(cap: Ratio, denominator: Denominator, inclusive: bool) -> Plan {
    Plan {
        consistency: Some(ConsistencyRule {
            cap,
            denominator,
            inclusive,
            window: ConsistencyWindow::Phase,
        }),
        ..plan("100000")
    }
}

/// An account that made these profits, one a day.
fn earned(plan: &Plan, profits: &[Money]) -> Led {
    let mut led = Led::new(plan);
    for profit in profits {
        let balance = less(led.balance(), Money(-profit.0));
        led.day_of(balance);
    }
    led
}

/// What is missing passes over days that are no better than the best, and a unit less does not.
fn check_needed(plan: &Plan, profits: &[Money]) {
    let now = earned(plan, profits).consistency();
    let missing = less(now.total_needed.unwrap(), now.total);
    for (missing, met) in [(missing, true), (Money(missing.0 - 1), false)] {
        let half = Money(missing.0 / 2);
        let then = [profits, &[half, less(missing, half)]].concat();
        assert_eq!(earned(plan, &then).consistency().met, met);
    }
}

#[test]
fn the_best_day_against_the_net() {
    let net = Denominator::Net;
    let w21 = case("W21");
    let inputs = &w21["inputs"];
    let plan = consistent(percent(&inputs["cap"]), net, true);
    let days = list(&inputs["days"]);
    let standing = earned(&plan, &days).consistency();
    assert_eq!(standing.denominator, usd(&w21["expected"][0]));
    let cap = standing.denominator.mul_ratio_floor(standing.cap);
    assert_eq!(cap, usd(&w21["expected"][1]));
    assert_eq!(standing.met, w21["expected"][2] == true);
    check_needed(&plan, &days);

    // Exactly at the cap; a unit less of the other days is beyond it.
    let w23 = case("W23");
    let inputs = &w23["inputs"];
    let (best, others) = (usd(&inputs["best"]), usd(&inputs["other_days"]));
    let half = Money(others.0 / 2);
    for (inclusive, lost, met) in [(true, 0, true), (true, 1, false), (false, 0, false)] {
        let plan = consistent(percent(&inputs["cap"]), net, inclusive);
        let days = [best, half, Money(others.0 - half.0 - lost)];
        assert_eq!(earned(&plan, &days).consistency().met, met);
    }
    assert_eq!(w23["expected"][0], true);

    let w24 = case("W24");
    let inputs = &w24["inputs"];
    let plan = consistent(percent(&inputs["cap"]), net, inputs["strict"] != true);
    let days = list(&inputs["days"]);
    let standing = earned(&plan, &days).consistency();
    assert_eq!(standing.met, w24["expected"][0] == true);
    // In whole units.
    let needed = standing.total_needed.unwrap();
    assert_eq!(
        Money::whole(needed.0 / Money::ONE.0 + 1),
        usd(&w24["expected"][1])
    );
    let with = |more: i64| {
        let days = [days.as_slice(), &[Money::whole(more)]].concat();
        earned(&plan, &days).consistency().met
    };
    assert_eq!(with(901), w24["expected"][2] == true);
    assert!(!with(900));
    check_needed(&plan, &days);

    let w26 = case("W26");
    let inputs = &w26["inputs"];
    let plan = consistent(percent(&inputs["cap"]), net, true);
    let best = usd(&inputs["best"]);
    let rest = less(usd(&inputs["net"]), best);
    let half = Money(rest.0 / 2);
    let days = [best, half, less(rest, half)];
    let standing = earned(&plan, &days).consistency();
    assert_eq!(standing.total_needed, Some(usd(&w26["expected"][0])));
    assert_eq!(standing.met, w26["expected"][1] == true);
    check_needed(&plan, &days);
}

#[test]
fn w27_the_most_that_the_next_day_may_earn() {
    let case = case("W27");
    let inputs = &case["inputs"];
    let plan = consistent(percent(&inputs["cap"]), Denominator::Net, true);
    let days = [Money(usd(&inputs["prior_profit"]).0 / 10); 10];
    let most = earned(&plan, &days).consistency().next_day_max.unwrap();
    assert_eq!(Money::whole(most.0 / Money::ONE.0), usd(&case["expected"]));
    for (by, met) in [(0, true), (1, false)] {
        let days = [&days[..], &[Money(most.0 + by)]].concat();
        assert_eq!(earned(&plan, &days).consistency().met, met);
    }
}

#[test]
fn w34_two_denominators() {
    let case = case("W34");
    let days = list(&case["inputs"]["days"]);
    let denominators = [Denominator::Net, Denominator::PositiveDays];
    let shares = case["expected"].as_array().unwrap();
    for (denominator, share) in denominators.into_iter().zip(shares) {
        let plan = consistent(Ratio::percent(50), denominator, true);
        let standing = earned(&plan, &days).consistency();
        let best = i128::from(standing.best_day.0) * 10_000;
        let whole = i128::from(standing.denominator.0);
        // In hundredths of a percent, rounded half up.
        let hundredths = (2 * best + whole) / (2 * whole);
        let said = share.as_str().unwrap().replace('.', "");
        assert_eq!(hundredths.to_string(), said);
        // The least cap, in 1e-9, that the share is within.
        let exact = i128::from(standing.best_day.0) * i128::from(Ratio::ONE.0);
        let least = (exact + whole - 1) / whole;
        for (by, met) in [(0, true), (-1, false)] {
            let cap = Ratio((least + by) as i64);
            let plan = consistent(cap, denominator, true);
            assert_eq!(earned(&plan, &days).consistency().met, met);
        }
    }
}

#[test]
fn w29_a_payout_above_the_safety_net() {
    let case = case("W29");
    let inputs = &case["inputs"];
    let (size, drawdown) = (usd(&inputs["size"]), usd(&inputs["drawdown"]));
    let lock = StopTrailing::AtFloorLevel(Money::whole(100));
    let trail = trailing(size, drawdown, TrailSource::TickEquity, lock);
    // `drawdown+100`.
    let net = less(drawdown, Money::whole(-100));
    let plan = Plan {
        stage: Stage::Funded,
        payout: Some(PayoutRule {
            fraction: Ratio::ONE,
            cap: None,
            keep: PayoutKeep::AboveInitial(net),
            split: Ratio::percent(90),
            after: AfterPayout::FloorStays,
            best_day_cap: None,
            days_min: None,
            series: PayoutSeries::default(),
        }),
        ..trail(true)
    };
    let mut led = Led::new(&plan);
    led.close_at(less(size, Money(-usd(&inputs["net_profit"]).0)));
    let most = usd(&case["expected"]);
    let paid = |amount: Money| {
        let facts = led.apart().adjust(AdjustKind::Payout, amount);
        let is_approved = |fact: &EventKind| matches!(fact, EventKind::PayoutApproved { .. });
        facts.iter().any(is_approved)
    };
    assert!(paid(most));
    assert!(!paid(Money(most.0 + 1)));
}

#[test]
fn w32_steps_of_the_original_size() {
    let case = case("W32");
    let inputs = &case["inputs"];
    let mut sizes = list(&case["expected"]);
    let plan = |most: Money| Plan {
        scaling: Some(Scaling {
            step: percent(&inputs["step_pct_of_original"]),
            size_max: Some(most),
            requires: None,
        }),
        ..plan(&usd(&inputs["start"]).to_string())
    };
    let grown = |most: Money| {
        let mut led = Led::new(&plan(most));
        let mut sizes = vec![led.balance()];
        for _ in 0..=inputs["cycles"].as_u64().unwrap() {
            let before = led.balance();
            led.adjust(AdjustKind::Scale, Money::ZERO);
            if led.balance() > before {
                sizes.push(led.balance());
            }
        }
        sizes
    };
    let last = *sizes.last().unwrap();
    assert_eq!(grown(last), sizes);
    // A unit less does not admit the last step.
    sizes.pop();
    assert_eq!(grown(Money(last.0 - 1)), sizes);
}

/// A case that is added to the file has to be led through here.
#[test]
fn every_case_of_the_file_is_led_through_here() {
    let all: Value = serde_json::from_str(CASES).unwrap();
    let source = include_str!("cases.rs");
    for case in all["cases"].as_array().unwrap() {
        let quoted = format!("\"{}\"", case["id"].as_str().unwrap());
        assert!(source.contains(&quoted), "{quoted}");
    }
}
