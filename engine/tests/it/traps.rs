//! Known traps of matching engines and simulators, each by its name.

use std::collections::BTreeSet;

use engine::portrait::OrderStage;
use engine::{EventBuf, Shard};
use types::{
    BarPath, CancelModel, Event, FillRule, Input, InstrumentStatus, Leg, OrderKind, PaperModel,
    Sizes, Slippage,
};

use crate::grand::grand;
use crate::words::{
    Words, amend_price, amend_qty, bar, buy, cancel, depth, print, quote, sell, sized, status,
    whole,
};
use crate::world::{World, crossed, fills, money, paper};

/// The audit compares every fill with the limit of its order.
#[test]
fn a_limit_order_that_trades_through_its_own_limit() {
    for slippage in [Slippage::Ticks(50), Slippage::Impact { ticks: 50 }] {
        for sizes in [Sizes::Unlimited, Sizes::Displayed] {
            let mut world = World::trading(paper(PaperModel {
                slippage,
                sizes,
                bars: BarPath::Walked,
                ..PaperModel::default()
            }));
            world.tell(depth(&[("98", 3), ("90", 9)], &[("101", 3), ("110", 9)]));
            for fill in fills(&world.hear(buy(0, 9).at("105"))) {
                assert_eq!(fill.price.to_string(), "105");
            }
            for fill in fills(&world.hear(sell(1, 9).at("95"))) {
                assert_eq!(fill.price.to_string(), "95");
            }
            world.tell(sell(2, 5).stop_limit("97", "96"));
            world.tell(bar(["100", "104", "94", "97"]));
            world.tell(quote("80", "120"));
            world.tell(bar(["100", "104", "94", "97"]));
        }
    }
    let mut book = World::trading(crossed());
    book.tell_all([
        sell(0, 5).at("100"),
        sell(0, 5).at("103"),
        buy(1, 20).at("102"),
        sell(2, 3).stop_limit("102", "102"),
        sell(3, 9).at("101"),
    ]);
    book.tell(status(InstrumentStatus::PreOpen));
    book.tell_all([buy(0, 9).at("110"), sell(4, 4).at("90")]);
    book.tell(status(InstrumentStatus::Open));
}

#[test]
fn a_best_price_left_dangling_after_a_sweep() {
    let mut world = World::trading(crossed());
    for step in 0..200 {
        world.tell(sell(0, 1).at(&whole(100 + step * 7)));
    }
    // The sweep ends in the middle of nowhere; the next level is far away.
    world.tell(buy(1, 150));
    let best = 100 + 150 * 7;
    assert!(world.asks().starts_with(&format!("{best} x 1")));
    assert_eq!(world.tell(buy(1, 1))[1], format!("#151 sells 1 at {best}"));
    // Cancelled levels are no best price either.
    for order in 152..200 {
        world.tell(cancel(0, order));
    }
    assert_eq!(world.asks(), format!("{} x 1 [#200]", 100 + 199 * 7));
    assert_eq!(world.tell(buy(1, 2)).len(), 4);
    assert_eq!(world.asks(), "");
    // A better one than ever, then nothing, then one in between.
    for at in ["5", "900"] {
        world.tell(sell(0, 1).at(at));
        assert_eq!(
            world.picture().quote.map(|quote| quote.ask.to_string()),
            Some(at.into())
        );
        world.tell(buy(1, 1));
        assert_eq!(world.asks(), "");
    }
}

#[test]
fn queue_order_lost_on_amend() {
    let mut world = World::trading(crossed());
    for account in 0..5 {
        world.tell(sell(account, 10).at("100"));
    }
    // Somebody else's amendment, and every kind that keeps a place.
    world.tell(amend_price(4, 5, "101"));
    world.tell(amend_price(4, 5, "100"));
    for (account, order) in [(2, 3), (0, 1), (1, 2), (3, 4)] {
        world.tell(amend_qty(account, order, 8));
        world.tell(amend_price(account, order, "100"));
    }
    assert_eq!(world.asks(), "100 x 42 [#1 #2 #3 #4 #5]");
    // Partly filled and made smaller.
    world.tell(buy(4, 3));
    world.tell(amend_qty(0, 1, 4));
    assert_eq!(world.asks(), "100 x 35 [#1 #2 #3 #4 #5]");
    assert_eq!(world.tell(buy(4, 1))[1], "#1 sells 1 at 100");
}

