//! Oracles against the plain evaluation: bit for bit, exactly, or within a proven bound.

use exactract::format;
use exactract::linalg::Matrix;
use exactract::net::{Draw, Shallow, Shape};
use exactract::num::{BigRational, Exact, Num, Rational, Scalar, dot, lift_all};
use exactract::oracle::{Answer, Batch, Bridge, Dense, Evaluate, Held, Incremental, Kernel, Plain, Probe, Real};
use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Sizes around those of a tile (4 points, 8 units) and of a block (64 points).
const SIZES: [usize; 10] = [1, 3, 4, 5, 7, 8, 9, 63, 64, 65];

fn size() -> impl Strategy<Value = usize> {
    prop::sample::select(&SIZES[..])
}

/// A number over 12 binades, or zero.
fn number(draw: &mut Draw) -> f64 {
    let scale = 2f64.powi(draw.below(13) as i32 - 6);
    if draw.below(9) == 0 { 0.0 } else { draw.dyadic(52) * scale }
}

/// A network of numbers that `f32` holds where it is told to.
fn network(shape: Shape, seed: u64, single: bool) -> Shallow<f64> {
    let mut draw = Draw::new(seed, "network");
    let mut weight = || {
        let w = number(&mut draw);
        if single { f64::from(w as f32) } else { w }
    };
    let hidden = Matrix::from_fn(shape.hidden, shape.inputs, |_, _| weight());
    let hidden_bias = (0..shape.hidden).map(|_| weight()).collect();
    let output = Matrix::from_fn(shape.outputs, shape.hidden, |_, _| weight());
    let output_bias = (0..shape.outputs).map(|_| weight()).collect();
    Shallow::new(hidden, hidden_bias, output, output_bias).unwrap()
}

/// Questions of all three kinds.
struct Questions<S: Scalar> {
    points: Vec<Vec<Num<S>>>,
    probes: Vec<Probe<S>>,
    at: Vec<Num<S>>,
}

impl<S: Scalar> Questions<S> {
    /// `count` questions of each kind, with numbers from `next`.
    fn new(inputs: usize, count: usize, seed: u64, mut next: impl FnMut(&mut Draw) -> Num<S>) -> Self {
        let mut draw = Draw::new(seed, "questions");
        // The first two points serve as origin, direction and center.
        let points = (0..count.max(2)).map(|_| (0..inputs).map(|_| next(&mut draw)).collect()).collect();
        let at = (0..count).map(|_| next(&mut draw)).collect();
        let probes = (0..count)
            .map(|_| {
                let first = draw.below(inputs);
                let changes = draw.below(4).min(inputs);
                (0..changes).map(|k| ((first + k) % inputs, next(&mut draw))).collect()
            })
            .collect();
        Self { points, probes, at }
    }

    fn batches(&self) -> [Batch<'_, S>; 4] {
        let (origin, direction) = (&self.points[0], &self.points[1]);
        [
            Batch::Points(&self.points),
            Batch::Line { origin, direction, at: &self.at },
            Batch::Line { origin, direction: origin, at: &self.at },
            Batch::Probes { center: origin, probes: &self.probes },
        ]
    }
}

fn values<S: Scalar>(answers: Vec<Vec<Num<S>>>) -> Vec<Vec<S>> {
    answers.into_iter().map(|answer| answer.into_iter().map(|y| y.0).collect()).collect()
}

fn plainly<S: Scalar<Context = ()>>(network: &Shallow<Num<S>>, batch: &Batch<'_, S>) -> Vec<Vec<S>> {
    values((0..batch.len()).map(|i| network.forward(&batch.point(i), ())).collect())
}

/// That the portable kernel is the plain evaluation, bit for bit.
fn portable_is_plain<T: Real>(shape: Shape, count: usize, seed: u64, bits: fn(&T) -> u64) -> Result<(), TestCaseError> {
    let victim = network(shape, seed, true).map(|&w| T::lift(w, ()));
    let oracle = Dense::new(victim.clone(), Kernel::Portable);
    let questions = Questions::<T>::new(shape.inputs, count, seed, |draw| Num::lift(number(draw), ()));
    for batch in questions.batches() {
        let patterns = |answers: Vec<Vec<T>>| answers.iter().flatten().map(bits).collect::<Vec<u64>>();
        let expected = plainly(&victim.map(|&w| Num(w)), &batch);
        prop_assert_eq!(patterns(values(oracle.evaluate(&batch))), patterns(expected));
    }
    Ok(())
}

/// `γₙ = n·u/(1 − n·u)`, `u = 2⁻⁵³`.
fn gamma(n: usize) -> Rational {
    let nu = Rational::integer(n as i64).mul(&Rational::power_of_two(-53));
    nu.div(&Rational::integer(1).sub(&nu)).unwrap()
}

