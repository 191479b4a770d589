//! Precision knobs: laws that tie the arithmetics and channels together.

use exactract::attack::{Error, Strategy};
use exactract::compare::weight_error;
use exactract::experiment::{Arithmetic, Cell, Finished, Settings, run_cell};
use exactract::judge::Policy;
use exactract::net::{Dtype, Shallow, random};
use exactract::num::{Rational, Scalar};
use exactract::oracle::Rounding;

fn victim(shape: &str, seed: u64) -> Shallow<f64> {
    random(shape.parse().unwrap(), seed, Dtype::F64)
}

fn run(victim: &Shallow<f64>, cell: &Cell, strategy: Strategy) -> Finished {
    run_cell(victim, cell, &Settings { strategy, ..Settings::default() }, None)
}

/// Everything that two equal runs have in common, but for margins, whose logarithms are computed.
fn same_run(a: &Finished, b: &Finished, what: &str) {
    let path = |run: &Finished| run.decisions.iter().map(|d| (d.key, d.site, d.sign)).collect::<Vec<_>>();
    assert_eq!((path(a), &a.tally, &a.stopped), (path(b), &b.tally, &b.stopped), "{what}");
    assert_eq!(a.network(), b.network(), "{what}");
    let positions = |run: &Finished| {
        run.trace.iter().flat_map(|t| t.located.kinks.concat()).map(|k| k.position).collect::<Vec<_>>()
    };
    assert_eq!(positions(a), positions(b), "{what}");
}

/// `log2` of the worst weight error; all kinks must be there.
fn error(victim: &Shallow<f64>, run: &Finished) -> f64 {
    let truth = victim.map(|&w| Rational::lift(w, ()));
    let error = weight_error(&truth, run.network().unwrap_or_else(|| panic!("{:?}", run.stopped)));
    assert_eq!(error.found, error.kinks);
    error.error.unwrap().max
}

const BOTH: [Strategy; 2] = [Strategy::Textbook, Strategy::Walk];

/// Channels that pass on what they get: questions of an f64 attacker have 53 bits, and 300 decimals hold its answers.
#[test]
fn a_channel_wide_enough_changes_nothing() {
    let victim = victim("6-4-2", 3);
    for strategy in BOTH {
        let plain = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);
        let expected = run(&victim, &plain, strategy);
        assert_eq!(expected.stopped, None);
        for wide in [
            plain.clone().through(Some(53)),
            plain.clone().asking(Some(53)),
            plain.clone().answering(Some(Rounding::Decimals(300))),
            plain.clone().asking(Some(100)).answering(Some(Rounding::Bits(200))),
            plain.clone().through(Some(60)).through(Some(53)).asking(Some(53)).asking(Some(54)),
        ] {
            same_run(&run(&victim, &wide, strategy), &expected, &format!("{wide:?}"));
        }
    }
}

/// Fewer bits of a question, or decimals of an answer, leave more error: some of it of their own size, none without them.
#[test]
fn channels_cost_what_they_take() {
    let victim = victim("5-3-1", 1);
    for strategy in BOTH {
        let plain = Cell::tolerant(Arithmetic::Exact, Arithmetic::Exact);
        assert_eq!(error(&victim, &run(&victim, &plain, strategy)), f64::NEG_INFINITY);
        let asked = |bits| error(&victim, &run(&victim, &plain.clone().asking(Some(bits)), strategy));
        let told = |k| error(&victim, &run(&victim, &plain.clone().answering(Some(Rounding::Decimals(k))), strategy));
        for (few, many, gained) in [(asked(36), asked(60), 24.0), (told(12), told(20), 8.0 * 3.32)] {
            assert!((few - many - gained).abs() < 12.0, "{strategy:?}: {few} and {many}, {gained} bits apart");
        }
    }
}

/// Judged alike, three oracles give three runs; answers in f16 end at 65504, which lines pass far out.
#[test]
fn oracles_of_sixteen_bits_are_two_of_their_own() {
    let victim = victim("8-2-1", 4);
    let run = |oracle| {
        let settings = Settings { strategy: Strategy::Walk, ..Settings::default() };
        run_cell(&victim, &Cell::tolerant(oracle, Arithmetic::F64), &settings, Some(Policy::Tolerance { bits: 8 }))
    };
    let [single, half, brain] = [Arithmetic::F32, Arithmetic::F16, Arithmetic::Bf16].map(run);
    assert!(single.decisions != half.decisions && half.decisions != brain.decisions);
    assert!(single.decisions != brain.decisions);
    let undecided = |run: &Finished| matches!(run.stopped, Some((_, Error::Undecided(_))));
    assert!(undecided(&half) && !undecided(&brain) && !undecided(&single));
}