fn replay(inputs: &[Input], shard: &mut Shard) -> Vec<Event> {
    let mut events = EventBuf::default();
    for input in inputs {
        shard.apply(input, &mut events);
    }
    events.as_slice().to_vec()
}

fn blank(world: &World) -> Shard {
    Shard::new(world.shard.id(), engine::Limits::default())
}

#[test]
fn iteration_order_that_changes_a_replay() {
    let told = grand();
    let mut shards = [blank(&told), blank(&told)];
    let events = shards.each_mut().map(|shard| replay(&told.inputs, shard));
    assert_eq!(events[0], events[1]);
    for shard in &shards {
        assert_eq!(shard.state_hash(), told.shard.state_hash());
    }
    // Room made beforehand, and a snapshot at every input, change neither facts nor state.
    let mut roomy = blank(&told);
    roomy.reserve(10_000, 10_000);
    let mut restored = blank(&told);
    let mut plain = blank(&told);
    for input in &told.inputs {
        let expected = replay(std::slice::from_ref(input), &mut plain);
        assert_eq!(replay(std::slice::from_ref(input), &mut roomy), expected);
        let mut bytes = Vec::new();
        restored.encode(&mut bytes);
        restored = Shard::restore(&bytes).unwrap();
        assert_eq!(
            replay(std::slice::from_ref(input), &mut restored),
            expected,
            "{input:?}"
        );
        assert_eq!(restored.state_hash(), plain.state_hash(), "after {input:?}");
        assert_eq!(roomy.state_hash(), plain.state_hash(), "after {input:?}");
    }
}

/// Restored at every input and gone on with to the end.
#[test]
fn a_snapshot_that_forgets_something() {
    let told = grand();
    let mut shard = blank(&told);
    let expected = replay(&told.inputs, &mut blank(&told));
    for (index, input) in told.inputs.iter().enumerate() {
        let mut bytes = Vec::new();
        shard.encode(&mut bytes);
        let mut restored = Shard::restore(&bytes).unwrap();
        let mut again = Vec::new();
        restored.encode(&mut again);
        assert_eq!(again, bytes, "before input {index}");
        assert_eq!(
            restored.portrait(),
            shard.portrait(),
            "before input {index}"
        );
        assert_eq!(restored.next_due(), shard.next_due());
        let events = replay(&told.inputs[index..], &mut restored);
        let rest = &expected[expected.len() - events.len()..];
        assert!(events == rest, "facts after input {index}");
        assert_eq!(restored.state_hash(), told.shard.state_hash());
        replay(std::slice::from_ref(input), &mut shard);
    }
}

