//! How far two networks are apart, as sums that vanish where they are equal: the theorem behind
//! both statements.
//!
//! Write a hidden unit as `z_u = s_u·Z_g + δ_u`, for a plane `Z_g` and an affine `δ_u`, any; a
//! unit of a row of zeros is the constant `b_u`. From `2·relu(z) = z + |z|`, for an output of
//! weights `a_u` and bias `c`:
//!
//! ```text
//! 2f(x) = Σ_g K_g·|Z_g(x)| + Σ_u a_u·(|z_u(x)| − |s_u·Z_g(x)|) + Σ_u a_u·z_u(x) + C
//! K_g = Σ_{u on g} a_u·|s_u|        C = 2c + Σ_{u of zeros} 2·a_u·relu(b_u)
//! ```
//!
//! With `K'`, `C'` of the copy, `||z_u| − |s_u·Z_g|| ≤ |δ_u|`, and the affine map
//! `A(x) = Σ a'_u·z'_u(x) − Σ a_u·z_u(x) + C' − C`, for all `x` of a box and `M(·)` the largest
//! magnitude over it, of an affine map exact:
//!
//! ```text
//! |f'(x) − f(x)| ≤ ½·( Σ_g |K'_g − K_g|·M(Z_g) + Σ_u |a_u|·M(δ_u) + M(A) ),  u over both networks
//! ```
//!
//! A plane on which no unit changes sign over the box bends nothing there: its units are affine,
//! `2·relu(z_u) = z_u + σ_u·z_u` with `σ_u = ±1`, and enter `A` alone, as `a_u·(1 + σ_u)·z_u`.
//!
//! Every misfit `δ_u` zero, `K' = K` and `A = 0` give `f' = f` on all of ℝ^d. Neither needs
//! the planes to be distinct, nor the factors to be the best ones: a poor choice makes the
//! bound larger, or the equality fail, and never a false statement pass.
//!
//! In Coq: `CanonCheck.canonical_check_sound` for equality; `Relu.sup_norm_bound` is the
//! box bound for units matched one to one.

use crate::network::Network;
use crate::number::{Fractions, Interval, parse};
use crate::record::{Matching, Owner, Place};
use crate::refusal::Refusal;
use num_bigint::BigInt;
use num_integer::Integer as _;
use num_rational::BigRational;
use num_traits::{Signed as _, Zero as _};

/// Where a unit lies, checked against the networks.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The plane.
    pub plane: usize,
    /// The factor `s_u`.
    pub scale: BigRational,
}

/// A matching whose indices point at something and whose numbers are numbers.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Owner and unit of each plane.
    pub planes: Vec<(Owner, usize)>,
    /// The victim's units; `None` where the row is zero.
    pub victim: Vec<Option<Placed>>,
    /// The copy's units; `None` where the row is zero.
    pub copy: Vec<Option<Placed>>,
}

impl Layout {
    /// Reads a matching of two networks.
    ///
    /// Errors: [`Refusal::Malformed`] where an index is out of range or a number none;
    /// [`Refusal::False`] where a unit is said to be zero and is not.
    pub(crate) fn parse(matching: &Matching, victim: &Network, copy: &Network) -> Result<Self, Refusal> {
        let planes: Vec<(Owner, usize)> = matching.planes.iter().map(|plane| (plane.of, plane.unit)).collect();
        let units = |owner: Owner| if owner == Owner::Victim { victim.rows.len() } else { copy.rows.len() };
        if let Some(index) = planes.iter().position(|&(owner, unit)| unit >= units(owner)) {
            return Err(Refusal::Malformed(format!("plane {index} is that of a unit that is not there")));
        }
        let side = |places: &[Option<Place>], network: &Network, name: &str| {
            if places.len() != network.rows.len() {
                let (found, expected) = (places.len(), network.rows.len());
                return Err(Refusal::Malformed(format!("{found} units of the {name} are placed; it has {expected}")));
            }
            let one = |(unit, place): (usize, &Option<Place>)| match place {
                Some(place) if place.plane >= planes.len() => {
                    Err(Refusal::Malformed(format!("unit {unit} of the {name} lies on a plane that is not there")))
                }
                Some(place) => {
                    let scale = parse(&place.scale, || format!("scale of unit {unit} of the {name}"))?;
                    Ok(Some(Placed { plane: place.plane, scale }))
                }
                None if network.rows[unit].over[..network.inputs].iter().all(BigInt::is_zero) => Ok(None),
                None => Err(Refusal::False(format!("unit {unit} of the {name} is no row of zeros"))),
            };
            places.iter().enumerate().map(one).collect::<Result<Vec<_>, _>>()
        };
        let (victim, copy) = (side(&matching.victim, victim, "victim")?, side(&matching.copy, copy, "copy")?);
        let mut used = vec![false; planes.len()];
        victim.iter().chain(&copy).flatten().for_each(|place| used[place.plane] = true);
        if let Some(plane) = used.iter().position(|used| !used) {
            return Err(Refusal::Malformed(format!("no unit lies on plane {plane}")));
        }
        Ok(Self { planes, victim, copy })
    }
}

