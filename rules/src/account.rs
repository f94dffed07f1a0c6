//! Everything the rules know about one account: limits, day facts, target, conduct.
//!
//! The caller keeps the order of work: test every equity of an input against the floors as they stood before
//! it ([`AccountRules::breached`], [`AccountRules::warnings`]), ratchet once when the input is over, by the
//! highest of them; at a roll, test again at once. All methods take the plan that the account was opened
//! under.
//!
//! # Excluded profit
//!
//! Profit can be realised and not count ([`AccountRules::record_excluded`]). It stays in the balance,
//! and floors, anchors, peaks, tiers and equity are those of the real balance. Without it are
//!
//! - the balance that is compared with the profit target,
//! - the profit of its day, and so consistency, the least profit of a day that counts, the best day
//!   of a payout and the profit that a scaling step asks for,
//! - the profit that a payout is taken from, for the life of the account: a payout does not make
//!   excluded profit payable, nor does profit beyond the best day's share become so.

mod basis;
mod conduct;
pub(crate) mod payout;
mod trailing;

use std::borrow::Cow;

use types::{
    AccountId, Consistency, Money, Notional, RuleKind, TimestampNs, TradingDay, codec_struct,
};

use self::conduct::{Activity, Told, ToldToday};
pub use self::trailing::Trailing;
use crate::conduct::{Inactive, SizeTier};
use crate::limit::{Breaches, FloorMoves, Limit, Warnings};
use crate::objective::DayFacts;
use crate::plan::time_limit::{Lapsed, Term};
use crate::plan::{Allowance, DailyAnchor, DailyLoss, DayProfit, MaxLoss, Plan, TrailSource};
use crate::trail::{FloorStand, MaxFloor};

/// What the rules know about one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRules {
    size: Money,
    daily: Option<Limit>,
    max: Option<MaxFloor>,
    quiet: Quiet,
    day: Option<TradingDay>,
    day_start_balance: Money,
    day_start_equity: Money,
    facts: DayFacts,
    target_reached_at: Option<TimestampNs>,
    /// Profit that does not count, of the account's whole life.
    excluded: Money,
    /// Profit beyond the best day's share when payouts were taken.
    never_paid: Money,
    /// Payouts since the last scaling step.
    payouts: u8,
    /// Payouts since the account opened.
    payouts_made: u16,
    /// What they took.
    paid_total: Money,
    /// Calendar days from the trading day of the last payout, else from the one on which the account opened
    /// or its first one, to the open one.
    days_since_payout: u16,
    /// The tier of the daily loss that holds today, from 1; 0 for its usual allowance.
    daily_tier: u8,
    /// The place of the day's tier among those of the plan's size limit.
    size_tier: u8,
    activity: Activity,
    /// Its time to pass, where the plan gives one; `None` before the first roll.
    term: Option<Term>,
    /// What was told today about each limit.
    told: ToldToday,
}

/// The range of equity in which nothing happens; follows from the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quiet {
    /// The lowest equity that violates no limit.
    low: Notional,
    /// The lowest that violates no hard limit: what a locked day is held to.
    low_locked: Notional,
    /// The highest that moves no peak.
    high: Notional,
}

codec_struct!(Quiet {
    low,
    low_locked,
    high
});
codec_struct!(AccountRules {
    size,
    daily,
    max,
    quiet,
    day,
    day_start_balance,
    day_start_equity,
    facts,
    target_reached_at,
    excluded,
    never_paid,
    payouts,
    payouts_made,
    paid_total,
    days_since_payout,
    daily_tier,
    size_tier,
    activity,
    term,
    told,
});

/// What a roll did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roll {
    /// The day that closed, its profit, and whether it counted toward the minimum of days.
    /// `None` where no day was open: the time before a schedule's first roll has no day of its own,
    /// though what happened in it counts like a day's.
    pub closed: Option<(TradingDay, Money, bool)>,
    /// The floors that moved.
    pub moves: FloorMoves,
    /// Whether the account rested for as long as its plan allows.
    pub inactive: Option<Inactive>,
    /// Whether the account's time to pass is over.
    pub lapsed: Option<Lapsed>,
}

