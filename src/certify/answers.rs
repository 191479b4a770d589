//! Enclosures of the exact answers at the questions that a run recorded.

use super::Form;
use super::position::{Position, position};
use crate::experiment::{Arithmetic, Cell};
use crate::net::Shallow;
use crate::num::{Ball, Dyadic, Num, Rational, Scalar, rounding_error, up};
use crate::oracle::{Bound, Certified, Rounding, channel_error, decimals_error};
use crate::trace::{Kink, Line, Probes, Sides, Signature, Trace};
use rayon::prelude::*;

/// Answers around a critical point's row.
pub(super) struct Around {
    /// Second differences along the axes, `[inputs]` of `[outputs]`.
    pub(super) differences: Vec<Vec<Ball>>,
    /// Along the sums with the reference; empty where none was asked.
    pub(super) mixed: Vec<Vec<Ball>>,
}

/// All recorded answers, each as a ball that holds the exact one.
pub(super) struct Answers {
    /// Of every critical point what they tell of its position.
    pub(super) positions: Vec<Option<Position>>,
    /// Of every row; `None` where it was found without probes.
    pub(super) rows: Vec<Option<Around>>,
    /// Of every row: ahead of its critical point, behind it, at it.
    pub(super) sides: Vec<[Vec<Ball>; 3]>,
    /// At the points of the fit.
    pub(super) fit: Vec<Vec<Ball>>,
}

/// The positions asked for a critical point: the left end and beside it, the right end and beside it.
pub(super) fn positions(kink: &Kink<Rational>) -> [Rational; 4] {
    let [left, right] = [kink.interval.0, kink.interval.1].map(|end| end.lift::<Rational>(()).0);
    [left, kink.ends[0].at.clone(), right, kink.ends[1].at.clone()]
}

/// Turns recorded answers into balls by bounds on what the oracle's arithmetic may do.
pub(super) struct Bounded<'a> {
    oracle: Certified,
    cell: &'a Cell,
    bound: Bound,
}

impl<'a> Bounded<'a> {
    /// `None` where there is no bound for the oracle's arithmetic.
    pub(super) fn new(victim: &Shallow<f64>, cell: &'a Cell, form: Form) -> Option<Self> {
        let bound = match (cell.victim, form) {
            (_, Form::Measured | Form::Certified) => return None,
            // What is recorded is not what was asked, or was asked in an arithmetic of which nothing is known here.
            _ if !cell.questions().is_empty() => return None,
            // One rounding is bounded.
            _ if cell.answers().len() > 1 => return None,
            _ if !matches!(cell.attacker, Arithmetic::Exact | Arithmetic::F64) => return None,
            (Arithmetic::Exact, _) => Bound::Ideal,
            (Arithmetic::F64, Form::Running) => Bound::Running,
            (Arithmetic::F64, Form::APriori) => Bound::APriori,
            _ => return None,
        };
        Some(Self { oracle: Certified::new(victim.clone()), cell, bound })
    }

    /// What rounding answers of this size to the channel's bits, or to the attacker's, may move.
    fn channel(&self, size: f64) -> f64 {
        match (self.cell.answers().first(), self.cell.victim, self.cell.attacker) {
            (Some(&Rounding::Bits(bits)), _, _) => channel_error(size, bits),
            (Some(&Rounding::Decimals(k)), _, _) => decimals_error(size, k),
            (None, _, Arithmetic::Exact) | (None, Arithmetic::F64, _) => 0.0,
            (None, ..) => rounding_error(size),
        }
    }

    /// Recorded answers at a point whose coordinates are off by `moved` at most.
    fn at(&self, point: &[f64], moved: &[f64], answers: &[Rational]) -> Vec<Ball> {
        let center = self.oracle.center(point, 0.0);
        let radii = self.oracle.at(&center, self.bound).into_iter().zip(self.oracle.spread(moved));
        answers.iter().zip(radii).map(|(y, (radius, spread))| self.widened(y, up(radius + spread))).collect()
    }

    fn widened(&self, answer: &Rational, radius: f64) -> Ball {
        let ball = Ball::nearest(answer, ());
        Ball::new(ball.mid(), up(up(ball.rad() + radius) + self.channel(ball.mid())))
    }

    /// A number of the run as the oracle got it, and how far from it at most.
    fn asked(value: &Rational) -> (f64, f64) {
        let ball = Ball::nearest(value, ());
        (ball.mid(), ball.rad())
    }

    /// The point `u + t·v` as the oracle got it, and how far off each coordinate may be.
    ///
    /// `asked`: the position in the arithmetic of an attacker that rounds.
    fn on_line(&self, line: &Line, t: &Rational, asked: f64) -> (Vec<f64>, Vec<f64>) {
        let entries = line.origin.iter().zip(&line.direction);
        match self.cell.attacker {
            Arithmetic::Exact => {
                entries.map(|(&u, &v)| Self::asked(&Rational::lift(u, ()).add(&t.mul(&Rational::lift(v, ()))))).unzip()
            }
            _ => {
                // An end of many bits is itself rounded to be asked at.
                let off = up(f64::nearest(&Rational::lift(asked, ()).sub(t), ()));
                let rounded = |(&u, &v): (&f64, &f64)| {
                    let x = u + asked * v;
                    (x, up(up(rounding_error(asked * v) + rounding_error(x)) + up(v * off)))
                };
                entries.map(rounded).unzip()
            }
        }
    }

