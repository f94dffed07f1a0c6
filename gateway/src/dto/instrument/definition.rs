//! Reading the definition of an instrument from a document. How it is shown is in [`super::written`].

use types::{
    BarPath, CancelModel, FeeSchedule, FillRule, Instrument, InstrumentError, Latency,
    LatencySample, Liquidity, Margin, Money, PaperModel, Qty, Ratio, Requirement, Sizes, Slippage,
};

use crate::dto::document::{Choice, Field, FieldError, Table};
use crate::dto::names::Names;

/// The fields of an instrument's definition.
pub const FIELDS: [&str; 13] = [
    "symbol",
    "kind",
    "currency",
    "tick_size",
    "lot_size",
    "contract_size",
    "order_qty_max",
    "fees",
    "margin",
    "shortable",
    "collar_pct",
    "breaker_pct",
    "liquidity",
];

const FEE: &str = "a percentage of the notional from 0 in quotes, such as \"0.002\"";
const MARGIN: &str = "a percentage of the notional from 0 to 100 in quotes, such as \"5\"";
const BAND: &str = "a percentage from 0 to below 100 in quotes, such as \"10\"";

/// Reads an instrument's definition and checks it. Where the document does not say otherwise, a
/// contract is one unit, nothing costs a fee or ties up margin, it may be sold short, and it fills
/// whole at the touch.
///
/// # Errors
/// The first field that is not accepted.
pub fn read(table: &Table<'_>, names: &Names) -> Result<Instrument, FieldError> {
    let band = |name| match table.optional(name) {
        Some(band) => band.percent(BAND),
        None => Ok(Ratio::ZERO),
    };
    let instrument = Instrument {
        symbol: table.field("symbol").name()?,
        kind: table.field("kind").word()?,
        currency: table.field("currency").name()?,
        tick_size: table.field("tick_size").price()?,
        lot_size: table.field("lot_size").qty()?,
        contract_size: match table.optional("contract_size") {
            Some(size) => size.qty()?,
            None => Qty::ONE,
        },
        order_qty_max: table.field("order_qty_max").qty()?,
        fees: match table.optional("fees") {
            Some(fees) => read_fees(&fees)?,
            None => FeeSchedule::default(),
        },
        margin: match table.optional("margin") {
            Some(margin) => read_margin(&margin)?,
            None => Margin::default(),
        },
        shortable: match table.optional("shortable") {
            Some(shortable) => shortable.boolean()?,
            None => true,
        },
        collar: band("collar_pct")?,
        breaker: band("breaker_pct")?,
        liquidity: match table.optional("liquidity") {
            Some(liquidity) => read_liquidity(&liquidity, names)?,
            None => Liquidity::Paper(PaperModel::default()),
        },
    };
    instrument
        .tick_value()
        .map_err(|error| located(table, &instrument, error))?;
    Ok(instrument)
}

fn read_fees(field: &Field<'_>) -> Result<FeeSchedule, FieldError> {
    let table = field.table(&["maker_pct", "taker_pct", "per_unit", "minimum"])?;
    let rate = |name, accepted| match table.optional(name) {
        Some(rate) => rate.percent(accepted),
        None => Ok(Ratio::ZERO),
    };
    Ok(FeeSchedule {
        taker: rate("taker_pct", FEE)?,
        maker: rate(
            "maker_pct",
            "a percentage of the notional in quotes, such as \"0.001\"; below 0 for a rebate",
        )?,
        per_unit: money(&table, "per_unit")?,
        minimum: money(&table, "minimum")?,
    })
}

fn read_margin(field: &Field<'_>) -> Result<Margin, FieldError> {
    let table = field.table(&["initial", "maintenance"])?;
    let requirement = |name| match table.optional(name) {
        Some(field) => read_requirement(&field),
        None => Ok(Requirement::default()),
    };
    Ok(Margin {
        initial: requirement("initial")?,
        maintenance: requirement("maintenance")?,
    })
}

fn read_requirement(field: &Field<'_>) -> Result<Requirement, FieldError> {
    let table = field.table(&["rate_pct", "per_unit"])?;
    Ok(Requirement {
        rate: match table.optional("rate_pct") {
            Some(rate) => rate.percent(MARGIN)?,
            None => Ratio::ZERO,
        },
        per_unit: money(&table, "per_unit")?,
    })
}

fn money(table: &Table<'_>, name: &str) -> Result<Money, FieldError> {
    match table.optional(name) {
        Some(amount) => amount.money(),
        None => Ok(Money::ZERO),
    }
}

fn read_liquidity(field: &Field<'_>, names: &Names) -> Result<Liquidity, FieldError> {
    match field.choice(&["paper", "crossed"], &["paper"])? {
        Choice::Word("crossed") => Ok(Liquidity::Crossed),
        Choice::Word(_) => Ok(Liquidity::Paper(PaperModel::default())),
        Choice::Named(_, model) => Ok(Liquidity::Paper(read_model(&model, names)?)),
    }
}

fn read_model(field: &Field<'_>, names: &Names) -> Result<PaperModel, FieldError> {
    let table = field.table(&["fill", "sizes", "slippage", "latency", "bars"])?;
    Ok(PaperModel {
        fill: match table.optional("fill") {
            Some(fill) => read_fill(&fill)?,
            None => FillRule::default(),
        },
        sizes: match table.optional("sizes") {
            Some(sizes) => sizes.word()?,
            None => Sizes::default(),
        },
        slippage: match table.optional("slippage") {
            Some(slippage) => read_slippage(&slippage)?,
            None => Slippage::default(),
        },
        latency: match table.optional("latency") {
            Some(latency) => read_latency(&latency, names)?,
            None => Latency::default(),
        },
        bars: match table.optional("bars") {
            Some(bars) => bars.word()?,
            None => BarPath::default(),
        },
    })
}

