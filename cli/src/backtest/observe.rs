//! What goes on beside a run: calendars, progress, proofs, the file of fills.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::backtest::outcome::{Executed, RoundTrip};
use ::backtest::report::Recorder;
use ::backtest::run::{Observer, Settings};
use anyhow::Context as _;
use gateway::dto::{ProofDto, proof};
use indicatif::ProgressBar;
use runtime::view::AccountView;
use runtime::{Almanac, Limits, Shard};
use types::{
    AccountId, Event, EventKind, Input, InputKind, Label, MarketData, RollSchedule, Seq, ShardId,
    TimestampNs, TradingDay,
};

use super::data::Files;
use super::entry::Entered;
use super::market::Market;
use super::{Args, hours, tables};
use crate::progress::reading_progress;
use crate::serve::Timetable;

/// How many inputs lie between two looks at the progress bar.
const INPUTS_PER_LOOK: u32 = 65_536;

/// The calendars, and everything that is written on the way.
pub(super) struct Watch {
    almanac: Almanac,
    progress: ProgressBar,
    counters: Vec<Arc<AtomicU64>>,
    since_look: u32,
    proofs: Option<PathBuf>,
    /// How many proofs were written.
    pub(super) proved: u32,
    /// The documents of breaches.
    pub(super) documents: Vec<(Seq, PathBuf)>,
    /// What the report draws, if there is to be one.
    pub(super) recorder: Option<Recorder>,
    executions: Option<BufWriter<File>>,
    trades: Option<BufWriter<File>>,
    /// The first thing that could not be written.
    failure: Option<anyhow::Error>,
    schedule: RollSchedule,
    /// Trading days of the account that opened, each with when it did.
    pub(super) days: Vec<(TimestampNs, TradingDay)>,
    contest_schedule: Option<RollSchedule>,
    /// When days of the competition rolled.
    pub(super) contest_rolls: Vec<TimestampNs>,
    /// Splits that took effect, each with the instrument.
    pub(super) splits: Vec<(TimestampNs, Label)>,
    /// The account at the end.
    pub(super) account: Option<Box<AccountView>>,
    /// Its entry of a competition at the end.
    pub(super) entered: Option<Entered>,
    /// What to know of hours that the plan follows.
    pub(super) unknown_hours: Option<String>,
    /// Names of the instruments.
    pub(super) names: Vec<Label>,
    /// Their currencies.
    currencies: Vec<Label>,
}

