//! Families of bounds: from a seed to pairs of what f64 computation missed and what bounds it.

use exactract::bounds::{self, Layers, solve};
use exactract::linalg::{Matrix, Solve};
use exactract::net::{Draw, Dtype, Shallow, Shape, random};
use exactract::num::{self, Exact, Num, Rational, Scalar};
use exactract::oracle::{Batch, Dense, Evaluate, Incremental, Kernel};

/// What was measured, and what bounds it.
pub type Pairs = Vec<(Rational, Rational)>;

pub fn exact(x: f64) -> Rational {
    Rational::lift(x, ())
}

pub fn miss(a: &Rational, b: &Rational) -> Rational {
    a.sub(b).magnitude()
}

pub fn largest(values: impl IntoIterator<Item = Rational>) -> Rational {
    values.into_iter().max().unwrap_or_default()
}

/// A victim with its answers in f64, by the portable kernel, and in ℚ.
pub struct Victim {
    net: Shallow<Rational>,
    rounded: Dense<f64>,
    exact: Incremental<Rational>,
}

impl Victim {
    fn new(shape: Shape, seed: u64) -> Self {
        let net = random(shape, seed, Dtype::F64);
        let (exact, rounded) = (Incremental::new(&net), Dense::new(net.clone(), Kernel::Portable));
        Self { net: net.map(|&w| Rational::lift(w, ())), rounded, exact }
    }

    fn layers(&self, o: usize) -> Layers<'_> {
        let net = &self.net;
        let (output, output_bias) = (net.output().row(o), &net.output_bias()[o]);
        Layers { hidden: net.hidden(), hidden_bias: net.hidden_bias(), output, output_bias }
    }

    fn rounded(&self, point: &[f64]) -> Vec<f64> {
        let point = num::lift_all(point, ());
        self.rounded.evaluate(&Batch::Points(&[point]))[0].iter().map(|y| y.0).collect()
    }

    fn exact(&self, point: &[f64]) -> Vec<Rational> {
        let point = num::lift_all(point, ());
        self.exact.evaluate(&Batch::Points(&[point]))[0].iter().map(|y| y.0.clone()).collect()
    }

    /// Error of output `o` at a point: measured, and a priori.
    fn answer_error(&self, o: usize, point: &[f64]) -> (Rational, Rational) {
        let measured = miss(&exact(self.rounded(point)[o]), &self.exact(point)[o]);
        let point: Vec<Rational> = point.iter().map(|&x| exact(x)).collect();
        (measured, bounds::forward(&self.layers(o), &point).unwrap())
    }

    /// Exact pre-activation of unit `k`.
    fn before(&self, k: usize, point: &[Rational]) -> Rational {
        let products = self.net.hidden().row(k).iter().zip(point);
        products.fold(self.net.hidden_bias()[k].clone(), |sum, (w, x)| sum.add(&w.mul(x)))
    }
}

/// A dyadic point: sums with short steps stay exact.
pub fn dyadic(draw: &mut Draw, inputs: usize) -> Vec<f64> {
    (0..inputs).map(|_| draw.dyadic(20)).collect()
}

pub fn rounded_dot(x: &[f64], y: &[f64]) -> f64 {
    num::dot(Num(0.0), &num::lift_all(x, ()), &num::lift_all(y, ())).0
}

/// A sum of products, with the mass of its terms and its exact value.
pub fn sum_of(x: &[f64], y: &[f64]) -> (Rational, Rational) {
    let products = x.iter().zip(y).map(|(&a, &b)| exact(a).mul(&exact(b)));
    products.fold(Default::default(), |(sum, mass): (Rational, Rational), p| (sum.add(&p), mass.add(&p.magnitude())))
}

