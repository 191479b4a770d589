//! Two networks as functions: equal on ℝ^d, or the first difference.

use crate::net::{Canonical, Shallow};
use crate::num::{BigRational, Exact, Num, Rational};

/// Whether two networks are the same function on ℝ^d.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Equality {
    /// Equal canonical forms, in both exact backends.
    Equal,
    /// Different, with the first difference in words.
    Different(String),
    /// The two exact backends disagree: a defect of this program.
    BackendsDisagree,
}

impl Equality {
    /// What differs, in words; `None` of equal networks.
    pub fn difference(&self) -> Option<String> {
        match self {
            Self::Equal => None,
            Self::Different(what) => Some(what.clone()),
            Self::BackendsDisagree => Some("the two exact backends disagree".to_owned()),
        }
    }
}

/// Compares canonical forms in ℚ; an equality once more in the pure Rust backend, which in a
/// build without GMP is the only one.
///
/// Exact. A difference needs no second opinion: it names the numbers that differ.
pub fn equality(a: &Shallow<Rational>, b: &Shallow<Rational>) -> Equality {
    let form = |network: &Shallow<Rational>| Canonical::of(&network.map(|x| Num(x.clone())));
    let pure = |network: &Shallow<Rational>| Canonical::<BigRational>::of(&network.map(|x| Num(x.convert())));
    match form(a).difference(&form(b)) {
        Some(difference) => Equality::Different(difference.to_string()),
        None if pure(a) == pure(b) => Equality::Equal,
        None => Equality::BackendsDisagree,
    }
}
