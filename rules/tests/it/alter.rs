//! Every integer of a proof, one unit up and one unit down. Taken apart field by field, so that a new
//! field is no figure that nobody thought of.

use rules::conduct::{HoldingMin, Inactivity, SizeLimit, WindowRule};
use rules::{
    Allowance, Conduct, ConsistencyRule, DailyLoss, Life, MaxLoss, MinDays, PayoutKeep, PayoutRule,
    PayoutSeries, Plan, Proof, ProofPosition, ScaleWhen, Scaling, SplitFrom, Stage, StopTrailing,
    Target, TimeLimit, Verdict,
};
use types::{
    BaselineOrigin, BaselineSource, Breach, BreachPosition, Calendar, CashBasis, Consistency,
    Funding, Lapse, LimitBasis, PayoutDenial, PlanHash, Rest, VerdictBasis,
};

/// An integer in some field.
pub(crate) trait Figure {
    /// One unit up or down; an unsigned zero stays.
    fn shift(&mut self, up: bool);
}

macro_rules! figure {
    ($($integer:ty),*) => {$(
        impl Figure for $integer {
            fn shift(&mut self, up: bool) {
                *self = if up {
                    self.saturating_add(1)
                } else {
                    self.saturating_sub(1)
                };
            }
        }
    )*};
}

figure!(u8, u16, u32, u64, i32, i64, i128);

/// A proof with one figure altered, and which.
pub(crate) struct Altered {
    /// Such as `basis.own`.
    pub(crate) figure: String,
    pub(crate) by: i8,
    pub(crate) proof: Proof,
}

/// The proof with each figure one unit up, and one down.
pub(crate) fn alterations(proof: &Proof) -> Vec<Altered> {
    let mut names = Vec::new();
    visit(&mut proof.clone(), &mut |name, _| {
        names.push(name.to_owned());
    });
    let mut altered = Vec::new();
    for (place, name) in names.iter().enumerate() {
        for up in [true, false] {
            let mut other = proof.clone();
            let mut at = 0;
            visit(&mut other, &mut |_, figure| {
                if at == place {
                    figure.shift(up);
                }
                at += 1;
            });
            if other != *proof {
                altered.push(Altered {
                    figure: name.clone(),
                    by: if up { 1 } else { -1 },
                    proof: other,
                });
            }
        }
    }
    altered
}

type See<'a> = dyn FnMut(&str, &mut dyn Figure) + 'a;

fn visit(proof: &mut Proof, see: &mut See<'_>) {
    let Proof {
        shard,
        seq,
        ts,
        account_name: _,
        plan,
        verdict,
        basis,
        limits,
        consistency,
        positions,
        cash,
    } = proof;
    see("shard", &mut shard.0);
    see("seq", &mut seq.0);
    see("ts", &mut ts.0);
    visit_plan(plan, see);
    visit_verdict(verdict, see);
    visit_basis(basis, see);
    for limit in limits {
        let name = format!("{:?}", limit.rule);
        visit_limit(&name, limit, see);
    }
    if let Some(standing) = consistency {
        visit_standing("consistency", standing, see);
    }
    for (index, position) in positions.iter_mut().enumerate() {
        visit_position(&format!("positions[{index}]"), position, see);
    }
    for (index, cash) in cash.iter_mut().enumerate() {
        let CashBasis {
            account,
            currency: _,
            cash,
            rate,
        } = cash;
        see(&format!("cash[{index}].account"), &mut account.0);
        see(&format!("cash[{index}].cash"), &mut cash.0);
        see(&format!("cash[{index}].rate"), &mut rate.0);
    }
}

fn visit_hash(name: &str, PlanHash(bytes): &mut PlanHash, see: &mut See<'_>) {
    for (index, byte) in bytes.iter_mut().enumerate() {
        see(&format!("{name}[{index}]"), byte);
    }
}

