//! Network files in and out: exact round trips, and files that NumPy and others wrote.

use crate::common::{f64s, safetensors};
use exactract::format::{self, Dtype, Problem, Victim, read_shallow_bytes};
use exactract::linalg::Matrix;
use exactract::net::{Affine, Network, Shallow};
use half::{bf16, f16};
use proptest::prelude::*;
use std::path::Path;

fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn bits(network: &Shallow<f64>) -> Vec<u64> {
    network.parameters().map(|w| w.to_bits()).collect()
}

/// A network with `weight(n)` for weight number `n`, in the order of the parameters.
fn network((inputs, hidden, outputs): (usize, usize, usize), mut weight: impl FnMut(usize) -> f64) -> Shallow<f64> {
    let mut next = (0..).map(&mut weight);
    let mut take = |count: usize| next.by_ref().take(count).collect::<Vec<f64>>();
    let first = Matrix::from_entries(hidden, inputs, take(hidden * inputs)).unwrap();
    let first_bias = take(hidden);
    let second = Matrix::from_entries(outputs, hidden, take(outputs * hidden)).unwrap();
    Shallow::new(first, first_bias, second, take(outputs)).unwrap()
}

/// The number of a type with these bits; minus zero in place of those that are not finite.
fn number(dtype: Dtype, bits: u64) -> f64 {
    let value = match dtype {
        Dtype::F16 => f64::from(f16::from_bits(bits as u16)),
        Dtype::Bf16 => f64::from(bf16::from_bits(bits as u16)),
        Dtype::F32 => f64::from(f32::from_bits(bits as u32)),
        Dtype::F64 => f64::from_bits(bits),
    };
    if value.is_finite() { value } else { -0.0 }
}

fn round_trip(network: &Shallow<f64>, dtype: Dtype, ending: &str) -> Result<Victim, format::Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("v.{ending}"));
    format::write(&path, network, dtype)?;
    format::read_shallow(&path)
}

/// A layered network of these sizes with `weight(n)` for weight number `n`, in the order of the parameters.
fn layered(sizes: &[usize], mut weight: impl FnMut(usize) -> f64) -> Network<f64> {
    let mut next = (0..).map(&mut weight);
    let mut layer = |pair: &[usize]| {
        let mut take = |count: usize| next.by_ref().take(count).collect::<Vec<f64>>();
        Affine::new(Matrix::from_entries(pair[1], pair[0], take(pair[0] * pair[1])).unwrap(), take(pair[1])).unwrap()
    };
    Network::new(sizes.windows(2).map(&mut layer).collect()).unwrap()
}

fn dtype() -> impl Strategy<Value = Dtype> {
    prop::sample::select(vec![Dtype::Bf16, Dtype::F16, Dtype::F32, Dtype::F64])
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        dtype in dtype(),
        sizes in prop::collection::vec(1usize..5, 3..6),
        seed in prop::collection::vec(any::<u64>(), 64),
    ) {
        let net = layered(&sizes, |n| number(dtype, seed[n % seed.len()].rotate_left(n as u32)));
        let bits = |network: &Network<f64>| network.parameters().map(|w| w.to_bits()).collect::<Vec<_>>();
        let folder = tempfile::tempdir().unwrap();
        for ending in ["npz", "safetensors", "onnx"] {
            let path = folder.path().join(format!("v.{ending}"));
            match format::write(&path, &net, dtype) {
                Ok(()) => {
                    let read = format::read(&path).unwrap();
                    prop_assert_eq!(bits(&read.network), bits(&net));
                    prop_assert_eq!(read.dtype, dtype);
                    prop_assert!(read.network.sizes().as_slice() == sizes);
                    prop_assert!(read.notes.is_empty());
                    prop_assert_eq!(format::read_shallow(&path).is_ok(), sizes.len() == 3);
                }
                // NumPy has no bf16.
                Err(error) => prop_assert!(
                    matches!(*error.problem, Problem::NoNumpyType { .. }) && (dtype, ending) == (Dtype::Bf16, "npz"),
                    "{}", error
                ),
            }
        }
    }

    #[test]
    fn a_weight_is_never_rounded_into_a_file(x in any::<f64>(), dtype in dtype()) {
        prop_assume!(x.is_finite());
        let exact = match dtype {
            Dtype::F16 => f64::from(f16::from_f64(x)) == x,
            Dtype::Bf16 => f64::from(bf16::from_f64(x)) == x,
            Dtype::F32 => f64::from(x as f32) == x,
            Dtype::F64 => true,
        };
        let result = round_trip(&network((1, 1, 1), |_| x), dtype, "safetensors");
        prop_assert_eq!(result.is_ok(), exact);
    }
}

