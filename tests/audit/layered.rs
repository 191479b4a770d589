//! Audits of deep networks against enumeration: of two inputs, the largest difference is known exactly.

use crate::common::exactract;
use exactract::audit::{Audit, Control, Domain, audit_layered, output_range_layered};
use exactract::format::{Dtype, write};
use exactract::linalg::Matrix;
use exactract::net::{Affine, Draw, Network};
use exactract::num::{Exact, Rational, Scalar};
use proptest::prelude::*;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

pub(super) type Point = Vec<Rational>;

/// How close the bounds of small pairs come, in bits. The largest difference may be that of a whole edge, which takes
/// many parts to bound more closely.
const CLOSE: f64 = 1.0 / 32.0;

pub(super) fn quotient(p: i64, q: i64) -> Rational {
    Rational::integer(p).div(&Rational::integer(q)).unwrap()
}

/// A network of these sizes from entries in the order of its parameters.
fn network(sizes: &[usize], mut next: impl FnMut() -> Rational) -> Network<Rational> {
    let layer = |pair: &[usize]| {
        let weights = Matrix::from_fn(pair[1], pair[0], |_, _| next());
        Affine::new(weights, (0..pair[1]).map(|_| next()).collect()).unwrap()
    };
    Network::new(sizes.windows(2).map(layer).collect()).unwrap()
}

/// The same function: units of every hidden layer in reverse order, scaled by 3.
fn turned(network: &Network<Rational>) -> Network<Rational> {
    let last = network.hidden_layers();
    let layer = |(l, layer): (usize, &Affine<Rational>)| {
        let (rows, columns) = (layer.units(), layer.inputs());
        let factor = |hidden: bool| Rational::integer(if hidden { 3 } else { 1 });
        let row = |i: usize| if l == last { i } else { rows - 1 - i };
        let column = |j: usize| if l == 0 { j } else { columns - 1 - j };
        let scale = factor(l < last).div(&factor(l > 0)).unwrap();
        let weights = Matrix::from_fn(rows, columns, |i, j| layer.weights()[(row(i), column(j))].mul(&scale));
        let bias = (0..rows).map(|i| layer.bias()[row(i)].mul(&factor(l < last))).collect();
        Affine::new(weights, bias).unwrap()
    };
    Network::new(network.layers().iter().enumerate().map(layer).collect()).unwrap()
}

/// Victim, copy and box: the copy another network, of any depth, or the victim with small errors, turned.
pub(super) fn cases() -> impl Strategy<Value = (Network<Rational>, Network<Rational>, Vec<(i64, i64)>)> {
    let widths = || prop::collection::vec(1usize..4, 0..5);
    (widths(), widths(), 1usize..3, 0u8..3, 1i64..2000).prop_flat_map(|(hidden, other, outputs, kind, fine)| {
        let sizes = move |hidden: &[usize]| [&[2], hidden, &[outputs]].concat();
        let (a, b) = (sizes(&hidden), sizes(&other));
        let entries = || prop::collection::vec(-4i64..=4, 100);
        (entries(), entries(), prop::collection::vec((-6i64..6, 0i64..8), 2)).prop_map(move |(first, second, ends)| {
            let mut first = first.iter().map(|p| quotient(*p, 2));
            let victim = network(&a, || first.next().unwrap());
            let mut second = second.into_iter();
            let copy = match kind {
                0 => network(&b, || quotient(second.next().unwrap(), 2)),
                _ => victim.map(|x| x.add(&quotient(second.next().unwrap(), 1000 * fine))),
            };
            (victim, if kind == 2 { turned(&copy) } else { copy }, ends)
        })
    })
}

/// What every layer gives before ReLU at a point.
pub(super) fn layers(network: &Network<Rational>, x: &[Rational]) -> Vec<Point> {
    let mut all: Vec<Point> = Vec::new();
    for layer in network.layers() {
        let relu = |z: &Rational| z.clone().max(Rational::default());
        let inputs: Point = all.last().map_or_else(|| x.to_vec(), |z| z.iter().map(relu).collect());
        let sum = |(row, bias): (&[Rational], &Rational)| {
            row.iter().zip(&inputs).fold(bias.clone(), |sum, (w, x)| sum.add(&w.mul(x)))
        };
        all.push(layer.weights().iter_rows().zip(layer.bias()).map(sum).collect());
    }
    all
}

