//! The victim's kinks in a copy: which of them are found, how far off they are, and which are missing.
//!
//! Exact. The victim's side fixes the gauge: each of its kinks is scaled so that its row has a largest
//! entry of 1, and a kink of the copy so that it agrees there. A kink of the copy scaled by a largest
//! entry of its own would turn about where two entries tie and rounding decides between them.

use super::Spread;
use crate::net::{Canonical, Kink, Shallow};
use crate::num::{Exact, Num, Rational, Scalar};
use crate::trace::Signature;

/// How well the victim's hyperplanes were recovered.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightError {
    /// Distinct hyperplanes at which the victim has a kink.
    pub kinks: usize,
    /// Those of them that the copy has, too: see [`weight_error`].
    pub found: usize,
    /// `log2` error over the hyperplanes found; `None` when there are none.
    pub error: Option<Spread>,
    /// The others, the strongest first.
    pub missing: Vec<Missing>,
}

/// A kink of the victim that a copy lacks.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// The victim's hidden units whose hyperplane it is.
    pub units: Vec<usize>,
    /// `log2` of its strength relative to that of the victim's strongest kink.
    pub strength: f64,
}

/// `log2` of how far off a hyperplane may be and still be found.
const FOUND: i32 = -8;
/// The same for candidates, which are told in `f64`.
const NEAR: f64 = 1.0 / 128.0;

/// Exact weight error after gauge fixing.
///
/// Each kink of the victim is scaled so that its row's largest entry is 1, the first of several; the
/// copy's kink is scaled so that it is 1 there, too. The error of a pair is the largest of: the
/// error of a row entry; the error of the bias; the error of the kink strengths, output weights times
/// that entry, relative to the unit's largest.
///
/// A hyperplane is *found* where no row entry and no strength is off by more than `2^−8`, and the bias
/// by no more than `2^−8` of one plus its magnitude: a hyperplane far out is found where it is far out
/// in the right place, whatever its error comes to in units of an input. A kink of the copy counts
/// once, for the kink of the victim that it is nearest to. Where it has several on one
/// hyperplane to `2^−8`, their strengths add up, and the farthest of them gives the error.
pub fn weight_error(victim: &Shallow<Rational>, copy: &Shallow<Rational>) -> WeightError {
    matched(victim, Canonical::of(&copy.map(|x| Num(x.clone()))).kinks())
}

/// [`weight_error`] of the rows that a run found, where it has no network.
pub(super) fn rows_error(victim: &Shallow<Rational>, rows: &[Signature<Rational>]) -> WeightError {
    let kink =
        |s: &Signature<Rational>| Kink { row: s.row.clone(), bias: s.bias.clone(), strength: s.strength.clone() };
    matched(victim, &rows.iter().map(kink).collect::<Vec<_>>())
}

/// For each kink of a network the hidden units whose hyperplane it is.
///
/// A unit of no kink has a row of zeros or output weights of zeros, or other units cancel it: no answer
/// shows more of it than what it adds to an affine map.
pub(super) fn owners(network: &Shallow<Rational>) -> Vec<Vec<usize>> {
    let form = Canonical::of(&network.map(|x| Num(x.clone())));
    form.kinks().iter().map(|kink| units(network, kink)).collect()
}

/// The hidden units whose hyperplane this is, of a kink with a canonical row.
fn units(victim: &Shallow<Rational>, kink: &Kink<Rational>) -> Vec<usize> {
    let zero = Rational::default();
    let activation = victim.activation().map(|x| Num(x.clone()));
    let on = |&unit: &usize| {
        let (row, bias) = (victim.hidden().row(unit), &victim.hidden_bias()[unit]);
        let Some(lead) = row.iter().find(|w| **w != zero) else { return false };
        let at = kink.bias.mul(lead);
        let knots = activation.pieces(unit, ()).knots;
        knots.iter().any(|knot| bias.sub(&knot.0) == at) && row.iter().zip(&kink.row).all(|(w, k)| *w == k.mul(lead))
    };
    (0..victim.shape().hidden).filter(on).collect()
}

