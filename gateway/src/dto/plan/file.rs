//! Plan files in TOML.

use rules::Plan;
use types::Codec;

use super::read::read;
use super::sources::{Disagreement, disagreements};
use crate::dto::file::{self, FileError, line_of};

/// A valid plan from the text of a plan file. `file` is its name in errors.
///
/// # Errors
/// See [`FileError`].
pub fn from_toml(file: &str, text: &str) -> Result<Plan, FileError> {
    whole(file, text).map(|(plan, _)| plan)
}

fn whole(file: &str, text: &str) -> Result<(Plan, Vec<Disagreement>), FileError> {
    file::from_toml(file, text, |root| {
        let plan = read(root, &[])?;
        let found = disagreements(root, &plan, &[])?;
        Ok((plan, found))
    })
}

/// What other sources have otherwise than the plan of a plan file.
///
/// # Errors
/// See [`FileError`].
pub fn disagreements_from_toml(file: &str, text: &str) -> Result<Vec<Disagreement>, FileError> {
    whole(file, text).map(|(_, found)| found)
}

/// What a plan file says without effect, each with its line, in the order of the lines:
/// `file:line: field: without effect: why`.
pub fn idle(file: &str, text: &str, plan: &Plan) -> Vec<String> {
    let idle = plan.idle().into_iter();
    let mut idle: Vec<_> = idle
        .map(|(field, why)| (line_of(text, &field), field, why))
        .collect();
    idle.sort_by_key(|(line, ..)| *line);
    let idle = idle.into_iter();
    idle.map(|(line, field, why)| format!("{file}:{line}: {field}: without effect: {why}"))
        .collect()
}

/// The canonical bytes of the plan of a plan file.
///
/// # Errors
/// See [`FileError`].
pub fn spec_from_toml(file: &str, text: &str) -> Result<Box<[u8]>, FileError> {
    from_toml(file, text).map(|plan| plan.to_bytes().into())
}

#[cfg(test)]
mod tests {
    use rules::TrailSource;
    use types::{Funding, Money, PositionMode, Ratio, Terms};

    use super::*;
    use crate::dto::document::{Field, Node};
    use crate::dto::plan::PlanDto;

    const EVERYTHING: &str = r#"
name = "Everything"
version = 3
currency = "USD"
initial_balance = "50000"
stage = { evaluation = 2 }
roll = { zone = "America/New_York", time = "17:00", days = "mon-fri", holidays = ["2024-12-25"] }

[daily_loss]
anchor = "max_balance_equity"
allowance = { pct_of_anchor = "4.5" }
effect = "lock_for_day"
touch_is_breach = true

[max_loss]
trail = "tick_equity"
allowance = { pct_of_peak = "5" }
stop = { at_floor_level = "50100" }
touch_is_breach = false

[profit_target]
pct_of_initial = "6"

[min_days]
days = 5
counts = "any_day_held"
day_profit_min = "150"

[consistency]
cap_pct = "40"
denominator = "target"
inclusive = true
window = "since_payout"

[payout]
fraction_pct = "50"
cap = "2000"
keep = { above_initial = "2600" }
split_pct = "80"
after = "floor_falls"
best_day_cap_pct = "30"
days_min = { days = 5, counts = "opening_fill", day_profit_min = "200" }

[scaling]
step_pct = "25"
size_max = "100000"
requires = { profit = { pct_of_initial = "10" }, days = 60, payouts = 2 }

[terms]
mode = "hedging"
funding = "margin"
rate_min_pct = "3.3333334"
shorts = false

[conduct]
orders_per_day_max = 200
trades_per_day_max = 20
warn_at_pct = "80"
holding_min = { seconds = 60, action = "exclude_profit" }
inactivity = { days = 30, effect = "close" }

[conduct.size]
weights = [{ symbol = "MES", weight = "0.1" }, { symbol = "MNQ", weight = "0.1" }]
tiers = [
    { profit_from = "0", max = "2" },
    { profit_from = "1500", max = "3" },
]

[[conduct.windows]]
calendar = { daily = { zone = "America/New_York", from = "16:10", to = "18:00" } }
action = "force_flat"

[[conduct.windows]]
calendar = { weekly = { zone = "America/Chicago", from = "Fri 15:10", to = "Sun 17:00" } }
action = "block_all"

[[conduct.windows]]
calendar = { named = "news-high" }
before_s = 120
after_s = 300
action = "exclude_profit"
symbol = "ES"

[life]
resets_max = 2
retries_max = 0
next = "Everything Funded"
"#;

