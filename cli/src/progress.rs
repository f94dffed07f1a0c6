//! The bar that says how far a replay is.

use std::io::{self, IsTerminal};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar on a terminal, and nothing where nobody looks.
pub(crate) fn recovery_progress() -> anyhow::Result<ProgressBar> {
    if !io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style =
        ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} inputs, {eta} left")
            .context("the template of the progress bar")?;
    Ok(ProgressBar::new(0).with_style(style))
}
