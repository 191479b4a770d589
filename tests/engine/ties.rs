//! Labels at which the victim itself has a tie: each of the tied ones is the victim's.

use crate::common::exactract;
use exactract::compare::{Inputs, Reference};
use exactract::format::{self, Dtype};
use exactract::linalg::Matrix;
use exactract::net::{Shallow, random};
use exactract::num::{Num, Rational, Scalar, lift_all};
use proptest::prelude::*;

/// A random network whose output `o` is a copy of output `like[o]`.
fn tied(shape: &str, seed: u64, like: &[usize]) -> Shallow<f64> {
    let plain = random(shape.parse().unwrap(), seed, Dtype::F64);
    let output = Matrix::from_fn(like.len(), plain.shape().hidden, |o, i| plain.output()[(like[o], i)]);
    let output_bias = like.iter().map(|&o| plain.output_bias()[o]).collect();
    Shallow::new(plain.hidden().clone(), plain.hidden_bias().to_vec(), output, output_bias).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Beside plain definitions: a copy agrees where each output that reaches its maximum reaches the victim's.
    #[test]
    fn a_copy_has_a_label_of_the_victim(seed in any::<u64>(), like in prop::collection::vec(0usize..3, 3), size in 8i32..40) {
        let victim = tied("3-4-3", seed, &like);
        let mut draw = exactract::net::Draw::new(seed, "moved");
        let copy = victim.map(|&w| Rational::lift(w + draw.dyadic(8) * 2f64.powi(-size), ()));
        let inputs = Inputs::random(3, 20, seed);
        let found = Reference::new(&victim, &inputs).fidelity(&copy);
        let answers = |network: &Shallow<Num<Rational>>, x: &[f64]| network.forward(&lift_all(x, ()), ());
        let exact = [victim.map(|&w| Num::lift(w, ())), copy.map(|w| Num(w.clone()))];
        let reach = |y: &[Num<Rational>], o: usize| y.iter().all(|other| other.0 <= y[o].0);
        let (mut same, mut ties) = (0, 0);
        for x in &inputs.points {
            let [truth, seen] = [0, 1].map(|side| answers(&exact[side], x));
            same += usize::from((0..3).all(|o| !reach(&seen, o) || reach(&truth, o)));
            ties += usize::from((0..3).filter(|&o| reach(&truth, o)).count() > 1);
        }
        prop_assert_eq!((found.same, found.ties, found.total), (same, ties, 20));
    }
}

/// The victim ties two outputs, or has an output of zero, where its copy in `f64` cannot.
#[test]
fn ties_of_the_victim_are_no_misses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("victim.npz");
    let plain = random("6-4-1".parse().unwrap(), 2, Dtype::F64);
    let zero = Shallow::new(plain.hidden().clone(), vec![0.0; 4], plain.output().clone(), vec![0.0]).unwrap();
    for victim in [tied("4-3-2", 1, &[0, 0]), zero] {
        format::write(&path, &victim, Dtype::F64).unwrap();
        let answer = exactract("run", &[path.as_os_str()]);
        assert_eq!(answer.status, Some(0), "{}", answer.stdout);
        let record = exactract("run --json -", &[path.as_os_str()]).json();
        let ties = record["runs"]["exact"]["label_ties"].as_u64().unwrap();
        let said =
            format!("The victim's own label is a tie at {ties} of the 1000 inputs; each of the tied labels counts");
        assert!(ties > 0 && answer.stdout.contains(&said), "{}", answer.stdout);
        assert_eq!(record["answer"], "yes");
        assert_eq!(record["runs"]["rounded"]["labels"], serde_json::json!({"count": 1000, "total": 1000}));
    }
}

/// Any copy gives a label of a victim that ties everywhere, and `audit` counts as `run` does.
#[test]
fn an_audit_counts_ties_alike() {
    let folder = tempfile::tempdir().unwrap();
    let [victim, copy, data] = ["victim.npz", "copy.npz", "data.npz"].map(|name| folder.path().join(name));
    let (tie, plain) = (tied("3-4-2", 5, &[1, 1]), tied("3-4-2", 5, &[0, 1]));
    format::write(&victim, &tie, Dtype::F64).unwrap();
    format::write(&copy, &plain, Dtype::F64).unwrap();
    let points: Vec<u8> = Inputs::random(3, 40, 1).points.concat().iter().flat_map(|x| x.to_le_bytes()).collect();
    let entry = crate::common::Entry::plain("x.npy", &crate::common::npy("<f8", "(40, 3)", &points));
    std::fs::write(&data, crate::common::zip(&[entry])).unwrap();
    let counted = |first: &std::path::Path, second: &std::path::Path| {
        let more = [first.as_os_str(), second.as_os_str(), "--data".as_ref(), data.as_os_str()];
        exactract("audit --json - --time 1", &more).json()["labels"].clone()
    };
    assert_eq!((&counted(&victim, &copy)["same"], &counted(&victim, &copy)["ties"]), (&40.into(), &40.into()));
    assert_eq!((&counted(&copy, &victim)["same"], &counted(&copy, &victim)["ties"]), (&0.into(), &0.into()));
}
