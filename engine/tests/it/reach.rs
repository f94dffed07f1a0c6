//! The random streams hold what every input must hold, and something happens in them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use types::EventKind;

use crate::stream::{self, script};
use crate::told::why;
use crate::world::World;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn books_and_balances_are_in_order_after_every_input(script in script(300)) {
        let mut world = World::audited(stream::LIMITS);
        world.step_ns = stream::world().step_ns;
        for planned in script.inputs() {
            let kind = planned.after(&world.shard);
            world.apply(kind);
        }
    }
}

/// A comparison of streams in which nothing happens would prove nothing.
#[test]
fn the_streams_reach_every_fact_and_refusal() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..1_500 {
        let script = script(300).new_tree(&mut runner).unwrap().current();
        let mut world = stream::world();
        for planned in script.inputs() {
            let kind = planned.after(&world.shard);
            for kind in world.apply(kind) {
                *seen.entry(name(&kind)).or_default() += 1;
            }
        }
    }
    let mut missing = EXPECTED.split_whitespace().collect::<Vec<_>>();
    missing.retain(|expected| !seen.contains_key(*expected));
    assert!(missing.is_empty(), "{missing:?} in {seen:#?}");
}

/// The kind of a fact, with its reason where it has one.
fn name(kind: &EventKind) -> String {
    let text = format!("{kind:?}");
    let fact = text.split([' ', '(']).next().unwrap();
    let word = |text: String| text.split([' ', '(']).next().unwrap().to_owned();
    let reason = match kind {
        EventKind::InputRejected { reason } => word(format!("{reason:?}")),
        EventKind::OrderDenied { reason, .. }
        | EventKind::ChangeDenied { reason, .. }
        | EventKind::AlgoDenied { reason, .. }
        | EventKind::AdjustDenied { reason, .. } => word(why(reason)),
        EventKind::OrderCancelled { reason, .. } => word(format!("{reason:?}")),
        EventKind::AlgoEnded { reason, .. } => word(format!("{reason:?}")),
        EventKind::StatusChanged { cause, .. } => format!("{cause:?}"),
        EventKind::Booked { cause, .. } => format!("{cause:?}"),
        EventKind::Fill(fill) => format!("{:?}:{:?}", fill.cause, fill.model),
        _ => return fact.to_owned(),
    };
    format!("{fact}:{reason}")
}

const EXPECTED: &str = "
    BoardFrozen CashBasis CompetitionChanged CompetitionDenied Disqualified LimitBasis PrizeAwarded
    PrizesUnclaimed Reinstated VerdictBasis
    AccountChangeDenied AccountDenied AccountOpened AdjustDenied:AccountNotTrading
    AdjustDenied:NotInPlan AdjustDenied:ScaleNotYet AdjustDenied:UnknownAccount Adjusted
    AlgoAccepted AlgoDenied:AccountNotTrading AlgoDenied:BadAlgo AlgoDenied:BadLeg
    AlgoDenied:ChildrenMax AlgoDenied:DayLocked AlgoDenied:DuplicateClientOrder AlgoDenied:OrderRate
    AlgoDenied:AlgosMax AlgoDenied:PriceOffTick AlgoDenied:QtyNotPositive AlgoDenied:QtyOffLot
    AlgoDenied:UnknownAccount AlgoDenied:UnknownCurve AlgoEnded:AccountLocked AlgoEnded:ChildDenied
    AlgoEnded:Filled AlgoEnded:Over AlgoEnded:Requested AlgoEnded:Window Booked:Dividend
    Booked:Financing Booked:Split Breach BreachPosition ChangeDenied:BadList ChangeDenied:BadQuote
    ChangeDenied:BuyingPower ChangeDenied:Conduct ChangeDenied:InstrumentNotOpen
    ChangeDenied:LevelsMax ChangeDenied:Mandatory ChangeDenied:NoSuchPrice ChangeDenied:PriceOffTick
    ChangeDenied:PriceOutsideCollar ChangeDenied:QtyFilled ChangeDenied:QtyNotPositive
    ChangeDenied:QtyOffLot ChangeDenied:UnknownAccount ChangeDenied:UnknownOrder
    ChangeDenied:WouldTake CompetitionDefined CompetitionEntered Consistency ConversionSet
    CurveDefined DayClosed DayLocked DayRolled DayUnlocked Fill:AccountEnded:Touch
    Fill:Liquidation:Book Fill:Liquidation:Depth Fill:Liquidation:House Fill:Liquidation:Touch
    Fill:MarginCall:Depth Fill:MarginCall:Touch
    Fill:Order:Auction Fill:Order:Bar Fill:Order:Book Fill:Order:Depth Fill:Order:Queue
    Fill:Order:Through Fill:Order:Touch Fill:Window:Touch FloorMoved HeldTooShort Inactive
    InputRejected:BadData InputRejected:BadInstrument InputRejected:BadQuote
    InputRejected:CannotEnter InputRejected:DayNotAfter InputRejected:LimitReached
    InputRejected:OffGrid InputRejected:UnknownAccount InputRejected:UnknownCompetition
    InputRejected:UnknownInstrument InputRejected:UnknownPlan InputRejected:UnknownSchedule
    InstrumentRegistered LatencyDefined LimitWarned Liquidated MarginCall OrderAccepted OrderActivated
    OrderAmended OrderCancelled:AccountLocked OrderCancelled:Algo OrderCancelled:AuctionOver
    OrderCancelled:Breaker OrderCancelled:Collar OrderCancelled:DayOver OrderCancelled:Disconnected
    OrderCancelled:Expired OrderCancelled:MarketNotOpen OrderCancelled:NoRoom
    OrderCancelled:NotFillable OrderCancelled:NotMarketable OrderCancelled:NotReducing
    OrderCancelled:ParentEnded OrderCancelled:Requested OrderCancelled:SelfTrade
    OrderCancelled:Sibling OrderCancelled:Split OrderCancelled:Window OrderDenied:AccountNotTrading
    OrderDenied:AccountOrdersMax OrderDenied:BadDisplay OrderDenied:BadLeg OrderDenied:BadList
    OrderDenied:BadQuote OrderDenied:BadTimeInForce OrderDenied:BadTrail OrderDenied:BuyingPower
    OrderDenied:Conduct OrderDenied:DayLocked OrderDenied:DuplicateClientOrder
    OrderDenied:InstrumentNotOpen OrderDenied:LevelsMax OrderDenied:NoConversion
    OrderDenied:NotReducing OrderDenied:OrderRate OrderDenied:OrdersMax OrderDenied:PositionsMax
    OrderDenied:PriceOffTick OrderDenied:PriceOutsideCollar OrderDenied:QtyNotPositive
    OrderDenied:QtyOffLot OrderDenied:ShortNotAllowed OrderDenied:UnknownAccount
    OrderDenied:WouldTake OrderTriggered PayoutDenied PlanDefined ProfitExcluded ScaleStanding
    StateChanged StatusChanged:Breaker StatusChanged:Market Suspended TargetReached Uncrossed
    WindowAnnounced WindowClosed WindowOpened
";
