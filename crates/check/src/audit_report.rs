//! What a check of an audit's certificate found, as aligned text.

use crate::audit_record::{AuditCertificate, Ends};
use crate::check_audit::AuditChecked;
use crate::check_deep::DeepChecked;
use crate::deep_record::DeepCertificate;
use crate::quoted::quoted;
use crate::report::{Turned, magnitude, on};
use num_rational::BigRational;
use num_traits::One as _;

/// Decimals of a bound's logarithm, as an audit prints it.
const DECIMALS: usize = 4;

/// The report of an audit's certificate that holds: networks, statements, what they rest on.
///
/// `identity`: what the networks were compared with, in words.
pub fn audit_report(
    certificate: &AuditCertificate,
    checked: &AuditChecked,
    identity: &[String; 2],
    seconds: f64,
) -> String {
    let mut out = String::new();
    let parties = [("victim", &certificate.victim), ("copy", &certificate.copy)];
    for ((who, party), (shape, identity)) in parties.into_iter().zip(checked.shapes.iter().zip(identity)) {
        let (name, sha256) = (quoted(&party.name), &party.sha256);
        out += &format!("{who:<11}file named {name}, {shape}\n           sha256 {sha256}\n           {identity}\n");
    }
    let times = if checked.scale == BigRational::one() { "the copy" } else { "the copy times the scale" };
    if !checked.scale.is_one() {
        out += &format!("scale      {}\n", certificate.scale);
    }
    let inputs = checked.shapes[0].split('-').next().unwrap_or("d");
    if let Some(sizes) = &checked.equality {
        out += &format!("equality   shown on all of R^{inputs}: {times} is the victim\n{}", on(sizes));
    }
    let place = match &certificate.domain {
        None => format!("of R^{inputs}"),
        Some(ends) => place(ends, inputs),
    };
    if let (Some(bound), Some(stated)) = (&checked.at_least, &certificate.at_least) {
        let (count, bound) = (stated.inputs.len(), magnitude(bound, DECIMALS, Turned::Down));
        let inputs = if count == 1 { "an input".to_owned() } else { format!("one of {count} inputs") };
        let scale = if stated.turn.is_some() { ", whatever the positive scale" } else { "" };
        out += &format!("at least   shown at {inputs} {place}: a difference of at least {bound}{scale}\n");
    }
    if let Some((bounds, leaves)) = &checked.at_most {
        let largest = bounds.iter().max().map_or_else(String::new, |bound| magnitude(bound, DECIMALS, Turned::Up));
        let outputs = if bounds.len() == 1 { String::new() } else { format!(", at each of {} outputs", bounds.len()) };
        out += &format!("at most    shown at every input {place}: {times} within {largest} of the victim{outputs}\n");
        out += &format!("           by {leaves} cells\n");
    }
    out + &format!("seconds    {seconds:.2}\n\nThe certificate holds.\n")
}

/// A box in words.
fn place(ends: &Ends, inputs: &str) -> String {
    match (&ends.lower[..], &ends.upper[..]) {
        ([lower, more @ ..], [upper, others @ ..])
            if more.iter().all(|x| x == lower) && others.iter().all(|x| x == upper) =>
        {
            format!("of [{lower}, {upper}]^{inputs}")
        }
        _ => format!("of a box of R^{inputs}"),
    }
}

/// The report of a certificate of an audit of deep networks that holds: networks, statements, what they rest on.
///
/// `identity`: what the networks were compared with, in words.
pub fn deep_report(
    certificate: &DeepCertificate,
    checked: &DeepChecked,
    identity: &[String; 2],
    seconds: f64,
) -> String {
    let mut out = String::new();
    let parties = [("victim", &certificate.victim), ("copy", &certificate.copy)];
    for ((who, party), (shape, identity)) in parties.into_iter().zip(checked.shapes.iter().zip(identity)) {
        let (name, sha256) = (quoted(&party.name), &party.sha256);
        out += &format!("{who:<11}file named {name}, {shape}\n           sha256 {sha256}\n           {identity}\n");
    }
    let times = if checked.scale.is_one() { "the copy" } else { "the copy times the scale" };
    if !checked.scale.is_one() {
        out += &format!("scale      {}\n", certificate.scale);
    }
    let inputs = checked.shapes[0].split('-').next().unwrap_or("d");
    let place = place(&certificate.domain, inputs);
    if let (Some(bound), Some(stated)) = (&checked.at_least, &certificate.at_least) {
        let (count, bound) = (stated.inputs.len(), magnitude(bound, DECIMALS, Turned::Down));
        let inputs = if count == 1 { "an input".to_owned() } else { format!("one of {count} inputs") };
        out += &format!("at least   shown at {inputs} {place}: a difference of at least {bound}\n");
    }
    if let Some((bounds, parts)) = &checked.at_most {
        let largest = bounds.iter().max().map_or_else(String::new, |bound| magnitude(bound, DECIMALS, Turned::Up));
        let outputs = if bounds.len() == 1 { String::new() } else { format!(", at each of {} outputs", bounds.len()) };
        out += &format!("at most    shown at every input {place}: {times} within {largest} of the victim{outputs}\n");
        out += &format!("           by {parts} parts\n");
    }
    out + &format!("seconds    {seconds:.2}\n\nThe certificate holds.\n")
}
