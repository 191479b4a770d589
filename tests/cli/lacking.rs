//! What a report says where something is not there: bits of a stage, and kinks of a run.

use crate::common::exactract;
use exactract::format::{self, Dtype};
use exactract::linalg::Matrix;
use exactract::net::{Shallow, Shape, random};
use std::path::PathBuf;

/// A random network with its weights changed, in a file of its own.
fn victim(
    shape: &str,
    hidden: impl Fn(usize, usize, f64) -> f64,
    output: impl Fn(usize, usize, f64) -> f64,
) -> (tempfile::TempDir, PathBuf) {
    let plain = random(shape.parse().unwrap(), 3, Dtype::F64);
    let Shape { inputs, hidden: units, outputs } = plain.shape();
    let rows = Matrix::from_fn(units, inputs, |i, j| hidden(i, j, plain.hidden()[(i, j)]));
    let weights = Matrix::from_fn(outputs, units, |o, i| output(o, i, plain.output()[(o, i)]));
    let changed = Shallow::new(rows, plain.hidden_bias().to_vec(), weights, plain.output_bias().to_vec()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("victim.npz");
    format::write(&path, &changed, Dtype::F64).unwrap();
    (folder, path)
}

/// Dtype of an input that hardly counts: no f64 answer shows them, and the exact run's decisions about
/// them have no counterpart in its replay.
#[test]
fn stages_without_bits_say_why() {
    let dead = |_: usize, j: usize, w: f64| if (1..5).contains(&j) { w * 2f64.powi(-900) } else { w };
    let (_folder, path) = victim("12-6-1", dead, |_, _, w| w);
    // Lines are broken between words.
    let text = exactract("run -v", &[path.as_os_str()]).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let record = exactract("run --json -", &[path.as_os_str()]).json();
    let mut without = 0;
    for stage in record["stages"].as_array().unwrap() {
        let unmeasured = stage["bits_out"].is_null() && stage["name"] != "check";
        assert_eq!(unmeasured, stage["unmeasured"].is_string(), "{stage}");
        if let Some(reason) = stage["unmeasured"].as_str() {
            without += 1;
            assert!(text.contains(reason) && text.contains("no bits of "), "{reason}: {text}");
        }
    }
    assert!(without > 0, "{text}");
}

/// Units too weak for answers of 53 bits are named, with their strengths.
#[test]
fn kinks_that_rounding_hides_are_named() {
    let weak = |_: usize, i: usize, w: f64| match i {
        2 => w * 2f64.powi(-62),
        4 => w * 2f64.powi(-90),
        5 => 0.0,
        _ => w,
    };
    let (_folder, path) = victim("9-8-1", |_, _, w| w, weak);
    let answer = exactract("run", &[path.as_os_str()]);
    assert_eq!(answer.status, Some(1), "{}", answer.stdout);
    let record = exactract("run --json -", &[path.as_os_str()]).json();
    assert_eq!(
        (&record["victim"]["kinks"], &record["victim"]["units_without_kink"]),
        (&7.into(), &serde_json::json!([5]))
    );
    assert!(record["runs"]["exact"]["missing"].is_null());
    let missing = record["runs"]["rounded"]["missing"].as_array().unwrap();
    let units: Vec<_> = missing.iter().map(|kink| kink["units"].clone()).collect();
    assert_eq!(units, [serde_json::json!([2]), serde_json::json!([4])]);
    for (kink, near) in missing.iter().zip([-62.0, -90.0]) {
        assert_eq!(kink["cause"], "precision");
        assert!((kink["strength_log2"].as_f64().unwrap() - near).abs() < 8.0, "{kink}");
    }
    for said in
        ["unit 2 ", "unit 4 ", "precision: the exact run finds it", "1 hidden unit of the victim makes no kink (5)"]
    {
        assert!(answer.stdout.replace('\n', " ").contains(said), "{said}: {}", answer.stdout);
    }
}
