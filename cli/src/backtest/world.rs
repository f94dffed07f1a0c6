//! What many runs share: data in memory, calendars, columns.

use ::backtest::columnar::{Columns, Desk, NotColumnar};
use ::backtest::monte_carlo::noisy;
use ::backtest::outcome::Outcome;
use ::backtest::report::Recorder;
use ::backtest::run::{self, Memory, Observer, RunError, Settings, Source, Timed};
use ::backtest::search::{Cells, World};
use ::backtest::strategies::Declared;
use ::backtest::strategy::Values;
use runtime::{Almanac, Limits, Shard};
use types::{
    AccountId, Bar, Event, Input, InputKind, Label, MarketData, MarketEvent, Money, ShardId,
    TimestampNs,
};

use super::data::{self, Files};
use super::hours;
use super::ignored::{self, Purpose};
use super::market::{self, Market};
use super::report::Subject;
use super::{Args, Usage, settings};
use crate::serve::Timetable;
use crate::strategies::Picked;

/// The most events that searches hold in memory: of bars about 6 GB.
const EVENTS_MAX: usize = 50_000_000;

/// Data, terms and strategy of many runs.
pub(super) struct Prepared {
    pub(super) picked: Picked,
    pub(super) values: Values,
    /// Names of the parameters that were set.
    pub(super) set: Vec<String>,
    pub(super) settings: Settings,
    market: Market,
    /// Of the instruments.
    names: Vec<Label>,
    /// Of each file.
    events: Vec<Vec<Timed>>,
    columns: Result<(Columns, Desk), NotColumnar>,
}

/// Day rolls and sessions of one run.
struct Calendar(Almanac);

impl Observer for Calendar {
    fn before(&mut self, ts: TimestampNs, shard: &Shard) -> Option<(TimestampNs, InputKind)> {
        self.0.before(ts, shard)
    }
}

fn calendar(market: &Market) -> Box<dyn Observer> {
    let mut timetable = Timetable::new(&market.specifications);
    let empty = Shard::new(ShardId(0), Limits::default());
    let next = move |ts, shard: &Shard| timetable.next(ts, shard);
    let closures = Some(marketdata::calendar::closures as _);
    let almanac = Almanac::new(&empty, Some(Box::new(next)), closures);
    Box::new(Calendar(almanac.with_intervals(market.hours.clone())))
}

/// One run with what its report draws.
pub(super) struct Recorded {
    pub(super) outcome: Outcome,
    pub(super) recorder: Recorder,
    /// What the plan asks for.
    pub(super) target: Option<Money>,
}

/// Calendars and a recorder beside a run.
struct Recording<'a> {
    calendar: Box<dyn Observer + 'a>,
    recorder: Recorder,
    target: Option<Money>,
}

impl Observer for Recording<'_> {
    fn before(&mut self, ts: TimestampNs, shard: &Shard) -> Option<(TimestampNs, InputKind)> {
        self.calendar.before(ts, shard)
    }

    fn sees_all(&self) -> bool {
        true
    }

    fn applied(&mut self, input: &Input, events: &[Event], shard: &Shard) {
        self.calendar.applied(input, events, shard);
        self.recorder.applied(input, events, shard);
    }

    fn finished(&mut self, shard: &Shard) {
        let view = shard.account_view(AccountId(0));
        self.target = view.and_then(|view| view.target).map(|(target, _)| target);
    }
}

