//! A box of inputs, as the image of the cube `[−1, 1]^d`.

use crate::num::{Exact, Rational, Scalar};

/// Why a box is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// The ends are not one for each input.
    #[error("the domain has {lower} lower and {upper} upper ends; the networks have {inputs} inputs")]
    Size {
        /// Lower ends.
        lower: usize,
        /// Upper ends.
        upper: usize,
        /// Inputs of the networks.
        inputs: usize,
    },
    /// An interval is empty.
    #[error("the domain is empty at input {index}: its lower end is above its upper one")]
    Empty {
        /// The input.
        index: usize,
    },
}

/// A box, `lower ≤ x ≤ upper`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    lower: Vec<Rational>,
    upper: Vec<Rational>,
}

impl Domain {
    /// The box with these ends, `[inputs]` each.
    ///
    /// Errors: [`DomainError`].
    pub fn new(lower: Vec<Rational>, upper: Vec<Rational>, inputs: usize) -> Result<Self, DomainError> {
        if lower.len() != inputs || upper.len() != inputs {
            return Err(DomainError::Size { lower: lower.len(), upper: upper.len(), inputs });
        }
        match lower.iter().zip(&upper).position(|(lower, upper)| lower > upper) {
            Some(index) => Err(DomainError::Empty { index }),
            None => Ok(Self { lower, upper }),
        }
    }

    /// The same interval for every input.
    ///
    /// Errors: [`DomainError::Empty`].
    pub fn cube(lower: &Rational, upper: &Rational, inputs: usize) -> Result<Self, DomainError> {
        Self::new(vec![lower.clone(); inputs], vec![upper.clone(); inputs], inputs)
    }

    /// Whether the box is a single input.
    pub(super) fn is_point(&self) -> bool {
        self.lower == self.upper
    }

    /// Whether an input lies in the box.
    pub fn contains(&self, x: &[Rational]) -> bool {
        x.len() == self.lower.len() && x.iter().zip(&self.lower).zip(&self.upper).all(|((x, l), u)| l <= x && x <= u)
    }

    /// The lower and the upper ends, `[inputs]` each.
    pub(super) fn ends(&self) -> (&[Rational], &[Rational]) {
        (&self.lower, &self.upper)
    }

    /// The affine map `x ↦ w·x + b` over the cube: `[inputs]` coefficients, then the constant. Exact.
    pub(super) fn over_cube(&self, row: &[Rational], bias: &Rational) -> Vec<Rational> {
        let half = Rational::power_of_two(-1);
        let mut constant = bias.clone();
        let mut over = Vec::with_capacity(row.len() + 1);
        for ((w, lower), upper) in row.iter().zip(&self.lower).zip(&self.upper) {
            let w = w.mul(&half);
            over.push(w.mul(&upper.sub(lower)));
            constant = constant.add(&w.mul(&upper.add(lower)));
        }
        over.push(constant);
        over
    }

    /// An input of the box near the image of a point of the cube: floats wherever an interval holds one.
    pub(super) fn point(&self, y: &[f64]) -> Vec<Rational> {
        let half = Rational::power_of_two(-1);
        let one = |((&y, lower), upper): ((&f64, &Rational), &Rational)| {
            let middle = lower.add(upper).mul(&half);
            let exact = middle.add(&upper.sub(lower).mul(&half).mul(&Rational::lift(y.clamp(-1.0, 1.0), ())));
            let float = f64::nearest(&exact, ());
            // Rounding may leave the interval by one place.
            let near = [float, float.next_up(), float.next_down()];
            let inside = near.into_iter().filter_map(|x| x.exact()).find(|x| lower <= x && x <= upper);
            inside.unwrap_or(exact)
        };
        y.iter().zip(&self.lower).zip(&self.upper).map(one).collect()
    }
}
