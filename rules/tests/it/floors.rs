//! Floors and breaches: worked examples that firms publish, and the order of work.

use rules::{
    AccountRules, Allowance, DailyAnchor, FloorMoves, FloorStand, Plan, Scaling, StopTrailing,
    TrailSource,
};
use types::{Codec, Effect, Money, Notional, Ratio, RuleKind};

use crate::plans::{bare, daily_loss, day, equity, max_loss, usd};

const BELOW: Notional = Notional(-1);

fn with_max(initial: i64, amount: i64, trail: TrailSource, stop: StopTrailing) -> Plan {
    Plan {
        max_loss: Some(max_loss(amount, trail, stop)),
        ..bare(initial)
    }
}

fn max_floor(account: &AccountRules) -> Money {
    account.max().unwrap().floor
}

fn daily_floor(account: &AccountRules) -> Money {
    account.daily().unwrap().floor
}

/// The floor at the start and after each end of day with this balance, nothing open.
fn floors_by_day(plan: &Plan, balances: &[i64]) -> Vec<Money> {
    let mut account = AccountRules::open(plan, None);
    let mut floors = vec![max_floor(&account)];
    for (&balance, number) in balances.iter().zip(1..) {
        account.roll(plan, day(number), usd(balance), equity(balance), false);
        floors.push(max_floor(&account));
    }
    floors
}

fn rules_of(moves: FloorMoves) -> Vec<RuleKind> {
    moves.iter().map(|limit| limit.rule).collect()
}

#[test]
fn w1_trails_the_highest_midnight_balance() {
    let plan = with_max(
        100_000,
        10_000,
        TrailSource::EodBalance,
        StopTrailing::Never,
    );
    assert_eq!(
        floors_by_day(&plan, &[104_000, 103_000]),
        [usd(90_000), usd(94_000), usd(94_000)]
    );
}

#[test]
fn w2_a_static_floor_is_breached_below_it_and_not_at_it() {
    let plan = with_max(100_000, 10_000, TrailSource::None, StopTrailing::Never);
    let account = AccountRules::open(&plan, None);
    // Balance 92,000 with an open loss of 2,001 and of 2,000.
    assert!(!account.breached(equity(89_999), false).is_empty());
    assert!(account.breached(equity(90_000), false).is_empty());
    let least_below = Notional(equity(90_000).0 + BELOW.0);
    assert!(!account.breached(least_below, false).is_empty());

    let mut touching = plan;
    touching.max_loss.as_mut().unwrap().touch_is_breach = true;
    let account = AccountRules::open(&touching, None);
    assert!(!account.breached(equity(90_000), false).is_empty());
    let least_above = Notional(equity(90_000).0 + 1);
    assert!(account.breached(least_above, false).is_empty());
}

#[test]
fn w3_end_of_day_trail_locks_at_start() {
    let plan = with_max(
        50_000,
        2_000,
        TrailSource::EodBalance,
        StopTrailing::AtFloorLevel(usd(0)),
    );
    assert_eq!(
        floors_by_day(&plan, &[50_500, 50_000, 52_500, 60_000]),
        [48_000, 48_500, 48_500, 50_000, 50_000].map(usd)
    );
}

#[test]
fn w5_end_of_day_trail_locks_above_start() {
    let plan = with_max(
        100_000,
        3_500,
        TrailSource::EodBalance,
        StopTrailing::AtFloorLevel(usd(100)),
    );
    assert_eq!(
        floors_by_day(&plan, &[101_000, 102_300, 103_600, 110_000]),
        [96_500, 97_500, 98_800, 100_100, 100_100].map(usd)
    );
}

#[test]
fn w8_live_trail_counts_unrealised_peaks() {
    let plan = with_max(50_000, 2_500, TrailSource::TickEquity, StopTrailing::Never);
    let mut account = AccountRules::open(&plan, None);
    account.ratchet_equity(&plan, equity(50_610));
    account.ratchet_equity(&plan, equity(49_500));
    account.ratchet_closed(&plan, usd(49_500));
    assert_eq!(max_floor(&account), usd(48_110));
    assert_eq!(usd(49_500).saturating_sub(max_floor(&account)), usd(1_390));
}

