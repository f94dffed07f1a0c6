//! `dynasty competition`: check competition files, say in plain words what one means.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use gateway::dto::{Word as _, competition, percent, time};
use rules::{Competition, PrizePool};
use runtime::Calendar;
use types::{Money, Ratio};

use crate::demo::tell;

/// Check competition files, explain what a competition means.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  dynasty competition check fixtures/competitions/demo-cup.toml
  dynasty competition explain fixtures/competitions/demo-cup.toml --entries 250

Every field of a competition file is in docs/competitions.md.
Exit code 0: all are valid; 1: one is not; 2: one cannot be read."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Whether files are valid competitions: what is wrong, on which line, and what would be accepted.
    Check {
        /// The competition files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// A competition in plain sentences, with the prizes of each place.
    Explain {
        /// The competition file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Entries whose fees the pool is worked out for.
        #[arg(long, default_value_t = 0)]
        entries: u32,
    },
}

/// Runs the command.
///
/// # Errors
/// When the answer cannot be written.
pub(crate) fn run_command(args: &Args) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let told = match &args.verb {
        Verb::Check { files } => check(files, &mut out),
        Verb::Explain { file, entries } => explain(file, *entries, &mut out),
    };
    match told {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        told => Ok(told.map(ExitCode::from)?),
    }
}

/// The competition of a file; exit code and words of a file that is none.
pub(crate) fn read(path: &Path) -> Result<Competition, (u8, String)> {
    let file = path.display().to_string();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(_) if path.is_dir() => {
            let accepted = "accepted: competition files, such as";
            return Err((
                2,
                format!("{file}: is a directory; {accepted} {file}/*.toml"),
            ));
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            let accepted = "accepted: a competition in UTF-8";
            return Err((2, format!("{file}: is no text; {accepted}")));
        }
        Err(error) => return Err((2, format!("{file}: {error}"))),
    };
    competition::from_toml(&file, &text).map_err(|error| (1, error.to_string()))
}

/// Why a pool with so many entries cannot be: more than may enter, or more than an amount holds.
fn no_pool(of: &Competition, entries: u32) -> Option<String> {
    let Competition { contest, .. } = of;
    let most = contest.entry.entrants_max;
    if entries > most {
        return Some(format!(
            "--entries: value '{entries}': accepted at most entry.entrants_max, {most}"
        ));
    }
    let prizes = contest.prizes.as_ref()?;
    let fees = i128::from(contest.entry.fee.fee.0) * i128::from(contest.entry.fee.to_pool.0);
    let added = fees / i128::from(Ratio::ONE.0) * i128::from(entries);
    (i128::from(prizes.pool.0) + added > i128::from(i64::MAX)).then(|| {
        format!(
            "entry.fee: value '{}': accepted with {entries} entries a pool of at most {}",
            contest.entry.fee.fee,
            Money(i64::MAX)
        )
    })
}

/// That nobody can be ranked, where the window has fewer trading days than an entry needs.
fn too_short(of: &Competition) -> Option<String> {
    let window = of.contest.window?;
    let needs = of.gates.active_days;
    let mut calendar = Calendar::default();
    let (mut at, mut days) = (window.start, 0);
    while at < window.end && days < needs {
        days += 1;
        at = calendar.open_day(&of.schedule, &of.days, at).ok()?.until;
    }
    (days < needs).then(|| {
        format!(
            "gates.active_days: value '{needs}': nobody can be ranked, the window has {}",
            counted(days, "trading day")
        )
    })
}

fn check(files: &[PathBuf], out: &mut impl Write) -> io::Result<u8> {
    let mut worst = 0;
    for path in files {
        match read(path) {
            Ok(competition) => {
                let (file, name) = (path.display(), competition.name);
                match no_pool(&competition, competition.contest.entry.entrants_max) {
                    None => {
                        writeln!(out, "{file}: ok: {name}")?;
                        if let Some(notice) = too_short(&competition) {
                            writeln!(out, "{file}: {notice}")?;
                        }
                    }
                    Some(error) => {
                        worst = worst.max(1);
                        writeln!(out, "{file}: {error}")?;
                    }
                }
            }
            Err((code, error)) => {
                worst = worst.max(code);
                writeln!(out, "{error}")?;
            }
        }
    }
    Ok(worst)
}

