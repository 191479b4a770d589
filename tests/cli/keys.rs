//! Networks whose tensors the user names one by one.

use crate::common::{Answer, f64s, npy, npz, safetensors};
use assert_cmd::Command;
use std::fs;
use std::path::Path;

fn run(folder: &Path, arguments: &str) -> Answer {
    let mut command = Command::cargo_bin("exactract").unwrap();
    Answer::of(&command.current_dir(folder).args(arguments.split_whitespace()).output().unwrap())
}

/// Rows of numbers of which none is another.
fn matrix(rows: usize, columns: usize, first: f64) -> Vec<Vec<f64>> {
    (0..rows).map(|i| (0..columns).map(|j| first + (i * columns + j) as f64 / 16.0 - 0.5).collect()).collect()
}

fn transposed(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..rows[0].len()).map(|j| rows.iter().map(|row| row[j]).collect()).collect()
}

fn array(rows: &[Vec<f64>]) -> Vec<u8> {
    npy("<f8", &format!("({}, {})", rows.len(), rows[0].len()), &f64s(&rows.concat()))
}

fn row(values: &[f64]) -> Vec<u8> {
    npy("<f8", &format!("({},)", values.len()), &f64s(values))
}

/// A network of these sizes as `ref.npz`, by the program's own names, and its arrays.
fn reference(folder: &Path, sizes: &[usize]) -> Vec<(Vec<Vec<f64>>, Vec<f64>)> {
    let layer = |(i, ends): (usize, &[usize])| {
        let weights = matrix(ends[0], ends[1], i as f64);
        (weights, (0..ends[1]).map(|j| j as f64 - 1.25).collect())
    };
    let layers: Vec<(Vec<Vec<f64>>, Vec<f64>)> = sizes.windows(2).enumerate().map(layer).collect();
    let mut arrays = Vec::new();
    for (i, (weights, bias)) in layers.iter().enumerate() {
        arrays.push((format!("A{i}"), array(weights)));
        arrays.push((format!("b{i}"), row(bias)));
    }
    let arrays: Vec<(&str, Vec<u8>)> = arrays.iter().map(|(name, bytes)| (&**name, bytes.clone())).collect();
    fs::write(folder.join("ref.npz"), npz(&arrays)).unwrap();
    layers
}

/// One array as it is, the other one transposed, by names that tell nothing: shapes decide, and it is said.
#[test]
fn shapes_tell_which_axis_is_which() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let layers = reference(here, &[4, 3, 2]);
    let [(first, second), (third, fourth)] = &layers[..] else { panic!("two layers") };
    let arrays = [
        ("alpha", array(&transposed(first))),
        ("beta", row(second)),
        ("gamma", array(third)),
        ("delta", row(fourth)),
        ("epoch", row(&[7.0])),
    ];
    fs::write(here.join("v.npz"), npz(&arrays)).unwrap();
    let keys = "--keys alpha,beta,gamma,delta";
    let audited = run(here, &format!("audit ref.npz v.npz --domain all {keys}"));
    assert_eq!(audited.status, Some(0), "{audited:?}");
    for said in [
        "note        'alpha' [3, 4] was transposed: by the shapes it is [units, inputs]",
        "note        array 'epoch' was passed over",
        "layers      alpha [3, 4], beta; gamma [3, 2], delta",
    ] {
        assert!(audited.stdout.contains(said), "{said}: {}", audited.stdout);
    }
    let ran = run(here, &format!("run v.npz -q --certificate c.json {keys}"));
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(run(here, &format!("check c.json --victim v.npz {keys}")).status, Some(0));
    // The reference is the same network, and another file.
    let other = run(here, "check c.json --victim ref.npz");
    assert!(other.status == Some(1) && other.stdout.contains("all weights are the same"), "{other:?}");
    for (arguments, said) in [
        (format!("audit ref.npz v.npz {keys} {keys} {keys}"), "--keys is given 3 times for 2 network files"),
        ("audit ref.npz ref.npz --keys a,b,c,d".to_owned(), "no network file is named that has these tensors"),
        ("run v.npz --keys alpha,beta,gamma".to_owned(), "the weights and the bias of each layer, as W1,b1,W2,b2"),
        ("run v.npz --keys alpha,beta,alpha,delta".to_owned(), "alpha is named twice"),
        (
            "run v.npz --keys alpha,beta,zeta,delta".to_owned(),
            "has no tensor 'zeta', which --keys names; it holds alpha,",
        ),
        ("run v.npz --keys alpha,delta,gamma,beta".to_owned(), "tensor 'delta' has shape [2]"),
        ("run v.npz --keys alpha.N,beta,gamma,delta".to_owned(), "would fit 'alpha' of shape [3, 4]"),
        (format!("run --random 4-3-2 {keys}"), "no network file is named"),
        (format!("regress record b.json v.npz {keys}"), "a baseline does not keep them"),
    ] {
        let answer = run(here, &arguments);
        assert_eq!(answer.status, Some(2), "{arguments}: {answer:?}");
        assert!(answer.stderr.contains(said), "{arguments}: {answer:?}");
    }
}

