//! The statements of an audit, derived again.

use crate::audit_record::{AtLeast, AtMost, AuditCertificate, Cell};
use crate::cells::Output;
use crate::check::{Sizes, is_hash, sizes, unequal};
use crate::claim::{self, ClaimChecked, DIFFERENT, EQUAL, StatedClaim};
use crate::cube::Cube;
use crate::measure::{Layout, Measure, measure};
use crate::network::Network;
use crate::number::{Fractions, parse};
use crate::record::Matching;
use crate::refusal::Refusal;
use crate::terms::Setting;
use num_rational::BigRational;
use num_traits::{Signed as _, Zero as _};

/// An audit's certificate that holds: what was derived.
#[derive(Clone, Debug)]
pub struct AuditChecked {
    /// `inputs-hidden-outputs` of the victim and of the copy.
    pub shapes: [String; 2],
    /// What the copy's outputs are multiplied by.
    pub scale: BigRational,
    /// Equality on all of ℝ^d, where it is stated: what it rests on.
    pub equality: Option<Sizes>,
    /// The bound from below, where it is stated.
    pub at_least: Option<BigRational>,
    /// The bounds from above, `[outputs]`, where they are stated, and the cells that they rest on.
    pub at_most: Option<(Vec<BigRational>, usize)>,
    /// The claim and what the bounds say of it, where one is made.
    pub claim: Option<ClaimChecked>,
    pub(crate) networks: [Network; 2],
    /// Whether the bounds are about a box.
    bounded: bool,
}

impl AuditChecked {
    /// The answer, in the words of the audit.
    pub fn sentence(&self) -> String {
        match (&self.equality, self.bounded) {
            (Some(_), _) => EQUAL.to_owned(),
            (None, false) => DIFFERENT.to_owned(),
            (None, true) => {
                let upper = self.at_most.as_ref().and_then(|(bounds, _)| bounds.iter().max());
                claim::answer(self.claim.as_ref(), self.at_least.as_ref(), upper)
            }
        }
    }
}

/// Derives every statement of an audit's certificate again.
///
/// `Ok` if and only if all of them hold for the networks that it contains. Exact. Errors: [`Refusal`].
pub fn check_audit(certificate: &AuditCertificate) -> Result<AuditChecked, Refusal> {
    let AuditCertificate { equality, domain, at_least, at_most, .. } = certificate;
    let malformed = |what: &str| Err(Refusal::Malformed(what.to_owned()));
    if equality.is_none() && at_least.is_none() && at_most.is_none() {
        return malformed("it states nothing");
    }
    if !is_hash(&certificate.victim.sha256) || !is_hash(&certificate.copy.sha256) {
        return malformed("a SHA-256 is not 64 hexadecimal digits");
    }
    let Parties { victim, copy, scaled, scale } = Parties::parse(certificate)?;
    if scale.is_zero() && (equality.is_some() || at_most.is_none()) {
        return malformed("the scale is 0");
    }
    let cube = domain.as_ref().map(|ends| Cube::parse(ends, victim.inputs)).transpose()?;
    let equality = equality.as_ref().map(|matching| equal(&victim, &scaled, matching)).transpose()?;
    let at_least =
        at_least.as_ref().map(|stated| reached(&victim, &copy, &scale, cube.as_ref(), stated)).transpose()?;
    let at_most = match (at_most, &cube) {
        (None, _) => None,
        (Some(stated), Some(cube)) => Some(bounded(&victim, &scaled, cube, stated)?),
        (Some(_), None) => return malformed("a bound from above is stated without a box"),
    };
    let upper = at_most.as_ref().and_then(|(bounds, _)| bounds.iter().max());
    let claim = claim::checked(stated_claim(certificate)?, at_least.as_ref(), upper)?;
    let shapes = [victim.shape(), copy.shape()];
    let bounded = domain.is_some();
    Ok(AuditChecked { claim, bounded, shapes, scale, equality, at_least, at_most, networks: [victim, copy] })
}