fn visit_verdict(verdict: &mut Verdict, see: &mut See<'_>) {
    match verdict {
        Verdict::Passed => {}
        Verdict::Inactive(Rest {
            account,
            days,
            limit,
            effect: _,
            active,
            active_seq,
            active_ts,
            opens,
            equity,
            positions,
        }) => {
            see("verdict.account", &mut account.0);
            see("verdict.days", days);
            see("verdict.limit", limit);
            see("verdict.active", &mut active.0);
            see("verdict.active_seq", &mut active_seq.0);
            see("verdict.active_ts", &mut active_ts.0);
            see("verdict.opens", &mut opens.0);
            see("verdict.equity", &mut equity.0);
            see("verdict.positions", positions);
        }
        Verdict::Lapsed(Lapse {
            account,
            limit,
            counts: _,
            effect: _,
            opened,
            last,
            opens,
            equity,
            positions,
        }) => {
            see("verdict.account", &mut account.0);
            see("verdict.limit", limit);
            see("verdict.opened", &mut opened.0);
            see("verdict.last", &mut last.0);
            see("verdict.opens", &mut opens.0);
            see("verdict.equity", &mut equity.0);
            see("verdict.positions", positions);
        }
        Verdict::Breach(Breach {
            account,
            rule: _,
            effect: _,
            primary: _,
            touch_is_breach: _,
            balance,
            equity,
            baseline,
            allowance,
            floor,
            plan,
            plan_version,
            plan_hash,
            positions,
        }) => {
            see("verdict.account", &mut account.0);
            see("verdict.balance", &mut balance.0);
            see("verdict.equity", &mut equity.0);
            see("verdict.baseline", &mut baseline.0);
            see("verdict.allowance", &mut allowance.0);
            see("verdict.floor", &mut floor.0);
            see("verdict.plan", &mut plan.0);
            see("verdict.plan_version", plan_version);
            visit_hash("verdict.plan_hash", plan_hash, see);
            see("verdict.positions", positions);
        }
        Verdict::PayoutDenied {
            requested,
            eligible,
            reason,
        } => {
            see("verdict.requested", &mut requested.0);
            see("verdict.eligible", &mut eligible.0);
            match reason {
                PayoutDenial::TooFewDays { has, needs } | PayoutDenial::TooSoon { has, needs } => {
                    see("verdict.has", has);
                    see("verdict.needs", needs);
                }
                PayoutDenial::Consistency(standing) => visit_standing("verdict", standing, see),
                PayoutDenial::BelowMinimum { min } => see("verdict.min", &mut min.0),
                PayoutDenial::NotInPlan
                | PayoutDenial::NotEligibleState
                | PayoutDenial::AmountNotPositive
                | PayoutDenial::NotFlat
                | PayoutDenial::AboveEligible
                | PayoutDenial::WouldBreach => {}
            }
        }
    }
}

fn visit_basis(basis: &mut VerdictBasis, see: &mut See<'_>) {
    let VerdictBasis {
        account,
        plan,
        plan_version,
        plan_hash,
        size,
        own,
        balance,
        excluded,
        never_paid,
        beyond_best_day,
        days,
        payout_days,
        positions,
        payouts,
        days_since_payout,
    } = basis;
    see("basis.account", &mut account.0);
    see("basis.plan", &mut plan.0);
    see("basis.plan_version", plan_version);
    visit_hash("basis.plan_hash", plan_hash, see);
    see("basis.size", &mut size.0);
    see("basis.own", &mut own.0);
    see("basis.balance", &mut balance.0);
    see("basis.excluded", &mut excluded.0);
    see("basis.never_paid", &mut never_paid.0);
    see("basis.beyond_best_day", &mut beyond_best_day.0);
    see("basis.days", days);
    see("basis.payout_days", payout_days);
    see("basis.positions", positions);
    see("basis.payouts", payouts);
    see("basis.days_since_payout", days_since_payout);
}

fn visit_limit(name: &str, limit: &mut LimitBasis, see: &mut See<'_>) {
    let LimitBasis {
        account,
        rule: _,
        baseline,
        origin: BaselineOrigin { seq, ts, source },
        allowance,
        floor,
        lowered,
        held,
    } = limit;
    see(&format!("{name}.account"), &mut account.0);
    see(&format!("{name}.baseline"), &mut baseline.0);
    see(&format!("{name}.baseline_seq"), &mut seq.0);
    see(&format!("{name}.baseline_ts"), &mut ts.0);
    match source {
        BaselineSource::Equity(peak) => see(&format!("{name}.peak"), &mut peak.0),
        BaselineSource::Opening
        | BaselineSource::Roll
        | BaselineSource::ClosedBalance
        | BaselineSource::Scaling => {}
    }
    see(&format!("{name}.allowance"), &mut allowance.0);
    see(&format!("{name}.floor"), &mut floor.0);
    see(&format!("{name}.lowered"), &mut lowered.0);
    if let Some(held) = held {
        see(&format!("{name}.held"), &mut held.0);
    }
}

fn visit_standing(name: &str, standing: &mut Consistency, see: &mut See<'_>) {
    let Consistency {
        account,
        best_day,
        total,
        denominator,
        cap,
        inclusive: _,
        met: _,
        total_needed,
        next_day_max,
    } = standing;
    see(&format!("{name}.account"), &mut account.0);
    see(&format!("{name}.best_day"), &mut best_day.0);
    see(&format!("{name}.total"), &mut total.0);
    see(&format!("{name}.denominator"), &mut denominator.0);
    see(&format!("{name}.cap"), &mut cap.0);
    if let Some(needed) = total_needed {
        see(&format!("{name}.total_needed"), &mut needed.0);
    }
    if let Some(most) = next_day_max {
        see(&format!("{name}.next_day_max"), &mut most.0);
    }
}

