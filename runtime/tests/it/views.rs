//! What the replica shows.

use crate::scenario::{Script, config, order, wait_until};
use runtime::Runtime;
use types::{AccountId, Side};

#[test]
fn views_reach_the_end_and_an_account_is_as_new_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, 200)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    let receipt = handle
        .submit(order(1, 5_000, Side::Buy))
        .unwrap()
        .blocking_recv()
        .unwrap();
    wait_until(|| handle.views().seq >= receipt.seq);
    let views = handle.views();
    assert_eq!((views.seq, views.ts), (receipt.seq, receipt.ts));
    assert_eq!((views.instruments.len(), views.accounts.len()), (1, 3));
    assert_eq!(views.instruments[0].instrument.symbol.as_str(), "BTCUSDT");

    let seen = handle
        .account(AccountId(1))
        .unwrap()
        .blocking_recv()
        .unwrap();
    assert!(seen.seq >= views.seq);
    assert_eq!(seen.account.unwrap().row, views.accounts[1]);
    let nobody = handle
        .account(AccountId(3))
        .unwrap()
        .blocking_recv()
        .unwrap();
    assert!(nobody.account.is_none());
    assert_eq!(handle.stats().replica_seq, receipt.seq);

    // The first picture of the next run is the last of this one.
    runtime.stop().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, 0)).unwrap();
    let again = runtime.handle().views();
    assert_eq!(again.accounts, views.accounts);
    assert_eq!(again.instruments, views.instruments);
    runtime.stop().unwrap();
}
