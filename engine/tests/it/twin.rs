//! The shard and its naive twin say the same, and no money appears or disappears.

use std::collections::BTreeMap;

use engine::naive::Naive;
use engine::{Shard, view::House};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use types::{AccountId, CompetitionId, EventKind, InstrumentId, Money};

use crate::stream::{LIMITS, script};
use crate::world::World;

fn same_state(shard: &Shard, twin: &Naive) -> Result<(), TestCaseError> {
    let (mut balances, mut fees) = (0, 0);
    for id in (0..shard.account_count()).map(AccountId) {
        let row = shard.account_row(id).unwrap();
        prop_assert_eq!(
            i128::from(row.balance.0),
            twin.balance(id),
            "balance of {}",
            id
        );
        prop_assert_eq!(shard.equity(id), Some(twin.equity(id)), "equity of {}", id);
        prop_assert_eq!((row.state, row.day_locked), twin.state(id));
        prop_assert_eq!(row.name, twin.account_name(id));
        prop_assert_eq!(row.size, twin.rules(id).size());
        let view = shard.account_view(id).unwrap();
        let limits: Vec<_> = view.limits.iter().map(|limit| limit.limit).collect();
        let expected: Vec<_> = twin.rules(id).limits().copied().collect();
        prop_assert_eq!(limits, expected, "limits of {}", id);
        let orders: Vec<_> = view.orders.iter().map(|order| order.order.0).collect();
        prop_assert_eq!(shard.working_orders(id) as usize, orders.len());
        prop_assert_eq!(orders, twin.working_orders(id), "orders of {}", id);
        for instrument in (0..shard.instrument_count()).map(InstrumentId) {
            let held = shard.position(id, instrument);
            prop_assert_eq!(held, twin.position(id, instrument));
        }
        prop_assert_eq!(i128::from(view.fees.0), twin.fees(id));
        balances += i128::from(row.balance.0);
        fees += i128::from(view.fees.0);
    }
    let House {
        funded,
        trading,
        fees: received,
    } = shard.house();
    prop_assert_eq!(shard.house(), twin.house());
    prop_assert_eq!(
        balances,
        funded - trading - received,
        "money in equals money out"
    );
    prop_assert_eq!(fees, received);
    for instrument in (0..shard.instrument_count()).map(InstrumentId) {
        let view = shard.instrument_view(instrument).unwrap();
        prop_assert_eq!((view.quote, view.last), twin.market(instrument));
    }
    for competition in (0..shard.competition_count()).map(CompetitionId) {
        for row in shard.board(competition).unwrap().rows {
            prop_assert_eq!(Some(row.score), twin.score(competition, row.account));
        }
    }
    Ok(())
}

/// Adds up what each account's events say about its money.
#[derive(Default)]
struct Ledger(BTreeMap<AccountId, i128>);

impl Ledger {
    fn hear(&mut self, kind: &EventKind) -> Option<(AccountId, Money)> {
        let (account, change, balance) = match *kind {
            EventKind::AccountOpened {
                account, balance, ..
            } => (account, balance.0.into(), balance),
            EventKind::Fill(fill) => {
                let change = i128::from(fill.realised.0) - i128::from(fill.fee.0);
                (fill.account, change, fill.balance)
            }
            EventKind::Adjusted {
                account,
                amount,
                balance,
                ..
            } => (account, amount.0.into(), balance),
            EventKind::PayoutApproved {
                account,
                amount,
                trader,
                firm,
                balance,
            } => {
                assert_eq!(trader.0 + firm.0, amount.0);
                (account, -i128::from(amount.0), balance)
            }
            _ => return None,
        };
        *self.0.entry(account).or_default() += change;
        Some((account, balance))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_200))]

    #[test]
    fn the_shard_and_its_twin_agree(script in script(300)) {
        let mut world = World::new(LIMITS);
        let mut twin = Naive::new(LIMITS);
        let mut ledger = Ledger::default();
        for planned in script.inputs() {
            let input = world.next(planned.after(&world.shard));
            let events = world.apply_input(&input);
            let expected = twin.apply(&input);
            prop_assert_eq!(&events, &expected, "facts of {:?}", input);
            for event in &events {
                if let Some((account, balance)) = ledger.hear(&event.kind) {
                    prop_assert_eq!(ledger.0[&account], i128::from(balance.0));
                }
            }
            same_state(&world.shard, &twin)?;
        }
    }
}

