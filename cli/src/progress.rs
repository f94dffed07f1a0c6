//! Bars that say how far a replay is, and the reading of files.

use std::io::{self, IsTerminal};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use runtime::Doing;

/// A bar on a terminal, and nothing where nobody looks.
pub(crate) fn recovery_progress() -> anyhow::Result<ProgressBar> {
    if !io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template(
        "{msg} {bar:40} {human_pos} of {human_len} inputs, {eta} left",
    )
    .context("the template of the progress bar")?;
    Ok(ProgressBar::new(0)
        .with_style(style)
        .with_message(Doing::Replaying.to_string()))
}

/// A bar over so many bytes, on a terminal.
pub(crate) fn reading_progress(bytes: u64) -> anyhow::Result<ProgressBar> {
    if !io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template(
        "{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
    )
    .context("the template of the progress bar")?;
    Ok(ProgressBar::new(bytes).with_style(style))
}
