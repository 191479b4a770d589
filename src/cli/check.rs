//! `exactract check`: a certificate, derived again.

use super::{Error, layers, named, say};
use crate::certificate::{coq, identify, identify_audit, identify_deep};
use crate::format::{self, Victim};
use crate::text::wrapped;
use exactract_check::{
    AUDIT_FORMAT, AuditCertificate, Certificate, DEEP_FORMAT, DeepCertificate, Refusal, audit_report, check,
    check_audit, check_deep, deep_report, report,
};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// The largest certificate that is read.
const MOST_BYTES: u64 = 1 << 30;

/// Check a certificate: derive its statements again from the networks in it, believing no field
///
/// The checker computes in plain Rust integers. It shares no code with the attack, and no
/// arithmetic either unless the program was built without its gmp feature.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 every statement holds; 1 one does not, or the victim is another; \
                        2 the file is unreadable or no certificate.")]
pub(super) struct Arguments {
    /// Certificate, as written by exactract run --certificate or exactract audit --certificate; - for standard input
    certificate: PathBuf,
    /// Also compare the victim in it with this network file: hash and every weight
    #[arg(long, value_name = "FILE")]
    victim: Option<PathBuf>,
    /// Also compare the copy in it with this network file; for certificates of an audit
    #[arg(long, value_name = "FILE")]
    copy: Option<PathBuf>,
    #[command(flatten)]
    layers: layers::Chosen,
    #[command(flatten)]
    units: layers::Units,
    /// Write the statements that hold as equality.v and box.v to this folder, for Coq's kernel
    #[arg(long, value_name = "DIR")]
    coq: Option<PathBuf>,
}

impl Arguments {
    /// Reads, checks, prints.
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        if let Some(folder) = self.coq.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(Error::Request(format!("--coq {}: there is no such folder", folder.display())));
        }
        let start = Instant::now();
        let bytes = format::read_json(&self.certificate, MOST_BYTES)?;
        if exactract_check::format(&bytes).is_ok_and(|format| format == AUDIT_FORMAT) {
            return self.run_audited(&bytes, start);
        }
        if exactract_check::format(&bytes).is_ok_and(|format| format == DEEP_FORMAT) {
            return self.run_deep(&bytes, start);
        }
        if self.copy.is_some() {
            return Err(self.named(&"--copy is for certificates of an audit"));
        }
        let certificate = Certificate::parse(&bytes).map_err(|e| self.named(&e))?;
        let [file, _] = self.networks()?;
        let result = check(&certificate).and_then(|checked| {
            let identity = identify(&certificate, &checked, file.as_ref())?;
            Ok((checked, identity))
        });
        let Some((checked, identity)) = self.accepted(result)? else { return Ok(ExitCode::from(1)) };
        let mut text = report(&certificate, &checked, &identity, start.elapsed().as_secs_f64());
        if let Some(folder) = &self.coq {
            text += "\n";
            for file in coq::files(&certificate, &checked) {
                text += &match file.content {
                    Ok(content) => {
                        let path = folder.join(file.name);
                        format::write_atomically(&path, content.as_bytes())?;
                        format!("{:<10} written to {}\n", file.name, named(&path))
                    }
                    Err(reason) => format!("{:<10} not written: {reason}\n", file.name),
                };
            }
        }
        say(&text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn run_audited(&self, bytes: &[u8], start: Instant) -> Result<ExitCode, Error> {
        if self.coq.is_some() {
            return Err(self.named(&"--coq: certificates of an audit have no form for Coq"));
        }
        let certificate = AuditCertificate::parse(bytes).map_err(|e| self.named(&e))?;
        let [victim, copy] = self.networks()?;
        let Some(checked) = self.accepted(check_audit(&certificate))? else { return Ok(ExitCode::from(1)) };
        let identity = identify_audit(&certificate, &checked, [victim.as_ref(), copy.as_ref()]);
        let Some(identity) = self.identified(identity)? else { return Ok(ExitCode::from(1)) };
        let seconds = start.elapsed().as_secs_f64();
        say(&audit_report(&certificate, &checked, &identity, seconds))?;
        Ok(ExitCode::SUCCESS)
    }

    fn run_deep(&self, bytes: &[u8], start: Instant) -> Result<ExitCode, Error> {
        if self.coq.is_some() {
            return Err(self.named(&"--coq: certificates of an audit have no form for Coq"));
        }
        let certificate = DeepCertificate::parse(bytes).map_err(|e| self.named(&e))?;
        let [victim, copy] = self.networks_by(|path, choice| self.units.read(path, choice))?;
        let Some(checked) = self.accepted(check_deep(&certificate))? else { return Ok(ExitCode::from(1)) };
        let identity = identify_deep(&certificate, &checked, [victim.as_ref(), copy.as_ref()]);
        let Some(identity) = self.identified(identity)? else { return Ok(ExitCode::from(1)) };
        say(&deep_report(&certificate, &checked, &identity, start.elapsed().as_secs_f64()))?;
        Ok(ExitCode::SUCCESS)
    }

    /// The victim and the copy, as far as their files are named.
    fn networks(&self) -> Result<[Option<Victim>; 2], Error> {
        self.networks_by(|path, choice| self.units.read_shallow(path, choice))
    }

    fn networks_by<N>(
        &self,
        one: impl Fn(&Path, format::Choice<'_>) -> Result<N, format::Error>,
    ) -> Result<[Option<N>; 2], Error> {
        let files: Vec<&Path> = [&self.victim, &self.copy].into_iter().flatten().map(PathBuf::as_path).collect();
        let read = self.layers.read(&files, one)?;
        let mut read = read.into_iter().map(|(network, _)| network);
        let mut next = |path: &Option<PathBuf>| path.as_ref().and_then(|_| read.next());
        Ok([next(&self.victim), next(&self.copy)])
    }

    fn named(&self, what: &dyn std::fmt::Display) -> Error {
        Error::Request(format!("{}: {what}", format::displayed(&self.certificate).display()))
    }

    /// What holds; `None`, and said so, where something does not.
    fn accepted<T>(&self, result: Result<T, Refusal>) -> Result<Option<T>, Error> {
        match result {
            Ok(all) => Ok(Some(all)),
            Err(Refusal::Malformed(what)) => Err(self.named(&format!("not a certificate: {what}"))),
            Err(Refusal::False(what)) => {
                say(&format!("{}\nThe certificate does not hold.\n", wrapped("", 0, &what)))?;
                Ok(None)
            }
        }
    }

    /// What files were compared; `None`, and said so, where one is not that of the certificate.
    fn identified<T>(&self, result: Result<T, Refusal>) -> Result<Option<T>, Error> {
        match result {
            Err(Refusal::False(what)) => {
                let files = "The certificate holds for the networks in it, and is not about the file given.";
                say(&format!("{}\n{files}\n", wrapped("", 0, &what)))?;
                Ok(None)
            }
            other => self.accepted(other),
        }
    }
}
