//! Every plan of `fixtures/plans`: it is valid, says where it comes from, and the sentence that
//! `explain` has for it holds a number that is summed up here by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rules::{Plan, Stage};
use types::{Label, Money, TimestampNs};

use super::diff::{Verdict, changes, summary};
use super::{explain, read};

/// Sat 2026-11-21 12:00 UTC.
const AT: TimestampNs = TimestampNs(1_795_262_400_000_000_000);

/// File and sentences that its explanation must have, each with the sum that it comes from.
const EXPECTED: &[(&str, &[&str])] = &[
    // 5% of a peak of 10,250 is 512.50; 3% of a peak of 10,450 is 313.50.
    (
        "aeon-instant-10k",
        &[
            "If equity is 10,250.00 at any moment, open profit included, it moves to 9,737.50",
            "If equity is 10,450.00 during the first day, the floor moves to 10,136.50.",
        ],
    ),
    // 5% of a balance of 105,000 is 5,250, whatever is open.
    (
        "alpha-pro-100k-p1",
        &[
            "open profit, equity 107,500.00, has its floor at 99,750.00 (105,000.00 - 5,250.00)",
            "open loss, equity 103,750.00, has its floor at 99,750.00 (105,000.00 - 5,250.00)",
        ],
    ),
    // 50,000 - 1,000; 51,000 - 2,000.
    (
        "apex-eod-50k-eval",
        &[
            "On the first day the floor is 49,000.00",
            "it moves to 49,000.00",
            "It never stops following.",
            "An account that has not passed within 30 calendar days after the trading day on which it opened is closed",
        ],
    ),
    // 50,100 + 2,000; 52,500 - 52,100; a best day of 1,000 is below 50% of 2,000.01.
    (
        "apex-eod-50k-pa",
        &[
            "At 52,100.00 it locks at 50,100.00 for good.",
            "the balance is 52,500.00 and the floor 50,100.00: 400.00 could be paid out, which is less than the 500.00 \
             that a payout takes at least.",
            "A total of 2,000.01 would do",
        ],
    ),
    // 53,000 + 2,500.
    (
        "apex-legacy-50k-eval",
        &[
            "At 55,500.00 it locks at 53,000.00 for good.",
            "A unit of MES, MNQ, MYM, M2K, MGC, MCL, SIL, MHG, MNG, M6A, M6B, M6E, MCD, MJY, MSF, MBT and MET counts 0.1: 100 units come to the first tier.",
        ],
    ),
    // 50,100 + 2,500; 54,000 - 52,600; 1,000 / 30%; 0.3 x 2,000 / 0.7.
    (
        "apex-legacy-50k-pa",
        &[
            "At 52,600.00 it locks at 50,100.00 for good.",
            "1,400.00 can be paid out",
            "A total of 3,333.34 would do",
            "may make 857.14",
            "From a profit of 2,600.00 on: 10 units.",
        ],
    ),
    // 115,000 - 5,000; 2.5% of 102,500 is 2,562.50.
    (
        "apteros-100k-eval",
        &[
            "The first value at or above 115,000.00 is the last that counts: reached exactly, the floor \
         stays at 110,000.00 for good.",
            "has its floor at 99,937.50",
        ],
    ),
    // 100,000 - 6%; 3% of 103,000 is 3,090.
    (
        "breakout-1step-100k",
        &[
            "Equity of 94,000.00 is a breach already, 94,000.01 is not.",
            "has its floor at 99,910.00",
        ],
    ),
    // 105,000 - 8,000; both fall by 5,000.
    (
        "breakout-2step-100k-funded",
        &[
            "the balance is 105,000.00 and the floor 97,000.00: 5,000.00 can be paid out",
            "Then the balance is 100,000.00 and the floor 92,000.00.",
        ],
    ),
    // 104,000 - 8,000; 100,000 + 8,000.
    (
        "breakout-2step-100k-p1",
        &[
            "If a trade closes at a balance of 104,000.00 it moves to 96,000.00",
            "At 108,000.00 it locks at 100,000.00 for good.",
        ],
    ),
    (
        "breakout-2step-100k-p2",
        &["The profit target is a balance of 110,000.00"],
    ),
    // 51,250 - 2,500; 51,100 - 1,100; 2 / 0.1.
    (
        "bulenox-eod-50k-eval",
        &[
            "it moves to 48,750.00",
            "has its floor at 50,000.00 (51,100.00 - 1,100.00)",
            "20 units come to the first tier",
        ],
    ),
    // 50,100 + 2,500; at the floor is a breach, so one unit stays: 55,000 - 50,100.000001.
    (
        "bulenox-eod-50k-master",
        &[
            "At 52,600.00 it locks at 50,100.00 for good.",
            "4,899.999999 can be paid out",
        ],
    ),
    // 103,000 - 6,000; 100,000 - 4,000.
    (
        "e8-one-100k-eval",
        &[
            "it moves to 97,000.00",
            "Equity of 96,000.00 is a breach already",
            "closing 59 seconds after the opening brings a warning",
        ],
    ),
    // 105,000 - 6,000; 2,000 / 40%; 0.4 x 4,000 / 0.6 = 2,666.67, rounded down.
    (
        "e8-one-100k-funded",
        &[
            "5,000.00 can be paid out, of which the trader gets 4,000.00.",
            "Then the balance is 100,000.00 and the floor 99,000.00.",
            "A total of 5,000.00 would do",
            "may make 2,666.66",
        ],
    ),
    // 51,000 - 2,000; 50,000 - 1,100; 1,000 / 30% and a cent more.
    (
        "earn2trade-gauntlet-mini-50k",
        &[
            "it moves to 49,000.00",
            "Equity of 48,900.00 is no breach yet, 48,899.99 is.",
            "A total of 3,333.34 would do",
            "next Sat 2026-11-21 15:50 CST to Sat 2026-11-21 17:00 CST",
        ],
    ),
    // 50,937.50 - 1,250.
    ("eod-trail-50k", &["has its floor at 49,687.50"]),
    // 105,000 - 10,000; 103,000 - 3,000.
    (
        "ftmo-1step-100k",
        &[
            "If a day closes at a balance of 105,000.00 it moves to 95,000.00",
            "has its floor at 100,000.00 (103,000.00 - 3,000.00)",
        ],
    ),
    // 105,000 - 100,000, of which 80%; 90,000 x 1.25; (2,000,000 - 100,000) / 25,000.
    (
        "ftmo-2step-100k-funded",
        &[
            "14,000.00 can be paid out, of which the trader gets 11,200.00.",
            "the size grows from 100,000.00 to 125,000.00, the floor from 90,000.00 to 112,500.00",
            "The largest size is 2,000,000.00: 76 steps",
            "Each step takes a profit of 10,000.00 (10% of the size) and 2 payouts",
            "From a close of fx to its next open for 121 minutes or longer in America/New_York, from 60 seconds before",
            "open now, Fri 2026-11-20 16:59 EST to Sun 2026-11-22 17:00 EST.",
        ],
    ),
    // 100,000 - 10%; 105,000 - 5,000.
    (
        "ftmo-2step-100k-p1",
        &[
            "Equity of 90,000.00 is no breach yet, 89,999.99 is.",
            "has its floor at 100,000.00 (105,000.00 - 5,000.00)",
            "The profit target is a balance of 110,000.00",
            "next roll is Sun 2026-11-22 00:00 CET",
        ],
    ),
    (
        "ftmo-2step-100k-p2",
        &["The profit target is a balance of 105,000.00"],
    ),
    (
        "ftmo-swing-100k-funded",
        &["On the first day the floor is 95,000.00"],
    ),
    (
        "fundednext-stellar-2step-100k-p1",
        &[
            "Equity of 95,000.00 is no breach yet, 94,999.99 is.",
            "60 calendar days in a row is closed: by the roll that opens the 61st day after its last",
        ],
    ),
    (
        "fundednext-stellar-2step-100k-p2",
        &["The profit target is a balance of 105,000.00"],
    ),
    // The higher of 105,000 and 107,500, less 5% of it: 5,375; of 105,000 and 103,750: 5,250.
    (
        "fundingpips-2step-100k-p1",
        &[
            "has its floor at 102,125.00 (107,500.00 - 5,375.00)",
            "has its floor at 99,750.00 (105,000.00 - 5,250.00)",
        ],
    ),
    // 100,000 + 5,000; 2,000 / 15%.
    (
        "fundingpips-zero-100k",
        &[
            "At 105,000.00 it locks at 100,000.00 for good.",
            "A total of 13,333.34 would do",
        ],
    ),
    // 51,250 - 2,500; 50,100 + 2,500.
    (
        "live-trail-50k",
        &[
            "it moves to 48,750.00",
            "At 52,600.00 it locks at 50,100.00 for good.",
        ],
    ),
    // 50,100 + 2,000.
    (
        "mffu-rapid-50k-eval",
        &["At 52,100.00 it locks at 50,100.00 for good."],
    ),
    // 52,500 - 52,100 = 400, of which 90%.
    (
        "mffu-rapid-50k-funded",
        &["400.00 could be paid out, which is less than the 500.00 that a payout takes at least."],
    ),
    // 2% of 25,750 is 515; 0.6 x 1,000 / 0.4 and strict.
    (
        "sprint-25k",
        &["the floor moves to 25,235.00", "may make 1,499.99"],
    ),
    (
        "static-100k",
        &["The floor starts at 90,000.00 (100,000.00 - 10,000.00)"],
    ),
    // As at FundingPips, and a touch is a breach.
    (
        "the5ers-high-stakes-100k-p1",
        &[
            "has its floor at 102,125.00",
            "Equity of 90,000.00 is a breach already, 90,000.01 is not.",
            "it made 500.00 or more",
        ],
    ),
    // 51,000 - 2,000; 50,000 + 2,000; 55% of 3,000.
    (
        "topstep-combine-50k",
        &[
            "The floor starts at 48,000.00 (50,000.00 - 2,000.00).",
            "If a day closes at a balance of 51,000.00 it moves to 49,000.00",
            "At 52,000.00 it locks at 50,000.00 for good.",
            "The first day may make 1,650.00 (55% x 3,000.00)",
            "after 3,000.00 in one day it is 5,454.55 (3,000.00 / 55%)",
            "open now, Fri 2026-11-20 15:10 CST to Sun 2026-11-22 17:00 CST",
        ],
    ),
    // Half of 2,500, of which 90%.
    (
        "topstep-xfa-50k",
        &[
            "1,250.00 can be paid out, of which the trader gets 1,125.00.",
            "Then the balance is 51,250.00 and the floor 50,000.00.",
            "From a profit of 1,500.00 on: 3 units.",
            "2 times in a row at most",
        ],
    ),
    // 52,500 - 52,000 = 500, of which 80%.
    (
        "tpt-50k-pro",
        &[
            "500.00 can be paid out, of which the trader gets 400.00.",
            "Whenever \"news-fomc-nfp-cpi\" is announced, from 60 seconds before to 60 seconds after",
        ],
    ),
    // 50% of 2,000 is 1,000, and exactly that does not pass.
    (
        "tpt-50k-test",
        &["A total of 2,000.01 would do", "3 trading days must count"],
    ),
    // 50,000 - 1,250.
    (
        "tradeify-growth-50k-eval",
        &["Equity of 48,750.00 is a breach already"],
    ),
    // The cap, which is less than 52,500 - 50,100.01; 90% of it; 1,000 / 35%.
    (
        "tradeify-growth-50k-funded",
        &[
            "At 52,100.00 it locks at 50,100.00 for good.",
            "1,500.00 can be paid out, of which the trader gets 1,350.00.",
            "A total of 2,857.15 would do",
        ],
    ),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/plans")
}

