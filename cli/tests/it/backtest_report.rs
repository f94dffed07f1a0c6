//! `--report` and `--plots` of a backtest, as they are asked for on a command line.

use std::fs;
use std::path::Path;
use std::process::Command as Process;

#[test]
fn a_report_and_its_plots_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/market");
    let page = folder.path().join("a report.html");
    let plots = folder.path().join("plots");
    let output = Process::new(env!("CARGO_BIN_EXE_dynasty"))
        .arg("backtest")
        .arg(fixtures.join("goog_1d_bars.csv.gz"))
        .args(["--strategy", "sma_cross", "--fee", "0.1%"])
        .args(["--size", "100%", "--report"])
        .arg(&page)
        .arg("--plots")
        .arg(&plots)
        .output()
        .unwrap();
    let html = fs::read_to_string(&page).unwrap();
    // `backtesting` 0.6.6 ends with 54,101.36916.
    assert!(html.contains(">54,101.37</b>"));
    // What repeats it is quoted for a shell.
    assert!(html.contains("a report.html&#39;"));
    assert!(html.contains("at the open of the next bar"));
    if String::from_utf8_lossy(&output.stderr).contains("no font is installed") {
        println!("SKIPPED: plots, for which no font is installed");
        return;
    }
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let mut names: Vec<_> = fs::read_dir(&plots)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = "distribution.png distribution.svg equity.png equity.svg monthly.png monthly.svg \
                    price-goog_1d_bars.png price-goog_1d_bars.svg rolling.png rolling.svg";
    assert_eq!(names.join(" "), expected);
    let image = fs::read(plots.join("equity.png")).unwrap();
    assert_eq!(image[..8], *b"\x89PNG\r\n\x1a\n");
    // Twice the 960 pixels of the plot.
    assert_eq!(image[16..20], 1_920_u32.to_be_bytes());
}
