//! Progress on stderr, on a terminal only; Ctrl-C as a flag.

use super::{Error, tell};
use crate::oracle::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A spinner; `None` off a terminal, or when told to be quiet.
pub(super) fn spinner(quiet: bool) -> Option<ProgressBar> {
    if quiet || !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    Some(bar)
}

/// Shows the number of queries.
pub(super) fn queries(bar: &ProgressBar) -> Progress {
    let bar = bar.clone();
    Arc::new(move |tally| bar.set_message(format!("{} queries", tally.total())))
}

/// A flag that the first Ctrl-C sets; the second one ends the program at once, with status 3.
///
/// `notice` is what the first one makes the program say.
pub(super) fn interrupt(notice: &'static str) -> Result<Arc<AtomicBool>, Error> {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = flag.clone();
    ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::SeqCst) {
            std::process::exit(3);
        }
        tell(notice);
    })
    .map_err(|e| Error::Request(format!("cannot listen for Ctrl-C: {e}")))?;
    Ok(flag)
}
