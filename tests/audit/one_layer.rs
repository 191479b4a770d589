//! Audits against enumeration: on small networks the largest difference is known exactly.

use exactract::audit::{Audit, Comparison, Control, Domain, Scale, audit, compare};
use exactract::linalg::Matrix;
use exactract::net::Shallow;
use exactract::num::{Exact, Num, Rational, Scalar};
use proptest::prelude::*;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// A box of short quotients: lower ends and widths, in quarters.
type Ends = Vec<(i8, u8)>;

fn quotient(p: i64, q: i64) -> Rational {
    Rational::integer(p).div(&Rational::integer(q)).unwrap()
}

/// A network of small quotients `p/q`.
fn network((d, h, k): (usize, usize, usize), entries: &[i8], q: i64) -> Shallow<Rational> {
    let mut entries = entries.iter().map(|&p| quotient(i64::from(p), q));
    let mut next = || entries.next().unwrap();
    let hidden = Matrix::from_fn(h, d, |_, _| next());
    let bias = (0..h).map(|_| next()).collect();
    let output = Matrix::from_fn(k, h, |_, _| next());
    Shallow::new(hidden, bias, output, (0..k).map(|_| next()).collect()).unwrap()
}

fn parameters((d, h, k): (usize, usize, usize)) -> usize {
    (d + 1) * h + (h + 1) * k
}

/// Victim, copy and box: the copy another network, or the victim with small errors, units scaled and in
/// another order.
fn cases() -> impl Strategy<Value = (Shallow<Rational>, Shallow<Rational>, Ends)> {
    let shapes = (prop_oneof![1 => Just(1usize), 3 => Just(2usize), 1 => Just(3usize)], 1usize..4, 1usize..3);
    (shapes, 1usize..4, any::<bool>(), 1i64..2000).prop_flat_map(|((d, h, k), other, near, fine)| {
        let n = parameters((d, h, k)).max(parameters((d, other, k)));
        let entries = move || prop::collection::vec(-4i8..=4, n);
        (entries(), entries(), prop::collection::vec((-8i8..8, 0u8..16), d)).prop_map(move |(first, second, ends)| {
            let victim = network((d, h, k), &first, 2);
            if !near {
                return (victim, network((d, other, k), &second, 2), ends);
            }
            let mut errors = second.iter();
            let moved = victim.map(|x| x.add(&quotient(i64::from(*errors.next().unwrap()), 1000 * fine)));
            (victim, turned(&moved), ends)
        })
    })
}

/// The same function: units in reverse order, each scaled by 3.
fn turned(network: &Shallow<Rational>) -> Shallow<Rational> {
    let shape = network.shape();
    let (h, three) = (shape.hidden, Rational::integer(3));
    let back = |i: usize| h - 1 - i;
    let hidden = Matrix::from_fn(h, shape.inputs, |i, j| network.hidden()[(back(i), j)].mul(&three));
    let bias = (0..h).map(|i| network.hidden_bias()[back(i)].mul(&three)).collect();
    let output = Matrix::from_fn(shape.outputs, h, |o, i| network.output()[(o, back(i))].div(&three).unwrap());
    Shallow::new(hidden, bias, output, network.output_bias().to_vec()).unwrap()
}

fn ends(ends: &Ends) -> (Vec<Rational>, Vec<Rational>) {
    let lower = |(l, _): &(i8, u8)| quotient(i64::from(*l), 4);
    let upper = |(l, w): &(i8, u8)| quotient(i64::from(*l) + i64::from(*w), 4);
    (ends.iter().map(lower).collect(), ends.iter().map(upper).collect())
}

fn value(network: &Shallow<Rational>, x: &[Rational]) -> Vec<Rational> {
    let x: Vec<_> = x.iter().map(|x| Num(x.clone())).collect();
    network.map(|w| Num(w.clone())).forward(&x, ()).into_iter().map(|y| y.0).collect()
}

