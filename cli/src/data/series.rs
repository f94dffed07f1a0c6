//! What `dynasty data convert` makes of the rows before they are written: futures as one series, and bars without the
//! steps of splits and dividends.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;
use gateway::dto::chain::{self, Chain};
use gateway::dto::instrument::specification::{self, Specification};
use marketdata::actions::{self, ActionKind, AdjustFor};
use marketdata::continuous::{self, Contract, DayClock, FiguresGatherer, RollRule, Splice};
use marketdata::history::{DayOpenInterest, OpenInterest, Row, RowError};
use types::{Bar, Label, MarketData, TradingDay};

use super::Usage;
use super::told::names;
use crate::demo::tell;

/// The most bars that are adjusted: they are held until the last action is known to be behind them.
const ADJUSTED_BARS_MAX: usize = 1_000_000;

/// What bars are adjusted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AdjustForArg {
    Splits,
    /// Splits and dividends: a series of total return.
    All,
}

impl From<AdjustForArg> for AdjustFor {
    fn from(what: AdjustForArg) -> Self {
        match what {
            AdjustForArg::Splits => Self::Splits,
            AdjustForArg::All => Self::SplitsAndDividends,
        }
    }
}

/// Name and text of a file of an option, which accepts this.
pub(super) fn text_of(
    option: &str,
    path: &Path,
    accepted: &str,
) -> anyhow::Result<(String, String)> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path)
        .with_context(|| format!("{option} {name}; accepted: {accepted}"))?;
    Ok((name, text))
}

/// The open interest of a chain's contracts, of which each day is told once. `lines` says where.
fn read_open_interest(
    path: &Path,
    places: &BTreeMap<String, usize>,
    gatherer: &mut FiguresGatherer,
    lines: &mut HashMap<(usize, TradingDay), String>,
) -> anyhow::Result<()> {
    let mut rows = OpenInterest::open(path)?;
    while let Some(row) = rows.next() {
        let DayOpenInterest {
            symbol,
            day,
            open_interest,
        } = row?;
        let Some(&place) = places.get(symbol.as_str()) else {
            continue;
        };
        let here = format!("{}{}", path.display(), rows.place());
        if let Some(before) = lines.get(&(place, day)) {
            bail!(Usage(format!(
                "{here}: day is '{day}'; accepted: each day of {symbol} once, and {before} has it"
            )));
        }
        lines.insert((place, day), here);
        gatherer.take_open_interest(place, day, open_interest);
    }
    Ok(())
}

/// Of which symbols there are rows.
struct Found {
    /// Whether a file has any of a contract.
    has_contract: Vec<bool>,
    /// Places of the contracts that have any.
    contracts: BTreeSet<usize>,
    /// How many rows of symbols that the chain does not have, by file.
    foreign: Vec<BTreeMap<Label, u64>>,
}

impl Found {
    fn new(files: usize) -> Self {
        Self {
            has_contract: vec![false; files],
            contracts: BTreeSet::new(),
            foreign: vec![BTreeMap::new(); files],
        }
    }

    fn contract(&mut self, file: usize, place: usize) {
        self.has_contract[file] = true;
        self.contracts.insert(place);
    }

    fn foreign(&mut self, file: usize, symbol: Label) {
        *self.foreign[file].entry(symbol).or_default() += 1;
    }

    /// A file of other symbols alone is a mistake; of one that has others beside contracts, as files of a whole market
    /// do, they are told, and so are contracts of which there is nothing.
    fn check(&self, chain: &str, files: &[PathBuf], contracts: &[Contract]) -> anyhow::Result<()> {
        let known: Vec<_> = contracts.iter().map(|it| it.symbol.as_str()).collect();
        for (place, foreign) in self.foreign.iter().enumerate() {
            if foreign.is_empty() {
                continue;
            }
            let file = files[place].display();
            let symbols: Vec<_> = foreign.keys().map(Label::as_str).collect();
            let symbols = names(&symbols);
            if !self.has_contract[place] {
                bail!(Usage(format!(
                    "{file}: symbol is '{symbols}'; accepted: those of the chain {chain}: {}",
                    names(&known)
                )));
            }
            let rows: u64 = foreign.values().sum();
            tell(format_args!(
                "{file}: {rows} rows left out, of symbols that the chain does not have: {symbols}"
            ));
        }
        let places = known.iter().enumerate();
        let without: Vec<_> = places
            .filter(|(place, _)| !self.contracts.contains(place))
            .map(|(_, symbol)| *symbol)
            .collect();
        if !without.is_empty() && !self.contracts.is_empty() {
            tell(format_args!("{chain}: no row of {}", names(&without)));
        }
        Ok(())
    }
}