impl Watch {
    pub(super) fn new(
        args: &Args,
        settings: &Settings,
        market: &Market,
        files: &Files,
    ) -> anyhow::Result<Self> {
        let mut timetable = Timetable::new(&market.specifications);
        let empty = Shard::new(ShardId(0), Limits::default());
        let almanac = Almanac::new(
            &empty,
            Some(Box::new(move |ts, shard| timetable.next(ts, shard))),
            Some(marketdata::calendar::closures),
        )
        .with_intervals(market.hours.clone());
        if let Some(folder) = &args.proofs {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        let table = |path: &PathBuf, head: &str| {
            let file = File::create(path).with_context(|| path.display().to_string())?;
            let mut file = BufWriter::new(file);
            writeln!(file, "{head}").with_context(|| path.display().to_string())?;
            anyhow::Ok(file)
        };
        let executions = args.executions.as_ref();
        let executions = executions.map(|path| table(path, tables::EXECUTIONS));
        let trades = args.trades.as_ref();
        let trades = trades.map(|path| table(path, tables::TRADES));
        let instruments = market.instruments();
        Ok(Self {
            almanac,
            progress: reading_progress(files.bytes)?,
            counters: Vec::new(),
            since_look: 0,
            proofs: args.proofs.clone(),
            proved: 0,
            documents: Vec::new(),
            recorder: (args.report.is_some() || args.plots.is_some()).then(Recorder::new),
            executions: executions.transpose()?,
            trades: trades.transpose()?,
            failure: None,
            schedule: settings.plan.schedule,
            days: Vec::new(),
            contest_schedule: settings.competition.as_ref().map(|it| it.schedule),
            contest_rolls: Vec::new(),
            splits: Vec::new(),
            account: None,
            entered: None,
            unknown_hours: hours::unknown(&settings.plan, &market.hours),
            names: instruments.iter().map(|it| it.symbol).collect(),
            currencies: instruments.iter().map(|it| it.currency).collect(),
        })
    }

    /// What the progress bar looks at.
    pub(super) fn counts(&mut self, counters: Vec<Arc<AtomicU64>>) {
        self.counters = counters;
    }

    /// Ends what is written.
    ///
    /// # Errors
    /// The first thing that could not be written.
    pub(super) fn close(&mut self) -> anyhow::Result<()> {
        self.progress.finish_and_clear();
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if let Some(file) = &mut self.executions {
            file.flush().context("--executions")?;
        }
        if let Some(file) = &mut self.trades {
            file.flush().context("--trades")?;
        }
        Ok(())
    }

    fn prove(
        &mut self,
        folder: &std::path::Path,
        events: &[Event],
        shard: &Shard,
    ) -> anyhow::Result<()> {
        for (place, proof) in (1..).zip(&shard.proofs(events)) {
            let kind = proof::kind_of(&proof.verdict);
            let path = folder.join(format!("{}-{place}-{kind}.json", proof.seq));
            let document = ProofDto::new(proof);
            fs::write(&path, format!("{document:#}\n"))
                .with_context(|| path.display().to_string())?;
            self.proved += 1;
            if kind == "breach" {
                self.documents.push((proof.seq, path));
            }
        }
        Ok(())
    }
}

impl Observer for Watch {
    fn before(&mut self, ts: TimestampNs, shard: &Shard) -> Option<(TimestampNs, InputKind)> {
        self.since_look += 1;
        if self.since_look == INPUTS_PER_LOOK {
            self.since_look = 0;
            let read = self.counters.iter();
            let read: u64 = read.map(|counter| counter.load(Ordering::Relaxed)).sum();
            self.progress.set_position(read);
        }
        let next = self.almanac.before(ts, shard);
        if let Some((at, InputKind::Market(event))) = &next
            && let MarketData::Split { .. } = event.data
            && let Some(symbol) = self.names.get(event.instrument.0 as usize)
        {
            self.splits.push((*at, *symbol));
        }
        next
    }

    fn sees_all(&self) -> bool {
        self.recorder.is_some()
    }

    fn applied(&mut self, input: &Input, events: &[Event], shard: &Shard) {
        if let Some(recorder) = &mut self.recorder {
            recorder.applied(input, events, shard);
        }
        for event in events {
            if let EventKind::DayRolled { schedule, day } = event.kind {
                if schedule == self.schedule {
                    self.days.push((event.ts, day));
                }
                if Some(schedule) == self.contest_schedule {
                    self.contest_rolls.push(event.ts);
                }
            }
        }
        let has_verdict = events
            .iter()
            .any(|event| matches!(event.kind, EventKind::VerdictBasis(_)));
        if has_verdict
            && self.failure.is_none()
            && let Some(folder) = self.proofs.clone()
            && let Err(error) = self.prove(&folder, events, shard)
        {
            self.failure = Some(error);
        }
    }

    fn finished(&mut self, shard: &Shard) {
        self.account = shard.account_view(AccountId(0)).map(Box::new);
        self.entered = Entered::new(shard);
    }

    fn filled(&mut self, executed: &Executed) {
        if let Some(file) = &mut self.executions
            && let Err(error) = writeln!(file, "{}", tables::execution(executed, &self.names))
            && self.failure.is_none()
        {
            self.failure = Some(anyhow::Error::new(error).context("--executions"));
        }
    }
    fn closed(&mut self, trip: &RoundTrip) {
        if let Some(file) = &mut self.trades
            && let Err(error) = writeln!(
                file,
                "{}",
                tables::trade(trip, &self.names, &self.currencies)
            )
            && self.failure.is_none()
        {
            self.failure = Some(anyhow::Error::new(error).context("--trades"));
        }
    }
}