#[test]
fn one_network_is_one_sequence_of_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let net = network((3, 2, 2), |n| n as f64);
    for ending in ["npz", "safetensors", "onnx"] {
        let [first, second] = ["a", "b"].map(|name| {
            let path = folder.path().join(format!("{name}.{ending}"));
            format::write(&path, &net, Dtype::F32).unwrap();
            std::fs::read(path).unwrap()
        });
        assert_eq!(first, second);
    }
}

/// The weights of `tests/data/make.py`: A0 [3, 2], b0, A1 [2, outputs], b1, counted row by row.
fn numpy_network(outputs: usize) -> Shallow<f64> {
    let value = |n: usize| ((7 * n + 3) % 31) as f64 / 8.0 - 15.0 / 8.0;
    Shallow::new(
        Matrix::from_fn(2, 3, |i, j| value(2 * j + i)),
        vec![value(6), value(7)],
        Matrix::from_fn(outputs, 2, |o, i| value(8 + outputs * i + o)),
        (0..outputs).map(|o| value(8 + 2 * outputs + o)).collect(),
    )
    .unwrap()
}

#[test]
fn files_that_numpy_wrote_are_read_exactly() {
    let files = [
        ("c-order", Dtype::F64),
        ("fortran-order", Dtype::F64),
        ("big-endian", Dtype::F32),
        ("half", Dtype::F16),
        ("compressed", Dtype::F64),
        ("header-2", Dtype::F64),
        ("header-3", Dtype::F64),
    ];
    for (name, dtype) in files {
        let read = format::read_shallow(&data(&format!("{name}.npz"))).unwrap();
        assert_eq!((read.network, read.dtype), (numpy_network(2), dtype), "{name}");
        assert!(read.notes.is_empty(), "{name}: {:?}", read.notes);
    }
}

#[test]
fn dropped_axes_stand_for_one_output() {
    let read = format::read_shallow(&data("axes-dropped.npz")).unwrap();
    assert_eq!(read.network, numpy_network(1));
    assert_eq!(read.notes, ["A1 has one axis and was read as one output"]);
}

/// Two layers of these names, `[2, 1]` and `[1, 2]` in f64: weights 1, 2 (hidden) and 3, 4.
fn layers(first: &str, second: &str, metadata: &str) -> Vec<u8> {
    let header = format!(
        r#"{{{metadata}"{second}.weight":{{"dtype":"F64","shape":[1,2],"data_offsets":[16,32]}},
            "{first}.weight":{{"dtype":"F64","shape":[2,1],"data_offsets":[0,16]}}}}"#
    );
    safetensors(&header, &f64s(&[1.0, 2.0, 3.0, 4.0]))
}

#[test]
fn layers_are_found_by_the_natural_order_of_their_names() {
    for (first, second) in [("fc1", "fc2"), ("fc9", "fc10"), ("net.2.fc", "net.10.fc"), ("0", "2")] {
        let read = read_shallow_bytes(Path::new("v"), &layers(first, second, "")).unwrap();
        assert_eq!(read.network.hidden().entries(), [1.0, 2.0], "{first}, {second}");
        assert_eq!(read.network.output().entries(), [3.0, 4.0], "{first}, {second}");
        assert_eq!(read.network.hidden_bias(), [0.0, 0.0]);
        let notes = [first, second].map(|name| format!("layer '{name}' has no bias; zeros were taken"));
        assert_eq!(read.notes, notes);
    }
}

