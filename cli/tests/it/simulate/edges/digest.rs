//! Events in short: one line for each thing that happened to an order, an algo, a market or an account's
//! money. Orders are called what their sender called them, a slice its algo and its place.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::simulate::output::{Output, text};

/// The lines of a scenario's events. What an order asks for, and what it is acknowledged with, is left
/// out, but for its way to the market.
pub(super) fn events(out: &Output) -> Vec<String> {
    let mut names = Names::default();
    out.all().filter_map(|event| names.line(event)).collect()
}

/// The accounts of a scenario's end: id, balance, equity, other currencies, positions.
pub(super) fn accounts(out: &Output) -> Vec<String> {
    let account = |account: &Value| {
        let mut parts = vec![
            fields(account, &["id", "balance"]),
            "equity".to_owned(),
            text(&account["equity"]),
        ];
        let foreign = list(&account["foreign"]).iter();
        parts.extend(foreign.map(|foreign| fields(foreign, &["currency", "balance"])));
        let positions: Vec<_> = list(&account["positions"])
            .iter()
            .map(|position| fields(position, &["symbol", "side", "qty"]))
            .collect();
        if !positions.is_empty() {
            parts.push(positions.join(", "));
        }
        parts.join(" ")
    };
    out.accounts().iter().map(account).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn fields(value: &Value, names: &[&str]) -> String {
    let texts: Vec<_> = names.iter().map(|name| text(&value[name])).collect();
    texts.join(" ")
}

/// ` name value` where the event has the field.
fn optional(event: &Value, name: &str) -> String {
    event
        .get(name)
        .map_or_else(String::new, |value| format!(" {name} {}", text(value)))
}

/// The time of day of a field, where the event has it.
fn time(event: &Value, name: &str) -> String {
    event.get(name).map_or_else(String::new, |value| {
        let moment = text(value);
        format!(" {name} {}", &moment[11..moment.len() - 1])
    })
}

fn figures(event: &Value) -> String {
    let Some(figures) = event.get("figures").and_then(Value::as_object) else {
        return String::new();
    };
    let shown = |(name, value): (&String, &Value)| format!(" {name}={}", text(value));
    figures.iter().map(shown).collect()
}

/// What orders and algos are called.
#[derive(Default)]
struct Names {
    by_id: BTreeMap<String, String>,
    slices: BTreeMap<String, u32>,
}

impl Names {
    fn learn(&mut self, event: &Value) -> String {
        let name = if event["role"] == "slice" {
            let algo = self.by_id[&text(&event["list"])].clone();
            let place = self.slices.entry(algo.clone()).or_default();
            *place += 1;
            format!("{algo}.{place}")
        } else {
            text(&event["client_order_id"])
        };
        self.by_id.insert(text(&event["order_id"]), name.clone());
        name
    }

    fn line(&mut self, event: &Value) -> Option<String> {
        let kind = text(&event["type"]);
        let about = |names: &[&str]| fields(event, names);
        let order = || {
            let id = text(&event["order_id"]);
            self.by_id.get(&id).cloned().unwrap_or(id)
        };
        Some(match kind.as_str() {
            "order_accepted" | "algo_accepted" => {
                let name = self.learn(event);
                event.get("arrives")?;
                format!("accepted {name}{}", time(event, "arrives"))
            }
            "order_denied" => format!(
                "denied {}{}",
                about(&["client_order_id", "reason"]),
                figures(event)
            ),
            "algo_denied" => format!(
                "algo_denied {}{}",
                about(&["client_order_id", "reason"]),
                figures(event)
            ),
            "order_triggered" => format!("triggered {} {}", order(), about(&["price"])),
            "order_activated" => format!("activated {} {}", order(), about(&["qty"])),
            "order_amended" => format!(
                "amended {} qty {}{}{}",
                order(),
                about(&["qty"]),
                optional(event, "price"),
                optional(event, "trigger")
            ),
            "order_cancelled" => format!(
                "cancelled {} {}{}",
                order(),
                about(&["leaves", "reason"]),
                figures(event)
            ),
            "change_denied" => format!(
                "change_denied {} {}{}",
                order(),
                about(&["reason"]),
                figures(event)
            ),
            "algo_ended" => {
                let child = event.get("child_reason").map(text).unwrap_or_default();
                let line = format!("algo_ended {} {}", order(), about(&["filled", "reason"]));
                let line = format!("{line} {child}");
                format!("{}{}", line.trim_end(), figures(event))
            }
            "fill" => self.fill(event),
            "uncrossed" => format!(
                "uncrossed {} {}@{} surplus {}",
                about(&["symbol"]),
                about(&["qty"]),
                about(&["price"]),
                about(&["surplus"])
            ),
            "status_changed" if event["cause"] == "breaker" => {
                format!("status {} breaker", about(&["symbol", "status"]))
            }
            "status_changed" => format!("status {}", about(&["symbol", "status"])),
            "booked" => {
                let leg = event.get("leg").map(|leg| format!(" {}", text(leg)));
                format!(
                    "booked {}{} {}",
                    about(&["account"]),
                    leg.unwrap_or_default(),
                    about(&["cause", "amount"])
                )
            }
            "margin_call" => format!(
                "margin_call {} equity {} required {}",
                about(&["account"]),
                about(&["equity"]),
                about(&["required"])
            ),
            "input_rejected" => format!("rejected {}{}", about(&["reason"]), figures(event)),
            "breach" if event["primary"] == true => {
                format!("breach {}", about(&["account", "rule"]))
            }
            "state_changed" => format!("state {}", about(&["account", "to"])),
            "limit_warned" => format!("warned {}", about(&["account", "rule", "used_pct"])),
            "inactive" => format!("inactive {}", about(&["account", "days"])),
            "suspended" => format!("suspended {}", about(&["account", "reason"])),
            "account_opened" if event.get("origin").is_some() => {
                format!("opened {}", about(&["account", "parent", "origin"]))
            }
            "account_denied" => format!(
                "not_opened {}{}",
                about(&["plan", "parent", "origin", "reason"]),
                figures(event)
            ),
            "account_change_denied" => {
                format!("not_changed {}", about(&["account", "change", "state"]))
            }
            "window_announced" => {
                format!("announced{}{}", time(event, "start"), time(event, "end"))
            }
            "window_opened" => format!(
                "window {} open{}",
                about(&["plan", "window", "action"]),
                time(event, "until")
            ),
            "window_closed" => format!("window {} closed", about(&["plan", "window", "action"])),
            "profit_excluded" => {
                format!("excluded {} {}", order(), about(&["amount", "window"]))
            }
            "held_too_short" => format!("short {} {}", order(), about(&["held_s", "min_s"])),
            _ => return None,
        })
    }

    fn fill(&self, event: &Value) -> String {
        let about = |names: &[&str]| fields(event, names);
        let at = format!("{}@{}", about(&["qty"]), about(&["price"]));
        let mut parts = vec![match self.by_id.get(&text(&event["order_id"])) {
            Some(name) => format!("fill {name} {at} left {}", about(&["leaves"])),
            None => format!("{} {at}", about(&["cause", "account", "side"])),
        }];
        parts.push(about(&["model"]));
        if event["maker"] == true {
            parts.push("maker".to_owned());
        }
        parts.extend(event.get("leg").map(text));
        if event["fee"] != "0" {
            parts.push(format!("fee {}", about(&["fee"])));
        }
        parts.join(" ") + &time(event, "known")
    }
}
