//! Activations in files: what is written is read, and what a file says is not overruled.

use exactract::format::{self, Choice, Dtype, Problem};
use exactract::linalg::Matrix;
use exactract::net::{Activation, Affine, Draw, Family, Network};
use proptest::prelude::*;
use std::path::Path;

fn network(sizes: &[usize], families: &[Family], seed: u64) -> Network<f64> {
    let mut draw = Draw::new(seed, "test");
    let layers: Vec<Affine<f64>> = sizes
        .windows(2)
        .map(|pair| {
            let weights = Matrix::from_fn(pair[1], pair[0], |_, _| draw.dyadic(8));
            let bias = (0..pair[1]).map(|_| draw.dyadic(8)).collect();
            Affine::new(weights, bias).unwrap()
        })
        .collect();
    let hidden = sizes[1..sizes.len() - 1].iter().zip(families);
    let activations = hidden.map(|(&units, family)| family.draw(units, seed)).collect();
    Network::with_activations(layers, activations).unwrap()
}

fn read(path: &Path, told: Option<Family>) -> Result<Network<f64>, Box<Problem>> {
    format::read_activated(path, Choice::File, told).map(|victim| victim.network).map_err(|error| error.problem)
}

fn family() -> impl Strategy<Value = Family> {
    prop::sample::select(vec![
        Family::Relu,
        Family::Leaky(0.25),
        Family::Leaky(0.01),
        Family::Leaky(-0.5),
        Family::Parametric,
        Family::Clip(0.0, 6.0),
        Family::Clip(-1.0, 1.0),
        Family::Abs,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn onnx_models_say_what_each_layer_computes(
        sizes in prop::collection::vec(1usize..5, 3..6), families in prop::collection::vec(family(), 4), seed in 0u64..99,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.onnx");
        let network = network(&sizes, &families, seed);
        format::write(&path, &network, Dtype::F64).unwrap();
        let found = read(&path, None).unwrap();
        // One slope for all units is a leaky ReLU, whoever names it.
        let plain = |activation: &Activation<f64>| match activation {
            Activation::Parametric(slopes) if slopes.len() == 1 => Activation::Leaky(slopes[0]),
            other => other.clone(),
        };
        prop_assert_eq!(found.layers(), network.layers());
        let [mine, theirs] = [&network, &found].map(|n| n.activations().iter().map(plain).collect::<Vec<_>>());
        prop_assert_eq!(mine, theirs);
    }

    #[test]
    fn safetensors_say_it_once_for_all_layers(
        sizes in prop::collection::vec(1usize..5, 3..6), first in family(), other in family(), seed in 0u64..99,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.safetensors");
        let network = network(&sizes, &[first; 4], seed);
        let written = format::write(&path, &network, Dtype::F64);
        if first == Family::Parametric {
            let slopes = matches!(written.map_err(|error| *error.problem), Err(Problem::OnnxAlone));
            prop_assert!(slopes);
            return Ok(());
        }
        written.unwrap();
        prop_assert_eq!(read(&path, Some(first)).unwrap(), network.clone());
        // ReLU is what a file that says nothing has, unless the user knows better.
        if first != Family::Relu {
            prop_assert_eq!(read(&path, None).unwrap(), network);
        }
        if first != other && first != Family::Relu {
            let contradicted = read(&path, Some(other)).is_err_and(|problem| matches!(*problem, Problem::Contradicted { .. }));
            prop_assert!(contradicted);
        }
    }
}

#[test]
fn npz_has_no_place_for_an_activation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npz");
    let leaky = network(&[3, 2, 1], &[Family::Leaky(0.25)], 0);
    let said = format::write(&path, &leaky, Dtype::F64).unwrap_err().to_string();
    assert!(said.contains("no place for the activation leaky:0.25"), "{said}");
    assert!(!path.exists());
    format::write(&path, &network(&[3, 2, 1], &[Family::Relu], 0), Dtype::F64).unwrap();
    assert_eq!(read(&path, Some(Family::Leaky(0.25))).unwrap(), leaky);
    let slopes = read(&path, Some(Family::Parametric)).unwrap_err();
    assert!(matches!(*slopes, Problem::NoSlopes));
}

/// What does not know other activations takes none for ReLU.
#[test]
fn plain_readers_refuse_what_is_no_relu() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.onnx");
    format::write(&path, &network(&[3, 2, 1], &[Family::Leaky(0.25)], 0), Dtype::F64).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let refusals = [
        format::read(&path).map(drop),
        format::read_shallow(&path).map(drop),
        format::read_bytes(&path, &bytes).map(drop),
        format::read_shallow_bytes(&path, &bytes).map(drop),
    ];
    for refusal in refusals {
        assert!(matches!(*refusal.unwrap_err().problem, Problem::NotRelu(Family::Leaky(0.25))));
    }
}