fn presets() -> BTreeMap<String, (String, Plan)> {
    let files = std::fs::read_dir(folder()).unwrap();
    let presets = files.map(|file| {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        (name, (text, read(&path).unwrap()))
    });
    presets.collect()
}

fn explained(plan: &Plan) -> String {
    explain::text(plan, &explain::sections(plan, AT))
}

#[test]
fn every_plan_is_explained_with_the_numbers_summed_up_by_hand() {
    let presets = presets();
    let expected: BTreeSet<_> = EXPECTED
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(presets.keys().cloned().collect::<BTreeSet<_>>(), expected);
    for (name, sentences) in EXPECTED {
        let text = explained(&presets[*name].1);
        for sentence in *sentences {
            assert!(
                text.contains(sentence),
                "{name}: no \"{sentence}\" in\n{text}"
            );
        }
    }
}

#[test]
fn every_model_says_where_it_comes_from() {
    let generic = [
        "eod-trail-50k",
        "live-trail-50k",
        "sprint-25k",
        "static-100k",
    ];
    for (name, (text, _)) in presets() {
        assert!(
            text.starts_with("#:schema ../../docs/plan.schema.json\n"),
            "{name}"
        );
        let header: String = text
            .lines()
            .take_while(|line| line.starts_with('#'))
            .collect();
        let is_generic = generic.contains(&name.as_str());
        let model = if is_generic {
            ": a generic example, modelled on no programme."
        } else {
            "modelled on the public rules of "
        };
        assert!(header.contains(model), "{name}");
        let stated = header.split_once("# Sources, retrieved 2026-11-21: ");
        let stated = stated.map(|(_, stated)| stated.starts_with("none"));
        assert_eq!(stated, Some(is_generic), "{name}: sources");
        if !is_generic {
            assert!(text.contains("\nformat = 1\n"), "{name}");
        }
    }
}

