//! The certified oracle against the exact one: every radius holds, at every point and nearby.

use exactract::net::{Draw, Network, Shape, Weights, random};
use exactract::num::{Ball, Enclosure, Exact, Num, Rational, Scalar};
use exactract::oracle::{Answer, Batch, Bound, Certified, Dense, Incremental, Kernel};
use proptest::prelude::*;

/// Random weights spread over many powers of two, so that sums cancel.
fn victim(shape: Shape, seed: u64, spread: i32) -> Network<f64> {
    let mut draw = Draw::new(seed, "scales");
    random(shape, seed, Weights::F64).map(|w| w * 2f64.powi((draw.dyadic(20) * f64::from(spread)) as i32))
}

fn point(inputs: usize, seed: u64, size: i32) -> Vec<f64> {
    let mut draw = Draw::new(seed, "point");
    (0..inputs).map(|_| draw.normal() * 2f64.powi(size)).collect()
}

fn lifted(x: &[f64]) -> Vec<Num<Rational>> {
    exactract::num::lift_all(x, ())
}

fn exact(oracle: &Incremental<Rational>, point: Vec<Num<Rational>>) -> Vec<Rational> {
    oracle.answer(&Batch::Points(&[point])).swap_remove(0).into_iter().map(|y| y.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn holds_at_a_point(
        (inputs, hidden, outputs) in (1usize..30, 1usize..12, 1usize..4),
        seed in any::<u64>(), size in -30i32..30, spread in 0i32..30,
    ) {
        let victim = victim(Shape { inputs, hidden, outputs }, seed, spread);
        let (certified, point) = (Certified::new(victim.clone()), point(inputs, seed, size));
        let center = certified.center(&point, 0.0);
        let dense = Dense::<f64>::new(victim.clone(), Kernel::Portable);
        let answers = dense.answer(&Batch::Points(&[point.iter().map(|&x| Num(x)).collect()])).swap_remove(0);
        let truth = exact(&Incremental::new(&victim), lifted(&point));
        let [running, prior] = [Bound::Running, Bound::APriori].map(|bound| certified.at(&center, bound));
        for o in 0..outputs {
            prop_assert_eq!(answers[o].0.to_bits(), center.values()[o].to_bits(), "not the answer of the run");
            let error = Rational::lift(answers[o].0, ()).sub(&truth[o]).magnitude();
            prop_assert!(error <= Rational::lift(running[o], ()), "{error} > {}", running[o]);
            prop_assert!(running[o] <= prior[o], "{} > {}", running[o], prior[o]);
        }
    }

    /// Two axes moved at once, coordinates rounded, and what both answers share.
    #[test]
    fn holds_around_a_point(
        (inputs, hidden, outputs) in (2usize..30, 1usize..12, 1usize..3),
        seed in any::<u64>(), step in -40i32..6, both in any::<bool>(),
        first in any::<prop::sample::Index>(), second in any::<prop::sample::Index>(),
    ) {
        let victim = victim(Shape { inputs, hidden, outputs }, seed, 4);
        let (certified, point) = (Certified::new(victim.clone()), point(inputs, seed, 0));
        let step = 2f64.powi(step);
        let center = certified.center(&point, step);
        let (first, second) = (first.index(inputs), second.index(inputs));
        let axes = if both && first != second { vec![first, second] } else { vec![first] };
        let dense = Dense::<f64>::new(victim.clone(), Kernel::Portable);
        let oracle = Incremental::<Rational>::new(&victim);
        let moved = |sign: f64| {
            let (mut asked, mut meant) = (point.clone(), lifted(&point));
            for &j in &axes {
                asked[j] += sign * step;
                meant[j] = &meant[j] + &Num::lift(sign * step, ());
            }
            let seen = dense.answer(&Batch::Points(&[asked.into_iter().map(Num).collect()])).swap_remove(0);
            let truth = exact(&oracle, meant);
            (0..outputs).map(|o| Rational::lift(seen[o].0, ()).sub(&truth[o])).collect::<Vec<_>>()
        };
        let errors = [moved(1.0), moved(-1.0), moved(0.0)];
        for bound in [Bound::Running, Bound::APriori] {
            let (near, here) = (certified.around(&center, &axes, step, bound), certified.at(&center, bound));
            let common = certified.common(&center, &axes, bound);
            for o in 0..outputs {
                for error in &errors[..2] {
                    prop_assert!(error[o].magnitude() <= Rational::lift(near[o], ()));
                }
                let difference = errors[0][o].add(&errors[1][o]).sub(&errors[2][o]).sub(&errors[2][o]);
                let bound = 2.0 * (near[o] - common[o]) + 2.0 * (here[o] - common[o]);
                prop_assert!(difference.magnitude() <= Rational::lift(bound.next_up(), ()), "{difference} > {bound}");
            }
        }
    }

    /// As an oracle in balls: questions that are balls themselves, fat ones.
    #[test]
    fn encloses_all_points_of_a_ball(
        (inputs, hidden, outputs) in (1usize..12, 1usize..8, 1usize..3), seed in any::<u64>(), radius in -50i32..2,
    ) {
        let victim = victim(Shape { inputs, hidden, outputs }, seed, 6);
        let point = point(inputs, seed, 0);
        let radius = 2f64.powi(radius);
        let balls = point.iter().map(|&x| Num(Ball::new(x, radius))).collect();
        let answers = Certified::new(victim.clone()).answer(&Batch::Points(&[balls])).swap_remove(0);
        let mut draw = Draw::new(seed, "inside");
        let inside = lifted(&point).iter().map(|x| x + &Num::lift(radius * draw.dyadic(20), ())).collect();
        for (ball, truth) in answers.iter().zip(exact(&Incremental::new(&victim), inside)) {
            prop_assert!(ball.0.radius().is_some() && ball.0.contains(&truth));
        }
    }
}

/// Same signs everywhere: a bound that forgot a rounding would not hold by luck.
#[test]
fn is_sharp_to_a_small_factor_where_nothing_cancels() {
    let shape = Shape { inputs: 50, hidden: 1, outputs: 1 };
    let victim = random(shape, 3, Weights::F64).map(|w| w.abs() + 0.1);
    let certified = Certified::new(victim.clone());
    let mut largest = 0.0f64;
    for seed in 0..200 {
        let point: Vec<f64> = point(50, seed, 0).iter().map(|x| x.abs()).collect();
        let center = certified.center(&point, 0.0);
        let truth = exact(&Incremental::new(&victim), lifted(&point)).swap_remove(0);
        let error = Rational::lift(center.values()[0], ()).sub(&truth).magnitude();
        let ratio = error.div(&Rational::lift(certified.at(&center, Bound::Running)[0], ())).unwrap();
        largest = largest.max(f64::nearest(&ratio, ()));
    }
    assert!((1.0 / 16.0..=1.0).contains(&largest), "{largest}");
}

/// Units that sleep near the centre may wake farther away.
#[test]
fn a_step_beyond_the_centre_has_no_bound() {
    let certified = Certified::new(random(Shape { inputs: 3, hidden: 2, outputs: 1 }, 1, Weights::F64));
    let center = certified.center(&[0.5, -0.25, 1.0], 0.125);
    assert!(certified.around(&center, &[1], 0.125, Bound::Running)[0].is_finite());
    assert_eq!(certified.around(&center, &[1], 0.25, Bound::Running), [f64::INFINITY]);
}