    #[test]
    fn levels_in_the_file_are_absolute() {
        let plan = from_toml("plan.toml", EVERYTHING).unwrap();
        let max = plan.max_loss.unwrap();
        assert_eq!(
            max.stop,
            rules::StopTrailing::AtFloorLevel(Money::whole(100))
        );
        assert_eq!(
            plan.daily_loss.unwrap().allowance,
            rules::Allowance::OfBase(Ratio(45_000_000))
        );
        let frozen = EVERYTHING.replace("at_floor_level = \"50100\"", "freeze_when = \"57500\"");
        let max = from_toml("plan.toml", &frozen).unwrap().max_loss.unwrap();
        assert_eq!(
            max.stop,
            rules::StopTrailing::FreezeWhenSource(Money::whole(7_500))
        );
    }

    #[test]
    fn terms_are_the_usual_ones_where_the_file_has_none() {
        let with = |terms: &str| {
            let (rest, _) = EVERYTHING.split_once("[terms]").unwrap();
            from_toml("plan.toml", &format!("{rest}{terms}")).map(|plan| plan.terms)
        };
        assert_eq!(with(""), Ok(Terms::default()));
        let all = from_toml("plan.toml", EVERYTHING).unwrap().terms;
        assert_eq!(
            all,
            Terms {
                mode: PositionMode::Hedging,
                funding: Funding::Margin {
                    rate_min: Ratio(33_333_334)
                },
                shorts: false,
                mark: types::MarkKind::Liquidation,
            }
        );
        let cash = with("[terms]\nfunding = \"cash\"\n").unwrap();
        assert_eq!(cash.funding, Funding::Cash);
        assert_eq!(cash.mode, PositionMode::Netting);
        let margin = with("[terms]\nfunding = \"margin\"\n").unwrap();
        let rate_min = Ratio::ZERO;
        assert_eq!(margin.funding, Funding::Margin { rate_min });
    }

    #[test]
    fn the_demo_plans_are_valid_and_differ() {
        let files = [
            (
                "static-100k.toml",
                include_str!("../../../../fixtures/plans/static-100k.toml"),
            ),
            (
                "eod-trail-50k.toml",
                include_str!("../../../../fixtures/plans/eod-trail-50k.toml"),
            ),
            (
                "live-trail-50k.toml",
                include_str!("../../../../fixtures/plans/live-trail-50k.toml"),
            ),
            (
                "sprint-25k.toml",
                include_str!("../../../../fixtures/plans/sprint-25k.toml"),
            ),
        ];
        let trails = files.map(|(file, text)| {
            let plan = from_toml(file, text).unwrap();
            assert_eq!(
                rules::Plan::from_spec(&spec_from_toml(file, text).unwrap()),
                Ok(plan.clone())
            );
            plan.max_loss.unwrap().trail
        });
        let expected = [
            TrailSource::None,
            TrailSource::EodBalance,
            TrailSource::TickEquity,
            TrailSource::ClosedBalance,
        ];
        assert_eq!(trails, expected);
    }

    #[test]
    fn what_has_no_effect_is_told_with_its_line() {
        let plan = from_toml("plan.toml", EVERYTHING).unwrap();
        assert_eq!(
            idle("plan.toml", EVERYTHING, &plan),
            ["plan.toml:35: payout: without effect: only a funded account is paid out"]
        );
        let (head, _) = EVERYTHING.split_once("[daily_loss]").unwrap();
        let funded = head.replace("stage = { evaluation = 2 }", "stage = \"funded\"");
        let text = format!("{funded}profit_target = {{ fixed = \"3000\" }}\n");
        assert_eq!(
            idle("plan.toml", &text, &from_toml("plan.toml", &text).unwrap()),
            ["plan.toml:9: profit_target: without effect: a funded account does not pass"]
        );
    }