#[test]
fn where_sources_disagree_the_other_readings_are_data_and_explained() {
    for (name, (text, _)) in presets() {
        let found = gateway::dto::plan::disagreements_from_toml(&name, &text).unwrap();
        let said = text.matches("# Sources disagree:").count();
        assert!(
            found.len() >= said,
            "{name}: {said} of which {}",
            found.len()
        );
        let section = explain::disagreements(&found);
        let sentences = section.map_or(0, |section| section.sentences.len());
        assert_eq!(sentences, found.len(), "{name}");
    }
    let (text, _) = &presets()["topstep-combine-50k"];
    let found = gateway::dto::plan::disagreements_from_toml("t", text).unwrap();
    let section = explain::disagreements(&found).unwrap();
    assert_eq!(
        section.sentences[..2],
        [
            "the same page: hitting it, 2026-11-21: max_loss.touch_is_breach true (here false).",
            "early 2026, 2026-11-21: consistency.cap_pct 50 (here 55).",
        ]
    );
    // Lists and tables are whole; what is left out is by its name.
    let set = "[[disagreement]]\nsource = \"a page\"\ndate = \"2026-11-21\"\nset = { \"roll.holidays\" = \
        [\"2026-12-25\", \"2026-12-28\"], day_profit = \"equity\", \"max_loss.allowance\" = { fixed = \"1500\" } }\n";
    let (own, _) = text.split_once("[[disagreement]]").unwrap();
    let roll = "days = \"mon-fri\", holidays = [\"2026-12-25\"] }";
    let own = own.replacen("days = \"mon-fri\" }", roll, 1);
    assert!(own.contains(roll), "{own}");
    let found = gateway::dto::plan::disagreements_from_toml("t", &format!("{own}{set}")).unwrap();
    assert_eq!(
        explain::disagreements(&found).unwrap().sentences,
        [
            "a page, 2026-11-21: day_profit equity (here closed), max_loss.allowance { fixed = 1500 } \
             (here { fixed = 2000 }) and roll.holidays [2026-12-25, 2026-12-28] (here [2026-12-25])."
        ]
    );
}

