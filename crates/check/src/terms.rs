//! The difference of two networks over the cube, from planes in pairs.
//!
//! With every unit exactly on its plane, `z_u = s_u·Z_g`, and `2·relu(z) = z + |z|`, a network is
//! `Σ_g K_g·|Z_g| + affine` with `K_g = ½·Σ a_u·|s_u|`. So for terms that pair each plane of the victim that
//! bends it with one of the copy, or with none,
//!
//! ```text
//! D = f' − f = A + Σ_k (κ'·|z'| − κ·|z|)      z = t·Z_g, κ = K_g/|t|;  z' = t'·Z_h, κ' = K'_h/|t'|
//! v = κ'·z' − κ·z                              w = κ'·z' + κ·z
//!
//! z ≥ 0, z' ≥ 0:  +v     z ≤ 0, z' ≤ 0:  −v     z ≥ 0, z' ≤ 0:  −w     z ≤ 0, z' ≥ 0:  +w
//! ```
//!
//! and where the signs are not known there is an `s` in `[−1, 1]` with
//! `|κ'·|z'| − κ·|z| − s·v| ≤ 2·|κ' − κ|·max|z' − z|`: for `δ = z' − z`, `||z + δ| − |z|| ≤ |δ|` gives `s` with
//! `|z + δ| − |z| = s·δ`. Then the term is `s·v + (κ' − κ)·(|z| − s·z)`; where `|z| > |δ|`, `s` is the sign of
//! `z` and the last part is 0; else it is at most `2·|κ' − κ|·|δ|`.
//!
//! A term of one network alone has one plane, and its error is 0.

use crate::audit_record::Term;
use crate::cube::Cube;
use crate::measure::{Layout, Placed, combine, misfit};
use crate::network::Network;
use crate::number::{Fractions, Interval, ceiling, parse};
use crate::record::{Owner, Place};
use crate::refusal::Refusal;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed as _, Zero as _};

/// Bits of an error of second order, rounded up.
const SLACK: u64 = 64;

/// What is known of the signs of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// `z ≥ 0` and `z' ≥ 0`.
    Above,
    /// `z ≤ 0` and `z' ≤ 0`.
    Below,
    /// `z ≥ 0` and `z' ≤ 0`.
    Leaving,
    /// `z ≤ 0` and `z' ≥ 0`.
    Entering,
}

/// A term over the cube, at any output.
pub(crate) struct Pair {
    /// Plane and factor of the victim and of the copy.
    places: [Option<Placed>; 2],
    /// Planes whose sides the signs tell, and whether each is negated: one, or the victim's and the copy's.
    pub(crate) sides: Vec<(usize, bool)>,
    /// `max|z' − z|`; 0 of one network alone.
    apart: BigRational,
    /// What the signs are all over the cube, where they are the same there.
    pub(crate) fixed: Option<Known>,
}

impl Pair {
    /// The states in which a split over the signs ends.
    pub(crate) fn states(&self) -> &'static [Known] {
        match self.sides.len() {
            1 => &[Known::Above, Known::Below],
            _ => &[Known::Above, Known::Below, Known::Leaving, Known::Entering],
        }
    }
}

/// Two networks over the cube.
pub(crate) struct Setting<'a> {
    networks: [&'a Network; 2],
    layout: &'a Layout,
    /// Planes over the cube.
    pub(crate) planes: Vec<Fractions>,
    /// Terms.
    pub(crate) pairs: Vec<Pair>,
}

/// `D` at one output.
pub(crate) struct Objective {
    /// `A`.
    pub(crate) affine: Fractions,
    /// The terms.
    pub(crate) terms: Vec<Affines>,
}

/// The affine maps of a term.
pub(crate) struct Affines {
    /// `v`.
    pub(crate) agree: Fractions,
    /// `w`; `None` where there is one plane.
    pub(crate) part: Option<Fractions>,
    /// The error of second order, from above.
    pub(crate) slack: BigRational,
    /// `max|v|` and that error.
    pub(crate) reach: BigRational,
}

