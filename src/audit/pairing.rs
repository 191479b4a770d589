//! Hyperplanes of two networks over the cube, near ones in pairs.
//!
//! A pairing need not be right: any pair of hyperplanes gives a sound bound, a good one a tight bound.

use super::domain::Domain;
use crate::net::{Canonical, Kink};
use crate::num::{Exact, Rational, Scalar};

/// Hyperplanes pair where they are off by less than this part of their size.
const NEAR: f64 = 0.25;

/// One hyperplane, or one of each network; `κ·|z|` with `κ` `[outputs]`.
pub(super) struct Pair {
    /// `z` over the cube, coefficients and constant.
    pub(super) plane: Vec<Rational>,
    /// `κ` of the victim, zeros where the hyperplane is the copy's.
    pub(super) victim: Vec<Rational>,
    /// `z'` over the cube, where it is another hyperplane.
    pub(super) other: Option<Vec<Rational>>,
    /// `κ'` of the copy.
    pub(super) copy: Vec<Rational>,
    /// The kinks of the victim's and the copy's form that these are.
    pub(super) kinks: (Option<usize>, Option<usize>),
}

/// A kink over the cube, the largest entry of its sketch ±1.
struct Placed {
    kink: usize,
    plane: Vec<Rational>,
    strength: Vec<Rational>,
    sketch: Vec<f64>,
    size: f64,
}

impl Placed {
    fn new((index, kink): (usize, &Kink<Rational>), domain: &Domain) -> Self {
        let plane = domain.over_cube(&kink.row, &kink.bias);
        let half = Rational::power_of_two(-1);
        let exact: Vec<f64> = plane.iter().map(|x| f64::nearest(x, ())).collect();
        let top = exact.iter().fold(0.0, |top: f64, x| top.max(x.abs()));
        let top = if top.is_normal() { top } else { 1.0 };
        let sketch: Vec<f64> = exact.iter().map(|x| x / top).collect();
        let strength = kink.strength.iter().map(|s| s.mul(&half)).collect();
        let size = sketch.iter().map(|x| x.abs()).sum();
        let plane = plane.iter().map(|x| scaled(x, 1.0 / top)).collect();
        Self { kink: index, plane, strength, sketch, size }.with_strength(top)
    }

    /// `κ·|z| = (κ/t)·|t·z|` with the factor that the plane was scaled by.
    fn with_strength(mut self, top: f64) -> Self {
        let factor = Rational::lift(1.0 / top, ());
        self.strength.iter_mut().for_each(|s| *s = s.div(&factor).unwrap_or_default());
        self
    }

    /// Whether the hyperplane's map is not zero all over the cube, exactly: floats may underflow.
    fn is_there(&self) -> bool {
        self.plane.iter().any(|x| *x != Rational::default())
    }

    /// The factor `t` and what `Σ|t·w'_j − w_j|` leaves, for this and another plane.
    fn fit(&self, other: &Self) -> (f64, f64) {
        let pairs = || other.sketch.iter().zip(&self.sketch);
        let sign = |v: f64| if v == 0.0 { 0.0 } else { v.signum() };
        let factor = pairs().map(|(w, &v)| sign(v) * w).sum::<f64>() / self.size;
        let factor = 1.0 / factor;
        (factor, pairs().map(|(w, v)| (factor * w - v).abs()).sum())
    }
}

fn scaled(x: &Rational, factor: f64) -> Rational {
    x.mul(&Rational::lift(factor, ()))
}

/// Pairs of the hyperplanes of two forms over the same inputs: each of the victim's with the nearest of
/// the copy's, where it is near.
pub(super) fn pair(victim: &Canonical<Rational>, copy: &Canonical<Rational>, domain: &Domain) -> Vec<Pair> {
    let place = |form: &Canonical<Rational>| -> Vec<Placed> {
        form.kinks().iter().enumerate().map(|kink| Placed::new(kink, domain)).filter(Placed::is_there).collect()
    };
    let (first, mut second): (Vec<_>, Vec<Option<_>>) = (place(victim), place(copy).into_iter().map(Some).collect());
    let mut near: Vec<(f64, usize, usize, f64)> = Vec::new();
    for (i, a) in first.iter().enumerate() {
        for (j, b) in second.iter().enumerate() {
            let Some(b) = b else { continue };
            let (factor, left) = a.fit(b);
            if factor.is_normal() && left < NEAR * a.size {
                near.push((left / a.size, i, j, factor));
            }
        }
    }
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut partner: Vec<Option<(Placed, f64)>> = first.iter().map(|_| None).collect();
    for (_, i, j, factor) in near {
        if partner[i].is_none() {
            partner[i] = second[j].take().map(|placed| (placed, factor));
        }
    }
    let none = |strength: &[Rational]| vec![Rational::default(); strength.len()];
    let mut pairs: Vec<Pair> = (first.into_iter().zip(partner))
        .map(|(a, partner)| match partner {
            None => Pair {
                copy: none(&a.strength),
                plane: a.plane,
                victim: a.strength,
                other: None,
                kinks: (Some(a.kink), None),
            },
            Some((b, factor)) => {
                let other: Vec<Rational> = b.plane.iter().map(|x| scaled(x, factor)).collect();
                let size = Rational::lift(factor.abs(), ());
                let copy = b.strength.iter().map(|s| s.div(&size).unwrap_or_default()).collect();
                let other = (other != a.plane).then_some(other);
                Pair { plane: a.plane, victim: a.strength, other, copy, kinks: (Some(a.kink), Some(b.kink)) }
            }
        })
        .collect();
    let alone = |b: Placed| Pair {
        victim: none(&b.strength),
        plane: b.plane,
        other: None,
        copy: b.strength,
        kinks: (None, Some(b.kink)),
    };
    pairs.extend(second.into_iter().flatten().map(alone));
    pairs
}
