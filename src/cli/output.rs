//! What leaves the program: text for people on either stream, records and pages for programs.
//!
//! Whatever is said to people passes through [`text`]: nothing that a file holds can move the cursor or take lines
//! away. A stream that cannot be written ends in an error or in silence, never in a panic.

use super::Error;
use crate::format;
use crate::text;
use clap::error::{ContextKind, ContextValue};
use serde::Serialize;
use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Characters of an argument that a message about it repeats.
const MOST_REPEATED: usize = 200;
/// Characters of a message, which may quote a file.
const MOST_TOLD: usize = 4096;

/// Says text to people, on standard output.
///
/// Names in it are [`text::shown`] or [`text::quoted`] before they come here: a line break is taken for one of the
/// report.
pub(super) fn say(text: &str) -> Result<(), Error> {
    hand_over(&text::lines(text))
}

/// Hands text over to a program, on standard output, as it is.
pub(super) fn hand_over(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).or_else(unless_closed)
}

/// Writes a record as JSON to the file that was asked for, and says the report; for `-` hands the record over instead.
///
/// A file that cannot be written does not take the report along. Standard output may be a terminal: what stands there
/// is the same value, and safe to look at.
pub(super) fn publish(path: Option<&Path>, record: &impl Serialize, report: impl Fn() -> String) -> Result<(), Error> {
    let json = || text::record(record);
    let Some(path) = path else { return say(&report()) };
    if path == Path::new("-") {
        return hand_over(&text::json(&json()));
    }
    let written = format::write_atomically(path, json().as_bytes());
    say(&report())?;
    Ok(written?)
}

/// Says one line on standard error. Where that cannot be written, nobody is left to be told.
pub(super) fn tell(message: impl Display) {
    let message = message.to_string();
    let message = clipped(&message, MOST_TOLD).unwrap_or(message);
    let line = format!("exactract: {}\n", text::shown(&message));
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// A file's name in a sentence.
pub(super) fn named(path: &Path) -> String {
    text::shown(&path.display().to_string())
}

/// Prints why arguments are refused, or the help that was asked for. Long arguments are not repeated in full.
///
/// Errors where help cannot be written.
pub(super) fn explain(mut error: clap::Error) -> Result<(), Error> {
    let long = |(kind, value): (ContextKind, &ContextValue)| match value {
        ContextValue::String(value) => Some((kind, clipped(value, MOST_REPEATED)?)),
        _ => None,
    };
    let long: Vec<(ContextKind, String)> = error.context().filter_map(long).collect();
    for (kind, value) in long {
        error.insert(kind, ContextValue::String(value));
    }
    let plain = error.render().to_string();
    let safe = text::lines(&plain);
    if !error.use_stderr() {
        return error.print().or_else(unless_closed);
    }
    // Clap colours its message on a terminal; what an argument would do to the terminal takes precedence.
    let _ = if safe == plain { error.print() } else { std::io::stderr().write_all(safe.as_bytes()) };
    Ok(())
}

/// The start of a text that is longer than so many characters.
fn clipped(text: &str, most: usize) -> Option<String> {
    let (end, _) = text.char_indices().nth(most)?;
    Some(format!("{}…", &text[..end]))
}

/// A reader that closes the pipe early has seen enough.
fn unless_closed(error: std::io::Error) -> Result<(), Error> {
    if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(Error::Output(error)) }
}