/// A chain's contracts as one series.
pub(super) struct Series {
    symbol: Label,
    places: BTreeMap<String, usize>,
    clock: DayClock,
    splice: Splice,
    /// Quotes or levels of the front contract were said, and none since.
    has_book: bool,
}

impl Series {
    /// Reads the chain of a file, and through the rows, each with the place of its file among `sources`, to know when its
    /// contracts roll.
    pub(super) fn find(
        path: &Path,
        sources: &[PathBuf],
        rows: impl Iterator<Item = (usize, Result<Row, RowError>)>,
    ) -> anyhow::Result<Self> {
        let accepted = "a file of a chain (TOML), as docs/instruments.md explains it";
        let (name, text) = text_of("--continuous", path, accepted)?;
        let Chain {
            symbol,
            session,
            tick_size,
            rule,
            adjustment,
            contracts,
            figures: files,
        } = chain::from_toml(&name, &text).map_err(|error| Usage(error.to_string()))?;
        let symbols = contracts.iter().map(|contract| contract.symbol.clone());
        let places: BTreeMap<String, usize> = symbols.zip(0..).collect();
        let mut clock = DayClock::new(session);
        let mut gatherer = FiguresGatherer::new(contracts.len());
        let mut span: Option<(TradingDay, TradingDay)> = None;
        let mut found = Found::new(sources.len());
        for (file, row) in rows {
            let row = row?;
            let Some(&place) = places.get(row.symbol.as_str()) else {
                found.foreign(file, row.symbol);
                continue;
            };
            found.contract(file, place);
            let Some(day) = clock.day(row.ts, &row.data) else {
                continue;
            };
            let (first, last) = span.unwrap_or((day, day));
            span = Some((first.min(day), last.max(day)));
            gatherer.take(place, day, &row.data);
        }
        found.check(&name, sources, &contracts)?;
        let Some(span) = span else {
            bail!(
                "{name}: no row of its contracts; `dynasty data ls` says what symbols files have"
            );
        };
        if matches!(rule, RollRule::OpenInterest(_)) {
            let mut lines = HashMap::new();
            for file in &files {
                let beside = path.parent().unwrap_or(Path::new("")).join(file);
                read_open_interest(&beside, &places, &mut gatherer, &mut lines)?;
            }
            if let Some(place) = gatherer.without_open_interest() {
                bail!(Usage(format!(
                    "{name}: figures: no open interest of {} in {}; accepted: a row of it for each day that counts",
                    contracts[place].symbol,
                    files.join(", ")
                )));
            }
        }
        let figures = gatherer.finish();
        let rolls = continuous::rolls(&contracts, rule, clock.calendar(), &figures, span)
            .with_context(|| name.clone())?;
        for roll in &rolls.1 {
            let of = |place: usize| &contracts[place].symbol;
            tell(format_args!(
                "{}: {} to {}",
                roll.day,
                of(roll.from),
                of(roll.to)
            ));
        }
        Ok(Self {
            symbol,
            places,
            clock,
            splice: Splice::new(rolls, adjustment, tick_size).with_context(|| name)?,
            has_book: false,
        })
    }

    /// What of the series a row is, if it is of it: nothing, itself, or first that what was known of the book is not.
    pub(super) fn take(&mut self, row: Row) -> anyhow::Result<[Option<Row>; 2]> {
        const NOTHING: [Option<Row>; 2] = [None, None];
        let Some(&place) = self.places.get(row.symbol.as_str()) else {
            return Ok(NOTHING);
        };
        let Some(day) = self.clock.day(row.ts, &row.data) else {
            return Ok(NOTHING);
        };
        let mut gap = None;
        if self.splice.reach(day) && std::mem::take(&mut self.has_book) {
            gap = Some(Row {
                ts: row.ts,
                ts_event: row.ts,
                symbol: self.symbol,
                data: MarketData::Gap,
            });
        }
        if place != self.splice.front() {
            return Ok([gap, None]);
        }
        self.has_book |= matches!(
            row.data,
            MarketData::Quote(_) | MarketData::DepthSnapshot(_) | MarketData::DepthDelta(_)
        );
        let data = self.splice.adjusted(row.ts, row.data)?;
        let symbol = self.symbol;
        Ok([
            gap,
            Some(Row {
                symbol,
                data,
                ..row
            }),
        ])
    }
}

