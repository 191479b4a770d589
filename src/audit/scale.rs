//! The audit itself, and the output scale that favours the copy most.
//!
//! A copy recovered from labels alone equals its victim only up to a positive scale of the output. Then
//! the question is `min over c > 0 of max over x of |c·f'(x) − f(x)|`. Any `c` bounds it from above. Any
//! set of inputs bounds it from below, by the `c` that is best on this set: a linear program in one
//! variable, solved in ℚ. The maximum is convex in `c`, so the best scale of the inputs found so far is
//! tried next, and gives another input, until both bounds meet (Kelley's cutting planes, 1960).

use super::control::Control;
use super::domain::Domain;
use super::layered;
use super::networks::{Networks, largest, least};
use super::outcome::{Audit, Sandwich, Scale, Witness};
use super::search::Sides;
use crate::linalg::Matrix;
use crate::net::{Draw, Network, Shallow};
use crate::num::{BigInteger, Exact, Num, Rational, Scalar};
use std::time::{Duration, Instant};

/// Points at which the first scale is fitted.
const SAMPLES: usize = 32;
/// Scales tried.
const SCALES: usize = 64;
/// Bits of a scale: more than a float's, for copies that are equal but for rounding.
const DIGITS: i32 = 128;
/// The part of the time left that may go to the hunt before anything is bounded, as one over this.
const HUNT: u32 = 8;
/// What is left of the gap to the search at one scale.
const SHARE: f64 = 0.25;

/// Bounds on the largest difference of two networks with the same inputs and outputs on a box.
///
/// Sound whenever it stops.
pub fn audit(
    victim: &Shallow<Rational>,
    copy: &Shallow<Rational>,
    domain: &Domain,
    scale: &Scale,
    control: &Control<'_>,
) -> Audit {
    let numbers = [victim, copy].map(|network| network.map(|x| Num(x.clone())));
    let networks = Networks::new(&numbers[0], &numbers[1], domain);
    let layers = [victim, copy].map(Network::from);
    let hunted = |scale: &Rational| {
        let left = control.deadline.saturating_duration_since(Instant::now());
        let control = Control { deadline: Instant::now() + left / HUNT, claim: control.claim.clone(), ..*control };
        layered::hunted([&layers[0], &layers[1]], &networks.subject, scale, &control)
    };
    match scale {
        Scale::Fixed(scale) => fixed(&networks, scale, &hunted(scale), control),
        Scale::Free => {
            let witnesses = hunted(&fitted(&networks));
            free(&networks, witnesses, control)
        }
    }
}

impl Audit {
    /// Takes what inputs of the domain show: the bounds from below may rise. `free`: the audit was one of a free scale.
    pub fn learn(&mut self, witnesses: &[Witness], free: bool) {
        let scale = &self.scale;
        self.outputs.iter_mut().enumerate().for_each(|(o, output)| output.learn(o, scale, witnesses));
        if free {
            let all: Vec<Witness> = self.witnesses.iter().chain(witnesses).cloned().collect();
            let (_, value) = best_scale(&all);
            if value > self.lower {
                (self.lower, self.witnesses) = (value, binding(all));
            }
            return;
        }
        if let Some(best) = self.outputs.iter().max_by(|a, b| a.lower.cmp(&b.lower))
            && best.lower > self.lower
        {
            self.lower = best.lower.clone();
            self.witnesses = best.witness.iter().cloned().collect();
        }
    }
}

fn fixed(networks: &Networks<'_>, scale: &Rational, known: &[Witness], control: &Control<'_>) -> Audit {
    let outputs = networks.at(scale, known, control);
    let best = outputs.iter().max_by(|a, b| a.lower.cmp(&b.lower));
    let witnesses = best.and_then(|best| best.witness.clone()).into_iter().collect();
    let lower = least(&outputs);
    let cells = outputs.iter().map(|output| output.cells).sum();
    Audit {
        scale: scale.clone(),
        settled: true,
        upper: largest(&outputs),
        outputs,
        lower,
        witnesses,
        cells,
        parts: None,
    }
}

