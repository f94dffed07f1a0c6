//! Rules of conduct of every kind, so tight that a stream meets them.

use rules::{
    Conduct, HoldingAction, HoldingMin, Inactivity, InactivityEffect, SizeLimit, SizeTier,
    SizeWeight, WindowAction, WindowRule,
};
use types::{Calendar, Label, Money, Qty, Ratio};

use super::draw::Draw;
use super::instruments::symbols;
use super::setting::label;

/// One of the few calendars that windows follow.
pub(super) fn calendar(draw: &mut Draw) -> Calendar {
    draw.pick(&[
        Calendar::Named(label("NEWS")),
        Calendar::Named(label("NEWS")),
        Calendar::Named(label("CPI")),
        Calendar::Daily {
            zone: label("America/New_York"),
            from: 955,
            to: 1_020,
        },
        Calendar::Weekly {
            zone: label("UTC"),
            from: 7_200,
            to: 60,
        },
        Calendar::Closed {
            session: label("cme-equity"),
            minutes_min: 0,
        },
        Calendar::Closed {
            session: label("cme-equity"),
            minutes_min: 120,
        },
    ])
}

fn symbol(draw: &mut Draw) -> Label {
    let known: Vec<_> = symbols().collect();
    label(draw.pick(&known).0)
}

/// All instruments, one, or several.
fn symbols_of(draw: &mut Draw) -> Vec<Label> {
    let count = draw.weighted(&[(6, 0), (2, 1), (1, 2), (1, 4)]);
    let mut symbols: Vec<_> = (0..count).map(|_| symbol(draw)).collect();
    symbols.sort_unstable();
    symbols.dedup();
    symbols
}

/// A lot of most instruments counts a unit or a part of one.
fn size(draw: &mut Draw) -> SizeLimit {
    let mut weights = Vec::new();
    for (symbol, lot) in symbols() {
        let whole = Qty::ONE.0 * 1_000_000_000 / lot.0;
        if draw.percent(80) {
            weights.push(SizeWeight {
                symbol: label(symbol),
                weight: Ratio((whole / draw.pick(&[1, 1, 3, 10])).max(1)),
            });
        }
    }
    let count = draw.pick(&[1, 1, 2, 3]);
    let mut from = draw.pick(&[-200, 0, 0, 50]);
    let tiers = (0..count).map(|_| {
        let tier = SizeTier {
            profit_from: Money::whole(from),
            max: Qty(Qty::ONE.0 * draw.between(1, 24) + draw.pick(&[0, 0, 1, 50_000_000])),
        };
        from += draw.between(1, 120);
        tier
    });
    let tiers = tiers.collect();
    SizeLimit { weights, tiers }
}

fn window(draw: &mut Draw) -> WindowRule {
    let mut widened = || draw.weighted(&[(6, 0), (3, 1), (2, 2), (1, 10), (1, 604_800)]);
    let (before_s, after_s) = (widened(), widened());
    WindowRule {
        calendar: calendar(draw),
        before_s,
        after_s,
        action: draw.pick(&[
            WindowAction::BlockOpening,
            WindowAction::BlockOpening,
            WindowAction::BlockAll,
            WindowAction::ForceFlat,
            WindowAction::ForceFlat,
            WindowAction::ExcludeProfit,
            WindowAction::ExcludeProfit,
        ]),
        symbols: symbols_of(draw),
    }
}

/// Any mix of rules, none at all in some plans.
pub(super) fn conduct(draw: &mut Draw) -> Conduct {
    let has_any = draw.percent(75);
    let mut has = |percent| has_any && draw.percent(percent);
    let (has_size, has_windows, has_holding, has_orders) = (has(45), has(70), has(50), has(15));
    let (has_trades, has_inactivity, has_warnings) = (has(15), has(25), has(50));
    let windows = if has_windows {
        draw.pick(&[1, 2, 3, 16])
    } else {
        0
    };
    Conduct {
        size: has_size.then(|| size(draw)),
        windows: (0..windows).map(|_| window(draw)).collect(),
        holding_min: has_holding.then(|| HoldingMin {
            seconds: draw.pick(&[1, 3, 60]),
            action: draw.pick(&[HoldingAction::Warn, HoldingAction::ExcludeProfit]),
        }),
        orders_per_day_max: has_orders.then(|| draw.between(1, 20) as u32),
        trades_per_day_max: has_trades.then(|| draw.between(1, 6) as u32),
        inactivity: has_inactivity.then(|| Inactivity {
            days: draw.between(1, 3) as u16,
            effect: draw.pick(&[
                InactivityEffect::Fail,
                InactivityEffect::Suspend,
                InactivityEffect::Close,
            ]),
        }),
        warn_at: has_warnings.then(|| Ratio::percent(draw.pick(&[1, 25, 50, 80, 99]))),
    }
}
