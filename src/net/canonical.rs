//! The canonical form of a one-hidden-layer ReLU network.
//!
//! `relu(z) = (z + |z|)/2`, so a network is `Σ κ·|z(x)| + affine(x)` over distinct
//! hyperplanes `z(x) = w·x + b = 0`. Scaled so that the first non-zero entry of `w` is 1,
//! the form is unique: `|z|` over distinct hyperplanes and the affine functions are
//! linearly independent, since each `|z|` alone is not differentiable on its hyperplane.
//! Two networks are the same function on ℝ^d if and only if their forms are equal.
//!
//! Theorem `Canonical.canonical_form`; the symmetries are those of Rolnick & Körding (ICML 2020).

use super::{Integral, Shallow};
use crate::linalg::Matrix;
use crate::num::{BigInteger, Exact, Num};
use std::collections::BTreeMap;
use std::fmt;

/// A hyperplane with its kink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kink<Q> {
    /// `w`, `[inputs]`, its first non-zero entry 1.
    pub row: Vec<Q>,
    /// `b`.
    pub bias: Q,
    /// `2κ`, `[outputs]`: the change of slope across the hyperplane per unit of `z`.
    pub strength: Vec<Q>,
}

impl<Q: Exact> Kink<Q> {
    /// Whether its hyperplane crosses the interior of the orthant `x ≥ 0`: whether `w·x + b` takes both signs there.
    pub fn crosses_orthant(&self) -> bool {
        let has = |side: std::cmp::Ordering| self.row.iter().chain([&self.bias]).any(|x| x.numerator().sign() == side);
        has(std::cmp::Ordering::Less) && has(std::cmp::Ordering::Greater)
    }
}

/// Kinks over distinct hyperplanes, and what is left: an affine map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical<Q> {
    kinks: Vec<Kink<Q>>,
    /// `[outputs, inputs]`.
    slope: Matrix<Q>,
    /// `[outputs]`.
    offset: Vec<Q>,
}

/// The first difference of two canonical forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The forms have other sizes of input or output.
    Shape,
    /// A hyperplane of the first is none of the second, or the other way round.
    Hyperplane {
        /// Index among the kinks of the form that has it.
        index: usize,
        /// Whether it is the first form that has it.
        in_first: bool,
    },
    /// A hyperplane of both has another kink.
    Strength {
        /// Index among the kinks.
        index: usize,
        /// Output at which they differ.
        output: usize,
    },
    /// Kinks agree, the affine parts do not.
    Affine {
        /// Output at which they differ.
        output: usize,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape => f.write_str("they differ in inputs or outputs"),
            Self::Hyperplane { index, in_first: true } => {
                write!(f, "hyperplane {index} of the first is not in the second")
            }
            Self::Hyperplane { index, in_first: false } => {
                write!(f, "hyperplane {index} of the second is not in the first")
            }
            Self::Strength { index, output } => write!(f, "kink {index} differs at output {output}"),
            Self::Affine { output } => write!(f, "the affine parts differ at output {output}"),
        }
    }
}

impl<Q: Exact> Canonical<Q> {
    /// The canonical form of a network. Exact.
    ///
    /// Sums run over integers, with one quotient at the end: rationals of many digits would
    /// pay for common divisors at every step.
    pub fn of(network: &Shallow<Num<Q>>) -> Self {
        let shape = network.shape();
        let Integral { hidden, hidden_bias, output, output_bias, denominators } = Integral::new(network);
        let twice = |x: &Q::Integer| x.shl(1);
        let mut slope = Matrix::from_fn(shape.outputs, shape.inputs, |_, _| Q::Integer::default());
        let mut offset: Vec<Q::Integer> = output_bias.iter().map(twice).collect();
        let mut planes: BTreeMap<(Vec<Q>, Q), Vec<Q::Integer>> = BTreeMap::new();
        for (i, (row, bias)) in hidden.iter_rows().zip(&hidden_bias).enumerate() {
            let Some(lead) = row.iter().find(|w| w.sign().is_ne()) else {
                // A row of zeros is a constant unit.
                if bias.sign().is_gt() {
                    offset.iter_mut().zip(output.column(i)).for_each(|(c, a)| c.add_mul(a, &twice(bias)));
                }
                continue;
            };
            // 2·a·relu(z) = a·z + a·|z|.
            for (o, a) in output.column(i).enumerate() {
                offset[o].add_mul(a, bias);
                slope.row_mut(o).iter_mut().zip(row).for_each(|(s, w)| s.add_mul(a, w));
            }
            let scaled = |x: &Q::Integer| Q::from_parts(x.clone(), lead.clone());
            let plane = (row.iter().map(scaled).collect(), scaled(bias));
            let kink = planes.entry(plane).or_insert_with(|| vec![Q::Integer::default(); shape.outputs]);
            kink.iter_mut().zip(output.column(i)).for_each(|(s, a)| s.add_mul(a, &lead.abs()));
        }
        let over = |x: Q::Integer, o: usize| Q::from_parts(x, denominators[o].clone());
        let kinks = planes.into_iter().filter(|(_, strength)| strength.iter().any(|s| s.sign().is_ne()));
        let strengths = |strength: Vec<Q::Integer>| strength.into_iter().enumerate().map(|(o, s)| over(s, o)).collect();
        let kinks = kinks.map(|((row, bias), strength)| Kink { row, bias, strength: strengths(strength) }).collect();
        let half = |x: &Q::Integer, o: usize| Q::from_parts(x.clone(), twice(&denominators[o]));
        let slope = Matrix::from_fn(shape.outputs, shape.inputs, |o, j| half(&slope[(o, j)], o));
        Self { kinks, slope, offset: offset.iter().enumerate().map(|(o, c)| half(c, o)).collect() }
    }

