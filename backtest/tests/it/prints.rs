//! Bars at which nobody looks at prints are not told to the engine as such; an order that begins to look compares itself
//! with the newest all the same.

use backtest::run::{Fills, Memory, Settings, Timed, Unobserved, run};
use backtest::strategy::{Closed, Context, Strategy};
use types::{
    AccountId, Bar, InstrumentId, Liquidity, MarketData, MarketEvent, NewOrder, OrderKind,
    PaperModel, Price, Qty, Side, TimestampNs, TriggerOn,
};

use crate::world::{plain, share};

const SHARE: InstrumentId = InstrumentId(0);
const MINUTE: u64 = 60_000_000_000;

fn bar(minute: u64, close: i64) -> Timed {
    let price = Price::whole(close);
    let start = TimestampNs(minute * MINUTE);
    let end = TimestampNs((minute + 1) * MINUTE);
    Timed {
        ts: end,
        event: MarketEvent {
            instrument: SHARE,
            ts_event: end,
            data: MarketData::Bar(Bar {
                start,
                open: price,
                high: price,
                low: price,
                close: price,
                volume: Qty::whole(1_000),
            }),
        },
    }
}

/// Bids far below at the first bar until the second; at the fourth it buys, with a stop on the newest print at 115.
#[derive(Default)]
struct Stopped {
    bars: u32,
}

impl Strategy for Stopped {
    fn on_bar(&mut self, context: &mut Context<'_>, _: &Closed) {
        self.bars += 1;
        let one = |side, kind| NewOrder::new(AccountId(0), SHARE, side, kind, Qty::ONE);
        match self.bars {
            1 => {
                let price = Price::whole(50);
                context.order(one(Side::Buy, OrderKind::Limit { price }));
            }
            2 => context.cancel_all(None),
            4 => {
                let (trigger, on) = (Price::whole(115), TriggerOn::Last);
                context.order(one(Side::Buy, OrderKind::Market));
                context.order(one(Side::Sell, OrderKind::Stop { trigger, on }));
            }
            _ => {}
        }
    }
}

#[test]
fn a_stop_on_the_newest_print_sees_that_of_bars_that_nobody_looked_at() {
    // While the bid works the engine sees the prints, 100; then the share goes to 120, and in the end to 110.
    let closes = [100, 100, 120, 120, 120, 110, 110];
    let events: Vec<Timed> = (0..)
        .zip(closes)
        .map(|(minute, close)| bar(minute, close))
        .collect();
    let share = types::Instrument {
        liquidity: Liquidity::Paper(PaperModel::default()),
        ..share("ONE", Qty::ONE)
    };
    let settings = Settings {
        fills: Fills::SameClose,
        ..plain(vec![share], 10_000)
    };
    let source = Memory::new(&events);
    let outcome = run(
        &settings,
        vec![source],
        &mut Stopped::default(),
        &mut Unobserved,
    )
    .unwrap();
    let fills: Vec<_> = outcome
        .fills
        .iter()
        .map(|fill| (fill.ts.0 / MINUTE, fill.fill.side, fill.fill.price))
        .collect();
    assert_eq!(
        fills,
        [
            (4, Side::Buy, Price::whole(120)),
            (6, Side::Sell, Price::whole(110)),
        ]
    );
}
