//! The certified and the compensated oracle against the exact one: every radius holds, at every
//! point and nearby.

use exactract::net::{Draw, Dtype, Shallow, Shape, random};
use exactract::num::{Ball, Enclosure, Exact, Num, Rational, Scalar};
use exactract::oracle::{Batch, Bound, Certified, Compensated, Dense, Evaluate, Incremental, Kernel};
use proptest::prelude::*;

/// Random weights spread over many powers of two, so that sums cancel.
fn victim(shape: Shape, seed: u64, spread: i32) -> Shallow<f64> {
    let mut draw = Draw::new(seed, "scales");
    random(shape, seed, Dtype::F64).map(|w| w * 2f64.powi((draw.dyadic(20) * f64::from(spread)) as i32))
}

fn point(inputs: usize, seed: u64, size: i32) -> Vec<f64> {
    let mut draw = Draw::new(seed, "point");
    (0..inputs).map(|_| draw.normal() * 2f64.powi(size)).collect()
}

fn lifted(x: &[f64]) -> Vec<Num<Rational>> {
    exactract::num::lift_all(x, ())
}

fn exact(oracle: &Incremental<Rational>, point: Vec<Num<Rational>>) -> Vec<Rational> {
    oracle.evaluate(&Batch::Points(&[point])).swap_remove(0).into_iter().map(|y| y.0).collect()
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
        let answers = dense.evaluate(&Batch::Points(&[point.iter().map(|&x| Num(x)).collect()])).swap_remove(0);
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
            let seen = dense.evaluate(&Batch::Points(&[asked.into_iter().map(Num).collect()])).swap_remove(0);
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
        let answers = Certified::new(victim.clone()).evaluate(&Batch::Points(&[balls])).swap_remove(0);
        let mut draw = Draw::new(seed, "inside");
        let inside = lifted(&point).iter().map(|x| x + &Num::lift(radius * draw.dyadic(20), ())).collect();
        for (ball, truth) in answers.iter().zip(exact(&Incremental::new(&victim), inside)) {
            prop_assert!(ball.0.radius().is_some() && ball.0.contains(&truth));
        }
    }
}

/// A point, and balls that hold it: some coordinates fat, some exact.
fn hidden_in_balls(inputs: usize, seed: u64, radius: f64) -> (Vec<Num<Rational>>, Vec<Num<Ball>>) {
    let mut draw = Draw::new(seed, "inside");
    let coordinate = |(j, x): (usize, &f64)| {
        let radius = if j % 3 == 2 { 0.0 } else { radius };
        let inside = &Num::lift(*x, ()) + &Num::lift(radius * draw.dyadic(20), ());
        (inside, Num(Ball::new(*x, radius)))
    };
    point(inputs, seed, 0).iter().enumerate().map(coordinate).unzip()
}