    /// A plan of an account of 50,000 that has nothing but these lines from the fifth on.
    fn idle_of(lines: &str) -> Vec<String> {
        let head = "name = \"p\"\nversion = 1\ncurrency = \"USD\"\ninitial_balance = \"50000\"\n";
        let text = format!("{head}{lines}");
        idle("p.toml", &text, &from_toml("p.toml", &text).unwrap())
    }

    #[test]
    fn what_nothing_looks_at_is_told() {
        const EVALUATION: &str =
            "stage = { evaluation = 1 }\nroll = { zone = \"UTC\", time = \"00:00\" }\n";
        const TARGET: &str = "profit_target = { fixed = \"3000\" }\n";
        const NOTHING: [&str; 0] = [];
        // A tenth of 50,000 more is 55,000.
        let scaling = |max: &str| {
            idle_of(&format!(
                "{EVALUATION}{TARGET}scaling = {{ step_pct = \"10\", size_max = \"{max}\" }}\n"
            ))
        };
        let past = "p.toml:8: scaling: without effect: the first step would be past size_max";
        assert_eq!(scaling("50000"), [past]);
        assert_eq!(scaling("54999.99"), [past]);
        assert_eq!(scaling("55000"), NOTHING);

        // 2024-12-25 was a Wednesday, 2024-12-28 a Saturday.
        let holidays = "stage = { evaluation = 1 }\nprofit_target = { fixed = \"3000\" }\n[roll]\nzone = \"UTC\"\ntime = \"00:00\"\n\
            days = \"mon-fri\"\nholidays = [\n\"2024-12-25\",\n\"2024-12-28\",\n]\n";
        assert_eq!(
            idle_of(holidays),
            [
                "p.toml:13: roll.holidays[1]: without effect: 2024-12-28 is by its day of the week no \
              trading day"
            ]
        );
        assert_eq!(
            idle_of(&holidays.replace("\"mon-fri\"", "\"mon-sat\"")),
            NOTHING
        );

        let equity =
            |lines: &str| idle_of(&format!("{EVALUATION}{lines}day_profit = \"equity\"\n"));
        let unseen = |line: u32| {
            [format!(
                "p.toml:{line}: day_profit: without effect: nothing in the plan looks at the profit of a day"
            )]
        };
        assert_eq!(equity(TARGET), unseen(8));
        let days = "min_days = { days = 2, counts = \"opening_fill\" }\n";
        assert_eq!(equity(&format!("{TARGET}{days}")), unseen(9));
        let days = days.replace(" }", ", day_profit_min = \"1\" }");
        assert_eq!(equity(&format!("{TARGET}{days}")), NOTHING);
        let best = "consistency = { cap_pct = \"50\", denominator = \"net\", inclusive = true, window = \"phase\" }\n";
        assert_eq!(equity(&format!("{TARGET}{best}")), NOTHING);
        let requires = |days: u8| {
            format!(
                "scaling = {{ step_pct = \"10\", requires = {{ profit = {{ fixed = \"1\" }}, days = {days}, payouts = 0 }} }}\n"
            )
        };
        assert_eq!(equity(&format!("{TARGET}{}", requires(0))), NOTHING);

        // Days count for a step that asks for some, and for nothing else without a target.
        let days = "min_days = { days = 2, counts = \"opening_fill\" }\n";
        let counted = |step: String| idle_of(&format!("{EVALUATION}{days}{step}"));
        let stage =
            "p.toml:5: stage: without effect: an evaluation without profit_target never passes";
        assert_eq!(counted(requires(1)), [stage]);
        assert_eq!(
            counted(requires(0)),
            [
                stage,
                "p.toml:7: min_days: without effect: a phase without profit_target does not pass"
            ]
        );
    }

    #[test]
    fn the_target_of_a_funded_plan_is_what_its_best_day_is_held_against() {
        let funded = |denominator: &str| {
            idle_of(&format!(
                "stage = \"funded\"\nroll = {{ zone = \"UTC\", time = \"00:00\" }}\n\
                 profit_target = {{ fixed = \"3000\" }}\n\
                 payout = {{ fraction_pct = \"50\", split_pct = \"80\", after = \"floor_stays\", \
                 keep = {{ above_initial = \"0\" }} }}\n\
                 consistency = {{ cap_pct = \"50\", denominator = \"{denominator}\", \
                 inclusive = true, window = \"phase\" }}\n"
            ))
        };
        assert!(funded("target").is_empty());
        assert_eq!(
            funded("net"),
            ["p.toml:7: profit_target: without effect: a funded account does not pass"]
        );
    }

