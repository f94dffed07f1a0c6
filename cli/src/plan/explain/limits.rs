//! Floors: where they start, what moves them, what stops them, on which side of them a breach is.

use rules::account::AccountRules;
use rules::limit::Limit;
use rules::{Allowance, DailyAnchor, Plan, StopTrailing, TrailSource};
use types::{Effect, Money, TradingDay};

use super::Section;
use crate::plan::figures::{CENT, amount, cents_ceil, cents_floor, share};

/// The days of every example.
pub(super) const DAY: TradingDay = TradingDay(0);

/// The maximum loss.
pub(super) fn max_loss(plan: &Plan) -> Option<Section> {
    let rule = plan.max_loss.as_ref()?;
    let fresh = AccountRules::open(plan, Some(DAY));
    let open = *fresh.max()?;
    let mut said = vec![format!(
        "The floor starts at {} ({}){}.",
        amount(open.floor),
        difference(&open),
        of_what(rule.allowance, "the peak"),
    )];
    let raised = |value| after(plan, rule.trail, value);
    // Half-way up: far enough to show a move, not far enough to meet a usual stop.
    let value = cents_floor(open.baseline.saturating_add(Money(open.allowance.0 / 2)));
    let moved = raised(value);
    match (rule.trail, moved) {
        (TrailSource::None, _) | (_, None) => {
            said.push("Trading never moves it.".to_owned());
        }
        (trail, Some(moved)) => {
            let event = event(trail, value);
            said.push(if moved.floor == open.floor {
                format!("{event} it stays at {}.", amount(moved.floor))
            } else {
                format!(
                    "{event} it moves to {}; it never comes down again by trading.",
                    amount(moved.floor)
                )
            });
            said.extend(stop(plan, rule.stop, rule.trail));
        }
    }
    said.push(side(&open));
    said.push(effect(rule.effect));
    said.extend(warning(plan, &fresh, &open));
    Some(Section::new("Maximum loss", said))
}

/// The sentence about the end of trailing.
fn stop(plan: &Plan, stop: StopTrailing, trail: TrailSource) -> Option<String> {
    let size = plan.initial_balance;
    match stop {
        StopTrailing::Never => Some("It never stops following.".to_owned()),
        StopTrailing::AtFloorLevel(offset) => {
            let level = size.saturating_add(offset);
            let at_level =
                |value| after(plan, trail, value).is_some_and(|limit| limit.floor >= level);
            // A floor is at most one allowance below its peak, and that at most the peak itself.
            let far = Money(level.0.saturating_mul(4).max(size.0.saturating_mul(4)));
            let Some(first) = lowest(size, far, at_level) else {
                let (level, until) = (amount(level), until(plan));
                return Some(format!("It would lock at {level} {until}."));
            };
            let locked = after(plan, trail, first)?;
            let higher = after(plan, trail, first.saturating_add(size))?;
            let for_good = if higher.floor == locked.floor {
                until(plan)
            } else {
                "for now"
            };
            Some(format!(
                "At {} it locks at {} {for_good}.",
                amount(cents_ceil(first)),
                amount(locked.floor)
            ))
        }
        StopTrailing::FreezeWhenSource(offset) => {
            let level = size.saturating_add(offset);
            let frozen = after(plan, trail, level)?;
            Some(format!(
                "The first value at or above {} is the last that counts: reached exactly, the floor \
                 stays at {} {}.",
                amount(level),
                amount(frozen.floor),
                until(plan)
            ))
        }
    }
}

/// How long a floor that stopped stays.
const fn until(plan: &Plan) -> &'static str {
    match plan.scaling {
        None => "for good",
        Some(_) => "until the account grows, and goes up by what it grows",
    }
}

/// The maximum loss after the trailed value was at `value` for the first time.
fn after(plan: &Plan, trail: TrailSource, value: Money) -> Option<Limit> {
    let mut account = AccountRules::open(plan, Some(DAY));
    let size = plan.initial_balance;
    let next = TradingDay(DAY.0 + 1);
    match trail {
        TrailSource::None => return None,
        TrailSource::EodBalance => {
            account.roll(plan, next, value, size.to_notional(), false);
        }
        TrailSource::EodEquity => {
            account.roll(plan, next, size, value.to_notional(), true);
        }
        TrailSource::ClosedBalance => {
            account.ratchet_closed(plan, value);
        }
        TrailSource::TickEquity => {
            account.ratchet_equity(plan, value.to_notional());
        }
    }
    account.max().copied()
}

fn event(trail: TrailSource, value: Money) -> String {
    let value = amount(value);
    match trail {
        TrailSource::None => String::new(),
        TrailSource::EodBalance => format!("If a day closes at a balance of {value}"),
        TrailSource::EodEquity => format!("If a day closes at an equity of {value}"),
        TrailSource::ClosedBalance => format!("If a trade closes at a balance of {value}"),
        TrailSource::TickEquity => {
            format!("If equity is {value} at any moment, open profit included,")
        }
    }
}

