//! What the bounds stand on: which unit a kink belongs to, and that no other one interferes.
//!
//! Held against the victim's own hyperplanes, in ℚ. An item whose hypothesis fails is
//! left without a bound; nothing is assumed of it.

use super::answers::positions;
use crate::linalg::{Matrix, Solve};
use crate::net::Shallow;
use crate::num::{Exact, Num, Rational, Scalar};
use crate::trace::{Kink, Signature, Trace};
use rayon::prelude::*;
use std::collections::HashSet;

/// What holds of a run's items.
pub(super) struct Hypotheses {
    /// The one unit whose kink each interval holds, with every chord on its own side of it.
    pub(super) kinks: Vec<Option<usize>>,
    /// The one unit that changes sign among each row's probes.
    pub(super) rows: Vec<Option<usize>>,
    /// Whether the rows are those of all units that are not constant, one each.
    pub(super) complete: bool,
}

/// A victim in ℚ.
struct Planes<'a> {
    hidden: Matrix<Num<Rational>>,
    biases: Vec<Rational>,
    victim: &'a Shallow<f64>,
    /// Units that are not constant: the others have no kink.
    live: Vec<bool>,
}

impl Planes<'_> {
    /// `w·x` of every unit at every point: `[points, hidden]`.
    fn sums(&self, points: Vec<Vec<Num<Rational>>>) -> Option<Matrix<Num<Rational>>> {
        let points = Matrix::from_rows(self.hidden.columns(), points)?;
        Some(Rational::products(&points, &self.hidden, ()))
    }
}

impl Hypotheses {
    pub(super) fn new(victim: &Shallow<f64>, seen: &Trace<Rational>) -> Option<Self> {
        let zero = |x: &f64| *x == 0.0;
        let live = |k: usize| !victim.hidden().row(k).iter().all(zero) && !victim.output().column(k).all(zero);
        let planes = Planes {
            live: (0..victim.shape().hidden).map(live).collect(),
            hidden: victim.hidden().map(|&w| Num::lift(w, ())),
            biases: victim.hidden_bias().iter().map(|&b| Rational::lift(b, ())).collect(),
            victim,
        };
        let mut kinks = Vec::new();
        for (line, found) in seen.located.lines.iter().zip(&seen.located.kinks) {
            let lifted = |x: &[f64]| crate::num::lift_all::<Rational>(x, ());
            let sums = planes.sums(vec![lifted(&line.origin), lifted(&line.direction)])?;
            let start: Vec<Rational> = sums.row(0).iter().zip(&planes.biases).map(|(z, b)| z.0.add(b)).collect();
            kinks.par_extend(found.par_iter().map(|kink| kinked_unit(kink, &start, sums.row(1), &planes.live)));
        }
        let centers = seen.signatures().iter().map(|s| s.center.iter().cloned().map(Num).collect()).collect();
        let sums = planes.sums(centers)?;
        let units: Vec<Option<usize>> =
            seen.signatures().par_iter().enumerate().map(|(i, s)| crossing_unit(s, sums.row(i), &planes)).collect();
        let distinct: HashSet<usize> = units.iter().flatten().copied().collect();
        let live = planes.live.iter().filter(|live| **live).count();
        let complete = distinct.len() == units.len() && units.len() == live;
        Some(Self { kinks, rows: units, complete })
    }
}

/// The unit that changes sign between the chords of a kink; `None` where several do, or one elsewhere.
///
/// `start`, `along`: every unit's pre-activation at the line's origin, and its slope.
fn kinked_unit(kink: &Kink<Rational>, start: &[Rational], along: &[Num<Rational>], live: &[bool]) -> Option<usize> {
    let [left, left_inner, right, right_inner] = positions(kink);
    let zero = Rational::default();
    let mut found = None;
    for (k, (z, slope)) in start.iter().zip(along).enumerate().filter(|(k, _)| live[*k]) {
        let at = |t: &Rational| z.add(&slope.0.mul(t)).cmp(&zero);
        let signs = [&left, &left_inner, &right, &right_inner].map(at);
        // relu is linear where the sign does not change; zero belongs to either side.
        if signs.iter().all(|s| s.is_ge()) || signs.iter().all(|s| s.is_le()) {
            continue;
        }
        let side = |a: std::cmp::Ordering, b: std::cmp::Ordering| (a.is_ge() && b.is_ge()) || (a.is_le() && b.is_le());
        if !side(signs[0], signs[1]) || !side(signs[2], signs[3]) || found.replace(k).is_some() {
            return None;
        }
    }
    found
}

/// The one unit whose hyperplane the probes of a row cross or touch; `None` where there are several, or none.
///
/// `sums`: every unit's `w·center`.
fn crossing_unit(signature: &Signature<Rational>, sums: &[Num<Rational>], planes: &Planes<'_>) -> Option<usize> {
    let probes = signature.probes.as_ref()?;
    let longest = probes.steps.iter().copied().max()?;
    let mut found = None;
    for (k, sum) in sums.iter().enumerate().filter(|(k, _)| planes.live[*k]) {
        let distance = sum.0.add(&planes.biases[k]).magnitude();
        let row = planes.victim.hidden().row(k);
        let at_reference = row[signature.reference];
        let reaches = |step: i32, entry: f64, with: f64| {
            let entry = Rational::lift(entry, ());
            let farthest = entry.magnitude().max(entry.add(&Rational::lift(with, ())).magnitude());
            farthest.mul(&Rational::power_of_two(step)) >= distance
        };
        let largest = row.iter().fold(0.0, |most: f64, w| most.max(w.abs()));
        let near =
            reaches(longest, largest, at_reference.abs())
                && row.iter().zip(&probes.steps).enumerate().any(|(j, (&w, &step))| {
                    reaches(step, w, if j == signature.reference { 0.0 } else { at_reference })
                });
        if near && found.replace(k).is_some() {
            return None;
        }
    }
    found
}