/// The story that the snapshots are taken from has something of everything in it.
#[test]
fn a_story_in_which_nothing_happens() {
    let told = grand();
    let mut shard = blank(&told);
    let mut seen = BTreeSet::new();
    for input in &told.inputs {
        let before = shard.portrait();
        for order in &before.orders {
            seen.insert(format!("{:?}", order.stage));
            seen.insert(format!("{:?}", order.role));
            if let OrderKind::TrailingStop { .. } = order.request.kind
                && order.stage == OrderStage::Waiting
            {
                seen.insert("Trailing".to_owned());
            }
            if order.queue.is_some_and(|(_, _, printed)| printed.0 != 0) {
                seen.insert("Queue".to_owned());
            }
            if order.filled.0 > 0 {
                seen.insert("PartlyFilled".to_owned());
            }
            if order.earned.0 != 0 {
                seen.insert("Minimum".to_owned());
            }
            if order.displayed.0 != 0 && order.displayed < order.leaves {
                seen.insert("Hidden".to_owned());
            }
        }
        for algo in &before.algos {
            seen.insert("Algo".to_owned());
            if algo.child.0 != 0 {
                seen.insert("AlgoChild".to_owned());
            }
            if algo.volume.0 != 0 {
                seen.insert("AlgoVolume".to_owned());
            }
            if algo.next_slice != 0 {
                seen.insert("AlgoSlice".to_owned());
            }
        }
        for account in &before.accounts {
            if !account.foreign.is_empty() {
                seen.insert("Foreign".to_owned());
            }
            if account.holdings.iter().any(|held| held.leg == Leg::Short) {
                seen.insert("ShortLeg".to_owned());
            }
            if account.day_locked {
                seen.insert("DayLocked".to_owned());
            }
        }
        if before.markets.iter().any(|market| market.stale) {
            seen.insert("Stale".to_owned());
        }
        for event in replay(std::slice::from_ref(input), &mut shard) {
            let text = format!("{:?}", event.kind);
            let name = text.split([' ', '(']).next().unwrap();
            seen.insert(name.to_owned());
            if let types::EventKind::Fill(fill) = event.kind {
                seen.insert(format!("{:?}", fill.model));
            }
        }
    }
    for expected in "InFlight Held Waiting Resting Auction Alone Oco OtoParent OtoChild Entry \
        TakeProfit StopLoss CoverStop Slice Trailing Queue PartlyFilled Minimum Hidden Algo AlgoChild \
        AlgoVolume AlgoSlice Foreign ShortLeg Stale OrderActivated OrderTriggered OrderAmended \
        OrderCancelled ChangeDenied AlgoEnded Uncrossed Booked MarginCall DayRolled FloorMoved Touch \
        Through Depth Bar Book Auction"
        .split_whitespace()
    {
        assert!(seen.contains(expected), "{expected} in {seen:?}");
    }
}

#[test]
fn a_stop_cascade_that_ends_too_early() {
    let mut world = World::trading(crossed());
    // 60 stops, each of which only the one before it can set off, in the wrong order of acceptance.
    for step in 0..61 {
        world.tell(buy(0, 1).at(&whole(1_000 - step)));
    }
    for step in (1..=60).rev() {
        world.tell(sell(1, 1).stop(&whole(1_001 - step)).on_last());
    }
    world.tell(sell(2, 1));
    assert_eq!(world.working_ids(), [0; 0]);
    assert_eq!(
        (world.position(0), world.position(1)),
        ("61".into(), "-60".into())
    );
    // Stops on both sides: one buyer sets off all that buy, and then one seller all that sell.
    let mut world = World::trading(crossed());
    for step in 0..20 {
        world.tell(buy(0, 1).at(&whole(500 - step)));
        world.tell(sell(0, 1).at(&whole(501 + step)));
        world.tell(buy(1, 1).stop(&whole(501 + step)).on_last());
        world.tell(sell(2, 1).stop(&whole(500 - step)).on_last());
    }
    // The last of them finds nobody.
    assert_eq!(
        world.tell(buy(3, 1)).last().unwrap(),
        "#79 cancelled 1 NotMarketable"
    );
    assert_eq!(world.working_ids().len(), 40);
    assert_eq!(
        world.tell(sell(3, 1)).last().unwrap(),
        "#80 cancelled 1 NotMarketable"
    );
    assert_eq!(world.working_ids(), [0; 0]);
    assert_eq!(
        (world.position(1), world.position(2)),
        ("19".into(), "-19".into())
    );
}

