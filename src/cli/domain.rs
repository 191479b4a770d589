//! `--domain`: the inputs that an answer is about.

use super::{Error, number};
use crate::audit::{Domain, DomainError};
use crate::format;
use crate::num::{Rational, Scalar};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A domain as it is asked for.
#[derive(Clone, Debug)]
pub(super) enum DomainChoice {
    /// The interval of every input.
    Interval(Rational, Rational),
    /// A file of lower and upper ends.
    File(PathBuf),
    /// All of ℝ^d.
    All,
}

impl FromStr for DomainChoice {
    type Err = String;

    /// An interval or `all`; anything else is the name of a file, and it is there.
    fn from_str(text: &str) -> Result<Self, String> {
        let path = Path::new(text);
        match number::interval(text) {
            _ if text == "all" => Ok(Self::All),
            Some(Ok((lower, upper))) => Ok(Self::Interval(lower, upper)),
            _ if path.exists() || path.extension().is_some_and(|ending| ending == "npz") => {
                Ok(Self::File(path.to_owned()))
            }
            Some(Err(what)) => Err(what),
            None => Err("is no interval such as -1,1, there is no such file, and it is not all".to_owned()),
        }
    }
}

impl DomainChoice {
    /// The domain, `None` for all of ℝ^d, and the same in words.
    pub(super) fn read(&self, inputs: usize) -> Result<(Option<Domain>, String), Error> {
        let refused = |e: DomainError| Error::Request(format!("--domain: {e}"));
        match self {
            Self::All => Ok((None, format!("all of R^{inputs}"))),
            Self::Interval(lower, upper) => {
                Ok((Some(Domain::cube(lower, upper, inputs).map_err(refused)?), format!("[{lower}, {upper}]^{inputs}")))
            }
            Self::File(path) => {
                let (lower, upper) = format::read_box(path)?;
                let lift = |ends: Vec<f64>| ends.into_iter().map(|x| Rational::lift(x, ())).collect();
                let domain = Domain::new(lift(lower), lift(upper), inputs).map_err(refused)?;
                Ok((Some(domain), format!("the box of {}", path.display())))
            }
        }
    }
}
