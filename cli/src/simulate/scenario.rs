//! A scenario as it runs: the shard, the names, the clock, and one line after the other.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use gateway::dto::{
    Field, FieldError, Names, Node, ProofDto, StateDto, Table, event, limits, proof,
};
use runtime::{Calendar, EventBuf, Limits, Shard};
use types::{
    AccountId, ClientOrderId, Command, EventKind, Input, InputKind, Instrument, InstrumentId,
    MarketData, MarketEvent, OrderId, ShardId, Timer, TimestampNs,
};

use super::Stop;
use super::kind::{Kind, Part};

/// The version of the schema that this program reads.
const VERSION: u32 = 1;

/// A scenario as it runs.
pub(super) struct Scenario {
    pub(super) shard: Shard,
    pub(super) limits: Limits,
    pub(super) names: Names,
    /// Orders and algos that were accepted, by what their sender called them.
    pub(super) orders: BTreeMap<(AccountId, ClientOrderId), OrderId>,
    part: Part,
    /// Whether a line other than a note went by.
    has_begun: bool,
    pub(super) ts: Option<TimestampNs>,
    pub(super) events: EventBuf,
    /// Says which days may open.
    pub(super) calendar: Calendar,
    /// Where the proofs go.
    proofs: Option<PathBuf>,
}

impl Scenario {
    pub(super) fn new(proofs: Option<&Path>) -> Self {
        let limits = Limits::default();
        Self {
            shard: Shard::new(ShardId(0), limits),
            limits,
            names: Names::given(),
            orders: BTreeMap::new(),
            part: Part::Start,
            has_begun: false,
            ts: None,
            events: EventBuf::default(),
            calendar: Calendar::default(),
            proofs: proofs.map(Path::to_owned),
        }
    }

    pub(super) fn state(&self) -> StateDto {
        StateDto::new(&self.shard, &self.names)
    }

    /// Applies one line and writes the events of its inputs.
    pub(super) fn line(&mut self, node: &Node, out: &mut impl Write) -> Result<(), Stop> {
        let root = Field::root(node);
        let tag = root.tag("type")?;
        let kind: Kind = tag.word()?;
        let part = kind.follow(self.part, &root)?;
        match kind {
            Kind::Note => {
                root.table(&["type", "text"])?
                    .field("text")
                    .text("any text")?;
                return Ok(());
            }
            Kind::Scenario => self.version(&root, &tag)?,
            Kind::Input => self.input_line(&root, out)?,
            Kind::Curve => self.curve_line(&root, out)?,
            Kind::Latency => self.latency_line(&root, out)?,
            Kind::Instrument => self.instrument_line(&root, out)?,
            Kind::Plan => self.plan_line(&root, out)?,
            Kind::Account => self.account_line(&root, out)?,
            Kind::Competition => self.competition_line(&root, out)?,
            Kind::Quote => self.quote_line(&root, out)?,
            Kind::Trade => self.trade_line(&root, out)?,
            Kind::Depth => self.depth_line(&root, out)?,
            Kind::Bar => self.bar_line(&root, out)?,
            Kind::Status => self.status_line(&root, out)?,
            Kind::Conversion => self.conversion_line(&root, out)?,
            Kind::Financing => self.financing_line(&root, out)?,
            Kind::Dividend => self.dividend_line(&root, out)?,
            Kind::Split => self.split_line(&root, out)?,
            Kind::Gap => self.gap_line(&root, out)?,
            Kind::Order => self.order_line(&root, out)?,
            Kind::WhatIf => self.what_if_line(&root, out)?,
            Kind::List => self.list_line(&root, out)?,
            Kind::Algo => self.algo_line(&root, out)?,
            Kind::Amend => self.amend_line(&root, out)?,
            Kind::Cancel => self.cancel_line(&root, out)?,
            Kind::Disconnect => self.disconnect_line(&root, out)?,
            Kind::Roll => self.roll_line(&root, out)?,
            Kind::Clock => self.clock_line(&root, out)?,
            Kind::Adjust => self.adjust_line(&root, out)?,
            Kind::AccountChange => self.account_change_line(&root, out)?,
            Kind::Window => self.window_line(&root, out)?,
            Kind::Enter => self.enter_line(&root, out)?,
            Kind::CompetitionChange => self.competition_change_line(&root, out)?,
        }
        self.part = part;
        self.has_begun = true;
        Ok(())
    }

    fn version(&mut self, root: &Field<'_>, tag: &Field<'_>) -> Result<(), FieldError> {
        if self.has_begun {
            return Err(tag.error("no such line here: it is the first one"));
        }
        let table = root.table(&["type", "version", "limits"])?;
        let version = table.field("version");
        let accepted = format!("{VERSION}, the version of the schema, without quotes");
        if version.integer::<u32>(&accepted)? != VERSION {
            return Err(version.error(accepted));
        }
        if let Some(stated) = table.optional("limits") {
            // Nothing was applied yet.
            self.limits = limits::stated(&limits::read(&stated)?);
            self.shard = Shard::new(ShardId(0), self.limits);
        }
        Ok(())
    }