fn enclosed(balls: &[Vec<Num<Ball>>], truth: &[Vec<Num<Rational>>]) -> Result<(), TestCaseError> {
    prop_assert_eq!(balls.len(), truth.len());
    for (ball, truth) in balls.iter().flatten().zip(truth.iter().flatten()) {
        prop_assert!(ball.0.radius().is_some() && ball.0.contains(&truth.0), "{} is not in {:?}", truth.0, ball.0);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Every batch, asked in fat balls, with fat positions and fat probes.
    #[test]
    fn asking_anew_encloses_the_exact_answers(
        (inputs, hidden, outputs) in (1usize..20, 1usize..10, 1usize..4),
        seed in any::<u64>(), radius in -60i32..1, spread in 0i32..12, first in any::<prop::sample::Index>(),
    ) {
        let victim = victim(Shape { inputs, hidden, outputs }, seed, spread);
        let (oracle, truth) = (Compensated::new(victim.clone()), Incremental::<Rational>::new(&victim));
        let radius = 2f64.powi(radius);
        let (inside, balls) = hidden_in_balls(inputs, seed, radius);
        let (along, steps) = hidden_in_balls(inputs, seed ^ 1, radius);
        let (at, positions) = hidden_in_balls(5, seed ^ 2, radius);
        let points = (Batch::Points(std::slice::from_ref(&balls)), Batch::Points(std::slice::from_ref(&inside)));
        enclosed(&oracle.evaluate(&points.0), &truth.evaluate(&points.1))?;
        enclosed(
            &oracle.evaluate(&Batch::Line { origin: &balls, direction: &steps, at: &positions }),
            &truth.evaluate(&Batch::Line { origin: &inside, direction: &along, at: &at }),
        )?;
        let (one, other) = (first.index(inputs), (first.index(inputs) + 1) % inputs);
        let moved = |j: usize| ((j, along[j].clone()), (j, steps[j].clone()));
        let (single, pair) = (moved(one), moved(other));
        let (mut exact, mut fat) = (vec![vec![single.0.clone()], Vec::new()], vec![vec![single.1], Vec::new()]);
        if one != other {
            exact.push(vec![single.0, pair.0]);
            fat.push(vec![fat[0][0].clone(), pair.1]);
        }
        enclosed(
            &oracle.evaluate(&Batch::Probes { center: &balls, probes: &fat }),
            &truth.evaluate(&Batch::Probes { center: &inside, probes: &exact }),
        )?;
    }

    /// Second differences along one axis and two, near hyperplanes, far from them, and at a fat point.
    #[test]
    fn second_differences_are_enclosed(
        (inputs, hidden, outputs) in (2usize..20, 1usize..10, 1usize..3),
        seed in any::<u64>(), radius in -60i32..-4, step in -30i32..6, spread in 0i32..12, both in any::<bool>(),
        first in any::<prop::sample::Index>(), second in any::<prop::sample::Index>(),
    ) {
        let victim = victim(Shape { inputs, hidden, outputs }, seed, spread);
        let (oracle, truth) = (Compensated::new(victim.clone()), Incremental::<Rational>::new(&victim));
        let (inside, balls) = hidden_in_balls(inputs, seed, 2f64.powi(radius));
        let (first, second) = (first.index(inputs), second.index(inputs));
        let axes = if both && first != second { vec![first, second] } else { vec![first] };
        let step = 2f64.powi(step);
        let moved = |sign: f64| {
            let moved = |&j: &usize| (j, &inside[j] + &Num::lift(sign * step, ()));
            axes.iter().map(moved).collect::<Vec<_>>()
        };
        let probes = [moved(1.0), moved(-1.0), moved(0.0)];
        let answers = truth.evaluate(&Batch::Probes { center: &inside, probes: &probes });
        let difference = (0..outputs).map(|o| &(&answers[0][o] + &answers[1][o]) - &(&answers[2][o] + &answers[2][o]));
        let found = oracle.second_difference(&oracle.preactivations(&balls), &axes, step);
        enclosed(&[found], &[difference.collect()])?;
    }
}

/// Where a step may or may not reach the hyperplane, both are enclosed.
#[test]
fn a_step_that_just_reaches_is_enclosed() {
    let one = |x| exactract::linalg::Matrix::from_fn(1, 1, |_, _| x);
    let oracle = Compensated::new(Shallow::new(one(1.0), vec![0.0], one(1.0), vec![0.0]).expect("a network"));
    let difference = |mid, radius| {
        let at = oracle.preactivations(&[Num(Ball::new(mid, radius))]);
        oracle.second_difference(&at, &[0], 1.0).swap_remove(0).0
    };
    // relu(1 − z) for z from 3/4 to 7/4, from 3/8 to 11/8, and from 3/2 on.
    for (ball, held) in [(difference(1.25, 0.5), [0.0, 0.25]), (difference(0.875, 0.5), [0.0, 0.625])] {
        assert!(held.iter().all(|&x| ball.contains(&Rational::lift(x, ()))), "{held:?} {ball:?}");
    }
    assert_eq!(difference(2.0, 0.5), Ball::new(0.0, 0.0));
}

/// What is asked again is known to a few roundings, however many terms cancel.
#[test]
fn asking_anew_is_sharp() {
    let shape = Shape { inputs: 500, hidden: 20, outputs: 1 };
    let victim = random(shape, 4, Dtype::F64);
    let oracle = Compensated::new(victim.clone());
    for seed in 0..20 {
        let point = point(500, seed, 0).into_iter().map(|x| Num(Ball::new(x, 0.0))).collect::<Vec<_>>();
        let ball = oracle.evaluate(&Batch::Points(std::slice::from_ref(&point))).swap_remove(0).swap_remove(0).0;
        let running = Certified::new(victim.clone()).evaluate(&Batch::Points(&[point])).swap_remove(0).swap_remove(0).0;
        assert!(ball.rad() > 0.0 && ball.rad() < running.rad() / 50.0, "{ball:?} {running:?}");
    }
}

/// Same signs everywhere: a bound that forgot a rounding would not hold by luck.
#[test]
fn is_sharp_to_a_small_factor_where_nothing_cancels() {
    let shape = Shape { inputs: 50, hidden: 1, outputs: 1 };
    let victim = random(shape, 3, Dtype::F64).map(|w| w.abs() + 0.1);
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
    let certified = Certified::new(random(Shape { inputs: 3, hidden: 2, outputs: 1 }, 1, Dtype::F64));
    let center = certified.center(&[0.5, -0.25, 1.0], 0.125);
    assert!(certified.around(&center, &[1], 0.125, Bound::Running)[0].is_finite());
    assert_eq!(certified.around(&center, &[1], 0.25, Bound::Running), [f64::INFINITY]);
}
