//! `dynasty backtest monte-carlo`: what else could have come of a run, and what it is worth under a plan.

mod again;

use std::path::PathBuf;
use std::process::ExitCode;

use ::backtest::challenge::{Answer, Best, ChallengeError, Mean, Question, ask, best, days_of};
use ::backtest::monte_carlo::{
    FAN_SHARES, Method, MonteCarlo as Simulated, Share, Simulation, SimulationError, quantile,
    simulate,
};
use ::backtest::outcome::{Outcome, units};
use ::backtest::report::{Fan, Odds, Recorder, Report};
use ::backtest::run::{Observer, Sampling, Settings, plain_plan, run};
use clap::ValueEnum;
use comfy_table::{Table, presets::NOTHING};
use rules::Plan;
use runtime::Shard;
use serde_json::{Value, json};
use types::{Event, EventKind, Funding, Input, InputKind, Money, Ratio, TimestampNs, TradingDay};

use super::ignored::Purpose;
use super::record::Record;
use super::report::{self, Subject};
use super::rows::{self, Rows};
use super::search::threads;
use super::world::Prepared;
use super::{Args, Format, Usage, measured, parse};
use crate::demo::say;

/// Shuffle or resample the returns of a run: bands, drawdowns, ruin; with --plan the odds of passing and of payouts.
///
/// With --plan the run's own days are drawn anew and traded under the plan by the engine, at several sizes: how likely it
/// passes, is paid, and what an attempt is worth. The run itself then has no rules but the plan's balance.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty backtest monte-carlo fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --size 100% --method bootstrap --paths 100000
  dynasty backtest monte-carlo fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --method shuffle --of trades --ruin 50%
  dynasty backtest monte-carlo fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --size 50% --interval 390m --plan fixtures/plans/static-100k.toml
  dynasty backtest monte-carlo fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --size 100 --interval 390m \\
      --plan fixtures/plans/topstep-combine-50k.toml \\
      --then fixtures/plans/topstep-xfa-50k.toml --attempt-fee 49 --sizes 0.5,1,2,3")]
pub(super) struct MonteCarlo {
    #[command(flatten)]
    args: Args,
    /// How paths come about.
    #[arg(long, value_enum, default_value_t = MethodArg::Bootstrap, conflicts_with = "plan")]
    method: MethodArg,
    /// What is drawn.
    #[arg(long, value_enum, default_value_t = OfArg::Returns, conflicts_with = "plan")]
    of: OfArg,
    /// Paths, or attempts under a plan [default: 10000, of --method paths 200, under a plan 2000].
    #[arg(long, value_name = "NUMBER")]
    paths: Option<usize>,
    /// Seed of everything random.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Mean length of a block [default: the cube root of how many there are].
    #[arg(long, value_name = "NUMBER")]
    block: Option<usize>,
    /// How far bars are moved, as a share of their mean range (--method paths) [default: 0.1].
    #[arg(
        long,
        value_name = "NUMBER",
        conflicts_with = "plan",
        allow_negative_numbers = true
    )]
    noise: Option<f64>,
    /// A loss of so much of the start is ruin.
    #[arg(long, value_name = "PERCENT", value_parser = parse::percent, default_value = "50%", conflicts_with = "plan")]
    ruin: Ratio,
    /// The plan that follows once --plan is passed; may be given again for the one after it.
    #[arg(long, value_name = "FILE", requires = "plan")]
    then: Vec<PathBuf>,
    /// What an attempt costs, in the account's currency.
    #[arg(long, value_name = "AMOUNT", value_parser = parse::amount, requires = "plan", allow_negative_numbers = true)]
    attempt_fee: Option<Money>,
    /// Sizes to try, as multiples of --size.
    #[arg(
        long,
        value_name = "NUMBERS",
        value_delimiter = ',',
        default_value = "0.25,0.5,1,1.5,2,3",
        requires = "plan"
    )]
    sizes: Vec<String>,
    /// Trading days after which an attempt is given up, or a funded account has paid what is counted.
    #[arg(long, value_name = "DAYS", default_value_t = 250, requires = "plan")]
    horizon: u32,
    /// Threads [default: one for each core].
    #[arg(long, value_name = "NUMBER")]
    threads: Option<usize>,
    /// Write every path, under a plan every size (.csv, .json or .parquet, by its name).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Go on with runs over moved bars (--method paths) that were stopped, from FILE.part beside --out.
    #[arg(long, requires = "out", conflicts_with = "plan")]
    resume: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MethodArg {
    /// The same in another order.
    Shuffle,
    /// Blocks of random length (stationary bootstrap).
    Bootstrap,
    /// Blocks of one length (circular bootstrap).
    Circular,
    /// The strategy again over bars that are moved a little.
    Paths,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OfArg {
    /// Returns from sample to sample.
    Returns,
    /// Round trips, each as a share of equity before it.
    Trades,
}

/// Calendars, when days opened, and what a report draws if there is to be one.
pub(super) struct Days<'a> {
    pub(super) calendar: Box<dyn Observer + 'a>,
    pub(super) opened: Vec<TimestampNs>,
    /// The days that opened then.
    pub(super) dates: Vec<TradingDay>,
    pub(super) recorder: Option<Recorder>,
}