/// What an f64 evaluation in any order of summation may miss at a point, `[outputs]`.
///
/// A sum of `n` products and a bias, in any order and with or without fused products:
/// `γₙ₊₁ (Σ|w||x| + |b|)` (Higham, *Accuracy and Stability*, 2nd ed., §3.1, §4.2). A hidden unit's miss
/// `e` survives `relu`, which is 1-Lipschitz; so `|y − ŷ| ≤ γₕ₊₁ (Σ|a|(z + e) + |c|) + Σ|a|e`.
fn bounds(network: &Shallow<f64>, point: &[f64]) -> Vec<Rational> {
    let lift = |x: f64| Rational::lift(x, ());
    let sum = |terms: &mut dyn Iterator<Item = Rational>| terms.fold(Rational::default(), |s, t| s.add(&t));
    let shape = network.shape();
    let rows = network.hidden().iter_rows().zip(network.hidden_bias());
    let units: Vec<(Rational, Rational)> = rows
        .map(|(row, &bias)| {
            let terms = || row.iter().zip(point).map(|(&w, &x)| lift(w).mul(&lift(x))).chain([lift(bias)]);
            let miss = gamma(shape.inputs + 1).mul(&sum(&mut terms().map(|t| t.magnitude())));
            (sum(&mut terms()).relu(), miss)
        })
        .collect();
    let rows = network.output().iter_rows().zip(network.output_bias());
    rows.map(|(row, &bias)| {
        let weights = || row.iter().map(|&w| lift(w).magnitude()).zip(&units);
        let mass = sum(&mut weights().map(|(w, (z, e))| w.mul(&z.add(e)))).add(&lift(bias).magnitude());
        let inherited = sum(&mut weights().map(|(w, (_, e))| w.mul(e)));
        gamma(shape.hidden + 1).mul(&mass).add(&inherited)
    })
    .collect()
}

/// That f64 answers at these points lie within [`bounds`] of the exact ones.
fn stays_within(network: &Shallow<f64>, points: &[Vec<f64>], answers: &[Vec<f64>]) -> Result<(), TestCaseError> {
    let questions: Vec<_> = points.iter().map(|x| lift_all::<Rational>(x, ())).collect();
    let truth = values(Incremental::<Rational>::new(network).evaluate(&Batch::Points(&questions)));
    prop_assert_eq!(truth.len(), answers.len());
    for ((point, exact), seen) in points.iter().zip(&truth).zip(answers) {
        for ((y, t), bound) in seen.iter().zip(exact).zip(bounds(network, point)) {
            let miss = Rational::lift(*y, ()).sub(t).magnitude();
            prop_assert!(miss <= bound, "off by 2^{}, bound 2^{}", miss.log2(), bound.log2());
        }
    }
    Ok(())
}

/// A rational that is mostly no dyadic.
fn fraction<Q: Exact>(draw: &mut Draw) -> Num<Q> {
    let numerator = Num::<Q>::lift(number(draw), ());
    numerator.over(&Num(Q::integer([1, 1, 3, 7, 12, 1_000_003][draw.below(6)]))).unwrap()
}

/// A dyadic number of up to several hundred bits, as an attacker with long floats asks.
fn wide<Q: Exact>(draw: &mut Draw) -> Num<Q> {
    let far = Num(Q::power_of_two(-[0, 70, 130, 250, 380, 500][draw.below(6)]));
    let [high, low] = [number(draw), number(draw)].map(|x| Num::<Q>::lift(x, ()));
    &high + &(&low * &far)
}