/// All vertices of the arrangement of the box's faces and the hyperplanes of both networks, in the box.
///
/// A piecewise affine function takes its largest value on the box at one of them.
fn vertices(networks: [&Shallow<Rational>; 2], lower: &[Rational], upper: &[Rational]) -> Vec<Vec<Rational>> {
    let d = lower.len();
    let mut planes: Vec<(Vec<Rational>, Rational)> = Vec::new();
    for j in 0..d {
        for end in [&lower[j], &upper[j]] {
            planes.push(((0..d).map(|i| Rational::integer(i64::from(i == j))).collect(), end.clone()));
        }
    }
    for network in networks {
        let rows = network.hidden().iter_rows().zip(network.hidden_bias());
        planes.extend(rows.map(|(row, bias)| (row.to_vec(), bias.neg())));
    }
    let mut found = Vec::new();
    let mut chosen: Vec<usize> = (0..d).collect();
    loop {
        let system: Vec<_> = chosen.iter().map(|&i| planes[i].clone()).collect();
        if let Some(x) = solve(system)
            && x.iter().zip(lower).zip(upper).all(|((x, l), u)| l <= x && x <= u)
        {
            found.push(x);
        }
        // The next subset, in lexical order.
        let Some(i) = (0..d).rev().find(|&i| chosen[i] + d - i < planes.len()) else { return found };
        chosen[i] += 1;
        (i + 1..d).for_each(|k| chosen[k] = chosen[k - 1] + 1);
    }
}

/// The one solution of a square system, by elimination.
fn solve(mut rows: Vec<(Vec<Rational>, Rational)>) -> Option<Vec<Rational>> {
    let n = rows.len();
    for c in 0..n {
        let pivot = (c..n).find(|&r| rows[r].0[c] != Rational::default())?;
        rows.swap(c, pivot);
        let (row, right) = rows[c].clone();
        for (r, (other, value)) in rows.iter_mut().enumerate() {
            let factor = other[c].div(&row[c])?;
            if r != c && factor != Rational::default() {
                other.iter_mut().zip(&row).for_each(|(x, w)| *x = x.sub(&factor.mul(w)));
                *value = value.sub(&factor.mul(&right));
            }
        }
    }
    (0..n).map(|c| rows[c].1.div(&rows[c].0[c])).collect()
}

/// The largest difference at each output, for the copy's output scaled. Exact.
fn truth(
    victim: &Shallow<Rational>,
    copy: &Shallow<Rational>,
    points: &[Vec<Rational>],
    scale: &Rational,
) -> Vec<Rational> {
    let mut largest = vec![Rational::default(); victim.shape().outputs];
    for x in points {
        for ((top, f), g) in largest.iter_mut().zip(value(victim, x)).zip(value(copy, x)) {
            *top = top.clone().max(scale.mul(&g).sub(&f).magnitude());
        }
    }
    largest
}