/// Daily bars of instruments with splits and dividends.
pub(super) struct Adjustment {
    file: String,
    instruments: Vec<Specification>,
    what: AdjustFor,
    /// A file whose prices are adjusted for splits as they are read.
    has_split: Option<String>,
    rows: Vec<Row>,
}

impl Adjustment {
    /// For the instruments of a file. `has_split` is a file that is read whose prices are adjusted for splits already.
    pub(super) fn open(
        path: &Path,
        what: AdjustForArg,
        has_split: Option<String>,
    ) -> anyhow::Result<Self> {
        let accepted = "a file of instruments (TOML) with their splits and dividends";
        let (file, text) = text_of("--adjust", path, accepted)?;
        let instruments =
            specification::from_toml(&file, &text).map_err(|error| Usage(error.to_string()))?;
        Ok(Self {
            file,
            instruments,
            what: what.into(),
            has_split,
            rows: Vec::new(),
        })
    }

    /// Takes a bar.
    pub(super) fn take(&mut self, row: Row) -> anyhow::Result<()> {
        if self.rows.len() == ADJUSTED_BARS_MAX {
            bail!("more than {ADJUSTED_BARS_MAX} bars to adjust (adjusted_bars_max)");
        }
        self.rows.push(row);
        Ok(())
    }

    /// All bars in the terms of their last ones, in the order in which they came.
    pub(super) fn finish(mut self) -> anyhow::Result<Vec<Row>> {
        let mut places: BTreeMap<Label, Vec<usize>> = BTreeMap::new();
        for (place, row) in self.rows.iter().enumerate() {
            places.entry(row.symbol).or_default().push(place);
        }
        for (symbol, places) in places {
            let file = &self.file;
            let known = self.instruments.iter();
            let Some(instrument) = known
                .clone()
                .find(|instrument| instrument.definition.symbol == symbol)
            else {
                bail!(Usage(format!(
                    "{file} has no instrument {symbol}; accepted: one for each symbol that is read, or --symbol"
                )));
            };
            // Without a session there are no actions.
            let Some(session) = &instrument.session else {
                continue;
            };
            let mut clock = DayClock::new(session.clone());
            let mut bars: Vec<(TradingDay, Bar)> = Vec::with_capacity(places.len());
            for &place in &places {
                let row = &self.rows[place];
                let (MarketData::Bar(bar), Some(day)) = (&row.data, clock.day(row.ts, &row.data))
                else {
                    bail!(Usage(format!(
                        "{symbol} at {}: no bar of a day; accepted: daily bars, such as those of --every 1d",
                        row.ts
                    )));
                };
                bars.push((day, *bar));
            }
            let (actions, tick) = (&instrument.actions, instrument.definition.tick_size);
            let within = |day: TradingDay| {
                bars.first().is_some_and(|(first, _)| *first < day)
                    && bars.last().is_some_and(|(last, _)| day <= *last)
            };
            let split = actions
                .iter()
                .find(|it| matches!(it.kind, ActionKind::Split { .. }) && within(it.ex));
            if let (Some(read), Some(split)) = (&self.has_split, split) {
                bail!(Usage(format!(
                    "{read}: the prices of the layout yahoo are adjusted for splits already, and {file} has one of \
                     {symbol} on {}; accepted: without --adjust, or with dividends alone",
                    split.ex
                )));
            }
            let adjusted = actions::adjust(&bars, actions, self.what, tick)
                .with_context(|| format!("{symbol} by {file}"))?;
            for (place, (_, bar)) in places.into_iter().zip(adjusted) {
                self.rows[place].data = MarketData::Bar(bar);
            }
        }
        Ok(self.rows)
    }
}
