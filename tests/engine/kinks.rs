//! Which of a victim's kinks a copy has, and how far off they are, whatever stands for either network.

use exactract::compare::{WeightError, weight_error};
use exactract::linalg::Matrix;
use exactract::net::Shallow;
use exactract::num::{Exact, Rational, Scalar};
use proptest::prelude::*;

/// Rows of the hidden layer with their biases, and the output weights of each unit.
#[derive(Clone, Debug)]
struct Plain {
    units: Vec<(Vec<f64>, f64, Vec<f64>)>,
    output_bias: Vec<f64>,
}

impl Plain {
    fn network(&self) -> Shallow<Rational> {
        let lift = |x: f64| Rational::lift(x, ());
        let (inputs, outputs) = (self.units[0].0.len(), self.output_bias.len());
        let hidden = Matrix::from_fn(self.units.len(), inputs, |i, j| lift(self.units[i].0[j]));
        let output = Matrix::from_fn(outputs, self.units.len(), |o, i| lift(self.units[i].2[o]));
        let biases = self.units.iter().map(|unit| lift(unit.1)).collect();
        Shallow::new(hidden, biases, output, self.output_bias.iter().map(|&b| lift(b)).collect()).unwrap()
    }

    /// Every number moved by so many units in the last place, taken from a list in turn.
    fn moved(&self, by: &[i8]) -> Self {
        let mut by = by.iter().cycle();
        let mut step = |x: &mut f64| {
            let ulps = *by.next().unwrap();
            // Beside zero as far as beside 1.
            let next = |x: f64| if ulps > 0 { x.next_up() } else { x.next_down() };
            *x = if *x == 0.0 { f64::from(ulps) * f64::EPSILON } else { (0..ulps.abs()).fold(*x, |x, _| next(x)) };
        };
        let mut moved = self.clone();
        for (row, bias, output) in &mut moved.units {
            row.iter_mut().for_each(&mut step);
            step(bias);
            output.iter_mut().for_each(&mut step);
        }
        moved
    }

    /// The same function: units in another order, each times a power of two and its output weights over it, and
    /// on request through `relu(z) = relu(−z) + z`, with two more units for `z`.
    fn disguised(&self, turn: usize, powers: &[i32], flips: &[bool]) -> Self {
        let mut units = Vec::new();
        for (i, (row, bias, output)) in self.units.iter().enumerate() {
            let scale = 2f64.powi(powers[i % powers.len()]);
            let times = |row: &[f64], by: f64| row.iter().map(|w| w * by).collect::<Vec<f64>>();
            if flips[i % flips.len()] {
                units.push((times(row, -scale), -bias * scale, times(output, 1.0 / scale)));
                units.push((row.clone(), *bias, output.clone()));
                units.push((times(row, -1.0), -bias, times(output, -1.0)));
            } else {
                units.push((times(row, scale), bias * scale, times(output, 1.0 / scale)));
            }
        }
        let turn = turn % units.len();
        units.rotate_left(turn);
        Self { units, output_bias: self.output_bias.clone() }
    }
}

/// Networks whose rows are full of ties: small integers, or signs alone.
fn tied() -> impl Strategy<Value = Plain> {
    (1usize..5, 1usize..5, 1usize..3, 1i8..4).prop_flat_map(|(inputs, hidden, outputs, most)| {
        let entry = move || (-most..=most).prop_map(f64::from);
        let unit = (prop::collection::vec(entry(), inputs), entry(), prop::collection::vec(entry(), outputs));
        let units = prop::collection::vec(unit, hidden);
        (units, prop::collection::vec(entry(), outputs)).prop_map(|(units, output_bias)| Plain { units, output_bias })
    })
}

fn found_all(found: &WeightError) -> bool {
    found.found == found.kinks && found.missing.is_empty()
}

/// Some ulps of numbers of size up to 16, some of them summed.
const ULPS: f64 = -44.0;

proptest! {
    #[test]
    fn what_stands_for_a_network_changes_nothing(
        victim in tied(),
        by in prop::collection::vec(-1i8..2, 7),
        turns in (0usize..9, 0usize..9),
        powers in prop::collection::vec(-9i32..9, 3),
        flips in prop::collection::vec(any::<bool>(), 3),
    ) {
        let copy = victim.moved(&by);
        let plain = weight_error(&victim.network(), &copy.network());
        // What a flip adds is exact where nothing was rounded, so that the victim takes it.
        let disguised = weight_error(
            &victim.disguised(turns.0, &powers, &flips).network(),
            &copy.disguised(turns.1, &powers, &[false]).network(),
        );
        prop_assert_eq!((plain.kinks, plain.found, plain.error), (disguised.kinks, disguised.found, disguised.error));
    }

    #[test]
    fn an_ulp_neither_loses_a_kink_nor_makes_an_error(victim in tied(), by in prop::collection::vec(-1i8..2, 7)) {
        let found = weight_error(&victim.network(), &victim.moved(&by).network());
        prop_assert!(found_all(&found), "{found:?}");
        prop_assert!(found.error.is_none_or(|error| error.max < ULPS), "{found:?}");
    }

    /// Neighbours: a copy that is off by more than ulps, and the same with every number an ulp away.
    #[test]
    fn the_error_is_continuous(
        victim in tied(),
        far in prop::collection::vec(-100i8..100, 5),
        by in prop::collection::vec(-1i8..2, 7),
    ) {
        let copy = victim.moved(&far);
        let error = |copy: &Plain| weight_error(&victim.network(), &copy.network()).error;
        let (here, beside) = (error(&copy), error(&copy.moved(&by)));
        prop_assert_eq!(here.is_some(), beside.is_some());
        if let Some((here, beside)) = here.zip(beside) {
            let difference = (2f64.powf(here.max) - 2f64.powf(beside.max)).abs();
            prop_assert!(difference < 2f64.powf(ULPS), "{here:?} {beside:?}");
        }
    }
}