#[test]
fn w10_closed_balance_trail_moves_at_once_and_locks_at_start() {
    let plan = with_max(
        100_000,
        6_000,
        TrailSource::ClosedBalance,
        StopTrailing::AtFloorLevel(usd(0)),
    );
    let mut account = AccountRules::open(&plan, None);
    assert_eq!(max_floor(&account), usd(94_000));
    account.ratchet_closed(&plan, usd(101_000));
    assert_eq!(max_floor(&account), usd(95_000));
    account.ratchet_equity(&plan, equity(105_000));
    assert_eq!(
        max_floor(&account),
        usd(95_000),
        "open profit moves nothing"
    );
    account.ratchet_closed(&plan, usd(106_000));
    assert_eq!(max_floor(&account), usd(100_000));
    assert!(account.ratchet_closed(&plan, usd(150_000)).is_empty());
    assert_eq!(max_floor(&account), usd(100_000));
    assert_eq!(account.max().unwrap().baseline, usd(106_000));
}

#[test]
fn w12_end_of_day_trail_freezes_where_it_stands() {
    let freeze = StopTrailing::FreezeWhenSource(usd(15_000));
    let plan = with_max(100_000, 5_000, TrailSource::EodBalance, freeze);
    assert_eq!(
        floors_by_day(&plan, &[99_000, 103_000, 115_000, 150_000]),
        [95_000, 95_000, 98_000, 110_000, 110_000].map(usd)
    );
    // A value past the level is itself the last that counts.
    assert_eq!(
        floors_by_day(&plan, &[114_999, 120_000, 150_000]),
        [95_000, 109_999, 115_000, 115_000].map(usd)
    );
}

#[test]
fn w13_the_same_equity_is_legal_before_midnight_and_breached_after() {
    let plan = Plan {
        daily_loss: Some(daily_loss(
            DailyAnchor::Balance,
            Allowance::OfInitial(Ratio::percent(5)),
        )),
        ..bare(200_000)
    };
    let mut account = AccountRules::open(&plan, None);
    account.roll(&plan, day(1), usd(200_000), equity(200_000), false);
    account.record_realised(usd(4_000));
    let held_over = equity(204_000 - 13_000);
    assert_eq!(daily_floor(&account), usd(190_000));
    assert!(account.breached(held_over, false).is_empty());
    account.roll(&plan, day(2), usd(204_000), held_over, true);
    assert_eq!(daily_floor(&account), usd(194_000));
    assert!(!account.breached(held_over, false).is_empty());
}

#[test]
fn w15_the_higher_of_balance_and_equity_anchors_the_day() {
    let plan = Plan {
        daily_loss: Some(daily_loss(
            DailyAnchor::MaxBalanceEquity,
            Allowance::OfInitial(Ratio::percent(5)),
        )),
        ..bare(100_000)
    };
    for (balance, at_roll, floor) in [
        (100_000, 102_000, 97_000),
        (100_000, 98_000, 95_000),
        (101_000, 101_000, 96_000),
    ] {
        let mut account = AccountRules::open(&plan, None);
        account.roll(&plan, day(1), usd(balance), equity(at_roll), true);
        assert_eq!(daily_floor(&account), usd(floor));
    }
}

#[test]
fn w18_a_share_of_the_balance_at_the_roll() {
    let plan = Plan {
        daily_loss: Some(daily_loss(
            DailyAnchor::Balance,
            Allowance::OfBase(Ratio::percent(4)),
        )),
        ..bare(100_000)
    };
    let mut account = AccountRules::open(&plan, None);
    account.roll(&plan, day(1), usd(105_000), equity(90_000), true);
    assert_eq!(daily_floor(&account), usd(100_800));
    assert_eq!(account.day_start_balance(), usd(105_000));
    assert_eq!(account.day_start_equity(), usd(90_000));
}

#[test]
fn w20_a_share_of_the_intraday_peak() {
    let plan = Plan {
        daily_loss: Some(daily_loss(
            DailyAnchor::IntradayPeak,
            Allowance::OfBase(Ratio::percent(3)),
        )),
        ..bare(10_000)
    };
    let mut account = AccountRules::open(&plan, None);
    account.roll(&plan, day(1), usd(10_000), equity(10_000), false);
    assert_eq!(daily_floor(&account), usd(9_700));
    account.ratchet_equity(&plan, equity(10_500));
    account.ratchet_equity(&plan, equity(10_200));
    assert_eq!(daily_floor(&account), usd(10_185));
    // The next day starts from equity at the roll, below the peak of the day before.
    account.roll(&plan, day(2), usd(10_000), equity(10_200), true);
    assert_eq!(daily_floor(&account), usd(9_894));
}