/// That the exact oracle is the plain evaluation in ℚ, with dyadic points, short and long, and with other points.
///
/// `spread`: weights over so many binades more, until their integers do not fit into words. Asked
/// twice: lines and centers are remembered.
fn incremental_is_plain<Q: Exact>(shape: Shape, count: usize, seed: u64, spread: usize) -> Result<(), TestCaseError> {
    let mut draw = Draw::new(seed, "spread");
    let victim = network(shape, seed, false).map(|w| w * 2f64.powi(draw.below(spread + 1) as i32));
    let (oracle, lifted) = (Incremental::<Q>::new(&victim), victim.map(|&w| Num(Q::lift(w, ()))));
    let dyadic = Questions::<Q>::new(shape.inputs, count, seed, |draw| Num::lift(number(draw), ()));
    let [short, long] = [dyadic, Questions::new(shape.inputs, count, seed, fraction)];
    let wide = Questions::new(shape.inputs, count, seed, wide);
    for questions in [&short, &long, &wide, &short] {
        for batch in questions.batches() {
            let expected = plainly(&lifted, &batch);
            prop_assert_eq!(&values(oracle.evaluate(&batch)), &expected);
            prop_assert_eq!(values(Plain::new(lifted.clone(), ()).evaluate(&batch)), expected);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn portable_f64_is_plain(d in size(), h in size(), k in 1usize..4, count in size(), seed: u64) {
        portable_is_plain::<f64>(Shape { inputs: d, hidden: h, outputs: k }, count, seed, |x| x.to_bits())?;
    }

    #[test]
    fn portable_f32_is_plain(d in size(), h in size(), k in 1usize..4, count in size(), seed: u64) {
        portable_is_plain::<f32>(Shape { inputs: d, hidden: h, outputs: k }, count, seed, |x| x.to_bits().into())?;
    }

    #[test]
    fn either_kernel_stays_within_its_bound(d in size(), h in size(), k in 1usize..3, count in 1usize..6, seed: u64) {
        let victim = network(Shape { inputs: d, hidden: h, outputs: k }, seed, false);
        let questions = Questions::<f64>::new(d, count, seed, |draw| Num(number(draw)));
        let oracles = [Kernel::Fast, Kernel::Portable].map(|kernel| Dense::new(victim.clone(), kernel));
        for batch in questions.batches() {
            let point = |i| batch.point(i).into_iter().map(|x| x.0).collect();
            let points: Vec<Vec<f64>> = (0..batch.len()).map(point).collect();
            for oracle in &oracles {
                stays_within(&victim, &points, &values(oracle.evaluate(&batch)))?;
            }
        }
    }

    #[test]
    fn incremental_is_plain_in_either_backend(
        d in 1usize..9, h in 1usize..9, k in 1usize..4, count in 1usize..9, seed: u64,
        spread in prop::sample::select(vec![0, 20, 60, 200]),
    ) {
        let shape = Shape { inputs: d, hidden: h, outputs: k };
        incremental_is_plain::<Rational>(shape, count, seed, spread)?;
        incremental_is_plain::<BigRational>(shape, count, seed, spread)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// A unit is zero where a line crosses it, and its row along a line that does not is zero.
    #[test]
    fn crossings_lie_on_hyperplanes(d in 1usize..9, h in 1usize..9, seed: u64) {
        let victim = network(Shape { inputs: d, hidden: h, outputs: 1 }, seed, false).map(|&w| Num(Rational::lift(w, ())));
        let questions = Questions::<Rational>::new(d, 2, seed, fraction);
        let (origin, direction) = (&questions.points[0], &questions.points[1]);
        let zero = Num(Rational::default());
        let value = |k: usize, x: &[Num<Rational>]| dot(zero.clone(), victim.hidden().row(k), x).0;
        for (k, crossing) in Incremental::rational(&victim).crossings(origin, direction).into_iter().enumerate() {
            match crossing {
                Some(t) => {
                    let at = Batch::Line { origin, direction, at: &[Num(t)] }.point(0);
                    prop_assert_eq!(value(k, &at).add(&victim.hidden_bias()[k].0), Rational::default());
                }
                None => prop_assert_eq!(value(k, direction), Rational::default()),
            }
        }
    }
}

/// An oracle that remembers the points that it was asked at.
struct Recorder<S: Scalar> {
    victim: Plain<S>,
    asked: Arc<Mutex<Vec<Vec<S>>>>,
}

impl<S: Scalar> Evaluate<S> for Recorder<S> {
    fn inputs(&self) -> usize {
        self.victim.inputs()
    }
    fn outputs(&self) -> usize {
        self.victim.outputs()
    }
    fn evaluate(&self, batch: &Batch<'_, S>) -> Vec<Vec<Num<S>>> {
        let points = (0..batch.len()).map(|i| batch.point(i)).collect();
        self.asked.lock().unwrap().extend(values(points));
        self.victim.evaluate(batch)
    }
}

/// A recording oracle in `V` behind a bridge to `S`, and its record.
type Recorded<S, V> = (Bridge<S, V>, Arc<Mutex<Vec<Vec<V>>>>);

fn bridge<S: Scalar, V: Scalar<Context = ()>>(
    victim: &Shallow<f64>,
    question: fn(&S) -> V,
    answer: fn(&V) -> S,
) -> Recorded<S, V> {
    let asked = Arc::default();
    let victim = Plain::new(victim.map(|&w| Num(V::lift(w, ()))), ());
    (Bridge::new(Box::new(Held(Recorder { victim, asked: Arc::clone(&asked) })), question, answer), asked)
}

/// The logits that a victim shows.
fn logits<S: Scalar>(victim: &impl Answer<S>, batch: &Batch<'_, S>) -> Vec<Vec<Num<S>>> {
    victim.answer(batch).unwrap().into_iter().map(|shown| shown.logits().unwrap()).collect()
}

#[test]
fn a_bridge_asks_at_the_attackers_point_converted_once() {
    let victim = network(Shape { inputs: 5, hidden: 4, outputs: 2 }, 1, false);
    let (down, asked) = bridge::<Rational, f64>(&victim, |x| f64::nearest(x, ()), |y| Rational::lift(*y, ()));
    let floats = victim.map(|&w| Num(w));
    for batch in Questions::<Rational>::new(5, 6, 1, fraction).batches() {
        let points: Vec<Vec<Num<f64>>> =
            (0..batch.len()).map(|i| batch.point(i).iter().map(|x| Num(f64::nearest(&x.0, ()))).collect()).collect();
        let answers = values(logits(&down, &batch));
        assert_eq!(std::mem::take(&mut *asked.lock().unwrap()), values(points.clone()));
        let expected = plainly(&floats, &Batch::Points(&points));
        assert_eq!(
            answers,
            expected.iter().map(|y| y.iter().map(|y| Rational::lift(*y, ())).collect()).collect::<Vec<Vec<_>>>()
        );
    }
    let (up, asked) = bridge::<f64, Rational>(&victim, |x| Rational::lift(*x, ()), |y| f64::nearest(y, ()));
    let exact = victim.map(|&w| Num(Rational::lift(w, ())));
    for batch in Questions::<f64>::new(5, 6, 1, |draw| Num(number(draw))).batches() {
        // A line's points are those that f64 makes of it, rounding and all.
        let points: Vec<Vec<Num<Rational>>> =
            (0..batch.len()).map(|i| batch.point(i).iter().map(|x| Num(Rational::lift(x.0, ()))).collect()).collect();
        let answers = values(logits(&up, &batch));
        assert_eq!(std::mem::take(&mut *asked.lock().unwrap()), values(points.clone()));
        let expected = plainly(&exact, &Batch::Points(&points));
        assert_eq!(
            answers,
            expected.iter().map(|y| y.iter().map(|y| f64::nearest(y, ())).collect()).collect::<Vec<Vec<_>>>()
        );
    }
}

#[test]
fn threads_change_no_bit() {
    let victim = network(Shape { inputs: 9, hidden: 13, outputs: 2 }, 2, false);
    let questions = Questions::<f64>::new(9, 300, 2, |draw| Num(number(draw)));
    let exact = Questions::<Rational>::new(9, 40, 2, fraction);
    let answers = |threads| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            let kernels = [Kernel::Portable, Kernel::Fast].map(|kernel| Dense::new(victim.clone(), kernel));
            let bits = |y: &f64| y.to_bits();
            let rounded: Vec<u64> = kernels
                .iter()
                .flat_map(|oracle| questions.batches().map(|batch| values(oracle.evaluate(&batch))))
                .flatten()
                .flat_map(|y| y.iter().map(bits).collect::<Vec<_>>())
                .collect();
            (rounded, exact.batches().map(|batch| values(Incremental::<Rational>::new(&victim).evaluate(&batch))))
        })
    };
    assert_eq!(answers(1), answers(3));
}

