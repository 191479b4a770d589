//! The statements of a run, derived again.

use crate::measure::{Layout, Measure, measure};
use crate::network::Network;
use crate::number::{Interval, parse};
use crate::record::{BoxBound, Certificate, Equality, Matching, Owner, Weights};
use crate::refusal::Refusal;
use num_rational::BigRational;

/// A certificate that holds: what was derived.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The victim's `inputs-hidden-outputs`.
    pub shape: String,
    /// Equality on all of ℝ^d, where it is stated.
    pub equality: Option<EqualityShown>,
    /// The bound on a box, where it is stated.
    pub near: Option<BoxShown>,
    /// The victim.
    pub victim: Network,
}

/// An equality that holds.
#[derive(Clone, Debug)]
pub struct EqualityShown {
    /// What it rests on.
    pub sizes: Sizes,
    /// The copy.
    pub copy: Network,
    /// Where its units and the victim's lie.
    pub layout: Layout,
}

/// A bound that holds.
#[derive(Clone, Debug)]
pub struct BoxShown {
    /// What it rests on.
    pub sizes: Sizes,
    /// Ends of every coordinate's interval.
    pub interval: (BigRational, BigRational),
    /// The bounds, `[outputs]`.
    pub bounds: Vec<BigRational>,
    /// The copy.
    pub copy: Network,
    /// Where its units and the victim's lie.
    pub layout: Layout,
}

/// Sizes of a matching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The copy's `inputs-hidden-outputs`.
    pub copy: String,
    /// Planes.
    pub planes: usize,
    /// Units of both networks that lie on a plane.
    pub placed: usize,
    /// Those of them with a negative factor.
    pub flipped: usize,
    /// Units of both networks whose rows are zero.
    pub zero: usize,
}

/// Derives every statement of a certificate again.
///
/// `Ok` if and only if all of them hold for the networks that it contains. Exact.
/// Errors: [`Refusal`].
pub fn check(certificate: &Certificate) -> Result<Checked, Refusal> {
    let Certificate { victim, equality, near, .. } = certificate;
    if equality.is_none() && near.is_none() {
        return Err(Refusal::Malformed("it states nothing".to_owned()));
    }
    if !is_hash(&victim.sha256) {
        return Err(Refusal::Malformed("the victim's SHA-256 is not 64 hexadecimal digits".to_owned()));
    }
    let victim = Network::parse(&victim.network, "victim")?;
    let equality = equality.as_ref().map(|stated| equal(&victim, stated)).transpose()?;
    let near = near.as_ref().map(|stated| bounded(&victim, stated)).transpose()?;
    Ok(Checked { shape: victim.shape(), equality, near, victim })
}

pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}

/// Equality: no misfit, no difference of kinks, no difference of affine parts.
fn equal(victim: &Network, stated: &Equality) -> Result<EqualityShown, Refusal> {
    let (copy, layout) = sides(victim, &stated.copy, &stated.matching, "the equal copy")?;
    match unequal(&measure(victim, &copy, &layout, None)?) {
        Some(what) => Err(Refusal::False(format!("equality: {what}"))),
        None => Ok(EqualityShown { sizes: sizes(&copy, &layout), copy, layout }),
    }
}

/// What tells two networks apart, in words; `None` where nothing does.
pub(crate) fn unequal(measure: &Measure) -> Option<String> {
    let Measure { misfits, kinks, affine, .. } = measure;
    if let Some((owner, unit)) = misfits.first() {
        let owner = if *owner == Owner::Victim { "victim" } else { "copy" };
        return Some(format!("unit {unit} of the {owner} is not its factor times its plane"));
    }
    if let Some((plane, output)) = kinks.first() {
        return Some(format!("the kinks on plane {plane} differ at output {output}"));
    }
    affine.first().map(|output| format!("the affine parts differ at output {output}"))
}

/// A bound: the one stated is the one derived, output by output.
fn bounded(victim: &Network, stated: &BoxBound) -> Result<BoxShown, Refusal> {
    let (copy, layout) = sides(victim, &stated.copy, &stated.matching, "the near copy")?;
    let end = |text: &str, name: &str| parse(text, || format!("{name} end of the box"));
    let (lower, upper) = (end(&stated.lower, "lower")?, end(&stated.upper, "upper")?);
    let empty = || Refusal::Malformed(format!("the box [{lower}, {upper}] is empty"));
    let interval = Interval::new(&lower, &upper).ok_or_else(empty)?;
    let bound = |(o, text): (usize, &String)| parse(text, || format!("bound of output {o}"));
    let bounds = stated.bounds.iter().enumerate().map(bound).collect::<Result<Vec<_>, _>>()?;
    if bounds.len() != victim.output.len() {
        let (found, expected) = (bounds.len(), victim.output.len());
        return Err(Refusal::Malformed(format!("{found} bounds for {expected} outputs")));
    }
    let derived = measure(victim, &copy, &layout, Some(&interval))?.bounds;
    if let Some(output) = (0..bounds.len()).find(|&o| bounds[o] != derived[o]) {
        let side = if bounds[output] < derived[output] { "less" } else { "more" };
        let what = format!("box: the bound of output {output} is {side} than what the networks give");
        return Err(Refusal::False(what));
    }
    Ok(BoxShown { sizes: sizes(&copy, &layout), interval: (lower, upper), bounds, copy, layout })
}

pub(crate) fn sides(
    victim: &Network,
    copy: &Weights,
    matching: &Matching,
    name: &str,
) -> Result<(Network, Layout), Refusal> {
    let copy = Network::parse(copy, name)?;
    if (copy.inputs, copy.output.len()) != (victim.inputs, victim.output.len()) {
        let (found, expected) = (copy.shape(), victim.shape());
        return Err(Refusal::Malformed(format!("{name} is {found}, the victim {expected}")));
    }
    let layout = Layout::parse(matching, victim, &copy)?;
    Ok((copy, layout))
}

pub(crate) fn sizes(copy: &Network, layout: &Layout) -> Sizes {
    let units = || layout.victim.iter().chain(&layout.copy);
    let placed = units().flatten().count();
    Sizes {
        copy: copy.shape(),
        planes: layout.planes.len(),
        placed,
        flipped: units().flatten().filter(|p| p.scale.numer().sign() == num_bigint::Sign::Minus).count(),
        zero: units().count() - placed,
    }
}
