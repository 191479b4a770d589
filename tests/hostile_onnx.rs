//! ONNX models that lie: a clear error, no panic, no memory on their word.

#[path = "common/memory.rs"]
mod memory;
#[path = "common/onnx.rs"]
mod onnx;

use memory::{answer, complaint};
use onnx::*;
use proptest::prelude::*;

/// The 2-2-1 network with this tensor in place of `A`.
fn replaced(tensor: Vec<u8>) -> Vec<u8> {
    let mut tensors = tensors();
    tensors[0] = tensor;
    model(&graph(&nodes(), &tensors, &[0, 2]))
}

fn whole() -> Vec<u8> {
    model(&graph(&nodes(), &tensors(), &[0, 2]))
}

#[test]
fn the_untouched_model_is_fine() {
    assert_eq!(answer(&whole()), Ok(()));
}

#[test]
fn tensors_that_lie() {
    let four = bytes(9, &f32s(&[1.0; 4]));
    let cases = [
        (tensor("A", &[2, 3], F32, &four), "has a tensor 'A' of shape [2, 3] with 16 bytes; expected 24"),
        (tensor("A", &[1, 2], F32, &four), "has a tensor 'A' of shape [1, 2] with 16 bytes; expected 8"),
        (
            tensor("A", &[1 << 62, 1 << 62], F32, &four),
            "has a tensor 'A' of shape [4611686018427387904, 4611686018427387904]; expected lengths that are not \
             negative and fit the file",
        ),
        (
            tensor("A", &[u64::MAX, 2], F32, &four),
            "has a tensor 'A' of shape [-1, 2]; expected lengths that are not negative and fit the file",
        ),
        (
            tensor("A", &[1 << 24, 1], F32, &four),
            "has a tensor 'A' of shape [16777216, 1]; expected lengths that are not negative and fit the file",
        ),
        (tensor("A", &[1 << 22, 2], F16, &[]), "has more than 4194304 parameters, the limit"),
        (
            tensor("A", &[0, 1 << 20], F32, &[]),
            "tensor 'A' has shape [0, 1048576]: every layer needs at least one unit",
        ),
        (tensor("A", &[4], F32, &four), "tensor 'A' has shape [4]; expected two axes, [units, inputs of the layer]"),
        (tensor("A", &[2, 2], F32, &[]), "has a tensor 'A' of shape [2, 2] with 0 floats; expected 4"),
        (tensor("A", &[2, 2], F16, &ints(5, &[1])), "has a tensor 'A' of shape [2, 2] with 1 integers; expected 4"),
        (
            tensor("A", &[2, 2], F16, &ints(5, &[1, 2, 65536, 4])),
            "has a tensor 'A' with 65536 at index 2; expected the 16 bits of a weight",
        ),
        (tensor("A", &[2, 2], F64, &bytes(10, &[0; 8])), "has a tensor 'A' of shape [2, 2] with 1 doubles; expected 4"),
        (tensor("A", &[2, 2], I64, &bytes(9, &[0; 32])), "tensor 'A' has type i64; expected f16, bf16, f32 or f64"),
        (tensor("A", &[2, 2], 99, &four), "tensor 'A' has type number 99; expected f16, bf16, f32 or f64"),
        (
            floats("A", &[2, 2], &[1.0, f32::NAN, 0.0, 0.0]),
            "tensor 'A' holds NaN at index 1; every entry must be finite",
        ),
        (floats("A", &[3, 2], &[1.0; 6]), "tensor 'a' has shape [2]; [3] would fit 'A' of shape [3, 2]"),
    ];
    for (tensor, expected) in cases {
        assert_eq!(complaint(&replaced(tensor)), format!("v: {expected}"));
    }
    let wrong = [nodes()[..2].to_vec(), vec![node("Gemm", "r B b", "y", &[])]].concat();
    let said = complaint(&model(&graph(&wrong, &tensors(), &[0, 2])));
    assert_eq!(said, "v: tensor 'B' has shape [1, 2]; [2, 2] would fit 'A' of shape [2, 2]");
    let twice = [tensors(), vec![floats("A", &[1], &[0.0])]].concat();
    assert_eq!(
        complaint(&model(&graph(&nodes(), &twice, &[0, 2]))),
        "v: makes the value 'A' twice; export the model again"
    );
    let none = &tensors()[1..];
    assert!(complaint(&model(&graph(&nodes(), none, &[0, 2]))).contains("operand 'A' is no initializer"));
}

