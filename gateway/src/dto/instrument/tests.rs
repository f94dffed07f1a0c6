use types::{
    BarPath, CancelModel, FillRule, Instrument, Latency, LatencyId, LatencySample, Liquidity,
    Money, PaperModel, Ratio, Sizes, Slippage,
};

use super::*;
use crate::dto::document::{Field, FieldError, Node};

fn definition(rest: &str) -> Result<Instrument, FieldError> {
    let mut names = Names::given();
    names.add_latency("venue");
    let json = format!(
        r#"{{"symbol":"IDX","kind":"future","currency":"USD","tick_size":"0.5","lot_size":"1",
        "order_qty_max":"100"{rest}}}"#
    );
    let node = Node::from_json(json.as_bytes()).unwrap();
    let table = Field::root(&node).table(&FIELDS).unwrap();
    let instrument = read(&table, &names)?;
    // What is shown reads back as the same.
    let shown = serde_json::to_string(&DefinitionDto::new(&instrument, &names)).unwrap();
    let node = Node::from_json(shown.as_bytes()).unwrap();
    let table = Field::root(&node).table(&FIELDS).unwrap();
    assert_eq!(read(&table, &names).unwrap(), instrument, "{shown}");
    Ok(instrument)
}

fn model(rest: &str) -> PaperModel {
    match definition(&format!(r#","liquidity":{{"paper":{{{rest}}}}}"#))
        .unwrap()
        .liquidity
    {
        Liquidity::Paper(model) => model,
        Liquidity::Crossed => panic!(),
    }
}

#[test]
fn the_usual_definition_fills_whole_at_the_touch() {
    let usual = definition("").unwrap();
    assert_eq!(usual.liquidity, Liquidity::Paper(PaperModel::default()));
    assert!(usual.shortable);
    assert_eq!(usual.fees, types::FeeSchedule::default());
    assert_eq!(usual.margin, types::Margin::default());
    assert_eq!((usual.collar, usual.breaker), (Ratio::ZERO, Ratio::ZERO));
    assert_eq!(definition(r#","liquidity":"paper""#).unwrap(), usual);
}

#[test]
fn every_part_of_a_definition_is_read() {
    let all = definition(
        r#","fees":{"maker_pct":"-0.001","taker_pct":"0.002","per_unit":"0.5","minimum":"1"},
        "margin":{"initial":{"rate_pct":"5","per_unit":"10"},"maintenance":{"rate_pct":"4"}},
        "shortable":false,"collar_pct":"10","breaker_pct":"7","liquidity":"crossed""#,
    )
    .unwrap();
    assert_eq!(
        (all.fees.maker, all.fees.taker),
        (Ratio(-10_000), Ratio(20_000))
    );
    assert_eq!(
        (all.fees.per_unit, all.fees.minimum),
        (Money(500_000), Money::ONE)
    );
    assert_eq!(all.margin.initial.rate, Ratio::percent(5));
    assert_eq!(all.margin.initial.per_unit, Money::whole(10));
    assert_eq!(all.margin.maintenance.rate, Ratio::percent(4));
    assert_eq!(all.margin.maintenance.per_unit, Money::ZERO);
    assert!(!all.shortable);
    assert_eq!(
        (all.collar, all.breaker),
        (Ratio::percent(10), Ratio::percent(7))
    );
    assert_eq!(all.liquidity, Liquidity::Crossed);
}

#[test]
fn every_part_of_a_paper_model_is_read() {
    assert_eq!(
        model(
            r#""fill":{"queue":{"power":2}},"sizes":"displayed","slippage":{"impact_ticks":3},
            "latency":{"constant":{"order_ns":5000000,"ack_ns":2000000}},"bars":"walked""#
        ),
        PaperModel {
            fill: FillRule::Queue(CancelModel::Power(2)),
            sizes: Sizes::Displayed,
            slippage: Slippage::Impact { ticks: 3 },
            latency: Latency::Constant(LatencySample {
                order_ns: 5_000_000,
                ack_ns: 2_000_000
            }),
            bars: BarPath::Walked,
        }
    );
    assert_eq!(
        model(r#""fill":{"queue":"conservative"}"#).fill,
        FillRule::Queue(CancelModel::Conservative)
    );
    assert_eq!(model(r#""fill":"through""#).fill, FillRule::Through);
    assert_eq!(
        model(r#""slippage":{"ticks":2}"#).slippage,
        Slippage::Ticks(2)
    );
    assert_eq!(
        model(r#""slippage":{"rate_pct":"0.5"}"#).slippage,
        Slippage::Rate(Ratio(5_000_000))
    );
    assert_eq!(
        model(r#""latency":{"recorded":"venue"}"#).latency,
        Latency::Recorded(LatencyId(0))
    );
}

#[test]
fn what_is_wrong_with_a_definition_is_named() {
    let check = |rest: &str, field: &str, value: Option<&str>, accepted: &str| {
        let error = definition(&format!(",{rest}")).unwrap_err();
        assert_eq!(
            (error.field.as_str(), error.value.as_deref()),
            (field, value),
            "{rest}"
        );
        assert!(error.accepted.contains(accepted), "{rest}: {error}");
    };
    check(
        r#""fees":{"rate_pct":"1"}"#,
        "fees.rate_pct",
        Some("1"),
        "known: maker_pct, taker_pct",
    );
    check(
        r#""fees":{"maker_pct":"-2","taker_pct":"1"}"#,
        "fees.maker_pct",
        Some("-2"),
        "a rebate of at most taker_pct",
    );
    check(
        r#""fees":{"taker_pct":"-2"}"#,
        "fees.taker_pct",
        Some("-2"),
        "from zero",
    );
    check(
        r#""margin":{"initial":{"rate_pct":"101"}}"#,
        "margin.initial.rate_pct",
        Some("101"),
        "from 0 to 100",
    );
    check(
        r#""margin":{"maintenance":{"rate_pct":"5"},"initial":{"rate_pct":"4"}}"#,
        "margin.maintenance.rate_pct",
        Some("5"),
        "at most the initial one",
    );
    // Maintenance that is left out is 0, and above an initial margin below that.
    for (initial, field, accepted) in [
        (r#"{"rate_pct":"-5"}"#, "rate_pct", "from 0 to 100"),
        (r#"{"per_unit":"-5"}"#, "per_unit", "a number from zero"),
        (
            r#"{"rate_pct":"4","per_unit":"-5"}"#,
            "per_unit",
            "a number from zero",
        ),
    ] {
        for maintenance in ["", r#","maintenance":{"rate_pct":"1","per_unit":"1"}"#] {
            check(
                &format!(r#""margin":{{"initial":{initial}{maintenance}}}"#),
                &format!("margin.initial.{field}"),
                Some("-5"),
                accepted,
            );
        }
    }
    check(
        r#""margin":{"maintenance":{"per_unit":"1"}}"#,
        "margin.maintenance.per_unit",
        Some("1"),
        "at most the initial one",
    );
    check(
        r#""collar_pct":"100""#,
        "collar_pct",
        Some("100"),
        "below 100",
    );
    check(
        r#""breaker_pct":"5""#,
        "breaker_pct",
        Some("5"),
        "0, unless liquidity is \"crossed\"",
    );
    check(
        r#""liquidity":"dark""#,
        "liquidity",
        Some("dark"),
        "\"paper\" or \"crossed\" or {paper = ..}",
    );
    check(
        r#""liquidity":{"paper":{"fill":"always"}}"#,
        "liquidity.paper.fill",
        Some("always"),
        "\"touch\" or \"through\" or {queue = ..}",
    );
    check(
        r#""liquidity":{"paper":{"fill":{"queue":{"power":4}}}}"#,
        "liquidity.paper.fill.queue.power",
        Some("4"),
        "a power from 1 to 3",
    );
    check(
        r#""liquidity":{"paper":{"slippage":{"ticks":1000001}}}"#,
        "liquidity.paper.slippage.ticks",
        Some("1000001"),
        "at most 1000000 ticks",
    );
    check(
        r#""liquidity":{"paper":{"latency":{"recorded":"home"}}}"#,
        "liquidity.paper.latency.recorded",
        Some("home"),
        "the id of a latency distribution",
    );
    check(
        r#""liquidity":{"paper":{"latency":{"constant":{"order_ns":5}}}}"#,
        "liquidity.paper.latency.constant.ack_ns",
        None,
        "nanoseconds",
    );
    check(
        r#""shortable":"no""#,
        "shortable",
        Some("no"),
        "true or false",
    );
}