impl Prepared {
    /// Reads all data.
    ///
    /// # Errors
    /// When something given cannot be read or does not fit.
    pub(super) fn new(args: &Args, purpose: Purpose) -> anyhow::Result<Self> {
        ignored::of_search(args, purpose)?;
        let picked = Picked::of(&args.strategy)?;
        if purpose != Purpose::MonteCarlo {
            declared(&picked)?;
        }
        let values = picked.values(&args.set)?;
        let files = Files::look(args)?;
        picked.check(&files.offer(args))?;
        let market = market::market(args, &files)?;
        let settings = Settings {
            // The data is in memory, and what is cut are all of its samples.
            samples_max: usize::MAX,
            trips_max: usize::MAX,
            ..settings(args, &picked, &files, &market)?
        };
        let mut events = Vec::new();
        let mut count = 0;
        for mut source in files.sources(args, &market)? {
            let mut all = Vec::new();
            while let Some(event) = source.next_event()? {
                all.push(event);
                count += 1;
                if count > EVENTS_MAX {
                    return Err(Usage(format!(
                        "the data has more than {EVENTS_MAX} events; accepted: a shorter range (--from, --until) or \
                         longer bars (--bars)"
                    ))
                    .into());
                }
            }
            data::tell_bad(source.rows());
            events.push(all);
        }
        let columns = columns(&settings, &market, &events);
        Ok(Self {
            picked,
            values,
            set: args.set.iter().map(|(name, _)| name.clone()).collect(),
            settings,
            names: market.instruments().iter().map(|it| it.symbol).collect(),
            market,
            events,
            columns,
        })
    }

    /// Runs without rules from here on, in an account of the plan's size; what the runs were to be under.
    ///
    /// # Errors
    /// When there is no such account.
    pub(super) fn unjudge(&mut self) -> anyhow::Result<Settings> {
        let plain = super::chance::unjudged(&self.settings, &self.settings.plan)?;
        self.columns = columns(&plain, &self.market, &self.events);
        Ok(std::mem::replace(&mut self.settings, plain))
    }

    /// Why runs go through the engine, if they do.
    pub(super) fn not_columnar(&self) -> Option<&NotColumnar> {
        self.columns.as_ref().err()
    }

