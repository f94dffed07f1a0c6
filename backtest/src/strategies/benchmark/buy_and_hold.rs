//! Buy and hold.

use types::InstrumentId;

use crate::strategies::{Data, Declared, Family, Needs, Page};
use crate::strategy::{Closed, Context, PerInstrument, Strategy};

pub(in crate::strategies) const DECLARED: Declared = Declared {
    name: "buy_and_hold",
    family: Family::Benchmark,
    about: "Buys each instrument once and holds it to the end.",
    page: Page {
        entry: "When its first bar (or, without bars, its first quote) is known.",
        exit: "Never.",
        sizing: "A full position of each. With a size that is a share of equity, each of several instruments gets that \
                 share: give each its part.",
        source: "The benchmark of every paper on trading.",
        risk: "It is all of the market's falls.",
    },
    needs: Needs::each(Data::Any),
    parameters: &[],
    build: |_| Ok(Box::<BuyAndHold>::default()),
};

#[derive(Debug, Default)]
struct BuyAndHold {
    bought: PerInstrument<bool>,
}

impl BuyAndHold {
    fn buy(&mut self, context: &mut Context<'_>, instrument: InstrumentId) {
        let bought = self.bought.get_or_insert_with(instrument, || false);
        if !*bought {
            *bought = true;
            context.long(instrument);
        }
    }
}

impl Strategy for BuyAndHold {
    fn on_market(&mut self, context: &mut Context<'_>, event: &types::MarketEvent) {
        if context.quote(event.instrument).is_some() {
            self.buy(context, event.instrument);
        }
    }

    fn on_bar(&mut self, context: &mut Context<'_>, closed: &Closed) {
        self.buy(context, closed.instrument);
    }
}
