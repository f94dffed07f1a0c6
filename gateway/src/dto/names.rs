//! What the outside calls the things that the engine numbers.
//!
//! The gateway writes the engine's own numbers; a scenario brings ids of its own. Conversions ask a
//! [`Names`] and do not care which it is.

use std::collections::BTreeMap;

use rules::WindowRule;
use runtime::Shard;
use types::{
    AccountId, ClientOrderId, CompetitionId, CurveId, InstrumentId, Label, LatencyId, OrderId,
    PlanId,
};

/// Ids as text, both ways, and the names that are shown beside them.
#[derive(Debug, Clone)]
pub struct Names {
    accounts: Ids,
    instruments: Ids,
    plans: Ids,
    competitions: Ids,
    client_orders: Ids,
    curves: Ids,
    latencies: Ids,
    symbols: Vec<Label>,
    /// What the plans are called, and when they restrict trading.
    titles: Vec<(Label, Vec<WindowRule>)>,
}

/// One kind of id.
#[derive(Debug, Clone)]
enum Ids {
    /// Text is the number itself.
    Numbers,
    /// Text was given, the first one to number 0.
    Given {
        texts: Vec<String>,
        numbers: BTreeMap<String, usize>,
    },
}

impl Ids {
    const fn given() -> Self {
        Self::Given {
            texts: Vec::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// The next number for this text; `None` when the text has one already or ids are not given.
    fn add(&mut self, text: &str) -> Option<usize> {
        let Self::Given { texts, numbers } = self else {
            return None;
        };
        if numbers.contains_key(text) {
            return None;
        }
        let number = texts.len();
        texts.push(text.to_owned());
        numbers.insert(text.to_owned(), number);
        Some(number)
    }

    /// Takes the last one back, if it is this text's.
    fn drop_last(&mut self, text: &str) {
        if let Self::Given { texts, numbers } = self
            && texts.last().is_some_and(|last| last == text)
        {
            texts.pop();
            numbers.remove(text);
        }
    }

    fn number(&self, text: &str) -> Option<u128> {
        match self {
            // One number, one text: no sign, no leading zero.
            Self::Numbers => text
                .parse()
                .ok()
                .filter(|number: &u128| number.to_string() == text),
            Self::Given { numbers, .. } => numbers.get(text).map(|&number| number as u128),
        }
    }

    fn small_number(&self, text: &str) -> Option<u32> {
        self.number(text).and_then(|number| number.try_into().ok())
    }

    fn text(&self, number: u128) -> String {
        let given = match self {
            Self::Numbers => None,
            Self::Given { texts, .. } => usize::try_from(number).ok().and_then(|n| texts.get(n)),
        };
        given.cloned().unwrap_or_else(|| number.to_string())
    }
}

impl Names {
    /// Ids are the engine's numbers.
    pub const fn numbers() -> Self {
        Self {
            accounts: Ids::Numbers,
            instruments: Ids::Numbers,
            plans: Ids::Numbers,
            competitions: Ids::Numbers,
            client_orders: Ids::Numbers,
            curves: Ids::Numbers,
            latencies: Ids::Numbers,
            symbols: Vec::new(),
            titles: Vec::new(),
        }
    }

    /// Ids are those that were added, in the order of the engine's numbers.
    pub const fn given() -> Self {
        Self {
            accounts: Ids::given(),
            instruments: Ids::given(),
            plans: Ids::given(),
            competitions: Ids::given(),
            client_orders: Ids::given(),
            curves: Ids::given(),
            latencies: Ids::given(),
            symbols: Vec::new(),
            titles: Vec::new(),
        }
    }

    /// Takes over the symbols and plan names that a shard has and this does not know yet.
    pub fn learn(&mut self, shard: &Shard) {
        let known = self.symbols.len() as u32..shard.instrument_count();
        let symbol = |id| {
            shard
                .instrument_view(InstrumentId(id))
                .map(|view| view.instrument.symbol)
        };
        self.symbols.extend(known.map_while(symbol));
        let known = self.titles.len() as u32..shard.plan_count();
        let title = |id| {
            let plan = shard.plan(PlanId(id))?;
            Some((plan.name, plan.conduct.windows.clone()))
        };
        self.titles.extend(known.map_while(title));
    }

    /// The next account is called this; `None` when one is already.
    pub fn add_account(&mut self, text: &str) -> Option<AccountId> {
        self.accounts
            .add(text)
            .map(|number| AccountId(number as u32))
    }

    /// The account that was added last was not opened: its id and number are free again.
    pub fn drop_account(&mut self, text: &str) {
        self.accounts.drop_last(text);
    }

    /// The next instrument is called this; `None` when one is already.
    pub fn add_instrument(&mut self, text: &str) -> Option<InstrumentId> {
        self.instruments
            .add(text)
            .map(|number| InstrumentId(number as u32))
    }

    /// The next plan is called this; `None` when one is already.
    pub fn add_plan(&mut self, text: &str) -> Option<PlanId> {
        self.plans.add(text).map(|number| PlanId(number as u32))
    }

    /// The next competition is called this; `None` when one is already.
    pub fn add_competition(&mut self, text: &str) -> Option<CompetitionId> {
        self.competitions
            .add(text)
            .map(|number| CompetitionId(number as u32))
    }

    /// The next volume curve is called this; `None` when one is already.
    pub fn add_curve(&mut self, text: &str) -> Option<CurveId> {
        self.curves.add(text).map(|number| CurveId(number as u32))
    }

    /// The curve that was added last was not defined: its id and number are free again.
    pub fn drop_curve(&mut self, text: &str) {
        self.curves.drop_last(text);
    }

    /// The next latency distribution is called this; `None` when one is already.
    pub fn add_latency(&mut self, text: &str) -> Option<LatencyId> {
        self.latencies
            .add(text)
            .map(|number| LatencyId(number as u32))
    }

    /// The latency distribution that was added last was not defined: its id and number are free again.
    pub fn drop_latency(&mut self, text: &str) {
        self.latencies.drop_last(text);
    }

    /// The number of a sender's order id. A given id gets one at its first use; numbers are above
    /// zero, which stands for none.
    pub fn client_order_id(&mut self, text: &str) -> Option<ClientOrderId> {
        self.client_orders.add(text);
        self.known_client_order_id(text)
    }

    /// The number of a sender's order id that was used before.
    pub fn known_client_order_id(&self, text: &str) -> Option<ClientOrderId> {
        let number = self.client_orders.number(text)?;
        let id = match self.client_orders {
            Ids::Numbers => number,
            Ids::Given { .. } => number + 1,
        };
        (id > 0).then_some(ClientOrderId(id))
    }

    /// The account of this id.
    pub fn account_id(&self, text: &str) -> Option<AccountId> {
        self.accounts.small_number(text).map(AccountId)
    }

    /// The instrument of this id.
    pub fn instrument_id(&self, text: &str) -> Option<InstrumentId> {
        self.instruments.small_number(text).map(InstrumentId)
    }

    /// The plan of this id.
    pub fn plan_id(&self, text: &str) -> Option<PlanId> {
        self.plans.small_number(text).map(PlanId)
    }

    /// The competition of this id.
    pub fn competition_id(&self, text: &str) -> Option<CompetitionId> {
        self.competitions.small_number(text).map(CompetitionId)
    }

    /// The volume curve of this id.
    pub fn curve_id(&self, text: &str) -> Option<CurveId> {
        self.curves.small_number(text).map(CurveId)
    }

    /// The latency distribution of this id.
    pub fn latency_id(&self, text: &str) -> Option<LatencyId> {
        self.latencies.small_number(text).map(LatencyId)
    }

    /// The id of an account.
    pub fn account(&self, id: AccountId) -> String {
        self.accounts.text(id.0.into())
    }

    /// The id of an instrument.
    pub fn instrument(&self, id: InstrumentId) -> String {
        self.instruments.text(id.0.into())
    }

    /// The symbol of an instrument; `None` when it is not known.
    pub fn symbol(&self, id: InstrumentId) -> Option<&Label> {
        self.symbols.get(id.0 as usize)
    }

    /// The id of a plan.
    pub fn plan(&self, id: PlanId) -> String {
        self.plans.text(id.0.into())
    }

    /// The name of a plan; `None` when it is not known.
    pub fn plan_name(&self, id: PlanId) -> Option<&Label> {
        self.titles.get(id.0 as usize).map(|(name, _)| name)
    }

    /// The window at a place of a plan; `None` when it is not known.
    pub fn window(&self, id: PlanId, place: u8) -> Option<&WindowRule> {
        let (_, windows) = self.titles.get(id.0 as usize)?;
        windows.get(usize::from(place))
    }

    /// The id of a competition.
    pub fn competition(&self, id: CompetitionId) -> String {
        self.competitions.text(id.0.into())
    }

    /// The id of a volume curve.
    pub fn curve(&self, id: CurveId) -> String {
        self.curves.text(id.0.into())
    }

    /// The id of a latency distribution.
    pub fn latency(&self, id: LatencyId) -> String {
        self.latencies.text(id.0.into())
    }

    /// The id of an order; `None` where the engine traded without one.
    pub fn order(&self, id: OrderId) -> Option<String> {
        (id.0 > 0).then(|| id.to_string())
    }

    /// The sender's id of an order; `None` where it gave none.
    pub fn client_order(&self, id: ClientOrderId) -> Option<String> {
        let number = match self.client_orders {
            Ids::Numbers => id.0,
            Ids::Given { .. } => id.0.wrapping_sub(1),
        };
        (id.0 > 0).then(|| self.client_orders.text(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_their_own_names() {
        let names = Names::numbers();
        assert_eq!(names.account_id("17"), Some(AccountId(17)));
        assert_eq!(names.account(AccountId(17)), "17");
        assert_eq!(names.account_id("+17"), None);
        assert_eq!(names.account_id("017"), None);
        assert_eq!(names.known_client_order_id("0"), None);
        assert_eq!(names.client_order(ClientOrderId(5)).as_deref(), Some("5"));
        assert_eq!(names.order(OrderId(0)), None);
    }

    #[test]
    fn given_names_are_numbered_in_the_order_given() {
        let mut names = Names::given();
        assert_eq!(names.add_account("anna"), Some(AccountId(0)));
        assert_eq!(names.add_account("ben"), Some(AccountId(1)));
        assert_eq!(names.add_account("anna"), None);
        assert_eq!(names.account_id("ben"), Some(AccountId(1)));
        assert_eq!(names.account_id("carl"), None);
        names.drop_account("anna");
        assert_eq!(names.account_id("anna"), Some(AccountId(0)));
        names.drop_account("ben");
        assert_eq!(names.account_id("ben"), None);
        assert_eq!(names.add_account("carl"), Some(AccountId(1)));
        assert_eq!(names.client_order_id("first"), Some(ClientOrderId(1)));
        assert_eq!(names.client_order_id("first"), Some(ClientOrderId(1)));
        assert_eq!(
            names.client_order(ClientOrderId(1)).as_deref(),
            Some("first")
        );
    }
}
