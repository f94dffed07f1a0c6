//! The record of a search on its way: what was run is not run again after a stop, whatever stopped it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ::backtest::search::Trial;
use ::backtest::search::record::{Fingerprint, of_line, to_line};
use ::backtest::strategy::Values;
use anyhow::Context as _;

use super::Usage;

/// The file beside the results.
pub(super) struct Record {
    path: PathBuf,
    file: File,
}

impl Record {
    /// Begins a record of trials, or goes on with one: then with the trials that it has.
    ///
    /// # Errors
    /// As [`Record::of_lines`].
    pub(super) fn open(
        out: &Path,
        resumes: bool,
        fingerprint: Fingerprint,
        values: &dyn Fn(usize) -> Option<Values>,
    ) -> anyhow::Result<(Self, BTreeMap<usize, Trial>)> {
        let mut known = BTreeMap::new();
        let record = Self::of_lines(out, resumes, fingerprint, &mut |line| {
            let trial = of_line(line, values);
            let is_whole = trial.is_some();
            known.extend(trial.map(|trial| (trial.place, trial)));
            is_whole
        })?;
        Ok((record, known))
    }

    /// Begins a record, or goes on with one: `take` gets each line that it has, until it says that one is not whole. That
    /// one, which was cut off, goes.
    ///
    /// # Errors
    /// When there is a record and `resumes` does not say to go on, or when it is of another search.
    pub(super) fn of_lines(
        out: &Path,
        resumes: bool,
        fingerprint: Fingerprint,
        take: &mut dyn FnMut(&str) -> bool,
    ) -> anyhow::Result<Self> {
        let mut name = out.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        let named = || path.display().to_string();
        if !path.exists() {
            let mut file = File::create(&path).with_context(named)?;
            file.write_all(fingerprint.head().as_bytes())
                .with_context(named)?;
            return Ok(Self { path, file });
        }
        if !resumes {
            return Err(Usage(format!(
                "{}: a search was stopped here; accepted: --resume to go on with it, or remove the file",
                path.display()
            ))
            .into());
        }
        let file = File::options().read(true).write(true).open(&path);
        let file = file.with_context(named)?;
        let mut lines = BufReader::new(&file);
        let mut line = String::new();
        let mut whole = lines.read_line(&mut line).with_context(named)? as u64;
        // A search that was stopped before its first line was whole has nothing.
        if !line.ends_with('\n') && fingerprint.head().starts_with(&line) {
            fs::write(&path, fingerprint.head()).with_context(named)?;
            whole = fingerprint.head().len() as u64;
        } else if !fingerprint.is_head(&line) {
            return Err(Usage(format!(
                "{}: is of another search; accepted: the same data, strategy, terms and values as when it began",
                path.display()
            ))
            .into());
        }
        loop {
            line.clear();
            let bytes = lines.read_line(&mut line).with_context(named)?;
            if bytes == 0 || !take(&line) {
                break;
            }
            whole += bytes as u64;
        }
        drop(lines);
        file.set_len(whole).with_context(named)?;
        let mut file = file;
        file.seek(SeekFrom::End(0)).with_context(named)?;
        Ok(Self { path, file })
    }

    /// Adds a trial; the system has it when this returns, so that only a loss of power can take it.
    pub(super) fn add(&mut self, trial: &Trial) -> io::Result<()> {
        self.add_line(&to_line(trial))
    }

    /// Adds a line, which has its end.
    pub(super) fn add_line(&mut self, line: &str) -> io::Result<()> {
        self.file.write_all(line.as_bytes())
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The results are written: it is not needed any more.
    pub(super) fn remove(self) -> anyhow::Result<()> {
        fs::remove_file(&self.path).with_context(|| self.path.display().to_string())
    }
}