#[test]
fn no_model_says_what_has_no_effect() {
    for (name, (_, plan)) in presets() {
        // The programme names no target, so an account of its model cannot pass.
        let passes_never = (name == "apteros-100k-eval").then(|| {
            let why = "an evaluation without profit_target never passes";
            ("stage".to_owned(), why.to_owned())
        });
        let expected: Vec<_> = passes_never.into_iter().collect();
        assert_eq!(plan.idle(), expected, "{name}");
    }
}

#[test]
fn names_are_unique_and_lead_to_the_next_phase() {
    let presets = presets();
    let names: BTreeMap<Label, Stage> = presets
        .values()
        .map(|(_, plan)| (plan.name, plan.stage))
        .collect();
    assert_eq!(names.len(), presets.len());
    for (_, plan) in presets.values() {
        let Some(next) = plan.life.next else { continue };
        let phase = |stage| match stage {
            Stage::Evaluation { phase } => phase,
            Stage::Funded => u8::MAX,
        };
        assert!(phase(names[&next]) > phase(plan.stage), "{}", plan.name);
    }
}

#[test]
fn a_difference_is_stricter_or_looser_where_that_is_decidable() {
    let plan = presets()["ftmo-2step-100k-p1"].1.clone();
    assert_eq!(
        summary(&changes(&plan, &plan).unwrap()),
        "The plans are equal."
    );
    let mut other = plan.clone();
    let daily = other.daily_loss.as_mut().unwrap();
    daily.allowance = rules::Allowance::OfInitial(types::Ratio::percent(4));
    daily.touch_is_breach = true;
    other.min_days = None;
    other.version = 2;
    let found = changes(&plan, &other).unwrap();
    assert_eq!(
        summary(&found),
        "The new plan is stricter in daily_loss.allowance and daily_loss.touch_is_breach; is looser \
         in min_days."
    );
    // Back again: what was stricter is looser.
    assert_eq!(
        summary(&changes(&other, &plan).unwrap()),
        "The new plan is stricter in min_days; is looser in daily_loss.allowance and \
         daily_loss.touch_is_breach."
    );
    let allowance = found
        .iter()
        .find(|change| change.field == "daily_loss.allowance");
    let allowance = allowance.unwrap();
    assert_eq!(allowance.old.as_deref(), Some("{ pct_of_initial = \"5\" }"));
    assert_eq!(allowance.new.as_deref(), Some("{ pct_of_initial = \"4\" }"));
}