/// What a roll would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollPreview {
    /// The daily loss limit after it.
    pub daily: Option<Limit>,
    /// The maximum loss limit after it.
    pub max: Option<Limit>,
    /// The limits that the same equity violates right after it.
    pub breaches: Breaches,
    /// The limits that the trader would be warned of right after it.
    pub warnings: Warnings,
    /// The day's size limit.
    pub size_tier: Option<SizeTier>,
    /// Whether the account would have rested for as long as its plan allows.
    pub inactive: Option<Inactive>,
    /// Whether the account's time to pass would be over.
    pub lapsed: Option<Lapsed>,
}

impl AccountRules {
    /// A fresh account: size, balance and equity are the plan's initial balance. `day` is the trading
    /// day that is open for the plan's schedule, `None` before its first roll.
    pub fn open(plan: &Plan, day: Option<TradingDay>) -> Self {
        let size = plan.initial_balance;
        let mut account = Self {
            size,
            daily: plan
                .daily_loss
                .map(|rule| daily_limit(&rule, rule.allowance, size, size)),
            max: plan.max_loss.map(|rule| MaxFloor::open(&rule, size)),
            quiet: Quiet {
                low: Notional(i128::MIN),
                low_locked: Notional(i128::MIN),
                high: Notional(i128::MAX),
            },
            day,
            day_start_balance: size,
            day_start_equity: size,
            facts: DayFacts::open(size),
            target_reached_at: None,
            excluded: Money::ZERO,
            never_paid: Money::ZERO,
            payouts: 0,
            payouts_made: 0,
            paid_total: Money::ZERO,
            days_since_payout: 0,
            daily_tier: 0,
            size_tier: conduct::tier_at(plan, Money::ZERO),
            activity: Activity::open(day),
            term: day.and_then(|day| plan.term(day)),
            told: ToldToday::default(),
        };
        account.refresh_quiet(plan);
        account
    }

    /// Whether its limits are those that its plan asks for, and the range in which nothing happens is
    /// theirs: for one from bytes. A limit of another kind would be told of again and again.
    pub fn is_sound(&self, plan: &Plan) -> bool {
        let daily = self.daily.map(|limit| {
            let Limit {
                rule,
                effect,
                touch_is_breach,
                ..
            } = limit;
            (rule, effect, touch_is_breach)
        });
        let max = self
            .max()
            .map(|limit| (limit.rule, limit.effect, limit.touch_is_breach));
        let asked = plan
            .daily_loss
            .filter(|rule| daily.is_some() || !rule.changes.ends_at_floor_lock)
            .map(|rule| (RuleKind::DailyLoss, rule.effect, rule.touch_is_breach));
        let tiers = plan
            .daily_loss
            .map_or(0, |rule| rule.allowances().count() - 1);
        let sizes = plan
            .conduct
            .size
            .as_ref()
            .map_or(1, |size| size.tiers.len());
        let is_known_tier =
            usize::from(self.daily_tier) <= tiers && usize::from(self.size_tier) < sizes;
        let asked_max = plan
            .max_loss
            .map(|rule| (RuleKind::MaxLoss, rule.effect, rule.touch_is_breach));
        let mut known = self.clone();
        known.refresh_quiet(plan);
        // Its time follows from the day on which it opened, which only the first roll knows where none was open.
        let is_timed = match (self.day, self.term) {
            (Some(day), Some(term)) => term.opened <= day && plan.term(term.opened) == Some(term),
            (None, term) => term.is_none(),
            (Some(day), None) => plan.time_limit().is_none() || plan.term(day).is_none(),
        };
        is_timed && daily == asked && max == asked_max && is_known_tier && known.quiet == self.quiet
    }