/// An array of `tests/data/digits.io.npz`, in rows of this length, its entries lifted from so many bytes.
fn foreign<const N: usize, T>(name: &str, columns: usize, lift: fn([u8; N]) -> T) -> Vec<Vec<T>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/digits.io.npz");
    let bytes = crate::common::entries(&path, name);
    let row = |row: &[u8]| row.as_chunks::<N>().0.iter().map(|&entry| lift(entry)).collect();
    bytes.chunks_exact(columns * N).map(row).collect()
}

/// The same of `f64`s.
fn doubles(name: &str, columns: usize) -> Vec<Vec<f64>> {
    foreign(name, columns, f64::from_le_bytes)
}

#[test]
fn numpy_gives_the_same_bits_in_the_same_order() {
    let victim = format::bundled().unwrap().network;
    let points = doubles("x", 64);
    let wide: Vec<_> = points.iter().map(|x| lift_all::<f64>(x, ())).collect();
    let answers = values(Dense::new(victim.clone(), Kernel::Portable).evaluate(&Batch::Points(&wide)));
    assert_eq!(answers, doubles("in_order_f64", 10));
    let single: Vec<_> = points.iter().map(|x| lift_all::<f32>(x, ())).collect();
    let narrow = Dense::new(victim.map(|&w| w as f32), Kernel::Portable);
    assert_eq!(values(narrow.evaluate(&Batch::Points(&single))), foreign("in_order_f32", 10, f32::from_le_bytes));
}

#[test]
fn numpy_agrees_with_the_exact_oracle_as_far_as_f64_goes() {
    let victim = format::bundled().unwrap().network;
    let (points, products) = (doubles("x", 64), doubles("products", 10));
    stays_within(&victim, &points, &products).unwrap();
    // The two orders of summation do differ: the bound is put to use.
    assert_ne!(products, doubles("in_order_f64", 10));
}
