//! The difference along a segment of inputs, for a drawing.

use super::domain::Domain;
use super::exactly::Exactly;
use super::outcome::Witness;
use crate::net::Network;
use crate::num::{Exact, Rational, Scalar};
use rayon::prelude::*;

/// Steps from one end of the segment to the other.
const STEPS: i64 = 64;

/// The difference of one output along the segment from the centre of a domain to an input.
#[derive(Clone, Debug)]
pub struct Segment {
    /// The output whose difference is largest at the input.
    pub output: usize,
    /// Parts of the way from 0 to 1, and `c·f' − f` there. Exact.
    pub values: Vec<(Rational, Rational)>,
}

/// The difference of two networks on the way from the centre of a domain to a witness.
pub fn segment(
    [victim, copy]: [&Network<Rational>; 2],
    domain: &Domain,
    scale: &Rational,
    witness: &Witness,
) -> Segment {
    let (victim, copy) = (Exactly::new(victim), Exactly::new(copy));
    let larger =
        |a: &usize, b: &usize| witness.difference(*a, scale).cmp(&witness.difference(*b, scale)).then(b.cmp(a));
    let output = (0..witness.victim.len()).max_by(larger).unwrap_or_default();
    let centre = domain.point(&vec![0.0; witness.input.len()]);
    let value = |step: i64| {
        let part = Rational::integer(step).div(&Rational::integer(STEPS)).unwrap_or_default();
        let x: Vec<Rational> =
            centre.iter().zip(&witness.input).map(|(from, to)| from.add(&part.mul(&to.sub(from)))).collect();
        let seen = Witness { victim: victim.values(&x), copy: copy.values(&x), input: x };
        (part, seen.signed(output, scale))
    };
    Segment { output, values: (0..=STEPS).into_par_iter().map(value).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Dtype, random};

    #[test]
    fn a_segment_ends_at_the_witness() {
        let victim = Network::from(random("3-4-2".parse().unwrap(), 1, Dtype::F64)).map(|x| Rational::lift(*x, ()));
        let half = Rational::power_of_two(-1);
        let copy = victim.map(|x| x.mul(&half));
        let domain = Domain::cube(&Rational::integer(0), &Rational::integer(2), 3).unwrap();
        let one = Rational::integer(1);
        let input = vec![Rational::integer(2), Rational::default(), Rational::integer(1)];
        let values = |network: &Network<Rational>| Exactly::new(network).values(&input);
        let witness = Witness { victim: values(&victim), copy: values(&copy), input: input.clone() };
        let found = segment([&victim, &copy], &domain, &one, &witness);
        assert_eq!(found.values.len(), 65);
        assert_eq!(found.values[64], (one.clone(), witness.signed(found.output, &one)));
        assert!(witness.difference(found.output, &one) >= witness.difference(1 - found.output, &one));
        let centre = vec![one.clone(); 3];
        let at = |network: &Network<Rational>| Exactly::new(network).values(&centre)[found.output].clone();
        assert_eq!(found.values[0], (Rational::default(), at(&copy).sub(&at(&victim))));
    }
}