#[test]
fn a_partial_fill_that_never_reaches_position_or_balance() {
    let mut world = World::trading(crossed());
    world.tell(sell(0, 10).at("100"));
    for part in 1..=10 {
        let traded = fills(&world.hear(buy(1, 1)));
        assert_eq!(traded[0].leaves.to_string(), (10 - part).to_string());
        assert_eq!(traded[0].position.to_string(), (-part).to_string());
        assert_eq!(traded[1].position.to_string(), part.to_string());
        assert_eq!(world.position(1), part.to_string());
    }
    // Closed in parts at 103: 3 each time, at once.
    world.tell(buy(2, 10).at("103"));
    for part in 1..=10 {
        let traded = fills(&world.hear(sell(1, 1)));
        assert_eq!(traded[1].realised, money("3"));
        assert_eq!(world.balance(1), (1_000_000 + 3 * part).to_string());
    }
    // A part that was filled stays filled when the rest is cancelled.
    world.tell(sell(3, 5).at("104"));
    world.tell(buy(4, 2));
    world.tell(cancel(3, 22));
    assert_eq!(
        (world.position(3), world.position(4)),
        ("-2".into(), "2".into())
    );
}

#[test]
fn a_touch_taken_for_a_fill() {
    // The other side is at the price: that alone fills only where the model says so.
    for (fill, at_price) in [
        (FillRule::Touch, 1),
        (FillRule::Through, 0),
        (FillRule::Queue(CancelModel::Conservative), 1),
    ] {
        let mut world = World::trading(paper(PaperModel {
            fill,
            ..PaperModel::default()
        }));
        world.tell(quote("98", "101"));
        world.tell(buy(0, 5).at("99"));
        // Its own side at its price is no fill for anybody, however often it is said.
        for _ in 0..3 {
            assert_eq!(world.tell(sized("99", 1, "101", 1)), [""; 0], "{fill:?}");
        }
        // Nor is a print at its price, unless the queue before it is used up.
        if fill != FillRule::Queue(CancelModel::Conservative) {
            assert_eq!(world.tell(print("99", 1_000)), [""; 0], "{fill:?}");
        }
        assert_eq!(
            world.tell(sized("98", 1, "99", 1)).len(),
            at_price,
            "{fill:?}"
        );
    }
    // In a book it takes an order to fill an order.
    let mut world = World::trading(crossed());
    world.tell_all([buy(0, 5).at("99"), sell(1, 5).at("100")]);
    world.tell(amend_price(0, 1, "99"));
    assert_eq!(world.position(0), "0");
}

#[test]
fn a_denied_order_that_still_ties_something_up() {
    let mut world = World::trading(crossed());
    world.tell(sell(0, 5).at("100"));
    let before = world.shard.portrait();
    for denied in [
        buy(1, 5).at("100").post_only(),
        buy(1, 5).reduce_only(),
        buy(1, 5).at("99.5"),
        buy(1, 5).leg(Leg::Long),
    ] {
        assert!(world.tell(denied)[0].starts_with("denied"));
        assert_eq!(world.shard.portrait(), before);
    }
}

#[test]
fn an_order_that_works_after_it_was_filled() {
    let mut world = World::trading(crossed());
    world.tell_all([sell(0, 5).at("100"), buy(1, 5)]);
    for order in [1, 2] {
        let denied = [format!("#{order} change denied UnknownOrder")];
        assert_eq!(world.tell(cancel(order as u32 - 1, order)), denied);
        assert_eq!(world.tell(amend_qty(order as u32 - 1, order, 9)), denied);
    }
    assert_eq!(world.shard.portrait().orders, []);
    assert_eq!(world.shard.working_orders(types::AccountId(0)), 0);
}

#[test]
fn a_sequence_that_starts_again_after_a_restore() {
    let mut world = World::trading(crossed());
    world.tell_all([sell(0, 5).at("100").client(9), buy(1, 1)]);
    let mut restored = World::of(Shard::restore(&world.snapshot()).unwrap());
    assert_eq!(restored.next_seq(), world.next_seq());
    assert_eq!(
        restored.tell(sell(0, 5).at("100").client(9)),
        ["denied DuplicateClientOrder"]
    );
    assert_eq!(restored.tell(sell(0, 5).at("100")), ["#3 accepted"]);
}