    #[test]
    fn what_is_shown_reads_back_as_the_same_plan() {
        let plan = from_toml("plan.toml", EVERYTHING).unwrap();
        let json = serde_json::to_vec(&PlanDto::new(&plan)).unwrap();
        let node = Node::from_json(&json).unwrap();
        assert_eq!(read(&Field::root(&node), &[]), Ok(plan.clone()));
        let toml = toml::to_string(&PlanDto::new(&plan)).unwrap();
        assert_eq!(from_toml("again.toml", &toml), Ok(plan));
    }

    #[test]
    fn errors_in_a_list_name_the_item_and_its_value() {
        const PAYING: &str = r#"format = 1
name = "P"
version = 1
currency = "USD"
initial_balance = "50000"
stage = "funded"
roll = { zone = "UTC", time = "00:00" }
daily_loss = { anchor = "balance", allowance = { fixed = "1000" }, effect = "fail", touch_is_breach = true, tiers = [{ profit_from = "3000", allowance = { fixed = "2000" } }, { profit_from = "6000", allowance = { fixed = "4000" } }] }
payout = { fraction_pct = "100", keep = { above_initial = "0" }, split_pct = "80", after = "floor_stays", caps = ["1500", "2500"], split_tiers = [{ from = { payout = 3 }, split_pct = "90" }, { from = { payout = 5 }, split_pct = "95" }] }
"#;
        from_toml("good.toml", PAYING).unwrap();
        for (from, to, expected) in [
            (
                "\"2500\"",
                "\"0\"",
                "9: payout.caps[1]: value '0': accepted above 0",
            ),
            (
                "\"1500\"",
                "\"-1\"",
                "9: payout.caps[0]: value '-1': accepted above 0",
            ),
            (
                "payout = 5",
                "payout = 3",
                "9: payout.split_tiers[1].from.payout: value '3': accepted tiers of one kind in the order of where \
                 they begin",
            ),
            (
                "payout = 3",
                "payout = 1",
                "9: payout.split_tiers[0].from.payout: value '1': accepted a payout from 2 on: split_pct is that of \
                 the first",
            ),
            (
                "\"95\"",
                "\"0\"",
                "9: payout.split_tiers[1].split_pct: value '0': accepted a percentage above 0",
            ),
            (
                "\"6000\"",
                "\"3000\"",
                "8: daily_loss.tiers[1].profit_from: value '3000': accepted above profit_from of the tier before",
            ),
            (
                "\"4000\"",
                "\"50000.01\"",
                "8: daily_loss.tiers[1].allowance.fixed: value '50000.01': accepted above 0 and at most \
                 initial_balance",
            ),
        ] {
            let error = from_toml("bad.toml", &PAYING.replacen(from, to, 1)).unwrap_err();
            let error = error.to_string();
            assert!(
                error.starts_with(&format!("bad.toml:{expected}")),
                "{error}"
            );
        }
    }

