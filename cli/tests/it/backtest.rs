//! `dynasty backtest` as its users meet it.

mod competition;
mod data;
mod declared;
mod figures;
mod live;
mod paths;
mod periods;
mod plan;
mod refusals;
mod tables;

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

fn fixture(name: &str) -> String {
    format!("{}/../fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A file of one instrument that is in euros.
fn in_euros(folder: &Path) -> String {
    let path = folder.join("euros.toml");
    let text = "[[instrument]]\nsymbol = \"G\"\nkind = \"equity\"\ncurrency = \"EUR\"\ntick_size = \"0.01\"\n\
                lot_size = \"1\"\norder_qty_max = \"100000\"\nfees = { maker_pct = \"0.1\", taker_pct = \"0.1\" }\n";
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn dynasty(args: &[&str]) -> (Option<i32>, String, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_dynasty"));
    let output = process.args(args).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn told(args: &[&str]) -> Value {
    let goog = fixture("market/goog_1d_bars.csv.gz");
    let all = ["backtest", &goog, "--format", "json"];
    let (code, text, errors) = dynasty(&[&all, args].concat());
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    serde_json::from_str(&text).unwrap()
}

/// Daily bars of a text; each row is a date and open, high, low, close.
fn bars(folder: &Path, name: &str, rows: &[(&str, [f64; 4])]) -> String {
    let path = folder.join(name);
    let rows = rows.iter().map(|(date, [open, high, low, close])| {
        format!("{date},{open},{high},{low},{close},{close},1000\n")
    });
    let text = format!(
        "Date,Open,High,Low,Close,Adj Close,Volume\n{}",
        rows.collect::<String>()
    );
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn result(args: &[&str]) -> Value {
    let (code, text, errors) = dynasty(&[&["backtest"], args, &["--format", "json"]].concat());
    assert_eq!(code, Some(0), "{errors}");
    serde_json::from_str(&text).unwrap()
}