#[test]
fn trails_are_ranked_where_no_path_turns_them_round() {
    use rules::{AfterPayout, Plan, StopTrailing, TrailSource};
    let plan = presets()["static-100k"].1.clone();
    let trailing = |trail, stop| {
        let mut plan = plan.clone();
        let max = plan.max_loss.as_mut().unwrap();
        (max.trail, max.stop) = (trail, stop);
        plan
    };
    let verdict = |old: &Plan, new: &Plan| {
        let changes = changes(old, new).unwrap();
        let trail = changes
            .iter()
            .find(|change| change.field == "max_loss.trail");
        trail.unwrap().verdict
    };
    let live = |stop| trailing(TrailSource::TickEquity, stop);
    let eod = |stop| trailing(TrailSource::EodEquity, stop);
    let never = StopTrailing::Never;
    assert_eq!(verdict(&eod(never), &live(never)), Some(Verdict::Stricter));
    assert_eq!(verdict(&live(never), &eod(never)), Some(Verdict::Looser));
    let at_level = StopTrailing::AtFloorLevel(Money::ZERO);
    assert_eq!(
        verdict(&eod(at_level), &live(at_level)),
        Some(Verdict::Stricter)
    );
    // At 110,000 the live floor freezes at 110,000 less the allowance; a day that ends at 115,000 has
    // its floor 5,000 above that.
    let freeze = StopTrailing::FreezeWhenSource(Money::whole(10_000));
    assert_eq!(verdict(&eod(freeze), &live(freeze)), None);
    assert_eq!(verdict(&eod(never), &live(freeze)), None);
    // Financing counts at the roll, and not before the next close.
    let closed = trailing(TrailSource::ClosedBalance, never);
    let balance = trailing(TrailSource::EodBalance, never);
    assert_eq!(verdict(&balance, &closed), None);
    // Held at 100,000 and lowered to 99,000 for good; or not there yet, lowered, and up to 100,000.
    let lowered = |mut plan: Plan| {
        plan.payout = presets()["topstep-xfa-50k"].1.payout;
        if let Some(rule) = &mut plan.payout {
            rule.after = AfterPayout::FloorFallsByPayout;
        }
        plan
    };
    assert_eq!(
        verdict(&lowered(eod(at_level)), &lowered(live(at_level))),
        None
    );
}

