//! For whoever writes a certificate of an audit: what the checker will find.

use super::Refusal;
use super::audited::{Parties, shown};
use super::cells::Output;
use super::cube::Cube;
use super::measure::Layout;
use super::terms::Setting;
use crate::certificate::{AtLeast, AtMost, AuditCertificate, Proof};

/// Fills in what inputs show: the bound from below of a certificate.
///
/// Errors: [`Refusal`], as [`check_audit`](super::check_audit) of the result.
pub(crate) fn shown_by(certificate: &AuditCertificate, mut stated: AtLeast) -> Result<AtLeast, Refusal> {
    let Parties { victim, copy, scale, .. } = Parties::parse(certificate)?;
    let cube = certificate.domain.as_ref().map(|ends| Cube::parse(ends, victim.inputs)).transpose()?;
    stated.bound = shown(&victim, &copy, &scale, cube.as_ref(), &stated)?.to_string();
    Ok(stated)
}

/// Fills in the proofs of bounds from above: the cells that `one` gives for each output, and what they prove.
///
/// Errors: [`Refusal`], as [`check_audit`](super::check_audit) of the result.
pub(crate) fn proved_by(
    certificate: &AuditCertificate,
    mut stated: AtMost,
    one: impl Fn(usize, &Output<'_>) -> Result<Proof, Refusal>,
) -> Result<AtMost, Refusal> {
    let Parties { victim, scaled, .. } = Parties::parse(certificate)?;
    let Some(ends) = &certificate.domain else { return Err(Refusal::Malformed("there is no box".to_owned())) };
    let cube = Cube::parse(ends, victim.inputs)?;
    let layout = Layout::parse(&stated.matching, &victim, &scaled)?;
    let setting = Setting::new([&victim, &scaled], &layout, &stated.terms, &cube)?;
    stated.outputs = Vec::with_capacity(victim.output.len());
    for o in 0..victim.output.len() {
        let output = Output::new(&setting, o)?;
        let mut proof = one(o, &output)?;
        let bound = output.bound(&proof.above, false)?.max(output.bound(&proof.below, true)?);
        proof.bound = bound.to_string();
        stated.outputs.push(proof);
    }
    Ok(stated)
}