/// How the kinks `seen` match the victim's.
fn matched(victim: &Shallow<Rational>, seen: &[Kink<Rational>]) -> WeightError {
    let form = Canonical::of(&victim.map(|x| Num(x.clone())));
    let truth: Vec<Truth<'_>> = form.kinks().iter().filter_map(Truth::new).collect();
    let sketches: Vec<Option<Sketch>> = seen.iter().map(Sketch::new).collect();
    let near = |kink: &Truth<'_>| -> Vec<(usize, Gauged)> {
        let close = |(j, sketch): (usize, &Option<Sketch>)| {
            sketch
                .as_ref()
                .filter(|sketch| kink.is_near(sketch))
                .and_then(|_| Some((j, Gauged::new(&seen[j], kink.top)?)))
        };
        sketches.iter().enumerate().filter_map(close).collect()
    };
    let near: Vec<Vec<(usize, Gauged)>> = truth.iter().map(near).collect();
    let errors = errors(&truth, &near, seen.len());
    let strongest = truth.iter().map(Truth::size).max().unwrap_or_default().log2();
    let lacks = truth.iter().zip(&errors).filter(|(_, error)| error.is_none());
    let named = |(kink, _): (&Truth<'_>, _)| Missing {
        units: units(victim, kink.kink),
        strength: kink.size().log2() - strongest,
    };
    let mut missing: Vec<Missing> = lacks.map(named).collect();
    missing.sort_by(|a, b| b.strength.total_cmp(&a.strength).then_with(|| a.units.cmp(&b.units)));
    let found: Vec<f64> = errors.into_iter().flatten().collect();
    WeightError { kinks: truth.len(), found: found.len(), error: Spread::of(found), missing }
}

/// `log2` of the error of each kink of the victim; `None` where it is not found.
///
/// `near`: for each of them the kinks of the copy that may be it, out of `count`.
fn errors(truth: &[Truth<'_>], near: &[Vec<(usize, Gauged)>], count: usize) -> Vec<Option<f64>> {
    let limit = Rational::power_of_two(FOUND);
    let mut pairs: Vec<(Rational, usize, usize, f64)> = Vec::new();
    for (i, near) in near.iter().enumerate() {
        for (j, other) in near {
            let Some(Apart { place, strength, error }) = truth[i].apart(&[other]) else { continue };
            pairs.push((place.max(strength), i, *j, error.log2()));
        }
    }
    pairs.retain(|(far, ..)| *far <= limit);
    pairs.sort_by(|a, b| (&a.0, a.1, a.2).cmp(&(&b.0, b.1, b.2)));
    let mut errors = vec![None; truth.len()];
    let mut free = vec![true; count];
    for (_, i, j, error) in pairs {
        if errors[i].is_none() && free[j] {
            (errors[i], free[j]) = (Some(error), false);
        }
    }
    // Units of one hyperplane that rounding has parted.
    for ((kink, near), error) in truth.iter().zip(near).zip(&mut errors).filter(|(_, error)| error.is_none()) {
        let on = |(j, other): &&(usize, Gauged)| free[*j] && kink.apart(&[other]).is_some_and(|a| a.place <= limit);
        let parts: Vec<&(usize, Gauged)> = near.iter().filter(on).collect();
        let several: Vec<&Gauged> = parts.iter().map(|(_, other)| other).collect();
        if let Some(apart) = kink.apart(&several).filter(|apart| apart.strength <= limit) {
            *error = Some(apart.error.log2());
            parts.iter().for_each(|(j, _)| free[*j] = false);
        }
    }
    errors
}

/// A kink in a gauge of the victim's.
struct Gauged {
    row: Vec<Rational>,
    bias: Rational,
    strength: Vec<Rational>,
}

impl Gauged {
    /// Scaled to a row entry of 1 at `top`; `None` where that entry is zero.
    fn new(kink: &Kink<Rational>, top: usize) -> Option<Self> {
        let scale = &kink.row[top];
        let row = kink.row.iter().map(|x| x.div(scale)).collect::<Option<Vec<_>>>()?;
        let size = scale.magnitude();
        let strength = kink.strength.iter().map(|s| s.mul(&size)).collect();
        Some(Self { row, bias: kink.bias.div(scale)?, strength })
    }
}

/// A kink in `f64`, its row scaled to a largest entry of 1, to find near ones by.
struct Sketch {
    row: Vec<f64>,
    bias: f64,
}

impl Sketch {
    fn new(kink: &Kink<Rational>) -> Option<Self> {
        let gauged = Gauged::new(kink, largest(&kink.row)?)?;
        Some(Self::of(&gauged))
    }

    fn of(gauged: &Gauged) -> Self {
        let row = gauged.row.iter().map(|x| f64::nearest(x, ())).collect();
        Self { row, bias: f64::nearest(&gauged.bias, ()) }
    }
}

/// The place of the largest entry, of several the first; `None` of no entries.
fn largest(row: &[Rational]) -> Option<usize> {
    // Of equals the first: it comes last in reverse.
    (0..row.len()).rev().max_by(|&a, &b| row[a].magnitude().cmp(&row[b].magnitude()))
}

/// A kink of the victim.
struct Truth<'a> {
    kink: &'a Kink<Rational>,
    /// The place of its row's largest entry.
    top: usize,
    gauged: Gauged,
    sketch: Sketch,
}