/// The daily loss.
pub(super) fn daily_loss(plan: &Plan) -> Option<Section> {
    let rule = plan.daily_loss.as_ref()?;
    let fresh = AccountRules::open(plan, Some(DAY));
    let open = *fresh.daily()?;
    let mut said = vec![format!(
        "On the first day the floor is {} ({}){}.",
        amount(open.floor),
        difference(&open),
        of_what(rule.allowance, "the anchor"),
    )];
    let anchor = match rule.anchor {
        DailyAnchor::Balance => "the balance at the roll",
        DailyAnchor::Equity => "the equity at the roll",
        DailyAnchor::MaxBalanceEquity => "the higher of balance and equity at the roll",
        DailyAnchor::IntradayPeak => "the highest equity since the roll",
    };
    said.push(format!("Its anchor is {anchor}."));
    said.extend(rule.changes.tiers.iter().flatten().map(|tier| {
        let of = of_what(tier.allowance, "the anchor");
        let way = tier
            .allowance
            .amount(plan.initial_balance, plan.initial_balance);
        format!(
            "From a profit of {} at the roll on, the floor of the day is {} below the anchor{of}.",
            amount(tier.profit_from),
            amount(way),
        )
    }));
    if rule.changes.ends_at_floor_lock {
        said.push(
            "A day that opens after the floor of the maximum loss stopped has no daily limit."
                .to_owned(),
        );
    }
    let up = |parts: i64| {
        cents_floor(Money(
            plan.initial_balance
                .0
                .saturating_add((open.allowance.0 / 4).saturating_mul(parts)),
        ))
    };
    // A balance above the start, and an equity on either side of it.
    let (balance, above, below) = (up(4), up(6), up(3));
    let rolled = |equity: Money| {
        let equity = equity.to_notional();
        fresh
            .preview_roll(plan, TradingDay(DAY.0 + 1), balance, equity)
            .daily
    };
    for (equity, open_result) in [(above, "profit"), (below, "loss")] {
        let Some(limit) = rolled(equity) else {
            continue;
        };
        said.push(format!(
            "A day that opens with a balance of {} and an open {open_result}, equity {}, has its floor \
             at {} ({}).",
            amount(balance),
            amount(equity),
            amount(limit.floor),
            difference(&limit),
        ));
    }
    if rule.anchor == DailyAnchor::IntradayPeak {
        let mut account = fresh.clone();
        account.ratchet_equity(plan, above.to_notional());
        if let Some(limit) = account.daily() {
            said.push(format!(
                "If equity is {} during the first day, the floor moves to {}.",
                amount(above),
                amount(limit.floor)
            ));
        }
    }
    said.push(side(&open));
    said.push(effect(rule.effect));
    said.extend(warning(plan, &fresh, &open));
    Some(Section::new("Daily loss", said))
}

fn difference(limit: &Limit) -> String {
    format!("{} - {}", amount(limit.baseline), amount(limit.allowance))
}

fn of_what(allowance: Allowance, base: &str) -> String {
    match allowance {
        Allowance::Fixed(_) => String::new(),
        Allowance::OfInitial(ratio) => format!(", {} of the initial balance", share(ratio)),
        Allowance::OfBase(ratio) => format!(", {} of {base}", share(ratio)),
    }
}

/// The last equity that is legal and the first that is not, one cent apart.
fn side(limit: &Limit) -> String {
    let is_breach = |equity: Money| limit.is_breached_by(equity.to_notional());
    let at = limit.floor;
    let (above, below) = (at.saturating_add(CENT), at.saturating_sub(CENT));
    if is_breach(at) {
        let legal = if is_breach(above) {
            "a breach too"
        } else {
            "not"
        };
        format!(
            "Equity of {} is a breach already, {} is {legal}.",
            amount(at),
            amount(above)
        )
    } else {
        let breach = if is_breach(below) {
            "is"
        } else {
            "is not either"
        };
        format!(
            "Equity of {} is no breach yet, {} {breach}.",
            amount(at),
            amount(below)
        )
    }
}

fn effect(effect: Effect) -> String {
    match effect {
        Effect::Fail => "A breach fails the account.",
        Effect::LockForDay => {
            "A breach closes all positions and stops new ones until the next roll; the account goes on."
        }
        Effect::Warn => "A breach is reported, once a day; nothing else happens.",
    }
    .to_owned()
}

/// From where the trader is warned.
fn warning(plan: &Plan, account: &AccountRules, limit: &Limit) -> Option<String> {
    let at = plan.conduct.warn_at?;
    let unwarned = |equity: Money| {
        let warned = account.warnings(plan, equity.to_notional(), false);
        !warned.iter().any(|found| found.rule == limit.rule)
    };
    let legal = limit.floor.saturating_add(CENT);
    let first = lowest(legal, limit.baseline.saturating_add(CENT), unwarned)?;
    Some(format!(
        "The trader is warned at an equity of {} or less, {} of the way to the floor.",
        amount(cents_floor(first.saturating_sub(Money(1)))),
        share(at)
    ))
}

/// The lowest amount from `low` to `high` that holds, for something that holds from some amount on.
pub(super) fn lowest(low: Money, high: Money, holds: impl Fn(Money) -> bool) -> Option<Money> {
    let (mut low, mut high) = (low.0, high.0);
    if !holds(Money(high)) {
        return None;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(Money(middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(Money(low))
}