    /// The canonical form of the same function on the orthant `x ≥ 0`: kinks whose hyperplanes do not cross its
    /// interior are affine there.
    ///
    /// Unique, as on ℝ^d, since kinks across an open convex set are independent on it. Exact.
    pub fn on_orthant(self) -> Self {
        let Self { kinks, mut slope, mut offset } = self;
        let (across, beside): (Vec<_>, Vec<_>) = kinks.into_iter().partition(Kink::crosses_orthant);
        let half = Q::power_of_two(-1);
        for kink in beside {
            // |z| = ±z there; the first entry of the row is 1, so that one sign is enough to tell.
            let ahead = kink.row.iter().chain([&kink.bias]).all(|x| x.numerator().sign().is_ge());
            for (o, strength) in kink.strength.iter().enumerate() {
                let share = strength.mul(&half);
                let share = if ahead { share } else { share.neg() };
                slope.row_mut(o).iter_mut().zip(&kink.row).for_each(|(s, w)| *s = s.add(&share.mul(w)));
                offset[o] = offset[o].add(&share.mul(&kink.bias));
            }
        }
        Self { kinks: across, slope, offset }
    }

    /// The kinks, in the order of their hyperplanes.
    pub fn kinks(&self) -> &[Kink<Q>] {
        &self.kinks
    }

    /// The affine part: `[outputs, inputs]` and `[outputs]`.
    pub fn affine(&self) -> (&Matrix<Q>, &[Q]) {
        (&self.slope, &self.offset)
    }

    /// The first difference; `None` if and only if the two functions are equal on ℝ^d.
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        let size = |form: &Self| (form.slope.rows(), form.slope.columns());
        if size(self) != size(other) {
            return Some(Difference::Shape);
        }
        let planes = self.kinks.iter().zip(&other.kinks);
        let mut pairs = planes.enumerate();
        let plane = |kink: &Kink<Q>| (kink.row.clone(), kink.bias.clone());
        if let Some((index, (a, b))) = pairs.find(|(_, (a, b))| a != b) {
            let order = plane(a).cmp(&plane(b));
            let output = a.strength.iter().zip(&b.strength).position(|(s, t)| s != t).unwrap_or_default();
            return Some(match order {
                std::cmp::Ordering::Equal => Difference::Strength { index, output },
                // Both are sorted: the smaller hyperplane is missing from the other form.
                order => Difference::Hyperplane { index, in_first: order.is_lt() },
            });
        }
        let (mine, others) = (self.kinks.len(), other.kinks.len());
        if mine != others {
            return Some(Difference::Hyperplane { index: mine.min(others), in_first: mine > others });
        }
        let affine = |form: &Self, o: usize| (form.slope.row(o).to_vec(), form.offset[o].clone());
        (0..self.offset.len())
            .find(|&o| affine(self, o) != affine(other, o))
            .map(|output| Difference::Affine { output })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::{BigRational, Rational, Scalar};
    use proptest::prelude::*;

    type Small = (Vec<Vec<i8>>, Vec<i8>, Vec<Vec<i8>>, Vec<i8>);