#[test]
fn a_share_of_the_peak_shrinks_no_floor() {
    let mut plan = with_max(100_000, 1, TrailSource::EodEquity, StopTrailing::Never);
    plan.max_loss.as_mut().unwrap().allowance = Allowance::OfBase(Ratio::percent(10));
    let mut account = AccountRules::open(&plan, None);
    assert_eq!(max_floor(&account), usd(90_000));
    account.roll(&plan, day(1), usd(100_000), equity(110_000), true);
    assert_eq!(max_floor(&account), usd(99_000));
    assert_eq!(account.max().unwrap().allowance, usd(11_000));
    account.roll(&plan, day(2), usd(100_000), equity(105_000), true);
    assert_eq!(max_floor(&account), usd(99_000));
}

#[test]
fn a_percentage_is_rounded_toward_the_stricter_floor() {
    let mut plan = with_max(1, 1, TrailSource::TickEquity, StopTrailing::Never);
    plan.max_loss.as_mut().unwrap().allowance = Allowance::OfBase(Ratio::percent(10));
    let mut account = AccountRules::open(&plan, None);
    // A peak of 1.000009 less a tenth of it, 0.1000009: the allowance is 0.100000.
    let moved = account.ratchet_equity(&plan, "1.000009".parse::<Money>().unwrap().to_notional());
    assert_eq!(moved.iter().count(), 1);
    assert_eq!(account.max().unwrap().allowance, "0.1".parse().unwrap());
    assert_eq!(max_floor(&account), "0.900009".parse().unwrap());
}

#[test]
fn equity_becomes_a_peak_rounded_down() {
    let plan = with_max(100, 10, TrailSource::TickEquity, StopTrailing::Never);
    let mut account = AccountRules::open(&plan, None);
    let almost_a_unit = Notional(equity(100).0 + Notional::PER_MONEY - 1);
    assert!(account.is_quiet(almost_a_unit, false));
    assert!(account.ratchet_equity(&plan, almost_a_unit).is_empty());
    let a_unit = Notional(equity(100).0 + Notional::PER_MONEY);
    assert!(!account.is_quiet(a_unit, false));
    assert_eq!(
        rules_of(account.ratchet_equity(&plan, a_unit)),
        [RuleKind::MaxLoss]
    );
    assert_eq!(max_floor(&account), "90.000001".parse().unwrap());
}

#[test]
fn the_primary_breach_is_hard_before_soft_and_then_the_highest_floor() {
    let mut plan = with_max(100_000, 10_000, TrailSource::None, StopTrailing::Never);
    plan.daily_loss = Some(daily_loss(
        DailyAnchor::Balance,
        Allowance::Fixed(usd(5_000)),
    ));
    let both = |plan: &Plan, locked| -> Vec<RuleKind> {
        let breaches = AccountRules::open(plan, None).breached(equity(80_000), locked);
        assert_eq!(breaches.primary(), breaches.iter().next());
        breaches.iter().map(|limit| limit.rule).collect()
    };
    assert_eq!(both(&plan, false), [RuleKind::DailyLoss, RuleKind::MaxLoss]);
    plan.max_loss.as_mut().unwrap().allowance = Allowance::Fixed(usd(4_999));
    assert_eq!(both(&plan, false), [RuleKind::MaxLoss, RuleKind::DailyLoss]);
    plan.max_loss.as_mut().unwrap().allowance = Allowance::Fixed(usd(5_000));
    assert_eq!(both(&plan, false), [RuleKind::DailyLoss, RuleKind::MaxLoss]);
    plan.daily_loss.as_mut().unwrap().effect = Effect::LockForDay;
    assert_eq!(both(&plan, false), [RuleKind::MaxLoss, RuleKind::DailyLoss]);
    assert_eq!(
        both(&plan, true),
        [RuleKind::MaxLoss],
        "a lock is not repeated"
    );
}

#[test]
fn a_roll_tells_what_closed_and_what_moved() {
    let mut plan = with_max(
        100_000,
        10_000,
        TrailSource::EodBalance,
        StopTrailing::Never,
    );
    plan.daily_loss = Some(daily_loss(
        DailyAnchor::Balance,
        Allowance::Fixed(usd(5_000)),
    ));
    let mut account = AccountRules::open(&plan, None);
    assert_eq!(account.day(), None);
    let first = account.roll(&plan, day(1), usd(100_000), equity(100_000), false);
    assert_eq!(first.closed, None);
    assert!(first.moves.is_empty());
    account.record_opening_fill();
    account.record_realised(usd(700));
    assert_eq!(account.day_pnl(), usd(700));
    let second = account.roll(&plan, day(2), usd(100_700), equity(100_700), false);
    assert_eq!(second.closed, Some((day(1), usd(700), true)));
    assert_eq!(
        rules_of(second.moves),
        [RuleKind::DailyLoss, RuleKind::MaxLoss]
    );
    assert_eq!(account.day_pnl(), usd(0));
    let third = account.roll(&plan, day(3), usd(100_200), equity(100_200), false);
    assert_eq!(third.closed, Some((day(2), usd(0), false)));
    assert_eq!(rules_of(third.moves), [RuleKind::DailyLoss]);
}