/// Two networks, output by output.
pub(crate) struct Measure {
    /// Units that are not exactly on their planes: whose, and which.
    pub(crate) misfits: Vec<(Owner, usize)>,
    /// Planes at which the kinks differ, with the output.
    pub(crate) kinks: Vec<(usize, usize)>,
    /// Outputs at which the affine parts differ.
    pub(crate) affine: Vec<usize>,
    /// The bounds over the box, `[outputs]`.
    pub(crate) bounds: Vec<BigRational>,
}

/// One unit as the sums see it.
struct Unit<'a> {
    owner: Owner,
    index: usize,
    placed: Option<&'a Placed>,
    /// Whether it is active all over the box; `None` where it changes sign there.
    active: Option<bool>,
    /// `δ_u`, where it is not zero.
    misfit: Option<Fractions>,
}

/// Derives everything that tells the networks apart; without an `interval`, on all of ℝ^d, where
/// the bounds are of no account.
///
/// The networks have the same inputs and outputs. Errors: [`Refusal::Malformed`] where numbers
/// outgrow the limits.
pub(crate) fn measure(
    victim: &Network,
    copy: &Network,
    layout: &Layout,
    interval: Option<&Interval>,
) -> Result<Measure, Refusal> {
    let unit = Interval::unit();
    let over = interval.unwrap_or(&unit);
    let network = |owner| if owner == Owner::Victim { victim } else { copy };
    let planes: Vec<&Fractions> = layout.planes.iter().map(|&(owner, unit)| &network(owner).rows[unit]).collect();
    let sides = [(Owner::Victim, &layout.victim), (Owner::Copy, &layout.copy)];
    let units: Vec<Unit<'_>> = (sides.iter())
        .flat_map(|&(owner, places)| places.iter().enumerate().map(move |(index, place)| (owner, index, place)))
        .map(|(owner, index, place)| {
            let row = &network(owner).rows[index];
            let (placed, active) = (place.as_ref(), interval.and_then(|interval| interval.side(row)));
            Unit { owner, index, placed, active, misfit: placed.and_then(|p| misfit(row, planes[p.plane], &p.scale)) }
        })
        .collect();
    let mut bends = vec![false; planes.len()];
    units
        .iter()
        .filter(|unit| unit.active.is_none())
        .filter_map(|unit| unit.placed)
        .for_each(|p| bends[p.plane] = true);
    let largest: Vec<BigRational> = planes.iter().map(|plane| over.largest(plane)).collect();
    let misfits = units.iter().filter(|unit| unit.misfit.is_some()).map(|unit| (unit.owner, unit.index)).collect();
    let mut result = Measure { misfits, kinks: Vec::new(), affine: Vec::new(), bounds: Vec::new() };
    let sizes: Vec<Option<BigRational>> =
        units.iter().map(|unit| unit.misfit.as_ref().map(|delta| over.largest(delta))).collect();
    for o in 0..victim.output.len() {
        // K' − K, and the factor of Z_g in A: Σ a'·s' − Σ a·s.
        let mut kinks = vec![BigRational::zero(); planes.len()];
        let mut factors = vec![BigRational::zero(); planes.len()];
        let two = BigRational::from_integer(BigInt::from(2));
        let mut constant = (&copy.output_bias[o] - &victim.output_bias[o]) * &two;
        let mut bound = BigRational::zero();
        // A = Σ_g factor_g·Z_g + Σ_u ±a_u·δ_u + Σ_u ±a_u·(1 + σ_u)·z_u + C' − C.
        let mut terms: Vec<(BigRational, &Fractions)> = Vec::new();
        for (unit, size) in units.iter().zip(&sizes) {
            let network = network(unit.owner);
            let weight = &network.output[o][unit.index];
            let signed = if unit.owner == Owner::Copy { weight.clone() } else { -weight };
            match unit.placed {
                None => {
                    let bias = network.rows[unit.index].get(network.inputs);
                    if bias.is_positive() {
                        constant += signed * bias * &two;
                    }
                }
                Some(placed) if !bends[placed.plane] => {
                    if unit.active == Some(true) {
                        terms.push((signed * &two, &network.rows[unit.index]));
                    }
                }
                Some(placed) => {
                    kinks[placed.plane] += &signed * placed.scale.abs();
                    factors[placed.plane] += &signed * &placed.scale;
                    if let (Some(delta), Some(size)) = (&unit.misfit, size) {
                        // ||z_u| − |s_u·Z_g|| ≤ |δ_u| ≤ M(δ_u)
                        bound += weight.abs() * size;
                        terms.push((signed, delta));
                    }
                }
            }
        }
        for (g, kink) in kinks.iter().enumerate().filter(|(_, kink)| !kink.is_zero()) {
            result.kinks.push((g, o));
            // |K'_g − K_g|·|Z_g| ≤ |K'_g − K_g|·M(Z_g)
            bound += kink.abs() * &largest[g];
        }
        terms.extend(factors.into_iter().zip(planes.iter().copied()).filter(|(factor, _)| !factor.is_zero()));
        let affine = combine(&terms, constant, victim.inputs)?;
        if !affine.are_zero() {
            result.affine.push(o);
        }
        bound += over.largest(&affine);
        result.bounds.push(bound / two);
    }
    Ok(result)
}

