//! The output scale that fits a copy to its victim at a few inputs: whether an audit at another scale is a mistake.

use super::domain::Domain;
use super::exactly::Exactly;
use super::outcome::{Subject, Witness};
use super::scale::best_scale;
use crate::net::{Draw, Network};
use crate::num::{Exact, Rational, Scalar};

/// Inputs at which both networks are compared.
const INPUTS: usize = 8;
/// Bits of an input's coordinates in the cube.
const DIGITS: u32 = 8;

/// How much closer a copy is at another output scale, at the same few inputs. Exact, and no bound.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The scale at which the copy is closest to its victim there; 0 where no positive one is any good.
    pub scale: Rational,
    /// The largest difference there at the scale of the audit.
    pub given: Rational,
    /// The same at this one.
    pub fitted: Rational,
    /// How many inputs that are.
    pub inputs: usize,
}

impl Fit {
    /// Whether this scale makes the difference less than a part of what it is, given as a number.
    pub fn gains(&self, times: i64) -> bool {
        self.scale > Rational::default() && self.fitted.mul(&Rational::integer(times)) < self.given
    }
}

/// The scale that fits a copy to its victim at a few inputs of the domain, the same for the same networks.
pub fn fit([victim, copy]: [&Network<Rational>; 2], domain: &Domain, scale: &Rational) -> Fit {
    let subject = Subject { victim: Exactly::new(victim), copy: Exactly::new(copy), domain };
    let mut draw = Draw::new(0, "audit fit");
    let mut point = || -> Vec<f64> { (0..victim.inputs()).map(|_| draw.dyadic(DIGITS)).collect() };
    let seen: Vec<Witness> = (0..INPUTS).map(|_| subject.evaluated(&point())).collect();
    let outputs = 0..victim.outputs();
    let given = seen.iter().flat_map(|seen| outputs.clone().map(|o| seen.difference(o, scale))).max();
    let (best, fitted) = best_scale(&seen);
    Fit { scale: best, given: given.unwrap_or_default(), fitted, inputs: INPUTS }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Dtype, random};

    /// A copy that is a thousand times its victim, but for one weight: the scale is found, and next to nothing is left.
    #[test]
    fn a_factor_is_found() {
        let victim = Network::from(random("3-5-2".parse().unwrap(), 1, Dtype::F64)).map(|x| Rational::lift(*x, ()));
        let copy = |times: i64| {
            let mut index = 0;
            victim.map(|x| {
                // Parameters come layer by layer, and those of the last one are twelve.
                index += 1;
                let last = index > 4 * 5;
                if last { x.mul(&Rational::integer(times)) } else { x.clone() }
            })
        };
        let domain = Domain::cube(&Rational::integer(-1), &Rational::integer(1), 3).unwrap();
        let one = Rational::integer(1);
        let found = fit([&victim, &copy(1000)], &domain, &one);
        assert_eq!(found.scale.mul(&Rational::integer(1000)), one);
        assert!(found.fitted == Rational::default() && found.given > one && found.gains(1 << 40));
        let same = fit([&victim, &copy(1)], &domain, &one);
        assert!(!same.gains(16), "{same:?}");
        assert!(!fit([&victim, &copy(-1)], &domain, &one).gains(1), "no positive scale fits the negative");
    }
}