#[test]
fn metadata_may_name_the_activation_if_it_is_relu() {
    let named = |name: &str| layers("fc1", "fc2", &format!(r#""__metadata__":{{"activation":"{name}"}},"#));
    assert!(read_shallow_bytes(Path::new("v"), &named("ReLU")).is_ok());
    let error = read_shallow_bytes(Path::new("v"), &named("gelu")).unwrap_err();
    let expected = "v: says of its hidden units: 'gelu' is not piecewise linear";
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[test]
fn the_attack_asks_for_one_hidden_layer() {
    let folder = tempfile::tempdir().unwrap();
    for ending in ["npz", "safetensors", "onnx"] {
        let path = folder.path().join(format!("v.{ending}"));
        format::write(&path, &layered(&[4, 3, 2, 1], |n| n as f64), Dtype::F32).unwrap();
        assert_eq!(format::read(&path).unwrap().network.sizes().to_string(), "4-3-2-1");
        let said = format::read_shallow(&path).unwrap_err().to_string();
        let expected = "this network, 4-3-2-1, has 2 hidden layers; the direct attack asks for one";
        assert_eq!(said, format!("{}: {expected}", path.display()));
    }
}

#[test]
fn other_tensors_and_mixed_types_are_noted() {
    let header = r#"{"0.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},
        "0.bias":{"dtype":"F64","shape":[1],"data_offsets":[4,12]},
        "2.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[12,16]},
        "scale":{"dtype":"I32","shape":[1],"data_offsets":[16,20]}}"#;
    let bytes = [&1.5f32.to_le_bytes()[..], &0.1f64.to_le_bytes(), &2.5f32.to_le_bytes(), &[0; 4]].concat();
    let read = read_shallow_bytes(Path::new("v"), &safetensors(header, &bytes)).unwrap();
    assert_eq!(bits(&read.network), [1.5f64, 0.1, 2.5, 0.0].map(f64::to_bits));
    assert_eq!(read.dtype, Dtype::F64);
    let notes = [
        "tensor 'scale' was passed over",
        "layer '2' has no bias; zeros were taken",
        "weights are stored in several types; all of them are f64",
    ];
    assert_eq!(read.notes, notes);
}

/// Neither bf16 nor f16 holds the other's weights.
#[test]
fn halves_of_two_kinds_are_f32() {
    let header = r#"{"0.weight":{"dtype":"BF16","shape":[1,1],"data_offsets":[0,2]},
        "2.weight":{"dtype":"F16","shape":[1,1],"data_offsets":[2,4]}}"#;
    // 2^-52 in bf16, and 1 + 2^-10 in f16.
    let read = read_shallow_bytes(Path::new("v"), &safetensors(header, &[0x80, 0x25, 0x01, 0x3c])).unwrap();
    assert_eq!(read.dtype, Dtype::F32);
    assert_eq!(read.network.hidden()[(0, 0)], 2f64.powi(-52));
    assert!(read.notes.contains(&"weights are stored in several types; all of them are f32".to_owned()));
    Victim::made(read.network, read.dtype).unwrap();
}

/// The clock once stood in every entry of an archive, and with it in a victim's hash.
#[test]
fn archives_hold_no_time_of_day() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npz");
    let network = exactract::net::random("2-1-1".parse().unwrap(), 1, exactract::net::Dtype::F64);
    exactract::format::write(&path, &network, exactract::format::Dtype::F64).unwrap();
    // Time and date of the first entry: midnight of the first of January 1980.
    assert_eq!(std::fs::read(&path).unwrap()[10..14], [0, 0, 0x21, 0]);
}