/// The parts of a polygon on both sides of where a unit, affine on it, is zero.
fn split(polygon: &[Point], value: impl Fn(&Point) -> Rational) -> Vec<Vec<Point>> {
    let zero = Rational::default();
    let values: Vec<Rational> = polygon.iter().map(&value).collect();
    if values.iter().all(|z| *z >= zero) || values.iter().all(|z| *z <= zero) {
        return vec![polygon.to_vec()];
    }
    let part = |sign: i64| {
        let mut found = Vec::new();
        for i in 0..polygon.len() {
            let j = (i + 1) % polygon.len();
            let (a, b) = (values[i].mul(&Rational::integer(sign)), values[j].mul(&Rational::integer(sign)));
            if a >= zero {
                found.push(polygon[i].clone());
            }
            if (a < zero) != (b < zero) && a != zero && b != zero {
                // Where the value is zero on the edge.
                let share = a.div(&a.sub(&b)).unwrap();
                let cross = |(p, q): (&Rational, &Rational)| p.add(&share.mul(&q.sub(p)));
                found.push(polygon[i].iter().zip(&polygon[j]).map(cross).collect());
            }
        }
        found
    };
    vec![part(1), part(-1)]
}

/// Vertices of all regions on which both networks are affine. Exact.
pub(super) fn vertices(networks: [&Network<Rational>; 2], ends: &[(Rational, Rational)]) -> Vec<Point> {
    let corner = |i: usize, j: usize| vec![[&ends[0].0, &ends[0].1][i].clone(), [&ends[1].0, &ends[1].1][j].clone()];
    let mut polygons = vec![vec![corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)]];
    for network in networks {
        for (l, layer) in network.layers().iter().enumerate().take(network.hidden_layers()) {
            for unit in 0..layer.units() {
                polygons = polygons.iter().flat_map(|p| split(p, |x| layers(network, x)[l][unit].clone())).collect();
            }
        }
    }
    polygons.into_iter().flatten().collect()
}

fn audited(victim: &Network<Rational>, copy: &Network<Rational>, domain: &Domain, scale: &Rational) -> Audit {
    within(1e-6, victim, copy, domain, scale)
}

/// Audited until the bounds are this close, in bits.
fn within(gap: f64, victim: &Network<Rational>, copy: &Network<Rational>, domain: &Domain, scale: &Rational) -> Audit {
    let interrupted = AtomicBool::new(false);
    let deadline = Instant::now() + SHORT;
    audit_layered(victim, copy, domain, scale, &Control { gap, deadline, ..control(&interrupted) }).unwrap()
}

/// What the audit of a small pair may take: bounds of some pairs meet only after very many halvings.
pub(super) const SHORT: Duration = Duration::from_secs(2);