    #[test]
    fn errors_name_file_line_field_value_and_what_is_accepted() {
        let check = |from: &str, to: &str, expected: &str| {
            let error = from_toml("bad.toml", &EVERYTHING.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.to_string(), expected);
        };
        check(
            "pct_of_anchor = \"4.5\"",
            "pct_of_anchor = \"450\"",
            "bad.toml:11: daily_loss.allowance.pct_of_anchor: value '450': accepted a percentage \
             above 0 and at most 100 in quotes with at most 7 decimals, such as \"5\"",
        );
        check(
            "touch_is_breach = true\n",
            "touch_is_breach = \"true\"\n",
            "bad.toml:13: daily_loss.touch_is_breach: value 'true': accepted true or false without \
             quotes; this is a string",
        );
        check(
            "initial_balance = \"50000\"",
            "initial_balance = \"99999999999999\"",
            "bad.toml:5: initial_balance: value '99999999999999': accepted an amount as a decimal \
             in quotes with at most 6 decimals, such as \"2500\"; from -9223372036854.775807 to \
             9223372036854.775807",
        );
        check(
            "[profit_target]\npct_of_initial = \"6\"",
            "[profit_target]\nfixed = \"9223372036854\"",
            "bad.toml:22: profit_target.fixed: value '9223372036854': accepted a profit that with \
             initial_balance makes at most 9223372036854.775807",
        );
        check(
            "touch_is_breach = true\n",
            "",
            "bad.toml:9: daily_loss.touch_is_breach: missing: accepted true or false",
        );
        check(
            "trail = \"tick_equity\"",
            "trial = \"tick_equity\"",
            "bad.toml:16: max_loss.trial: value 'tick_equity': accepted no such field, \
             perhaps trail; known: trail, allowance, stop, effect, touch_is_breach",
        );
        check(
            "initial_balance = \"50000\"",
            "initial_balance = 2024-01-01",
            "bad.toml:5: initial_balance: value '2024-01-01': accepted an amount as a decimal in quotes \
             with at most 6 decimals, such as \"2500\"",
        );
        check(
            "initial_balance = \"50000\"",
            "initial_balance = \"50000\"\ninitial_balance = \"50000\"",
            "bad.toml:6: initial_balance: duplicate key: accepted once",
        );
        check(
            "initial_balance = \"50000\"",
            "initial_balance = 18446744073709551616",
            "bad.toml:5: initial_balance: value '18446744073709551616': accepted a whole number between \
             -9223372036854775808 and 9223372036854775807",
        );
        check(
            "initial_balance = \"50000\"",
            "initial_balance = 50000",
            "bad.toml:5: initial_balance: value '50000': accepted an amount as a decimal in quotes \
             with at most 6 decimals, such as \"2500\"",
        );
        check(
            "at_floor_level = \"50100\"",
            "at_floor_level = \"100\"",
            "bad.toml:18: max_loss.stop.at_floor_level: value '100': accepted a level above the \
             first floor",
        );
        check(
            "trail = \"tick_equity\"",
            "trail = \"none\"",
            "bad.toml:18: max_loss.stop.at_floor_level: value '50100': accepted never, for a \
             floor that does not trail",
        );
        check(
            "size_max = \"100000\"",
            "size_max = \"100\"",
            "bad.toml:46: scaling.size_max: value '100': accepted at least initial_balance",
        );
        check(
            "zone = \"America/New_York\"",
            "zone = \"New York\"",
            "bad.toml:7: roll.zone: value 'New York': accepted an IANA time zone such as \"UTC\" \
             or \"America/New_York\"",
        );
        check(
            "rate_min_pct = \"3.3333334\"",
            "rate_min_pct = \"101\"",
            "bad.toml:52: terms.rate_min_pct: value '101': accepted a percentage of the notional \
             from 0 to 100",
        );
        check(
            "funding = \"margin\"",
            "funding = \"cash\"",
            "bad.toml:52: terms.rate_min_pct: value '3.3333334': accepted none, unless funding is \
             \"margin\"",
        );
        check(
            "funding = \"margin\"",
            "funding = \"credit\"",
            "bad.toml:51: terms.funding: value 'credit': accepted \"unchecked\" or \"cash\" or \
             \"margin\"",
        );
        check(
            "mode = \"hedging\"",
            "mode = \"long\"",
            "bad.toml:50: terms.mode: value 'long': accepted \"netting\" or \"hedging\"",
        );
        check(
            "best_day_cap_pct = \"30\"",
            "best_day_cap_pct = \"100\"",
            "bad.toml:41: payout.best_day_cap_pct: value '100': accepted a percentage above 0 and \
             below 100 in quotes with at most 7 decimals, such as \"40\"",
        );
        check(
            "payouts = 2",
            "payouts = -1",
            "bad.toml:47: scaling.requires.payouts: value '-1': accepted a number from 0 to 255 \
             without quotes",
        );
        let error = from_toml("bad.toml", "name = \"a\"\nversion = = 1\n").unwrap_err();
        assert!(error.to_string().starts_with("bad.toml:2: "), "{error}");
    }