/// A comparison of streams in which nothing happens would prove nothing.
#[test]
fn the_streams_reach_every_fact_and_refusal() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..400 {
        let script = script(300).new_tree(&mut runner).unwrap().current();
        let mut world = World::new(LIMITS);
        for planned in script.inputs() {
            let kind = planned.after(&world.shard);
            for kind in world.apply(kind) {
                *seen.entry(name(&kind)).or_default() += 1;
            }
        }
    }
    for expected in EXPECTED.split_whitespace() {
        assert!(seen.contains_key(expected), "{expected} in {seen:#?}");
    }
}

/// The kind of a fact, with its reason where it has one.
fn name(kind: &EventKind) -> String {
    let kind_name = format!("{kind:?}");
    let kind_name = kind_name.split([' ', '(']).next().unwrap();
    let reason = match kind {
        EventKind::InputRejected { reason } => format!("{reason:?}"),
        EventKind::OrderDenied { reason, .. }
        | EventKind::ChangeDenied { reason, .. }
        | EventKind::AdjustDenied { reason, .. } => format!("{reason:?}"),
        EventKind::OrderCancelled { reason, .. } => format!("{reason:?}"),
        EventKind::PayoutDenied { reason, .. } => format!("{reason:?}"),
        EventKind::FloorMoved(moved) => format!("{:?}", moved.cause),
        EventKind::Breach(breach) => {
            format!("{:?}:{:?}:{}", breach.rule, breach.effect, breach.primary)
        }
        EventKind::Fill(fill) => format!("{:?}", fill.cause),
        EventKind::StateChanged { to, .. } => format!("{to:?}"),
        EventKind::Adjusted { kind, .. } => format!("{kind:?}"),
        _ => return kind_name.to_owned(),
    };
    format!("{kind_name}:{reason}")
}

const EXPECTED: &str = "
    InputRejected:UnknownInstrument InputRejected:UnknownPlan InputRejected:UnknownAccount
    InputRejected:UnknownCompetition InputRejected:UnknownSchedule
    InputRejected:BadInstrument(LotSize) InputRejected:BadPlan InputRejected:BadCompetition
    InputRejected:OffGrid InputRejected:BadQuote InputRejected:LimitReached
    InputRejected:CannotEnter InputRejected:DayNotAfter
    InstrumentRegistered StatusChanged PlanDefined CompetitionDefined AccountOpened
    CompetitionEntered OrderAccepted OrderTriggered OrderAmended BreachPosition DayLocked
    DayUnlocked DayRolled DayClosed Consistency TargetReached PayoutApproved
    OrderDenied:UnknownAccount OrderDenied:UnknownInstrument OrderDenied:AccountNotTrading
    OrderDenied:DayLocked OrderDenied:DuplicateClientOrder OrderDenied:QtyNotPositive
    OrderDenied:QtyTooLarge OrderDenied:QtyOffLot OrderDenied:PriceOffTick OrderDenied:NoQuote
    OrderDenied:InstrumentNotOpen OrderDenied:BadQuote OrderDenied:CurrencyMismatch
    OrderDenied:AccountOrdersMax OrderDenied:OrdersMax
    ChangeDenied:UnknownAccount ChangeDenied:UnknownOrder ChangeDenied:InstrumentNotOpen
    ChangeDenied:QtyNotPositive ChangeDenied:QtyTooLarge ChangeDenied:QtyOffLot
    ChangeDenied:PriceOffTick
    OrderCancelled:Requested OrderCancelled:NotMarketable OrderCancelled:DayOver
    OrderCancelled:AccountLocked
    AdjustDenied:UnknownAccount AdjustDenied:AccountNotTrading AdjustDenied:NotInPlan
    PayoutDenied:NotInPlan PayoutDenied:NotEligibleState PayoutDenied:AmountNotPositive
    PayoutDenied:NotFlat PayoutDenied:Consistency PayoutDenied:AboveEligible
    FloorMoved:Opened FloorMoved:Rolled FloorMoved:Trailed FloorMoved:Adjusted
    Breach:DailyLoss:Fail:true Breach:DailyLoss:Fail:false Breach:DailyLoss:LockForDay:true
    Breach:DailyLoss:LockForDay:false Breach:MaxLoss:Fail:true Breach:MaxLoss:Fail:false
    Breach:MaxLoss:LockForDay:true Breach:MaxLoss:LockForDay:false
    Fill:Order Fill:Liquidation StateChanged:Passed StateChanged:Failed
    Adjusted:ProfitAndLoss Adjusted:Scale
";