/// How far one or several kinks of a copy are from one of the victim's.
struct Apart {
    /// The largest miss of a row entry, or of the bias relative to one plus its magnitude.
    place: Rational,
    /// The largest miss of a strength, relative to the unit's largest.
    strength: Rational,
    /// The largest of all, that of the bias as it is.
    error: Rational,
}

impl<'a> Truth<'a> {
    fn new(kink: &'a Kink<Rational>) -> Option<Self> {
        let top = largest(&kink.row)?;
        let gauged = Gauged::new(kink, top)?;
        let sketch = Sketch::of(&gauged);
        Some(Self { kink, top, gauged, sketch })
    }

    /// The largest strength.
    fn size(&self) -> Rational {
        self.gauged.strength.iter().map(Exact::magnitude).max().unwrap_or_default()
    }

    /// Whether a kink may be found to be this one.
    fn is_near(&self, other: &Sketch) -> bool {
        let (scale, bias) = (other.row[self.top], self.sketch.bias * other.row[self.top]);
        // |w'/t − w| ≤ 2^−7 says |w' − w·t| ≤ 2^−7·|t|; what overflows is left to ℚ.
        let far = |miss: f64, scale: f64| miss.abs() > NEAR * scale.abs();
        let row = self.sketch.row.iter().zip(&other.row);
        scale != 0.0
            && !far(other.bias - bias, scale.abs() + bias.abs())
            && !row.into_iter().any(|(mine, theirs)| far(theirs - mine * scale, scale))
    }

    /// `others`: kinks whose strengths add up, in this one's gauge. `None` without one.
    fn apart(&self, others: &[&Gauged]) -> Option<Apart> {
        let truth = &self.gauged;
        let entries = others.iter().flat_map(|other| other.row.iter().zip(&truth.row));
        let row = entries.map(|(a, b)| a.sub(b).magnitude()).max()?;
        let bias = others.iter().map(|other| other.bias.sub(&truth.bias).magnitude()).max()?;
        let outputs = truth.strength.iter().enumerate().map(|(o, strength)| {
            others.iter().fold(strength.clone(), |left, other| left.sub(&other.strength[o])).magnitude()
        });
        let strength = outputs.max()?.div(&self.size())?;
        let place = bias.div(&Rational::integer(1).add(&truth.bias.magnitude()))?.max(row.clone());
        let error = row.max(bias).max(strength.clone());
        Some(Apart { place, strength, error })
    }
}
