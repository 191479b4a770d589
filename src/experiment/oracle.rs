//! The oracle of a cell: a victim in its arithmetic, for an attacker in another.

use super::request::Shared;
use super::{Arithmetic, Cell, Settings};
use crate::linalg::Solve;
use crate::net::Shallow;
use crate::num::{Narrow, Rational, Scalar};
use crate::oracle::{Answer, Bridge, Channel, Dense, Evaluate, Held, Incremental, Rounding};
use std::sync::Arc;

/// An attacker's arithmetic: how its numbers become the questions of a victim in hardware floats.
///
/// Each conversion rounds once, to nearest.
pub(super) trait Asking: Solve {
    fn to_f64(&self) -> f64;
    fn to_f32(&self) -> f32;
    fn to_narrow(&self, format: Narrow) -> f32;
}

impl Asking for f64 {
    fn to_f64(&self) -> f64 {
        *self
    }
    fn to_f32(&self) -> f32 {
        *self as f32
    }
    fn to_narrow(&self, format: Narrow) -> f32 {
        format.of_f64(*self)
    }
}

impl Asking for Rational {
    fn to_f64(&self) -> f64 {
        f64::nearest(self, ())
    }
    fn to_f32(&self) -> f32 {
        f32::nearest(self, ())
    }
    fn to_narrow(&self, format: Narrow) -> f32 {
        format.nearest(self)
    }
}

#[cfg(feature = "gmp")]
impl Asking for crate::num::Float {
    fn to_f64(&self) -> f64 {
        Self::to_f64(self)
    }
    fn to_f32(&self) -> f32 {
        Self::to_f32(self)
    }
    fn to_narrow(&self, format: Narrow) -> f32 {
        self.exact().map_or(f32::NAN, |x| format.nearest(&x))
    }
}

/// The oracle for an attacker in `f64`.
pub(super) fn for_f64(victim: &Shallow<f64>, cell: &Cell, settings: &Settings) -> Box<dyn Answer<f64>> {
    match (cell.victim, cell.question_bits) {
        (Arithmetic::F64, None) => {
            through_channel(Box::new(Held(Dense::<f64>::new(victim.clone(), settings.kernel))), cell, ())
        }
        _ => bridged(victim, cell, settings, ()),
    }
}

/// The oracle for an attacker in ℚ.
pub(super) fn for_exact(victim: &Shallow<f64>, cell: &Cell, settings: &Settings) -> Box<dyn Answer<Rational>> {
    match (cell.victim, cell.question_bits) {
        // The structure of batches is kept.
        (Arithmetic::Exact, None) => through_channel(Box::new(Held(Incremental::<Rational>::new(victim))), cell, ()),
        _ => bridged(victim, cell, settings, ()),
    }
}

/// The oracle of a black box, for an attacker in an arithmetic of its own: it is asked at the nearest floats.
pub(super) fn black_box<S: Asking>(
    victim: &Arc<dyn Answer<f64>>,
    cell: &Cell,
    context: S::Context,
) -> Box<dyn Answer<S>> {
    let bridge = Bridge::new(Box::new(Shared(victim.clone())), S::to_f64, move |y: &f64| S::lift(*y, context));
    through_channel(Box::new(bridge), cell, context)
}

/// Answers through the cell's channel, if it has one.
fn through_channel<S: Scalar>(answers: Box<dyn Answer<S>>, cell: &Cell, context: S::Context) -> Box<dyn Answer<S>> {
    match cell.answer {
        Some(rounding) => Box::new(Channel::new(answers, rounding, context)),
        None => answers,
    }
}

/// The exact oracle behind the cell's channels, for an attacker in an arithmetic of its own: each answer is the
/// exact one, rounded once.
pub(super) fn ideal<S: Asking>(oracle: Incremental<Rational>, cell: &Cell, context: S::Context) -> Box<dyn Answer<S>> {
    Way::new(cell, context).bridge(oracle, rational::<S>, Rational::clone, move |y| S::nearest(y, context))
}

