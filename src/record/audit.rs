//! The record of an audit.

use super::audit_parts::{Bounds, LabelsRecord, MomentRecord, ScaleRecord, SegmentRecord, WitnessRecord};
use super::{Document, NetworkRecord};
use crate::audit::{self, Agreement, Audit, Claim, Comparison, Fit, Moment, Segment, Verdict};
use crate::num::{Rational, Scalar};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Outputs that are named in a sentence.
const MOST_NAMED: usize = 6;

/// The answer to "is the copy as close as claimed?", or on all inputs, "are they the same function?"
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuditAnswer {
    /// The claim is proved, or the networks are the same function on all inputs.
    Proved,
    /// The claim is refuted, or the networks are not the same function.
    Refuted,
    /// Nothing was claimed: both bounds are the answer.
    Bounded,
    /// The claim was not decided, or the search was interrupted.
    Open,
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
    /// The same, as it was written.
    pub unit_written: String,
    /// Whether the scale was free.
    pub free: bool,
    /// Whether the bounds are as close as asked for.
    pub closed: bool,
    /// Whether somebody stopped the search.
    pub interrupted: bool,
    /// What another output scale would gain, where that was looked for.
    pub fit: Option<Fit>,
    /// What the certificate states, where one was written.
    pub certified: Option<Certified>,
    /// How the bounds came together.
    pub moments: Vec<Moment>,
    /// The difference on the way to the first witness, where that was asked for.
    pub segment: Option<Segment>,
    /// Whether the search for the victim's output range was cut off.
    pub range_cut: bool,
    /// Seconds spent.
    pub seconds: f64,
}

/// What a certificate states.
#[derive(Clone, Debug)]
pub struct Certified {
    /// Its bound from below.
    pub lower: Rational,
    /// Its bound from above.
    pub upper: Rational,
    /// Its answer, in a sentence.
    pub sentence: String,
    /// What it says of the claim.
    pub verdict: Option<Verdict>,
}

/// Everything that an audit found out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
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
    /// The claim as written, with its value in the other form.
    pub claim_shown: Option<String>,
    /// The claim in units of the victim's outputs, about.
    pub claim_of_outputs: Option<f64>,
    /// The unit of `claim` and `difference`, in units of the victim's outputs.
    pub unit: f64,
    /// The same, as it was written.
    pub unit_written: String,
    /// What the copy's output is multiplied by.
    pub scale: f64,
    /// The same, exact, as a quotient.
    pub scale_exact: String,
    /// Whether the scale was free: the one that favours the copy most, where the search for it ended.
    pub scale_is_free: bool,
    /// Whether that search ended; true of a scale that was given.
    pub scale_is_settled: bool,
    /// Another scale that the copy is far closer at.
    pub better_scale: Option<ScaleRecord>,
    /// Whether both are the same function on all inputs.
    pub equal: bool,
    /// The first difference of the canonical forms.
    pub first_difference: Option<String>,
    /// Bounds on the largest difference, in the unit.
    pub difference: Option<Bounds>,
    /// The same over the victim's output range on the domain.
    pub relative: Option<Bounds>,
    /// The bounds that the certificate states, in the unit, where one was written.
    pub certified: Option<Bounds>,
    /// Whether the bounds are as close as was asked for.
    pub closed: bool,
    /// Whether the bound from above says nothing: it is larger than the victim's output range that was found.
    pub says_nothing: bool,
    /// The same, output by output, at `scale`.
    pub outputs: Vec<Bounds>,
    /// Labels on given inputs.
    pub labels: Option<LabelsRecord>,
    /// Inputs that show the lower bound.
    pub witnesses: Vec<WitnessRecord>,
    /// How the bounds came together: moments at which one of them had moved by 1/64 bit, and the end.
    pub progress: Vec<MomentRecord>,
    /// The difference on the way from the centre of the domain to the first witness.
    pub segment: Option<SegmentRecord>,
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