#[test]
fn models_that_are_cut() {
    let whole = whole();
    for length in 1..whole.len() {
        let answer = answer(&whole[..length]);
        // The operator set comes last, and is not needed.
        assert!(answer.is_err() || length == whole.len() - bytes(8, &int(2, 17)).len(), "cut to {length} bytes");
    }
}

#[test]
fn structure_that_lies() {
    let said =
        |bytes: &[u8]| complaint(bytes).trim_start_matches("v: is not a whole ONNX file, save it again: ").to_owned();
    let start = int(1, 8);
    assert_eq!(said(&[&start[..], &[0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f]].concat()), "it ends within a field");
    assert_eq!(said(&[&start[..], &[0x3a; 1], &[0xff; 10]].concat()), "it ends within a field");
    assert_eq!(said(&[&start[..], &[0x3b, 0x3c]].concat()), "it has a field of wire type 3");
    // Structures of much memory from few bytes.
    let empty = "it has an empty node, tensor, attribute or value";
    for number in [1, 5, 11, 12] {
        assert_eq!(said(&model(&bytes(number, &[]).repeat(10_000))), empty);
    }
    assert_eq!(said(&model(&bytes(1, &bytes(5, &[]).repeat(10_000)))), empty);
    let names = bytes(1, &bytes(1, &[]).repeat(70_000));
    assert_eq!(said(&model(&names)), "it holds more than 65536 nodes, tensors and names");
    let axes = tensor("A", &vec![1; 5_000_000], F32, &[]);
    assert_eq!(said(&replaced(axes)), "it holds more than 4259840 integers");
    let apart = tensor("A", &[1], F32, &int(7, 1).repeat(5_000_000));
    assert_eq!(said(&replaced(apart)), "it holds more than 4259840 integers");
    // A shape of many axes is no reason to multiply them.
    assert!(complaint(&replaced(tensor("A", &vec![1; 1000], F32, &bytes(9, &[0; 4])))).contains("two axes"));
    assert!(said(&model(&bytes(1, &bytes(4, &[0xff; 8])))).contains("UTF-8"));
}

#[test]
fn weights_that_are_used_again_and_again() {
    // 64 × 64 weights, through 2,000 layers: 8 million parameters of 16 kilobytes.
    let square = floats("W", &[64, 64], &[0.5; 4096]);
    let layer = |i: usize| {
        let (from, middle, to) = (format!("v{i}"), format!("m{i}"), format!("v{}", i + 1));
        [node("MatMul", &format!("{from} W"), &middle, &[]), node("Relu", &middle, &to, &[])]
    };
    let mut nodes = vec![node("Identity", "x", "v0", &[])];
    nodes.extend((0..2000).flat_map(layer));
    let said = complaint(&model(&graph(&nodes, &[square], &[0, 64])));
    assert_eq!(said, "v: has more than 4194304 parameters, the limit");
}

#[test]
fn cycles() {
    let round = [node("Relu", "c", "d", &[]), node("Identity", "d", "c", &[])];
    // Beside the chain nobody comes by; on it some value is made twice, or is not stored, or the way never ends.
    let beside = [nodes(), vec![node("Relu", "c", "d", &[]), node("Identity", "d", "c", &[])]].concat();
    assert_eq!(answer(&model(&graph(&beside, &tensors(), &[0, 2]))), Ok(()));
    let weights =
        [vec![node("Identity", "V", "W", &[]), node("Identity", "W", "V", &[])], vec![node("MatMul", "x W", "y", &[])]];
    assert!(complaint(&model(&graph(&weights.concat(), &[], &[0, 2]))).contains("operand 'W' is no initializer"));
    assert!(complaint(&model(&graph(&round, &tensors(), &[0, 2]))).contains("has no layer"));
    let chain = [node("MatMul", "x A", "z", &[]), node("Relu", "z", "r", &[]), node("Add", "r r", "z", &[])];
    assert!(complaint(&model(&graph(&chain, &tensors(), &[0, 2]))).contains("makes the value 'z' twice"));
    let back = [node("MatMul", "x A", "z", &[]), node("Relu", "z", "r", &[]), node("Relu", "r", "x", &[])];
    assert!(complaint(&model(&graph(&back, &tensors(), &[0, 2]))).contains("makes the value 'x' twice"));
    let two = [node("Identity", "x r", "t", &[]), node("MatMul", "t A", "z", &[]), node("Relu", "z", "r", &[])];
    let said = complaint(&model(&graph(&two, &tensors(), &[0, 2])));
    assert!(said.contains("from the right"), "{said}");
}

