//! A box of inputs as the image of the cube `[−1, 1]^d`.

use crate::audit_record::Ends;
use crate::number::{Fractions, parse};
use crate::refusal::Refusal;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed as _, Zero as _};

/// The box: `x_j = center_j + radius_j·y_j` for `y` in the cube.
pub(crate) struct Cube {
    lower: Vec<BigRational>,
    upper: Vec<BigRational>,
    /// Centers, then radii, over one denominator.
    map: Fractions,
}

impl Cube {
    /// Errors: [`Refusal::Malformed`] where there is not one interval an input, or one is empty.
    pub(crate) fn parse(ends: &Ends, inputs: usize) -> Result<Self, Refusal> {
        let side = |texts: &[String], name: &str| {
            if texts.len() != inputs {
                let found = texts.len();
                return Err(Refusal::Malformed(format!("the box has {found} {name} ends for {inputs} inputs")));
            }
            let one = |(j, text): (usize, &String)| parse(text, || format!("{name} end {j} of the box"));
            texts.iter().enumerate().map(one).collect::<Result<Vec<_>, _>>()
        };
        let (lower, upper) = (side(&ends.lower, "lower")?, side(&ends.upper, "upper")?);
        if let Some(j) = (0..inputs).find(|&j| lower[j] > upper[j]) {
            return Err(Refusal::Malformed(format!("the box is empty at input {j}")));
        }
        let two = BigRational::from_integer(BigInt::from(2));
        let pairs = || lower.iter().zip(&upper);
        let centers = pairs().map(|(l, u)| (l + u) / &two);
        let map: Vec<BigRational> = centers.chain(pairs().map(|(l, u)| (u - l) / &two)).collect();
        Ok(Self { map: Fractions::new(&map)?, lower, upper })
    }

    /// Whether an input lies in the box.
    pub(crate) fn contains(&self, x: &[BigRational]) -> bool {
        x.iter().zip(&self.lower).zip(&self.upper).all(|((x, l), u)| l <= x && x <= u)
    }

    /// Whether an input takes more than one value.
    pub(crate) fn varies(&self, input: usize) -> bool {
        self.lower[input] < self.upper[input]
    }

    /// `x ↦ w·x + b` as a map of `y`, `[inputs + 1]`. Exact.
    pub(crate) fn over(&self, affine: &Fractions) -> Fractions {
        let inputs = self.lower.len();
        let (centers, radii) = self.map.over.split_at(inputs);
        let mut over: Vec<BigInt> = affine.over.iter().zip(radii).map(|(w, r)| w * r).collect();
        let middle: BigInt = affine.over.iter().zip(centers).map(|(w, c)| w * c).sum();
        let bias = affine.over.get(inputs).cloned().unwrap_or_default();
        over.push(bias * &self.map.denominator + middle);
        Fractions { over, denominator: &affine.denominator * &self.map.denominator }
    }
}

/// The largest value of an affine map over the cube, `Σ|w_j| + b`. Exact.
pub(crate) fn top(affine: &Fractions) -> BigRational {
    let (bias, weights) = match affine.over.split_last() {
        Some((bias, weights)) => (bias.clone(), weights),
        None => (BigInt::zero(), &[][..]),
    };
    let sum = weights.iter().fold(bias, |sum, w| sum + w.abs());
    BigRational::new(sum, affine.denominator.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_over_the_cube_is_the_map_over_the_box() {
        let text = |x: &[&str]| x.iter().map(|x| (*x).to_owned()).collect::<Vec<_>>();
        let cube = Cube::parse(&Ends { lower: text(&["-1/3", "2"]), upper: text(&["1", "2"]) }, 2).unwrap();
        let ratio = |p: i64, q: i64| BigRational::new(p.into(), q.into());
        let affine = Fractions::new(&[ratio(3, 1), ratio(-1, 2), ratio(1, 7)]).unwrap();
        // 3·(1/3 + 2/3·y) − 1 + 1/7 = 2·y + 1/7.
        let over = cube.over(&affine);
        let expected = [ratio(2, 1), ratio(0, 1), ratio(1, 7)];
        assert_eq!([0, 1, 2].map(|j| over.get(j)), expected);
        assert_eq!(top(&over), ratio(15, 7));
        assert!(cube.contains(&[ratio(1, 1), ratio(2, 1)]) && !cube.contains(&[ratio(1, 1), ratio(3, 1)]));
        assert!(Cube::parse(&Ends { lower: text(&["1"]), upper: text(&["0"]) }, 1).is_err());
    }
}
