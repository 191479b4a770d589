//! Activations as sums of ReLU units.
//!
//! `leaky(z) = relu(z) − α·relu(−z)`, `|z| = relu(z) + relu(−z)`, and
//! `clip(z) = low + relu(z − low) − relu(z − high)`: theorems `Activation.leaky_over_relu`,
//! `Activation.abs_over_relu` and `Activation.clip_over_relu`. A network of such units is the same function as one of
//! ReLU units, which is what the checker compares.

use crate::number::parse;
use crate::record::Activation;
use crate::refusal::Refusal;
use num_rational::BigRational;
use num_traits::{One, Zero};

/// An activation with its numbers read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    Leaky(BigRational),
    Parametric(Vec<BigRational>),
    Clip { low: BigRational, high: BigRational },
    Abs,
}

/// A unit as a constant and ReLU units.
pub(crate) struct Terms {
    pub(crate) start: BigRational,
    pub(crate) units: Vec<Term>,
}

/// `factor·relu(z − knot)`, or `factor·relu(knot − z)` where it is turned.
pub(crate) struct Term {
    pub(crate) turned: bool,
    pub(crate) knot: BigRational,
    pub(crate) factor: BigRational,
}

impl Known {
    /// Reads the numbers of an activation of `hidden` units of the network called `name`.
    ///
    /// Errors: [`Refusal::Malformed`] where a string is no number, slopes are not one a unit, or a clip is empty.
    pub(crate) fn parse(activation: &Activation, hidden: usize, name: &str) -> Result<Self, Refusal> {
        let number = |text: &String, what: &str| parse(text, || format!("{name}: activation, {what}"));
        let malformed = |what: &str| Err(Refusal::Malformed(format!("{name}: {what}")));
        Ok(match activation {
            Activation::Leaky(slope) => Self::Leaky(number(slope, "slope")?),
            Activation::Parametric(slopes) if slopes.len() != hidden => {
                return malformed("activation should have one slope a unit");
            }
            Activation::Parametric(slopes) => {
                Self::Parametric(slopes.iter().map(|slope| number(slope, "slope")).collect::<Result<_, _>>()?)
            }
            Activation::Clip { low, high } => {
                let (low, high) = (number(low, "low")?, number(high, "high")?);
                if low >= high {
                    return malformed("the ends of its clip are not in order");
                }
                Self::Clip { low, high }
            }
            Activation::Abs => Self::Abs,
        })
    }

    /// Unit `unit` over ReLU units.
    pub(crate) fn terms(&self, unit: usize) -> Terms {
        let (zero, one) = (BigRational::zero, BigRational::one);
        let term = |turned: bool, knot: &BigRational, factor: BigRational| Term { turned, knot: knot.clone(), factor };
        let both = |below: BigRational| Terms {
            start: zero(),
            units: vec![term(true, &zero(), below), term(false, &zero(), one())],
        };
        match self {
            Self::Leaky(slope) => both(-slope),
            Self::Parametric(slopes) => both(-&slopes[unit]),
            Self::Abs => both(one()),
            Self::Clip { low, high } => {
                Terms { start: low.clone(), units: vec![term(false, low, one()), term(false, high, -one())] }
            }
        }
    }
}
