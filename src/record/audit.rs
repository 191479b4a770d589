//! The record of an audit.

use super::{Document, NetworkRecord};
use crate::audit::{Agreement, Audit, Claim, Comparison, Witness};
use crate::num::{Rational, Scalar};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer to "is the copy as close as claimed?", or without a claim, "is it known how close it is?"
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuditAnswer {
    /// The claim is proved; without one, the gap is closed, or the networks are equal.
    Proved,
    /// The claim is refuted, or the networks are not equal.
    Refuted,
    /// Neither.
    Open,
}

/// A number that is not negative, with its logarithm. Bounds from above are rounded up, others down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Magnitude {
    /// The f64 beside it.
    pub value: f64,
    /// `log2`, to four decimals; `null` for zero.
    pub log2: Option<f64>,
}

impl Magnitude {
    /// From above.
    pub fn above(x: &Rational) -> Self {
        let value = f64::nearest(x, ());
        let value = if Rational::lift(value, ()) < *x { value.next_up() } else { value };
        Self { value, log2: logarithm(x, f64::ceil) }
    }

    /// From below.
    pub fn below(x: &Rational) -> Self {
        let value = f64::nearest(x, ());
        let value = if Rational::lift(value, ()) > *x { value.next_down() } else { value };
        Self { value, log2: logarithm(x, f64::floor) }
    }

    /// `2^-34.2512`; `0` of zero.
    pub fn text(&self) -> String {
        self.log2.map_or("0".to_owned(), |x| format!("2^{x:.4}"))
    }
}

/// The logarithm itself is known to ten digits: its last decimal here is turned the safe way.
fn logarithm(x: &Rational, turn: fn(f64) -> f64) -> Option<f64> {
    let log2 = x.log2();
    log2.is_finite().then(|| turn(log2 * 1e4) / 1e4)
}

/// Bounds from below and above.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Reached at a witness.
    pub lower: Magnitude,
    /// Proved.
    pub upper: Magnitude,
}

impl Bounds {
    /// Of two rationals, `lower ≤ upper`.
    pub fn new(lower: &Rational, upper: &Rational) -> Self {
        Self { lower: Magnitude::below(lower), upper: Magnitude::above(upper) }
    }
}

/// An input with both answers, exact as quotients.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WitnessRecord {
    /// The input; floats where they are the input exactly.
    pub input: Vec<f64>,
    /// The victim's outputs.
    pub victim: Vec<String>,
    /// The copy's outputs, not scaled.
    pub copy: Vec<String>,
}

impl WitnessRecord {
    /// Of a witness.
    pub fn new(witness: &Witness) -> Self {
        let exact = |values: &[Rational]| values.iter().map(ToString::to_string).collect();
        Self {
            input: witness.input.iter().map(|x| f64::nearest(x, ())).collect(),
            victim: exact(&witness.victim),
            copy: exact(&witness.copy),
        }
    }
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct AuditSubject {
    /// The victim.
    pub victim: NetworkRecord,
    /// The copy.
    pub copy: NetworkRecord,
    /// The domain, in words.
    pub domain: String,
    /// The claim.
    pub claim: Option<Claim>,
    /// Unit of claims.
    pub unit: Rational,
    /// Whether the scale was free.
    pub free: bool,
    /// Whether the bounds are as close as asked for.
    pub closed: bool,
    /// Whether the search for the victim's output range was cut off.
    pub range_cut: bool,
    /// Seconds spent.
    pub seconds: f64,
}

/// Everything that an audit found out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AuditRecord {
    /// `exactract/audit/2`.
    #[schemars(extend("const" = Document::Audit.schema()))]
    pub schema: String,
    /// Version of the program.
    pub program: String,
    /// The victim.
    pub victim: NetworkRecord,
    /// The copy.
    pub copy: NetworkRecord,
    /// The domain.
    pub domain: String,
    /// The claim as written.
    pub claim: Option<String>,
    /// The unit of `claim` and `difference`.
    pub unit: f64,
    /// What the copy's output is multiplied by.
    pub scale: f64,
    /// The same, exact, as a quotient.
    pub scale_exact: String,
    /// Whether the scale was free: the one that favours the copy most, where the search for it ended.
    pub scale_is_free: bool,
    /// Whether that search ended; true of a scale that was given.
    pub scale_is_settled: bool,
    /// Whether both are the same function on all inputs.
    pub equal: bool,
    /// The first difference of the canonical forms.
    pub first_difference: Option<String>,
    /// Bounds on the largest difference, in the unit.
    pub difference: Option<Bounds>,
    /// The same over the victim's output range on the domain.
    pub relative: Option<Bounds>,
    /// The same, output by output, at `scale`.
    pub outputs: Vec<Bounds>,
    /// Labels on given inputs.
    pub labels: Option<LabelsRecord>,
    /// Inputs that show the lower bound.
    pub witnesses: Vec<WitnessRecord>,
    /// Cells that were bounded.
    pub cells: u64,
    /// What was cut off before it ended, in words; what is stated holds all the same.
    pub unfinished: Vec<String>,
    /// Seconds spent.
    pub seconds: f64,
    /// The answer.
    pub answer: AuditAnswer,
    /// The answer in a sentence.
    pub verdict: String,
}

/// Agreement of labels.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LabelsRecord {
    /// Inputs.
    pub inputs: usize,
    /// Inputs that were compared: the first ones. All counts below are of these.
    pub compared: usize,
    /// Inputs at which the copy gives the victim's label, of a tie any of the tied ones.
    pub same: usize,
    /// Inputs at which the victim has a tie.
    pub ties: usize,
    /// Inputs outside the domain.
    pub outside: usize,
    /// Inputs at which the bound proves the same label.
    pub proved: usize,
}