#[test]
fn amounts_are_compared_at_the_size_that_both_plans_have() {
    let plan = presets()["topstep-combine-50k"].1.clone();
    let verdict = |field: &str, change: &dyn Fn(&mut Plan)| {
        let mut other = plan.clone();
        change(&mut other);
        let found = changes(&plan, &other).unwrap();
        let found: Vec<_> = found.iter().filter(|it| it.field == field).collect();
        assert_eq!(found.len(), 1, "{field}");
        (found[0].verdict, summary(&changes(&plan, &other).unwrap()))
    };
    let percent = |share| rules::Allowance::OfInitial(types::Ratio::percent(share));
    let allowance = |share| {
        verdict("max_loss.allowance", &|plan| {
            plan.max_loss.as_mut().unwrap().allowance = percent(share);
        })
    };
    // 2,000 of 50,000 are 4 %.
    assert_eq!(allowance(3).0, Some(Verdict::Stricter));
    assert_eq!(
        allowance(4),
        (
            Some(Verdict::Same),
            "The new plan means the same in max_loss.allowance.".to_owned()
        )
    );
    assert_eq!(allowance(5).0, Some(Verdict::Looser));
    // 3,000 are 6 %.
    let target = |share| {
        let (verdict, _) = verdict("profit_target", &|plan| {
            plan.profit_target = Some(rules::Target::OfInitial(types::Ratio::percent(share)));
        });
        verdict
    };
    let verdicts = [Verdict::Looser, Verdict::Same, Verdict::Stricter];
    assert_eq!([5, 6, 7].map(target), verdicts.map(Some));
}

#[test]
fn a_higher_anchor_is_stricter() {
    use rules::DailyAnchor::{Balance, Equity, IntradayPeak, MaxBalanceEquity};
    let plan = presets()["ftmo-2step-100k-p1"].1.clone();
    let of = |anchor| {
        let mut plan = plan.clone();
        plan.daily_loss.as_mut().unwrap().anchor = anchor;
        plan
    };
    for (low, high, is_known) in [
        (Balance, MaxBalanceEquity, true),
        (Equity, MaxBalanceEquity, true),
        (Equity, IntradayPeak, true),
        (Balance, Equity, false),
        (Balance, IntradayPeak, false),
        (MaxBalanceEquity, IntradayPeak, false),
    ] {
        let verdict = |old, new| changes(&of(old), &of(new)).unwrap()[0].verdict;
        let known = |verdict| is_known.then_some(verdict);
        assert_eq!(verdict(low, high), known(Verdict::Stricter), "{low:?}");
        assert_eq!(verdict(high, low), known(Verdict::Looser), "{high:?}");
    }
}