fn free(networks: &Networks<'_>, mut witnesses: Vec<Witness>, control: &Control<'_>) -> Audit {
    let mut scale = shortened(&best_scale(&witnesses).0);
    let mut best: Option<(Rational, Vec<Sandwich>)> = None;
    let (mut upper, mut lower, mut cells) = (Rational::default(), Rational::default(), 0);
    let mut settled = false;
    let mut current = control.clone();
    for _ in 0..SCALES {
        let quiet = |_: &Rational, _: &Rational| {};
        let inner = Control { gap: current.aim() * SHARE, claim: None, progress: &quiet, ..current };
        let outputs = networks.at(&scale, &witnesses, &inner);
        cells += outputs.iter().map(|output| output.cells).sum::<u64>();
        let is_cut = outputs.iter().any(|output| output.cut);
        let bound = largest(&outputs);
        let before = witnesses.len();
        for witness in outputs.iter().filter_map(|output| output.witness.clone()) {
            if !witnesses.contains(&witness) {
                witnesses.push(witness);
            }
        }
        if best.is_none() || bound < upper {
            upper = bound;
            best = Some((scale.clone(), outputs));
        }
        let (next, value) = best_scale(&witnesses);
        lower = lower.max(value);
        (control.progress)(&upper, &lower);
        if current.is_decided(&upper, &lower) {
            current = current.decided();
        }
        let aimed = Control { gap: current.aim(), claim: None, ..current };
        settled = aimed.is_closed(&upper, &lower) || witnesses.len() == before && !is_cut;
        if settled || current.is_over() || witnesses.len() == before {
            break;
        }
        // The limit at 0 bounds what positive scales can reach.
        scale = shortened(&next);
    }
    let (scale, outputs) = best.unwrap_or_else(|| (scale, Vec::new()));
    Audit { scale, settled, outputs, upper, lower, witnesses: binding(witnesses), cells, parts: None }
}

/// The number to some `DIGITS` bits, from below, for one that is not negative: as good, and short.
pub(super) fn shortened(x: &Rational) -> Rational {
    if *x == Rational::default() {
        return Rational::default();
    }
    let places = DIGITS - x.log2().clamp(-1e6, 1e6) as i32;
    let unit = Rational::power_of_two(-places);
    let scaled = x.mul(&Rational::power_of_two(places));
    let whole = BigInteger::div_rem(scaled.numerator(), scaled.denominator()).0;
    Rational::from_parts(whole, 1i64.into()).mul(&unit)
}

/// The scale that fits best, by least squares at random points; 1 where that is none.
fn fitted(networks: &Networks<'_>) -> Rational {
    let subject = &networks.subject;
    let mut draw = Draw::new(0, "audit scale");
    let (mut both, mut square) = (Rational::default(), Rational::default());
    for _ in 0..SAMPLES {
        let y: Vec<f64> = (0..subject.victim.inputs()).map(|_| draw.dyadic(8)).collect();
        let Witness { victim, copy, .. } = subject.evaluated(&y);
        for (f, g) in victim.iter().zip(&copy) {
            both = both.add(&f.mul(g));
            square = square.add(&g.mul(g));
        }
    }
    let fit = both.div(&square).map_or(1.0, |x| f64::nearest(&x, ()));
    Rational::lift(if fit.is_normal() && fit > 0.0 { fit } else { 1.0 }, ())
}

/// A function of the scale: `intercept + slope·c`.
#[derive(Clone)]
struct Line {
    slope: Rational,
    intercept: Rational,
}

impl Line {
    fn at(&self, scale: &Rational) -> Rational {
        self.intercept.add(&self.slope.mul(scale))
    }
}

/// The line that is highest at a scale, of the steepest ones that are.
fn highest(witnesses: &[Witness], scale: &Rational) -> Option<(Rational, Line)> {
    let lines = witnesses.iter().flat_map(|witness| witness.victim.iter().zip(&witness.copy)).flat_map(|(f, g)| {
        let plus = Line { slope: g.clone(), intercept: f.neg() };
        [plus, Line { slope: g.neg(), intercept: f.clone() }]
    });
    lines.map(|line| (line.at(scale), line)).max_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.slope.cmp(&b.1.slope)))
}