impl AuditRecord {
    fn empty(subject: &AuditSubject) -> Self {
        Self {
            schema: Document::Audit.schema(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            victim: subject.victim.clone(),
            copy: subject.copy.clone(),
            domain: subject.domain.clone(),
            claim: subject.claim.as_ref().map(|claim| claim.written().to_owned()),
            claim_shown: subject.claim.as_ref().map(Claim::to_string),
            claim_of_outputs: subject.claim.as_ref().map(|claim| claim.about() * f64::nearest(&subject.unit, ())),
            unit: f64::nearest(&subject.unit, ()),
            unit_written: subject.unit_written.clone(),
            scale: 1.0,
            scale_exact: "1".to_owned(),
            scale_is_free: subject.free,
            scale_is_settled: true,
            better_scale: subject.fit.as_ref().and_then(|fit| ScaleRecord::new(fit, &subject.unit)),
            equal: false,
            first_difference: None,
            difference: None,
            relative: None,
            certified: None,
            closed: subject.closed,
            says_nothing: false,
            outputs: Vec::new(),
            labels: None,
            witnesses: Vec::new(),
            progress: Vec::new(),
            segment: None,
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
                record.verdict = audit::EQUAL.to_owned();
            }
            Comparison::Different { what, scale, witness } => {
                record.scale = f64::nearest(scale, ());
                record.scale_exact = scale.to_string();
                record.first_difference = Some(what.clone());
                record.witnesses = witness.iter().map(WitnessRecord::new).collect();
                record.answer = AuditAnswer::Refuted;
                record.verdict = audit::DIFFERENT.to_owned();
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
        let verdict = subject.claim.as_ref().map(|claim| match claim {
            claim if claim.is_proved_by(&audit.upper, &subject.unit) => Verdict::Proved,
            claim if claim.is_refuted_by(&audit.lower, &subject.unit) => Verdict::Refuted,
            _ => Verdict::Open,
        });
        let answer = match verdict {
            Some(Verdict::Proved) => AuditAnswer::Proved,
            Some(Verdict::Refuted) => AuditAnswer::Refuted,
            None if !subject.interrupted => AuditAnswer::Bounded,
            Some(Verdict::Open) | None => AuditAnswer::Open,
        };
        // What the certificate says is what others will read, unless it says less.
        let certified = subject.certified.as_ref();
        let sentence = certified.filter(|certified| certified.verdict == verdict).map_or_else(
            || {
                let claim = subject.claim.as_ref().map(ToString::to_string);
                let claim = claim.map(|claim| audit::in_units(&claim, &subject.unit_written)).zip(verdict);
                let claim = claim.as_ref().map(|(claim, verdict)| (&**claim, *verdict));
                audit::sentence(claim, Some(&bounds.lower.text()), Some(&bounds.upper.text()))
            },
            |certified| certified.sentence.clone(),
        );
        let relative = range.and_then(|(least, most)| {
            // The range lies in [least, most]: each bound takes the end that keeps it a bound.
            Some(Bounds::new(&audit.lower.div(most)?, &audit.upper.div(least)?))
        });
        Self {
            scale: f64::nearest(&audit.scale, ()),
            scale_exact: audit.scale.to_string(),
            scale_is_settled: audit.settled,
            equal: audit.upper == Rational::default(),
            says_nothing: relative
                .as_ref()
                .is_some_and(|over: &Bounds| over.upper.value > 1.0 && over.lower.value < 1.0),
            relative,
            certified: certified.map(|stated| Bounds::new(&in_unit(&stated.lower), &in_unit(&stated.upper))),
            outputs: audit.outputs.iter().map(|o| Bounds::new(&in_unit(&o.lower), &in_unit(&o.upper))).collect(),
            unfinished: unfinished(subject, audit, labels.as_ref()),
            labels: labels.map(LabelsRecord::new),
            witnesses: audit.witnesses.iter().map(WitnessRecord::new).collect(),
            progress: subject.moments.iter().map(|moment| MomentRecord::new(moment, &subject.unit)).collect(),
            segment: subject.segment.as_ref().map(|segment| SegmentRecord::new(segment, &subject.unit)),
            cells: audit.cells,
            difference: Some(bounds),
            answer,
            verdict: sentence,
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
        many if many.len() > MOST_NAMED => found.push(format!("the search at {} outputs", many.len())),
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