/// Terms of alike size, or, with `tiny`, ones whose products underflow.
pub fn dot_pairs(n: usize, seed: u64, tiny: bool) -> Pairs {
    let mut draw = Draw::new(seed, "terms");
    let mut vector = |size: f64| -> Vec<f64> { (0..n).map(|_| draw.normal() * size).collect() };
    let (x, y) = if tiny { (vector(1e-160), vector(1e-164)) } else { (vector(1.0), vector(1.0)) };
    let (value, mass) = sum_of(&x, &y);
    let measured = miss(&exact(rounded_dot(&x, &y)), &value);
    let without = (!tiny).then(|| (measured.clone(), bounds::dot_without_underflow(n, &mass).unwrap()));
    [(measured, bounds::dot(n, &mass).unwrap())].into_iter().chain(without).collect()
}

pub fn forward_pairs(shape: Shape, seed: u64) -> Pairs {
    let victim = Victim::new(shape, seed);
    let mut draw = Draw::new(seed, "point");
    let point: Vec<f64> = (0..shape.inputs).map(|_| draw.normal()).collect();
    (0..shape.outputs).map(|o| victim.answer_error(o, &point)).collect()
}

/// A critical point of unit `k`, as near as a dyadic point comes, and an axis with a step
/// along which the unit changes sign and no other one does.
pub fn near_hyperplane(victim: &Victim, k: usize, draw: &mut Draw) -> Option<(Vec<f64>, usize, f64)> {
    let shape = victim.net.shape();
    let mut point = dyadic(draw, shape.inputs);
    let axis = draw.below(shape.inputs);
    let weight = &victim.net.hidden()[(k, axis)];
    let rational = |point: &[f64]| -> Vec<Rational> { point.iter().map(|&x| exact(x)).collect() };
    let shift = f64::nearest(&victim.before(k, &rational(&point)).div(weight)?, ());
    // 50 bits after the point, and steps of 2^−20 and more: below 2, all probes are exact.
    let place = ((point[axis] - shift) * 2f64.powi(50)).round() / 2f64.powi(50);
    point[axis] = place;
    let center = rational(&point);
    let offset = victim.before(k, &center).magnitude();
    let step = (1..=20).map(|e| 2f64.powi(-e)).find(|&step| {
        let reach = |i: usize| victim.net.hidden()[(i, axis)].mul(&exact(step)).magnitude();
        offset <= reach(k) && (0..shape.hidden).all(|i| i == k || reach(i) <= victim.before(i, &center).magnitude())
    })?;
    (place.abs() < 2.0).then_some((point, axis, step))
}

/// Certified: with the measured errors of the answers. A priori: with [`bounds::forward`].
pub fn second_difference_pairs(shape: Shape, seed: u64) -> Pairs {
    let victim = Victim::new(shape, seed);
    let mut draw = Draw::new(seed, "hyperplane");
    let k = draw.below(shape.hidden);
    let Some((center, axis, step)) = near_hyperplane(&victim, k, &mut draw) else { return Vec::new() };
    let moved = |step: f64| {
        let mut point = center.clone();
        point[axis] += step;
        point
    };
    let points = [moved(step), moved(-step), center.clone()];
    let offset = victim.before(k, &center.iter().map(|&x| exact(x)).collect::<Vec<_>>());
    let mut pairs = Pairs::new();
    for o in 0..shape.outputs {
        let [ahead, behind, here] = points.each_ref().map(|point| victim.rounded(point)[o]);
        let (a, b) = (ahead - here, behind - here);
        let weight = &victim.net.output()[(o, k)];
        let truth = weight.mul(&victim.net.hidden()[(k, axis)].mul(&exact(step)).magnitude());
        let errors = points.each_ref().map(|point| victim.answer_error(o, point));
        let measured = miss(&exact(a + b), &truth);
        let rounding = bounds::second_difference_rounding(&exact(a), &exact(b), &exact(a + b));
        let bound = |answer: Rational| bounds::second_difference(weight, &offset, &answer).add(&rounding);
        let certified = bound(largest(errors.iter().map(|e| e.0.clone())));
        let a_priori = bound(largest(errors.iter().map(|e| e.1.clone())));
        pairs.extend([(measured, certified.clone()), (certified, a_priori)]);
    }
    pairs
}