/// Square weights are asked for, with what to type; both answers are followed, and they are two networks.
#[test]
fn square_weights_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let layers = reference(here, &[4, 3, 3, 2]);
    let arrays = [
        ("w1", array(&layers[0].0)),
        ("v1", row(&layers[0].1)),
        ("w2", array(&transposed(&layers[1].0))),
        ("v2", row(&layers[1].1)),
        ("w3", array(&layers[2].0)),
        ("v3", row(&layers[2].1)),
    ];
    fs::write(here.join("v.npz"), npz(&arrays)).unwrap();
    let asked = run(here, "audit ref.npz v.npz --keys w1,v1,w2,v2,w3,v3");
    let said = "v.npz: holds 'w2' [3, 3], whose shape does not say which axis is that of the units: type --keys \
                w1,v1,w2.N,v2,w3,v3 if the layer computes x·w2, as in NumPy and Keras, or --keys w1,v1,w2.T,v2,w3,v3 if \
                it computes w2·x, as in PyTorch";
    assert_eq!((asked.status, asked.stderr.contains(said)), (Some(2), true), "{asked:?}");
    let audited = |mark: &str| {
        run(here, &format!("audit ref.npz v.npz --time 5 --json - --keys w1,v1,w2.{mark},v2,w3,v3")).json()
    };
    assert_eq!(audited("T")["difference"]["upper"]["value"], 0.0);
    let other = audited("N");
    assert!(other["difference"]["lower"]["value"].as_f64().unwrap() > 0.0);
    assert_eq!(other["copy"]["notes"][0], "'w2' [3, 3] was read as [inputs, units], as --keys says");
}

/// The same of safetensors, a layer without a bias, and a last layer of one axis.
#[test]
fn tensors_of_safetensors_are_named_too() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let layers = reference(here, &[3, 2, 1]);
    let (mut header, mut data) = (Vec::new(), Vec::new());
    let [units, last] = [transposed(&layers[0].0).concat(), layers[1].0.concat()];
    for (name, shape, values) in [("one", "[2,3]", &units), ("two", "[2]", &last), ("three", "[1]", &layers[1].1)] {
        let start = data.len();
        data.extend(f64s(values));
        header.push(format!(r#""{name}":{{"dtype":"F64","shape":{shape},"data_offsets":[{start},{}]}}"#, data.len()));
    }
    fs::write(here.join("v.safetensors"), safetensors(&format!("{{{}}}", header.join(",")), &data)).unwrap();
    let read = run(here, "audit v.safetensors v.safetensors --domain all --keys one,-,two,three");
    assert_eq!(read.status, Some(0), "{read:?}");
    for said in ["layers      one [2, 3], no bias; two [2, 1], three", "layer 'one' has no bias; zeros", "one axis"] {
        assert!(read.stdout.contains(said), "{said}: {}", read.stdout);
    }
    let unread = run(here, "audit ref.npz v.safetensors --domain all");
    assert_eq!(unread.status, Some(2), "{unread:?}");
}