impl Observer for Days<'_> {
    fn before(&mut self, ts: TimestampNs, shard: &Shard) -> Option<(TimestampNs, InputKind)> {
        self.calendar.before(ts, shard)
    }

    fn sees_all(&self) -> bool {
        self.recorder.is_some()
    }

    fn applied(&mut self, input: &Input, events: &[Event], shard: &Shard) {
        if let Some(recorder) = &mut self.recorder {
            recorder.applied(input, events, shard);
        }
        for event in events {
            if let EventKind::DayRolled { day, .. } = event.kind {
                self.opened.push(event.ts);
                self.dates.push(day);
            }
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When something given cannot be read or does not fit, or the run fails.
pub(super) fn monte_carlo(asked: &MonteCarlo) -> anyhow::Result<ExitCode> {
    if let Some(out) = &asked.out {
        rows::form(out)?;
    }
    if asked.resume && !matches!(asked.method, MethodArg::Paths) {
        return Err(Usage(
            "--resume: returns are drawn in less time than data is read in; accepted: with --method paths"
                .to_owned(),
        )
        .into());
    }
    let mut prepared = Prepared::new(&asked.args, Purpose::MonteCarlo)?;
    let plan = asked
        .args
        .plan
        .as_ref()
        .map(|_| prepared.settings.plan.clone());
    if let Some(plan) = &plan {
        prepared.settings = unjudged(&prepared.settings, plan)?;
    }
    if plan.is_some() && prepared.settings.sampling == Sampling::Never {
        return Err(
            Usage("--plan: equity is not noted; accepted: a run that notes it".to_owned()).into(),
        );
    }
    let mut strategy = prepared.picked.build(&prepared.values)?;
    let is_shown = asked.args.report.is_some() || asked.args.plots.is_some();
    let mut days = Days {
        calendar: prepared.observe(),
        opened: Vec::new(),
        dates: Vec::new(),
        recorder: is_shown.then(Recorder::new),
    };
    let outcome = run(
        &prepared.settings,
        prepared.open(),
        &mut *strategy,
        &mut days,
    )?;
    let (opened, recorder) = (days.opened, days.recorder);
    // The run itself has no rules to show.
    let unjudged = Args {
        plan: None,
        ..asked.args.clone()
    };
    let mut page = match &recorder {
        Some(recorder) => {
            let subject = Subject {
                args: &unjudged,
                recorder: Some(recorder),
                ..prepared.subject(&asked.args)
            };
            let metrics = measured::settings(&asked.args, &outcome);
            let mut page = report::of_run(&subject, &outcome, &metrics)?;
            page.title += ": Monte Carlo";
            Some(page)
        }
        None => None,
    };
    match plan {
        Some(plan) => under_plan(asked, plan, &outcome, &opened, page.as_mut())?,
        None => of_returns(asked, &prepared, &outcome, page.as_mut())?,
    }
    if let Some(page) = &page {
        report::write_page(&asked.args, page)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The same run without rules, in an account of the plan's balance, currency and days.
pub(super) fn unjudged(settings: &Settings, plan: &Plan) -> anyhow::Result<Settings> {
    let mut plain = plain_plan(plan.currency.as_str(), plan.initial_balance)?;
    plain.schedule = plan.schedule;
    plain.days = plan.days.clone();
    plain.terms = plan.terms;
    plain.terms.funding = Funding::Unchecked;
    Ok(Settings {
        plan: plain,
        stops_with_account: false,
        ..settings.clone()
    })
}

fn returns(of: OfArg, outcome: &Outcome) -> Vec<f64> {
    match of {
        OfArg::Returns => {
            let equity = outcome.equity_values();
            equity
                .windows(2)
                .map(|pair| pair[1] / pair[0] - 1.0)
                .collect()
        }
        OfArg::Trades => {
            let mut equity = units(outcome.initial);
            let trips = outcome.trip_values();
            let returns = trips.into_iter().map(|pnl| {
                let share = pnl / equity;
                equity += pnl;
                share
            });
            returns.collect()
        }
    }
}

fn of_returns(
    asked: &MonteCarlo,
    prepared: &Prepared,
    outcome: &Outcome,
    page: Option<&mut Report<'_>>,
) -> anyhow::Result<()> {
    let has_blocks = matches!(asked.method, MethodArg::Bootstrap | MethodArg::Circular);
    if let (Some(block), false) = (asked.block, has_blocks) {
        return Err(Usage(format!(
            "--block {block}: nothing is drawn in blocks; accepted: with --method bootstrap or circular"
        ))
        .into());
    }
    if let (Some(noise), true) = (asked.noise, !matches!(asked.method, MethodArg::Paths)) {
        return Err(Usage(format!(
            "--noise {noise}: no bar is moved; accepted: with --method paths"
        ))
        .into());
    }
    let returns = returns(asked.of, outcome);
    let block = asked
        .block
        .unwrap_or_else(|| Method::block_of(returns.len()));
    let method = match asked.method {
        MethodArg::Shuffle => Method::Shuffle,
        MethodArg::Bootstrap => Method::Stationary { mean: block as f64 },
        MethodArg::Circular => Method::Circular { block },
        MethodArg::Paths => Method::Paths {
            share: asked.noise.unwrap_or(0.1),
        },
    };
    let simulation = Simulation {
        method,
        paths: asked.paths.unwrap_or(match asked.method {
            MethodArg::Paths => 200,
            _ => 10_000,
        }),
        seed: asked.seed,
        ruin: 1.0 - asked.ruin.0 as f64 / Ratio::ONE.0 as f64,
        threads: threads(asked.threads),
    };
    let usage = |error: SimulationError| Usage(error.to_string());
    let started = std::time::Instant::now();
    let (mut record, mut known) = (None, 0);
    let found = match method {
        Method::Paths { share } => {
            if matches!(asked.of, OfArg::Trades) {
                return Err(Usage(
                    "--of trades: paths are whole runs; accepted: --of returns".to_owned(),
                )
                .into());
            }
            let runs = again::runs(asked, prepared, &simulation, share, returns.len())?;
            (record, known) = (runs.record, runs.known);
            runs.found
        }
        _ => simulate(&returns, &simulation).map_err(usage)?,
    };
    let seconds = started.elapsed().as_secs_f64();
    if let Some(out) = &asked.out {
        paths(&found).write(out)?;
    }
    record.map_or(Ok(()), Record::remove)?;
    let (initial, step) = match asked.of {
        OfArg::Returns => {
            let first = outcome.samples.first().map(|sample| sample.equity);
            (units(first.unwrap_or(outcome.initial)), "return")
        }
        OfArg::Trades => (units(outcome.initial), "round trip"),
    };
    if let Some(page) = page {
        let about = format!(
            "{} paths of {} {step}s, {}, seed {}. Half of all paths end between the inner lines, nine of ten between the \
             next, 98 of a hundred between the outer ones.",
            found.simulation.paths,
            found.returns,
            method_text(found.simulation.method),
            found.simulation.seed,
        );
        page.fan = Some(Fan::of(about, &found, &returns, step, initial));
    }
    // What is drawn says nothing of what is still open.
    let closed = matches!(asked.of, OfArg::Trades)
        .then(|| returns.iter().map(|it| 1.0 + it).product::<f64>() - 1.0);
    match asked.args.format {
        Format::Text => {
            let paths = found.simulation.paths;
            let known =
                (known > 0).then(|| format!("\nnote: {known} of {paths} paths known from before"));
            let text = text(asked, &found, outcome, closed, seconds);
            say(text + &known.unwrap_or_default())?;
        }
        Format::Json => {
            let mut object = json_of(&found, initial);
            object["return"] = json!(total_return(outcome));
            object["return_of_closed_trips"] = json!(closed);
            say(object)?;
        }
    }
    Ok(())
}

/// Every path; what it made, as a fraction of the start.
fn paths(found: &Simulated) -> Rows {
    let rows = found.paths.iter().enumerate().map(|(place, path)| {
        vec![
            ("path".to_owned(), json!(place)),
            ("return".to_owned(), json!(path.end - 1.0)),
            ("max_drawdown".to_owned(), json!(path.drawdown)),
            ("lowest_return".to_owned(), json!(path.lowest - 1.0)),
        ]
    });
    Rows::new("paths", rows)
}

fn percent(value: f64) -> String {
    format!("{:.2}%", 100.0 * value)
}

fn share(share: &Share) -> String {
    let [low, high] = [share.low, share.high].map(percent);
    format!("{} ({low} to {high})", percent(share.value))
}

fn method_text(method: Method) -> String {
    match method {
        Method::Shuffle => "shuffled".to_owned(),
        Method::Circular { block } => format!("circular bootstrap, blocks of {block}"),
        Method::Stationary { mean } => {
            format!("stationary bootstrap, blocks of {mean} in the mean")
        }
        Method::Paths { share } => {
            format!("runs over bars that are moved by {share} of their mean range")
        }
    }
}

/// Equity at the end by the balance at the start, less one.
fn total_return(outcome: &Outcome) -> f64 {
    outcome.equity.0 as f64 / outcome.initial.0 as f64 - 1.0
}

/// `closed`: what the round trips that are over made of the start, where they are what is drawn.
fn text(
    asked: &MonteCarlo,
    found: &Simulated,
    outcome: &Outcome,
    closed: Option<f64>,
    seconds: f64,
) -> String {
    let mut table = Table::new();
    let head = ["", "1%", "5%", "25%", "50%", "75%", "95%", "99%"];
    table.load_style(NOTHING).set_header(head);
    let row = |name: &str, values: &dyn Fn(f64) -> f64| {
        let values = FAN_SHARES.map(|share| percent(values(share)));
        let mut row = vec![name.to_owned()];
        row.extend(values);
        row
    };
    table.add_row(row("return", &|share| quantile(&found.ends, share) - 1.0));
    table.add_row(row("max drawdown", &|share| {
        quantile(&found.drawdowns, share)
    }));
    let what = match asked.of {
        OfArg::Returns => "returns",
        OfArg::Trades => "round trips",
    };
    let closed = closed.map_or(String::new(), |closed| {
        format!(", its closed round trips alone: {}", percent(closed))
    });
    format!(
        "{} paths of {} {what}, {}, seed {}; {:.0} paths/s; the run itself: {}{closed}\n\n{}\n\n\
         lost something   {}\nlost {} of the start at any time   {}\n(95% Wilson intervals)",
        found.simulation.paths,
        found.returns,
        method_text(found.simulation.method),
        found.simulation.seed,
        found.simulation.paths as f64 / seconds.max(1e-9),
        percent(total_return(outcome)),
        table.trim_fmt(),
        share(&found.lost),
        percent(1.0 - found.simulation.ruin),
        share(&found.ruined),
    )
}

fn share_json(share: &Share) -> Value {
    json!({"count": share.count, "of": share.of, "value": share.value, "low": share.low, "high": share.high})
}

fn json_of(found: &Simulated, initial: f64) -> Value {
    let at = |values: &[f64]| FAN_SHARES.map(|share| quantile(values, share));
    json!({
        "method": method_text(found.simulation.method),
        "paths": found.simulation.paths,
        "seed": found.simulation.seed,
        "returns": found.returns,
        "initial": initial,
        "shares": FAN_SHARES,
        "ends": at(&found.ends),
        "drawdowns": at(&found.drawdowns),
        "lost": share_json(&found.lost),
        "ruined": share_json(&found.ruined),
        "ruin": found.simulation.ruin,
        "fan": found.fan.iter().map(|band| json!({"after": band.after, "levels": band.levels})).collect::<Vec<_>>(),
    })
}

fn size(text: &str) -> Result<Ratio, Usage> {
    let size: Option<Ratio> = text.trim().parse().ok();
    size.filter(|size| size.0 > 0).ok_or_else(|| {
        Usage(format!(
            "--sizes '{text}'; accepted: numbers above 0 with a comma between them"
        ))
    })
}

fn under_plan(
    asked: &MonteCarlo,
    plan: Plan,
    outcome: &Outcome,
    opened: &[TimestampNs],
    page: Option<&mut Report<'_>>,
) -> anyhow::Result<()> {
    let cautions: Vec<String> = [
        super::caution::without_conduct(&plan),
        super::caution::late_bars(outcome, ("the plan", opened)),
        super::caution::held_together(outcome),
    ]
    .into_iter()
    .flatten()
    .collect();
    let days = days_of(outcome, &|ts| opened.partition_point(|at| *at <= ts) as i32);
    let mut stages = vec![plan];
    for path in &asked.then {
        stages.push(crate::plan::read(path)?);
    }
    let sizes = asked.sizes.iter().map(|text| size(text));
    let sizes = sizes.collect::<Result<Vec<_>, _>>()?;
    let block = asked.block.unwrap_or_else(|| Method::block_of(days.len()));
    let question = Question {
        days: &days,
        stages: &stages,
        block: block as f64,
        horizon_days: asked.horizon,
        attempts: asked.paths.unwrap_or(2_000),
        seed: asked.seed,
        fee: asked.attempt_fee.unwrap_or(Money::ZERO),
        sizes: &sizes,
        compounds: outcome.counts.by_equity > 0,
        threads: threads(asked.threads),
    };
    let usage = |error: ChallengeError| Usage(error.to_string());
    let answers = ask(&question).map_err(usage)?;
    let best = best(&answers);
    if let Some(out) = &asked.out {
        sizes_of(&answers).write(out)?;
    }
    if let Some(page) = page {
        let mut odds = Odds::of(&question, &answers, best);
        for caution in &cautions {
            odds.note = format!("{} Note: {caution}.", odds.note);
        }
        page.odds = Some(odds);
    }
    match asked.args.format {
        Format::Text => {
            let notes = cautions.iter().map(|caution| format!("\nnote: {caution}"));
            let notes: String = notes.collect();
            say(answers_text(&question, &answers, best) + &notes)?;
        }
        Format::Json => {
            let mut object = answers_json(&question, &answers, best);
            object["cautions"] = json!(cautions);
            say(object)?;
        }
    }
    Ok(())
}

/// What attempts of each size came to; shares and amounts with the ends of their 95% intervals.
fn sizes_of(answers: &[Answer]) -> Rows {
    let rows = answers.iter().map(|answer| {
        let mut row = vec![("size".to_owned(), json!(answer.size.to_string()))];
        for (name, share) in [
            ("passed", answer.passed.as_ref()),
            ("failed", Some(&answer.failed)),
            ("lapsed", answer.lapsed.as_ref()),
            ("given_up", answer.given_up.as_ref()),
            ("breached", answer.breached.as_ref()),
            ("paid", answer.paid.as_ref()),
        ] {
            row.push((name.to_owned(), json!(share.map(|it| it.value))));
            row.push((format!("{name}_low"), json!(share.map(|it| it.low))));
            row.push((format!("{name}_high"), json!(share.map(|it| it.high))));
        }
        for (name, mean) in [("payouts", &answer.payout), ("net", &answer.net)] {
            row.push((name.to_owned(), json!(mean.value)));
            row.push((format!("{name}_low"), json!(mean.low)));
            row.push((format!("{name}_high"), json!(mean.high)));
        }
        row.push(("days_to_pass".to_owned(), json!(answer.days_to_pass)));
        row.push(("days_to_payout".to_owned(), json!(answer.days_to_payout)));
        row
    });
    Rows::new("sizes", rows)
}

fn mean(mean: &Mean) -> String {
    format!("{:.2} ({:.2} to {:.2})", mean.value, mean.low, mean.high)
}

fn answers_text(question: &Question<'_>, answers: &[Answer], best: Best) -> String {
    let mut table = Table::new();
    let is_timed = answers.iter().any(|answer| answer.lapsed.is_some());
    let mut head = vec!["size", "passed", "failed"];
    if is_timed {
        head.push("lapsed");
    }
    head.extend(["given up", "days to pass"]);
    let is_funded = answers.iter().any(|answer| answer.breached.is_some());
    if is_funded {
        head.push("breached");
    }
    let pays = answers.iter().any(|answer| answer.paid.is_some());
    if pays {
        head.extend(["paid", "days to payout", "payouts", "less the fee"]);
    }
    table.load_style(NOTHING).set_header(head);
    let days = |days: Option<f64>| days.map_or("-".to_owned(), |days| days.to_string());
    let plain = |share: Option<Share>| share.map_or("-".to_owned(), |it| percent(it.value));
    for answer in answers {
        let mut row = vec![
            format!("{}x", answer.size),
            answer.passed.as_ref().map_or("-".to_owned(), share),
            plain(answer.passed.map(|_| answer.failed)),
        ];
        if is_timed {
            row.push(plain(answer.lapsed));
        }
        row.extend([plain(answer.given_up), days(answer.days_to_pass)]);
        if is_funded {
            row.push(plain(answer.breached));
        }
        if let Some(paid) = &answer.paid {
            row.extend([
                share(paid),
                days(answer.days_to_payout),
                mean(&answer.payout),
                mean(&answer.net),
            ]);
        }
        table.add_row(row);
    }
    let stages: Vec<_> = question
        .stages
        .iter()
        .map(|plan| plan.name.to_string())
        .collect();
    let best = match best {
        Best::Size(size) => format!("{size}x"),
        Best::AtEdge(size) => format!("{size}x, at the edge of --sizes: others may be better"),
        Best::Worthless if pays => "none: no size is worth its fee".to_owned(),
        Best::Worthless => "none: no size passes".to_owned(),
        Best::Alike => "none: all sizes are worth the same".to_owned(),
    };
    let by = if pays {
        "payouts less the fee"
    } else {
        "passing"
    };
    format!(
        "{}: {} attempts at each size, {} days drawn in blocks of {} in the mean and of whole holdings, which {} of them begin, at most {} days a stage, seed {}; a day's profit is {}\n\n{}\n\n\
         best by {by}: {best}\n(95% intervals: of shares Wilson's, of means by their standard error; rules about orders are not judged here)",
        stages.join(", then "),
        question.attempts,
        question.days.len(),
        question.block,
        question.firsts().len(),
        question.horizon_days,
        question.seed,
        question.drawn(),
        table.trim_fmt(),
    )
}

fn answers_json(question: &Question<'_>, answers: &[Answer], best: Best) -> Value {
    let mean = |mean: &Mean| json!({"value": mean.value, "low": mean.low, "high": mean.high});
    let rows = answers.iter().map(|answer| {
        json!({
            "size": answer.size.to_string(),
            "passed": answer.passed.as_ref().map(share_json),
            "failed": share_json(&answer.failed),
            "lapsed": answer.lapsed.as_ref().map(share_json),
            "given_up": answer.given_up.as_ref().map(share_json),
            "breached": answer.breached.as_ref().map(share_json),
            "paid": answer.paid.as_ref().map(share_json),
            "payouts": mean(&answer.payout),
            "net": mean(&answer.net),
            "days_to_pass": answer.days_to_pass,
            "days_to_payout": answer.days_to_payout,
        })
    });
    json!({
        "plans": question.stages.iter().map(|plan| plan.name.to_string()).collect::<Vec<_>>(),
        "attempts": question.attempts,
        "days": question.days.len(),
        "block": question.block,
        "firsts": question.firsts().len(),
        "horizon_days": question.horizon_days,
        "seed": question.seed,
        "profit_is_share_of_equity": question.compounds,
        "best": best.size().map(|size| size.to_string()),
        "best_is_at_edge": matches!(best, Best::AtEdge(_)),
        "answers": rows.collect::<Vec<_>>(),
    })
}
