//! The statements of an audit of deep networks, derived again.

use crate::check::is_hash;
use crate::claim::{self, ClaimChecked};
use crate::cube::Cube;
use crate::deep_network::{Deep, paired, short};
use crate::deep_pass::Twins;
use crate::deep_planes::Range;
use crate::deep_record::{Covered, DeepCertificate, Reached};
use crate::number::parse;
use crate::refusal::Refusal;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One as _, Signed as _, Zero as _};
use std::num::NonZero;

/// Binary places of values, at least and at most: a part of the cube is halved less often than that.
const PLACES: (u32, u32) = (8, 72);

/// A certificate of an audit of deep networks that holds: what was derived.
#[derive(Clone, Debug)]
pub struct DeepChecked {
    /// Sizes of the layers of the victim and of the copy.
    pub shapes: [String; 2],
    /// What the copy's outputs are multiplied by.
    pub scale: BigRational,
    /// The bound from below, where it is stated.
    pub at_least: Option<BigRational>,
    /// The bounds from above, `[outputs]`, where they are stated, and the parts of the box that they rest on.
    pub at_most: Option<(Vec<BigRational>, usize)>,
    /// The claim and what the bounds say of it, where one is made.
    pub claim: Option<ClaimChecked>,
    pub(crate) networks: [Deep; 2],
}

impl DeepChecked {
    /// The answer, in the words of the audit.
    pub fn sentence(&self) -> String {
        let upper = self.at_most.as_ref().and_then(|(bounds, _)| bounds.iter().max());
        claim::answer(self.claim.as_ref(), self.at_least.as_ref(), upper)
    }
}

/// Derives every statement of a certificate of an audit of deep networks again.
///
/// `Ok` if and only if all of them hold for the networks that it contains. Errors: [`Refusal`].
pub fn check_deep(certificate: &DeepCertificate) -> Result<DeepChecked, Refusal> {
    let DeepCertificate { at_least, at_most, .. } = certificate;
    if at_least.is_none() && at_most.is_none() {
        return Err(Refusal::Malformed("it states nothing".to_owned()));
    }
    let parties = DeepParties::parse(certificate)?;
    let at_least = at_least.as_ref().map(|stated| reached(&parties, stated)).transpose()?;
    let at_most = at_most.as_ref().map(|stated| covered(&parties, stated)).transpose()?;
    let DeepParties { victim, copy, scale, .. } = parties;
    let upper = at_most.as_ref().and_then(|(bounds, _)| bounds.iter().max());
    let claim = claim::checked(certificate.claim.as_ref(), at_least.as_ref(), upper)?;
    let shapes = [victim.shape(), copy.shape()];
    Ok(DeepChecked { claim, shapes, scale, at_least, at_most, networks: [victim, copy] })
}

/// The networks of a certificate, and its box.
pub(crate) struct DeepParties {
    victim: Deep,
    copy: Deep,
    scale: BigRational,
    cube: Cube,
    /// The inputs that vary.
    free: Vec<usize>,
}

impl DeepParties {
    /// Errors: [`Refusal::Malformed`].
    pub(crate) fn parse(certificate: &DeepCertificate) -> Result<Self, Refusal> {
        if !is_hash(&certificate.victim.sha256) || !is_hash(&certificate.copy.sha256) {
            return Err(Refusal::Malformed("a SHA-256 is not 64 hexadecimal digits".to_owned()));
        }
        let victim = Deep::parse(&certificate.victim.layers, "victim")?;
        let copy = Deep::parse(&certificate.copy.layers, "copy")?;
        short(&victim)?;
        short(&copy)?;
        if (copy.inputs, copy.outputs()) != (victim.inputs, victim.outputs()) {
            let (found, expected) = (copy.shape(), victim.shape());
            return Err(Refusal::Malformed(format!("the copy is {found}, the victim {expected}")));
        }
        let scale = parse(&certificate.scale, || "scale".to_owned())?;
        if !scale.is_positive() {
            return Err(Refusal::Malformed("the scale is not positive".to_owned()));
        }
        let cube = Cube::parse(&certificate.domain, victim.inputs)?;
        let free = (0..victim.inputs).filter(|j| cube.varies(*j)).collect();
        Ok(Self { victim, copy, scale, cube, free })
    }
}

/// A bound from below: the one stated is the one that the inputs show.
fn reached(parties: &DeepParties, stated: &Reached) -> Result<BigRational, Refusal> {
    let bound = parse(&stated.bound, || "bound from below".to_owned())?;
    let derived = shown_deep(parties, &stated.inputs)?;
    if derived != bound {
        let side = if bound < derived { "less" } else { "more" };
        return Err(Refusal::False(format!("at_least: the bound is {side} than what the inputs show")));
    }
    Ok(bound)
}

/// The largest difference at the inputs.
pub(crate) fn shown_deep(parties: &DeepParties, inputs: &[Vec<String>]) -> Result<BigRational, Refusal> {
    let mut most = BigRational::zero();
    if inputs.is_empty() {
        return Err(Refusal::Malformed("a bound from below without inputs".to_owned()));
    }
    for (i, input) in inputs.iter().enumerate() {
        let number = |(j, text): (usize, &String)| parse(text, || format!("input {i}, entry {j}"));
        let x = input.iter().enumerate().map(number).collect::<Result<Vec<_>, _>>()?;
        if x.len() != parties.victim.inputs {
            return Err(Refusal::Malformed(format!("input {i} has {} entries", x.len())));
        }
        if !parties.cube.contains(&x) {
            return Err(Refusal::False(format!("at_least: input {i} is outside the box")));
        }
        for (f, g) in parties.victim.value(&x)?.into_iter().zip(parties.copy.value(&x)?) {
            most = most.max((g * &parties.scale - f).abs());
        }
    }
    Ok(most)
}

