//! From the networks of a run to its certificate.

use super::planes;
use crate::format;
use crate::net::{Activation, Shallow};
use crate::num::{Rational, Scalar};
use exactract_check::prove::derive_bounds;
use exactract_check::{
    Activation as Stated, BoxBound, Certificate, Equality, FORMAT, Refusal, Source, Victim, Weights, check,
};

/// The copies that a certificate can speak of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Copies<'a> {
    /// The exact run's network, where it is the victim on all of ℝ^d.
    pub equal: Option<&'a Shallow<Rational>>,
    /// The rounded run's network, where there is one.
    pub near: Option<&'a Shallow<Rational>>,
}

/// The certificate of a run; `None` where there is no copy to speak of.
///
/// `ends`: the interval of every coordinate of the box. What is returned has been accepted by
/// the checker. Errors: its [`Refusal`], of an equality that does not hold or an empty box.
pub fn emit(
    victim: &format::Victim,
    source: Source,
    copies: Copies<'_>,
    ends: &(Rational, Rational),
) -> Result<Option<Certificate>, Refusal> {
    let truth = victim.network.map(|&w| Rational::lift(w, ()));
    let network = weights(&truth);
    // Units are matched over ReLU units, as the checker writes all others.
    let truth = truth.relu_form();
    let equality = |copy: &Shallow<Rational>| Equality {
        copy: weights(copy),
        matching: planes::shared(&truth, &copy.relu_form()),
    };
    let near = |copy: &Shallow<Rational>| {
        let (copy, matching) = (weights(copy), planes::near(&truth, &copy.relu_form()));
        let (lower, upper) = (ends.0.to_string(), ends.1.to_string());
        let bounds = derive_bounds(&network, &copy, &matching, (&lower, &upper))?;
        let bounds = bounds.iter().map(ToString::to_string).collect();
        Ok(BoxBound { copy, matching, lower, upper, bounds })
    };
    let (equality, near) = (copies.equal.map(equality), copies.near.map(near).transpose()?);
    if equality.is_none() && near.is_none() {
        return Ok(None);
    }
    let victim = Victim { source, sha256: victim.sha256.clone(), network };
    let certificate = Certificate { format: FORMAT.to_owned(), victim, equality, near, seal: String::new() }.sealed();
    check(&certificate)?;
    Ok(Some(certificate))
}

/// A network's numbers as strings, exact.
pub fn weights(network: &Shallow<Rational>) -> Weights {
    let vector = |values: &[Rational]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
    Weights {
        hidden: network.hidden().iter_rows().map(vector).collect(),
        hidden_bias: vector(network.hidden_bias()),
        output: network.output().iter_rows().map(vector).collect(),
        output_bias: vector(network.output_bias()),
        activation: match network.activation() {
            Activation::Relu => None,
            Activation::Leaky(slope) => Some(Stated::Leaky(slope.to_string())),
            Activation::Parametric(slopes) => Some(Stated::Parametric(vector(slopes))),
            Activation::Clip { low, high } => Some(Stated::Clip { low: low.to_string(), high: high.to_string() }),
            Activation::Abs => Some(Stated::Abs),
            // A leaky unit of slope 1.
            Activation::Identity => Some(Stated::Leaky("1".to_owned())),
        },
    }
}
