//! The definition of an instrument as it is shown: it reads back as the same one.

use serde::Serialize;
use types::{
    CancelModel, FillRule, Instrument, Latency, LatencySample, Liquidity, PaperModel, Requirement,
    Slippage,
};

use crate::dto::names::Names;
use crate::dto::percent;
use crate::dto::word::Word;

/// A definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DefinitionDto {
    symbol: String,
    kind: &'static str,
    currency: String,
    tick_size: String,
    lot_size: String,
    contract_size: String,
    order_qty_max: String,
    fees: FeesDto,
    margin: MarginDto,
    shortable: bool,
    collar_pct: String,
    breaker_pct: String,
    liquidity: LiquidityDto,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct FeesDto {
    maker_pct: String,
    taker_pct: String,
    per_unit: String,
    minimum: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct MarginDto {
    initial: RequirementDto,
    maintenance: RequirementDto,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct RequirementDto {
    rate_pct: String,
    per_unit: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum LiquidityDto {
    Crossed,
    Paper(ModelDto),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ModelDto {
    fill: FillDto,
    sizes: &'static str,
    slippage: SlippageDto,
    latency: LatencyDto,
    bars: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum FillDto {
    Touch,
    Through,
    Queue(QueueDto),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum QueueDto {
    Conservative,
    Power(u8),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum SlippageDto {
    None,
    Ticks(u32),
    RatePct(String),
    ImpactTicks(u32),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum LatencyDto {
    None,
    Constant { order_ns: u32, ack_ns: u32 },
    Recorded(String),
}

impl DefinitionDto {
    /// The form of a definition.
    pub fn new(instrument: &Instrument, names: &Names) -> Self {
        let requirement = |Requirement { rate, per_unit }: Requirement| RequirementDto {
            rate_pct: percent::exact(rate),
            per_unit: per_unit.to_string(),
        };
        Self {
            symbol: instrument.symbol.to_string(),
            kind: instrument.kind.word(),
            currency: instrument.currency.to_string(),
            tick_size: instrument.tick_size.to_string(),
            lot_size: instrument.lot_size.to_string(),
            contract_size: instrument.contract_size.to_string(),
            order_qty_max: instrument.order_qty_max.to_string(),
            fees: FeesDto {
                maker_pct: percent::exact(instrument.fees.maker),
                taker_pct: percent::exact(instrument.fees.taker),
                per_unit: instrument.fees.per_unit.to_string(),
                minimum: instrument.fees.minimum.to_string(),
            },
            margin: MarginDto {
                initial: requirement(instrument.margin.initial),
                maintenance: requirement(instrument.margin.maintenance),
            },
            shortable: instrument.shortable,
            collar_pct: percent::exact(instrument.collar),
            breaker_pct: percent::exact(instrument.breaker),
            liquidity: match instrument.liquidity {
                Liquidity::Crossed => LiquidityDto::Crossed,
                Liquidity::Paper(model) => LiquidityDto::Paper(ModelDto::new(model, names)),
            },
        }
    }
}

impl ModelDto {
    fn new(model: PaperModel, names: &Names) -> Self {
        Self {
            fill: match model.fill {
                FillRule::Touch => FillDto::Touch,
                FillRule::Through => FillDto::Through,
                FillRule::Queue(CancelModel::Conservative) => {
                    FillDto::Queue(QueueDto::Conservative)
                }
                FillRule::Queue(CancelModel::Power(power)) => {
                    FillDto::Queue(QueueDto::Power(power))
                }
            },
            sizes: model.sizes.word(),
            slippage: match model.slippage {
                Slippage::None => SlippageDto::None,
                Slippage::Ticks(ticks) => SlippageDto::Ticks(ticks),
                Slippage::Rate(rate) => SlippageDto::RatePct(percent::exact(rate)),
                Slippage::Impact { ticks } => SlippageDto::ImpactTicks(ticks),
            },
            latency: match model.latency {
                Latency::None => LatencyDto::None,
                Latency::Constant(LatencySample { order_ns, ack_ns }) => {
                    LatencyDto::Constant { order_ns, ack_ns }
                }
                Latency::Recorded(id) => LatencyDto::Recorded(names.latency(id)),
            },
            bars: model.bars.word(),
        }
    }
}