impl Affines {
    /// The affine map of a state, and whether it is negated.
    pub(crate) fn known(&self, state: Known) -> (&Fractions, bool) {
        let part = self.part.as_ref().unwrap_or(&self.agree);
        match state {
            Known::Above => (&self.agree, false),
            Known::Below => (&self.agree, true),
            Known::Leaving => (part, true),
            Known::Entering => (part, false),
        }
    }
}

fn name(side: usize) -> &'static str {
    if side == 0 { "victim" } else { "copy" }
}

impl<'a> Setting<'a> {
    /// The networks, the copy's outputs scaled, and terms over a box.
    ///
    /// Errors: [`Refusal::False`] where a unit is off its plane; [`Refusal::Malformed`] where a term is none.
    pub(crate) fn new(
        networks: [&'a Network; 2],
        layout: &'a Layout,
        terms: &[Term],
        cube: &Cube,
    ) -> Result<Self, Refusal> {
        let row = |&(owner, unit): &(Owner, usize)| &networks[usize::from(owner == Owner::Copy)].rows[unit];
        for (side, places) in [&layout.victim, &layout.copy].into_iter().enumerate() {
            for (unit, placed) in places.iter().enumerate() {
                let Some(placed) = placed else { continue };
                if misfit(&networks[side].rows[unit], row(&layout.planes[placed.plane]), &placed.scale).is_some() {
                    let what = format!("unit {unit} of the {} is not its factor times its plane", name(side));
                    return Err(Refusal::False(what));
                }
            }
        }
        let planes: Vec<Fractions> = layout.planes.iter().map(|plane| cube.over(row(plane))).collect();
        let mut setting = Self { networks, layout, planes, pairs: Vec::with_capacity(terms.len()) };
        for (k, term) in terms.iter().enumerate() {
            let pair = setting.pair(k, term)?;
            setting.pairs.push(pair);
        }
        setting.covers()?;
        Ok(setting)
    }

    fn pair(&self, k: usize, term: &Term) -> Result<Pair, Refusal> {
        let place = |place: &Option<Place>, side: usize| {
            let Some(place) = place else { return Ok(None) };
            let scale = parse(&place.scale, || format!("factor of the {} in term {k}", name(side)))?;
            if place.plane >= self.planes.len() || scale.is_zero() {
                return Err(Refusal::Malformed(format!("term {k} has no plane of the {}", name(side))));
            }
            Ok(Some(Placed { plane: place.plane, scale }))
        };
        let places = [place(&term.victim, 0)?, place(&term.copy, 1)?];
        let mut sides: Vec<(usize, bool)> = places.iter().flatten().map(|p| (p.plane, p.scale.is_negative())).collect();
        let mut apart = BigRational::zero();
        if let [Some(first), Some(second)] = &places {
            let difference =
                [(second.scale.clone(), &self.planes[second.plane]), (-&first.scale, &self.planes[first.plane])];
            let difference = combine(&difference, BigRational::zero(), self.inputs())?;
            apart = Interval::unit().largest(&difference);
            if apart.is_zero() {
                sides.pop();
            }
        }
        if sides.is_empty() {
            return Err(Refusal::Malformed(format!("term {k} has no plane at all")));
        }
        let side = |&(plane, negated): &(usize, bool)| {
            Interval::unit().side(&self.planes[plane]).map(|above| above != negated)
        };
        let all: Vec<Option<bool>> = sides.iter().map(side).collect();
        let same = |above: bool| all.iter().all(|side| *side == Some(above));
        let fixed = if same(true) { Some(Known::Above) } else { same(false).then_some(Known::Below) };
        Ok(Pair { places, sides, apart, fixed })
    }

    /// Errors unless every plane that bends a network over the cube is in exactly one term of it.
    fn covers(&self) -> Result<(), Refusal> {
        for side in 0..2 {
            let mut covered = vec![false; self.planes.len()];
            for placed in self.pairs.iter().filter_map(|pair| pair.places[side].as_ref()) {
                if std::mem::replace(&mut covered[placed.plane], true) {
                    let what = format!("plane {} is in two terms of the {}", placed.plane, name(side));
                    return Err(Refusal::Malformed(what));
                }
            }
            for output in 0..self.networks[0].output.len() {
                let (kinks, _, _) = self.parts(side, output);
                // A plane that is 0 all over the cube bends nothing.
                let missing = |g: &usize| !covered[*g] && !kinks[*g].is_zero() && !self.planes[*g].are_zero();
                if let Some(plane) = (0..kinks.len()).find(missing) {
                    return Err(Refusal::False(format!("plane {plane} bends the {} and is in no term", name(side))));
                }
            }
        }
        Ok(())
    }

    /// `K_g`, `½·Σ a_u·s_u` for each plane, and the constant. Exact.
    fn parts(&self, side: usize, output: usize) -> (Vec<BigRational>, Vec<BigRational>, BigRational) {
        let network = self.networks[side];
        let places = if side == 0 { &self.layout.victim } else { &self.layout.copy };
        let two = BigRational::from_integer(BigInt::from(2));
        let mut kinks = vec![BigRational::zero(); self.planes.len()];
        let mut factors = kinks.clone();
        let mut constant = network.output_bias[output].clone();
        for (unit, (placed, a)) in places.iter().zip(&network.output[output]).enumerate() {
            match placed {
                Some(placed) => {
                    kinks[placed.plane] += a * placed.scale.abs() / &two;
                    factors[placed.plane] += a * &placed.scale / &two;
                }
                None => {
                    let bias = network.rows[unit].get(network.inputs);
                    if bias.is_positive() {
                        constant += a * bias;
                    }
                }
            }
        }
        (kinks, factors, constant)
    }

    /// Inputs.
    pub(crate) fn inputs(&self) -> usize {
        self.networks[0].inputs
    }

    /// `D` at an output.
    ///
    /// Errors: [`Refusal::Malformed`] where numbers outgrow the limits.
    pub(crate) fn objective(&self, output: usize) -> Result<Objective, Refusal> {
        let (kinks, factors, constant) = self.parts(0, output);
        let (copied, others, last) = self.parts(1, output);
        let differences: Vec<BigRational> = others.iter().zip(&factors).map(|(g, f)| g - f).collect();
        let affine: Vec<(BigRational, &Fractions)> =
            differences.into_iter().zip(&self.planes).filter(|(factor, _)| !factor.is_zero()).collect();
        let affine = combine(&affine, last - constant, self.inputs())?;
        let term = |pair: &Pair| {
            // κ·z = (K/|t|)·t·Z = ±K·Z.
            let side = |placed: &Option<Placed>, kinks: &[BigRational]| {
                placed.as_ref().map_or((BigRational::zero(), BigRational::zero()), |p| {
                    let kink = &kinks[p.plane];
                    (kink / p.scale.abs(), if p.scale.is_negative() { -kink } else { kink.clone() })
                })
            };
            let ((first, from), (second, to)) = (side(&pair.places[0], &kinks), side(&pair.places[1], &copied));
            let row =
                |placed: &Option<Placed>, factor: BigRational| placed.as_ref().map(|p| (factor, &self.planes[p.plane]));
            let both = |from: BigRational| {
                let rows: Vec<_> =
                    [row(&pair.places[1], to.clone()), row(&pair.places[0], from)].into_iter().flatten().collect();
                combine(&rows, BigRational::zero(), self.inputs())
            };
            let (agree, part) = (both(-&from)?, (pair.sides.len() > 1).then(|| both(from)).transpose()?);
            let slack = (second - first).abs() * &pair.apart * BigRational::from_integer(BigInt::from(2));
            let slack = ceiling(&slack, SLACK);
            let reach = Interval::unit().largest(&agree) + &slack;
            Ok(Affines { agree, part, slack, reach })
        };
        Ok(Objective { affine, terms: self.pairs.iter().map(term).collect::<Result<_, Refusal>>()? })
    }
}