    #[test]
    fn errors_in_lists_name_the_item_and_its_line() {
        let check = |from: &str, to: &str, expected: &str| {
            let error = from_toml("bad.toml", &EVERYTHING.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.to_string(), expected);
        };
        check(
            "from = \"Fri 15:10\"",
            "from = \"Fri 15:60\"",
            "bad.toml:74: conduct.windows[1].calendar.weekly.from: value 'Fri 15:60': accepted a \
             time of the week from \"Mon 00:00\" to \"Sun 23:59\"",
        );
        check(
            "to = \"Sun 17:00\"",
            "to = \"Fri 15:10\"",
            "bad.toml:74: conduct.windows[1].calendar.weekly.to: value 'Fri 15:10': accepted \
             another time than from",
        );
        check(
            "action = \"block_all\"\n",
            "",
            "bad.toml:73: conduct.windows[1].action: missing: accepted \"block_opening\" or \
             \"block_all\" or \"force_flat\" or \"exclude_profit\"",
        );
        check(
            "after_s = 300",
            "after_s = 604801",
            "bad.toml:80: conduct.windows[2].after_s: value '604801': accepted 0 to 604800",
        );
        check(
            "after_s = 300",
            "afters = 300",
            "bad.toml:80: conduct.windows[2].afters: value '300': accepted no such field, perhaps \
             after_s; known: action, before_s, after_s, symbol, symbols, calendar",
        );
        check(
            "zone = \"America/Chicago\"",
            "zone = \"Chicago\"",
            "bad.toml:74: conduct.windows[1].calendar.weekly.zone: value 'Chicago': accepted an IANA \
             time zone such as \"UTC\" or \"America/New_York\"",
        );
        check(
            "symbol = \"MNQ\"",
            "symbol = \"MES\"",
            "bad.toml:63: conduct.size.weights[1].symbol: value 'MES': accepted each symbol once",
        );
        check(
            "profit_from = \"1500\"",
            "profit_from = \"0\"",
            "bad.toml:66: conduct.size.tiers[1].profit_from: value '0': accepted above the tier \
             before it",
        );
        check(
            "max = \"2\"",
            "max = 2",
            "bad.toml:65: conduct.size.tiers[0].max: value '2': accepted a quantity as a decimal in \
             quotes with at most 8 decimals, such as \"0.5\"",
        );
        check(
            "warn_at_pct",
            "warn_at",
            "bad.toml:58: conduct.warn_at: value '80': accepted no such field, perhaps warn_at_pct; \
             known: orders_per_day_max, trades_per_day_max, warn_at_pct, holding_min, inactivity, \
             size, windows",
        );
        check(
            "next = \"Everything Funded\"",
            "next = \"Everything\"",
            "bad.toml:87: life.next: value 'Everything': accepted another plan's name",
        );
    }

    #[test]
    fn a_newer_format_is_refused_before_its_fields_are() {
        let with = |line: &str| from_toml("plan.toml", &format!("{line}{EVERYTHING}"));
        assert_eq!(with("format = 1"), from_toml("plan.toml", EVERYTHING));
        let error = with("format = 2\nfuture = true").unwrap_err();
        assert_eq!(
            error.to_string(),
            "plan.toml:1: format: value '2': accepted at most 1; format 2 is newer than this program"
        );
        let error = with("format = \"1\"").unwrap_err();
        assert_eq!(
            error.to_string(),
            "plan.toml:1: format: value '1': accepted 1, without quotes"
        );
    }

    #[test]
    fn conduct_and_life_restrict_nothing_where_the_file_has_none() {
        let (rest, _) = EVERYTHING.split_once("[conduct]").unwrap();
        let plan = from_toml("plan.toml", rest).unwrap();
        assert_eq!(plan.conduct, rules::Conduct::default());
        assert_eq!(plan.life, rules::Life::default());
        let all = from_toml("plan.toml", EVERYTHING).unwrap();
        // Friday 15:10 is minute 4 x 1440 + 15 x 60 + 10 of the week, Sunday 17:00 6 x 1440 + 1020.
        let weekend = types::Calendar::Weekly {
            zone: "America/Chicago".parse().unwrap(),
            from: 6_670,
            to: 9_660,
        };
        assert_eq!(all.conduct.windows[1].calendar, weekend);
        let size = all.conduct.size.unwrap();
        assert_eq!(size.weights[1].weight, Ratio(100_000_000));
        assert_eq!(all.life.retries_max, Some(0));
    }
}
