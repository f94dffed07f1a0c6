//! Reading a plan from a document.

use rules::{
    Allowance, Conduct, ConsistencyRule, DailyChanges, DailyLoss, DailyTier, DayProfit, Life,
    MaxLoss, MinDays, PayoutKeep, PayoutRule, PayoutSeries, Plan, ScaleWhen, Scaling, SplitFrom,
    SplitTier, Stage, StopTrailing, Target, listed,
};
use types::{Calendar, Effect, Funding, MarkKind, Money, PositionMode, Ratio, Terms};

use super::conduct::{read_conduct, read_life};
use super::{FORMAT, sources};
use crate::dto::document::{Choice, Field, FieldError, Table};
use crate::dto::time;

/// The fields of a plan.
const FIELDS: [&str; 19] = [
    "format",
    "name",
    "version",
    "currency",
    "initial_balance",
    "stage",
    "roll",
    "day_profit",
    "daily_loss",
    "max_loss",
    "profit_target",
    "min_days",
    "consistency",
    "payout",
    "scaling",
    "terms",
    "conduct",
    "life",
    sources::TABLE,
];

/// The fields of a plan and `others` beside them.
pub fn known<'a>(others: &[&'a str]) -> Vec<&'a str> {
    others.iter().chain(&FIELDS).copied().collect()
}

/// Reads a plan and checks it. `others` are fields that may stand beside the plan's own.
///
/// # Errors
/// The first field that is not accepted.
pub fn read(document: &Field<'_>, others: &[&str]) -> Result<Plan, FieldError> {
    let plan = read_alone(document, others)?;
    sources::disagreements(document, &plan, others)?;
    Ok(plan)
}

/// Reads a plan and checks it, without what other sources have otherwise.
///
/// # Errors
/// The first field that is not accepted.
pub(super) fn read_alone(document: &Field<'_>, others: &[&str]) -> Result<Plan, FieldError> {
    // Before all else: what an older program says about the fields of a newer format only misleads.
    if let Ok(Some(format)) = document.tag("format").map(Field::present) {
        check_format(&format)?;
    }
    let table = document.table(&known(others))?;
    let initial_balance = table.field("initial_balance").money()?;
    let (schedule, days) = time::read_roll(&table.field("roll"))?;
    let plan = Plan {
        name: table.field("name").name()?,
        version: table
            .field("version")
            .integer("a whole number from 0 to 4294967295 without quotes")?,
        currency: table.field("currency").name()?,
        initial_balance,
        schedule,
        days,
        day_profit: match table.optional("day_profit") {
            Some(field) => field.word()?,
            None => DayProfit::default(),
        },
        stage: stage(&table.field("stage"))?,
        daily_loss: table
            .optional("daily_loss")
            .map(|field| daily_loss(&field))
            .transpose()?,
        max_loss: table
            .optional("max_loss")
            .map(|field| max_loss(&field, initial_balance))
            .transpose()?,
        profit_target: table
            .optional("profit_target")
            .map(|field| profit_target(&field))
            .transpose()?,
        min_days: table
            .optional("min_days")
            .map(|field| min_days(&field))
            .transpose()?,
        consistency: table
            .optional("consistency")
            .map(|field| consistency(&field))
            .transpose()?,
        payout: table
            .optional("payout")
            .map(|field| payout(&field))
            .transpose()?,
        scaling: table
            .optional("scaling")
            .map(|field| scaling(&field))
            .transpose()?,
        terms: match table.optional("terms") {
            Some(field) => terms(&field)?,
            None => Terms::default(),
        },
        conduct: match table.optional("conduct") {
            Some(field) => read_conduct(&field)?,
            None => Conduct::default(),
        },
        life: match table.optional("life") {
            Some(field) => read_life(&field)?,
            None => Life::default(),
        },
    };
    plan.validate()
        .map_err(|error| located(&table, &plan, &error))?;
    Ok(plan)
}

