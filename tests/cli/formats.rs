//! Files of one format in, of another out, by the program itself.

use crate::common::exactract;
use exactract::format::{self, Dtype};
use exactract::linalg::Matrix;
use exactract::net::{Affine, Network, random};
use std::fs;
use std::path::Path;

/// Runs with `{}` in the arguments for this folder.
fn run(folder: &Path, arguments: &str) -> crate::common::Answer {
    exactract(&arguments.replace("{}", folder.to_str().unwrap()), &[])
}

#[test]
fn a_run_and_an_audit_of_onnx_models() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let network = random("5-3-2".parse().unwrap(), 4, Dtype::F32);
    format::write(&at("victim.onnx"), &network, Dtype::F32).unwrap();
    for copy in ["copy.safetensors", "copy.onnx", "copy.npz"] {
        let answer = run(folder.path(), &format!("run -v {{}}/victim.onnx --save {{}}/{copy}"));
        assert_eq!(answer.status, Some(0), "{answer:?}");
        assert!(answer.stdout.contains("5-3-2, 26 parameters, f32 weights"), "{}", answer.stdout);
        let answer = run(folder.path(), &format!("audit {{}}/victim.onnx {{}}/{copy} --claim 2^-30"));
        assert_eq!(answer.status, Some(0), "{answer:?}");
    }
    // The copies are one network, whatever the format.
    let [a, b, c] = ["copy.safetensors", "copy.onnx", "copy.npz"].map(|name| format::read_shallow(&at(name)).unwrap());
    assert_eq!((&a.network, a.dtype), (&b.network, b.dtype));
    assert_eq!((&a.network, a.dtype), (&c.network, c.dtype));
    let answer = run(folder.path(), "audit {}/copy.onnx {}/copy.npz --domain all");
    assert_eq!(answer.status, Some(0), "{answer:?}");
    assert!(answer.stdout.contains("copy.onnx") && answer.stdout.contains("f64"), "{}", answer.stdout);
}

#[test]
fn a_classifier_with_its_softmax_and_a_certificate_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut nodes = crate::onnx::nodes();
    nodes[2] = crate::onnx::node("Gemm", "r B b", "l", &[crate::onnx::int_attribute("transB", 1)]);
    nodes.push(crate::onnx::node("Softmax", "l", "y", &[]));
    let model = crate::onnx::model(&crate::onnx::graph(&nodes, &crate::onnx::tensors(), &[0, 2]));
    fs::write(folder.path().join("v.onnx"), model).unwrap();
    let answer = run(folder.path(), "run {}/v.onnx --certificate {}/c.json");
    assert_eq!(answer.status, Some(0), "{answer:?}");
    let note = "note        Softmax making 'y' set aside: outputs are the values of 'l' before\n";
    assert!(answer.stdout.contains(note), "{}", answer.stdout);
    let answer = run(folder.path(), "check {}/c.json --victim {}/v.onnx");
    assert_eq!(answer.status, Some(0), "{answer:?}");
}

#[test]
fn a_trained_network_as_onnx() {
    let folder = tempfile::tempdir().unwrap();
    let answer = run(folder.path(), "train --hidden 4 --epochs 1 --out {}/v.onnx -q");
    assert_eq!(answer.status, Some(0), "{answer:?}");
    let victim = format::read_shallow(&folder.path().join("v.onnx")).unwrap();
    assert_eq!((victim.network.shape().to_string(), victim.dtype), ("64-4-10".to_owned(), Dtype::F32));
}

#[test]
fn a_deeper_network_is_no_victim_of_the_walk() {
    let folder = tempfile::tempdir().unwrap();
    let layer = |units, inputs| Affine::new(Matrix::from_fn(units, inputs, |_, _| 0.5), vec![0.0; units]).unwrap();
    let deep = Network::new(vec![layer(3, 2), layer(4, 3), layer(1, 4)]).unwrap();
    for ending in ["onnx", "npz", "safetensors"] {
        let name = format!("deep.{ending}");
        format::write(&folder.path().join(&name), &deep, Dtype::F32).unwrap();
        let answer = run(folder.path(), &format!("run --strategy walk {{}}/{name}"));
        let expected = "--strategy is for networks with one hidden layer; this one is 2-3-4-1";
        assert_eq!(answer.stderr, format!("exactract: {expected}\n"));
        assert_eq!(answer.status, Some(2));
    }
}

/// Two images of the digits' size, as bytes, with the labels that go with them.
#[test]
fn images_in_idx_are_inputs_of_runs_audits_and_training() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let pixels: Vec<u8> = (0..128).map(|i| (37 * i % 256) as u8).collect();
    let images = [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0, 8][..], &pixels].concat();
    fs::write(at("t10k-images-idx3-ubyte"), &images).unwrap();
    fs::write(at("t10k-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 0, 3]).unwrap();
    let answer = run(folder.path(), "run -v --data {}/t10k-images-idx3-ubyte --save {}/copy.npz");
    assert_eq!(answer.status, Some(0), "{answer:?}");
    assert!(answer.stdout.contains("fidelity  on the 2 inputs of "), "{}", answer.stdout);
    assert!(answer.stdout.contains("2 of 2"), "{}", answer.stdout);
    let answer = run(folder.path(), "audit {}/copy.npz {}/copy.npz --data {}/t10k-images-idx3-ubyte");
    assert_eq!(answer.status, Some(0), "{answer:?}");
    assert!(answer.stdout.contains("2 of 2"), "{}", answer.stdout);
    let samples = format::read_samples(&at("t10k-images-idx3-ubyte"), 1.0).unwrap();
    assert_eq!(samples.labels(), [0, 3]);
    assert_eq!(samples.inputs()[(1, 0)], f64::from(pixels[64]) / 255.0);
    // Images of another size, and labels of another number.
    fs::write(at("small-images-idx3-ubyte"), [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 5]).unwrap();
    let answer = run(folder.path(), "run --data {}/small-images-idx3-ubyte");
    assert_eq!(answer.status, Some(2), "{answer:?}");
    assert!(answer.stderr.contains("its shape is [1, 1, 1]; expected [n, ...] of 64 inputs"), "{}", answer.stderr);
    fs::write(at("t10k-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 3, 0, 3, 1]).unwrap();
    let answer = run(folder.path(), "train {}/t10k-images-idx3-ubyte --out {}/v.npz -q");
    assert_eq!(answer.status, Some(2), "{answer:?}");
    assert!(answer.stderr.contains("it has 3 labels for 2 images"), "{}", answer.stderr);
}
