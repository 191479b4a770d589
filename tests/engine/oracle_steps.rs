//! The exact oracle around one point after another: what it keeps is of the right one.

use exactract::linalg::Matrix;
use exactract::net::Shallow;
use exactract::num::{Exact, Num, Rational, Scalar};
use exactract::oracle::{Batch, Evaluate, Incremental, Plain, Probe};
use proptest::prelude::*;

proptest! {
    /// Steps along an axis from, onto and across hyperplanes, however short or long.
    #[test]
    fn steps_along_an_axis_are_plain(
        entries in prop::collection::vec(-3i8..=3, 20), point in prop::collection::vec(-2i8..=2, 2),
        moved in -3i8..=3, exponent in prop_oneof![Just(0), Just(-90), Just(90), -3i32..4],
    ) {
        let lift = |x: i8| Num::<Rational>::lift(f64::from(x), ());
        let entry = |i: usize| lift(entries[i]);
        let hidden = Matrix::from_fn(4, 2, |i, j| entry(2 * i + j));
        let output = Matrix::from_fn(1, 4, |_, j| entry(8 + j));
        let network = Shallow::new(hidden, (12..16).map(entry).collect(), output, vec![entry(16)]).unwrap();
        let center: Vec<Num<Rational>> = point.iter().map(|&x| lift(x)).collect();
        let step = Num(lift(moved).0.mul(&Rational::power_of_two(exponent)));
        let probes: Vec<Probe<Rational>> = (0..2).map(|j| vec![(j, &center[j] + &step)]).collect();
        let batch = Batch::Probes { center: &center, probes: &probes };
        let values = |answers: Vec<Vec<Num<Rational>>>| answers.into_iter().flatten().map(|y| y.0).collect::<Vec<_>>();
        let found = values(Incremental::rational(&network).evaluate(&batch));
        prop_assert_eq!(&found, &values(Plain::new(network.clone(), ()).evaluate(&batch)));
        // Around another point, and around the first again: what is kept is of the right one.
        let oracle = Incremental::rational(&network);
        let other: Vec<Num<Rational>> = center.iter().map(|x| x + &step).collect();
        for center in [&center, &other, &center] {
            let points = Batch::Points(std::slice::from_ref(center));
            let around = Batch::Probes { center, probes: &probes };
            for batch in [points, around] {
                let plain = Plain::new(network.clone(), ());
                prop_assert_eq!(values(oracle.evaluate(&batch)), values(plain.evaluate(&batch)));
            }
        }
    }
}
