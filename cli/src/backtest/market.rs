//! The instruments of a run: from a file, or as far as the data and the command line say.

use std::fs;

use ::backtest::run::Converter;
use anyhow::Context as _;
use gateway::dto::instrument::specification::{Calls, Specification, from_toml};
use types::{
    BarPath, Calendar, Command, FeeSchedule, Instrument, InstrumentId, InstrumentKind, Interval,
    Label, Liquidity, Margin, PaperModel, Price, Qty, Ratio, Slippage,
};

use super::data::Files;
use super::{Args, Usage, hours};

/// The largest order of an instrument that the data alone describes, in whole units.
const ORDER_UNITS_MAX: i64 = 1_000_000_000;

/// What is traded.
#[derive(Debug)]
pub(super) struct Market {
    pub(super) specifications: Vec<Specification>,
    /// What the data calls each.
    pub(super) symbols: Vec<Label>,
    /// Hours that are announced.
    pub(super) hours: Vec<(Calendar, Interval)>,
}

impl Market {
    pub(super) fn instruments(&self) -> Vec<Instrument> {
        let all = self.specifications.iter();
        all.map(|specification| specification.definition).collect()
    }

    /// The only one.
    pub(super) fn only(&self) -> Option<&Instrument> {
        match &self.specifications[..] {
            [only] => Some(&only.definition),
            _ => None,
        }
    }
}

/// The instruments of a run.
pub(super) fn market(args: &Args, files: &Files) -> anyhow::Result<Market> {
    let hours = args.windows.as_deref().map(hours::read).transpose()?;
    let market = match &args.instrument {
        Some(path) => {
            let name = path.display().to_string();
            let text = fs::read_to_string(path).with_context(|| name.clone())?;
            of_file(from_toml(&name, &text)?, &name, files)
        }
        None => of_data(args, files),
    };
    Ok(Market {
        hours: hours.unwrap_or_default(),
        ..market?
    })
}

/// What currencies are worth in the account's: as said, or as a market says.
pub(super) fn conversions(
    args: &Args,
    market: &Market,
    to: Label,
) -> Result<(Vec<Command>, Vec<Converter>), Usage> {
    let (mut fixed, mut converters) = (Vec::new(), Vec::new());
    for (name, text) in &args.convert {
        let from =
            Label::new(name).map_err(|error| Usage(format!("--convert '{name}': {error}")))?;
        let instruments = market.instruments();
        let place = instruments.iter().position(|it| it.symbol.as_str() == text);
        let rate = text.parse().ok().filter(|rate: &Price| rate.0 > 0);
        match (place, rate) {
            (Some(place), _) => converters.push(Converter {
                from,
                instrument: InstrumentId(place as u32),
            }),
            (None, Some(rate)) => fixed.push(Command::SetConversion { from, to, rate }),
            (None, None) => {
                let names: Vec<_> = instruments.iter().map(|it| it.symbol.to_string()).collect();
                return Err(Usage(format!(
                    "--convert {name}={text}; accepted: a rate above zero, or an instrument ({})",
                    names.join(", ")
                )));
            }
        }
    }
    for instrument in market.instruments() {
        let (symbol, from) = (instrument.symbol, instrument.currency);
        if from != to && !args.convert.iter().any(|(name, _)| from.as_str() == name) {
            return Err(Usage(format!(
                "'{symbol}' is in {from} and the account in {to}, with no rate between them; accepted: --convert \
                 {from}=RATE, units of {to} for one {from}, or --convert {from}=SYMBOL of an instrument of the data"
            )));
        }
    }
    Ok((fixed, converters))
}

/// Those of a file that the data has; a single one is whatever the data calls its single instrument.
fn of_file(all: Vec<Specification>, name: &str, files: &Files) -> anyhow::Result<Market> {
    if let ([_], [symbol]) = (&all[..], &files.symbols[..]) {
        return Ok(Market {
            symbols: vec![*symbol],
            specifications: all,
            hours: Vec::new(),
        });
    }
    let mut specifications = Vec::new();
    for symbol in &files.symbols {
        let known = all.iter().find(|known| known.definition.symbol == *symbol);
        let Some(known) = known else {
            let names: Vec<_> = all.iter().map(|it| it.definition.symbol.as_str()).collect();
            return Err(Usage(format!(
                "{name}: no instrument '{symbol}', which the data has; accepted: one of each symbol of the data \
                 (it has {}), or --symbol to name what a file does not name",
                names.join(", ")
            ))
            .into());
        };
        specifications.push(known.clone());
    }
    Ok(Market {
        symbols: files.symbols.clone(),
        specifications,
        hours: Vec::new(),
    })
}

/// As the data has them, with the fees and the slippage of the command line.
fn of_data(args: &Args, files: &Files) -> anyhow::Result<Market> {
    let currency = args.currency.as_deref().unwrap_or("USD");
    let currency = match &args.plan {
        Some(path) => crate::plan::read(path)?.currency,
        None => Label::new(currency)
            .map_err(|error| Usage(format!("--currency '{currency}': {error}")))?,
    };
    let fee = args.fee.unwrap_or(Ratio::ZERO);
    let specifications = files.symbols.iter().enumerate().map(|(place, symbol)| {
        let lot_size = args.input.lot.unwrap_or_else(|| files.lot(place));
        let most = Qty::whole(ORDER_UNITS_MAX).0;
        let definition = Instrument {
            symbol: *symbol,
            kind: InstrumentKind::Equity,
            currency,
            tick_size: args.input.tick.unwrap_or_else(|| files.tick(place)),
            lot_size,
            contract_size: Qty::ONE,
            order_qty_max: Qty((most - most % lot_size.0).max(lot_size.0)),
            fees: FeeSchedule {
                taker: fee,
                maker: fee,
                ..FeeSchedule::default()
            },
            margin: Margin::default(),
            shortable: true,
            collar: Ratio::ZERO,
            breaker: Ratio::ZERO,
            liquidity: Liquidity::Paper(PaperModel {
                slippage: args.slippage.map_or(Slippage::None, Slippage::Ticks),
                bars: BarPath::Walked,
                ..PaperModel::default()
            }),
        };
        Specification {
            definition,
            session: None,
            calls: Calls::default(),
            financing: None,
            actions: Vec::new(),
        }
    });
    Ok(Market {
        specifications: specifications.collect(),
        symbols: files.symbols.clone(),
        hours: Vec::new(),
    })
}