#[cfg(feature = "gmp")]
mod p_bit {
    use super::{Arithmetic, BOTH, Cell, Rational, Scalar, Settings, Shallow, error, run, run_cell, same_run, victim};
    use exactract::attack;
    use exactract::linalg::Matrix;
    use exactract::net::{Draw, Shape};
    use exactract::num::{Float, Num, lift_all};
    use exactract::oracle::{Batch, Dense, Evaluate, Incremental, Kernel, Plain, Precise, Probe};
    use proptest::prelude::*;

    /// A number over 12 binades, or zero, of at most 24 bits: nothing made of a few of them is below normal numbers.
    fn number(draw: &mut Draw) -> f64 {
        let scale = 2f64.powi(draw.below(13) as i32 - 6);
        if draw.below(9) == 0 { 0.0 } else { draw.dyadic(24) * scale }
    }

    fn network(shape: Shape, seed: u64) -> Shallow<f64> {
        let mut draw = Draw::new(seed, "network");
        let hidden = Matrix::from_fn(shape.hidden, shape.inputs, |_, _| number(&mut draw));
        let hidden_bias = (0..shape.hidden).map(|_| number(&mut draw)).collect();
        let output = Matrix::from_fn(shape.outputs, shape.hidden, |_, _| number(&mut draw));
        Shallow::new(hidden, hidden_bias, output, (0..shape.outputs).map(|_| number(&mut draw)).collect()).unwrap()
    }

    fn points(inputs: usize, count: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut draw = Draw::new(seed, "points");
        (0..count).map(|_| (0..inputs).map(|_| number(&mut draw)).collect()).collect()
    }

    fn exactly<S: Scalar>(answers: Vec<Vec<Num<S>>>) -> Vec<Vec<Rational>> {
        answers.into_iter().map(|y| y.into_iter().map(|y| y.0.exact().unwrap()).collect()).collect()
    }

    /// The answers in `S` at points and at probes around the first of them.
    fn answers<S: Scalar>(oracle: &dyn Evaluate<S>, points: &[Vec<f64>], context: S::Context) -> Vec<Vec<Rational>> {
        let points: Vec<Vec<Num<S>>> = points.iter().map(|x| lift_all(x, context)).collect();
        let probes: Vec<Probe<S>> = points.iter().map(|x| vec![(0, x[0].clone())]).collect();
        let line = Batch::Line { origin: &points[0], direction: &points[1], at: &points[1] };
        let batches = [Batch::Points(&points), Batch::Probes { center: &points[0], probes: &probes }, line];
        batches.iter().flat_map(|batch| exactly(oracle.evaluate(batch))).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn the_oracle_of_24_or_53_bits_is_that_of_f32_or_f64(d in 1usize..20, h in 1usize..12, k in 1usize..4, seed: u64) {
            let (victim, points) = (network(Shape { inputs: d, hidden: h, outputs: k }, seed), points(d, 6, seed));
            let single = Dense::<f32>::new(victim.map(|&w| w as f32), Kernel::Portable);
            prop_assert_eq!(answers(&Precise::new(&victim, 24), &points, 24), answers(&single, &points, ()));
            let double = Dense::<f64>::new(victim.clone(), Kernel::Portable);
            prop_assert_eq!(answers(&Precise::new(&victim, 53), &points, 53), answers(&double, &points, ()));
        }

        #[test]
        fn the_oracle_is_the_plain_one_and_exact_with_bits_enough(
            d in 1usize..9, h in 1usize..9, k in 1usize..3, bits in 2u32..200, seed: u64,
        ) {
            let (victim, points) = (network(Shape { inputs: d, hidden: h, outputs: k }, seed), points(d, 5, seed));
            let plain = Plain::new(victim.map(|&w| Num(Float::lift(w, bits))), bits);
            let told = answers(&Precise::new(&victim, bits), &points, bits);
            prop_assert_eq!(&told, &answers(&plain, &points, bits));
            // Three factors of 24 bits over a few binades, and their sums: 400 bits hold them.
            let exact = answers(&Incremental::<Rational>::new(&victim), &points, ());
            prop_assert_eq!(&answers(&Precise::new(&victim, 400), &points, 400), &exact);
            // And few bits do not.
            prop_assert!(bits > 8 || told != exact || exact.iter().flatten().all(|y| *y == Rational::default()));
        }

        /// An operation at 53 bits is that of `f64`, at 24 that of `f32`, wherever the result is normal.
        #[test]
        fn operations_are_those_of_hardware(a in any::<i64>(), b in any::<i64>(), e in -80i32..80, f in -80i32..80) {
            let (x, y) = (a as f64 * 2f64.powi(e - 63), b as f64 * 2f64.powi(f - 63));
            fn operations<S: Scalar>(x: &S, y: &S) -> Vec<Option<Rational>> {
                let quotient = x.div(y).map(|q| q.exact().unwrap());
                [x.add(y), x.sub(y), x.mul(y), x.neg(), x.relu()].iter().map(S::exact).chain([quotient]).collect()
            }
            let lifted = |bits| (Float::lift(x, bits), Float::lift(y, bits));
            let (p, q) = lifted(53);
            prop_assert_eq!(operations(&p, &q), operations(&x, &y));
            let (x, y) = (x as f32, y as f32);
            // In f64 neither products nor quotients of f32 leave the range.
            let (wide_x, wide_y) = (f64::from(x), f64::from(y));
            let quotient = if y == 0.0 { 0.0 } else { wide_x / wide_y };
            let results = [wide_x, wide_y, wide_x + wide_y, wide_x - wide_y, wide_x * wide_y, quotient];
            let normal = |z: f64| z == 0.0 || (2f64.powi(-126)..2f64.powi(127)).contains(&z.abs());
            if results.into_iter().all(normal) {
                let (p, q) = lifted(24);
                prop_assert_eq!(operations(&p, &q), operations(&x, &y));
            }
        }
    }