/// `δ = row − s·plane`, `[inputs + 1]`; `None` where it is zero. Exact.
pub(crate) fn misfit(row: &Fractions, plane: &Fractions, scale: &BigRational) -> Option<Fractions> {
    // row/e − (p/q)·plane/E = (row·E·q − plane·e·p) / (e·E·q), each factor over what all three share.
    let mine = &plane.denominator * scale.denom();
    let other = &row.denominator * scale.numer();
    let denominator = &row.denominator * &mine;
    let shared = mine.gcd(&other).gcd(&denominator);
    let (mine, other) = (mine / &shared, other / &shared);
    let over: Vec<BigInt> = row.over.iter().zip(&plane.over).map(|(w, v)| w * &mine - v * &other).collect();
    let delta = Fractions { over, denominator: denominator / shared };
    (!delta.are_zero()).then_some(delta)
}

/// `Σ factor·affine`, the constant added to the bias: `[inputs + 1]`. Exact.
pub(crate) fn combine(
    terms: &[(BigRational, &Fractions)],
    constant: BigRational,
    inputs: usize,
) -> Result<Fractions, Refusal> {
    let over: Vec<BigRational> = terms.iter().map(|(factor, affine)| factor / &affine.denominator).collect();
    let mut all = over;
    all.push(constant);
    // One denominator for all factors, so that the long sums are of integers.
    let factors = Fractions::new(&all)?;
    let mut sums = vec![BigInt::zero(); inputs + 1];
    for (factor, (_, affine)) in factors.over.iter().zip(terms) {
        sums.iter_mut().zip(&affine.over).for_each(|(sum, w)| *sum += factor * w);
    }
    sums[inputs] += &factors.over[terms.len()];
    Ok(Fractions { over: sums, denominator: factors.denominator })
}
