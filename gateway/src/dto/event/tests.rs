use types::{
    AccountChange, AccountState, AlgoEnd, AlgoKind, BookingCause, Calendar, CancelReason,
    ClientOrderId, CurveId, DenyReason, Effect, FillCause, FillModel, InactivityEffect,
    InstrumentId, InstrumentStatus, Interval, Label, LatencyId, Money, NewAlgo, NewOrder, Notional,
    OpenDenial, OrderChange, OrderId, OrderKind, OrderRole, Origin, Parentage, PayoutDenial,
    PlanHash, PlanId, Price, Qty, Ratio, RuleKind, SelfTrade, Seq, Side, SignedQty, StatusCause,
    SuspendReason, Suspension, TimeInForce, TimestampNs, TradingDay, Trail, TriggerOn,
};

use super::*;

fn event(kind: EventKind) -> Event {
    Event {
        seq: Seq(7),
        ts: TimestampNs(1_709_208_000_000_000_000),
        kind,
    }
}

#[test]
fn a_breach_carries_its_positions() {
    let account = AccountId(3);
    let breach = Breach {
        account,
        rule: RuleKind::MaxLoss,
        effect: Effect::Fail,
        primary: true,
        touch_is_breach: false,
        balance: Money::whole(92_000),
        equity: Notional(Money(89_999_500_000).to_notional().0 - 1),
        baseline: Money::whole(100_000),
        allowance: Money::whole(10_000),
        floor: Money::whole(90_000),
        plan: PlanId(0),
        plan_version: 2,
        plan_hash: PlanHash([0xab; 32]),
        positions: 1,
    };
    let held = BreachPosition {
        account,
        instrument: InstrumentId(0),
        position: SignedQty::whole(-2),
        cost: Money::whole(-200).to_notional(),
        bid: Price::whole(1_099),
        ask: Price::whole(1_100),
        last: None,
        mark: Price::whole(1_100),
        mark_seq: Seq(6),
        unrealised: Money::whole(-2_000).to_notional(),
    };
    let list = [
        event(EventKind::Breach(breach)),
        event(EventKind::BreachPosition(held)),
        event(EventKind::DayLocked { account }),
    ];
    let names = Names::numbers();
    let lines: Vec<_> = events(&list, &names).map(|dto| dto.to_string()).collect();
    let hash = "ab".repeat(32);
    assert_eq!(
        lines[0],
        format!(
            r#"{{"seq":"7","ts":"2024-02-29T12:00:00Z","type":"breach","account":"3","rule":"max_loss","effect":"fail","primary":true,"touch_is_breach":false,"balance":"92000","equity":"89999.49999999999999999","baseline":"100000","allowance":"10000","floor":"90000","plan":"0","plan_name":null,"plan_version":2,"plan_hash":"{hash}","positions":[{{"instrument":"0","symbol":null,"qty":"-2","cost":"-200","bid":"1099","ask":"1100","last":null,"mark":"1100","mark_seq":"6","pnl":"-2000"}}]}}"#
        )
    );
    assert_eq!(
        lines[1..],
        [r#"{"seq":"7","ts":"2024-02-29T12:00:00Z","type":"day_locked","account":"3"}"#]
    );
}

const TS: TimestampNs = TimestampNs(1_709_208_000_000_000_000);
const LATER: TimestampNs = TimestampNs(TS.0 + 5_000_000);

/// The fields of a fact, without the first three that all have.
fn fields(kind: EventKind) -> String {
    let list = [event(kind)];
    let names = Names::numbers();
    let line = events(&list, &names).next().unwrap().to_string();
    let head = format!(
        r#"{{"seq":"7","ts":"2024-02-29T12:00:00Z","type":"{}","#,
        event_type(&kind)
    );
    let rest = line.strip_prefix(&head).unwrap_or_else(|| panic!("{line}"));
    rest.strip_suffix('}').unwrap().to_owned()
}

fn sell(kind: OrderKind) -> NewOrder {
    NewOrder::new(
        AccountId(3),
        InstrumentId(1),
        Side::Sell,
        kind,
        Qty::whole(2),
    )
}

fn accepted(request: NewOrder) -> EventKind {
    EventKind::OrderAccepted {
        order: OrderId(5),
        request,
        list: OrderId(0),
        role: OrderRole::Alone,
        arrives: TS,
    }
}

const SELL: &str =
    r#""client_order_id":null,"instrument":"1","symbol":null,"side":"sell","order_type":"#;

#[test]
fn an_order_says_what_is_unusual_about_it() {
    assert_eq!(
        fields(accepted(sell(OrderKind::Market))),
        format!(r#""account":"3","order_id":"5",{SELL}"market","qty":"2","tif":"gtc""#)
    );
    let kind = OrderKind::StopLimit {
        trigger: Price::whole(9),
        price: Price::whole(8),
        on: TriggerOn::Last,
    };
    let request = NewOrder {
        client_order: ClientOrderId(4),
        tif: TimeInForce::GoodTillDate { until: LATER },
        display: Qty::ONE,
        post_only: true,
        reduce_only: true,
        cancel_on_disconnect: true,
        self_trade: SelfTrade::Allow,
        leg: Leg::Long,
        ..sell(kind)
    };
    let kind = EventKind::OrderAccepted {
        order: OrderId(5),
        request,
        list: OrderId(4),
        role: OrderRole::TakeProfit,
        arrives: LATER,
    };
    assert_eq!(
        fields(kind),
        r#""account":"3","order_id":"5","client_order_id":"4","instrument":"1","symbol":null,"side":"sell","order_type":"stop_limit","qty":"2","price":"8","trigger":"9","trigger_on":"last","tif":"gtd","until":"2024-02-29T12:00:00.005Z","display_qty":"1","post_only":true,"reduce_only":true,"cancel_on_disconnect":true,"self_trade":"allow","position":"long","list":"4","role":"take_profit","arrives":"2024-02-29T12:00:00.005Z""#
    );
    let trailing = |trail| OrderKind::TrailingStop {
        trail,
        on: TriggerOn::Quote,
    };
    let share = Trail::Percent(Ratio(25_000_000));
    assert!(
        fields(accepted(sell(trailing(share))))
            .contains(r#""qty":"2","trail_percent":"2.5","tif""#)
    );
    let amount = Trail::Amount(Price::whole(3));
    assert!(
        fields(accepted(sell(trailing(amount)))).contains(r#""qty":"2","trail_amount":"3","tif""#)
    );
}

#[test]
fn a_refusal_has_its_reason_and_its_figures() {
    let request = sell(OrderKind::Market);
    let (needed, available) = (Money::whole(120), Money::whole(99));
    assert_eq!(
        fields(EventKind::OrderDenied {
            request,
            reason: DenyReason::BuyingPower { needed, available },
        }),
        format!(
            r#""account":"3",{SELL}"market","qty":"2","tif":"gtc","reason":"buying_power","figures":{{"needed":"120","available":"99"}}"#
        )
    );
    let change = |asked, reason| {
        fields(EventKind::ChangeDenied {
            account: AccountId(3),
            order: OrderId(5),
            asked,
            reason,
        })
    };
    assert_eq!(
        change(OrderChange::Cancel, DenyReason::Mandatory),
        r#""account":"3","order_id":"5","change":"cancel","reason":"mandatory""#
    );
    assert_eq!(
        change(
            OrderChange::Amend {
                qty: Some(Qty::whole(1)),
                price: None,
                trigger: None,
            },
            DenyReason::QtyFilled { filled: Qty::ONE }
        ),
        r#""account":"3","order_id":"5","change":"amend","qty":"1","reason":"qty_filled","figures":{"filled":"1"}"#
    );
    assert_eq!(
        fields(EventKind::AlgoEnded {
            account: AccountId(3),
            order: OrderId(5),
            filled: Qty::ONE,
            reason: AlgoEnd::ChildDenied(DenyReason::OrdersMax { max: 7 }),
        }),
        r#""account":"3","order_id":"5","filled":"1","reason":"child_denied","child_reason":"orders_max","figures":{"max":7}"#
    );
}

#[test]
fn an_algo_says_how_it_slices() {
    let algo = |kind, limit| {
        fields(EventKind::AlgoAccepted {
            order: OrderId(5),
            request: NewAlgo {
                account: AccountId(3),
                client_order: ClientOrderId(4),
                instrument: InstrumentId(1),
                side: Side::Buy,
                qty: Qty::whole(2),
                limit,
                start: TS,
                end: LATER,
                kind,
                leg: Leg::Net,
                cancel_on_disconnect: false,
            },
        })
    };
    let head = r#""account":"3","order_id":"5","client_order_id":"4","instrument":"1","symbol":null,"side":"buy","algo_type":"#;
    let window = r#""start":"2024-02-29T12:00:00Z","end":"2024-02-29T12:00:00.005Z""#;
    assert_eq!(
        algo(AlgoKind::Twap { slices: 5 }, None),
        format!(r#"{head}"twap","qty":"2",{window},"slices":5"#)
    );
    let curve = CurveId(8);
    assert_eq!(
        algo(AlgoKind::Vwap { curve }, Some(Price::whole(9))),
        format!(r#"{head}"vwap","qty":"2","price":"9",{window},"curve":"8""#)
    );
    let rate = Ratio::percent(10);
    assert_eq!(
        algo(AlgoKind::Pov { rate }, None),
        format!(r#"{head}"pov","qty":"2",{window},"rate_pct":"10""#)
    );
}

#[test]
fn a_fill_says_what_filled_it() {
    let fill = Fill {
        account: AccountId(3),
        order: OrderId(0),
        client_order: ClientOrderId(0),
        instrument: InstrumentId(1),
        side: Side::Sell,
        price: Price::whole(9),
        qty: Qty::whole(2),
        leaves: Qty::ONE,
        fee: Money(-1),
        realised: Money::whole(5),
        balance: Money::whole(100),
        position: SignedQty::whole(-2),
        leg: Leg::Net,
        cause: FillCause::MarginCall,
        model: FillModel::House,
        maker: false,
        known: TS,
    };
    let numbers = r#""side":"sell","qty":"2","price":"9","leaves":"1","fee":"-0.000001","realised":"5","balance":"100","position":"-2""#;
    assert_eq!(
        fields(EventKind::Fill(fill)),
        format!(
            r#""account":"3","order_id":null,"client_order_id":null,"instrument":"1","symbol":null,{numbers},"liquidation":true,"cause":"margin_call","model":"house","maker":false"#
        )
    );
    let fill = Fill {
        order: OrderId(5),
        leg: Leg::Short,
        cause: FillCause::Order,
        model: FillModel::Queue,
        maker: true,
        known: LATER,
        ..fill
    };
    assert_eq!(
        fields(EventKind::Fill(fill)),
        format!(
            r#""account":"3","order_id":"5","client_order_id":null,"instrument":"1","symbol":null,{numbers},"leg":"short","liquidation":false,"cause":"order","model":"queue","maker":true,"known":"2024-02-29T12:00:00.005Z""#
        )
    );
}

#[test]
fn what_happens_to_an_order_is_told_with_its_prices() {
    let (account, order) = (AccountId(3), OrderId(5));
    let head = r#""account":"3","order_id":"5""#;
    let qty = Qty::whole(2);
    assert_eq!(
        fields(EventKind::OrderActivated {
            account,
            order,
            qty
        }),
        format!(r#"{head},"qty":"2""#)
    );
    let amended = |price, trigger| {
        fields(EventKind::OrderAmended {
            account,
            order,
            qty,
            price,
            trigger,
        })
    };
    let (price, none) = (Price::whole(9), Price::ZERO);
    assert_eq!(
        amended(price, none),
        format!(r#"{head},"qty":"2","price":"9""#)
    );
    assert_eq!(
        amended(none, price),
        format!(r#"{head},"qty":"2","trigger":"9""#)
    );
    assert_eq!(
        fields(EventKind::OrderCancelled {
            account,
            order,
            leaves: qty,
            reason: CancelReason::Sibling,
        }),
        format!(r#"{head},"leaves":"2","reason":"sibling""#)
    );
}

#[test]
fn facts_about_markets_and_money_are_told() {
    let (account, instrument) = (AccountId(3), InstrumentId(1));
    let (money, price) = (Money::whole(-5), Price::whole(9));
    let usd = Label::new("USD").unwrap();
    let eur = Label::new("EUR").unwrap();
    for (kind, expected) in [
        (
            EventKind::StatusChanged {
                instrument,
                status: InstrumentStatus::PreOpen,
                cause: StatusCause::Breaker,
            },
            r#""instrument":"1","symbol":null,"status":"pre_open","cause":"breaker""#,
        ),
        (
            EventKind::Uncrossed {
                instrument,
                price,
                qty: Qty::whole(2),
                surplus: SignedQty::whole(-1),
            },
            r#""instrument":"1","symbol":null,"price":"9","qty":"2","surplus":"-1""#,
        ),
        (
            EventKind::CurveDefined { curve: CurveId(2) },
            r#""curve":"2""#,
        ),
        (
            EventKind::LatencyDefined {
                latency: LatencyId(2),
            },
            r#""latency":"2""#,
        ),
        (
            EventKind::ConversionSet {
                from: eur,
                to: usd,
                rate: Price(1_100_000_000),
            },
            r#""from":"EUR","to":"USD","rate":"1.1""#,
        ),
        (
            EventKind::Booked {
                account,
                instrument,
                leg: Leg::Net,
                cause: BookingCause::Dividend,
                amount: money,
                balance: Money::whole(95),
                position: SignedQty::whole(2),
            },
            r#""account":"3","instrument":"1","symbol":null,"cause":"dividend","amount":"-5","balance":"95","position":"2""#,
        ),
        (
            EventKind::MarginCall {
                account,
                equity: money,
                required: Money::whole(7),
            },
            r#""account":"3","equity":"-5","required":"7""#,
        ),
        (
            EventKind::Liquidated {
                account,
                equity: money.to_notional(),
                fees: Money::whole(2),
                slippage: Money::whole(3).to_notional(),
            },
            r#""account":"3","equity":"-5","fees":"2","slippage":"3""#,
        ),
    ] {
        assert_eq!(fields(kind), expected);
    }
}

#[test]
fn facts_about_windows_and_conduct_are_told() {
    let (account, instrument, plan) = (AccountId(3), InstrumentId(1), PlanId(2));
    let interval = Interval {
        start: TS,
        end: LATER,
    };
    let (rule, equity) = (RuleKind::DailyLoss, Money::whole(48_000).to_notional());
    for (kind, expected) in [
        (
            EventKind::WindowAnnounced {
                calendar: Calendar::Weekly {
                    zone: Label::new("UTC").unwrap(),
                    // Friday is the fifth day: 4 x 1440 + 16 x 60 + 10.
                    from: 6_730,
                    to: 0,
                },
                interval,
            },
            r#""calendar":{"weekly":{"zone":"UTC","from":"Fri 16:10","to":"Mon 00:00"}},"start":"2024-02-29T12:00:00Z","end":"2024-02-29T12:00:00.005Z""#,
        ),
        (
            EventKind::WindowOpened {
                plan,
                window: 1,
                until: LATER,
            },
            r#""plan":"2","plan_name":null,"window":1,"action":null,"until":"2024-02-29T12:00:00.005Z""#,
        ),
        (
            EventKind::WindowClosed { plan, window: 1 },
            r#""plan":"2","plan_name":null,"window":1,"action":null"#,
        ),
        (
            EventKind::ProfitExcluded {
                account,
                instrument,
                order: OrderId(5),
                amount: Money::whole(7),
                window: Some(0),
            },
            r#""account":"3","order_id":"5","instrument":"1","symbol":null,"amount":"7","window":0"#,
        ),
        (
            EventKind::HeldTooShort {
                account,
                instrument,
                order: OrderId(0),
                held_ns: 12_500_000_000,
                seconds: 60,
            },
            r#""account":"3","order_id":null,"instrument":"1","symbol":null,"held_s":"12.5","min_s":60"#,
        ),
        (
            EventKind::ScaleStanding(ScaleStanding {
                account,
                profit: Money::whole(500),
                profit_needed: Money::whole(1_000),
                days: 4,
                days_needed: 4,
                payouts: 0,
                payouts_needed: 1,
            }),
            r#""account":"3","profit":"500","profit_needed":"1000","days":4,"days_needed":4,"payouts":0,"payouts_needed":1,"met":false"#,
        ),
        (
            // 2,000 of 2,500 is 80%.
            EventKind::LimitWarned(LimitWarning {
                account,
                rule,
                equity,
                baseline: Money::whole(50_000),
                allowance: Money::whole(2_500),
                floor: Money::whole(47_500),
            }),
            r#""account":"3","rule":"daily_loss","equity":"48000","baseline":"50000","allowance":"2500","floor":"47500","used_pct":"80.00""#,
        ),
        (
            // The floor is held at 50,100: 2,320 of 2,900 is 80%.
            EventKind::LimitWarned(LimitWarning {
                account,
                rule: RuleKind::MaxLoss,
                equity: Money::whole(50_680).to_notional(),
                baseline: Money::whole(53_000),
                allowance: Money::whole(2_000),
                floor: Money::whole(50_100),
            }),
            r#""account":"3","rule":"max_loss","equity":"50680","baseline":"53000","allowance":"2000","floor":"50100","used_pct":"80.00""#,
        ),
    ] {
        assert_eq!(fields(kind), expected);
    }
}

#[test]
fn facts_about_the_life_of_an_account_are_told() {
    let account = AccountId(3);
    let parent = Parentage {
        account,
        origin: Origin::Reset,
    };
    let suspension = Suspension {
        reason: SuspendReason::ByFirm,
        until: None,
        prior: AccountState::Funded,
    };
    for (kind, expected) in [
        (
            EventKind::AccountOpened {
                account: AccountId(4),
                plan: PlanId(2),
                parent: Some(parent),
                balance: Money::whole(100),
            },
            r#""account":"4","plan":"2","plan_name":null,"parent":"3","origin":"reset","balance":"100""#,
        ),
        (
            EventKind::AccountDenied {
                plan: PlanId(2),
                parent,
                reason: OpenDenial::ResetsMax { max: 2 },
            },
            r#""plan":"2","plan_name":null,"parent":"3","origin":"reset","reason":"resets_max","figures":{"max":2}"#,
        ),
        (
            EventKind::Suspended {
                account,
                suspension,
            },
            r#""account":"3","reason":"by_firm","until":null,"prior":"funded""#,
        ),
        (
            EventKind::AccountChangeDenied {
                account,
                change: AccountChange::Resume,
                state: AccountState::Closed,
            },
            r#""account":"3","change":"resume","state":"closed""#,
        ),
        (
            inactive(account),
            r#""account":"3","days":30,"limit":30,"effect":"close","active":"2024-02-29","active_seq":"4","active_ts":"1970-01-01T00:00:00Z","opens":"2024-03-31","equity":"99.5","positions":[]"#,
        ),
        (
            EventKind::PayoutDenied {
                account,
                requested: Money::whole(5),
                eligible: Money::whole(9),
                reason: PayoutDenial::TooFewDays { has: 3, needs: 5 },
            },
            r#""account":"3","requested":"5","eligible":"9","reason":"too_few_days","figures":{"has":3,"needs":5}"#,
        ),
    ] {
        assert_eq!(fields(kind), expected);
    }
}

/// The 1st to the 30th of March went by.
fn inactive(account: AccountId) -> EventKind {
    EventKind::Inactive(Rest {
        account,
        days: 30,
        limit: 30,
        effect: InactivityEffect::Close,
        active: TradingDay(19_782),
        active_seq: Seq(4),
        active_ts: TimestampNs(0),
        opens: TradingDay(19_813),
        equity: Notional(995 * Notional::PER_MONEY * 100_000),
        positions: 0,
    })
}

#[test]
fn a_change_of_state_has_the_reason_that_its_input_gives() {
    use AccountState::{Closed, Evaluation, Failed, Passed};
    let (account, other) = (AccountId(3), AccountId(4));
    let changed = |to| EventKind::StateChanged {
        account,
        from: AccountState::Evaluation,
        to,
    };
    let reason = |before: &[EventKind], to, rest: &[EventKind]| {
        let all = before.iter().copied().chain([changed(to)]);
        let list: Vec<_> = all.chain(rest.iter().copied()).map(event).collect();
        let names = Names::numbers();
        let told = events(&list, &names).nth(before.len()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&told.to_string()).unwrap();
        json["reason"].as_str().unwrap().to_owned()
    };
    let suspension = Suspension {
        reason: SuspendReason::Review,
        until: None,
        prior: AccountState::Evaluation,
    };
    let suspended = EventKind::Suspended {
        account,
        suspension,
    };
    let opened = |origin| EventKind::AccountOpened {
        account: other,
        plan: PlanId(0),
        parent: Some(Parentage { account, origin }),
        balance: Money::ZERO,
    };
    assert_eq!(reason(&[], Passed, &[]), "objectives_met");
    assert_eq!(reason(&[], Failed, &[]), "limit_breached");
    assert_eq!(reason(&[inactive(other)], Failed, &[]), "limit_breached");
    assert_eq!(reason(&[inactive(account)], Failed, &[]), "inactivity");
    assert_eq!(reason(&[inactive(account)], Closed, &[]), "inactivity");
    let paid_out = |account| EventKind::PaidOut {
        account,
        payouts: 2,
    };
    assert_eq!(reason(&[paid_out(account)], Closed, &[]), "payouts_max");
    assert_eq!(reason(&[paid_out(other)], Closed, &[]), "requested");
    assert_eq!(reason(&[suspended], AccountState::Suspended, &[]), "review");
    assert_eq!(reason(&[], Evaluation, &[]), "resumed");
    assert_eq!(reason(&[], Closed, &[]), "requested");
    assert_eq!(reason(&[], Closed, &[opened(Origin::Reset)]), "reset");
    assert_eq!(reason(&[], Closed, &[opened(Origin::Retry)]), "requested");
}
