//! `--certificate`: what a run leaves behind for others to check.

use super::{Error, number, tell};
use crate::certificate::{Copies, Source, emit};
use crate::compare::{Dual, Equality, Judged};
use crate::format::{self, Victim};
use crate::num::Rational;
use std::path::{Path, PathBuf};

/// What a certificate should state, and where it goes.
#[derive(Debug, clap::Args)]
pub(super) struct Certify {
    /// Write a certificate of the run to this file, for exactract check
    #[arg(long, value_name = "PATH")]
    certificate: Option<PathBuf>,
    /// Box of the certificate: the interval of every input
    #[arg(
        long = "box", value_name = "LOWER,UPPER", default_value = "-1,1", value_parser = ends,
        requires = "certificate", allow_hyphen_values = true
    )]
    ends: (Rational, Rational),
}

fn ends(text: &str) -> Result<(Rational, Rational), String> {
    number::interval(text).unwrap_or_else(|| Err("expected two numbers, such as -1,1 or -0.5,1/2".to_owned()))
}

impl Certify {
    /// Where the certificate goes, if one is asked for.
    pub(super) fn path(&self) -> Option<&Path> {
        self.certificate.as_deref()
    }

    /// Errors now rather than after the run.
    pub(super) fn check_writable(&self) -> Result<(), Error> {
        match &self.certificate {
            Some(path) if path == Path::new("-") => {
                Err(Error::Request("--certificate -: name a file; standard output holds the report".to_owned()))
            }
            Some(path) => Ok(format::check_writable(path)?),
            None => Ok(()),
        }
    }

    /// Writes the certificate where one was asked for; says on stderr what it does not state.
    pub(super) fn write(&self, victim: &Victim, source: impl Fn() -> Source, dual: &Dual) -> Result<(), Error> {
        let Some(path) = &self.certificate else { return Ok(()) };
        let name = path.display();
        let equal = dual.exact.equality == Some(Equality::Equal);
        let copies = Copies { equal: dual.exact.run.network().filter(|_| equal), near: dual.rounded.run.network() };
        let certificate = emit(victim, source(), copies, &self.ends)
            .map_err(|e| Error::Request(format!("{name}: the certificate was not accepted, a defect: {e}")))?;
        if copies.equal.is_none() {
            tell(format!("{name}: no equality is stated: the exact run's {}", why(&dual.exact)));
        }
        if copies.near.is_none() {
            tell(format!("{name}: no bound on a box is stated: the rounded run's {}", why(&dual.rounded)));
        }
        match certificate {
            Some(certificate) => format::write_atomically(path, &certificate.bytes())?,
            None => tell(format!("{name}: not written, there is nothing to state")),
        }
        Ok(())
    }
}

fn why(judged: &Judged) -> String {
    match (&judged.run.stopped, &judged.equality) {
        (Some((stage, error)), _) => format!("network is not there: it stopped at {} ({error})", stage.name()),
        (None, Some(Equality::Different(what))) => format!("network is not the victim ({what})"),
        (None, Some(Equality::BackendsDisagree)) => "network could not be compared with the victim".to_owned(),
        (None, _) => "numbers overflowed".to_owned(),
    }
}
