//! The parts of MixMatch, Adam and the running average against NumPy.
//!
//! Needs a Python with NumPy: `crate::common::python_with`.
#![cfg(feature = "learn")]

use crate::common::{python_with, script};
use burn_tensor::Tensor;
use exactract::learn::mixmatch::{guess, labelled_loss, mixup, sharpen, unlabelled_loss};
use exactract::learn::{Place, Rates, Trained, values};
use serde_json::Value;

/// Numbers of a nested list, row by row.
fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(flat).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn shape(value: &Value) -> Vec<usize> {
    match value {
        Value::Array(list) => std::iter::once(list.len()).chain(shape(&list[0])).collect(),
        _ => Vec::new(),
    }
}

fn close(what: &str, found: &[f64], expected: &Value, tolerance: f64) {
    let expected = flat(expected);
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (a, b)) in found.iter().zip(&expected).enumerate() {
        assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{what} at {i}: {a}, and NumPy says {b}");
    }
}

fn parts(reference: &Value, place: &Place, tolerance: f64) {
    let matrix = |value: &Value| -> Tensor<2> {
        let [rows, columns] = shape(value)[..] else { panic!("{value} is no matrix") };
        place.tensor(flat(value), [rows, columns])
    };
    let number = |name: &str| reference[name].as_f64().unwrap();
    let check = |what: &str, found: Vec<f64>| close(what, &found, &reference[what], tolerance);

    let logits = reference["logits"].as_array().unwrap().iter().map(matrix).collect();
    check("guess", values(guess(logits).unwrap()));
    check("sharp", values(sharpen(matrix(&reference["guess"]), number("temperature"))));

    let lambda = flat(&reference["lam"]);
    let lambda = place.tensor(lambda.clone(), [lambda.len(), 1]);
    let order: Vec<usize> = flat(&reference["order"]).iter().map(|&i| i as usize).collect();
    let mix = |name: &str| values(mixup(matrix(&reference[name]), lambda.clone(), place.indices(&order)));
    check("mixed", mix("x"));
    check("mixed_labels", mix("labels"));

    let out = || matrix(&reference["out"]);
    check("labelled", values(labelled_loss(out(), matrix(&reference["labels"]))));
    check("unlabelled", values(unlabelled_loss(out(), matrix(&reference["sharp"]))));

    let rates = Rates { rate: number("rate"), decay: number("decay"), average: number("average") };
    let vector = |values: Vec<f64>| {
        let size = values.len();
        place.tensor(values, [size])
    };
    let mut trained = Trained::new(vector(flat(&reference["start"])), true);
    for (step, gradient) in reference["gradients"].as_array().unwrap().iter().enumerate() {
        trained.step(vector(flat(gradient)), step + 1, &rates);
    }
    check("weights", values(trained.weights));
    check("ema", values(trained.average));
}

#[test]
fn parts_are_those_of_numpy() {
    let Some(python) = python_with("numpy") else { return };
    let reference: Value = serde_json::from_str(&script(&python, "mixmatch.py", &[])).unwrap();
    parts(&reference, &Place::cpu(), 1e-6);
    if cfg!(feature = "gpu") {
        match Place::gpu() {
            Ok(place) => parts(&reference, &place, 1e-6),
            Err(error) => eprintln!("not on a GPU: {error}"),
        }
    }
    parts(&reference, &Place::cpu().in_f64(), 1e-12);
}