#[test]
fn w32_each_step_adds_a_quarter_of_the_original_size() {
    let mut plan = with_max(400_000, 1, TrailSource::None, StopTrailing::Never);
    plan.max_loss.as_mut().unwrap().allowance = Allowance::OfInitial(Ratio::percent(10));
    plan.daily_loss = Some(daily_loss(
        DailyAnchor::Balance,
        Allowance::OfInitial(Ratio::percent(5)),
    ));
    plan.scaling = Some(Scaling {
        step: Ratio::percent(25),
        size_max: Some(usd(800_000)),
        requires: None,
    });
    let mut account = AccountRules::open(&plan, None);
    let mut sizes = vec![account.size()];
    while let Some((added, moves)) = account.scale(&plan, plan.initial_balance.to_notional()) {
        assert_eq!(added, usd(100_000));
        assert_eq!(rules_of(moves), [RuleKind::DailyLoss, RuleKind::MaxLoss]);
        sizes.push(account.size());
    }
    assert_eq!(
        sizes,
        [400_000, 500_000, 600_000, 700_000, 800_000].map(usd)
    );
    assert_eq!(max_floor(&account), usd(720_000));
    assert_eq!(daily_floor(&account), usd(760_000));
}

#[test]
fn a_locked_floor_stays_locked_when_the_account_grows() {
    let mut plan = with_max(
        100_000,
        5_000,
        TrailSource::TickEquity,
        StopTrailing::AtFloorLevel(usd(100)),
    );
    plan.scaling = Some(Scaling {
        step: Ratio::percent(25),
        size_max: None,
        requires: None,
    });
    let mut account = AccountRules::open(&plan, None);
    account.ratchet_equity(&plan, equity(112_000));
    assert_eq!(max_floor(&account), usd(100_100));
    account
        .scale(&plan, plan.initial_balance.to_notional())
        .unwrap();
    assert_eq!(max_floor(&account), usd(125_100));
    assert_eq!(account.max().unwrap().baseline, usd(137_000));
}

#[test]
fn an_account_survives_its_binary_form() {
    let mut plan = with_max(
        100_000,
        5_000,
        TrailSource::TickEquity,
        StopTrailing::AtFloorLevel(usd(100)),
    );
    plan.daily_loss = Some(daily_loss(
        DailyAnchor::IntradayPeak,
        Allowance::Fixed(usd(5_000)),
    ));
    let mut account = AccountRules::open(&plan, None);
    account.roll(&plan, day(1), usd(100_000), equity(101_000), true);
    account.record_realised(usd(-3));
    account.ratchet_equity(&plan, equity(112_000));
    assert_eq!(AccountRules::from_bytes(&account.to_bytes()), Ok(account));
}

#[test]
fn a_floor_says_why_it_does_not_follow() {
    let at = |trail, stop, balance| {
        let plan = with_max(50_000, 2_000, trail, stop);
        let mut account = AccountRules::open(&plan, None);
        account.roll(&plan, day(1), usd(balance), equity(balance), false);
        let used = account.max().unwrap().used(equity(balance - 2_320));
        (account.floor_stand(&plan, RuleKind::MaxLoss), used)
    };
    let trails = TrailSource::EodBalance;
    let lock = StopTrailing::AtFloorLevel(usd(100));
    // 2,320 of 2,000, and below the floor.
    let over = Some(Ratio(1_160_000_000));
    assert_eq!(
        at(TrailSource::None, StopTrailing::Never, 50_000),
        (FloorStand::Fixed, over)
    );
    assert_eq!(at(trails, lock, 51_000), (FloorStand::Follows, over));
    // Held at 50,100: 2,320 of the 2,900 from 53,000 to there.
    assert_eq!(
        at(trails, lock, 53_000),
        (FloorStand::Held(usd(50_100)), Some(Ratio::percent(80)))
    );
    let freeze = StopTrailing::FreezeWhenSource(usd(3_000));
    assert_eq!(at(trails, freeze, 53_000), (FloorStand::Frozen, over));
}