/// The scale `c ≥ 0` with the smallest `max |c·f' − f|` over witnesses and outputs, and this value. Exact.
///
/// The maximum of lines is convex. Of a falling and a rising line that are each highest somewhere, the
/// crossing is tried: no scale does better than the value there, and where no line is higher, it is reached.
pub(super) fn best_scale(witnesses: &[Witness]) -> (Rational, Rational) {
    let zero = Rational::default();
    let Some((value, mut falling)) = highest(witnesses, &zero) else { return (Rational::integer(1), zero) };
    if falling.slope >= zero {
        return (zero, value);
    }
    let mut scale = Rational::integer(1);
    let mut rising = loop {
        // Far enough out, the steepest line is highest, and it rises: each slope comes with its negative.
        match highest(witnesses, &scale) {
            Some((_, line)) if line.slope < zero => scale = scale.mul(&Rational::integer(2)),
            Some((_, line)) => break line,
            None => return (scale, zero),
        }
    };
    loop {
        let run = rising.slope.sub(&falling.slope);
        let Some(crossing) = falling.intercept.sub(&rising.intercept).div(&run) else { return (scale, zero) };
        let bound = falling.at(&crossing);
        match highest(witnesses, &crossing) {
            Some((value, line)) if value > bound && line.slope < zero => falling = line,
            Some((value, line)) if value > bound => rising = line,
            _ => return (crossing, bound),
        }
    }
}

/// Witnesses without which the bound would be lower.
fn binding(witnesses: Vec<Witness>) -> Vec<Witness> {
    let (_, value) = best_scale(&witnesses);
    let mut kept = witnesses;
    let mut index = 0;
    while index < kept.len() {
        let removed = kept.remove(index);
        if best_scale(&kept).1 < value {
            kept.insert(index, removed);
            index += 1;
        }
    }
    kept
}

/// Bounds from below and above on the largest minus the smallest value of an output, over all outputs.
///
/// `None` where time ran out before there was any.
pub fn output_range(
    network: &Shallow<Rational>,
    domain: &Domain,
    control: &Control<'_>,
    most: Duration,
) -> Option<(Rational, Rational)> {
    let network = network.map(|x| Num(x.clone()));
    let shape = network.shape();
    let middle: Vec<_> = domain.point(&vec![0.0; shape.inputs]).into_iter().map(Num).collect();
    // The constant network of the value in the middle: the difference reaches 0 there.
    let nothing = || Num(Rational::default());
    let constant = Shallow::new(
        Matrix::from_fn(1, shape.inputs, |_, _| nothing()),
        vec![nothing()],
        Matrix::from_fn(shape.outputs, 1, |_, _| nothing()),
        network.forward(&middle, ()),
    )
    .ok()?;
    let networks = Networks::new(&constant, &network, domain);
    let one = Rational::integer(1);
    let (mut lower, mut upper) = (Rational::default(), Rational::default());
    let part = most / (2 * shape.outputs) as u32;
    for output in 0..shape.outputs {
        let side = |sides: Sides| {
            let deadline = control.deadline.min(Instant::now() + part);
            networks.search(output, &one, sides, &[], &Control { deadline, claim: None, ..*control })
        };
        let (above, below) = (side(Sides::Plus), side(Sides::Minus));
        lower = lower.max(above.lower.add(&below.lower));
        upper = upper.max(above.upper.add(&below.upper));
    }
    Some((lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// No scale of a grid does better than the best one, and the value is reached.
        #[test]
        fn no_scale_is_better(answers in prop::collection::vec((-9i64..10, -9i64..10), 1..6)) {
            let number = |x: i64| vec![Rational::integer(x)];
            let witnesses: Vec<Witness> =
                answers.iter().map(|(f, g)| Witness { input: vec![], victim: number(*f), copy: number(*g) }).collect();
            let worst = |scale: &Rational| witnesses.iter().map(|w| w.difference(0, scale)).max().unwrap();
            let (scale, value) = best_scale(&witnesses);
            prop_assert!(scale >= Rational::default());
            prop_assert_eq!(&worst(&scale), &value);
            for step in 0..200 {
                prop_assert!(worst(&Rational::integer(step).div(&Rational::integer(16)).unwrap()) >= value);
            }
            let (count, kept) = (witnesses.len(), binding(witnesses.clone()));
            prop_assert!(kept.len() <= count);
            prop_assert_eq!(best_scale(&kept).1, value);
        }
    }
}
