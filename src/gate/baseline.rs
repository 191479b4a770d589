//! What the attack comes to, beside an earlier measurement.

use super::extraction::Extraction;
use super::{check, decided};
use crate::record::{CheckRecord, CheckState, ExtractionRecord, GateRecord, Log2, NetworkRecord, power};

/// Digits of a hash that are shown.
const DIGITS: usize = 12;

/// The measurement of a model beside an earlier one. Another model is measured, not compared.
///
/// `allowance`: bits that the largest weight error may lose.
pub(super) fn compared(now: (&NetworkRecord, &Extraction), before: &GateRecord, allowance: f64) -> CheckRecord {
    let (model, found) = now;
    let Some(was) = &before.extraction else {
        return check("baseline", CheckState::New, "the baseline has no measurement of the attack".to_owned());
    };
    if model.sha256 != before.model.sha256 {
        let hash = |record: &NetworkRecord| record.sha256.get(..DIGITS).unwrap_or_default().to_owned();
        let says = format!(
            "another model than before ({}, sha256 {}; was {}, {}): {}; was {}",
            model.shape,
            hash(model),
            before.model.shape,
            hash(&before.model),
            summary(&found.record),
            summary(was)
        );
        return check("baseline", CheckState::New, says);
    }
    if found.cut_short {
        return check("baseline", CheckState::Open, "the attack did not come to its end".to_owned());
    }
    let moved = moves(was, &found.record, allowance);
    let says = if moved.is_empty() {
        let mut now = found.record.clone();
        let bits = now.bits_needed.filter(|_| was.bits_needed.is_none());
        bits.iter().for_each(|_| now.bits_needed = None);
        let more = bits.map_or(String::new(), |bits| format!("; answer bits, not measured before: {bits}"));
        format!("as before: {}{more}", summary(&now))
    } else {
        format!("the same model, and moved: {}", moved.join("; "))
    };
    check("baseline", decided(moved.is_empty()), says)
}

/// A measurement in words.
fn summary(found: &ExtractionRecord) -> String {
    let mut words = vec![format!("{} units", found.found)];
    words.extend(found.weight_error_log2.map(|Log2(error)| format!("error {}", power(error))));
    words.extend(found.bits_needed.map(|bits| format!("{bits} answer bits")));
    words.join(", ")
}

/// What is worse or otherwise than it was.
fn moves(was: &ExtractionRecord, now: &ExtractionRecord, allowance: f64) -> Vec<String> {
    let mut moved = Vec::new();
    let mut differs = |name: &str, was: String, now: String| {
        if was != now {
            moved.push(format!("{name} was {was}, is {now}"));
        }
    };
    differs("equality of the exact run", was.exact.to_string(), now.exact.to_string());
    differs("completeness of the f64 run", was.complete.to_string(), now.complete.to_string());
    differs("units found", was.found.to_string(), now.found.to_string());
    let bits = |bits: Option<u32>| bits.map_or("none".to_owned(), |bits| bits.to_string());
    if was.bits_needed.is_some() {
        differs("the number of answer bits", bits(was.bits_needed), bits(now.bits_needed));
    }
    if let (Some(Log2(was)), Some(Log2(now))) = (was.weight_error_log2, now.weight_error_log2) {
        // A record rounds logarithms to a thousandth.
        if now - was > allowance + 1e-3 {
            moved.push(format!("the largest weight error was {}, is {}", power(was), power(now)));
        }
    }
    moved
}
