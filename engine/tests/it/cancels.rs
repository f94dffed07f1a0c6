//! Everybody and everything that may end an order: its owner, its session, its day.

use engine::Limits;
use types::{AlgoKind, Command, InstrumentId, NewAlgo, PaperModel, Side};

use crate::told::told;
use crate::words::{Of, Words, algo, buy, cancel, cancel_all, disconnect, quote, sell};
use crate::world::{ACCOUNT, SECOND, World, crossed, paper, plan, price};

/// Account 0 works in two instruments, account 1 in one.
fn busy() -> World {
    let instruments = [crossed(), paper(PaperModel::default())];
    let mut world = World::limited(Limits::default(), &instruments, &plan("1000000"), 2);
    world.tell(quote("100", "101").of(1));
    world.tell_all([
        buy(0, 1).at("90"),
        sell(0, 2).at("110").in_session(),
        buy(0, 3).at("90").of(1).day(),
        sell(0, 4).stop("90").of(1).in_session().day(),
        buy(1, 5).at("91").in_session(),
    ]);
    world
}

fn matching(instrument: Option<u32>, side: Option<Side>) -> Command {
    Command::CancelAll {
        account: ACCOUNT,
        instrument: instrument.map(InstrumentId),
        side,
    }
}

#[test]
fn cancel_all_takes_what_matches_every_filter() {
    for (filter, expected) in [
        (matching(None, None), vec![1, 2, 3, 4]),
        (matching(Some(1), None), vec![3, 4]),
        (matching(None, Some(Side::Sell)), vec![2, 4]),
        (matching(Some(0), Some(Side::Buy)), vec![1]),
        (matching(Some(9), None), vec![]),
    ] {
        let mut world = busy();
        let lines: Vec<_> = expected
            .iter()
            .map(|order| format!("#{order} cancelled {order} Requested"))
            .collect();
        assert_eq!(world.tell(filter), lines);
    }
    let mut world = busy();
    assert_eq!(
        world.tell(cancel_all(7)),
        ["#0 change denied UnknownAccount"]
    );
    assert_eq!(
        world.tell(cancel(7, 1)),
        ["#1 change denied UnknownAccount"]
    );
}

#[test]
fn a_session_takes_along_what_asked_for_it() {
    let mut world = busy();
    assert_eq!(
        world.tell(disconnect(0)),
        ["#2 cancelled 2 Disconnected", "#4 cancelled 4 Disconnected"]
    );
    assert_eq!(world.tell(disconnect(0)), [""; 0]);
    assert_eq!(world.working_ids(), [1, 3, 5]);
    assert_eq!(
        world.tell(disconnect(7)),
        ["#0 change denied UnknownAccount"]
    );
}

/// An algo ends with the session if it asked for that, and takes its child along; another one stays.
#[test]
fn a_session_takes_along_its_algos() {
    let mut world = World::trading(crossed());
    let (now, later) = (world.now(), world.now() + 100 * SECOND);
    let stays = NewAlgo {
        limit: Some(price("90")),
        ..algo(0, Side::Buy, 4, AlgoKind::Twap { slices: 2 }, (now, later))
    };
    let ends = NewAlgo {
        cancel_on_disconnect: true,
        ..stays
    };
    // The first of two slices is half: 2.
    assert_eq!(world.tell(stays), ["#1 algo accepted", "#2 accepted"]);
    assert_eq!(world.tell(ends), ["#3 algo accepted", "#4 accepted"]);
    assert_eq!(
        world.tell(disconnect(0)),
        ["#4 cancelled 2 Algo", "#3 algo ended Disconnected with 0"]
    );
    assert_eq!(world.working_ids(), [2]);
    world.agrees();
}

#[test]
fn a_day_takes_along_what_was_good_for_it() {
    let mut world = busy();
    let ended: Vec<_> = told(&world.roll(2))
        .into_iter()
        .filter(|line| line.starts_with('#'))
        .collect();
    assert_eq!(ended, ["#3 cancelled 3 DayOver", "#4 cancelled 4 DayOver"]);
}
