//! Equality on all of ℝ^d, or an input at which the functions differ.

use super::outcome::{Scale, Witness};
use crate::linalg::Matrix;
use crate::net::{self, Affine, Canonical, Draw, Network, Sameness, Shallow, same};
use crate::num::{BigRational, Exact, Num, Rational, Scalar};

/// Points tried on a hyperplane, or anywhere.
const TRIES: usize = 64;

/// Two networks as functions on ℝ^d.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal up to this scale, by canonical forms in both exact backends.
    Equal {
        /// What the copy's output is multiplied by.
        scale: Rational,
    },
    /// Not equal; with a free scale, for no scale.
    Different {
        /// The first difference of the canonical forms, in words.
        what: String,
        /// What the copy's output was multiplied by.
        scale: Rational,
        /// An input at which they differ at this scale.
        witness: Option<Witness>,
    },
    /// Neither was proved, which happens to networks with several hidden layers alone.
    Undecided {
        /// What differs between their normal forms, in words.
        what: String,
        /// What the copy's output was multiplied by.
        scale: Rational,
    },
}

/// Compares two networks with the same inputs and outputs on all of ℝ^d. Exact.
///
/// Theorem `Canonical.canonical_form`.
pub fn compare(victim: &Shallow<Rational>, copy: &Shallow<Rational>, scale: &Scale) -> Comparison {
    let (victim, copy) = (victim.map(|x| Num(x.clone())), copy.map(|x| Num(x.clone())));
    let first = Canonical::of(&victim);
    let scale = match scale {
        Scale::Fixed(scale) => scale.clone(),
        Scale::Free => ratio(&first, &Canonical::of(&copy)),
    };
    let scaled = scaled(&copy, &scale);
    let second = Canonical::of(&scaled);
    let pure = |network: &Shallow<Num<Rational>>| {
        Canonical::<BigRational>::of(&network.map(|x| Num(x.0.convert::<BigRational>())))
    };
    let what = match first.difference(&second) {
        Some(difference) => difference.to_string(),
        None if pure(&victim) == pure(&scaled) => return Comparison::Equal { scale },
        None => "the two exact backends disagree, a defect of this program".to_owned(),
    };
    let witness = points(&first, &second).map(|input| {
        let (victim, copy) = (values(&victim, &input), values(&copy, &input));
        Witness { input, victim, copy }
    });
    let differs = |w: &Witness| (0..w.victim.len()).any(|o| w.difference(o, &scale) > Rational::default());
    let witness = witness.into_iter().find(differs);
    Comparison::Different { what, scale, witness }
}

/// Compares two ReLU networks of any depth with the same inputs and outputs on all of ℝ^d, the copy's output multiplied
/// by a positive `scale`. Exact.
///
/// Errors: a network of that scale that is too large.
pub fn compare_layered(
    victim: &Network<Rational>,
    copy: &Network<Rational>,
    scale: &Rational,
) -> Result<Comparison, net::Error> {
    let scale = scale.clone();
    Ok(match same(&scaled_network(copy, &scale)?, victim) {
        Sameness::Equal => Comparison::Equal { scale },
        Sameness::Undecided(what) => Comparison::Undecided { what, scale },
        Sameness::Different { what, point } => {
            let values = |network: &Network<Rational>, x: &[Num<Rational>]| -> Vec<Rational> {
                network.map(|w| Num(w.clone())).forward(x, ()).into_iter().map(|y| y.0).collect()
            };
            let witness = point.map(|input| {
                let x: Vec<_> = input.iter().cloned().map(Num).collect();
                Witness { victim: values(victim, &x), copy: values(copy, &x), input }
            });
            Comparison::Different { what, scale, witness }
        }
    })
}

/// The network with its outputs multiplied.
pub(super) fn scaled_network(network: &Network<Rational>, scale: &Rational) -> Result<Network<Rational>, net::Error> {
    let last = network.hidden_layers();
    let layer = |(index, layer): (usize, &Affine<Rational>)| {
        let times = |x: &Rational| if index == last { x.mul(scale) } else { x.clone() };
        let weights = Matrix::from_fn(layer.units(), layer.inputs(), |i, j| times(&layer.weights()[(i, j)]));
        Affine::new(weights, layer.bias().iter().map(times).collect())
    };
    Network::new(network.layers().iter().enumerate().map(layer).collect::<Result<_, _>>()?)
}