/// The claim, which is one about a box.
fn stated_claim(certificate: &AuditCertificate) -> Result<Option<&StatedClaim>, Refusal> {
    match (&certificate.claim, &certificate.domain) {
        (Some(_), None) => Err(Refusal::Malformed("a claim is made without a box".to_owned())),
        (claim, _) => Ok(claim.as_ref()),
    }
}

/// The networks of a certificate.
pub(crate) struct Parties {
    pub(crate) victim: Network,
    pub(crate) copy: Network,
    /// The copy with its outputs multiplied.
    pub(crate) scaled: Network,
    pub(crate) scale: BigRational,
}

impl Parties {
    /// Errors: [`Refusal::Malformed`].
    pub(crate) fn parse(certificate: &AuditCertificate) -> Result<Self, Refusal> {
        let victim = Network::parse(&certificate.victim.network, "victim")?;
        let copy = Network::parse(&certificate.copy.network, "copy")?;
        if (copy.inputs, copy.output.len()) != (victim.inputs, victim.output.len()) {
            let (found, expected) = (copy.shape(), victim.shape());
            return Err(Refusal::Malformed(format!("the copy is {found}, the victim {expected}")));
        }
        let scale = parse(&certificate.scale, || "scale".to_owned())?;
        if scale.is_negative() {
            return Err(Refusal::Malformed("the scale is negative".to_owned()));
        }
        let scaled = copy.scaled(&scale);
        Ok(Self { victim, copy, scaled, scale })
    }
}

/// Equality: no misfit, no difference of kinks, no difference of affine parts.
fn equal(victim: &Network, scaled: &Network, matching: &Matching) -> Result<Sizes, Refusal> {
    let layout = Layout::parse(matching, victim, scaled)?;
    let found: Measure = measure(victim, scaled, &layout, None)?;
    match unequal(&found) {
        Some(what) => Err(Refusal::False(format!("equality: {what}"))),
        None => Ok(sizes(scaled, &layout)),
    }
}

/// A bound from below: the one stated is the one that the inputs show.
fn reached(
    victim: &Network,
    copy: &Network,
    scale: &BigRational,
    cube: Option<&Cube>,
    stated: &AtLeast,
) -> Result<BigRational, Refusal> {
    let bound = parse(&stated.bound, || "bound from below".to_owned())?;
    let derived = shown(victim, copy, scale, cube, stated)?;
    if derived != bound {
        let side = if bound < derived { "less" } else { "more" };
        return Err(Refusal::False(format!("at_least: the bound is {side} than what the inputs show")));
    }
    Ok(bound)
}

/// What inputs show: the largest difference at them; for every positive scale, the least such.
///
/// For a positive scale, at the scale `c` where differences turn: the difference `g·c' − f` of an output grows
/// with `c'`, `f − g·c'` falls, for `g ≥ 0`, and the other way round else. What a rising one is at `c` it is at
/// least at every `c' ≥ c`, what a falling one is at `c` it is at least at every `c' ≤ c`. The smaller of the
/// largest rising and the largest falling one is thus reached at every scale. Above `c = 0` all is rising.
pub(crate) fn shown(
    victim: &Network,
    copy: &Network,
    scale: &BigRational,
    cube: Option<&Cube>,
    stated: &AtLeast,
) -> Result<BigRational, Refusal> {
    let turn = stated.turn.as_ref().map(|text| parse(text, || "scale at which they turn".to_owned())).transpose()?;
    if turn.as_ref().is_some_and(BigRational::is_negative) {
        return Err(Refusal::Malformed("the scale at which they turn is negative".to_owned()));
    }
    let at = turn.as_ref().unwrap_or(scale);
    let (mut rising, mut falling) = (BigRational::zero(), BigRational::zero());
    for (i, input) in stated.inputs.iter().enumerate() {
        let number = |(j, text): (usize, &String)| parse(text, || format!("input {i}, entry {j}"));
        let x = input.iter().enumerate().map(number).collect::<Result<Vec<_>, _>>()?;
        if x.len() != victim.inputs {
            let (found, expected) = (x.len(), victim.inputs);
            return Err(Refusal::Malformed(format!(
                "input {i} has {found} entries; the networks have {expected} inputs"
            )));
        }
        if cube.is_some_and(|cube| !cube.contains(&x)) {
            return Err(Refusal::False(format!("at_least: input {i} is outside the box")));
        }
        let x = Fractions::new(&x)?;
        for (f, g) in victim.value(&x).into_iter().zip(copy.value(&x)) {
            let difference = &g * at - f;
            // ±(g·c − f): of the two signs, the one with which g is not negative rises.
            let rises = if g.is_negative() { -difference } else { difference };
            falling = falling.max(-&rises);
            if g.is_zero() {
                // Constant: as good on both sides.
                (rising, falling) = (rising.max(rises.abs()), falling.max(rises.abs()));
            } else {
                rising = rising.max(rises);
            }
        }
    }
    Ok(match turn {
        None => rising.max(falling),
        Some(turn) if turn.is_zero() => rising,
        Some(_) => rising.min(falling),
    })
}

