//! What the record of an audit is made of: bounds, witnesses, and what goes with them.

use crate::audit::{Agreement, Fit, Moment, Segment, Witness};
use crate::num::{Rational, Scalar};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What makes another output scale worth asking for: differences that are less than one over this.
const GAIN: i64 = 16;

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
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
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

/// Another output scale, at which the copy is far closer to its victim.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScaleRecord {
    /// What the copy's outputs would be multiplied by.
    pub scale: f64,
    /// Inputs at which both scales were compared.
    pub inputs: usize,
    /// The largest difference there at the scale of the audit, in the unit.
    pub given: Magnitude,
    /// The same at this scale.
    pub fitted: Magnitude,
}

impl ScaleRecord {
    /// Of a fit that gains enough to be told.
    pub(super) fn new(fit: &Fit, unit: &Rational) -> Option<Self> {
        let in_unit = |x: &Rational| Magnitude::above(&x.div(unit).unwrap_or_default());
        fit.gains(GAIN).then(|| Self {
            scale: f64::nearest(&fit.scale, ()),
            inputs: fit.inputs,
            given: in_unit(&fit.given),
            fitted: in_unit(&fit.fitted),
        })
    }
}

/// Bounds on the largest difference at one moment of an audit, in the unit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MomentRecord {
    /// Since the audit began.
    pub seconds: f64,
    /// From below.
    pub lower: Magnitude,
    /// From above.
    pub upper: Magnitude,
}

impl MomentRecord {
    pub(super) fn new(moment: &Moment, unit: &Rational) -> Self {
        let in_unit = |x: &Rational| x.div(unit).unwrap_or_default();
        let Bounds { lower, upper } = Bounds::new(&in_unit(&moment.lower), &in_unit(&moment.upper));
        Self { seconds: (moment.seconds * 1e3).round() / 1e3, lower, upper }
    }
}

/// The difference at one output, with its sign, on the way from the centre of the domain to an input.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentRecord {
    /// The output.
    pub output: usize,
    /// Parts of the way, from 0 at the centre to 1 at the input.
    pub at: Vec<f64>,
    /// The copy times the scale, minus the victim, in the unit.
    pub difference: Vec<f64>,
}

impl SegmentRecord {
    pub(super) fn new(segment: &Segment, unit: &Rational) -> Self {
        let float = |x: &Rational| f64::nearest(x, ());
        Self {
            output: segment.output,
            at: segment.values.iter().map(|(at, _)| float(at)).collect(),
            difference: segment.values.iter().map(|(_, value)| float(&value.div(unit).unwrap_or_default())).collect(),
        }
    }
}

/// Agreement of labels.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
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

impl LabelsRecord {
    pub(super) fn new(labels: Agreement) -> Self {
        let Agreement { inputs, compared, same, ties, outside, proved } = labels;
        Self { inputs, compared, same, ties, outside, proved }
    }
}
