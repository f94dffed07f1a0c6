//! `dynasty verify-breach`: recomputes the proofs of verdicts, with no server and no engine; and, where a journal is
//! given, holds them against what that leads to.

mod against;

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::ValueEnum;
use gateway::dto::Node;
use gateway::dto::proof::{self, Fault, ProofDocument, kind_of};
use serde_json::{Value, json};

use self::against::Journal;

/// The figure whose right value is not told: it would only help to make an altered document pass.
const DIGEST: &str = "digest";

/// The largest input, in bytes.
const INPUT_BYTES_MAX: u64 = 1 << 28;

/// Recompute proofs of breaches, passes, rests and refused payouts: every figure that follows from others, and the verdict.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty verify-breach 12-1-breach.json
  dynasty simulate fixtures/scenarios/static_floor.jsonl --proofs proofs && dynasty verify-breach proofs/*
  curl -s http://127.0.0.1:8080/v1/accounts/0/proofs/4711 | dynasty verify-breach -
  dynasty verify-breach proofs.jsonl --format json
  dynasty verify-breach proof.json --journal data

A proof holds the plan, the figures of the account and the prices that valued its positions. Nothing else
is needed: the sums, the limits, the verdict, the hash of the plan and the digest of the proof are
computed anew. What nothing in the proof follows from, such as a place in the journal, the digest alone holds, and that is no \
seal: whoever alters a document can give it a new digest. Compare the digest with a copy that you trust, such as the one of the \
server, or use --journal. With --journal the inputs \
up to each verdict are replayed, and every place of an input, quote and figure of the proof must be one that they lead \
to. Exit code 0: every proof holds. 1: a figure does not come out. 2: an input is no proof, or the journal cannot be read.")]
pub(crate) struct Args {
    /// Files of proofs, each one JSON document or one on each line; - is standard input.
    #[arg(required = true)]
    proofs: Vec<String>,
    /// Data directory, as given to --data: hold every proof against the journal in it.
    #[arg(long, value_name = "DATA")]
    journal: Option<PathBuf>,
    /// How to tell the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object for each proof.
    Json,
}

/// Runs the command.
///
/// # Errors
/// When the results cannot be written.
pub(crate) fn run_command(args: &Args) -> anyhow::Result<ExitCode> {
    let mut all: Vec<_> = args
        .proofs
        .iter()
        .flat_map(|source| {
            let results = results(source).into_iter().zip(1..);
            results.map(|(result, place)| Checked {
                source,
                place,
                result,
            })
        })
        .collect();
    if let Some(data) = &args.journal {
        let seqs = all.iter().filter_map(|checked| match &checked.result {
            Outcome::Read(read, _) => Some(read.proof.seq),
            Outcome::Unreadable(_) => None,
        });
        let journal = Journal::read(data, &seqs.collect());
        for checked in &mut all {
            if let Outcome::Read(read, faults) = &mut checked.result {
                match &journal {
                    Ok(journal) => faults.extend(journal.faults(&read.proof)),
                    Err(error) => checked.result = Outcome::Unreadable(format!("{error:#}")),
                }
            }
        }
    }
    let mut out = io::stdout().lock();
    let mut worst = 0;
    for checked in all {
        worst = worst.max(checked.result.exit_code());
        let written = match args.format {
            Format::Text => write!(out, "{checked}"),
            Format::Json => writeln!(out, "{}", checked.json()),
        };
        match written {
            // Whoever reads has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            written => written.context("cannot write the results")?,
        }
    }
    Ok(ExitCode::from(worst))
}

/// What became of a document.
enum Outcome {
    /// It is a proof: the figures that do not come out.
    Read(Box<ProofDocument>, Vec<Fault>),
    /// It is none.
    Unreadable(String),
}

impl Outcome {
    const fn exit_code(&self) -> u8 {
        match self {
            Self::Read(_, faults) if faults.is_empty() => 0,
            Self::Read(..) => 1,
            Self::Unreadable(_) => 2,
        }
    }
}

fn results(source: &str) -> Vec<Outcome> {
    let bytes = match read(source) {
        Ok(bytes) => bytes,
        Err(error) => return vec![Outcome::Unreadable(format!("{error:#}"))],
    };
    let mut results: Vec<_> = proof::documents(&bytes).map(check).collect();
    if results.is_empty() {
        results.push(Outcome::Unreadable("there is no document".to_owned()));
    }
    results
}

fn read(source: &str) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let count = if source == "-" {
        let input = io::stdin().lock();
        input.take(INPUT_BYTES_MAX + 1).read_to_end(&mut bytes)
    } else {
        let file = File::open(source).context("cannot open it")?;
        file.take(INPUT_BYTES_MAX + 1).read_to_end(&mut bytes)
    };
    let is_whole = count.context("cannot read it")? as u64 <= INPUT_BYTES_MAX;
    ensure!(is_whole, "it is larger than {INPUT_BYTES_MAX} bytes");
    Ok(bytes)
}

fn check(node: Result<Node, String>) -> Outcome {
    let node = match node {
        Ok(node) => node,
        Err(error) => return Outcome::Unreadable(format!("not JSON: {error}")),
    };
    match proof::read(&node) {
        Ok(document) => {
            let faults = document.verify().err().unwrap_or_default();
            Outcome::Read(Box::new(document), faults)
        }
        Err(error) => Outcome::Unreadable(error.to_string()),
    }
}

/// A document, and what became of it.
struct Checked<'a> {
    source: &'a str,
    /// Which document of its source, from 1.
    place: usize,
    result: Outcome,
}

impl Checked<'_> {
    fn json(&self) -> Value {
        let (source, document) = (self.source, self.place);
        match &self.result {
            Outcome::Read(read, faults) => {
                let faults: Vec<_> = faults
                    .iter()
                    .map(|fault| {
                        json!({
                            "figure": fault.figure,
                            "stated": fault.stated,
                            "recomputed": (fault.figure != DIGEST).then_some(&fault.recomputed),
                        })
                    })
                    .collect();
                json!({
                    "source": source,
                    "document": document,
                    "result": if faults.is_empty() { "ok" } else { "fault" },
                    "account": read.proof.account().to_string(),
                    "account_name": read.proof.account_name.to_string(),
                    "seq": read.proof.seq.to_string(),
                    "ts": read.proof.ts.to_string(),
                    "kind": kind_of(&read.proof.verdict),
                    "sentence": proof::sentence(&read.proof),
                    "sums": proof::sums(&read.proof),
                    "faults": faults,
                })
            }
            Outcome::Unreadable(error) => json!({
                "source": source,
                "document": document,
                "result": "unreadable",
                "error": error,
            }),
        }
    }
}

impl fmt::Display for Checked<'_> {
    /// The result on the first line, then the sentence, the sums, and each fault.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut head = self.source.to_owned();
        if self.place > 1 {
            write!(head, ", document {}", self.place)?;
        }
        match &self.result {
            Outcome::Unreadable(error) => writeln!(f, "{head}: not read: {error}"),
            Outcome::Read(read, faults) => {
                let result = match faults.len() {
                    0 => "ok".to_owned(),
                    1 => "1 figure does not come out".to_owned(),
                    count => format!("{count} figures do not come out"),
                };
                writeln!(f, "{head}: {result}")?;
                writeln!(f, "  {}", proof::sentence(&read.proof))?;
                for sum in proof::sums(&read.proof) {
                    writeln!(f, "    {sum}")?;
                }
                for fault in faults {
                    if fault.figure == DIGEST {
                        let stated = &fault.stated;
                        writeln!(
                            f,
                            "  fault: digest is {stated}, which is not that of the document"
                        )?;
                    } else {
                        writeln!(f, "  fault: {fault}")?;
                    }
                }
                Ok(())
            }
        }
    }
}