fn explain(path: &Path, entries: u32, out: &mut impl Write) -> io::Result<u8> {
    match read(path) {
        Ok(competition) => {
            if let Some(error) = no_pool(&competition, entries) {
                tell(format_args!("{}: {error}", path.display()));
                return Ok(1);
            }
            for sentence in sentences(&competition, entries) {
                writeln!(out, "{sentence}")?;
            }
            Ok(0)
        }
        Err((code, error)) => {
            tell(format_args!("{error}"));
            Ok(code)
        }
    }
}

/// What a competition means.
fn sentences(of: &Competition, entries: u32) -> Vec<String> {
    let Competition { name, weights, .. } = of;
    let contest = &of.contest;
    let share = percent::exact;
    let mut said = vec![format!("{name} compares {} accounts.", of.kind.word())];
    let days = time::weekdays(of.days.weekdays).join(", ");
    let (hour, minute) = (of.schedule.minute / 60, of.schedule.minute % 60);
    said.push(format!(
        "Its days roll at {hour:02}:{minute:02} in {}, on {days}{}.",
        of.schedule.zone,
        match of.days.holidays.len() {
            0 => String::new(),
            holidays => format!(" but for {}", counted(holidays as u64, "holiday")),
        }
    ));
    said.push(match contest.window {
        Some(window) => format!(
            "Scores count from {} and before {}.",
            window.start, window.end
        ),
        None => "It is live at once, until somebody ends it.".to_owned(),
    });
    if let Some(at) = contest.freeze_at() {
        said.push(format!(
            "The public board stands still from {at} until it is final."
        ));
    }
    said.push(format!(
        "The score of 0 to 100 is {}% profit, {}% risk, {}% consistency and {}% drawdown, which is nothing at {}%.",
        share(weights.profit),
        share(weights.risk),
        share(weights.consistency),
        share(weights.drawdown),
        share(of.loss_limit)
    ));
    said.push(format!(
        "To be ranked an entry has {} with an opening fill and {}, and broke no hard rule.",
        counted(of.gates.active_days, "day"),
        counted(of.gates.round_turns, "round turn")
    ));
    said.extend(too_short(of).map(|notice| format!("{notice}.")));
    let entry = &contest.entry;
    said.push(format!(
        "At most {} may enter{}, for {} each, {}% of which is added to the pool.",
        counted(entry.entrants_max, "account"),
        if entry.late {
            ", also while it is live"
        } else {
            " before it is live"
        },
        entry.fee.fee,
        share(entry.fee.to_pool)
    ));
    if let Some(teams) = contest.teams {
        said.push(format!(
            "A team is scored by its best {}, and ranked with {} that are.",
            counted(teams.count, "member"),
            counted(teams.members_min, "member")
        ));
    }
    if let Some(prizes) = &contest.prizes {
        said.extend(pool(of, prizes, entries));
    }
    said
}

/// The pool with so many entries, and each range of places with the same prize.
fn pool(of: &Competition, prizes: &PrizePool, entries: u32) -> Vec<String> {
    let total = prizes.total(&of.contest.entry.fee, entries);
    let table = prizes.table(total);
    let mut said = vec![format!(
        "With {} the pool is {total}, paid in whole units of {}:",
        counted(entries, "fee"),
        prizes.unit
    )];
    let mut first = 0;
    for places in table.chunk_by(|a, b| a == b) {
        let last = first + places.len();
        let range = match places.len() {
            1 => format!("place {last}"),
            _ => format!("places {} to {last}, each", first + 1),
        };
        said.push(format!("  {range}: {}", places[0]));
        first = last;
    }
    said
}