    /// What percentages of initial refer to: the initial balance and the scaling steps since.
    pub const fn size(&self) -> Money {
        self.size
    }

    /// The daily loss limit as it stands.
    pub const fn daily(&self) -> Option<&Limit> {
        self.daily.as_ref()
    }

    /// The maximum loss limit as it stands.
    pub fn max(&self) -> Option<&Limit> {
        self.max.as_ref().map(|max| &max.limit)
    }

    /// The limits as they stand, daily before maximum.
    pub fn limits(&self) -> impl Iterator<Item = &Limit> {
        self.daily().into_iter().chain(self.max())
    }

    /// What the floor of a limit does.
    pub fn floor_stand(&self, plan: &Plan, rule: RuleKind) -> FloorStand {
        let peak = |rule: &DailyLoss| rule.anchor == DailyAnchor::IntradayPeak;
        match (rule, &self.max, &plan.max_loss) {
            (RuleKind::MaxLoss, Some(max), Some(rule)) => max.stand(rule, self.size),
            (RuleKind::DailyLoss, ..) if plan.daily_loss.as_ref().is_some_and(peak) => {
                FloorStand::Follows
            }
            _ => FloorStand::Fixed,
        }
    }

    /// Tests equity against the floors as they stand. Those that fail the account are always tested;
    /// others not on a `locked` day, and those that only warn once a day: until
    /// [`Self::mark_breached`].
    pub fn breached(&self, equity: Notional, locked: bool) -> Breaches {
        let [daily, max] = self.limits_and_told().map(|(limit, told)| {
            limit.filter(|limit| told.tests_floor(limit, locked) && limit.is_breached_by(equity))
        });
        Breaches::of(daily, max)
    }

    /// Whether this equity neither violates a limit, nor is to be warned of, nor moves a peak, so that
    /// neither [`Self::breached`] nor [`Self::warnings`] nor [`Self::ratchet_equity`] has anything to
    /// say. Two comparisons.
    #[inline]
    pub const fn is_quiet(&self, equity: Notional, locked: bool) -> bool {
        self.is_clear(equity, locked) && equity.0 <= self.quiet.high.0
    }

    /// Whether this equity neither violates a limit nor is to be warned of: whether neither
    /// [`Self::breached`] nor [`Self::warnings`] has anything to say.
    #[inline]
    pub const fn is_clear(&self, equity: Notional, locked: bool) -> bool {
        self.quiet(locked).0.0 <= equity.0
    }

    /// The lowest and the highest equity in which [`Self::is_quiet`] holds.
    #[inline]
    pub const fn quiet(&self, locked: bool) -> (Notional, Notional) {
        let low = if locked {
            self.quiet.low_locked
        } else {
            self.quiet.low
        };
        (low, self.quiet.high)
    }

    /// The lowest equity that violates no limit, where it is kept.
    #[inline]
    pub const fn floor(&self) -> &Notional {
        &self.quiet.low
    }

    /// When an input is over: raises what follows equity live, by the highest that was tested in it. Also
    /// while flat, with equity = balance.
    #[inline]
    pub fn ratchet_equity(&mut self, plan: &Plan, equity: Notional) -> FloorMoves {
        if equity <= self.quiet.high {
            return FloorMoves::default();
        }
        let value = equity.to_money_floor();
        self.moving(plan, |account| {
            if let (Some(limit), Some(rule)) = (&mut account.daily, &plan.daily_loss)
                && rule.anchor == DailyAnchor::IntradayPeak
                && value > limit.baseline
            {
                let allowance = rule.allowance_of(account.daily_tier);
                *limit = daily_limit(rule, allowance, account.size, value);
            }
            account.raise_max(plan, TrailSource::TickEquity, value);
        })
    }