impl AuditRecord {
    fn empty(subject: &AuditSubject) -> Self {
        Self {
            schema: Document::Audit.schema(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            victim: subject.victim.clone(),
            copy: subject.copy.clone(),
            domain: subject.domain.clone(),
            claim: subject.claim.as_ref().map(|claim| claim.written().to_owned()),
            unit: f64::nearest(&subject.unit, ()),
            scale: 1.0,
            scale_exact: "1".to_owned(),
            scale_is_free: subject.free,
            scale_is_settled: true,
            equal: false,
            first_difference: None,
            difference: None,
            relative: None,
            outputs: Vec::new(),
            labels: None,
            witnesses: Vec::new(),
            cells: 0,
            unfinished: Vec::new(),
            seconds: (subject.seconds * 100.0).round() / 100.0,
            answer: AuditAnswer::Open,
            verdict: String::new(),
        }
    }

    /// Of a comparison on all of ℝ^d.
    pub fn everywhere(subject: &AuditSubject, comparison: &Comparison) -> Self {
        let mut record = Self::empty(subject);
        match comparison {
            Comparison::Equal { scale } => {
                record.equal = true;
                record.scale = f64::nearest(scale, ());
                record.scale_exact = scale.to_string();
                record.answer = AuditAnswer::Proved;
                record.verdict = "The networks are the same function on all inputs.".to_owned();
            }
            Comparison::Different { what, scale, witness } => {
                record.scale = f64::nearest(scale, ());
                record.scale_exact = scale.to_string();
                record.first_difference = Some(what.clone());
                record.witnesses = witness.iter().map(WitnessRecord::new).collect();
                record.answer = AuditAnswer::Refuted;
                record.verdict = format!("The networks are not the same function: {what}.");
            }
        }
        record
    }

    /// Of an audit on a box; `range`: bounds on the victim's output range there.
    pub fn on_box(
        subject: &AuditSubject,
        audit: &Audit,
        range: Option<&(Rational, Rational)>,
        labels: Option<Agreement>,
    ) -> Self {
        let in_unit = |x: &Rational| x.div(&subject.unit).unwrap_or_default();
        let (lower, upper) = (in_unit(&audit.lower), in_unit(&audit.upper));
        let bounds = Bounds::new(&lower, &upper);
        let proved = subject.claim.as_ref().is_some_and(|claim| claim.is_proved_by(&audit.upper, &subject.unit));
        let refuted = subject.claim.as_ref().is_some_and(|claim| claim.is_refuted_by(&audit.lower, &subject.unit));
        let between = format!("between {} and {}", bounds.lower.text(), bounds.upper.text());
        let (answer, verdict) = match &subject.claim {
            Some(claim) if proved => {
                (AuditAnswer::Proved, format!("The claim {claim} is proved: at most {}.", bounds.upper.text()))
            }
            Some(claim) if refuted => {
                (AuditAnswer::Refuted, format!("The claim {claim} is refuted: the largest difference is {between}."))
            }
            Some(claim) => {
                (AuditAnswer::Open, format!("The claim {claim} is open: the largest difference is {between}."))
            }
            None if subject.closed => (AuditAnswer::Proved, format!("The largest difference is {between}.")),
            None => {
                (AuditAnswer::Open, format!("The largest difference is {between}; the gap asked for was not reached."))
            }
        };
        let relative = range.and_then(|(least, most)| {
            // The range lies in [least, most]: each bound takes the end that keeps it a bound.
            Some(Bounds::new(&audit.lower.div(most)?, &audit.upper.div(least)?))
        });
        Self {
            scale: f64::nearest(&audit.scale, ()),
            scale_exact: audit.scale.to_string(),
            scale_is_settled: audit.settled,
            equal: audit.upper == Rational::default(),
            relative,
            outputs: audit.outputs.iter().map(|o| Bounds::new(&in_unit(&o.lower), &in_unit(&o.upper))).collect(),
            unfinished: unfinished(subject, audit, labels.as_ref()),
            labels: labels.map(|Agreement { inputs, compared, same, ties, outside, proved }| LabelsRecord {
                inputs,
                compared,
                same,
                ties,
                outside,
                proved,
            }),
            witnesses: audit.witnesses.iter().map(WitnessRecord::new).collect(),
            cells: audit.cells,
            difference: Some(bounds),
            answer,
            verdict,
            ..Self::empty(subject)
        }
    }
}

/// What was cut off, in words.
fn unfinished(subject: &AuditSubject, audit: &Audit, labels: Option<&Agreement>) -> Vec<String> {
    let mut found = Vec::new();
    let cut: Vec<String> =
        (audit.outputs.iter().enumerate()).filter(|(_, output)| output.cut).map(|(o, _)| o.to_string()).collect();
    match &cut[..] {
        [] => {}
        all if all.len() == audit.outputs.len() => found.push("the search".to_owned()),
        [one] => found.push(format!("the search at output {one}")),
        [first @ .., last] => found.push(format!("the search at outputs {} and {last}", first.join(", "))),
    }
    if !audit.settled {
        found.push("the search for the scale that favours the copy most".to_owned());
    }
    if subject.range_cut {
        found.push("the search for the victim's output range".to_owned());
    }
    if let Some(Agreement { inputs, compared, .. }) = labels.filter(|labels| labels.compared < labels.inputs) {
        found.push(format!("labels: {} of {inputs} inputs were not compared", inputs - compared));
    }
    found
}
