//! Two networks as functions: equal on ℝ^d, or how far apart weight by weight.

use super::Spread;
use crate::net::{Canonical, Network};
use crate::num::{BigRational, Exact, Num, Rational, Scalar};

/// Whether two networks are the same function on ℝ^d.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Equality {
    /// Equal canonical forms, in both exact backends.
    Equal,
    /// Different, with the first difference in words.
    Different(String),
    /// The two exact backends disagree: a defect of this program.
    BackendsDisagree,
}

/// Compares canonical forms in ℚ; an equality once more in the pure Rust backend, which in a
/// build without GMP is the only one.
///
/// Exact. A difference needs no second opinion: it names the numbers that differ.
pub fn equality(a: &Network<Rational>, b: &Network<Rational>) -> Equality {
    let form = |network: &Network<Rational>| Canonical::of(&network.map(|x| Num(x.clone())));
    let pure = |network: &Network<Rational>| Canonical::<BigRational>::of(&network.map(|x| Num(x.convert())));
    match form(a).difference(&form(b)) {
        Some(difference) => Equality::Different(difference.to_string()),
        None if pure(a) == pure(b) => Equality::Equal,
        None => Equality::BackendsDisagree,
    }
}

/// How well the victim's hyperplanes were recovered.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightError {
    /// Distinct hyperplanes at which the victim has a kink.
    pub kinks: usize,
    /// Those of them that the copy has, too, to `2^−8`.
    pub found: usize,
    /// `log2` error over the hyperplanes found; `None` when there are none.
    pub error: Option<Spread>,
}

/// A hyperplane found when no entry is off by more than this, in the gauge of [`weight_error`].
const FOUND: f64 = -8.0;

/// Exact weight error after gauge fixing.
///
/// Every kink of either network is scaled so that its row's largest entry is 1; each of
/// the victim's is paired with the nearest of the copy's. The error of a pair is the
/// largest of: row entries; bias relative to `1 + |bias|`; kink strengths relative to the
/// unit's largest.
pub fn weight_error(victim: &Network<Rational>, copy: &Network<Rational>) -> WeightError {
    let gauged = |network: &Network<Rational>| -> Vec<Gauged> {
        Canonical::of(&network.map(|x| Num(x.clone()))).kinks().iter().filter_map(Gauged::new).collect()
    };
    let (truth, seen) = (gauged(victim), gauged(copy));
    let errors: Vec<f64> = truth.iter().filter_map(|kink| kink.nearest(&seen)?.error(kink)).collect();
    let found: Vec<f64> = errors.into_iter().filter(|&e| e <= FOUND).collect();
    WeightError { kinks: truth.len(), found: found.len(), error: Spread::of(found) }
}

/// A kink scaled to a largest row entry of 1.
struct Gauged {
    row: Vec<Rational>,
    bias: Rational,
    strength: Vec<Rational>,
    /// The row in f64, to find neighbours by.
    sketch: Vec<f64>,
}

impl Gauged {
    fn new(kink: &crate::net::Kink<Rational>) -> Option<Self> {
        let mut top = kink.row.first()?;
        for entry in &kink.row {
            if entry.magnitude() > top.magnitude() {
                top = entry;
            }
        }
        let row = kink.row.iter().map(|x| x.div(top)).collect::<Option<Vec<_>>>()?;
        let sketch = row.iter().map(|x| f64::nearest(x, ())).collect();
        let size = top.magnitude();
        Some(Self {
            row,
            bias: kink.bias.div(top)?,
            strength: kink.strength.iter().map(|s| s.mul(&size)).collect(),
            sketch,
        })
    }

    fn nearest<'a>(&self, others: &'a [Self]) -> Option<&'a Self> {
        let bias = f64::nearest(&self.bias, ());
        let distance = |other: &Self| {
            let row = self.sketch.iter().zip(&other.sketch).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            row.max((bias - f64::nearest(&other.bias, ())).abs() / (1.0 + bias.abs()))
        };
        others.iter().map(|other| (distance(other), other)).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other)
    }

    fn error(&self, truth: &Self) -> Option<f64> {
        let row = self.row.iter().zip(&truth.row).map(|(a, b)| a.sub(b).magnitude()).max()?;
        let bias = self.bias.sub(&truth.bias).magnitude().div(&Rational::integer(1).add(&truth.bias.magnitude()))?;
        let largest = truth.strength.iter().map(Exact::magnitude).max()?;
        let strength = self.strength.iter().zip(&truth.strength).map(|(a, b)| a.sub(b).magnitude()).max()?;
        Some(row.max(bias).max(strength.div(&largest)?).log2())
    }
}