pub(super) fn control(interrupted: &AtomicBool) -> Control<'_> {
    let deadline = Instant::now() + Duration::from_secs(60);
    Control { gap: 1e-6, deadline, interrupted, claim: None, more: Duration::ZERO, progress: &|_, _| {}, keep: false }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Upper ≥ true maximum ≥ lower at every output; the output range is enclosed, too.
    #[test]
    fn the_sandwich_holds_the_largest_difference((victim, copy, quarters) in cases(), eighths in 1i64..24) {
        let ends: Vec<(Rational, Rational)> =
            quarters.iter().map(|(l, w)| (quotient(*l, 4), quotient(l + w, 4))).collect();
        let (lower, upper): (Vec<_>, Vec<_>) = ends.iter().cloned().unzip();
        let domain = Domain::new(lower, upper, 2).unwrap();
        let scale = quotient(eighths, 8);
        let start = Instant::now();
        let result = within(CLOSE, &victim, &copy, &domain, &scale);
        let in_time = start.elapsed() < SHORT;
        let points = vertices([&victim, &copy], &ends);
        let outputs = |network: &Network<Rational>, x: &Point| layers(network, x).pop().unwrap();
        let answers: Vec<(Point, Point)> = points.iter().map(|x| (outputs(&victim, x), outputs(&copy, x))).collect();
        let mut largest = Rational::default();
        for (o, sandwich) in result.outputs.iter().enumerate() {
            let difference = |(f, g): &(Point, Point)| scale.mul(&g[o]).sub(&f[o]).magnitude();
            let truth = answers.iter().map(difference).max().unwrap();
            prop_assert!(sandwich.upper >= truth, "{} < {truth}", sandwich.upper);
            prop_assert!(sandwich.lower <= truth, "{} > {truth}", sandwich.lower);
            let shown = sandwich.witness.as_ref().map(|witness| witness.difference(o, &scale));
            prop_assert_eq!(shown.unwrap_or_default(), sandwich.lower.clone());
            largest = largest.max(truth);
        }
        // A search that ends before its time has bounds that meet as closely as asked for, at a knot or not.
        let closed = control(&AtomicBool::new(false)).has_closed(CLOSE, &result);
        prop_assert!(closed || !in_time, "{} {largest}", result.upper);
        prop_assert!(result.upper >= largest && result.lower <= largest);
        let (least, most) = output_range_layered(&victim, &domain, &control(&AtomicBool::new(false)));
        let spread = |o: usize| {
            let values = || answers.iter().map(|(f, _)| f[o].clone());
            values().max().unwrap().sub(&values().min().unwrap())
        };
        let truth = (0..result.outputs.len()).map(spread).max().unwrap();
        prop_assert!(least <= truth && truth <= most);
        prop_assert!(result.witnesses.iter().all(|w| domain.contains(&w.input)));
    }

    /// A network and itself, in whatever disguise, are 0 apart.
    #[test]
    fn equal_layers_are_zero_apart((victim, _, _) in cases()) {
        let domain = Domain::cube(&Rational::integer(-1), &Rational::integer(1), 2).unwrap();
        let one = Rational::integer(1);
        prop_assert_eq!(audited(&victim, &victim, &domain, &one).upper, Rational::default());
    }
}