fn audited(
    victim: &Shallow<Rational>,
    copy: &Shallow<Rational>,
    domain: &Domain,
    scale: &Scale,
    interrupted: bool,
) -> Audit {
    let control = Control {
        gap: 1e-6,
        deadline: Instant::now() + Duration::from_secs(60),
        interrupted: &AtomicBool::new(interrupted),
        keep: false,
        claim: None,
        more: Duration::ZERO,
        progress: &|_, _| {},
    };
    audit(victim, copy, domain, scale, &control)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Upper ≥ true maximum ≥ lower at every output, closed to 2^-19; and upper ≥ true when cut short at once.
    #[test]
    fn the_sandwich_holds_the_largest_difference((victim, copy, ends_) in cases(), eighths in 1i64..24, cut in 0..4u8) {
        let (lower, upper) = ends(&ends_);
        let domain = Domain::new(lower.clone(), upper.clone(), lower.len()).unwrap();
        let scale = quotient(eighths, 8);
        let exact = truth(&victim, &copy, &vertices([&victim, &copy], &lower, &upper), &scale);
        let result = audited(&victim, &copy, &domain, &Scale::Fixed(scale), cut == 0);
        for (sandwich, truth) in result.outputs.iter().zip(&exact) {
            prop_assert!(sandwich.upper >= *truth, "{} < {truth}", sandwich.upper);
            prop_assert!(sandwich.lower <= *truth, "{} > {truth}", sandwich.lower);
            let closed = sandwich.upper.sub(&sandwich.lower) <= truth.mul(&Rational::power_of_two(-19));
            prop_assert!(cut == 0 || closed, "{:e} {:e}", f64::nearest(&sandwich.lower, ()), f64::nearest(&sandwich.upper, ()));
        }
        prop_assert_eq!(&result.lower, &result.outputs.iter().map(|o| o.lower.clone()).max().unwrap());
        for (o, sandwich) in result.outputs.iter().enumerate() {
            // Stopped at once or not: what is stated is shown.
            let shown = sandwich.witness.as_ref().map(|witness| witness.difference(o, &result.scale));
            prop_assert_eq!(shown.unwrap_or_default(), sandwich.lower.clone());
        }
        prop_assert!(result.witnesses.iter().all(|w| domain.contains(&w.input)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// With a free scale: the upper bound holds at the scale given, and no scale beats the lower one.
    #[test]
    fn no_scale_survives_the_witnesses((victim, copy, ends_) in cases()) {
        let (lower, upper) = ends(&ends_);
        let domain = Domain::new(lower.clone(), upper.clone(), lower.len()).unwrap();
        let result = audited(&victim, &copy, &domain, &Scale::Free, false);
        let points = vertices([&victim, &copy], &lower, &upper);
        let largest = |scale: &Rational| truth(&victim, &copy, &points, scale).into_iter().max().unwrap();
        prop_assert!(result.upper >= largest(&result.scale));
        for eighths in 1..40 {
            prop_assert!(largest(&quotient(eighths, 8)) >= result.lower);
        }
        for factor in [-30, -20, -10] {
            let factor = Rational::power_of_two(factor).add(&Rational::integer(1));
            prop_assert!(largest(&result.scale.mul(&factor)) >= result.lower);
        }
    }

    /// Equal as forms, or an input at which they differ; a disguise is equal, and up to its scale.
    #[test]
    fn equality_or_an_input((victim, copy, _) in cases(), eighths in 1i64..24) {
        for scale in [Scale::Fixed(Rational::integer(1)), Scale::Free] {
            if let Comparison::Different { scale, witness, .. } = compare(&victim, &copy, &scale) {
                let witness = witness.expect("an input");
                prop_assert_eq!(&witness.victim, &value(&victim, &witness.input));
                prop_assert_eq!(&witness.copy, &value(&copy, &witness.input));
                let differs = (0..witness.victim.len()).any(|o| witness.difference(o, &scale) > Rational::default());
                prop_assert!(differs);
            }
        }
        let equal = Comparison::Equal { scale: Rational::integer(1) };
        prop_assert_eq!(compare(&victim, &turned(&victim), &Scale::Fixed(Rational::integer(1))), equal);
        let scale = quotient(eighths, 8);
        let hidden = (victim.shape().inputs + 1) * victim.shape().hidden;
        let mut index = 0;
        let scaled = turned(&victim.map(|x| {
            index += 1;
            if index > hidden { x.mul(&scale) } else { x.clone() }
        }));
        let equal = matches!(compare(&victim, &scaled, &Scale::Free), Comparison::Equal { .. });
        prop_assert!(equal);
    }
}

/// A bump of width 2^-39 beside the origin: no point away from its hyperplanes shows it.
#[test]
fn a_narrow_difference_is_found() {
    let unit = Rational::power_of_two(-40);
    let one = |x: i64| Rational::integer(x);
    let bump = |output: [i64; 3]| {
        let hidden = Matrix::from_fn(3, 2, |_, j| one(1 - j as i64));
        let bias = vec![one(0), unit.neg(), unit.mul(&one(-2))];
        Shallow::new(hidden, bias, Matrix::from_fn(1, 3, |_, i| one(output[i])), vec![one(0)]).unwrap()
    };
    let Comparison::Different { what, witness: Some(witness), scale } =
        compare(&bump([1, -2, 1]), &bump([0, 0, 0]), &Scale::Fixed(one(1)))
    else {
        panic!("they differ")
    };
    assert_eq!(what, "hyperplane 0 of the first is not in the second");
    assert!(witness.difference(0, &scale) > one(0));
}

/// Hyperplanes that floats take for zero over the box are still there.
#[test]
fn a_box_below_the_floats() {
    let width = Rational::power_of_two(-4000);
    let network = |a: i64| {
        let one = |x: i64| Rational::integer(x);
        Shallow::new(
            Matrix::from_fn(1, 1, |_, _| one(1)),
            vec![one(0)],
            Matrix::from_fn(1, 1, |_, _| one(a)),
            vec![one(0)],
        )
    };
    let domain = Domain::cube(&width.neg(), &width, 1).unwrap();
    let scale = Scale::Fixed(Rational::integer(1));
    let result = audited(&network(1).unwrap(), &network(0).unwrap(), &domain, &scale, false);
    assert!(result.upper >= width, "{}", result.upper.log2());
    assert!(result.lower <= width);
}

/// 2^0.1 = 1.07177…: the ratio of the bounds decides, not their difference over the lower one.
#[test]
fn a_gap_is_in_bits() {
    let control = Control {
        gap: 1e-6,
        deadline: Instant::now(),
        interrupted: &AtomicBool::new(false),
        keep: false,
        claim: None,
        more: Duration::ZERO,
        progress: &|_, _| {},
    };
    let closed = |upper: Rational, gap: f64| {
        let (scale, outputs, witnesses, lower) = (quotient(1, 1), Vec::new(), Vec::new(), quotient(1, 1));
        let parts = None;
        control.has_closed(gap, &Audit { scale, settled: true, outputs, upper, lower, witnesses, cells: 0, parts })
    };
    assert!(closed(quotient(10717, 10000), 0.1) && !closed(quotient(10718, 10000), 0.1));
    assert!(closed(quotient((1 << 50) + 1, 1 << 50), 1e-14) && !closed(quotient((1 << 50) + 1, 1 << 50), 1e-15));
}

/// A claim that is decided at once: what time is given to the bounds afterwards brings them together.
#[test]
fn bounds_go_on_after_a_claim_is_decided() {
    let drawn = exactract::net::random("8-6-2".parse().unwrap(), 1, exactract::net::Dtype::F64);
    let victim = drawn.map(|w| Rational::lift(*w, ()));
    let mut index = 0i64;
    let copy = victim.map(|w| {
        index += 1;
        w.mul(&quotient(1_000_000 + index * 37 % 19, 1_000_000))
    });
    let domain = Domain::cube(&Rational::integer(-1), &Rational::integer(1), 8).unwrap();
    let audited = |claim: &str, more: Duration| {
        let control = Control {
            gap: 1e-3,
            deadline: Instant::now() + Duration::from_secs(60),
            interrupted: &AtomicBool::new(false),
            keep: false,
            claim: Some((claim.parse().unwrap(), Rational::integer(1))),
            more,
            progress: &|_, _| {},
        };
        let found = audit(&victim, &copy, &domain, &Scale::Fixed(Rational::integer(1)), &control);
        let is_closed = control.has_closed(1e-3, &found);
        (found, is_closed)
    };
    // Proved by the first bound, and refuted by the first input.
    for claim in ["1", "2^-40"] {
        let (first, is_closed) = audited(claim, Duration::ZERO);
        assert!(!is_closed, "{claim}: {} {}", first.upper.log2(), first.lower.log2());
        let (later, is_closed) = audited(claim, Duration::from_secs(60));
        assert!(is_closed, "{claim}: {} {}", later.upper.log2(), later.lower.log2());
        assert!(later.upper < first.upper && later.lower >= first.lower);
    }
}

/// Inputs that somebody has count as witnesses: the bound from below is at least their difference.
#[test]
fn given_inputs_are_witnesses() {
    // relu(x - 1/2) and its double differ by 1/2 at x = 1, and by 0 at the centre; the search sees neither end.
    let network = |a: i64| {
        let one = |x: i64| vec![Rational::integer(x)];
        let hidden = Matrix::from_fn(1, 1, |_, _| Rational::integer(1));
        Shallow::new(hidden, vec![quotient(-1, 2)], Matrix::from_fn(1, 1, |_, _| Rational::integer(a)), one(0)).unwrap()
    };
    let (victim, copy) = (network(1), network(2));
    let domain = Domain::cube(&Rational::integer(-1), &Rational::integer(1), 1).unwrap();
    for (free, scale) in [(false, Scale::Fixed(Rational::integer(1))), (true, Scale::Free)] {
        let mut found = audited(&victim, &copy, &domain, &scale, true);
        // As if nothing but the centre had been seen.
        (found.lower, found.witnesses) = (Rational::default(), Vec::new());
        found.outputs.iter_mut().for_each(|output| (output.lower, output.witness) = (Rational::default(), None));
        found.scale = Rational::integer(1);
        let control = Control {
            gap: 1e-6,
            deadline: Instant::now() + Duration::from_secs(60),
            interrupted: &AtomicBool::new(false),
            keep: false,
            claim: None,
            more: Duration::ZERO,
            progress: &|_, _| {},
        };
        let layered = [&victim, &copy].map(exactract::net::Network::from);
        let pair = [&layered[0], &layered[1]];
        let data: Vec<Vec<f64>> = [0.75, 3.0, 0.0, 0.625].iter().map(|x| vec![*x]).collect();
        let (counts, witnesses) = exactract::audit::agreement(pair, &data, &domain, &found, &control, &|_| {});
        assert_eq!((counts.compared, counts.outside, witnesses.len()), (4, 1, 1));
        assert_eq!(witnesses[0].input, [quotient(3, 4)]);
        found.learn(&witnesses, free);
        // At a free scale, one input and one output can be made equal.
        let expected = if free { quotient(0, 1) } else { quotient(1, 4) };
        assert_eq!(found.lower, expected);
        assert_eq!(found.outputs[0].lower, quotient(1, 4));
    }
}
