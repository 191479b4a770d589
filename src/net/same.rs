//! Whether two networks of any depth are one function on ℝ^d: proved, refuted, or undecided.

use super::{Draw, Network, Normal};
use crate::linalg::{Matrix, Solve};
use crate::num::{BigRational, Num, Rational, Scalar, lift_all};

/// Inputs at which two networks are compared where their normal forms differ, and `log2` of the largest of them.
const POINTS: usize = 192;
const LARGEST: usize = 12;

/// Whether two networks are one function.
#[derive(Clone, Debug, PartialEq)]
pub enum Sameness {
    /// Their normal forms are equal, in both exact backends.
    Equal,
    /// They are not, with the first difference of their forms, and an input where their answers differ if one was found.
    Different {
        /// In words.
        what: String,
        /// `[inputs]`.
        point: Option<Vec<Rational>>,
    },
    /// Neither was proved: their normal forms differ, and no input was found where the answers do.
    Undecided(String),
}

/// Compares two networks. Exact.
///
/// *Equal* is proved by normal forms. *Different* is proved by an input, or, for two hidden layers the first of which
/// has independent rows, by the forms alone: every value of the first layer is reached, so that the rest is decided as
/// one hidden layer on an orthant.
pub fn same(a: &Network<Rational>, b: &Network<Rational>) -> Sameness {
    if (a.inputs(), a.outputs()) != (b.inputs(), b.outputs()) {
        return Sameness::Different { what: "they differ in inputs or outputs".to_owned(), point: None };
    }
    let form = |network: &Network<Rational>| Normal::of(&network.map(|x| Num(x.clone())));
    let (mine, others) = (form(a), form(b));
    let Some(what) = mine.difference(&others) else {
        let pure = |network: &Network<Rational>| {
            Normal::<BigRational>::of(&network.map(|x| Num(crate::num::Exact::convert(x))))
        };
        return match pure(a).difference(&pure(b)) {
            None => Sameness::Equal,
            Some(what) => {
                Sameness::Undecided(format!("the two exact backends disagree, a defect of this program: {what}"))
            }
        };
    };
    match witness(a, b) {
        Some(point) => Sameness::Different { what, point: Some(point) },
        None if is_decided(&mine, &others) => Sameness::Different { what, point: None },
        None => Sameness::Undecided(what),
    }
}

/// Whether two forms that differ are two functions.
fn is_decided(a: &Normal<Rational>, b: &Normal<Rational>) -> bool {
    match (&a.before[..], &b.before[..]) {
        ([], []) => true,
        ([first], [other]) if first == other => {
            let columns = first.first().map_or(0, |row| row.len() - 1);
            let rows = Matrix::from_fn(first.len(), columns, |i, j| Num(first[i][j].clone()));
            let independent = Rational::independent_columns(&rows, &mut |_, remainder, _| {
                Ok::<_, std::convert::Infallible>(remainder.0.sign() != Some(std::cmp::Ordering::Equal))
            });
            independent.is_ok_and(|columns| columns.len() == first.len())
        }
        _ => false,
    }
}

/// An input where the answers differ, among random ones of many sizes.
fn witness(a: &Network<Rational>, b: &Network<Rational>) -> Option<Vec<Rational>> {
    let wrap = |network: &Network<Rational>| network.map(|x| Num(x.clone()));
    let (a, b) = (wrap(a), wrap(b));
    let mut draw = Draw::new(0, "witness");
    let mut point = |k: usize| {
        let size = 2f64.powi((k % LARGEST) as i32 - 2);
        (0..a.inputs()).map(|_| size * draw.dyadic(20)).collect::<Vec<f64>>()
    };
    let points: Vec<Vec<f64>> = (0..POINTS).map(&mut point).collect();
    points.into_iter().map(|x| lift_all::<Rational>(&x, ())).find_map(|x| {
        let answers = |network: &Network<Num<Rational>>| -> Vec<Rational> {
            network.forward(&x, ()).into_iter().map(|y| y.0).collect()
        };
        (answers(&a) != answers(&b)).then(|| x.iter().map(|x| x.0.clone()).collect())
    })
}
