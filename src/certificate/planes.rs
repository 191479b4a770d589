//! Where hidden units lie: planes shared exactly, or nearly.
//!
//! Nothing here has to be right: a checker derives what a choice is worth.

use crate::net::Shallow;
use crate::num::{Exact, Rational, Scalar};
use exactract_check::{Matching, Owner, Place, Plane};
use std::collections::HashMap;

/// A copy's unit joins a plane from which it is off by less than this part of its own size.
const NEAR: f64 = 0.5;

/// Units of both networks on the planes that they share exactly.
pub fn shared(victim: &Shallow<Rational>, copy: &Shallow<Rational>) -> Matching {
    let mut planes = Planes::default();
    let victim = planes.place(victim, Owner::Victim, |_, _, _| None);
    let copy = planes.place(copy, Owner::Copy, |_, _, _| None);
    planes.matching(&victim, &copy)
}

/// Units of both networks on the planes that they share exactly, and each other unit of the copy
/// on the nearest plane, where one is near.
pub(super) fn near(victim: &Shallow<Rational>, copy: &Shallow<Rational>) -> Matching {
    let bends = bends(copy);
    let mut planes = Planes::default();
    let victim = planes.place(victim, Owner::Victim, |_, _, _| None);
    // Units that cancel to an affine map are best left with each other.
    let copy = planes.place(copy, Owner::Copy, |unit, row, known| bends[unit].then(|| nearest(row, known)).flatten());
    planes.matching(&victim, &copy)
}

/// Whether each hidden unit lies on a plane at which the network has a kink.
fn bends(network: &Shallow<Rational>) -> Vec<bool> {
    let mut planes = Planes::default();
    let places = planes.place(network, Owner::Copy, |_, _, _| None);
    let mut bends = vec![false; planes.list.len()];
    for row in network.output().iter_rows() {
        let mut kinks = vec![Rational::default(); planes.list.len()];
        for ((plane, scale), a) in places.iter().zip(row).filter_map(|(place, a)| Some((place.as_ref()?, a))) {
            kinks[*plane] = kinks[*plane].add(&a.mul(&scale.magnitude()));
        }
        bends.iter_mut().zip(kinks).for_each(|(bends, kink)| *bends |= kink != Rational::default());
    }
    places.into_iter().map(|place| place.is_some_and(|(plane, _)| bends[plane])).collect()
}

/// The planes met so far.
#[derive(Default)]
struct Planes {
    list: Vec<Plane>,
    /// Rows with their bias, scaled so that the first non-zero weight is 1: the plane's index, and that weight.
    known: HashMap<Vec<Rational>, (usize, Rational)>,
    sketches: Vec<Sketch>,
}

impl Planes {
    /// Plane and factor of every hidden unit; `near` is asked for units that are on no plane met so far.
    fn place(
        &mut self,
        network: &Shallow<Rational>,
        of: Owner,
        near: impl Fn(usize, &Sketch, &[Sketch]) -> Option<(usize, Rational)>,
    ) -> Vec<Option<(usize, Rational)>> {
        let rows = network.hidden().iter_rows().zip(network.hidden_bias());
        let one = |(unit, (row, bias)): (usize, (&[Rational], &Rational))| {
            // A row of zeros lies on no plane.
            let lead = row.iter().find(|w| **w != Rational::default())?;
            let scaled = row.iter().chain([bias]).map(|x| x.div(lead)).collect::<Option<Vec<Rational>>>()?;
            if let Some((plane, first)) = self.known.get(&scaled) {
                return Some((*plane, lead.div(first)?));
            }
            let sketch = Sketch::new(&scaled, lead)?;
            if let Some(found) = near(unit, &sketch, &self.sketches) {
                return Some(found);
            }
            let plane = self.list.len();
            self.list.push(Plane { of, unit });
            self.known.insert(scaled, (plane, lead.clone()));
            self.sketches.push(sketch);
            Some((plane, Rational::integer(1)))
        };
        rows.enumerate().map(one).collect()
    }

    fn matching(self, victim: &[Option<(usize, Rational)>], copy: &[Option<(usize, Rational)>]) -> Matching {
        let written = |places: &[Option<(usize, Rational)>]| {
            let one = |(plane, scale): &(usize, Rational)| Place { plane: *plane, scale: scale.to_string() };
            places.iter().map(|place| place.as_ref().map(one)).collect()
        };
        Matching { planes: self.list, victim: written(victim), copy: written(copy) }
    }
}

/// A row with its bias as floats, the largest entry ±1.
struct Sketch {
    entries: Vec<f64>,
    /// `Σ|entry|`.
    size: f64,
    /// The row is this times the sketch.
    top: Rational,
}

impl Sketch {
    /// Of the row `lead·scaled`; `None` where it is zero.
    fn new(scaled: &[Rational], lead: &Rational) -> Option<Self> {
        let top = scaled.iter().max_by_key(|x| x.magnitude())?;
        let entries = scaled.iter().map(|x| Some(f64::nearest(&x.div(top)?, ()))).collect::<Option<Vec<_>>>()?;
        Some(Self { size: entries.iter().map(|x| x.abs()).sum(), entries, top: top.mul(lead) })
    }

    /// The factor `s`, and what is left of this row after `s` times the other: `Σ|w_j − s·v_j|`.
    ///
    /// `s = Σ sign(v_j)·w_j / Σ|v_j|` leaves at most twice what the best factor does.
    fn fit(&self, other: &Self) -> (f64, f64) {
        let pairs = || self.entries.iter().zip(&other.entries);
        // A plain sign: 0 has none.
        let sign = |v: f64| if v == 0.0 { 0.0 } else { v.signum() };
        let factor = pairs().map(|(w, &v)| sign(v) * w).sum::<f64>() / other.size;
        (factor, pairs().map(|(w, v)| (w - factor * v).abs()).sum())
    }
}

/// The plane nearest to a unit, and the factor; `None` where none is near.
fn nearest(unit: &Sketch, planes: &[Sketch]) -> Option<(usize, Rational)> {
    let fits = planes.iter().map(|plane| unit.fit(plane)).enumerate();
    let (plane, (factor, _)) =
        fits.filter(|(_, (_, left))| *left < NEAR * unit.size).min_by(|(_, a), (_, b)| a.1.total_cmp(&b.1))?;
    let exact = Rational::lift(factor, ()).mul(&unit.top).div(&planes[plane].top)?;
    // A float is as good, and short.
    let short = f64::nearest(&exact, ());
    Some((plane, if short.is_normal() { Rational::lift(short, ()) } else { exact }))
}