#[test]
fn amounts_of_accounts_of_another_size_are_not_ranked() {
    let plan = presets()["topstep-combine-50k"].1.clone();
    let mut other = plan.clone();
    other.initial_balance = Money::whole(100_000);
    other.max_loss.as_mut().unwrap().allowance = rules::Allowance::Fixed(Money::whole(3_000));
    let verdicts: Vec<_> = changes(&plan, &other)
        .unwrap()
        .into_iter()
        .map(|change| (change.field, change.verdict))
        .collect();
    // The lock is at an offset of 0: 50,000 of one, 100,000 of the other.
    let fields = ["initial_balance", "max_loss.allowance", "max_loss.stop"];
    assert_eq!(verdicts, fields.map(|field| (field.to_owned(), None)));
}

#[test]
fn what_a_plan_leaves_out_is_compared_by_its_name() {
    let plan = presets()["topstep-combine-50k"].1.clone();
    let mut other = plan.clone();
    other.day_profit = rules::DayProfit::Equity;
    other.days.weekdays = 0b111_1111;
    let shown: Vec<_> = changes(&other, &plan)
        .unwrap()
        .into_iter()
        .map(|change| [Some(change.field), change.old, change.new].map(Option::unwrap))
        .collect();
    let days = r#"["mon", "tue", "wed", "thu", "fri"]"#;
    assert_eq!(
        shown,
        [
            ["roll.days", r#""mon-sun""#, days],
            ["day_profit", r#""equity""#, r#""closed""#],
        ]
    );
}

#[test]
fn what_has_no_effect_makes_no_plan_stricter() {
    let plan = presets()["static-100k"].1.clone();
    let mut other = plan.clone();
    // The first step of a tenth would be past the size of 100,000; at 110,000 it is one.
    let scaling = |max| rules::Scaling {
        step: types::Ratio::percent(10),
        size_max: Some(Money::whole(max)),
        requires: None,
    };
    other.scaling = Some(scaling(100_000));
    let verdict = |other: &Plan| changes(&plan, other).unwrap()[0].verdict;
    assert_eq!(verdict(&other), None);
    other.scaling = Some(scaling(110_000));
    assert_eq!(verdict(&other), Some(Verdict::Looser));
    // Days of a phase that does not pass, more or less of them.
    let mut plan = plan.clone();
    plan.profit_target = None;
    let mut other = plan.clone();
    other.min_days.as_mut().unwrap().days += 1;
    assert_eq!(changes(&plan, &other).unwrap()[0].verdict, None);
}

/// Five days and a payout of them, of a plan that has every bound.
#[test]
fn a_payout_is_explained_with_every_bound() {
    let mut plan = presets()["ftmo-2step-100k-p1"].1.clone();
    plan.stage = Stage::Funded;
    plan.life.next = None;
    (plan.profit_target, plan.min_days, plan.consistency) = (None, None, None);
    plan.payout = Some(rules::PayoutRule {
        fraction: types::Ratio::percent(50),
        cap: Some(Money::whole(2_500)),
        keep: rules::PayoutKeep::AboveInitial(Money::whole(1_000)),
        split: types::Ratio::percent(80),
        after: rules::AfterPayout::FloorToInitial,
        best_day_cap: Some(types::Ratio::percent(30)),
        days_min: None,
        series: rules::PayoutSeries::default(),
    });
    plan.validate().unwrap();
    let text = explained(&plan);
    // 2,000 and 4 x 1,000 are 6,000; the best day made 2,000 - 30% of it = 200 too much; half of 5,800.
    // 6,000 - 1,000; 6,000 above a floor at 100,000.
    for sentence in [
        "After a day of 2,000.00 and 4 days of 1,000.00 each the balance is 106,000.00 and the floor \
         90,000.00: 2,500.00 can be paid out, of which the trader gets 2,000.00.",
        "Of the profit of 6,000.00 the best day made 200.00 beyond 30%, which leaves 5,800.00. What can \
         be paid out is the least of 2,900.00 (50% of 5,800.00), 2,500.00 (the most of one payout), \
         5,000.00 (what is above what must be left) and 6,000.00 (what leaves the account within its \
         maximum loss).",
        "Then the balance is 103,500.00 and the floor 100,000.00.",
    ] {
        assert!(text.contains(sentence), "{sentence}\nin\n{text}");
    }
    assert_eq!(text.matches("can be paid out, of").count(), 1, "{text}");

    // A best day of 2,000 is a third of the total: a payout is refused, and paid after equal days.
    plan.consistency = Some(rules::ConsistencyRule {
        cap: types::Ratio::percent(25),
        denominator: rules::Denominator::Net,
        inclusive: true,
        window: rules::ConsistencyWindow::SincePayout,
    });
    let text = explained(&plan);
    for sentence in [
        "106,000.00 and the floor 90,000.00: a payout is refused, consistency is not met.",
        "After 5 days of 1,000.00 each the balance is 105,000.00 and the floor 90,000.00: 2,500.00 can \
         be paid out, of which the trader gets 2,000.00.",
    ] {
        assert!(text.contains(sentence), "{sentence}\nin\n{text}");
    }

    // Half of 5,000 is less than the least, half of 10,000 is not.
    plan.consistency = None;
    let rule = plan.payout.as_mut().unwrap();
    (rule.cap, rule.best_day_cap) = (None, None);
    rule.series.min = Some(Money::whole(3_000));
    plan.validate().unwrap();
    let text = explained(&plan);
    for sentence in [
        "After 5 days of 1,000.00 each the balance is 105,000.00 and the floor 90,000.00: 2,500.00 could \
         be paid out, which is less than the 3,000.00 that a payout takes at least.",
        "After 5 days of 2,000.00 each the balance is 110,000.00 and the floor 90,000.00: 5,000.00 can \
         be paid out, of which the trader gets 4,000.00.",
    ] {
        assert!(text.contains(sentence), "{sentence}\nin\n{text}");
    }
}

#[test]
fn windows_are_compared_without_their_order() {
    let plan = presets()["topstep-combine-50k"].1.clone();
    let mut other = plan.clone();
    other.conduct.windows.reverse();
    // The order is part of what is hashed, so the plans differ; none is stricter.
    let reordered = changes(&plan, &other).unwrap();
    assert_eq!(reordered.len(), 1);
    assert_eq!(reordered[0].verdict, None);
    other.conduct.windows.pop();
    let gone = changes(&plan, &other).unwrap();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].verdict, Some(Verdict::Looser));
    assert_eq!(gone[0].new, None);
}

