use proptest::prelude::*;
use types::{
    AlgoKind, CurveId, Leg, ListKind, NewAlgo, OrderKind, OrderList, Price, Ratio, Side,
    TimeInForce, TimestampNs, Trail, TriggerOn,
};

use super::*;

const ACCOUNT: AccountId = AccountId(4);

fn order_of(body: &str) -> Result<NewOrder, BodyError> {
    from_json(body.as_bytes(), ACCOUNT, &Names::numbers())
}

fn list_of(body: &str) -> Result<OrderList, BodyError> {
    list::from_json(body.as_bytes(), ACCOUNT, &Names::numbers())
}

fn algo_of(body: &str) -> Result<NewAlgo, BodyError> {
    algo::from_json(body.as_bytes(), ACCOUNT, &Names::numbers())
}

/// A body that sells 2 of instrument 0, with more fields.
fn with(rest: &str) -> String {
    format!(r#"{{"client_order_id":"1","instrument":"0","side":"sell","qty":"2",{rest}}}"#)
}

/// The field, value and what is accepted of a fault.
fn fault<T: std::fmt::Debug>(result: Result<T, BodyError>) -> (String, Option<String>, String) {
    match result {
        Err(BodyError::Field(error)) => (error.field, error.value, error.accepted),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_order_is_read_exactly() {
    let body = r#"{"client_order_id":"340282366920938463463374607431768211455","instrument":"1",
        "side":"sell","type":"limit","qty":"0.00000001","price":"65012.350000001","tif":"day"}"#;
    let price = Price(65_012_350_000_001);
    let expected = NewOrder {
        client_order: ClientOrderId(u128::MAX),
        tif: TimeInForce::Day,
        ..NewOrder::new(
            ACCOUNT,
            InstrumentId(1),
            Side::Sell,
            OrderKind::Limit { price },
            Qty(1),
        )
    };
    assert_eq!(order_of(body).unwrap(), expected);
}

#[test]
fn every_kind_has_its_prices() {
    let kind = |rest: &str| order_of(&with(rest)).unwrap().kind;
    let (trigger, price) = (Price::whole(9), Price::whole(8));
    assert_eq!(kind(r#""type":"market""#), OrderKind::Market);
    assert_eq!(
        kind(r#""type":"stop","trigger":"9""#),
        OrderKind::Stop {
            trigger,
            on: TriggerOn::Quote
        }
    );
    assert_eq!(
        kind(r#""type":"stop_limit","trigger":"9","price":"8","trigger_on":"last""#),
        OrderKind::StopLimit {
            trigger,
            price,
            on: TriggerOn::Last
        }
    );
    assert_eq!(
        kind(r#""type":"market_if_touched","trigger":"9""#),
        OrderKind::MarketIfTouched {
            trigger,
            on: TriggerOn::Quote
        }
    );
    assert_eq!(
        kind(r#""type":"trailing_stop","trail_amount":"9""#),
        OrderKind::TrailingStop {
            trail: Trail::Amount(trigger),
            on: TriggerOn::Quote
        }
    );
    assert_eq!(
        kind(r#""type":"trailing_stop","trail_percent":"2.5","trigger_on":"last""#),
        OrderKind::TrailingStop {
            trail: Trail::Percent(Ratio(25_000_000)),
            on: TriggerOn::Last
        }
    );
}

#[test]
fn every_term_is_read() {
    let body = with(
        r#""type":"limit","price":"8","tif":"gtd","until":"2024-02-29T12:00:00Z","display_qty":"0.5",
        "post_only":true,"reduce_only":true,"cancel_on_disconnect":true,"self_trade":"decrement",
        "position":"long""#,
    );
    let order = order_of(&body).unwrap();
    let until = TimestampNs(1_709_208_000_000_000_000);
    assert_eq!(order.tif, TimeInForce::GoodTillDate { until });
    assert_eq!(order.display.to_string(), "0.5");
    assert!(order.post_only && order.reduce_only && order.cancel_on_disconnect);
    assert_eq!(order.self_trade, SelfTrade::Decrement);
    assert_eq!(order.leg, Leg::Long);
    for (word, tif) in [
        ("gtc", TimeInForce::GoodTillCancel),
        ("ioc", TimeInForce::ImmediateOrCancel),
        ("fok", TimeInForce::FillOrKill),
        ("opg", TimeInForce::AtOpen),
        ("cls", TimeInForce::AtClose),
    ] {
        let body = with(&format!(r#""type":"market","tif":"{word}""#));
        assert_eq!(order_of(&body).unwrap().tif, tif, "{word}");
    }
}

#[test]
fn what_is_wrong_with_an_order_is_named() {
    let check = |rest: &str, field: &str, value: Option<&str>, accepted: &str| {
        let (found, shown, what) = fault(order_of(&with(rest)));
        assert_eq!((found.as_str(), shown.as_deref()), (field, value), "{rest}");
        assert!(what.contains(accepted), "{what}");
    };
    check(r#""type":"limit""#, "price", None, "a price");
    check(
        r#""type":"iceberg""#,
        "type",
        Some("iceberg"),
        "\"market\" or \"limit\" or \"stop\" or \"stop_limit\" or \"market_if_touched\" or \
         \"trailing_stop\"",
    );
    check(
        r#""type":"market","price":"5""#,
        "price",
        Some("5"),
        "none, for a market order",
    );
    check(
        r#""type":"market_if_touched","trigger":"5","price":"5""#,
        "price",
        Some("5"),
        "none, for a market if touched order",
    );
    check(
        r#""type":"limit","price":"5","trigger_on":"last""#,
        "trigger_on",
        Some("last"),
        "none, for a limit order",
    );
    check(
        r#""type":"trailing_stop""#,
        "trail_amount",
        None,
        "or a trail_percent",
    );
    check(
        r#""type":"trailing_stop","trail_amount":"1","trail_percent":"1""#,
        "trail_percent",
        Some("1"),
        "none, beside a trail_amount",
    );
    check(
        r#""type":"stop","trigger":"1","trigger_on":"mid""#,
        "trigger_on",
        Some("mid"),
        "\"quote\" or \"last\"",
    );
    check(r#""type":"market","tif":"gtd""#, "until", None, "RFC 3339");
    check(
        r#""type":"market","tif":"day","until":"2024-02-29T12:00:00Z""#,
        "until",
        Some("2024-02-29T12:00:00Z"),
        "none, unless tif is \"gtd\"",
    );
    check(
        r#""type":"market","tif":"goc""#,
        "tif",
        Some("goc"),
        "\"gtc\" or \"day\" or \"ioc\" or \"fok\" or \"gtd\" or \"opg\" or \"cls\"",
    );
    check(
        r#""type":"market","post_only":"yes""#,
        "post_only",
        Some("yes"),
        "true or false",
    );
    check(
        r#""type":"market","position":"flat""#,
        "position",
        Some("flat"),
        "\"net\" or \"long\" or \"short\"",
    );
    check(
        r#""type":"market","leverage":"100""#,
        "leverage",
        Some("100"),
        "no such field",
    );
    let quoted = fault(order_of(
        r#"{"client_order_id":"1","instrument":"0","side":"buy","type":"market","qty":1}"#,
    ));
    assert_eq!((quoted.0.as_str(), quoted.1.as_deref()), ("qty", Some("1")));
    let zero = fault(order_of(r#"{"client_order_id":"0","instrument":"0"}"#));
    assert_eq!(zero.0, "client_order_id");
    assert!(matches!(order_of("{"), Err(BodyError::Json(_))));
}

#[test]
fn a_list_is_orders_of_one_instrument() {
    let body = r#"{"kind":"bracket","instrument":"3","orders":[
        {"client_order_id":"1","side":"buy","type":"limit","qty":"5","price":"100"},
        {"client_order_id":"2","side":"sell","type":"limit","qty":"5","price":"110"},
        {"client_order_id":"3","side":"sell","type":"stop","qty":"5","trigger":"95"}]}"#;
    let list = list_of(body).unwrap();
    assert_eq!((list.kind, list.orders.len()), (ListKind::Bracket, 3));
    assert!(list.orders.iter().all(|order| {
        order.account == ACCOUNT && order.instrument == InstrumentId(3) && order.leg == Leg::Net
    }));
    assert_eq!(list.orders[2].client_order, ClientOrderId(3));

    let found = fault(list_of(
        &body.replace(r#""trigger":"95""#, r#""price":"95""#),
    ));
    assert_eq!(
        found,
        (
            "orders[2].price".to_owned(),
            Some("95".to_owned()),
            "none, for a stop order".to_owned()
        )
    );
    let found = fault(list_of(&body.replace("bracket", "spread")));
    assert_eq!(found.2, "\"oco\" or \"oto\" or \"bracket\" or \"cover\"");
    let found = fault(list_of(r#"{"kind":"oco","instrument":"3","orders":[]}"#));
    assert_eq!(
        (found.0.as_str(), found.2.as_str()),
        ("orders", "at least one order")
    );
}

#[test]
fn an_algo_has_a_window_and_one_way_to_slice() {
    const WINDOW: &str = r#""start":"2024-02-29T12:00:00Z","end":"2024-02-29T13:00:00Z""#;
    let algo = |rest: &str| algo_of(&with(&format!("{WINDOW},{rest}")));
    let twap = algo(r#""type":"twap","slices":5,"price":"99.5","position":"short""#).unwrap();
    assert_eq!(
        twap,
        NewAlgo {
            account: ACCOUNT,
            client_order: ClientOrderId(1),
            instrument: InstrumentId(0),
            side: Side::Sell,
            qty: Qty::whole(2),
            limit: Some(Price(99_500_000_000)),
            start: TimestampNs(1_709_208_000_000_000_000),
            end: TimestampNs(1_709_211_600_000_000_000),
            kind: AlgoKind::Twap { slices: 5 },
            leg: Leg::Short,
            cancel_on_disconnect: false,
        }
    );
    let curve = CurveId(7);
    assert_eq!(
        algo(r#""type":"vwap","curve":"7""#).unwrap().kind,
        AlgoKind::Vwap { curve }
    );
    let rate = Ratio(125_000_000);
    assert_eq!(
        algo(r#""type":"pov","rate_pct":"12.5""#).unwrap().kind,
        AlgoKind::Pov { rate }
    );
    for (rest, field, accepted) in [
        (r#""type":"twap""#, "slices", "a number of slices"),
        (r#""type":"twap","slices":"5""#, "slices", "without quotes"),
        (
            r#""type":"pov","rate_pct":"101""#,
            "rate_pct",
            "at most 100",
        ),
        (
            r#""type":"pov","rate_pct":"5","slices":3"#,
            "slices",
            "none, for pov",
        ),
        (
            r#""type":"vwap","curve":"x""#,
            "curve",
            "the id of a volume curve",
        ),
        (r#""type":"dca""#, "type", "\"twap\" or \"vwap\" or \"pov\""),
    ] {
        let found = fault(algo(rest));
        assert_eq!(found.0, field, "{rest}");
        assert!(found.2.contains(accepted), "{rest}: {}", found.2);
    }
    let found = fault(algo_of(&with(
        r#""type":"twap","slices":5,"end":"2024-02-29T13:00:00Z""#,
    )));
    assert_eq!((found.0.as_str(), found.1), ("start", None));
}

#[test]
fn an_amendment_changes_something() {
    let changes = amend::from_json(br#"{"qty":"3","trigger":"95"}"#).unwrap();
    assert_eq!(
        changes,
        amend::Changes {
            qty: Some(Qty::whole(3)),
            price: None,
            trigger: Some(Price::whole(95)),
        }
    );
    let found = fault(amend::from_json(b"{}"));
    assert_eq!(found.2, "a qty, a price or a trigger");
    let found = fault(amend::from_json(br#"{"side":"buy"}"#));
    assert_eq!(found.0, "side");
}

proptest! {
    #[test]
    fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let names = Names::numbers();
        let _ = from_json(&body, ACCOUNT, &names);
        let _ = list::from_json(&body, ACCOUNT, &names);
        let _ = algo::from_json(&body, ACCOUNT, &names);
        let _ = amend::from_json(&body);
    }
}
