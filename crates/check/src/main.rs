//! `exactract-check FILE`: the statements of a certificate, derived again.
//!
//! Exit status: 0 every statement holds; 1 one does not; 2 the file is unreadable or no certificate.
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use exactract_check::{
    AUDIT_FORMAT, AuditCertificate, Certificate, DEEP_FORMAT, DeepCertificate, Refusal, audit_report, check,
    check_audit, check_deep, deep_report, format, identify, report,
};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// The largest certificate that is read.
const MOST_BYTES: u64 = 1 << 30;

/// What this program can say of a network's identity.
const IDENTITY: &str = "name and sha256 are the certificate's word, not compared: no network file is read here";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let found = match &arguments[..] {
        [path] => bytes(path.as_ref()).and_then(|bytes| derived(&bytes)),
        _ => Err(Refusal::Malformed("usage: exactract-check FILE".to_owned())),
    };
    // A reader that has gone away has no use for the rest.
    let (status, _) = match found {
        Ok(report) => (0, std::io::stdout().write_all(report.as_bytes())),
        Err(Refusal::False(what)) => {
            (1, writeln!(std::io::stdout(), "{}\n\nThe certificate does not hold.", plain(&what)))
        }
        Err(Refusal::Malformed(what)) => (2, writeln!(std::io::stderr(), "exactract-check: {}", plain(&what))),
    };
    ExitCode::from(status)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| Refusal::Malformed(format!("{}: {error}", path.display())))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Refusal::Malformed(format!("{}: more than {MOST_BYTES} bytes", path.display())));
    }
    Ok(bytes)
}

/// The report of a certificate that holds.
fn derived(bytes: &[u8]) -> Result<String, Refusal> {
    let start = Instant::now();
    let unreadable = |error: exactract_check::Unreadable| Refusal::Malformed(error.to_string());
    if format(bytes).is_ok_and(|format| format == AUDIT_FORMAT) {
        let certificate = AuditCertificate::parse(bytes).map_err(unreadable)?;
        let checked = check_audit(&certificate)?;
        let identity = [IDENTITY.to_owned(), IDENTITY.to_owned()];
        return Ok(audit_report(&certificate, &checked, &identity, start.elapsed().as_secs_f64()));
    }
    if format(bytes).is_ok_and(|format| format == DEEP_FORMAT) {
        let certificate = DeepCertificate::parse(bytes).map_err(unreadable)?;
        let checked = check_deep(&certificate)?;
        let identity = [IDENTITY.to_owned(), IDENTITY.to_owned()];
        return Ok(deep_report(&certificate, &checked, &identity, start.elapsed().as_secs_f64()));
    }
    let certificate = Certificate::parse(bytes).map_err(unreadable)?;
    let checked = check(&certificate)?;
    identify(&certificate, &checked, |_| Ok(None), None)?;
    Ok(report(&certificate, &checked, IDENTITY, start.elapsed().as_secs_f64()))
}

/// A message on one line: what is not printable ASCII, written out. It may quote the file.
fn plain(text: &str) -> String {
    let one = |c: char| if c == ' ' || c.is_ascii_graphic() { c.to_string() } else { c.escape_default().to_string() };
    text.chars().map(one).collect()
}