/// The kink of one unit on a line, from values and slopes at two dyadic ends of an interval
/// that holds no other.
pub fn crossing_pairs(shape: Shape, seed: u64) -> Pairs {
    let victim = Victim::new(shape, seed);
    let mut draw = Draw::new(seed, "line");
    let (origin, direction) = (dyadic(&mut draw, shape.inputs), dyadic(&mut draw, shape.inputs));
    let rational = |v: &[f64]| -> Vec<Rational> { v.iter().map(|&x| exact(x)).collect() };
    let along = |k: usize| {
        let rows = victim.net.hidden().row(k).iter().zip(rational(&direction));
        rows.fold(Rational::default(), |sum, (w, v)| sum.add(&w.mul(&v)))
    };
    let mut kinks: Vec<Rational> =
        (0..shape.hidden).filter_map(|k| victim.before(k, &rational(&origin)).neg().div(&along(k))).collect();
    kinks.sort();
    let place = draw.below(kinks.len());
    let kink = &kinks[place];
    let near = f64::nearest(kink, ());
    if near.abs() > 64.0 {
        return Vec::new();
    }
    // Ends with ten bits after the point, and slopes inwards over 2^−10: all points are exact.
    let (unit, mut width) = (2f64.powi(-10), 2.0);
    let (left, right) = loop {
        let (left, right) = (((near - width) / unit).floor() * unit, ((near + width) / unit).ceil() * unit);
        let inside = |t: &Rational| *t >= exact(left) && *t <= exact(right);
        if kinks.iter().filter(|t| inside(t)).count() == 1 && near - left > 2.0 * unit && right - near > 2.0 * unit {
            break (left, right);
        }
        width /= 2.0;
        if width < 4.0 * unit {
            return Vec::new();
        }
    };
    let point = |t: f64| -> Vec<f64> { origin.iter().zip(&direction).map(|(u, v)| u + t * v).collect() };
    let points = [left, left + unit, right - unit, right].map(point);
    let outputs = 0..shape.outputs;
    let errors: Vec<(Rational, Rational)> =
        outputs.clone().flat_map(|o| points.each_ref().map(|p| victim.answer_error(o, p))).collect();
    let (mut products, mut squares, mut jumps) = (Rational::default(), Rational::default(), Vec::new());
    let (mut rounding, width) = (Rational::default(), exact(right).sub(&exact(left)));
    for o in outputs {
        let [l, inner_l, inner_r, r] = points.each_ref().map(|p| victim.rounded(p)[o]);
        let (slope_l, slope_r) = ((inner_l - l) / unit, (r - inner_r) / unit);
        // The subtraction rounds, u of its result; the division by a power of two does not.
        for slope in [slope_l, slope_r] {
            rounding = rounding.max(bounds::roundoff().mul(&exact(slope).magnitude()));
        }
        let jump = exact(slope_r).sub(&exact(slope_l));
        let miss = exact(r).sub(&exact(l)).sub(&exact(slope_l).mul(&width));
        products = products.add(&miss.mul(&jump));
        squares = squares.add(&jump.mul(&jump));
        jumps.push(jump);
    }
    let Some(from_right) = products.div(&squares) else { return Vec::new() };
    let measured = miss(&exact(right).sub(&from_right), kink);
    let bound = |value: Rational| {
        let slope = bounds::slope(&value, &exact(unit)).unwrap().add(&rounding);
        bounds::crossing(&value, &slope, &width, &jumps).unwrap()
    };
    let certified = bound(largest(errors.iter().map(|e| e.0.clone())));
    let a_priori = bound(largest(errors.iter().map(|e| e.1.clone())));
    vec![(measured, certified.clone()), (certified, a_priori)]
}

