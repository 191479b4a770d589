//! The oracle of a cell: a victim in its arithmetic, for an attacker in another.

use super::{Arithmetic, Cell, Settings};
use crate::linalg::Solve;
use crate::net::Shallow;
use crate::num::{Narrow, Rational, Scalar};
use crate::oracle::{Answer, Bridge, Dense, Held, Incremental, Rounding, Wrapping, wrapped};
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
    match cell.victim {
        Arithmetic::F64 if cell.questions().is_empty() => {
            wrapped(Held(Dense::<f64>::new(victim.clone(), settings.kernel)), &cell.wrappers, ())
        }
        _ => bridged(victim, cell, settings, ()),
    }
}

/// The oracle for an attacker in ℚ.
pub(super) fn for_exact(victim: &Shallow<f64>, cell: &Cell, settings: &Settings) -> Box<dyn Answer<Rational>> {
    match cell.victim {
        // The structure of batches is kept.
        Arithmetic::Exact if cell.questions().is_empty() => {
            wrapped(Held(Incremental::<Rational>::new(victim)), &cell.wrappers, ())
        }
        _ => bridged(victim, cell, settings, ()),
    }
}

/// The oracle of a black box, for an attacker in an arithmetic of its own: it is asked at the nearest floats.
pub(super) fn black_box<S: Asking>(
    victim: &Arc<dyn Answer<f64>>,
    cell: &Cell,
    context: S::Context,
) -> Box<dyn Answer<S>> {
    let way = Way::new(cell, context);
    way.bridge(Arc::clone(victim), S::to_f64, |x| f64::nearest(x, ()), move |y| S::lift(*y, context))
}

/// The exact oracle behind the cell's wrappers, for an attacker in an arithmetic of its own: each answer is the
/// exact one, rounded once.
pub(super) fn ideal<S: Asking>(oracle: Incremental<Rational>, cell: &Cell, context: S::Context) -> Box<dyn Answer<S>> {
    Way::new(cell, context).bridge(Held(oracle), rational::<S>, Rational::clone, move |y| S::nearest(y, context))
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
        way.bridge(Held(oracle), move |x: &S| x.to_narrow(format), nearest, move |y| S::lift(f64::from(*y), context))
    };
    match cell.victim {
        Arithmetic::Exact => ideal(Incremental::new(victim), cell, context),
        Arithmetic::F64 => {
            let oracle = Dense::<f64>::new(victim.clone(), settings.kernel);
            way.bridge(Held(oracle), S::to_f64, |x| f64::nearest(x, ()), move |y| S::lift(*y, context))
        }
        Arithmetic::F32 => {
            let oracle = Dense::<f32>::new(victim.map(|&w| w as f32), settings.kernel);
            way.bridge(Held(oracle), S::to_f32, |x| f32::nearest(x, ()), move |y| S::lift(f64::from(*y), context))
        }
        Arithmetic::F16 => narrow(Narrow::F16),
        Arithmetic::Bf16 => narrow(Narrow::Bf16),
        #[cfg(feature = "gmp")]
        Arithmetic::Precise(bits) => {
            use crate::num::Float;
            let oracle = crate::oracle::Precise::new(victim, bits);
            let nearest = move |x: &Rational| Float::nearest(x, bits);
            let question = move |x: &S| x.exact().map_or_else(|| Float::lift(f64::NAN, bits), |x| nearest(&x));
            way.bridge(Held(oracle), question, nearest, move |y| number(y, context))
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
    wrapping: Wrapping,
    context: S::Context,
}

impl<S: Scalar> Way<S> {
    fn new(cell: &Cell, context: S::Context) -> Self {
        Self { wrapping: Wrapping::new(&cell.wrappers), context }
    }

    /// A bridge that rounds on the way, between the two arithmetics, so that neither rounds what a wrapper gets.
    ///
    /// `direct`: from the attacker's number to the victim's; `nearest`: from a rational; `back`: to the attacker's.
    fn bridge<V: Scalar>(
        &self,
        oracle: impl Answer<V> + 'static,
        direct: impl Fn(&S) -> V + Send + Sync + 'static,
        nearest: impl Fn(&Rational) -> V + Send + Sync + 'static,
        back: impl Fn(&V) -> S + Send + Sync + 'static,
    ) -> Box<dyn Answer<S>> {
        let (Wrapping { questions, answers, rest }, context) = (self.wrapping.clone(), self.context);
        let question = move |x: &S| Rounding::pass(&questions, x, &nearest, &direct);
        let answer = move |y: &V| Rounding::pass(&answers, y, |y| S::nearest(y, context), &back);
        let bridge = Bridge::new(Box::new(oracle), question, answer);
        wrapped(bridge, &rest, context)
    }
}