/// Models to start from: with Gemm, with MatMul and Add, with typed values and a softmax.
fn seeds() -> [Vec<u8>; 3] {
    let products = [
        node("Flatten", "x", "f", &[]),
        node("MatMul", "f A", "p", &[]),
        node("Add", "p a", "z", &[]),
        node("Relu", "z", "r", &[]),
        node("Gemm", "r B b", "l", &[int_attribute("transB", 1), float_attribute("alpha", 2.0)]),
        node("Softmax", "l", "y", &[]),
    ];
    let mut typed = tensors();
    typed[0] = tensor("A", &[2, 2], F16, &ints(5, &[0x3c00, 0x4000, 0x4200, 0x4400]));
    let constant = node("Constant", "", "A", &[tensor_attribute("value", &typed.remove(0))]);
    let nodes = [vec![constant], products.to_vec()].concat();
    [whole(), model(&graph(&products, &tensors(), &[0, 2])), model(&graph(&nodes, &typed, &[0, 1, 2]))]
}

#[test]
fn the_seeds_are_read() {
    assert!(seeds().iter().all(|seed| answer(seed) == Ok(())));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn no_byte_makes_the_reader_panic(
        seed in 0usize..3,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        moved in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0usize..24)),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = seeds()[seed].clone();
        for (place, byte) in flips {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some((from, to, length)) = moved {
            let from = from.index(bytes.len());
            let piece = bytes[from..(from + length).min(bytes.len())].to_vec();
            let to = to.index(bytes.len());
            bytes.splice(to..to, piece);
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = answer(&bytes);
    }

    /// Nodes and tensors drawn at random, in a sound encoding.
    #[test]
    fn no_graph_makes_the_reader_panic(
        nodes in prop::collection::vec(some_node(), 0..8),
        tensors in prop::collection::vec(some_tensor(), 0..5),
    ) {
        let _ = answer(&model(&graph(&nodes, &tensors, &[0, 2])));
    }
}

fn some_node() -> impl Strategy<Value = Vec<u8>> {
    const OPS: [&str; 10] =
        ["Gemm", "MatMul", "Add", "Relu", "Reshape", "Identity", "Transpose", "Cast", "Softmax", "Constant"];
    const VALUES: [&str; 8] = ["x", "x", "z", "r", "y", "A", "a", ""];
    let attribute = prop::sample::select(vec![
        int_attribute("transB", 1),
        int_attribute("to", 11),
        float_attribute("alpha", 0.5),
        float_attribute("beta", f32::INFINITY),
        ints_attribute("perm", &[1, 0]),
        ints_attribute("value_ints", &[2, 2]),
        tensor_attribute("value", &floats("", &[2, 2], &[1.0; 4])),
    ]);
    let names = || prop::collection::vec(prop::sample::select(&VALUES), 0..4).prop_map(|names| names.join(" "));
    (prop::sample::select(&OPS), names(), names(), prop::collection::vec(attribute, 0..3))
        .prop_map(|(op, inputs, outputs, attributes)| node(op, &inputs, &outputs, &attributes))
}

fn some_tensor() -> impl Strategy<Value = Vec<u8>> {
    let axis = || prop::sample::select(vec![0, 1, 2, 2, 3, 1 << 62, u64::MAX]);
    let name = prop::sample::select(vec!["A", "a", "B", "b"]);
    let data_type = prop::sample::select(vec![F32, F32, F64, F16, BF16, I64]);
    (name, prop::collection::vec(axis(), 0..4), data_type, 0usize..5)
        .prop_map(|(name, axes, data_type, count)| tensor(name, &axes, data_type, &bytes(9, &vec![0; 4 * count])))
}