/// The crossing of two lines whose parameters are f64 dot products.
pub fn lines_pairs(n: usize, seed: u64) -> Pairs {
    let mut draw = Draw::new(seed, "lines");
    let mut number = || {
        let mut vector = || -> Vec<f64> { (0..n).map(|_| draw.normal()).collect() };
        let (x, y) = (vector(), vector());
        let (value, mass) = sum_of(&x, &y);
        (exact(rounded_dot(&x, &y)), value, bounds::dot(n, &mass).unwrap())
    };
    let [a0, m0, a1, m1] = std::array::from_fn(|_| number());
    let crossing = |a0: &Rational, m0: &Rational, a1: &Rational, m1: &Rational| a0.sub(a1).div(&m1.sub(m0));
    let (offset, slope) = (a0.2.clone().max(a1.2.clone()), m0.2.clone().max(m1.2.clone()));
    let lines = [(a0.0.clone(), m0.0.clone()), (a1.0.clone(), m1.0.clone())];
    let bound = bounds::crossing_of_lines(&lines, &offset, &slope);
    let measured = crossing(&a0.0, &m0.0, &a1.0, &m1.0).zip(crossing(&a0.1, &m0.1, &a1.1, &m1.1));
    measured.zip(bound).map(|((seen, truth), bound)| (miss(&seen, &truth), bound)).into_iter().collect()
}

/// The ratio of two f64 dot products, each with the bound of its own error.
pub fn ratio_pairs(n: usize, seed: u64) -> Pairs {
    let mut draw = Draw::new(seed, "ratio");
    let mut number = || {
        let mut vector = || -> Vec<f64> { (0..n).map(|_| draw.normal()).collect() };
        let (x, y) = (vector(), vector());
        let (value, mass) = sum_of(&x, &y);
        (exact(rounded_dot(&x, &y)), value, bounds::dot(n, &mass).unwrap())
    };
    let (numerator, denominator) = (number(), number());
    let bound = bounds::ratio(&numerator.0, &denominator.0, &numerator.2, &denominator.2);
    let measured = numerator.0.div(&denominator.0).zip(numerator.1.div(&denominator.1));
    measured.zip(bound).map(|((seen, truth), bound)| (miss(&seen, &truth), bound)).into_iter().collect()
}

pub fn matrix(rows: usize, columns: usize, draw: &mut Draw) -> Matrix<f64> {
    Matrix::from_fn(rows, columns, |_, _| draw.normal())
}

pub fn rational(matrix: &Matrix<f64>) -> Matrix<Rational> {
    matrix.map(|&x| exact(x))
}

pub fn wrapped<T: Clone>(matrix: &Matrix<T>) -> Matrix<Num<T>> {
    matrix.map(|x| Num(x.clone()))
}

pub fn unwrapped(matrix: &Matrix<Num<Rational>>) -> Matrix<Rational> {
    matrix.map(|x| x.0.clone())
}

pub fn farthest(a: &Matrix<Rational>, b: &Matrix<Rational>) -> Rational {
    largest(a.entries().iter().zip(b.entries()).map(|(a, b)| miss(a, b)))
}

pub fn square_pairs(n: usize, seed: u64) -> Pairs {
    let mut draw = Draw::new(seed, "square");
    let (a, b) = (matrix(n, n, &mut draw), matrix(n, 2, &mut draw));
    let candidate = <f64 as Solve>::solve(&wrapped(&a), &wrapped(&b), ()).unwrap().map(|x| exact(x.0));
    let (a, b) = (rational(&a), rational(&b));
    let truth = unwrapped(&Rational::solve(&wrapped(&a), &wrapped(&b), ()).unwrap());
    let inverse = solve::approximate_inverse(&a).unwrap();
    let bound = solve::square(&a, &b, &candidate, &inverse);
    bound.map(|bound| (farthest(&candidate, &truth), bound)).into_iter().collect()
}

