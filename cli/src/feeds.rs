//! `dynasty feeds`: how the feeds of a running server stand.

use std::time::Duration;

use anyhow::{Context, bail};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::Value;

use crate::demo::{parse_url, say};

/// How the feeds of a running server stand.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  dynasty feeds
  dynasty feeds --server http://127.0.0.1:9000 --format json")]
pub(crate) struct Args {
    /// The server's address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", value_parser = parse_url)]
    server: String,
    /// How to show it.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
}

/// Asks the server and shows what it says.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let url = format!("{}/v1/feeds", args.server.trim_end_matches('/'));
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let text = executor.block_on(ask(&url)).with_context(|| {
        format!(
            "{url}: no answer; accepted as --server: the address of a server that runs, such as `dynasty serve` or \
             `dynasty demo`"
        )
    })?;
    if args.format == "json" {
        return say(text.trim_end());
    }
    let answer: Value = serde_json::from_str(&text).with_context(|| url.clone())?;
    let feeds = answer["feeds"].as_array().context("no list of feeds")?;
    if feeds.is_empty() {
        return say("This server has no feeds.");
    }
    say(table(feeds))?;
    for feed in feeds {
        let unreadable = feed["malformed"].as_u64().unwrap_or(0);
        if unreadable > 0 {
            say(format!(
                "{}: {unreadable} messages could not be read",
                text_of(&feed["feed"])
            ))?;
        }
        if let Some(error) = feed["last_error"].as_str() {
            say(format!("{}: last error: {error}", text_of(&feed["feed"])))?;
        }
    }
    Ok(())
}

async fn ask(url: &str) -> anyhow::Result<String> {
    marketdata::connection::provide_tls();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(5))
        .build()?;
    let answer = client.get(url).send().await?;
    if !answer.status().is_success() {
        bail!("the server answered {}", answer.status());
    }
    Ok(answer.text().await?)
}

fn table(feeds: &[Value]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header([
        "feed",
        "symbol",
        "state",
        "lag ms",
        "messages",
        "a second",
        "gaps",
        "resyncs",
        "repeated",
        "checksums",
        "malformed",
        "crossed",
        "locked",
        "off grid",
        "not positive",
        "outliers",
        "silences",
        "stale ms",
        "stale by",
        "reconnects",
    ]);
    for feed in feeds {
        let fed = feed["instruments"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        for instrument in fed {
            let figure = |name: &str| text_of(&instrument[name]);
            table.add_row([
                text_of(&feed["feed"]),
                figure("symbol"),
                figure("state"),
                figure("lag_ms"),
                figure("messages"),
                figure("messages_per_second"),
                figure("gaps"),
                figure("resyncs"),
                figure("repeated"),
                figure("checksum_errors"),
                figure("malformed"),
                figure("crossed"),
                figure("locked"),
                figure("off_grid"),
                figure("not_positive"),
                figure("outliers"),
                figure("silences"),
                figure("stale_ms"),
                figure("stale_reason"),
                text_of(&feed["reconnects"]),
            ]);
        }
    }
    table
}

/// As a cell shows it; what is not known is a dash.
fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::from("-"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
