//! Lines that somebody sends: orders, lists, algos, and what changes or ends them.

use std::io::Write;

use gateway::dto::order::{self, Header, algo, amend, list};
use gateway::dto::{Field, FieldError, Table};
use types::{AccountId, ClientOrderId, Command, NewOrder, OrderId, OrderList, TimestampNs};

use super::Stop;
use super::scenario::Scenario;

impl Scenario {
    pub(super) fn order_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let (_, ts, order) = self.order(root)?;
        self.command(ts, Command::SubmitOrder(order), out)
    }

    /// The line of an order, its time and the order.
    pub(super) fn order<'a>(
        &mut self,
        root: &Field<'a>,
    ) -> Result<(Table<'a>, TimestampNs, NewOrder), FieldError> {
        let known = [
            "type",
            "ts",
            "account",
            "client_order_id",
            "instrument",
            "order_type",
        ];
        let table = root.table(&order::with_terms(&known))?;
        let ts = self.ts(&table)?;
        let header = self.header(&table)?;
        let order = order::read(&table, "order_type", header)?;
        Ok((table, ts, order))
    }

    pub(super) fn list_line(&mut self, root: &Field<'_>, out: &mut impl Write) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "account", "kind", "instrument", "orders"])?;
        let ts = self.ts(&table)?;
        let account = self.account(&table.field("account"))?;
        let (instrument, _) = self.instrument(&table)?;
        let kind = table.field("kind").word()?;
        let client_order = |order: &Table<'_>| self.client_order(order);
        let orders = list::read_orders(&table, "order_type", account, instrument, client_order)?;
        self.command(ts, Command::SubmitList(OrderList { kind, orders }), out)
    }

    pub(super) fn algo_line(&mut self, root: &Field<'_>, out: &mut impl Write) -> Result<(), Stop> {
        let known = [
            "type",
            "ts",
            "account",
            "client_order_id",
            "instrument",
            "algo_type",
        ];
        let table = root.table(&algo::with_terms(&known))?;
        let ts = self.ts(&table)?;
        let header = self.header(&table)?;
        let algo = algo::read(&table, "algo_type", header, Some(ts), &self.names)?;
        self.command(ts, Command::SubmitAlgo(algo), out)
    }

    pub(super) fn header(&mut self, table: &Table<'_>) -> Result<Header, FieldError> {
        Ok(Header {
            account: self.account(&table.field("account"))?,
            instrument: self.instrument(table)?.0,
            client_order: self.client_order(table)?,
        })
    }

    /// What the sender calls an order; zero for nothing.
    fn client_order(&mut self, table: &Table<'_>) -> Result<ClientOrderId, FieldError> {
        let Some(field) = table.optional("client_order_id") else {
            return Ok(ClientOrderId(0));
        };
        let name = field.name()?;
        Ok(self
            .names
            .client_order_id(name.as_str())
            .unwrap_or_default())
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
        let changes = amend::read(&table)?;
        self.command(ts, changes.command(account, order), out)
    }

    /// One order or algo, or with `all` those that match every filter.
    pub(super) fn cancel_line(
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
            "all",
            "instrument",
            "side",
        ];
        let table = root.table(&fields)?;
        let ts = self.ts(&table)?;
        let account = self.account(&table.field("account"))?;
        let all = match table.optional("all") {
            Some(all) => all.boolean()?,
            None => false,
        };
        if !all {
            for filter in ["instrument", "side"] {
                table.absent(filter, || "none, unless all is true".to_owned())?;
            }
            let order = self.working_order(&table, account)?;
            return self.command(ts, Command::CancelOrder { account, order }, out);
        }
        for id in ["client_order_id", "order_id"] {
            table.absent(id, || "none, when all is true".to_owned())?;
        }
        let instrument = match table.optional("instrument") {
            Some(_) => Some(self.instrument(&table)?.0),
            None => None,
        };
        let side = table.optional("side").map(|side| side.word()).transpose()?;
        let command = Command::CancelAll {
            account,
            instrument,
            side,
        };
        self.command(ts, command, out)
    }

    pub(super) fn disconnect_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "account"])?;
        let ts = self.ts(&table)?;
        let account = self.account(&table.field("account"))?;
        self.command(ts, Command::Disconnect { account }, out)
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
}