/// Nothing, and hats: each of an input, a place and a width in sixteenths, and a height. `deeper` layers follow.
fn hats(inputs: usize, hats: &[(usize, i64, i64, i64)], deeper: usize) -> [Network<Rational>; 2] {
    let sixteenth = |p: i64| quotient(p, 16);
    let rows = 3 * hats.len();
    let first = Affine::new(
        Matrix::from_fn(rows, inputs, |i, j| Rational::integer(i64::from(hats[i / 3].0 % inputs == j))),
        (0..rows).map(|i| sixteenth(-hats[i / 3].1 - (i as i64 % 3 - 1) * hats[i / 3].2)).collect(),
    )
    .unwrap();
    // (relu(z + w) − 2·relu(z) + relu(z − w))·height/w is the height at z = 0, and 0 outside |z| < w.
    let height = |i: usize| {
        let (_, _, width, height) = hats[i / 3];
        quotient(16 * height * [1, -2, 1][i % 3], width)
    };
    let one = || Affine::new(Matrix::from_fn(1, 1, |_, _| Rational::integer(1)), vec![Rational::default()]).unwrap();
    let network = |height: &dyn Fn(usize) -> Rational| {
        let second = Affine::new(Matrix::from_fn(1, rows, |_, i| height(i)), vec![Rational::default()]).unwrap();
        let layers = [first.clone(), second].into_iter().chain((0..deeper).map(|_| one()));
        Network::new(layers.collect()).unwrap()
    };
    [network(&|_| Rational::default()), network(&height)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    /// Hats away from all vertices and from the centre, of any width and depth, among any number of inputs.
    #[test]
    fn hats_are_found(
        inputs in 1usize..9,
        places in prop::collection::vec((0usize..9, 2i64..15, any::<bool>(), 1i64..3, 1i64..9), 1..3),
        deeper in 0usize..3,
    ) {
        let place = |(input, at, negative, width, height): &(usize, i64, bool, i64, i64)| {
            (*input, if *negative { -at } else { *at }, *width, *height)
        };
        let hats: Vec<_> = places.iter().map(place).collect();
        let [victim, copy] = self::hats(inputs, &hats, deeper);
        let domain = Domain::cube(&Rational::integer(-1), &Rational::integer(1), inputs).unwrap();
        let result = audited(&victim, &copy, &domain, &Rational::integer(1));
        // The highest one alone, at least: others may stand on the same input, or add to it elsewhere.
        let height = Rational::integer(hats.iter().map(|hat| hat.3).max().unwrap());
        let missed = height.sub(&result.lower);
        prop_assert!(missed <= height.mul(&Rational::power_of_two(-24)), "{} < {height}", result.lower);
    }
}

/// The hat of height 1 at ½: found where it is.
#[test]
fn a_hat_is_found_at_its_tip() {
    let [victim, copy] = hats(1, &[(0, 8, 4, 1)], 1);
    let domain = Domain::cube(&Rational::integer(-1), &Rational::integer(1), 1).unwrap();
    let result = audited(&victim, &copy, &domain, &Rational::integer(1));
    assert_eq!((result.lower, &result.witnesses[0].input), (Rational::integer(1), &vec![quotient(1, 2)]));
}

/// Stopped before it starts, an audit still has an input for every output, and says that it was cut off.
#[test]
fn an_audit_has_witnesses_from_its_first_moment() {
    let [victim, copy] = pair(&[5, 7, 6, 3], 1e-3).map(|network| network.map(|w| Rational::lift(*w, ())));
    let domain = Domain::cube(&Rational::integer(-1), &Rational::integer(1), 5).unwrap();
    let interrupted = AtomicBool::new(true);
    let stopped = Control { claim: None, ..control(&interrupted) };
    let result = audit_layered(&victim, &copy, &domain, &Rational::integer(1), &stopped).unwrap();
    assert!(result.outputs.iter().all(|output| output.cut && output.lower > Rational::default()));
    assert!(result.outputs.iter().all(|output| output.witness.is_some() && output.upper >= output.lower));
}

/// Units in another order and on another scale are found again.
#[test]
fn a_disguise_is_seen_through() {
    let [victim, _] = pair(&[5, 7, 6, 2], 0.0);
    let victim = victim.map(|w| Rational::lift(*w, ()));
    let domain = Domain::cube(&Rational::integer(-1), &Rational::integer(1), 5).unwrap();
    let result = audited(&victim, &turned(&victim), &domain, &Rational::integer(1));
    assert_eq!((result.upper, result.lower), (Rational::default(), Rational::default()));
}

/// Errors multiply by what reaches their layer: the case of docs/audit.md.
#[test]
fn the_bound_is_not_that_of_the_inputs() {
    let affine = |w: &str| {
        let weight = <Rational as Exact>::parse(w).unwrap();
        Affine::new(Matrix::from_fn(1, 1, |_, _| weight.clone()), vec![Rational::default()]).unwrap()
    };
    let chain = |weights: [&str; 3]| Network::new(weights.map(affine).to_vec()).unwrap();
    let (victim, copy) = (chain(["10", "10", "1"]), chain(["10", "10", "101/100"]));
    let domain = Domain::cube(&Rational::integer(-1), &Rational::integer(1), 1).unwrap();
    let result = audited(&victim, &copy, &domain, &Rational::integer(1));
    assert_eq!(result.lower, Rational::integer(1));
    assert!(result.upper >= Rational::integer(1) && result.upper <= quotient(1_000_001, 1_000_000));
    // An error of the first layer meets the inputs, and then two more layers.
    let early = audited(&victim, &chain(["1001/100", "10", "1"]), &domain, &Rational::integer(1));
    assert_eq!(early.lower, quotient(1, 10));
    assert!(early.upper >= early.lower && early.upper <= quotient(100_001, 1_000_000));
    // Of fewer layers: 99·x less, and nothing else.
    let other = Network::new(vec![affine("1"), affine("1")]).unwrap();
    let shorter = audited(&victim, &other, &domain, &Rational::integer(1));
    assert_eq!(
        (shorter.lower, shorter.upper.log2() - Rational::integer(99).log2() < 1e-9),
        (Rational::integer(99), true)
    );
}

/// A network `N(0, 2/fan-in)` of f64 weights.
pub(super) fn drawn(sizes: &[usize]) -> Network<f64> {
    let mut draw = Draw::new(1, "deep victim");
    let layer = |pair: &[usize]| {
        let scale = (2.0 / pair[0] as f64).sqrt();
        let weights = Matrix::from_fn(pair[1], pair[0], |_, _| draw.normal() * scale);
        Affine::new(weights, (0..pair[1]).map(|_| draw.normal()).collect()).unwrap()
    };
    Network::new(sizes.windows(2).map(layer).collect()).unwrap()
}

/// A drawn network, and one with every weight off by about `error` of itself.
fn pair(sizes: &[usize], error: f64) -> [Network<f64>; 2] {
    let victim = drawn(sizes);
    let mut draw = Draw::new(2, "deep copy");
    let copy = victim.map(|w| w * (1.0 + error * draw.dyadic(20)));
    [victim, copy]
}

/// Files of a deep pair, audited on the command line. `PAIR=784-64-32-10 FOLDER=. cargo test --test audit deep_files`
/// leaves the files of another pair in a folder.
#[test]
fn deep_files_are_audited() {
    let folder = tempfile::tempdir().unwrap();
    let sizes = std::env::var("PAIR").unwrap_or("6-5-4-3".to_owned());
    let sizes: Vec<usize> = sizes.split('-').map(|n| n.parse().unwrap()).collect();
    let kept = std::env::var_os("FOLDER").map(std::path::PathBuf::from);
    let folder = kept.as_deref().unwrap_or(folder.path());
    let paths = ["deep-victim.npz", "deep-copy.npz"].map(|name| folder.join(name));
    for (path, network) in paths.iter().zip(pair(&sizes, 1e-9)) {
        write(path, &network, Dtype::F64).unwrap();
    }
    let more = [paths[0].as_os_str(), paths[1].as_os_str()];
    let record = exactract("audit --json - --time 2 --gap 0", &more).json();
    let value = |name: &str| record["difference"][name]["value"].as_f64().unwrap();
    assert!(value("lower") > 0.0 && value("lower") < value("upper") && value("upper") < 1e-3, "{record}");
    assert_eq!((&record["answer"], &record["closed"]), (&"bounded".into(), &false.into()));
    assert!(record["relative"].is_object());
    for (options, status, said) in [
        ("--claim 1", 0, "is proved"),
        ("--claim 2^-60", 1, "is refuted"),
        ("--domain all", 2, "only for two networks with one hidden layer"),
        ("--output-scale free", 2, "only for two networks with one hidden layer"),
    ] {
        let answer = exactract(&format!("audit -q --time 2 {options}"), &more);
        assert_eq!(answer.status, Some(status), "{options}: {answer:?}");
        assert!(answer.stdout.contains(said) || answer.stderr.contains(said), "{options}: {answer:?}");
    }
    let same = exactract("audit -q", &[more[0], more[0]]);
    assert!(same.status == Some(0) && same.stdout.contains("between 0 and 0"), "{same:?}");
}

/// A claim on deep networks that the first bound decides: the bounds go on for the time that is given to them.
#[test]
fn bounds_of_deep_networks_go_on_after_a_claim_is_decided() {
    let victim = drawn(&[3, 8, 8, 1]).map(|w| Rational::lift(*w, ()));
    let mut index = 0i64;
    let copy = victim.map(|w| {
        index += 1;
        w.mul(&quotient(100_000 + index * 37 % 19, 100_000))
    });
    let interrupted = AtomicBool::new(false);
    let domain = Domain::cube(&Rational::integer(-1), &Rational::integer(1), 3).unwrap();
    let audited = |claim: &str, more: Duration| {
        let claim = Some((claim.parse().unwrap(), Rational::integer(1)));
        let control = Control { gap: 0.25, claim, more, ..control(&interrupted) };
        let found = audit_layered(&victim, &copy, &domain, &Rational::integer(1), &control).unwrap();
        let is_closed = control.has_closed(0.25, &found);
        (found, is_closed)
    };
    for claim in ["1000", "2^-60"] {
        let (first, is_closed) = audited(claim, Duration::ZERO);
        assert!(!is_closed, "{claim}: {} {}", first.upper.log2(), first.lower.log2());
        let (later, is_closed) = audited(claim, Duration::from_secs(60));
        assert!(is_closed, "{claim}: {} {}", later.upper.log2(), later.lower.log2());
        assert!(later.upper < first.upper && later.lower >= first.lower);
    }
}
