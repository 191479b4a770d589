//! The exact answers at the questions that a run recorded: known, or enclosed by asking again.

use super::answers::{Answers, Around, positions};
use super::position::{Enclosed, Position, position};
use crate::ledger::exact_probes;
use crate::num::{Ball, Dyadic, Num, Rational, Scalar};
use crate::oracle::{Batch, Compensated, Evaluate, Incremental};
use crate::trace::{Kink, Line, Signature, Trace};
use rayon::prelude::*;

/// An oracle whose numbers are the exact answers, or enclose them.
pub(super) trait Anew: Evaluate<Self::Number> {
    /// Its arithmetic.
    type Number: Enclosed;

    /// Second differences around a row's centre, with the steps recorded; `None` without any.
    fn around(&self, signature: &Signature<Rational>) -> Option<Around>;
}

fn balls<S: Enclosed>(values: &[Num<S>]) -> Vec<Ball> {
    values.iter().map(|y| y.0.ball()).collect()
}

fn nearest<S: Scalar<Context = ()>>(values: &[Rational]) -> Vec<Num<S>> {
    values.iter().map(|x| Num(S::nearest(x, ()))).collect()
}

impl Anew for Incremental<Rational> {
    type Number = Rational;

    fn around(&self, signature: &Signature<Rational>) -> Option<Around> {
        let exact = exact_probes(signature, self)?;
        let lists = |lists: &[Vec<Rational>]| lists.iter().map(|y| balls(&nearest::<Rational>(y))).collect();
        Some(Around { differences: lists(&exact.differences), mixed: lists(&exact.mixed) })
    }
}

impl Anew for Compensated {
    type Number = Ball;

    fn around(&self, signature: &Signature<Rational>) -> Option<Around> {
        let probes = signature.probes.as_ref()?;
        let center = self.preactivations(&nearest(&signature.center));
        let along = |axes: &[usize], step: i32| {
            balls(&self.second_difference(&center, axes, Dyadic::power(step).lift::<f64>(()).0))
        };
        let axes = probes.steps.iter().zip(&probes.mixed).enumerate();
        let mixed = |(j, (&step, asked)): (usize, (&i32, &Vec<Rational>))| {
            if asked.is_empty() { Vec::new() } else { along(&[j, signature.reference], step) }
        };
        Some(Around {
            differences: axes.clone().map(|(j, (&step, _))| along(&[j], step)).collect(),
            mixed: axes.map(mixed).collect(),
        })
    }
}

/// Every recorded question, asked again. Positions and points are those of the record, exactly.
pub(super) fn answers<O: Anew>(seen: &Trace<Rational>, oracle: &O) -> Answers {
    type Number<O> = Num<<O as Anew>::Number>;
    let on_line = |(line, kinks): (&Line, &Vec<Kink<Rational>>)| -> Vec<Option<Position>> {
        let lifted = |x: &[f64]| crate::num::lift_all::<O::Number>(x, ());
        let at: Vec<Number<O>> = nearest(&kinks.iter().flat_map(positions).collect::<Vec<_>>());
        let (origin, direction) = (lifted(&line.origin), lifted(&line.direction));
        let answers = oracle.evaluate(&Batch::Line { origin: &origin, direction: &direction, at: &at });
        kinks.iter().zip(answers.chunks_exact(4)).map(|(kink, four)| position(kink, four)).collect()
    };
    let sides: Vec<_> = seen.signatures().iter().zip(&seen.oriented.sides).collect();
    let sides = sides.into_par_iter().map(|(signature, sides)| {
        let center: Vec<Number<O>> = nearest(&signature.center);
        let probe = |sign: &dyn Fn(&Rational) -> Rational| -> Vec<(usize, Number<O>)> {
            let moved = |(j, v): &(usize, Rational)| {
                let x = signature.center[*j].add(&sign(v));
                (*j, Num(<O::Number as Scalar>::nearest(&x, ())))
            };
            sides.preimage.iter().map(moved).collect()
        };
        let probes = [probe(&Clone::clone), probe(&Scalar::neg), Vec::new()];
        let answers = oracle.evaluate(&Batch::Probes { center: &center, probes: &probes });
        std::array::from_fn(|i| answers.get(i).map(|y| balls(y)).unwrap_or_default())
    });
    let points: Vec<Vec<Number<O>>> = seen.fit().iter().flat_map(|fit| &fit.points).map(|p| nearest(p)).collect();
    Answers {
        positions: seen.located.lines.iter().zip(&seen.located.kinks).flat_map(on_line).collect(),
        rows: seen.signatures().par_iter().map(|signature| oracle.around(signature)).collect(),
        sides: sides.collect(),
        fit: oracle.evaluate(&Batch::Points(&points)).iter().map(|y| balls(y)).collect(),
    }
}