/// `f(x)`, `[outputs]`; exact.
fn values(network: &Shallow<Num<Rational>>, x: &[Rational]) -> Vec<Rational> {
    let x: Vec<_> = x.iter().map(|x| Num(x.clone())).collect();
    network.forward(&x, ()).into_iter().map(|y| y.0).collect()
}

/// The network with its outputs multiplied.
fn scaled(network: &Shallow<Num<Rational>>, scale: &Rational) -> Shallow<Num<Rational>> {
    let hidden = (network.shape().inputs + 1) * network.shape().hidden;
    let mut index = 0;
    // Parameters come as A0, b0, A1, b1.
    network.map(|x| {
        index += 1;
        if index > hidden { Num(x.0.mul(scale)) } else { x.clone() }
    })
}

/// The one scale at which the forms can be equal; 1 where no number decides it.
fn ratio(victim: &Canonical<Rational>, copy: &Canonical<Rational>) -> Rational {
    fn numbers(form: &Canonical<Rational>) -> impl Iterator<Item = &Rational> {
        let (slope, offset) = form.affine();
        form.kinks().iter().flat_map(|kink| &kink.strength).chain(slope.entries()).chain(offset)
    }
    let mut pairs = numbers(victim).zip(numbers(copy));
    let found = pairs.find(|(f, g)| **f != Rational::default() && **g != Rational::default());
    let scale = found.and_then(|(f, g)| f.div(g)).filter(|scale| *scale > Rational::default());
    scale.unwrap_or_else(|| Rational::integer(1))
}

/// Inputs at some of which different functions differ: on every hyperplane and close by, and anywhere.
///
/// A function that is zero on both sides of a hyperplane and on it has no kink there; one that is zero
/// on `d + 1` points in general position, and has no kink, is zero.
fn points(first: &Canonical<Rational>, second: &Canonical<Rational>) -> impl Iterator<Item = Vec<Rational>> {
    let planes: Vec<(Vec<Rational>, Rational)> =
        (first.kinks().iter().chain(second.kinks())).map(|kink| (kink.row.clone(), kink.bias.clone())).collect();
    let inputs = first.affine().0.columns();
    let mut draw = Draw::new(0, "points of difference");
    let mut point = move || -> Vec<Rational> { (0..inputs).map(|_| Rational::lift(draw.dyadic(12), ())).collect() };
    let mut found = Vec::new();
    for (row, bias) in &planes {
        let Some(lead) = row.iter().position(|w| *w != Rational::default()) else { continue };
        for _ in 0..TRIES {
            // The first non-zero entry of a canonical row is 1.
            let mut x = point();
            x[lead] = x[lead].sub(&value(row, bias, &x));
            let others = planes.iter().filter(|plane| (&plane.0, &plane.1) != (row, bias));
            let reach = |(w, b): &(Vec<Rational>, Rational)| {
                let (distance, slope) = (value(w, b, &x).magnitude(), w[lead].magnitude());
                if slope == Rational::default() { Some(Rational::integer(1)) } else { distance.div(&slope) }
            };
            let step = others.filter_map(reach).min().unwrap_or_else(|| Rational::integer(1));
            if step > Rational::default() {
                let step = step.mul(&Rational::power_of_two(-1));
                let moved = |by: &Rational| {
                    let mut y = x.clone();
                    y[lead] = y[lead].add(by);
                    y
                };
                found.extend([moved(&step), moved(&step.neg()), x.clone()]);
                break;
            }
        }
    }
    found.extend((0..=inputs + TRIES).map(|_| point()));
    found.into_iter()
}

fn value(row: &[Rational], bias: &Rational, x: &[Rational]) -> Rational {
    row.iter().zip(x).fold(bias.clone(), |sum, (w, x)| sum.add(&w.mul(x)))
}
