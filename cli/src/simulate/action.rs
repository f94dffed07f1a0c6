//! Lines that somebody or the calendar sends: orders, rolls, the clock, adjustments.

use std::io::Write;

use gateway::dto::{Field, FieldError, Table, order, time};
use types::{
    AccountId, AdjustKind, ClientOrderId, Command, InputKind, Money, OrderId, RollSchedule, Timer,
};

use super::Stop;
use super::scenario::Scenario;

impl Scenario {
    pub(super) fn order_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&[
            "type",
            "ts",
            "account",
            "client_order_id",
            "instrument",
            "side",
            "order_type",
            "qty",
            "price",
            "trigger",
            "tif",
        ])?;
        let ts = self.ts(&table)?;
        let account = self.account(&table.field("account"))?;
        self.instrument(&table)?;
        let client_order = match table.optional("client_order_id") {
            Some(field) => {
                let name = field.name()?;
                self.names.client_order_id(name.as_str())
            }
            None => None,
        };
        let client_order = client_order.unwrap_or_default();
        let order = order::read(&table, "order_type", account, client_order, &self.names)?;
        self.command(ts, Command::SubmitOrder(order), out)
    }

    pub(super) fn amend_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let fields = [
            "type",
            "ts",
            "account",
            "client_order_id",
            "order_id",
            "qty",
            "price",
            "trigger",
        ];
        let table = root.table(&fields)?;
        let ts = self.ts(&table)?;
        let account = self.account(&table.field("account"))?;
        let order = self.working_order(&table, account)?;
        let qty = table.optional("qty").map(|qty| qty.qty()).transpose()?;
        let price = match (table.optional("price"), table.optional("trigger")) {
            (Some(_), Some(trigger)) => {
                return Err(trigger.error("none, beside a price").into());
            }
            (Some(price), None) | (None, Some(price)) => Some(price.price()?),
            (None, None) => None,
        };
        let command = Command::AmendOrder {
            account,
            order,
            qty,
            price,
        };
        self.command(ts, command, out)
    }

    pub(super) fn cancel_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "account", "client_order_id", "order_id"])?;
        let ts = self.ts(&table)?;
        let account = self.account(&table.field("account"))?;
        let order = self.working_order(&table, account)?;
        self.command(ts, Command::CancelOrder { account, order }, out)
    }

    /// The order that a line names. One that was never accepted is order 0, which the engine
    /// refuses.
    fn working_order(&self, table: &Table<'_>, account: AccountId) -> Result<OrderId, FieldError> {
        const CLIENT: &str = "the client_order_id of an order line above";
        const ORDER: &str = "the order_id of an order, in quotes";
        match (
            table.optional("client_order_id"),
            table.optional("order_id"),
        ) {
            (Some(_), Some(order)) => Err(order.error("none, beside a client_order_id")),
            (None, _) => table.field("order_id").parse(ORDER),
            (Some(client), None) => {
                let client: ClientOrderId = self
                    .names
                    .known_client_order_id(client.text(CLIENT)?)
                    .ok_or_else(|| client.error(CLIENT))?;
                Ok(self
                    .orders
                    .get(&(account, client))
                    .copied()
                    .unwrap_or_default())
            }
        }
    }

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
        for schedule in due {
            let timer = Timer::DayRoll { schedule, day };
            self.apply(ts, InputKind::Timer(timer), out)?;
        }
        Ok(())
    }

    pub(super) fn clock_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts"])?;
        let ts = self.ts(&table)?;
        Ok(self.apply(ts, InputKind::Timer(Timer::Clock), out)?)
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
}