fn counted(number: impl Into<u64>, noun: &str) -> String {
    match number.into() {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_cup_is_told_with_its_prizes() {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../fixtures/competitions/demo-cup.toml"
        );
        let mut out = Vec::new();
        assert_eq!(explain(Path::new(file), 0, &mut out).unwrap(), 0);
        let text = String::from_utf8(out).unwrap();
        // 40, 20 and 10 % of 10,000, then three times 6 % and four times 3 %.
        let prizes = "With 0 fees the pool is 10000, paid in whole units of 1:\n  place 1: 4000\n  place 2: 2000\n  \
            place 3: 1000\n  places 4 to 6, each: 600\n  places 7 to 10, each: 300\n";
        assert!(text.ends_with(prizes), "{text}");
        // 432,000 s are the five days before 2026-03-07.
        let frozen = "The public board stands still from 2026-03-02T00:00:00Z until it is final.\n";
        assert!(text.contains(frozen), "{text}");
    }

    #[test]
    fn a_pool_that_cannot_be_is_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cup.toml");
        let cup = |fee: &str| {
            let cup = format!(
                "name = \"Cup\"\nkind = \"demo\"\nroll = {{ zone = \"UTC\", time = \"00:00\" }}\n\
                 entry = {{ fee = \"{fee}\", to_pool_pct = \"100\", entrants_max = 10000 }}\n\
                 prizes = {{ pool = \"0\", unit = \"1\", places = [{{ first = 1, share_pct = \"100\" }}] }}\n"
            );
            fs::write(&file, cup).unwrap();
        };
        let mut out = Vec::new();
        cup("100");
        assert_eq!(explain(&file, 10_000, &mut out).unwrap(), 0);
        assert_eq!(explain(&file, 10_001, &mut out).unwrap(), 1);
        assert_eq!(check(std::slice::from_ref(&file), &mut out).unwrap(), 0);
        // 10,000 fees of 1e9 are 1e13, and an amount holds 9.2e12.
        cup("1000000000");
        assert_eq!(check(std::slice::from_ref(&file), &mut out).unwrap(), 1);
        let text = String::from_utf8(out).unwrap();
        let fault = "entry.fee: value '1000000000': accepted with 10000 entries a pool of at most 9223372036854.775807\n";
        assert!(text.ends_with(fault), "{text}");
    }

    // Friday 22:00 to Sunday 07:30 of days that roll at midnight from Monday to Friday: Friday's is open all the time. A
    // window until Monday has one more in it once it is not over when that one opens.
    #[test]
    fn a_window_without_enough_days_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cup.toml");
        let told = |end: &str, active_days: u32| {
            let cup = format!(
                "name = \"Cup\"\nkind = \"demo\"\n\
                 roll = {{ zone = \"UTC\", time = \"00:00\", days = \"mon-fri\" }}\n\
                 window = {{ start = \"2026-11-20T22:00:00Z\", end = \"{end}\" }}\n\
                 gates = {{ active_days = {active_days}, round_turns = 1 }}\n"
            );
            fs::write(&file, cup).unwrap();
            let mut out = Vec::new();
            assert_eq!(check(std::slice::from_ref(&file), &mut out).unwrap(), 0);
            String::from_utf8(out).unwrap()
        };
        let notice =
            "gates.active_days: value '5': nobody can be ranked, the window has 1 trading day\n";
        assert!(told("2026-11-22T07:30:00Z", 5).ends_with(notice));
        assert!(told("2026-11-22T07:30:00Z", 1).ends_with("ok: Cup\n"));
        assert!(told("2026-11-23T00:00:00Z", 2).ends_with("has 1 trading day\n"));
        assert!(told("2026-11-23T00:00:01Z", 2).ends_with("ok: Cup\n"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cup.toml");
        fs::write(
            &file,
            "name = \"Cup\"\nkind = \"dmeo\"\nroll = { zone = \"UTC\", time = \"00:00\" }\n",
        )
        .unwrap();
        let mut out = Vec::new();
        let none = folder.path().join("none.toml");
        assert_eq!(check(std::slice::from_ref(&file), &mut out).unwrap(), 1);
        assert_eq!(check(&[file, none], &mut out).unwrap(), 2);
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("cup.toml:2: kind: value 'dmeo': accepted "),
            "{text}"
        );
    }
}
