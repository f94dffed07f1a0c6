//! Files that are written.

use super::told;

/// 2,148 days are 445 weeks or parts of weeks from Thursday, 1970-01-01, on, in each of which the first end of a bar is
/// noted, and the last bar of all.
#[test]
fn equity_of_bars_is_noted_as_rarely_as_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("equity.csv");
    let file = file.to_str().unwrap();
    let args = ["--strategy", "sma_cross", "--fee", "0.1%", "--equity", file];
    let all = told(&args);
    let daily = std::fs::read_to_string(file).unwrap();
    let weekly = told(&[&args[..], &["--sample", "7d"]].concat());
    let rows = std::fs::read_to_string(file).unwrap();
    let rows: Vec<_> = rows.lines().skip(1).collect();
    assert!((440..=450).contains(&rows.len()), "{}", rows.len());
    // Each is one of the daily ones, the last is the last, and the account is the same.
    assert!(rows.iter().all(|row| daily.contains(row)));
    assert_eq!(daily.lines().last(), rows.last().copied());
    assert_eq!(all["equity"], weekly["equity"]);
    assert_eq!(weekly["metrics"]["periods_per_year"], 52.0);
}

#[test]
fn tables_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (trades, executions, equity) = (path("t.csv"), path("x.csv"), path("e.csv"));
    let result = told(&[
        "--strategy",
        "sma_cross",
        "--symbol",
        "GOOG",
        "--trades",
        &trades,
        "--executions",
        &executions,
        "--equity",
        &equity,
    ]);
    let lines = |path: &str| {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let (trades, executions, equity) = (lines(&trades), lines(&executions), lines(&equity));
    assert_eq!(
        (trades.len(), executions.len(), equity.len()),
        (33, 66, 2_149)
    );
    assert!(trades[1].starts_with("GOOG,long,1,2004-"), "{}", trades[1]);
    let last = equity[2_148].split(',').nth(1).unwrap();
    assert_eq!(result["equity"], last);
}
