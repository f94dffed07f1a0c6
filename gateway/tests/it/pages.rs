//! The page and the metrics.

use crate::venue::Venue;
use crate::wire::{Client, get, market, post_order, request};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_served_and_revalidated() {
    let venue = Venue::open().await;
    let page = get(venue.address, "/").await;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(page.body.contains("Dynasty"));
    // A build without the page has neither.
    if let Some(tag) = page.header("etag") {
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        let known = format!("If-None-Match: {tag}");
        let again = request(venue.address, "GET /", &[&known], "").await;
        assert_eq!((again.status, again.body.as_str()), (304, ""));
        let script = get(venue.address, "/assets/app.js").await;
        assert_eq!(
            script.header("content-type"),
            Some("text/javascript; charset=utf-8")
        );
    }
    let faults = get(venue.address, "/assets/none.js")
        .await
        .problem(404, "not_found");
    assert_eq!(
        faults,
        ["path | /assets/none.js | /, /healthz, /metrics or a path below /v1"]
    );
    get(venue.address, "/../Cargo.toml")
        .await
        .problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_in_the_text_format() {
    let venue = Venue::open().await;
    let mut client = Client::connect(venue.address).await;
    client.subscribe("events").await;
    post_order(venue.address, 0, &market(1, "buy", "0.5")).await;
    venue.settle().await;
    let answer = get(venue.address, "/metrics").await;
    let content_type = Some("text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answer.header("content-type"), content_type);

    let mut typed = std::collections::BTreeSet::new();
    let mut samples = std::collections::BTreeMap::new();
    for line in answer.body.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "summary"].contains(&kind), "{line}");
            assert!(typed.insert(name), "{line}");
        } else if !line.starts_with("# HELP ") {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let name = sample.split('{').next().unwrap();
            let family = ["_sum", "_count"]
                .iter()
                .find_map(|suffix| name.strip_suffix(suffix))
                .unwrap_or(name);
            assert!(typed.contains(family), "{line}");
            let value: f64 = value.parse().unwrap();
            assert!(samples.insert(sample.to_owned(), value).is_none(), "{line}");
        }
    }
    let sample = |name: &str| samples[name];
    for (name, value) in [
        ("dynasty_up", 1.0),
        ("dynasty_market_events_total", 1.0),
        ("dynasty_orders_accepted_total", 1.0),
        ("dynasty_fills_total", 1.0),
        ("dynasty_applied_seq", 13.0),
        ("dynasty_durable_seq", 13.0),
        ("dynasty_sockets", 1.0),
        ("dynasty_channels", 1.0),
        ("dynasty_http_responses_total{class=\"1xx\"}", 1.0),
        ("dynasty_http_responses_total{class=\"2xx\"}", 1.0),
    ] {
        assert!(
            (sample(name) - value).abs() < f64::EPSILON,
            "{name} {}",
            sample(name)
        );
    }
    let labels = "stage=\"applied_to_durable\",ack_mode=\"durable\"";
    let quantile = |q: &str| {
        sample(&format!(
            "dynasty_stage_latency_seconds{{{labels},quantile=\"{q}\"}}"
        ))
    };
    assert!(quantile("0.5") > 0.0 && quantile("0.5") <= quantile("1"));
    let of = |suffix: &str| {
        sample(&format!(
            "dynasty_stage_latency_seconds_{suffix}{{{labels}}}"
        ))
    };
    assert!((of("count") - sample("dynasty_batches_total")).abs() < f64::EPSILON);
    assert!(of("sum") >= quantile("1") * 0.999);
}