fn check_format(field: &Field<'_>) -> Result<(), FieldError> {
    const ACCEPTED: &str = "1, without quotes";
    let format: u32 = field.integer(ACCEPTED)?;
    match format {
        1..=FORMAT => Ok(()),
        0 => Err(field.error(ACCEPTED)),
        newer => Err(field.error(format!(
            "at most {FORMAT}; format {newer} is newer than this program"
        ))),
    }
}

fn stage(field: &Field<'_>) -> Result<Stage, FieldError> {
    match field.choice(&["funded"], &["evaluation"])? {
        Choice::Word(_) => Ok(Stage::Funded),
        Choice::Named(_, phase) => Ok(Stage::Evaluation {
            phase: phase.integer("a phase from 1 to 255 without quotes")?,
        }),
    }
}

fn daily_loss(field: &Field<'_>) -> Result<DailyLoss, FieldError> {
    let table = field.table(&[
        "anchor",
        "allowance",
        "effect",
        "touch_is_breach",
        "tiers",
        "ends_at_floor_lock",
    ])?;
    let tier = |field: &Field<'_>| -> Result<_, FieldError> {
        let table = field.table(&["profit_from", "allowance"])?;
        Ok(DailyTier {
            profit_from: table.field("profit_from").money()?,
            allowance: allowance(&table.field("allowance"), "pct_of_anchor")?,
        })
    };
    Ok(DailyLoss {
        anchor: table.field("anchor").word()?,
        allowance: allowance(&table.field("allowance"), "pct_of_anchor")?,
        effect: table.field("effect").word()?,
        touch_is_breach: table.field("touch_is_breach").boolean()?,
        changes: DailyChanges {
            tiers: listed_in(table.optional("tiers"), tier)?,
            ends_at_floor_lock: match table.optional("ends_at_floor_lock") {
                Some(ends) => ends.boolean()?,
                None => false,
            },
        },
    })
}