    /// An attacker of 53 bits takes every step that one in `f64` takes, against every oracle.
    #[test]
    fn an_attack_in_53_bits_is_the_attack_in_f64() {
        for (shape, seed) in [("6-4-2", 2), ("9-5-1", 7), ("2-3-1", 1)] {
            let victim = victim(shape, seed);
            for strategy in BOTH {
                for oracle in [Arithmetic::F64, Arithmetic::Exact, Arithmetic::Precise(53), Arithmetic::F32] {
                    let attack = |attacker| run(&victim, &Cell::tolerant(oracle, attacker), strategy);
                    let what = format!("{shape} {strategy:?} {oracle}");
                    same_run(&attack(Arithmetic::Precise(53)), &attack(Arithmetic::F64), &what);
                }
            }
        }
    }

    /// An oracle of 53 bits is one in `f64`, for either attacker.
    #[test]
    fn an_attack_on_53_bits_is_the_attack_on_f64() {
        let victim = victim("7-5-2", 5);
        for strategy in BOTH {
            for attacker in [Arithmetic::F64, Arithmetic::Exact] {
                let attack = |oracle| run(&victim, &Cell::tolerant(oracle, attacker), strategy);
                let what = format!("{strategy:?} {attacker}");
                same_run(&attack(Arithmetic::Precise(53)), &attack(Arithmetic::F64), &what);
            }
        }
    }

    /// Each bit of an answer, and of an attacker beyond that, is a bit of the weights, give or take a few.
    #[test]
    fn answers_of_more_bits_than_f64_give_more_bits_of_weights() {
        let victim = victim("8-5-1", 3);
        for strategy in BOTH {
            let at = |oracle, attacker: u32, bits| {
                let cell = Cell::tolerant(oracle, Arithmetic::Precise(attacker)).through(bits);
                error(&victim, &run(&victim, &cell, strategy))
            };
            let ideal = [40, 64, 100, 200].map(|bits| (f64::from(bits), at(Arithmetic::Exact, bits + 64, Some(bits))));
            let rounding = [64, 128, 256].map(|bits| (f64::from(bits), at(Arithmetic::Precise(bits), bits, None)));
            for pair in ideal.windows(2).chain(rounding.windows(2)) {
                let gained = pair[0].1 - pair[1].1;
                assert!((gained - (pair[1].0 - pair[0].0)).abs() < 12.0, "{strategy:?}: {pair:?}");
            }
        }
    }

    /// A replay asks what the exact run asked, in every arithmetic.
    #[test]
    fn attackers_of_more_bits_replay() {
        use exactract::judge::{Policy, Script};
        let victim = victim("6-3-2", 8);
        let script = run(&victim, &Cell::EXACT, attack::Strategy::Walk);
        let policy = Policy::Replay(std::sync::Arc::new(Script::new(&script.decisions)));
        let settings = Settings { strategy: attack::Strategy::Walk, ..Settings::default() };
        let cell = Cell::tolerant(Arithmetic::Precise(128), Arithmetic::Precise(128));
        let replayed = run_cell(&victim, &cell, &settings, Some(policy));
        assert_eq!((replayed.stopped.as_ref(), &replayed.tally), (None, &script.tally));
        assert!(error(&victim, &replayed) < -90.0);
    }

    /// Polish goes by the precision of the answers, not by that of f64.
    #[test]
    fn polish_reaches_beyond_f64() {
        let victim = victim("10-6-1", 2);
        let with = |polish| {
            let mut settings = Settings { strategy: attack::Strategy::Walk, ..Settings::default() };
            settings.options.polish = polish;
            let cell = Cell::tolerant(Arithmetic::Exact, Arithmetic::Precise(128)).through(Some(96));
            error(&victim, &run_cell(&victim, &cell, &settings, None))
        };
        let (rough, polished) = (with(false), with(true));
        assert!(polished <= rough && polished < -70.0, "{rough} and {polished}");
    }
}