    /// All recorded answers.
    pub(super) fn answers(&self, seen: &Trace<Rational>) -> Answers {
        let kink = |(line, kink): (&Line, &Kink<Rational>)| {
            let [left, right] = &kink.ends;
            let recorded = [&left.value, &left.beside, &right.value, &right.beside];
            let positions = positions(kink);
            let [left, right] = [kink.interval.0, kink.interval.1].map(|end| end.lift::<f64>(()).0);
            let [beside_left, beside_right] = [&kink.ends[0].at, &kink.ends[1].at].map(|at| f64::nearest(at, ()));
            let asked = [left, beside_left, right, beside_right];
            let answers: [Vec<Num<Ball>>; 4] = std::array::from_fn(|i| {
                let (point, moved) = self.on_line(line, &positions[i], asked[i]);
                self.at(&point, &moved, recorded[i]).into_iter().map(Num).collect()
            });
            position(kink, &answers)
        };
        let kinks: Vec<(&Line, &Kink<Rational>)> = seen
            .located
            .lines
            .iter()
            .zip(&seen.located.kinks)
            .flat_map(|(line, kinks)| kinks.iter().map(move |k| (line, k)))
            .collect();
        let sides: Vec<_> = seen.signatures().iter().zip(&seen.oriented.sides).collect();
        let fit = seen.fit().iter().flat_map(|fit| fit.points.iter().zip(&fit.answers)).collect::<Vec<_>>();
        Answers {
            positions: kinks.into_par_iter().map(kink).collect(),
            rows: seen.signatures().par_iter().map(|s| Some(self.row(s, s.probes.as_ref()?))).collect(),
            sides: sides.into_par_iter().map(|(signature, sides)| self.sides(signature, sides)).collect(),
            fit: fit
                .into_par_iter()
                .map(|(point, answers)| {
                    let (point, moved): (Vec<f64>, Vec<f64>) = point.iter().map(Self::asked).unzip();
                    self.at(&point, &moved, answers)
                })
                .collect(),
        }
    }

    fn row(&self, signature: &Signature<Rational>, probes: &Probes<Rational>) -> Around {
        let (point, moved): (Vec<f64>, Vec<f64>) = signature.center.iter().map(Self::asked).unzip();
        let longest = probes.steps.iter().copied().max().unwrap_or_default();
        let power = |exponent: i32| Dyadic::power(exponent).lift::<f64>(()).0;
        let (center, moved) = (self.oracle.center(&point, power(longest)), self.oracle.spread(&moved));
        let sizes: Vec<f64> = signature.answer.iter().map(|y| up(f64::nearest(y, ()))).collect();
        let along = |axes: &[usize], step: i32, recorded: &[Rational]| {
            let step = power(step);
            let (near, here) =
                (self.oracle.around(&center, axes, step, self.bound), self.oracle.at(&center, self.bound));
            let common = self.oracle.common(&center, axes, self.bound);
            let ball = |(o, difference): (usize, &Rational)| {
                let reach = axes.iter().fold(0.0, |sum, &j| up(sum + up(self.oracle.reach(o, j) * step)));
                // An answer near is at most this large: the recorded one, its error, and what moving adds.
                let error = |radius: f64| {
                    let error = up(up(radius + moved[o]) * (1.0 + f64::EPSILON));
                    let size = up(up(sizes[o] + self.channel(sizes[o])) + reach);
                    up(error + self.channel(up(size + up(2.0 * error))))
                };
                // y₊ + y₋ − 2y₀ of answers off by η₁ and η₀, η of it alike: off by 2·(η₁ − η) + 2·(η₀ − η).
                let apart = |radius: f64| up(error(radius) - common[o]);
                let errors = up(2.0 * up(apart(near[o]) + apart(here[o])));
                let recorded = Ball::nearest(difference, ());
                // Three roundings, of differences of at most reach + η each, and of their sum.
                let differences = up(up(2.0 * reach) + up(2.0 * errors));
                let rounded = up(f64::EPSILON * up(differences + recorded.mid().abs()));
                Ball::new(recorded.mid(), up(up(recorded.rad() + errors) + rounded))
            };
            recorded.iter().enumerate().map(ball).collect()
        };
        let reference = signature.reference;
        let axes = probes.steps.iter().enumerate();
        Around {
            differences: axes.clone().map(|(j, &step)| along(&[j], step, &probes.differences[j])).collect(),
            mixed: axes.map(|(j, &step)| along(&[j, reference], step, &probes.mixed[j])).collect(),
        }
    }

    fn sides(&self, signature: &Signature<Rational>, sides: &Sides<Rational>) -> [Vec<Ball>; 3] {
        let (center, moved): (Vec<f64>, Vec<f64>) = signature.center.iter().map(Self::asked).unzip();
        let probe = |sign: &dyn Fn(&Rational) -> Rational, answers: &[Rational]| {
            let (mut point, mut moved) = (center.clone(), moved.clone());
            for (j, v) in &sides.preimage {
                // The nearest f64 to the sum is what either attacker asks.
                (point[*j], moved[*j]) = Self::asked(&signature.center[*j].add(&sign(v)));
            }
            self.at(&point, &moved, answers)
        };
        [
            probe(&Clone::clone, &sides.answers[0]),
            probe(&Scalar::neg, &sides.answers[1]),
            self.at(&center, &moved, &signature.answer),
        ]
    }
}