/// Bounds from above: the ones stated are the ones derived, output by output.
fn bounded(
    victim: &Network,
    scaled: &Network,
    cube: &Cube,
    stated: &AtMost,
) -> Result<(Vec<BigRational>, usize), Refusal> {
    let layout = Layout::parse(&stated.matching, victim, scaled)?;
    let setting = Setting::new([victim, scaled], &layout, &stated.terms, cube)?;
    if stated.outputs.len() != victim.output.len() {
        let (found, expected) = (stated.outputs.len(), victim.output.len());
        return Err(Refusal::Malformed(format!("{found} bounds from above for {expected} outputs")));
    }
    let mut bounds = Vec::with_capacity(stated.outputs.len());
    let mut leaves = 0;
    for (o, proof) in stated.outputs.iter().enumerate() {
        let bound = parse(&proof.bound, || format!("bound from above of output {o}"))?;
        let output = Output::new(&setting, o)?;
        let derived = output.bound(&proof.above, false)?.max(output.bound(&proof.below, true)?);
        if derived != bound {
            let side = if bound < derived { "less" } else { "more" };
            return Err(Refusal::False(format!("at_most: the bound of output {o} is {side} than what the cells give")));
        }
        leaves += proof.above.iter().chain(&proof.below).filter(|cell| matches!(cell, Cell::Leaf(_))).count();
        bounds.push(bound);
    }
    Ok((bounds, leaves))
}

impl Network {
    /// The network with its outputs multiplied. Exact.
    fn scaled(&self, scale: &BigRational) -> Self {
        let times = |values: &[BigRational]| values.iter().map(|a| a * scale).collect::<Vec<_>>();
        let output = self.output.iter().map(|row| times(row)).collect();
        Self { output, output_bias: times(&self.output_bias), ..self.clone() }
    }

    /// `f(x)`, `[outputs]`; `x`: `[inputs]`. Exact.
    fn value(&self, x: &Fractions) -> Vec<BigRational> {
        let one = |row: &Fractions| {
            let bias = row.over.last().cloned().unwrap_or_default() * &x.denominator;
            let sum = row.over.iter().zip(&x.over).fold(bias, |sum, (w, x)| sum + w * x);
            sum.is_positive().then(|| BigRational::new(sum, &row.denominator * &x.denominator))
        };
        let active: Vec<Option<BigRational>> = self.rows.iter().map(one).collect();
        let output = |(row, bias): (&Vec<BigRational>, &BigRational)| {
            let units = row.iter().zip(&active).filter_map(|(a, z)| Some((a, z.as_ref()?)));
            units.fold(bias.clone(), |sum, (a, z)| sum + a * z)
        };
        self.output.iter().zip(&self.output_bias).map(output).collect()
    }
}