fn visit_position(name: &str, position: &mut ProofPosition, see: &mut See<'_>) {
    let ProofPosition {
        facts,
        symbol: _,
        currency: _,
        contract_size,
        tick_size,
    } = position;
    let BreachPosition {
        account,
        instrument,
        position,
        cost,
        bid,
        ask,
        last,
        mark,
        mark_seq,
        unrealised,
    } = facts;
    see(&format!("{name}.account"), &mut account.0);
    see(&format!("{name}.instrument"), &mut instrument.0);
    see(&format!("{name}.position"), &mut position.0);
    see(&format!("{name}.cost"), &mut cost.0);
    see(&format!("{name}.bid"), &mut bid.0);
    see(&format!("{name}.ask"), &mut ask.0);
    if let Some(last) = last {
        see(&format!("{name}.last"), &mut last.0);
    }
    see(&format!("{name}.mark"), &mut mark.0);
    see(&format!("{name}.tick_size"), &mut tick_size.0);
    see(&format!("{name}.mark_seq"), &mut mark_seq.0);
    see(&format!("{name}.unrealised"), &mut unrealised.0);
    see(&format!("{name}.contract_size"), &mut contract_size.0);
}

fn visit_plan(plan: &mut Plan, see: &mut See<'_>) {
    let Plan {
        name: _,
        version,
        currency: _,
        initial_balance,
        schedule,
        days,
        day_profit: _,
        stage,
        daily_loss,
        max_loss,
        profit_target,
        min_days,
        consistency,
        payout,
        scaling,
        terms,
        conduct,
        life,
    } = plan;
    see("plan.version", version);
    see("plan.initial_balance", &mut initial_balance.0);
    see("plan.schedule", &mut schedule.minute);
    see("plan.days", &mut days.weekdays);
    if let Stage::Evaluation { phase } = stage {
        see("plan.phase", phase);
    }
    if let Some(DailyLoss {
        allowance, changes, ..
    }) = daily_loss
    {
        visit_allowance("plan.daily_loss", allowance, see);
        for tier in changes.tiers.iter_mut().flatten() {
            see("plan.daily_loss.tiers.profit_from", &mut tier.profit_from.0);
            visit_allowance("plan.daily_loss.tiers", &mut tier.allowance, see);
        }
    }
    if let Some(MaxLoss {
        allowance, stop, ..
    }) = max_loss
    {
        visit_allowance("plan.max_loss", allowance, see);
        if let StopTrailing::AtFloorLevel(level) | StopTrailing::FreezeWhenSource(level) = stop {
            see("plan.max_loss.stop", &mut level.0);
        }
    }
    if let Some(target) = profit_target {
        visit_target("plan.profit_target", target, see);
    }
    if let Some(days) = min_days {
        visit_days("plan.min_days", days, see);
    }
    if let Some(ConsistencyRule { cap, .. }) = consistency {
        see("plan.consistency", &mut cap.0);
    }
    if let Some(rule) = payout {
        visit_payout(rule, see);
    }
    if let Some(Scaling {
        step,
        size_max,
        requires,
    }) = scaling
    {
        see("plan.scaling.step", &mut step.0);
        if let Some(max) = size_max {
            see("plan.scaling.size_max", &mut max.0);
        }
        if let Some(ScaleWhen {
            profit,
            days,
            payouts,
        }) = requires
        {
            visit_target("plan.scaling.profit", profit, see);
            see("plan.scaling.days", days);
            see("plan.scaling.payouts", payouts);
        }
    }
    if let Funding::Margin { rate_min } = &mut terms.funding {
        see("plan.terms.rate_min", &mut rate_min.0);
    }
    visit_conduct(conduct, see);
    let Life {
        resets_max,
        retries_max,
        next: _,
        time_limit,
    } = life;
    if let Some(TimeLimit { days, .. }) = time_limit {
        see("plan.time_limit", days);
    }
    for (name, max) in [
        ("plan.resets_max", resets_max),
        ("plan.retries_max", retries_max),
    ] {
        if let Some(max) = max {
            see(name, max);
        }
    }
}

fn visit_allowance(name: &str, allowance: &mut Allowance, see: &mut See<'_>) {
    match allowance {
        Allowance::Fixed(amount) => see(name, &mut amount.0),
        Allowance::OfInitial(share) | Allowance::OfBase(share) => see(name, &mut share.0),
    }
}

fn visit_target(name: &str, target: &mut Target, see: &mut See<'_>) {
    match target {
        Target::Fixed(amount) => see(name, &mut amount.0),
        Target::OfInitial(share) => see(name, &mut share.0),
    }
}

