//! Equality of deep networks: what does not change the function is not seen, and whatever is called equal is.

use exactract::linalg::Matrix;
use exactract::net::{Affine, Network, Sameness, same};
use exactract::num::{Exact, Num, Rational, Scalar};
use proptest::prelude::*;

type Layers = Vec<(Vec<Vec<i8>>, Vec<i8>)>;

fn layer(rows: &[Vec<i8>], biases: &[i8]) -> Affine<Rational> {
    let entry = |x: &i8| Rational::integer(i64::from(*x));
    let columns = rows[0].len();
    let weights = Matrix::from_fn(rows.len(), columns, |i, j| entry(&rows[i][j]));
    Affine::new(weights, biases.iter().map(entry).collect()).unwrap()
}

fn network(layers: &Layers) -> Network<Rational> {
    Network::new(layers.iter().map(|(rows, biases)| layer(rows, biases)).collect()).unwrap()
}

/// Two or three hidden layers of one to three units, with small entries, so that degenerate ones are common.
fn small() -> impl Strategy<Value = Layers> {
    (prop::collection::vec(1usize..4, 4..6)).prop_flat_map(|sizes| {
        let layer = |pair: &[usize]| {
            let (inputs, units) = (pair[0], pair[1]);
            let rows = prop::collection::vec(prop::collection::vec(-2i8..=2, inputs), units);
            (rows, prop::collection::vec(-2i8..=2, units))
        };
        sizes.windows(2).map(layer).collect::<Vec<_>>()
    })
}

/// The network with units of a hidden layer permuted and scaled.
fn rewritten(network: &Network<Rational>, l: usize, turn: usize, factors: &[i64]) -> Network<Rational> {
    let mut layers = network.layers().to_vec();
    let units = layers[l].units();
    let from = |i: usize| (i + turn) % units;
    let factor = |i: usize| Rational::integer(factors[i % factors.len()]);
    let over = |i: usize| Rational::integer(1).div(&factor(i)).unwrap();
    let own = &layers[l];
    let weights = Matrix::from_fn(units, own.inputs(), |i, j| own.weights()[(from(i), j)].mul(&factor(i)));
    let biases = (0..units).map(|i| own.bias()[from(i)].mul(&factor(i))).collect();
    let next = &layers[l + 1];
    let behind = Matrix::from_fn(next.units(), units, |o, i| next.weights()[(o, from(i))].mul(&over(i)));
    let next = Affine::new(behind, next.bias().to_vec()).unwrap();
    layers[l] = Affine::new(weights, biases).unwrap();
    layers[l + 1] = next;
    Network::new(layers).unwrap()
}

/// The network with a unit of a hidden layer split into two, one of them a third of it.
fn split(network: &Network<Rational>, l: usize) -> Network<Rational> {
    let mut layers = network.layers().to_vec();
    let (own, next) = (&layers[l], &layers[l + 1]);
    let units = own.units();
    let third = Rational::integer(1).div(&Rational::integer(3)).unwrap();
    let share = |i: usize| if i == units { third.clone() } else { Rational::integer(1) };
    let from = |i: usize| if i == units { 0 } else { i };
    let weights = Matrix::from_fn(units + 1, own.inputs(), |i, j| own.weights()[(from(i), j)].mul(&share(i)));
    let biases = (0..=units).map(|i| own.bias()[from(i)].mul(&share(i))).collect();
    // a·relu(z) = a/2·relu(z) + 3a/2·relu(z/3).
    let half = Rational::power_of_two(-1);
    let behind = Matrix::from_fn(next.units(), units + 1, |o, i| {
        let a = &next.weights()[(o, from(i))];
        match i {
            0 => a.mul(&half),
            i if i == units => a.mul(&half).mul(&Rational::integer(3)),
            _ => a.clone(),
        }
    });
    let next = Affine::new(behind, next.bias().to_vec()).unwrap();
    layers[l] = Affine::new(weights, biases).unwrap();
    layers[l + 1] = next;
    Network::new(layers).unwrap()
}