    /// Whether [`Self::ratchet_closed`] raises something at this balance.
    pub fn is_closed_peak(&self, plan: &Plan, balance: Money) -> bool {
        let follows = |rule: &MaxLoss| rule.trail == TrailSource::ClosedBalance;
        let is_above = |max: &MaxFloor| max.is_trailing() && balance > max.limit.baseline;
        plan.max_loss.as_ref().is_some_and(follows) && self.max.as_ref().is_some_and(is_above)
    }

    /// When an input is over that closed (a part of) a position, or booked something while none was open:
    /// raises what follows the closed balance, by the highest that there was in it.
    #[inline]
    pub fn ratchet_closed(&mut self, plan: &Plan, balance: Money) -> FloorMoves {
        let follows = |rule: &MaxLoss| rule.trail == TrailSource::ClosedBalance;
        if !plan.max_loss.as_ref().is_some_and(follows) {
            return FloorMoves::default();
        }
        self.moving(plan, |account| {
            account.raise_max(plan, TrailSource::ClosedBalance, balance);
        })
    }

    /// A fill opened or enlarged a position.
    pub fn record_opening_fill(&mut self) {
        self.facts.record_opening_fill();
    }

    /// A position was open at some time of this day.
    pub fn record_held(&mut self) {
        self.facts.record_held();
    }

    /// Realised profit of this day; fees are negative.
    pub fn record_realised(&mut self, pnl: Money) {
        self.facts.record_realised(pnl);
    }

    /// Of the profit that was realised, this does not count: see [the module](self). Amounts below zero
    /// are nothing; a loss always counts.
    pub fn record_excluded(&mut self, profit: Money) {
        let profit = profit.max(Money::ZERO);
        self.excluded = self.excluded.saturating_add(profit);
        self.facts.record_excluded(profit);
    }

    /// Realised profit that does not count, since the account opened.
    pub const fn excluded(&self) -> Money {
        self.excluded
    }