/// The oracle for an attacker in an arithmetic of its own: questions and answers are converted on their way.
pub(super) fn bridged<S: Asking>(
    victim: &Shallow<f64>,
    cell: &Cell,
    settings: &Settings,
    context: S::Context,
) -> Box<dyn Answer<S>> {
    let way = Way::new(cell, context);
    let narrow = |format: Narrow| {
        let oracle = Dense::<f32>::narrow(victim, format, settings.kernel);
        let nearest = move |x: &Rational| format.nearest(x);
        way.bridge(oracle, move |x: &S| x.to_narrow(format), nearest, move |y| S::lift(f64::from(*y), context))
    };
    match cell.victim {
        Arithmetic::Exact => ideal(Incremental::new(victim), cell, context),
        Arithmetic::F64 => {
            let oracle = Dense::<f64>::new(victim.clone(), settings.kernel);
            way.bridge(oracle, S::to_f64, |x| f64::nearest(x, ()), move |y| S::lift(*y, context))
        }
        Arithmetic::F32 => {
            let oracle = Dense::<f32>::new(victim.map(|&w| w as f32), settings.kernel);
            way.bridge(oracle, S::to_f32, |x| f32::nearest(x, ()), move |y| S::lift(f64::from(*y), context))
        }
        Arithmetic::F16 => narrow(Narrow::F16),
        Arithmetic::Bf16 => narrow(Narrow::Bf16),
        #[cfg(feature = "gmp")]
        Arithmetic::Precise(bits) => {
            use crate::num::Float;
            let oracle = crate::oracle::Precise::new(victim, bits);
            let nearest = move |x: &Rational| Float::nearest(x, bits);
            let question = move |x: &S| x.exact().map_or_else(|| Float::lift(f64::NAN, bits), |x| nearest(&x));
            way.bridge(oracle, question, nearest, move |y| number(y, context))
        }
    }
}

/// The number as a rational. What is not finite has no place in ℚ and becomes zero, as in lifts.
fn rational<S: Scalar>(x: &S) -> Rational {
    x.exact().unwrap_or_default()
}

/// The number in another arithmetic, rounded once.
#[cfg(feature = "gmp")]
fn number<S: Scalar, V: Scalar>(y: &V, context: S::Context) -> S {
    y.exact().map_or_else(|| S::lift(f64::NAN, context), |y| S::nearest(&y, context))
}

/// What questions and answers go through between an attacker in `S` and a victim.
struct Way<S: Scalar> {
    question: Option<Rounding>,
    answer: Option<Rounding>,
    context: S::Context,
}

impl<S: Scalar> Way<S> {
    fn new(cell: &Cell, context: S::Context) -> Self {
        Self { question: cell.question_bits.map(Rounding::Bits), answer: cell.answer, context }
    }

    /// A bridge that rounds on the way: a number through a channel, then into the other arithmetic.
    ///
    /// `direct`: from the attacker's number to the victim's; `nearest`: from a rational; `back`: to the attacker's.
    /// What is not finite has no bits to lose.
    fn bridge<V: Scalar>(
        &self,
        oracle: impl Evaluate<V> + 'static,
        direct: impl Fn(&S) -> V + Send + Sync + 'static,
        nearest: impl Fn(&Rational) -> V + Send + Sync + 'static,
        back: impl Fn(&V) -> S + Send + Sync + 'static,
    ) -> Box<dyn Answer<S>> {
        let (asked, answered, context) = (self.question, self.answer, self.context);
        let question = move |x: &S| match asked.and_then(|rounding| Some((rounding, x.exact()?))) {
            Some((rounding, x)) => nearest(&rounding.apply(&x)),
            None => direct(x),
        };
        let answer = move |y: &V| match answered.and_then(|rounding| Some((rounding, y.exact()?))) {
            Some((rounding, y)) => S::nearest(&rounding.apply(&y), context),
            None => back(y),
        };
        Box::new(Bridge::new(Box::new(Held(oracle)), question, answer))
    }
}
