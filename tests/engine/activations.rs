//! Activations besides ReLU: the exact run gives the victim, the `f64` run every kink, and whatever no answer
//! determines is said.

use exactract::attack::{Options, Strategy as Attack};
use exactract::compare::{Equality, equality, sides, weight_error};
use exactract::experiment::{Arithmetic, Cell, Settings, run_cell};
use exactract::net::{Activation, Dtype, Family, Shallow, random};
use exactract::num::{Num, Rational, Scalar};
use exactract::trace::{Orientation, Unoriented};
use proptest::prelude::*;

fn exact(network: &Shallow<f64>) -> Shallow<Rational> {
    network.map(|&w| Rational::lift(w, ()))
}

fn victim(shape: &str, family: Family, seed: u64) -> Shallow<f64> {
    let plain = random(shape.parse().unwrap(), seed, Dtype::F64);
    let activation = family.draw(plain.shape().hidden, seed);
    plain.with_activation(activation).unwrap()
}

fn settings(family: Family, seed: u64) -> Settings {
    let options = Options { seed, activation: family, ..Options::default() };
    Settings { strategy: Attack::Walk, options, ..Settings::default() }
}

fn families() -> impl Strategy<Value = Family> {
    let small = || (-40i8..40).prop_map(|n| f64::from(n) / 32.0);
    prop_oneof![
        Just(Family::Leaky(0.01)),
        Just(Family::Leaky(-0.25)),
        small().prop_map(Family::Leaky),
        Just(Family::Parametric),
        Just(Family::Clip(0.0, 6.0)),
        (small(), 1i8..60).prop_map(|(low, width)| Family::Clip(low, low + f64::from(width) / 16.0)),
        Just(Family::Abs),
    ]
    .prop_filter("a kink", |family| family.checked().is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The same function as one of ReLU units, at every depth.
    #[test]
    fn any_activation_is_a_sum_of_relu_units(
        sizes in prop::collection::vec(1usize..4, 2..5),
        families in prop::collection::vec(families(), 3),
        seed in 0u64..1000,
        x in prop::collection::vec(-8i8..8, 4),
    ) {
        use exactract::linalg::Matrix;
        use exactract::net::{Affine, Draw, Network};
        let mut draw = Draw::new(seed, "test");
        let mut number = || (draw.dyadic(4) * 4.0).round() / 2.0;
        let layers = sizes.windows(2).map(|pair| {
            let weights = Matrix::from_fn(pair[1], pair[0], |_, _| number());
            let bias = (0..pair[1]).map(|_| number()).collect();
            Affine::new(weights, bias).unwrap()
        });
        let layers: Vec<_> = layers.collect();
        let hidden = sizes.len() - 2;
        let activations = (0..hidden).map(|l| families[l].draw(sizes[l + 1], seed)).collect();
        let network = Network::with_activations(layers, activations).unwrap().map(|&w| Num::<Rational>::lift(w, ()));
        let x: Vec<_> = (0..sizes[0]).map(|j| Num::lift(f64::from(x[j]) / 2.0, ())).collect();
        let over_relu = network.over_relu(());
        prop_assert!(over_relu.activations().iter().all(Activation::is_relu));
        let values = |network: &Network<Num<Rational>>| network.forward(&x, ()).into_iter().map(|y| y.0).collect::<Vec<_>>();
        prop_assert_eq!(values(&network), values(&over_relu));
    }

    /// Whatever the activation, the exact run's network is the victim as a function, and has its activation
    /// unless that is said.
    #[test]
    fn any_small_network_is_recovered(
        family in families(),
        shape in prop::sample::select(vec!["3-2-1", "5-4-2", "8-5-1", "4-6-3"]),
        seed in 0u64..1000,
    ) {
        let victim = victim(shape, family, seed);
        let run = run_cell(&victim, &Cell::EXACT, &settings(family, seed), None);
        let network = run.network().expect("a network");
        prop_assert_eq!(equality(&exact(&victim), network), Equality::Equal);
        match &run.trace.as_ref().unwrap().orientation() {
            Some(Orientation::Canonical(reason)) => prop_assert!(
                matches!(reason, Unoriented::Dependent { .. } | Unoriented::Parted { .. }), "{}", reason
            ),
            _ => prop_assert_eq!(network.activation().is_relu(), victim.activation().is_relu()),
        }
    }
}

/// In `f64` every kink is found, every unit on its side, for about the queries of a ReLU network.
#[test]
fn rounded_runs_find_every_kink() {
    for family in [Family::Leaky(0.01), Family::Leaky(0.2), Family::Leaky(0.125), Family::Clip(0.0, 6.0), Family::Abs] {
        let victim = victim("20-16-1", family, 1);
        let cell = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);
        let run = run_cell(&victim, &cell, &settings(family, 1), None);
        let network = run.network().expect("a network");
        let (truth, error) = (exact(&victim), weight_error(&exact(&victim), network));
        assert_eq!(error.found, error.kinks, "{family}");
        assert_eq!(error.kinks, if matches!(family, Family::Clip(..)) { 32 } else { 16 }, "{family}");
        assert!(error.error.unwrap().max < -20.0, "{family}: {:?}", error.error);
        let sides = sides(&truth, network);
        assert_eq!((sides.found, sides.units), if family.has_sides() { (16, 16) } else { (0, 0) }, "{family}");
        assert!(!network.activation().is_relu());
        // Rows cost what those of ReLU units do: the second kink of a clip has the row of the first.
        let plain = run_cell(&self::victim("20-16-1", Family::Relu, 1), &cell, &settings(Family::Relu, 1), None);
        let rows = |run: &exactract::experiment::Finished| run.tally.of(exactract::judge::Stage::Signature);
        assert!(rows(&run) <= rows(&plain) * 5 / 4, "{family}: {} {}", rows(&run), rows(&plain));
    }
}

/// The slopes of parametric units are found where the rows with their strengths are independent.
#[test]
fn slopes_are_found_where_answers_determine_them() {
    for (shape, determined) in [("8-12-1", false), ("8-12-3", true), ("20-16-1", true)] {
        let victim = victim(shape, Family::Parametric, 0);
        let run = run_cell(&victim, &Cell::EXACT, &settings(Family::Parametric, 0), None);
        let network = run.network().expect("a network");
        assert_eq!(equality(&exact(&victim), network), Equality::Equal, "{shape}");
        let orientation = run.trace.as_ref().unwrap().orientation().cloned();
        if !determined {
            assert_eq!(orientation, Some(Orientation::Canonical(Unoriented::Dependent { rank: 8 })), "{shape}");
            continue;
        }
        let sorted = |activation: &Activation<Rational>| {
            let mut slopes: Vec<Rational> = activation.parameters().cloned().collect();
            slopes.sort();
            slopes
        };
        assert_eq!(sorted(network.activation()), sorted(exact(&victim).activation()), "{shape}");
    }
}

/// An attacker who takes the units for something else says what does not fit, and still has the function.
#[test]
fn a_wrong_guess_is_noticed() {
    let victim = victim("8-5-1", Family::Leaky(0.25), 3);
    for guess in [Family::Relu, Family::Leaky(0.5), Family::Clip(0.0, 6.0), Family::Abs] {
        let run = run_cell(&victim, &Cell::EXACT, &settings(guess, 3), None);
        assert_eq!(equality(&exact(&victim), run.network().unwrap()), Equality::Equal, "{guess}");
        let orientation = run.trace.as_ref().unwrap().orientation().cloned().unwrap();
        assert!(matches!(orientation, Orientation::Canonical(_)), "{guess}: {orientation:?}");
    }
}