    /// When the outside market said what a line says: by its own clock, else at the time of the line.
    pub(super) fn ts_event(table: &Table<'_>, ts: TimestampNs) -> Result<TimestampNs, FieldError> {
        table
            .optional("ts_event")
            .map_or(Ok(ts), |field| field.timestamp())
    }

    /// The time of a line: its own, or that of the line before.
    pub(super) fn ts(&self, table: &Table<'_>) -> Result<TimestampNs, FieldError> {
        let field = table.field("ts");
        match (field.clone().present(), self.ts) {
            (None, Some(ts)) => Ok(ts),
            (_, known) => {
                let ts = field.timestamp()?;
                match known {
                    Some(before) if ts < before => {
                        Err(field.error(format!("a time not before {before}")))
                    }
                    _ => Ok(ts),
                }
            }
        }
    }

    /// What is due at the time of a roll waits for the next input: where a roll was the last one, time
    /// itself is.
    pub(super) fn end(&mut self, out: &mut impl Write) -> Result<(), Stop> {
        let now = self.shard.ts();
        if self.shard.next_due().is_some_and(|due| due <= now) {
            self.apply(now, InputKind::Timer(Timer::Clock), out)?;
        }
        Ok(())
    }

    /// Applies one input and writes its events.
    pub(super) fn apply(
        &mut self,
        ts: TimestampNs,
        kind: InputKind,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let seq = self.shard.seq().next();
        self.ts = Some(ts);
        self.events.clear();
        self.shard.apply(&Input { seq, ts, kind }, &mut self.events);
        self.names.learn(&self.shard);
        for fact in self.events.as_slice() {
            let (account, client_order, order) = match fact.kind {
                EventKind::OrderAccepted { order, request, .. } => {
                    (request.account, request.client_order, order)
                }
                EventKind::AlgoAccepted { order, request } => {
                    (request.account, request.client_order, order)
                }
                _ => continue,
            };
            self.orders.insert((account, client_order), order);
        }
        for line in event::events(self.events.as_slice(), &self.names) {
            writeln!(out, "{line}")?;
        }
        self.write_proofs()
    }

    /// Whether the last input could not be applied.
    pub(super) fn is_rejected(&self) -> bool {
        let mut events = self.events.as_slice().iter();
        events.any(|event| matches!(event.kind, EventKind::InputRejected { .. }))
    }

    /// Writes the proofs of the last input, each to a file of its own.
    fn write_proofs(&self) -> Result<(), Stop> {
        let Some(folder) = &self.proofs else {
            return Ok(());
        };
        let proofs = self.shard.proofs(self.events.as_slice());
        for (place, proof) in (1..).zip(&proofs) {
            let kind = proof::kind_of(&proof.verdict);
            let path = folder.join(format!("{}-{place}-{kind}.json", proof.seq));
            let document = ProofDto::new(proof);
            fs::write(&path, format!("{document:#}\n"))
                .map_err(|error| Stop::Proof(path, error))?;
        }
        Ok(())
    }

    pub(super) fn command(
        &mut self,
        ts: TimestampNs,
        command: Command,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        self.apply(ts, InputKind::Command(command), out)
    }

    pub(super) fn market(
        &mut self,
        ts: TimestampNs,
        instrument: InstrumentId,
        data: MarketData,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        self.market_at([ts; 2], instrument, data, out)
    }

    /// As [`Scenario::market`], at the time of the line and that of the market.
    pub(super) fn market_at(
        &mut self,
        [ts, ts_event]: [TimestampNs; 2],
        instrument: InstrumentId,
        data: MarketData,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let event = MarketEvent {
            instrument,
            ts_event,
            data,
        };
        self.apply(ts, InputKind::Market(event), out)
    }

    /// The instrument that a line names.
    pub(super) fn instrument(
        &self,
        table: &Table<'_>,
    ) -> Result<(InstrumentId, Instrument), FieldError> {
        const ACCEPTED: &str = "the id of an instrument above";
        let field = table.field("instrument");
        self.names
            .instrument_id(field.text(ACCEPTED)?)
            .and_then(|id| self.shard.instrument_view(id))
            .map(|view| (view.id, view.instrument))
            .ok_or_else(|| field.error(ACCEPTED))
    }

    /// The account of a field.
    pub(super) fn account(&self, field: &Field<'_>) -> Result<AccountId, FieldError> {
        const ACCEPTED: &str = "the id of an account above";
        self.names
            .account_id(field.text(ACCEPTED)?)
            .ok_or_else(|| field.error(ACCEPTED))
    }
}