/// One unit a row, with output weights of 1.
fn of(rows: &[(&[f64], f64)]) -> Plain {
    let unit = |(row, bias): &(&[f64], f64)| (row.to_vec(), *bias, vec![1.0]);
    Plain { units: rows.iter().map(unit).collect(), output_bias: vec![0.0] }
}

fn measured(victim: &[(&[f64], f64)], copy: &[(&[f64], f64)]) -> (usize, Option<f64>) {
    let found = weight_error(&of(victim).network(), &of(copy).network());
    (found.found, found.error.map(|error| error.max))
}

#[test]
fn a_difference_is_found_whichever_entry_is_larger() {
    let victim: &[(&[f64], f64)] = &[(&[1.0, -1.0], 0.25)];
    let ulp = f64::EPSILON;
    for row in [[1.0, -1.0 - ulp], [1.0 + ulp, -1.0], [1.0, -1.0 + ulp / 2.0], [1.0 - ulp / 2.0, -1.0]] {
        let (found, error) = measured(victim, &[(&row, 0.25)]);
        assert!(found == 1 && error.unwrap() <= -51.9, "{row:?}: {error:?}");
    }
}

#[test]
fn the_error_of_a_bias_is_as_it_is() {
    // Scaled to a largest entry of 1: biases 1000 and 1000 + 2^-10.
    let off = 2f64.powi(-10);
    assert_eq!(measured(&[(&[2.0, 1.0], 2000.0)], &[(&[2.0, 1.0], 2000.0 + 2.0 * off)]), (1, Some(-10.0)));
    // Off by more than 2^-8, and found all the same where that is little beside the bias.
    let far = 2f64.powi(50);
    assert_eq!(measured(&[(&[1.0, 0.5], far)], &[(&[1.0, 0.5], far + 0.5)]), (1, Some(-1.0)));
    assert_eq!(measured(&[(&[1.0, 0.5], 1.0)], &[(&[1.0, 0.5], 1.5)]), (0, None));
}

#[test]
fn a_row_without_the_victims_largest_entry_is_not_it() {
    assert_eq!(measured(&[(&[1.0, 0.5], 0.0)], &[(&[0.0, 0.5], 0.0)]), (0, None));
    assert_eq!(
        measured(&[(&[1.0, 1.0], 0.0)], &[(&[0.0, 1.0], 0.0), (&[1.0, 1.0], 0.0)]),
        (1, Some(f64::NEG_INFINITY))
    );
}

#[test]
fn a_kink_of_the_copy_counts_once() {
    let near: &[(&[f64], f64)] = &[(&[1.0, 2.0], 0.0), (&[1.0, 2.0], 2f64.powi(-20))];
    // Both, each for its own, though either is near enough to be the other.
    assert_eq!(measured(near, &[near[1], near[0]]), (2, Some(f64::NEG_INFINITY)));
    assert_eq!(measured(near, &near[..1]), (1, Some(f64::NEG_INFINITY)));
    let found = weight_error(&of(near).network(), &of(&near[..1]).network());
    assert_eq!(found.missing.iter().map(|missing| missing.units.clone()).collect::<Vec<_>>(), [[1]]);
}

#[test]
fn what_is_missing_is_named_with_its_strength() {
    let mut victim = of(&[(&[1.0, 2.0], 0.0), (&[3.0, 1.0], 1.0), (&[2.0, 4.0], 0.0), (&[-1.0, 1.0], 2.0)]);
    victim.units[1].2 = vec![2f64.powi(-40) / 3.0];
    let copy = Plain { units: victim.units[3..].to_vec(), ..victim.clone() };
    let found = weight_error(&victim.network(), &copy.network());
    // Units 0 and 2 share a hyperplane, and make the strongest kink: 2 + 4 along the largest entry.
    let named: Vec<_> = found.missing.iter().map(|missing| (missing.units.clone(), missing.strength)).collect();
    assert_eq!(named.iter().map(|(units, _)| units.clone()).collect::<Vec<_>>(), [vec![0, 2], vec![1]]);
    assert_eq!(named[0].1, 0.0);
    let expected = Rational::power_of_two(-40).log2() - 6f64.log2();
    assert!((named[1].1 - expected).abs() < 1e-9, "{named:?}");
}