fn visit_days(name: &str, rule: &mut MinDays, see: &mut See<'_>) {
    see(name, &mut rule.days);
    if let Some(least) = &mut rule.day_profit_min {
        see(&format!("{name}.day_profit_min"), &mut least.0);
    }
}

fn visit_payout(rule: &mut PayoutRule, see: &mut See<'_>) {
    let PayoutRule {
        fraction,
        cap,
        keep,
        split,
        after: _,
        best_day_cap,
        days_min,
        series,
    } = rule;
    see("plan.payout.fraction", &mut fraction.0);
    if let Some(cap) = cap {
        see("plan.payout.cap", &mut cap.0);
    }
    let (PayoutKeep::AboveFloor(kept) | PayoutKeep::AboveInitial(kept)) = keep;
    see("plan.payout.keep", &mut kept.0);
    see("plan.payout.split", &mut split.0);
    if let Some(cap) = best_day_cap {
        see("plan.payout.best_day_cap", &mut cap.0);
    }
    if let Some(days) = days_min {
        visit_days("plan.payout.days_min", days, see);
    }
    let PayoutSeries {
        min,
        caps,
        interval_days,
        splits,
        payouts_max,
    } = series;
    if let Some(min) = min {
        see("plan.payout.min", &mut min.0);
    }
    for cap in caps.iter_mut().flatten() {
        see("plan.payout.caps", &mut cap.0);
    }
    if let Some(days) = interval_days {
        see("plan.payout.interval_days", days);
    }
    for tier in splits.iter_mut().flatten() {
        see("plan.payout.splits", &mut tier.split.0);
        match &mut tier.from {
            SplitFrom::Payout(number) => see("plan.payout.splits.from", number),
            SplitFrom::PaidTotal(total) => see("plan.payout.splits.from", &mut total.0),
        }
    }
    if let Some(payouts) = payouts_max {
        see("plan.payout.payouts_max", payouts);
    }
}

fn visit_conduct(conduct: &mut Conduct, see: &mut See<'_>) {
    let Conduct {
        size,
        windows,
        holding_min,
        orders_per_day_max,
        trades_per_day_max,
        inactivity,
        warn_at,
    } = conduct;
    if let Some(SizeLimit { weights, tiers }) = size {
        for weight in weights {
            see("plan.conduct.weight", &mut weight.weight.0);
        }
        for tier in tiers {
            see("plan.conduct.profit_from", &mut tier.profit_from.0);
            see("plan.conduct.max", &mut tier.max.0);
        }
    }
    for window in windows {
        let WindowRule {
            calendar,
            before_s,
            after_s,
            action: _,
            symbols: _,
        } = window;
        if let Calendar::Daily { from, to, .. } | Calendar::Weekly { from, to, .. } = calendar {
            see("plan.conduct.from", from);
            see("plan.conduct.to", to);
        }
        see("plan.conduct.before_s", before_s);
        see("plan.conduct.after_s", after_s);
    }
    if let Some(HoldingMin { seconds, action: _ }) = holding_min {
        see("plan.conduct.holding_min", seconds);
    }
    for (name, max) in [
        ("plan.conduct.orders_per_day_max", orders_per_day_max),
        ("plan.conduct.trades_per_day_max", trades_per_day_max),
    ] {
        if let Some(max) = max {
            see(name, max);
        }
    }
    if let Some(Inactivity { days, effect: _ }) = inactivity {
        see("plan.conduct.inactivity", days);
    }
    if let Some(share) = warn_at {
        see("plan.conduct.warn_at", &mut share.0);
    }
}

/// Whatever is altered by one unit, the digest notices. What slips through where somebody makes the
/// digest anew too: nothing in the proof follows from it, or not to the unit. A figure that slips
/// whichever way it is altered is named without a sign.
pub(crate) fn slips(proof: &Proof) -> Vec<String> {
    let digest = proof.digest();
    assert_eq!(proof.verify(digest), Ok(()));
    let mut slips = Vec::new();
    let altered = alterations(proof);
    for figure in altered.chunk_by(|one, other| one.figure == other.figure) {
        let is_noticed = |it: &Altered| it.proof.verify(digest).is_err();
        assert!(figure.iter().all(is_noticed), "{}", figure[0].figure);
        let slips_by = |it: &&Altered| it.proof.verify(it.proof.digest()).is_ok();
        let slipping: Vec<&Altered> = figure.iter().filter(slips_by).collect();
        if slipping.len() == figure.len() {
            slips.push(figure[0].figure.clone());
        } else {
            let named = slipping.iter();
            slips.extend(named.map(|it| format!("{} {:+}", it.figure, it.by)));
        }
    }
    slips
}