    fn network<Q: Exact>((hidden, hidden_bias, output, output_bias): &Small) -> Shallow<Num<Q>> {
        let lift = |x: &i8| Num(Q::integer(i64::from(*x)));
        let rows = |m: &Vec<Vec<i8>>| m.iter().map(|r| r.iter().map(lift).collect()).collect();
        let hidden = Matrix::from_rows(hidden[0].len(), rows(hidden)).unwrap();
        let output = Matrix::from_rows(hidden.rows(), rows(output)).unwrap();
        let biases = |b: &[i8]| b.iter().map(lift).collect();
        Shallow::new(hidden, biases(hidden_bias), output, biases(output_bias)).unwrap()
    }

    fn small() -> impl Strategy<Value = Small> {
        (1usize..3, 1usize..4, 1usize..3).prop_flat_map(|(d, h, k)| {
            let entry = || -2i8..=2;
            let vector = move |n| prop::collection::vec(entry(), n);
            (prop::collection::vec(vector(d), h), vector(h), prop::collection::vec(vector(h), k), vector(k))
        })
    }

    fn form(net: &Small) -> Canonical<Rational> {
        Canonical::of(&network(net))
    }

    proptest! {
        #[test]
        fn permutation_and_scaling_are_absorbed(net in small(), shift in 0usize..3, c in 1i8..4) {
            let (mut hidden, mut bias, mut output, last) = net.clone();
            let shift = shift % hidden.len();
            hidden.rotate_left(shift);
            bias.rotate_left(shift);
            output.iter_mut().for_each(|row| row.rotate_left(shift));
            // a·relu(c·z) = c·a·relu(z): the scale moves from one layer to the other.
            let mut inner = (hidden.clone(), bias.clone(), output.clone(), last.clone());
            inner.0[0].iter_mut().for_each(|w| *w *= c);
            inner.1[0] *= c;
            let mut outer = (hidden, bias, output, last);
            outer.2.iter_mut().for_each(|row| row[0] *= c);
            prop_assert_eq!(form(&inner), form(&outer));
        }

        #[test]
        fn equal_forms_are_equal_functions(a in small(), b in small()) {
            let (p, q) = (network::<Rational>(&a), network::<Rational>(&b));
            prop_assume!(p.shape().inputs == q.shape().inputs && p.shape().outputs == q.shape().outputs);
            let agree = grid(p.shape().inputs).all(|x| {
                let values = |n: &Shallow<Num<Rational>>| n.forward(&x, ()).into_iter().map(|y| y.0).collect::<Vec<_>>();
                values(&p) == values(&q)
            });
            let (f, g) = (form(&a), form(&b));
            prop_assert_eq!(f.difference(&g).is_none(), agree);
            prop_assert_eq!(f == g, agree);
        }

        #[test]
        fn both_backends_agree(a in small(), b in small()) {
            let first = Canonical::<Rational>::of(&network(&a)) == Canonical::of(&network(&b));
            let second = Canonical::<BigRational>::of(&network(&a)) == Canonical::of(&network(&b));
            prop_assert_eq!(first, second);
        }
    }

    /// Points enough to tell networks of entries up to 2 apart: every region is met.
    fn grid(inputs: usize) -> impl Iterator<Item = Vec<Num<Rational>>> {
        let steps = -40i64..=40;
        let axis: Vec<Rational> = steps.map(|n| Rational::integer(n).div(&Rational::integer(8)).unwrap()).collect();
        let far = [-1_000_003i64, -777, 777, 1_000_003].map(Rational::integer);
        let axis: Vec<Rational> = axis.into_iter().chain(far).collect();
        let count = axis.len();
        (0..if inputs == 1 { count } else { count * count })
            .map(move |i| (0..inputs).map(|j| Num(axis[if j == 0 { i % count } else { i / count }].clone())).collect())
    }

    #[test]
    fn opposite_units_with_opposite_weights_are_affine() {
        // relu(z) − relu(−z) = z.
        let net = (vec![vec![1, 2], vec![-1, -2]], vec![3, -3], vec![vec![1, -1]], vec![0]);
        assert!(form(&net).kinks().is_empty());
    }

    #[test]
    fn a_flip_moves_into_the_affine_part() {
        // relu(z) = z + relu(−z), and z = relu(z) − relu(−z).
        let plain = (vec![vec![1, 2]], vec![3], vec![vec![1]], vec![0]);
        let flipped = (vec![vec![-1, -2], vec![1, 2], vec![-1, -2]], vec![-3, 3, -3], vec![vec![1, 1, -1]], vec![0]);
        assert_eq!(form(&plain), form(&flipped));
    }
}