#[test]
fn windows_of_one_calendar_and_action_are_compared_field_by_field() {
    let plan = presets()["topstep-combine-50k"].1.clone();
    let mut other = plan.clone();
    let window = &mut other.conduct.windows[1];
    window.before_s += 60;
    window.symbols = vec![Label::new("ES").unwrap()];
    other.conduct.windows.swap(0, 1);
    let found: Vec<_> = (changes(&plan, &other).unwrap().into_iter())
        .map(|change| (change.field, change.verdict))
        .collect();
    // It begins a minute earlier, and no longer for every instrument.
    assert_eq!(
        found,
        [
            (
                "conduct.windows[1].before_s".to_owned(),
                Some(Verdict::Stricter)
            ),
            (
                "conduct.windows[1].symbol".to_owned(),
                Some(Verdict::Looser)
            ),
        ]
    );
}

#[test]
fn plans_of_any_size_are_explained() {
    let mut explained_plans = 0;
    for (_, plan) in presets().values() {
        for size in [
            Money(1),
            Money(10_000),
            Money::whole(9_000_000_000_000),
            Money(i64::MAX),
        ] {
            let mut plan = plan.clone();
            plan.initial_balance = size;
            if let Some(scaling) = &mut plan.scaling {
                (scaling.step, scaling.size_max) = (types::Ratio(1), Some(Money(i64::MAX)));
            }
            // A fixed allowance is refused where it is above the size, a target where no balance has it.
            if plan.validate().is_ok() {
                assert!(explained(&plan).contains("An account opens"));
                explained_plans += 1;
            }
        }
    }
    assert!(explained_plans > 60, "{explained_plans}");
}