/// Bounds from above: the ones stated are the ones derived, output by output.
fn covered(parties: &DeepParties, stated: &Covered) -> Result<(Vec<BigRational>, usize), Refusal> {
    let derived = derived_deep(parties, stated)?;
    if stated.bounds.len() != derived.len() {
        let (found, expected) = (stated.bounds.len(), derived.len());
        return Err(Refusal::Malformed(format!("{found} bounds from above for {expected} outputs")));
    }
    for (o, (text, derived)) in stated.bounds.iter().zip(&derived).enumerate() {
        let bound = parse(text, || format!("bound from above of output {o}"))?;
        if bound != *derived {
            let side = if bound < *derived { "less" } else { "more" };
            return Err(Refusal::False(format!("at_most: the bound of output {o} is {side} than what the parts give")));
        }
    }
    Ok((derived, stated.parts.iter().filter(|part| part.is_none()).count()))
}

/// What the parts of the box prove, `[outputs]`.
pub(crate) fn derived_deep(parties: &DeepParties, stated: &Covered) -> Result<Vec<BigRational>, Refusal> {
    let places = stated.places;
    if !(PLACES.0..=PLACES.1).contains(&places) {
        return Err(Refusal::Malformed(format!("{places} binary places: from {} to {}", PLACES.0, PLACES.1)));
    }
    let scaled = parties.copy.clone().scaled(&parties.scale);
    let pair = paired(parties.victim.clone(), scaled, &stated.pairs)?;
    let twins = Twins::new(&pair, &parties.cube, &parties.free, places, stated.apart)?;
    // The parts are spread over threads; each walks the whole tree, and bounds its share. The largest bound does not
    // depend on how.
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let found: Vec<Result<Vec<i128>, Refusal>> = std::thread::scope(|scope| {
        let one = |share: usize| {
            scope.spawn({
                let twins = &twins;
                move || walk(twins, parties, stated, share, threads)
            })
        };
        let all: Vec<_> = (0..threads).map(one).collect();
        let lost = || Err(Refusal::Malformed("a thread of this check ended before its time".to_owned()));
        all.into_iter().map(|thread| thread.join().unwrap_or_else(|_| lost())).collect()
    });
    let mut most = vec![0i128; parties.victim.outputs()];
    for bounds in found {
        most.iter_mut().zip(bounds?).for_each(|(most, bound)| *most = bound.max(*most));
    }
    let one = BigInt::one() << places;
    Ok(most.into_iter().map(|bound| BigRational::new(bound.into(), one.clone())).collect())
}

/// The largest bounds of a share of the parts: the tree in preorder, the lower half first.
fn walk(
    twins: &Twins,
    parties: &DeepParties,
    stated: &Covered,
    share: usize,
    threads: usize,
) -> Result<Vec<i128>, Refusal> {
    let mut most = vec![0i128; parties.victim.outputs()];
    let mut ends = twins.whole();
    // Halves that are still to come: where they begin to differ, and their ends there.
    let mut open: Vec<(usize, Range, usize, Vec<i128>)> = Vec::new();
    // Bounds of a part that the current one lies in, `[outputs]`.
    let mut above = vec![i128::MAX; most.len()];
    let mut inner = stated.inner.iter().peekable();
    // What was changed on the way down, to be undone.
    let mut path: Vec<(usize, Range)> = Vec::new();
    let mut leaves = 0;
    let least = |above: &[i128], bounds: Vec<i128>| -> Vec<i128> {
        above.iter().zip(bounds).map(|(above, bound)| bound.min(*above)).collect()
    };
    let mut parts = stated.parts.iter().enumerate();
    loop {
        match parts.next() {
            Some((at, Some(input))) => {
                if inner.next_if_eq(&&at).is_some() {
                    above = least(&above, twins.bounds(&ends)?);
                }
                let place = parties.free.iter().position(|free| free == input);
                let Some(place) = place else {
                    return Err(Refusal::Malformed(format!("a part is halved at input {input}, which does not vary")));
                };
                let before = ends[place];
                let sum = before.lower + before.upper;
                if sum % 2 != 0 || before.upper - before.lower < 2 {
                    return Err(Refusal::Malformed(format!("a part is halved at input {input} too often")));
                }
                open.push((place, Range { lower: sum / 2, upper: before.upper }, path.len(), above.clone()));
                path.push((place, before));
                ends[place].upper = sum / 2;
            }
            Some((_, None)) => {
                if leaves % threads == share {
                    let bounds = least(&above, twins.bounds(&ends)?);
                    most.iter_mut().zip(bounds).for_each(|(most, bound)| *most = bound.max(*most));
                }
                leaves += 1;
                let Some((place, upper, depth, inherited)) = open.pop() else { break };
                above = inherited;
                while path.len() > depth {
                    if let Some((place, before)) = path.pop() {
                        ends[place] = before;
                    }
                }
                path.push((place, ends[place]));
                ends[place] = upper;
            }
            None => return Err(Refusal::Malformed("parts of the box are missing".to_owned())),
        }
    }
    if inner.next().is_some() {
        return Err(Refusal::Malformed(
            "a part that is not halved, or out of order, is among the inner ones".to_owned(),
        ));
    }
    match parts.next() {
        Some(_) => Err(Refusal::Malformed("there are more parts than halves".to_owned())),
        None => Ok(most),
    }
}
