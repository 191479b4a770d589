//! `audit --certificate`: what is written for others, with the claim and the answer in it.

use super::{Error, tell};
use crate::audit::{Audit, Audited, AuditedDeep, CertificateError, Claim, Comparison, Domain};
use crate::certificate::{AuditCertificate, DeepCertificate, Refusal};
use crate::format;
use crate::net::{Network, Shallow};
use crate::num::{Exact, Rational};
use crate::record::{Certified, NetworkRecord};
use exactract_check::prove::{answered_by, claimed_by, deep_answered_by, deep_claimed_by};
use std::path::Path;

/// A claim and its unit, as it was written.
pub(super) type Stated<'a> = Option<(&'a Claim, &'a str)>;

/// Writes the certificate of a comparison on all inputs; says on stderr where there is none.
pub(super) fn everywhere(
    path: &Path,
    parties: [(&NetworkRecord, &Shallow<Rational>); 2],
    comparison: &Comparison,
) -> Result<(), Error> {
    let [victim, copy] = parties.map(party);
    match comparison.certificate(&victim, &copy).map_err(|e| defect(path, &e))? {
        Some(certificate) => format::write_atomically(path, &certificate.bytes())?,
        None => tell(format!("{}: not written, no input was found at which the networks differ", path.display())),
    }
    Ok(())
}

/// Writes the certificate of an audit of networks with one hidden layer; what it states.
pub(super) fn shallow(
    path: &Path,
    parties: [(&NetworkRecord, &Shallow<Rational>); 2],
    (audit, domain, free): (&Audit, &Domain, bool),
    claim: Stated<'_>,
) -> Result<Option<Certified>, Error> {
    let refused = |e| defect(path, &e);
    let [victim, copy] = parties.map(party);
    let mut certificate = audit.certificate(&victim, &copy, domain, free).map_err(refused)?;
    if let Some((claim, unit)) = claim {
        certificate.claim = Some(claimed_by(&certificate, claim.written(), unit).map_err(refused)?);
    }
    let sentence = answered_by(&certificate).map_err(refused)?;
    let certificate: AuditCertificate = certificate.sealed();
    format::write_atomically(path, &certificate.bytes())?;
    let upper = certificate.at_most.iter().flat_map(|stated| &stated.outputs).map(|proof| &*proof.bound);
    let lower = certificate.at_least.as_ref().map(|stated| &*stated.bound);
    Ok(certified(lower, upper, sentence, certificate.claim.as_ref().map(|claim| claim.verdict)))
}

/// Writes the certificate of an audit of deep networks; what it states. Says on stderr why there is none.
pub(super) fn deep(
    path: &Path,
    parties: [(&NetworkRecord, &Network<Rational>); 2],
    (audit, domain): (&Audit, &Domain),
    claim: Stated<'_>,
) -> Result<Option<Certified>, Error> {
    let refused = |e| defect(path, &e);
    let [victim, copy] = parties.map(|(record, network)| AuditedDeep {
        network,
        name: record.source.clone(),
        sha256: record.sha256.clone(),
    });
    let mut certificate = match audit.certificate_deep(&victim, &copy, domain) {
        Ok(certificate) => certificate,
        Err(CertificateError::Refused(e)) => return Err(defect(path, &e)),
        Err(reason) => {
            tell(format!("{}: not written: {reason}", path.display()));
            return Ok(None);
        }
    };
    if let Some((claim, unit)) = claim {
        certificate.claim = Some(deep_claimed_by(&certificate, claim.written(), unit).map_err(refused)?);
    }
    let sentence = deep_answered_by(&certificate).map_err(refused)?;
    let certificate: DeepCertificate = certificate.sealed();
    format::write_atomically(path, &certificate.bytes())?;
    let upper = certificate.at_most.iter().flat_map(|stated| &stated.bounds).map(String::as_str);
    let lower = certificate.at_least.as_ref().map(|stated| &*stated.bound);
    Ok(certified(lower, upper, sentence, certificate.claim.as_ref().map(|claim| claim.verdict)))
}

/// What a certificate states; `None` where one of its bounds is missing.
fn certified<'a>(
    lower: Option<&str>,
    upper: impl Iterator<Item = &'a str>,
    sentence: String,
    verdict: Option<crate::audit::Verdict>,
) -> Option<Certified> {
    let lower = <Rational as Exact>::parse(lower?)?;
    let upper = upper.map(<Rational as Exact>::parse).collect::<Option<Vec<_>>>()?.into_iter().max()?;
    Some(Certified { lower, upper, sentence, verdict })
}

fn party<'a>((record, network): (&NetworkRecord, &'a Shallow<Rational>)) -> Audited<'a> {
    Audited { network, name: record.source.clone(), sha256: record.sha256.clone() }
}

fn defect(path: &Path, refusal: &Refusal) -> Error {
    Error::Request(format!("{}: the certificate was not accepted, a defect: {refusal}", path.display()))
}