fn answers(network: &Network<Rational>, x: &[i64]) -> Vec<Rational> {
    let x: Vec<Num<Rational>> = (0..network.inputs())
        .map(|j| Num(Rational::integer(x[j % x.len()]).mul(&Rational::power_of_two(-3))))
        .collect();
    network.map(|w| Num(w.clone())).forward(&x, ()).into_iter().map(|y| y.0).collect()
}

proptest! {
    #[test]
    fn rewrites_are_not_seen(layers in small(), l in 0usize..2, turn in 0usize..3, factors in prop::collection::vec(1i64..5, 3)) {
        let network = network(&layers);
        prop_assert_eq!(same(&rewritten(&network, l, turn, &factors), &network), Sameness::Equal);
        prop_assert_eq!(same(&split(&network, l), &network), Sameness::Equal);
        prop_assert_eq!(same(&rewritten(&split(&network, l), l, turn, &factors), &network), Sameness::Equal);
    }

    /// Neighbours: one weight off. Most are other functions; whatever is called equal answers alike, and whatever is
    /// called different does not, at the input that is named.
    #[test]
    fn verdicts_are_true(
        layers in small(), l in 0usize..3, pick in any::<prop::sample::Index>(), by in prop_oneof![Just(-1i8), Just(1)],
        points in prop::collection::vec(prop::collection::vec(-40i64..40, 3), 24),
    ) {
        let one = network(&layers);
        let mut layers = layers;
        let (rows, biases) = &mut layers[l];
        let i = pick.index(rows.len());
        match pick.index(rows[i].len() + 1) {
            j if j < rows[i].len() => rows[i][j] += by,
            _ => biases[i] += by,
        }
        let other = network(&layers);
        match same(&one, &other) {
            Sameness::Equal => {
                for x in &points {
                    prop_assert_eq!(answers(&one, x), answers(&other, x));
                }
            }
            Sameness::Different { point: Some(x), .. } => {
                let wrap = |network: &Network<Rational>| network.map(|w| Num(w.clone()));
                let x: Vec<Num<Rational>> = x.into_iter().map(Num).collect();
                let values = |network: &Network<Rational>| -> Vec<Rational> {
                    wrap(network).forward(&x, ()).into_iter().map(|y| y.0).collect()
                };
                prop_assert_ne!(values(&one), values(&other));
            }
            Sameness::Different { point: None, .. } | Sameness::Undecided(_) => {}
        }
    }
}

/// What rewrites alone do not see is not called equal, nor different.
#[test]
fn what_is_not_proved_is_undecided() {
    // |x| = relu(x) + relu(−x) = 2·relu(x) − x behind a layer that hands x on as relu(x + 8) − relu(−x − 8) − 8.
    let entry = |rows: &[&[i8]], biases: &[i8]| layer(&rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>(), biases);
    let network = |layers: Vec<Affine<Rational>>| Network::new(layers).unwrap();
    let first = || entry(&[&[1], &[-1]], &[8, -8]);
    let one = network(vec![first(), entry(&[&[1, -1], &[-1, 1]], &[-8, 8]), entry(&[&[1, 1]], &[0])]);
    let other = network(vec![first(), entry(&[&[1, -1]], &[-8]), entry(&[&[2]], &[0])]);
    assert!(matches!(same(&one, &other), Sameness::Different { point: Some(_), .. }));
    // A unit of the first layer that only a dead unit of the second listens to, dead for another reason than its signs.
    let quiet =
        network(vec![entry(&[&[1], &[1]], &[0, -1]), entry(&[&[-1, 1], &[1, 0]], &[0, 0]), entry(&[&[1, 1]], &[0])]);
    let plain = network(vec![entry(&[&[1]], &[0]), entry(&[&[1]], &[0]), entry(&[&[1]], &[0])]);
    // relu(relu(x − 1) − relu(x)) is zero for all x.
    assert!(matches!(same(&quiet, &plain), Sameness::Undecided(_)));
}
