//! Lines that the calendar or the firm sends: rolls, windows, the clock, adjustments and changes of
//! accounts, conversion rates.

use std::io::Write;
use std::iter;

use gateway::dto::account::change;
use gateway::dto::instrument::change::{Conversion, read_conversion};
use gateway::dto::{Field, time, window};
use rules::TradingDays;
use types::{AdjustKind, Command, InputKind, Money, RollSchedule, Timer, TimestampNs, TradingDay};

use super::Stop;
use super::scenario::Scenario;

impl Scenario {
    pub(super) fn roll_line(&mut self, root: &Field<'_>, out: &mut impl Write) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "day", "zone", "time"])?;
        let ts = self.ts(&table)?;
        let day = table.field("day").day()?;
        let known: Vec<RollSchedule> = self.shard.schedules().map(|(known, _)| known).collect();
        let due = if table.optional("zone").is_none() && table.optional("time").is_none() {
            known
        } else {
            let zone = table.field("zone");
            let named = RollSchedule {
                zone: time::read_zone(&zone)?,
                minute: time::read_minute(&table.field("time"))?,
            };
            if !known.contains(&named) {
                let error = zone.error("zone and time of a plan or competition above");
                return Err(error.into());
            }
            vec![named]
        };
        for &schedule in &due {
            self.check_day(ts, schedule, day, &table.field("day"))?;
        }
        for schedule in due {
            let timer = Timer::DayRoll { schedule, day };
            self.apply(ts, InputKind::Timer(timer), out)?;
        }
        Ok(())
    }

    /// A roll opens the day of its zone and time, or one of its plans' that is open by then, and no other.
    fn check_day(
        &mut self,
        ts: TimestampNs,
        schedule: RollSchedule,
        day: TradingDay,
        field: &Field<'_>,
    ) -> Result<(), Stop> {
        let every_date = TradingDays::default();
        let mut accepted = Vec::new();
        for days in iter::once(&every_date).chain(self.shard.trading_days(schedule)) {
            let open = self.calendar.open_day(&schedule, days, ts);
            let open = open.map_err(|error| field.error(error.to_string()))?;
            if open.day == day {
                return Ok(());
            }
            if !accepted.contains(&open.day) {
                accepted.push(open.day);
            }
        }
        let accepted: Vec<_> = accepted.iter().map(TradingDay::to_string).collect();
        let (hour, minute) = (schedule.minute / 60, schedule.minute % 60);
        Err(field
            .error(format!(
                "{}: the trading day at {ts} where days roll at {hour:02}:{minute:02} in {}",
                accepted.join(" or "),
                schedule.zone
            ))
            .into())
    }

    pub(super) fn clock_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts"])?;
        let ts = self.ts(&table)?;
        self.apply(ts, InputKind::Timer(Timer::Clock), out)
    }

    pub(super) fn conversion_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "from", "to", "rate"])?;
        let ts = self.ts(&table)?;
        let Conversion { from, to, rate } = read_conversion(&table)?;
        self.command(ts, Command::SetConversion { from, to, rate }, out)
    }

    pub(super) fn adjust_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "account", "kind", "amount"])?;
        let ts = self.ts(&table)?;
        let account = self.account(&table.field("account"))?;
        let kind = table.field("kind").word()?;
        let amount = match (kind, table.optional("amount")) {
            (AdjustKind::Scale, None) => Money::ZERO,
            (AdjustKind::Scale, Some(amount)) => {
                return Err(amount
                    .error("none: the plan says how large a step is")
                    .into());
            }
            (AdjustKind::ProfitAndLoss | AdjustKind::Payout, _) => table.field("amount").money()?,
        };
        let command = Command::Adjust {
            account,
            kind,
            amount,
        };
        self.command(ts, command, out)
    }

    pub(super) fn account_change_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "account", "change", "reason", "until"])?;
        let ts = self.ts(&table)?;
        let command = Command::ChangeAccount {
            account: self.account(&table.field("account"))?,
            change: change::read(&table)?,
        };
        self.command(ts, command, out)
    }

    pub(super) fn window_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "calendar", "start", "end"])?;
        let ts = self.ts(&table)?;
        let (calendar, interval) = window::read(&table)?;
        let command = Command::AnnounceWindow { calendar, interval };
        self.command(ts, command, out)
    }
}