    /// Why the probability of overfitting is not told, if it is not.
    pub(super) const fn not_validated(&self) -> Option<&'static str> {
        if self.settings.stops_with_account {
            Some("under a plan each run ends when its account does, so their parts are other times")
        } else {
            None
        }
    }

    /// Sources over the data.
    pub(super) fn open(&self) -> Vec<Box<dyn Source + '_>> {
        let sources = self.events.iter();
        sources
            .map(|events| Box::new(Memory::new(events)) as Box<dyn Source + '_>)
            .collect()
    }

    pub(super) fn observe(&self) -> Box<dyn Observer + '_> {
        calendar(&self.market)
    }

    /// One run through the engine.
    ///
    /// # Errors
    /// When the strategy does not take the values, or the run fails.
    pub(super) fn run(
        &self,
        values: &Values,
        observer: &mut dyn Observer,
    ) -> anyhow::Result<Outcome> {
        let mut strategy = self.picked.build(values)?;
        let outcome = run::run(&self.settings, self.open(), &mut *strategy, observer)?;
        Ok(outcome)
    }

    /// One run over bars that are moved, each file's by random numbers of its own.
    ///
    /// # Errors
    /// As [`Prepared::run`]; and when the data has other events than bars of one instrument in each file.
    pub(super) fn run_moved(&self, share: f64, seed: u64) -> anyhow::Result<Outcome> {
        let refused = || {
            Usage(
                "--method paths: bars are moved; accepted: files that have bars of one instrument alone".to_owned(),
            )
        };
        let mut moved: Vec<Vec<Timed>> = Vec::new();
        for (place, events) in self.events.iter().enumerate() {
            let Some(first) = events.first() else {
                continue;
            };
            let instrument = first.event.instrument;
            let bars = events.iter().map(|timed| match timed.event.data {
                MarketData::Bar(bar) if timed.event.instrument == instrument => {
                    Some((timed.ts, bar))
                }
                _ => None,
            });
            let bars: Vec<_> = bars.collect::<Option<_>>().ok_or_else(refused)?;
            let known = self.settings.instruments.get(instrument.0 as usize);
            let known = known.ok_or_else(refused)?;
            let bars = noisy(&bars, known, share, seed.wrapping_add(place as u64));
            let events = bars.into_iter().map(|(ts, bar)| Timed {
                ts,
                event: MarketEvent {
                    instrument,
                    ts_event: ts,
                    data: MarketData::Bar(bar),
                },
            });
            moved.push(events.collect());
        }
        let mut strategy = self.picked.build(&self.values)?;
        let sources = moved.iter().map(|events| Memory::new(events));
        let sources: Vec<_> = sources.collect();
        let mut observer = self.observe();
        Ok(run::run(
            &self.settings,
            sources,
            &mut *strategy,
            &mut *observer,
        )?)
    }

    /// The same with what a report draws.
    ///
    /// # Errors
    /// As [`Prepared::run`].
    pub(super) fn record(&self, values: &Values) -> anyhow::Result<Recorded> {
        let mut recording = Recording {
            calendar: self.observe(),
            recorder: Recorder::new(),
            target: None,
        };
        let outcome = self.run(values, &mut recording)?;
        Ok(Recorded {
            outcome,
            recorder: recording.recorder,
            target: recording.target,
        })
    }

    /// What pages are about.
    pub(super) fn subject<'a>(&'a self, args: &'a Args) -> Subject<'a> {
        Subject {
            args,
            values: &self.values,
            settings: &self.settings,
            names: &self.names,
            recorder: None,
            documents: &[],
            target: None,
        }
    }

    /// The strategy of the library whose parameters are searched.
    ///
    /// # Errors
    /// When it is a file.
    pub(super) fn declared(&self) -> Result<&'static Declared, Usage> {
        declared(&self.picked)
    }

    /// Calls `work` with the world of the runs of a strategy.
    pub(super) fn with<T>(
        &self,
        declared: &'static Declared,
        cells: &Cells,
        work: impl FnOnce(&World<'_>) -> T,
    ) -> T {
        let open = || Ok::<_, RunError>(self.open());
        let observe = || self.observe();
        work(&World {
            settings: &self.settings,
            declared,
            open: &open,
            observe: &observe,
            columns: self
                .columns
                .as_ref()
                .ok()
                .map(|(columns, desk)| (columns, desk)),
            cells,
        })
    }

    /// What to know of hours that the plan follows.
    pub(super) fn unknown_hours(&self) -> Option<String> {
        hours::unknown(&self.settings.plan, &self.market.hours)
    }

    /// What is traded, and what goes on beside the data.
    pub(super) const fn market(&self) -> &Market {
        &self.market
    }

    /// Every event as text, for whoever tells two sets of data apart.
    pub(super) fn each_event(&self, mut told: impl FnMut(&Timed)) {
        for event in self.events.iter().flatten() {
            told(event);
        }
    }
}

/// A strategy of the library, which has parameters.
fn declared(picked: &Picked) -> Result<&'static Declared, Usage> {
    match picked {
        Picked::Library(declared) => Ok(declared),
        Picked::File(recipe) => Err(Usage(format!(
            "--strategy: the file of '{}' has no parameters to search; accepted: a name of `dynasty strategies`, or dynasty \
             backtest or monte-carlo with the file",
            recipe.name
        ))),
    }
}

fn columns(
    settings: &Settings,
    market: &Market,
    events: &[Vec<Timed>],
) -> Result<(Columns, Desk), NotColumnar> {
    let refuse = |what, accepted| Err(NotColumnar { what, accepted });
    let ([specification], [events]) = (&market.specifications[..], events) else {
        return refuse("there are several files or instruments", "one of each");
    };
    if specification.session.is_some() || !specification.actions.is_empty() {
        return refuse(
            "the instrument has a session, splits or dividends",
            "none of them",
        );
    }
    let bars = events.iter().map(|timed| match timed.event.data {
        MarketData::Bar(bar) => Some((timed.ts, bar)),
        _ => None,
    });
    let Some(bars) = bars.collect::<Option<Vec<(TimestampNs, Bar)>>>() else {
        return refuse("the data has other events than bars", "bars alone");
    };
    let desk = Desk::new(settings)?;
    Ok((Columns::new(&specification.definition, &bars)?, desk))
}
