//! What operators and calendars say: accounts, definitions, money from outside, days.

use types::{
    AccountId, AdjustKind, Codec, Command, InputKind, Label, Money, Qty, Timer, TradingDay,
};

use super::Scene;
use crate::twin::contests::competition;
use crate::twin::instruments::CURRENCIES;
use crate::twin::plans::{plan, schedule};
use crate::twin::setting::{label, rate, sample};

impl Scene<'_> {
    pub(super) fn adjust(&mut self) -> InputKind {
        let any = self.account();
        if self.draw.percent(40)
            && let Some(setback) = self.setback()
        {
            return setback;
        }
        let kind = self.draw.pick(&[
            AdjustKind::ProfitAndLoss,
            AdjustKind::ProfitAndLoss,
            AdjustKind::Payout,
            AdjustKind::Payout,
            AdjustKind::Scale,
        ]);
        // Where nothing can be paid out, profit comes first.
        let (kind, account) = match (kind, self.earner()) {
            (AdjustKind::Payout, Some(earner)) => (kind, earner),
            (AdjustKind::Payout, None) if self.draw.percent(60) => (AdjustKind::ProfitAndLoss, any),
            (kind, _) => (kind, any),
        };
        let amount = match kind {
            AdjustKind::ProfitAndLoss => {
                let most = self.draw.pick(&[300_000_000, 300_000_000, 2_000_000_000]);
                Money(self.draw.between(-600_000_000, most))
            }
            AdjustKind::Payout => self.payout(account),
            AdjustKind::Scale => Money::ZERO,
        };
        let amount = if self.nonsense() {
            let far = 1_000_000_000_000_000;
            Money(self.draw.pick(&[far, -far, i64::MAX, i64::MIN, 0, -1]))
        } else {
            amount
        };
        InputKind::Command(Command::Adjust {
            account,
            kind,
            amount,
        })
    }

    fn eligible(&self, account: AccountId) -> Money {
        let view = self.shard.account_view(account);
        view.and_then(|view| view.payout)
            .map_or(Money::ZERO, |payout| payout.bounds.least())
    }

    /// An account that something could be paid out of, mostly.
    fn earner(&mut self) -> Option<AccountId> {
        let accounts = (0..self.portrait.accounts.len() as u32).map(AccountId);
        let earners: Vec<AccountId> = accounts
            .filter(|&account| self.eligible(account) > Money::ZERO)
            .collect();
        // One that is below a floor stays there.
        let is_below = |account: &&AccountId| {
            let account = &self.portrait.accounts[account.0 as usize];
            let mut limits = account.rules.limits();
            limits.any(|limit| limit.is_breached_by(account.equity))
        };
        let below = earners.iter().find(is_below).copied();
        let any = self.draw.choose(&earners).copied();
        let below = below.filter(|_| self.draw.percent(80));
        below.or(any.filter(|_| self.draw.percent(80)))
    }

    /// A loss that puts an account with a profit at its highest floor, or just below, and leaves a profit.
    fn setback(&mut self) -> Option<InputKind> {
        let earner = self.earner()?;
        let account = &self.portrait.accounts[earner.0 as usize];
        let floor = account.rules.limits().map(|limit| limit.floor).max()?;
        let equity = account.equity.to_money_floor();
        let is_near = floor > account.rules.size() && equity > floor;
        let below = self.draw.pick(&[0, 1, 1_000_000]);
        is_near.then(|| {
            InputKind::Command(Command::Adjust {
                account: earner,
                kind: AdjustKind::ProfitAndLoss,
                amount: Money(floor.0 - equity.0 - below),
            })
        })
    }

    /// All that could be paid, a part of it, or any amount.
    fn payout(&mut self, account: AccountId) -> Money {
        match Some(self.eligible(account)).filter(|eligible| *eligible > Money::ZERO) {
            Some(eligible) if self.draw.percent(70) => {
                Money(eligible.0 / self.draw.pick(&[1, 1, 2, 1_000]) + self.draw.pick(&[0, 0, 1]))
            }
            _ => Money(self.draw.between(-10, 110) * 1_000_000),
        }
    }

    pub(super) fn register(&mut self) -> InputKind {
        let mut instrument = self.draw.pick(&self.setting.instruments).instrument;
        if self.nonsense() || self.draw.percent(15) {
            match self.draw.below(8) {
                0 => instrument.tick_size.0 = 0,
                1 => instrument.lot_size = Qty(-1),
                2 => instrument.contract_size = Qty::ZERO,
                3 => {
                    instrument.tick_size.0 = 1;
                    instrument.lot_size = Qty(1);
                    instrument.order_qty_max = Qty(1);
                }
                4 => instrument.order_qty_max = Qty::ZERO,
                5 => instrument.fees.taker.0 = -1,
                6 => instrument.margin.maintenance.rate.0 = 1_000_000_001,
                _ => instrument.collar.0 = 1_000_000_000,
            }
        }
        InputKind::Command(Command::RegisterInstrument(Box::new(instrument)))
    }

    pub(super) fn define(&mut self) -> InputKind {
        let is_bad = self.nonsense() || self.draw.percent(15);
        let spoilt = |mut spec: Vec<u8>| {
            if is_bad {
                spec.pop();
            }
            spec.into()
        };
        InputKind::Command(match self.draw.below(5) {
            0 => {
                let currency = self.draw.pick(&CURRENCIES);
                let spec = spoilt(plan(&mut self.draw, currency).to_bytes());
                Command::DefinePlan { spec }
            }
            1 | 2 => {
                let spec = spoilt(competition(&mut self.draw, self.ts).to_bytes());
                Command::DefineCompetition { spec }
            }
            3 => {
                let count = if is_bad {
                    self.draw.pick(&[0, 9])
                } else {
                    self.draw.between(1, 5)
                };
                let weights = (0..count).map(|_| self.draw.below(3) as u32).collect();
                Command::DefineCurve { weights }
            }
            _ => {
                let count = if is_bad {
                    self.draw.pick(&[0, 9])
                } else {
                    self.draw.between(1, 4)
                };
                let samples = (0..count).map(|_| sample(&mut self.draw)).collect();
                Command::DefineLatency { samples }
            }
        })
    }

    fn currency(&mut self) -> Label {
        label(self.draw.pick(&CURRENCIES))
    }

    pub(super) fn convert(&mut self) -> InputKind {
        let from = self.currency();
        let to = if self.draw.percent(80) {
            label(CURRENCIES[0])
        } else {
            self.currency()
        };
        let mut rate = rate(&mut self.draw);
        if self.nonsense() {
            rate.0 = self.draw.pick(&[0, -1, 1, i64::MAX]);
        }
        InputKind::Command(Command::SetConversion { from, to, rate })
    }

    pub(super) fn roll(&mut self) -> InputKind {
        let index = if self.nonsense() {
            2
        } else {
            self.draw.below(2)
        };
        let schedule = schedule(index);
        let open = self
            .shard
            .schedules()
            .find(|(known, _)| *known == schedule)
            .and_then(|(_, day)| day);
        let later = if self.nonsense() {
            self.draw.between(-1, 0)
        } else {
            self.draw.pick(&[1, 1, 1, 1, 3, 7])
        };
        let day = open.map_or(1, |day| day.0 + later as i32);
        InputKind::Timer(Timer::DayRoll {
            schedule,
            day: TradingDay(day),
        })
    }
}