pub fn least_squares_pairs(m: usize, n: usize, seed: u64) -> Pairs {
    let mut draw = Draw::new(seed, "least squares");
    let (a, b) = (matrix(m, n, &mut draw), matrix(m, 2, &mut draw));
    let candidate = <f64 as Solve>::least_squares(&wrapped(&a), &wrapped(&b), ()).unwrap();
    let candidate = candidate.map(|x| exact(x.0));
    let (a, b) = (rational(&a), rational(&b));
    let truth = unwrapped(&Rational::least_squares(&wrapped(&a), &wrapped(&b), ()).unwrap());
    let columns = wrapped(&a.transposed());
    let inverse = solve::approximate_inverse(&unwrapped(&Rational::products(&columns, &columns, ()))).unwrap();
    let bound = solve::least_squares(&a, &b, &candidate, &inverse);
    bound.map(|bound| (farthest(&candidate, &truth), bound)).into_iter().collect()
}

/// Entries rounded to f32 stand for those of f64: errors are known entry by entry.
pub fn perturbed_pairs(n: usize, seed: u64) -> Pairs {
    let mut draw = Draw::new(seed, "perturbed");
    let (a, b) = (matrix(n, n, &mut draw), matrix(n, 1, &mut draw));
    let f32s = |m: &Matrix<f64>| m.map(|&x| f64::from(x as f32));
    let (seen_a, seen_b) = (f32s(&a), f32s(&b));
    let candidate = <f64 as Solve>::solve(&wrapped(&seen_a), &wrapped(&seen_b), ()).unwrap().map(|x| exact(x.0));
    let apart = |x: &Matrix<f64>, y: &Matrix<f64>| {
        Matrix::from_fn(x.rows(), x.columns(), |i, j| miss(&exact(x[(i, j)]), &exact(y[(i, j)])))
    };
    let (a_error, b_error) = (apart(&a, &seen_a), apart(&b, &seen_b));
    let truth = unwrapped(&Rational::solve(&wrapped(&rational(&a)), &wrapped(&rational(&b)), ()).unwrap());
    let (seen_a, seen_b) = (rational(&seen_a), rational(&seen_b));
    let inverse = solve::approximate_inverse(&seen_a).unwrap();
    let bound = solve::perturbed((&seen_a, &a_error), (&seen_b, &b_error), &candidate, &inverse);
    bound.map(|bound| (farthest(&candidate, &truth), bound)).into_iter().collect()
}

/// A network against itself in f32: the largest difference at corners and inside the box.
pub fn box_pairs(shape: Shape, seed: u64) -> Pairs {
    let first = random(shape, seed, Dtype::F64);
    let second = first.map(|&w| f64::from(w as f32));
    let mut draw = Draw::new(seed, "box");
    let half_widths: Vec<f64> = (0..shape.inputs).map(|_| draw.dyadic(8).abs()).collect();
    let mut points: Vec<Vec<f64>> = (0..8).map(|_| half_widths.iter().map(|x| x * draw.dyadic(8)).collect()).collect();
    points.extend((0..24).map(|_| half_widths.iter().map(|x| x.copysign(draw.dyadic(8))).collect::<Vec<_>>()));
    let points: Vec<Vec<Num<Rational>>> = points.iter().map(|p| num::lift_all(p, ())).collect();
    let answers = [&first, &second].map(|net| Incremental::<Rational>::new(net).evaluate(&Batch::Points(&points)));
    let half_widths: Vec<Rational> = half_widths.iter().map(|&x| exact(x)).collect();
    let (first, second) = (first.map(|&w| exact(w)), second.map(|&w| exact(w)));
    fn layers(net: &Shallow<Rational>, o: usize) -> Layers<'_> {
        let (output, output_bias) = (net.output().row(o), &net.output_bias()[o]);
        Layers { hidden: net.hidden(), hidden_bias: net.hidden_bias(), output, output_bias }
    }
    let pair = |o: usize| {
        let measured = answers[0].iter().zip(&answers[1]).map(|(a, b)| miss(&a[o].0, &b[o].0));
        (largest(measured), bounds::box_error(&layers(&first, o), &layers(&second, o), &half_widths).unwrap())
    };
    (0..shape.outputs).map(pair).collect()
}