fn read_fill(field: &Field<'_>) -> Result<FillRule, FieldError> {
    match field.choice(&["touch", "through"], &["queue"])? {
        Choice::Word("touch") => Ok(FillRule::Touch),
        Choice::Word(_) => Ok(FillRule::Through),
        Choice::Named(_, model) => Ok(FillRule::Queue(
            match model.choice(&["conservative"], &["power"])? {
                Choice::Word(_) => CancelModel::Conservative,
                Choice::Named(_, power) => {
                    CancelModel::Power(power.integer("a power from 1 to 3 without quotes")?)
                }
            },
        )),
    }
}

fn read_slippage(field: &Field<'_>) -> Result<Slippage, FieldError> {
    const TICKS: &str = "a number of ticks from 0 to 1000000 without quotes";
    match field.choice(&["none"], &["ticks", "rate_pct", "impact_ticks"])? {
        Choice::Word(_) => Ok(Slippage::None),
        Choice::Named("ticks", ticks) => Ok(Slippage::Ticks(ticks.integer(TICKS)?)),
        Choice::Named("rate_pct", rate) => Ok(Slippage::Rate(rate.percent(BAND)?)),
        Choice::Named(_, ticks) => Ok(Slippage::Impact {
            ticks: ticks.integer(TICKS)?,
        }),
    }
}

fn read_latency(field: &Field<'_>, names: &Names) -> Result<Latency, FieldError> {
    const RECORDED: &str = "the id of a latency distribution";
    match field.choice(&["none"], &["constant", "recorded"])? {
        Choice::Word(_) => Ok(Latency::None),
        Choice::Named("constant", sample) => Ok(Latency::Constant(read_sample(&sample)?)),
        Choice::Named(_, id) => Ok(Latency::Recorded(
            names
                .latency_id(id.text(RECORDED)?)
                .ok_or_else(|| id.error(RECORDED))?,
        )),
    }
}

/// Reads `{ order_ns, ack_ns }`.
///
/// # Errors
/// The first field that is not accepted.
pub fn read_sample(field: &Field<'_>) -> Result<LatencySample, FieldError> {
    const NS: &str = "nanoseconds from 0 to 4294967295 without quotes";
    let table = field.table(&["order_ns", "ack_ns"])?;
    Ok(LatencySample {
        order_ns: table.field("order_ns").integer(NS)?,
        ack_ns: table.field("ack_ns").integer(NS)?,
    })
}

/// The error of a definition in terms of the document.
fn located(table: &Table<'_>, instrument: &Instrument, error: InstrumentError) -> FieldError {
    let Instrument { fees, margin, .. } = instrument;
    let (field, accepted) = match error {
        InstrumentError::TickSize => ("tick_size", "a number above zero"),
        InstrumentError::LotSize => ("lot_size", "a number above zero"),
        InstrumentError::ContractSize => ("contract_size", "a number above zero"),
        InstrumentError::OrderQtyMax => ("order_qty_max", "a multiple of lot_size above zero"),
        InstrumentError::TickValue => (
            "tick_size",
            "a definition where tick_size x lot_size x contract_size is a multiple of 1e-17",
        ),
        InstrumentError::Fees => match fees {
            fees if fees.taker.is_negative() => ("fees.taker_pct", "a number from zero"),
            fees if fees.per_unit.is_negative() => ("fees.per_unit", "a number from zero"),
            fees if fees.minimum.is_negative() => ("fees.minimum", "a number from zero"),
            _ => ("fees.maker_pct", "a rebate of at most taker_pct"),
        },
        InstrumentError::Margin => match margin {
            margin if !(0..=Ratio::ONE.0).contains(&margin.initial.rate.0) => {
                ("margin.initial.rate_pct", MARGIN)
            }
            margin if margin.initial.per_unit.is_negative() => {
                ("margin.initial.per_unit", "a number from zero")
            }
            margin if margin.maintenance.rate.is_negative() => {
                ("margin.maintenance.rate_pct", MARGIN)
            }
            margin if margin.maintenance.per_unit.is_negative() => {
                ("margin.maintenance.per_unit", "a number from zero")
            }
            margin if margin.maintenance.rate > margin.initial.rate => {
                ("margin.maintenance.rate_pct", "at most the initial one")
            }
            _ => ("margin.maintenance.per_unit", "at most the initial one"),
        },
        InstrumentError::Bands => match instrument {
            instrument if !(0..Ratio::ONE.0).contains(&instrument.collar.0) => ("collar_pct", BAND),
            instrument if !(0..Ratio::ONE.0).contains(&instrument.breaker.0) => {
                ("breaker_pct", BAND)
            }
            _ => ("breaker_pct", "0, unless liquidity is \"crossed\""),
        },
        InstrumentError::Model => match instrument.liquidity {
            Liquidity::Paper(PaperModel {
                fill: FillRule::Queue(CancelModel::Power(power)),
                ..
            }) if !(1..=3).contains(&power) => (
                "liquidity.paper.fill.queue.power",
                "a power from 1 to 3 without quotes",
            ),
            _ => (
                "liquidity.paper.slippage",
                "at most 1000000 ticks, a rate from 0 to below 100",
            ),
        },
        InstrumentError::OffTick | InstrumentError::OffLot => ("tick_size", "another definition"),
    };
    table.at(field).error(accepted)
}
