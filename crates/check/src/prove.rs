//! For whoever writes a certificate: what the checker will find.
//!
//! A certificate states what its choices of planes, factors, inputs and cells prove, to the last digit. The
//! functions here tell a writer how much that is. Nothing here is believed by a check: [`check`](crate::check())
//! and [`check_audit`](crate::check_audit()) derive it again from the certificate alone.

pub use crate::cells::Output;
pub use crate::terms::Known;

use crate::audit_record::{AtLeast, AtMost, AuditCertificate, Proof};
use crate::check::sides;
use crate::check_audit::{Parties, shown};
use crate::check_deep::{DeepParties, derived_deep, shown_deep};
use crate::claim::{DIFFERENT, EQUAL, StatedClaim, answer, checked, compared};
use crate::cube::Cube;
use crate::deep_record::{Covered, DeepCertificate, Reached};
use crate::measure::{Layout, measure};
use crate::network::Network;
use crate::number::{Interval, parse};
use crate::record::{Matching, Weights};
use crate::refusal::Refusal;
use crate::terms::Setting;
use num_rational::BigRational;

/// The bounds that a matching gives over a box, `[outputs]`: what a certificate should state.
///
/// Errors: [`Refusal`], as [`check`](crate::check()) of a certificate with these bounds.
pub fn derive_bounds(
    victim: &Weights,
    copy: &Weights,
    matching: &Matching,
    (lower, upper): (&str, &str),
) -> Result<Vec<BigRational>, Refusal> {
    let victim = Network::parse(victim, "victim")?;
    let (copy, layout) = sides(&victim, copy, matching, "the near copy")?;
    let end = |text: &str| parse(text, || "end of the box".to_owned());
    let interval = Interval::new(&end(lower)?, &end(upper)?);
    let interval = interval.ok_or_else(|| Refusal::Malformed("the box is empty".to_owned()))?;
    Ok(measure(&victim, &copy, &layout, Some(&interval))?.bounds)
}

/// Fills in what inputs show: the bound from below of a certificate.
///
/// Errors: [`Refusal`], as [`check_audit`](crate::check_audit()) of the result.
pub fn shown_by(certificate: &AuditCertificate, mut stated: AtLeast) -> Result<AtLeast, Refusal> {
    let Parties { victim, copy, scale, .. } = Parties::parse(certificate)?;
    let cube = certificate.domain.as_ref().map(|ends| Cube::parse(ends, victim.inputs)).transpose()?;
    stated.bound = shown(&victim, &copy, &scale, cube.as_ref(), &stated)?.to_string();
    Ok(stated)
}

/// Fills in the proofs of bounds from above: the cells that `one` gives for each output, and what they prove.
///
/// Errors: [`Refusal`], as [`check_audit`](crate::check_audit()) of the result.
pub fn proved_by(
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

/// The claim `bound` in units of `unit`, with the verdict of the bounds that a certificate states.
///
/// Errors: [`Refusal::Malformed`] where one of them is no number.
pub fn claimed_by(certificate: &AuditCertificate, bound: &str, unit: &str) -> Result<StatedClaim, Refusal> {
    let lower = certificate.at_least.as_ref().map(|stated| &stated.bound);
    let upper = certificate.at_most.iter().flat_map(|stated| &stated.outputs).map(|proof| &proof.bound);
    claimed(bound, unit, lower, upper)
}

/// The same for a certificate of an audit of deep networks.
///
/// Errors: [`Refusal::Malformed`] where one of them is no number.
pub fn deep_claimed_by(certificate: &DeepCertificate, bound: &str, unit: &str) -> Result<StatedClaim, Refusal> {
    let lower = certificate.at_least.as_ref().map(|stated| &stated.bound);
    let upper = certificate.at_most.iter().flat_map(|stated| &stated.bounds);
    claimed(bound, unit, lower, upper)
}

/// The answer of a certificate, in the sentence that a check prints, from the bounds that it states.
///
/// Errors: [`Refusal::Malformed`] where one of them is no number.
pub fn answered_by(certificate: &AuditCertificate) -> Result<String, Refusal> {
    let AuditCertificate { equality, domain, at_least, at_most, claim, .. } = certificate;
    if equality.is_some() || domain.is_none() {
        return Ok(if equality.is_some() { EQUAL } else { DIFFERENT }.to_owned());
    }
    let upper = at_most.iter().flat_map(|stated| &stated.outputs).map(|proof| &proof.bound);
    answered(claim.as_ref(), at_least.as_ref().map(|stated| &stated.bound), upper)
}

/// The same for a certificate of an audit of deep networks.
///
/// Errors: [`Refusal::Malformed`] where one of them is no number.
pub fn deep_answered_by(certificate: &DeepCertificate) -> Result<String, Refusal> {
    let upper = certificate.at_most.iter().flat_map(|stated| &stated.bounds);
    answered(certificate.claim.as_ref(), certificate.at_least.as_ref().map(|stated| &stated.bound), upper)
}

fn answered<'a>(
    claim: Option<&StatedClaim>,
    lower: Option<&String>,
    upper: impl Iterator<Item = &'a String>,
) -> Result<String, Refusal> {
    let number = |text: &String| parse(text, || "bound".to_owned());
    let upper = upper.map(number).collect::<Result<Vec<_>, _>>()?.into_iter().max();
    let lower = lower.map(number).transpose()?;
    let claim = checked(claim, lower.as_ref(), upper.as_ref())?;
    Ok(answer(claim.as_ref(), lower.as_ref(), upper.as_ref()))
}

fn claimed<'a>(
    bound: &str,
    unit: &str,
    lower: Option<&String>,
    upper: impl Iterator<Item = &'a String>,
) -> Result<StatedClaim, Refusal> {
    let number = |text: &String| parse(text, || "bound".to_owned());
    let upper = upper.map(number).collect::<Result<Vec<_>, _>>()?.into_iter().max();
    let found = compared((bound, unit), lower.map(number).transpose()?.as_ref(), upper.as_ref())?;
    Ok(StatedClaim { bound: bound.to_owned(), unit: unit.to_owned(), verdict: found.verdict })
}

/// Fills in what inputs show: the bound from below of a certificate of an audit of deep networks.
///
/// Errors: [`Refusal`], as [`check_deep`](crate::check_deep()) of the result.
pub fn deep_shown_by(certificate: &DeepCertificate, mut stated: Reached) -> Result<Reached, Refusal> {
    stated.bound = shown_deep(&DeepParties::parse(certificate)?, &stated.inputs)?.to_string();
    Ok(stated)
}

/// Fills in what the parts of a box prove: the bounds from above of a certificate of an audit of deep networks.
///
/// Errors: [`Refusal`], as [`check_deep`](crate::check_deep()) of the result.
pub fn deep_proved_by(certificate: &DeepCertificate, mut stated: Covered) -> Result<Covered, Refusal> {
    let bounds = derived_deep(&DeepParties::parse(certificate)?, &stated)?;
    stated.bounds = bounds.iter().map(ToString::to_string).collect();
    Ok(stated)
}