    /// The account with today's profit as of this equity, which is what everything about days is asked
    /// of: the account itself where the plan counts what was realised.
    pub fn valued(&self, plan: &Plan, equity: Notional) -> Cow<'_, Self> {
        match plan.day_profit {
            DayProfit::Closed => Cow::Borrowed(self),
            DayProfit::Equity => {
                let mut valued = self.clone();
                valued.facts.value(equity.to_money_floor());
                Cow::Owned(valued)
            }
        }
    }

    /// Profit of this day so far, fees and excluded profit included: what was realised, or the change of
    /// equity as of [`Self::valued`].
    pub const fn day_pnl(&self) -> Money {
        self.facts.pnl()
    }

    /// Where the profit of this day is kept, for each span that looks at days: what every fill writes to.
    pub const fn profits_today(&self) -> [&Money; 3] {
        self.facts.today()
    }

    /// Balance at the last roll, or at the opening.
    pub const fn day_start_balance(&self) -> Money {
        self.day_start_balance
    }

    /// Equity at the last roll, rounded down, or at the opening.
    pub const fn day_start_equity(&self) -> Money {
        self.day_start_equity
    }

    /// The open trading day; `None` before the first roll.
    pub const fn day(&self) -> Option<TradingDay> {
        self.day
    }

    /// Trading days counted, with today if it counts already.
    pub fn days_counted(&self, plan: &Plan) -> u16 {
        self.facts.phase.days_counted(plan.min_days)
    }

    /// Closes the day, takes the anchors, replaces the daily limit, raises what follows the end of a
    /// day, fixes the day's size limit and starts its counts and warnings anew. Balance and equity are those of the last event strictly before the roll. The caller
    /// tests again at once. `held`: positions are open over the roll.
    pub fn roll(
        &mut self,
        plan: &Plan,
        day: TradingDay,
        balance: Money,
        equity: Notional,
        held: bool,
    ) -> Roll {
        self.activity
            .close(self.day, self.facts.opened_today(), day);
        let payout_days = plan.payout.and_then(|rule| rule.days_min);
        let close = equity.to_money_floor();
        if plan.day_profit == DayProfit::Equity {
            self.facts.value(close);
        }
        let (pnl, counted) = self.facts.close(plan.min_days, payout_days, close, held);
        let gone = self
            .day
            .map_or(0, |before| i64::from(day.0) - i64::from(before.0));
        let since = i64::from(self.days_since_payout) + gone;
        self.days_since_payout = since.clamp(0, u16::MAX.into()) as u16;
        if self.day.is_none() {
            self.term = plan.term(day);
        }
        let closed = self.day.replace(day).map(|day| (day, pnl, counted));
        self.size_tier = conduct::tier_at(plan, balance.saturating_sub(self.size));
        self.told = ToldToday::default();
        self.day_start_balance = balance;
        self.day_start_equity = equity.to_money_floor();
        let moves = self.moving(plan, |account| {
            let (balance, equity) = (account.day_start_balance, account.day_start_equity);
            account.raise_max(plan, TrailSource::EodBalance, balance);
            account.raise_max(plan, TrailSource::EodEquity, equity);
            let profit = balance.saturating_sub(account.size);
            let daily_loss = plan.daily_loss.as_ref();
            account.daily_tier = daily_loss.map_or(0, |rule| rule.tier_at(profit));
            let has_stopped = account.max.as_ref().is_some_and(|max| !max.is_trailing());
            let daily_loss =
                daily_loss.filter(|rule| !(rule.changes.ends_at_floor_lock && has_stopped));
            account.daily = daily_loss.map(|rule| {
                let anchor = match rule.anchor {
                    DailyAnchor::Balance => balance,
                    DailyAnchor::Equity | DailyAnchor::IntradayPeak => equity,
                    DailyAnchor::MaxBalanceEquity => balance.max(equity),
                };
                let allowance = rule.allowance_of(account.daily_tier);
                daily_limit(rule, allowance, account.size, anchor)
            });
        });
        Roll {
            closed,
            moves,
            inactive: self.activity.idle(plan, day),
            lapsed: self.lapsed(plan, day),
        }
    }

    /// Whether the time to pass is over when this day opens.
    fn lapsed(&self, plan: &Plan, opens: TradingDay) -> Option<Lapsed> {
        let (term, rule) = (self.term?, plan.time_limit()?);
        (opens > term.last).then_some(Lapsed { term, opens, rule })
    }

    /// The time that the account has to pass; `None` without a limit, and before the first roll.
    pub const fn term(&self) -> Option<Term> {
        self.term
    }

    /// What [`Self::roll`] would do, and what the test right after it would find. A roll ends a lock.
    pub fn preview_roll(
        &self,
        plan: &Plan,
        day: TradingDay,
        balance: Money,
        equity: Notional,
    ) -> RollPreview {
        let mut rolled = self.clone();
        // Whether positions are held over the roll only decides which days count.
        let roll = rolled.roll(plan, day, balance, equity, false);
        RollPreview {
            daily: rolled.daily,
            max: rolled.max().copied(),
            breaches: rolled.breached(equity, false),
            warnings: rolled.warnings(plan, equity, false),
            size_tier: rolled.size_tier(plan).copied(),
            inactive: roll.inactive,
            lapsed: roll.lapsed,
        }
    }

    /// The balance without what is excluded that meets the profit target; `None` without a target.
    pub fn target_balance(&self, plan: &Plan) -> Option<Money> {
        plan.profit_target
            .map(|target| self.size.saturating_add(target.amount(self.size)))
    }

    /// The balance without what is excluded: what targets are compared with.
    pub const fn counted_balance(&self, balance: Money) -> Money {
        balance.saturating_sub(self.excluded)
    }

    /// Tests the profit target on the balance while flat. The balance that was needed, without what is
    /// excluded, the first time that it is met; that time is recorded.
    pub fn reach_target(&mut self, plan: &Plan, balance: Money, ts: TimestampNs) -> Option<Money> {
        let needed = self.target_balance(plan)?;
        if self.target_reached_at.is_some() || self.counted_balance(balance) < needed {
            return None;
        }
        self.target_reached_at = Some(ts);
        Some(needed)
    }

    /// When the profit target was met for the first time.
    pub const fn target_reached_at(&self) -> Option<TimestampNs> {
        self.target_reached_at
    }

    /// How the account stands against its consistency rule, with today so far as one of the days;
    /// `None` without a rule.
    ///
    /// The best day is compared with the total, or, where the rule names the profit target, with the
    /// larger of both: a best day beyond its share of the target raises what has to be earned to
    /// [`Consistency::total_needed`], and never forbids to pass.
    ///
    /// While the rule is strict, `total_needed` is the least total above the one that has the best day
    /// exactly at the cap, and `next_day_max` the most below it.
    pub fn consistency(&self, plan: &Plan, account: AccountId) -> Option<Consistency> {
        let target = plan
            .profit_target
            .map_or(Money::ZERO, |target| target.amount(self.size));
        plan.consistency.map(|rule| {
            let window = self.facts.consistency_window(rule.window);
            window.consistency(&rule, target, account)
        })
    }

    /// Whether target, minimum days and consistency hold together now; false without a target. The
    /// caller makes sure that nothing is open.
    pub fn passes(&self, plan: &Plan, balance: Money) -> bool {
        self.target_balance(plan)
            .is_some_and(|needed| self.counted_balance(balance) >= needed)
            && {
                let valued = self.valued(plan, balance.to_notional());
                plan.min_days
                    .is_none_or(|rule| valued.days_counted(plan) >= rule.days)
                    && valued
                        .consistency(plan, AccountId(0))
                        .is_none_or(|standing| standing.met)
            }
    }

    fn limits_and_told(&self) -> [(Option<Limit>, Told); 2] {
        [
            (self.daily, self.told.daily),
            (self.max().copied(), self.told.max),
        ]
    }

    fn raise_max(&mut self, plan: &Plan, source: TrailSource, value: Money) {
        if let (Some(max), Some(rule)) = (&mut self.max, &plan.max_loss)
            && rule.trail == source
        {
            max.raise(rule, self.size, value);
        }
    }

    /// Runs a change of the limits and tells what it moved.
    fn moving(&mut self, plan: &Plan, change: impl FnOnce(&mut Self)) -> FloorMoves {
        let before = [self.daily, self.max().copied()];
        change(self);
        self.refresh_quiet(plan);
        FloorMoves::between(before, [self.daily, self.max().copied()])
    }

    fn refresh_quiet(&mut self, plan: &Plan) {
        let lowest = |locked: bool| {
            self.limits_and_told()
                .into_iter()
                .filter_map(|(limit, told)| told.lowest_quiet(plan, &limit?, locked))
                .max()
                .unwrap_or(Notional(i128::MIN))
        };
        let (low, low_locked) = (lowest(false), lowest(true));
        let following = self
            .limits()
            .filter(|limit| self.follows_equity(plan, limit.rule));
        let high = following
            .map(|limit| highest_below_next(limit.baseline))
            .min()
            .unwrap_or(Notional(i128::MAX));
        self.quiet = Quiet {
            low,
            low_locked,
            high,
        };
    }
}

/// The highest equity that, rounded down to money, is not above this peak.
fn highest_below_next(peak: Money) -> Notional {
    match peak.checked_add(Money(1)) {
        Some(next) => Notional(next.to_notional().0 - 1),
        None => Notional(i128::MAX),
    }
}

fn daily_limit(rule: &DailyLoss, allowance: Allowance, size: Money, anchor: Money) -> Limit {
    let allowance = allowance.amount(size, anchor);
    Limit {
        rule: RuleKind::DailyLoss,
        effect: rule.effect,
        touch_is_breach: rule.touch_is_breach,
        baseline: anchor,
        allowance,
        floor: anchor.saturating_sub(allowance),
        lowered: Money::ZERO,
    }
}