/// A list of at most so many items; empty where it is left out.
fn listed_in<T: Copy, const MOST: usize>(
    field: Option<Field<'_>>,
    item: impl Fn(&Field<'_>) -> Result<T, FieldError>,
) -> Result<[Option<T>; MOST], FieldError> {
    let Some(field) = field else {
        return Ok([None; MOST]);
    };
    let items: Vec<T> = field.list()?.iter().map(item).collect::<Result<_, _>>()?;
    listed(&items).ok_or_else(|| field.error(format!("at most {MOST} items")))
}

fn max_loss(field: &Field<'_>, initial: Money) -> Result<MaxLoss, FieldError> {
    let table = field.table(&["trail", "allowance", "stop", "effect", "touch_is_breach"])?;
    let stop = table.field("stop");
    let stop = match stop.choice(&["never"], &["at_floor_level", "freeze_when"])? {
        Choice::Word(_) => StopTrailing::Never,
        Choice::Named(name, level) => {
            let offset = level
                .money()?
                .checked_sub(initial)
                .ok_or_else(|| level.error("a level within the range of amounts"))?;
            if name == "at_floor_level" {
                StopTrailing::AtFloorLevel(offset)
            } else {
                StopTrailing::FreezeWhenSource(offset)
            }
        }
    };
    Ok(MaxLoss {
        trail: table.field("trail").word()?,
        allowance: allowance(&table.field("allowance"), "pct_of_peak")?,
        stop,
        effect: match table.optional("effect") {
            Some(effect) => effect.word()?,
            None => Effect::Fail,
        },
        touch_is_breach: table.field("touch_is_breach").boolean()?,
    })
}

fn allowance(field: &Field<'_>, of_base: &'static str) -> Result<Allowance, FieldError> {
    match field.choice(&[], &["fixed", "pct_of_initial", of_base])? {
        Choice::Named("fixed", amount) => Ok(Allowance::Fixed(amount.money()?)),
        Choice::Named("pct_of_initial", share) => Ok(Allowance::OfInitial(share.share()?)),
        Choice::Named(_, share) => Ok(Allowance::OfBase(share.share()?)),
        Choice::Word(_) => Err(field.error("an amount or a percentage")),
    }
}

fn profit_target(field: &Field<'_>) -> Result<Target, FieldError> {
    match field.choice(&[], &["fixed", "pct_of_initial"])? {
        Choice::Named("fixed", profit) => Ok(Target::Fixed(profit.money()?)),
        Choice::Named(_, share) => Ok(Target::OfInitial(share.share()?)),
        Choice::Word(_) => Err(field.error("an amount or a percentage")),
    }
}

fn min_days(field: &Field<'_>) -> Result<MinDays, FieldError> {
    let table = field.table(&["days", "counts", "day_profit_min"])?;
    Ok(MinDays {
        days: table
            .field("days")
            .integer("a number of days from 1 to 65535 without quotes")?,
        counts: table.field("counts").word()?,
        day_profit_min: table
            .optional("day_profit_min")
            .map(|profit| profit.money())
            .transpose()?,
    })
}

fn consistency(field: &Field<'_>) -> Result<ConsistencyRule, FieldError> {
    let table = field.table(&["cap_pct", "denominator", "inclusive", "window"])?;
    Ok(ConsistencyRule {
        cap: table.field("cap_pct").part()?,
        denominator: table.field("denominator").word()?,
        inclusive: table.field("inclusive").boolean()?,
        window: table.field("window").word()?,
    })
}

fn payout(field: &Field<'_>) -> Result<PayoutRule, FieldError> {
    let table = field.table(&[
        "fraction_pct",
        "cap",
        "keep",
        "split_pct",
        "after",
        "best_day_cap_pct",
        "days_min",
        "min",
        "caps",
        "interval_days",
        "split_tiers",
        "payouts_max",
    ])?;
    let keep = table.field("keep");
    let keep = match keep.choice(&[], &["above_floor", "above_initial"])? {
        Choice::Named("above_floor", buffer) => PayoutKeep::AboveFloor(buffer.money()?),
        Choice::Named(_, net) => PayoutKeep::AboveInitial(net.money()?),
        Choice::Word(_) => return Err(keep.error("what must stay in the account")),
    };
    Ok(PayoutRule {
        fraction: table.field("fraction_pct").share()?,
        cap: table.optional("cap").map(|cap| cap.money()).transpose()?,
        keep,
        split: table.field("split_pct").share()?,
        after: table.field("after").word()?,
        best_day_cap: table
            .optional("best_day_cap_pct")
            .map(|cap| cap.part())
            .transpose()?,
        days_min: table
            .optional("days_min")
            .map(|days| min_days(&days))
            .transpose()?,
        series: PayoutSeries {
            min: table.optional("min").map(|min| min.money()).transpose()?,
            caps: listed_in(table.optional("caps"), |cap: &Field<'_>| cap.money())?,
            interval_days: table
                .optional("interval_days")
                .map(|days| days.integer("a number of days from 1 to 65535 without quotes"))
                .transpose()?,
            splits: listed_in(table.optional("split_tiers"), split_tier)?,
            payouts_max: table
                .optional("payouts_max")
                .map(|payouts| payouts.integer("a number from 1 to 65535 without quotes"))
                .transpose()?,
        },
    })
}

fn split_tier(field: &Field<'_>) -> Result<SplitTier, FieldError> {
    let table = field.table(&["from", "split_pct"])?;
    let from = table.field("from");
    let from = match from.choice(&[], &["payout", "paid_total"])? {
        Choice::Named("payout", number) => {
            SplitFrom::Payout(number.integer("a payout from 2 to 65535 without quotes")?)
        }
        Choice::Named(_, total) => SplitFrom::PaidTotal(total.money()?),
        Choice::Word(_) => return Err(from.error("a payout or a total")),
    };
    Ok(SplitTier {
        from,
        split: table.field("split_pct").share()?,
    })
}

fn scaling(field: &Field<'_>) -> Result<Scaling, FieldError> {
    let table = field.table(&["step_pct", "size_max", "requires"])?;
    Ok(Scaling {
        step: table.field("step_pct").share()?,
        size_max: table
            .optional("size_max")
            .map(|max| max.money())
            .transpose()?,
        requires: table
            .optional("requires")
            .map(|when| scale_when(&when))
            .transpose()?,
    })
}

fn scale_when(field: &Field<'_>) -> Result<ScaleWhen, FieldError> {
    let table = field.table(&["profit", "days", "payouts"])?;
    Ok(ScaleWhen {
        profit: profit_target(&table.field("profit"))?,
        days: match table.optional("days") {
            Some(days) => days.integer("a number of days from 0 to 65535 without quotes")?,
            None => 0,
        },
        payouts: match table.optional("payouts") {
            Some(payouts) => payouts.integer("a number from 0 to 255 without quotes")?,
            None => 0,
        },
    })
}

fn terms(field: &Field<'_>) -> Result<Terms, FieldError> {
    const RATE: &str =
        "a percentage of the notional from 0 to 100 in quotes, such as \"3.3333334\"";
    const FUNDING: &str = "\"unchecked\" or \"cash\" or \"margin\"";
    let table = field.table(&["mode", "funding", "rate_min_pct", "shorts", "mark"])?;
    let rate = table.optional("rate_min_pct");
    let funding = match table.optional("funding") {
        None => Funding::Unchecked,
        Some(field) => match field.text(FUNDING)? {
            "unchecked" => Funding::Unchecked,
            "cash" => Funding::Cash,
            "margin" => Funding::Margin {
                rate_min: match &rate {
                    Some(rate) => rate.percent(RATE)?,
                    None => Ratio::ZERO,
                },
            },
            _ => return Err(field.error(FUNDING)),
        },
    };
    if !matches!(funding, Funding::Margin { .. }) {
        table.absent("rate_min_pct", || {
            "none, unless funding is \"margin\"".to_owned()
        })?;
    }
    Ok(Terms {
        mode: match table.optional("mode") {
            Some(mode) => mode.word()?,
            None => PositionMode::default(),
        },
        funding,
        shorts: match table.optional("shorts") {
            Some(shorts) => shorts.boolean()?,
            None => true,
        },
        mark: match table.optional("mark") {
            Some(mark) => mark.word()?,
            None => MarkKind::default(),
        },
    })
}

/// A rule's error in terms of the document: its field names, its value, its absolute levels.
fn located(table: &Table<'_>, plan: &Plan, error: &rules::PlanError) -> FieldError {
    let path = document_path(plan, error);
    let trails = plan
        .max_loss
        .filter(|rule| rule.trail != rules::TrailSource::None);
    let accepted = match (path.as_str(), trails.map(|rule| rule.stop)) {
        ("max_loss.stop", Some(StopTrailing::AtFloorLevel(_))) => "a level above the first floor",
        ("max_loss.stop", Some(StopTrailing::FreezeWhenSource(_))) => {
            "a level above initial_balance"
        }
        ("terms.rate_min_pct", _) => "a percentage of the notional from 0 to 100",
        _ if error.path == "conduct.windows.to" => "another time than from",
        _ => error.accepted,
    };
    table.at(&path).error(accepted)
}

/// Where the document has what a rule's error is about.
fn document_path(plan: &Plan, error: &rules::PlanError) -> String {
    let size = |name: &str, place: usize| {
        let field = error.path.rsplit('.').next().unwrap_or_default();
        format!("conduct.size.{name}[{place}].{field}")
    };
    let same = match error.path {
        "schedule.minute" => "roll.time",
        "stage.phase" => "stage",
        "consistency.cap" => "consistency.cap_pct",
        "payout.fraction" => "payout.fraction_pct",
        "payout.split" => "payout.split_pct",
        "payout.best_day_cap" => "payout.best_day_cap_pct",
        "scaling.step" => "scaling.step_pct",
        "terms.rate_min" => "terms.rate_min_pct",
        "conduct.warn_at" => "conduct.warn_at_pct",
        "conduct.windows.from"
        | "conduct.windows.to"
        | "conduct.windows.before_s"
        | "conduct.windows.after_s"
        | "conduct.windows.symbols" => {
            let windows = &plan.conduct.windows;
            let place = place(plan, error, windows.len(), |plan, len| {
                plan.conduct.windows.truncate(len);
            });
            let field = error.path.rsplit('.').next().unwrap_or_default();
            let within = match windows.get(place).map(|window| window.calendar) {
                Some(Calendar::Daily { .. }) if matches!(field, "from" | "to") => "calendar.daily.",
                Some(Calendar::Weekly { .. }) if matches!(field, "from" | "to") => {
                    "calendar.weekly."
                }
                _ => "",
            };
            return format!("conduct.windows[{place}].{within}{field}");
        }
        "conduct.size.weights.weight" | "conduct.size.weights.symbol" => {
            let len = plan
                .conduct
                .size
                .as_ref()
                .map_or(0, |size| size.weights.len());
            let place = place(plan, error, len, |plan, len| {
                if let Some(size) = &mut plan.conduct.size {
                    size.weights.truncate(len);
                }
            });
            return size("weights", place);
        }
        "conduct.size.tiers.max" | "conduct.size.tiers.profit_from" => {
            let len = plan
                .conduct
                .size
                .as_ref()
                .map_or(0, |size| size.tiers.len());
            let place = place(plan, error, len, |plan, len| {
                if let Some(size) = &mut plan.conduct.size {
                    size.tiers.truncate(len);
                }
            });
            return size("tiers", place);
        }
        "payout.caps" => {
            let place = place_of(plan, error, |plan| {
                Some(&mut plan.payout.as_mut()?.series.caps)
            });
            return format!("payout.caps[{place}]");
        }
        "payout.split_tiers.from" | "payout.split_tiers.split" => {
            let place = place_of(plan, error, |plan| {
                Some(&mut plan.payout.as_mut()?.series.splits)
            });
            let field = if error.path.ends_with("from") {
                "from"
            } else {
                "split_pct"
            };
            return format!("payout.split_tiers[{place}].{field}");
        }
        "daily_loss.tiers.allowance" | "daily_loss.tiers.profit_from" => {
            let place = place_of(plan, error, |plan| {
                Some(&mut plan.daily_loss.as_mut()?.changes.tiers)
            });
            let field = error.path.rsplit('.').next().unwrap_or_default();
            return format!("daily_loss.tiers[{place}].{field}");
        }
        same => same,
    };
    same.to_owned()
}

/// As [`place`], of a list with a fixed number of places.
fn place_of<T, const MOST: usize>(
    plan: &Plan,
    error: &rules::PlanError,
    list: impl Fn(&mut Plan) -> Option<&mut [Option<T>; MOST]>,
) -> usize {
    place(plan, error, MOST, |plan, len| {
        for item in list(plan).into_iter().flatten().skip(len) {
            *item = None;
        }
    })
}

/// The item of a list that a rule's error is about: the last of the shortest beginning of the list
/// that has the same error. `cut` shortens the list.
fn place(
    plan: &Plan,
    error: &rules::PlanError,
    len: usize,
    cut: impl Fn(&mut Plan, usize),
) -> usize {
    let is_there = |end: &usize| {
        let mut shorter = plan.clone();
        cut(&mut shorter, *end);
        shorter.validate().is_err_and(|found| found == *error)
    };
    (1..=len).find(is_there).unwrap_or(1) - 1
}
