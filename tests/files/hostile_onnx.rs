//! ONNX models that lie: a clear error, no panic, no memory on their word.

use crate::memory::{answer, complaint};
use crate::onnx::*;
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
        (
            tensor("A", &[4], F32, &four),
            "tensor 'A' has shape [4]; expected two axes, [inputs, units] or [units, inputs]",
        ),
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
        (
            floats("A", &[3, 2], &[1.0; 6]),
            "has a node Gemm making 'z' whose constant 'a' of shape [2] goes with no row of shape [n, 3]; expected one \
             number, or one for each value of a row",
        ),
    ];
    for (tensor, expected) in cases {
        assert_eq!(complaint(&replaced(tensor)), format!("v: {expected}"));
    }
    let wrong = [nodes()[..2].to_vec(), vec![node("Gemm", "r B b", "y", &[])]].concat();
    let said = complaint(&model(&graph(&wrong, &tensors(), &[0, 2])));
    assert_eq!(said, "v: gives rows of 2 values to Gemm making 'y', whose weights 'B' of shape [1, 2] take 1");
    let twice = [tensors(), vec![floats("A", &[1], &[0.0])]].concat();
    assert_eq!(
        complaint(&model(&graph(&nodes(), &twice, &[0, 2]))),
        "v: makes the value 'A' twice; export the model again"
    );
    let none = &tensors()[1..];
    assert!(complaint(&model(&graph(&nodes(), none, &[0, 2]))).contains("operand 'A' is no initializer"));
}

/// The first output of a node may have no name, and another one be the network's.
#[test]
fn an_output_without_a_name() {
    let mut nodes = nodes();
    nodes[2] = node("Gemm", "r B b", "s", &[int_attribute("transB", 1)]);
    for op in ["TopK", "ArgMax", "Softmax"] {
        let read = |outputs: &str| {
            let nodes = [nodes.clone(), vec![node(op, "s", outputs, &[])]].concat();
            answer(&model(&graph(&nodes, &tensors(), &[0, 2])))
        };
        assert_eq!(read("y"), Ok(()), "{op}");
        assert_eq!(read("_ y"), Ok(()), "{op}");
    }
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
    nodes.push(node("MatMul", "v2000 W", "y", &[]));
    let said = complaint(&model(&graph(&nodes, &[square], &[0, 64])));
    assert_eq!(said, "v: has more than 4194304 parameters, the limit");
}

#[test]
fn cycles() {
    let said = |nodes: &[Vec<u8>]| complaint(&model(&graph(nodes, &tensors(), &[0, 2])));
    // No output needs this one; the others lead to an output, or make some value twice.
    let round = [node("Relu", "c", "d", &[]), node("Identity", "d", "c", &[])];
    assert_eq!(answer(&model(&graph(&[&nodes()[..], &round].concat(), &tensors(), &[0, 2]))), Ok(()));
    let weights = [node("Identity", "V", "W", &[]), node("Identity", "W", "V", &[]), node("MatMul", "x W", "y", &[])];
    assert!(said(&weights).contains("makes the value 'W' out of itself"), "{}", said(&weights));
    assert!(said(&round).contains("declares the output 'y', which is made by no node"));
    let chain = [node("MatMul", "x A", "z", &[]), node("Relu", "z", "r", &[]), node("Add", "r r", "z", &[])];
    assert!(said(&chain).contains("makes the value 'z' twice"));
    let back = [node("MatMul", "x A", "z", &[]), node("Relu", "z", "r", &[]), node("Relu", "r", "x", &[])];
    assert!(said(&back).contains("makes the value 'x' twice"));
    let two = [node("Add", "x r", "t", &[]), node("MatMul", "t A", "y", &[]), node("Relu", "y", "r", &[])];
    assert!(said(&two).contains("makes the value 'y' out of itself"), "{}", said(&two));
    let own = [node("Add", "x y", "y", &[])];
    assert!(said(&own).contains("makes the value 'y' out of itself"), "{}", said(&own));
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

    /// Nodes and tensors drawn at random, in a sound encoding; what is said names what is there.
    #[test]
    fn no_graph_makes_the_reader_panic(
        nodes in prop::collection::vec(some_node(), 0..8),
        tensors in prop::collection::vec(some_tensor(), 0..5),
    ) {
        let bytes = model(&graph(&nodes, &tensors, &[0, 2]));
        assert_names_are_there(&answer(&bytes).err().unwrap_or_default(), &bytes);
    }

    /// The same with operands that mostly go together.
    #[test]
    fn no_chain_makes_the_reader_panic(
        nodes in some_chain(),
        shape in prop::collection::vec(prop::sample::select(vec![0, 1, 2, 3, u64::MAX]), 0..4),
        axes in prop::collection::vec(prop::sample::select(vec![0, 1, 2, u64::MAX, 1 << 62]), 0..3),
        input in prop::collection::vec(prop::sample::select(vec![0, 1, 2, 2, 3]), 0..4),
    ) {
        let whole = |name: &str, values: &[u64]| tensor(name, &[values.len() as u64], I64, &ints(7, values));
        let tensors = [tensors(), vec![whole("i", &shape), whole("j", &axes)]].concat();
        let bytes = model(&graph(&nodes, &tensors, &input));
        assert_names_are_there(&answer(&bytes).err().unwrap_or_default(), &bytes);
    }
}

fn some_node() -> impl Strategy<Value = Vec<u8>> {
    const OPS: [&str; 36] = [
        "Gemm",
        "Gemm",
        "MatMul",
        "MatMul",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Neg",
        "Sum",
        "Relu",
        "Relu",
        "Clip",
        "Max",
        "LeakyRelu",
        "PRelu",
        "Reshape",
        "Flatten",
        "Squeeze",
        "Unsqueeze",
        "Slice",
        "Gather",
        "Concat",
        "Shape",
        "Identity",
        "Transpose",
        "Cast",
        "Sqrt",
        "Expand",
        "ConstantOfShape",
        "Softmax",
        "Sigmoid",
        "Constant",
        "DequantizeLinear",
        "BatchNormalization",
        "Dropout",
    ];
    const VALUES: [&str; 12] = ["x", "x", "x", "z", "r", "y", "A", "a", "B", "b", "i", "_"];
    let sparse = |places: &[u64]| {
        let values = bytes(1, &floats("S", &[1], &[0.5]));
        [values, bytes(2, &tensor("", &[1], I64, &ints(7, places))), ints(3, &[2, 2])].concat()
    };
    let attribute = prop::sample::select(vec![
        int_attribute("transA", 1),
        int_attribute("transB", 1),
        int_attribute("to", 11),
        int_attribute("to", 7),
        int_attribute("axis", 0),
        int_attribute("axis", -1),
        int_attribute("axis", i64::MIN),
        int_attribute("allowzero", 1),
        float_attribute("alpha", 0.5),
        float_attribute("alpha", 0.0),
        float_attribute("beta", f32::INFINITY),
        float_attribute("epsilon", 0.0),
        ints_attribute("perm", &[1, 0]),
        ints_attribute("axes", &[0, u64::MAX]),
        ints_attribute("shape", &[u64::MAX, 2]),
        ints_attribute("value_ints", &[2, 2]),
        ints_attribute("value_ints", &[u64::MAX, 1 << 62, 0]),
        tensor_attribute("value", &floats("", &[2, 2], &[1.0; 4])),
        sparse_attribute(&sparse(&[3])),
        sparse_attribute(&sparse(&[1 << 40])),
    ]);
    let names = || prop::collection::vec(prop::sample::select(&VALUES), 0..5).prop_map(|names| names.join(" "));
    (prop::sample::select(&OPS), names(), names(), prop::collection::vec(attribute, 0..3))
        .prop_map(|(op, inputs, outputs, attributes)| node(op, &inputs, &outputs, &attributes))
}

fn some_tensor() -> impl Strategy<Value = Vec<u8>> {
    let axis = || prop::sample::select(vec![0, 1, 2, 2, 3, 1 << 62, u64::MAX]);
    let name = prop::sample::select(vec!["A", "a", "B", "b"]);
    let data_type = prop::sample::select(vec![F32, F32, F64, F16, BF16, I64, 3, 9]);
    let values = prop::collection::vec(any::<u8>(), 0..5).prop_map(|bytes| bytes.repeat(4));
    (name, prop::collection::vec(axis(), 0..4), data_type, values)
        .prop_map(|(name, axes, data_type, values)| tensor(name, &axes, data_type, &bytes(9, &values)))
}

/// Graphs of the right kind of operands, which go further than those drawn from anything.
fn some_chain() -> impl Strategy<Value = Vec<Vec<u8>>> {
    const STEPS: [&str; 22] = [
        "Gemm x A a",
        "Gemm A x",
        "MatMul x A",
        "MatMul A x",
        "Relu x",
        "Add x a",
        "Sub a x",
        "Mul x b",
        "Div x a",
        "Neg x",
        "Add x x",
        "Flatten x",
        "Reshape x i",
        "Squeeze x j",
        "Unsqueeze x j",
        "Gather x j",
        "Slice x j i",
        "Transpose x",
        "Shape x",
        "Concat x j",
        "Clip x b",
        "Identity x",
    ];
    prop::collection::vec(prop::sample::select(&STEPS), 0..12).prop_map(|steps| {
        let value = |at: usize| if at == 0 { "x".to_owned() } else { format!("v{at}") };
        let last = steps.len();
        let line = |(at, step): (usize, &&str)| {
            let words: Vec<String> = step.split(' ').map(|word| word.replace('x', &value(at))).collect();
            let made = if at + 1 == last { "y".to_owned() } else { value(at + 1) };
            node(&words[0].replace(&value(at), "x"), &words[1..].join(" "), &made, &[])
        };
        steps.iter().enumerate().map(line).collect()
    })
}

#[test]
fn sparse_tensors_that_lie() {
    let said = |values: &[f32], places: &[u64], dims: &[u64]| {
        let indices = tensor("", &[places.len() as u64], I64, &ints(7, places));
        let values = floats("S", &[values.len() as u64], values);
        let sparse = [bytes(1, &values), bytes(2, &indices), ints(3, dims)].concat();
        let nodes = [&[node("Constant", "", "A", &[sparse_attribute(&sparse)])], &nodes()[..]].concat();
        let model = model(&graph(&nodes, &tensors()[1..], &[0, 2]));
        exactract::format::read_bytes(std::path::Path::new("v"), &model)
            .map(|victim| victim.network.parameters().copied().take(4).collect::<Vec<_>>())
            .map_err(|error| error.problem.to_string())
    };
    assert_eq!(said(&[1.5, -2.0], &[0, 3], &[2, 2]), Ok(vec![1.5, 0.0, 0.0, -2.0]));
    for (values, places, dims, why) in [
        (&[1.0][..], &[4][..], &[2, 2][..], "has an index outside of its shape"),
        (&[1.0], &[u64::MAX], &[2, 2], "has an index outside of its shape"),
        (&[1.0, 2.0], &[3, 3], &[2, 2], "has indices that do not ascend"),
        (&[1.0, 2.0], &[3], &[2, 2], "has another number of indices than of values"),
    ] {
        let expected = format!("has a sparse tensor 'S' that {why}; export the model again");
        assert_eq!(said(values, places, dims), Err(expected));
    }
    assert!(said(&[1.0], &[0], &[1 << 31, 1 << 31]).unwrap_err().starts_with("has a tensor 'S' of shape"));
    assert!(said(&[1.0], &[0], &[1 << 23]).unwrap_err().starts_with("has a tensor 'S' of shape"));
}

/// Nodes that take what there is again and again: the numbers that they make are counted.
#[test]
fn nodes_that_make_much_of_little() {
    let ladder =
        (0..600).map(|at| node("Gather", &format!("w{at} i"), &format!("w{}", at + 1), &[])).collect::<Vec<_>>();
    let start = node("Constant", "", "i", &[ints_attribute("value_ints", &(0..1 << 15).collect::<Vec<_>>())]);
    let first = node("Reshape", "L k", "w0", &[]);
    let nodes = [vec![start, first], ladder, vec![node("MatMul", "x w600", "y", &[])]].concat();
    let long = tensor("L", &[1 << 15], F32, &bytes(9, &f32s(&vec![1.0; 1 << 15])));
    let all = [tensors(), vec![long, tensor("k", &[1], I64, &ints(7, &[1 << 15]))]].concat();
    let said = complaint(&model(&graph(&nodes, &all, &[0, 2])));
    assert_eq!(
        said,
        "v: has nodes that make more than 16777216 numbers in all, the limit; store the weights as they are used"
    );
    // A factor makes rationals longer each time.
    let wide: Vec<u8> = (0..64).flat_map(|_| 1.1f64.powi(900).to_le_bytes()).collect();
    let steps = (0..4000).map(|at| node("Mul", &format!("u{at} F"), &format!("u{}", at + 1), &[])).collect::<Vec<_>>();
    let ends = [node("Identity", "x", "u0", &[]), node("MatMul", "u4000 W", "y", &[])];
    let nodes = [&ends[..1], &steps, &ends[1..]].concat();
    let more = [tensor("F", &[64], F64, &bytes(9, &wide)), floats("W", &[64, 1], &[1.0; 64])];
    let said = complaint(&model(&graph(&nodes, &more, &[0, 64])));
    assert!(said.contains("more than 16777216 numbers in all"), "{said}");
    // A node that is folded is named; so many of them are not.
    let steps = (0..8000).map(|at| node("Mul", &format!("u{at} b"), &format!("u{}", at + 1), &[])).collect::<Vec<_>>();
    let ends = [node("Identity", "x", "u0", &[]), node("MatMul", "u8000 W", "y", &[])];
    let nodes = [&ends[..1], &steps, &ends[1..]].concat();
    let more = [floats("b", &[1], &[-1.0]), floats("W", &[1, 1], &[1.0])];
    let said = complaint(&model(&graph(&nodes, &more, &[0, 1])));
    assert!(said.contains("more than 16777216 numbers in all"), "{said}");
    // So many axes are not put in one by one.
    let axes = tensor("axes", &[1 << 18], I64, &ints(7, &(0..1 << 18).collect::<Vec<_>>()));
    let wide = [&[node("Unsqueeze", "x axes", "t", &[]), node("MatMul", "t A", "y", &[])][..]].concat();
    let said = complaint(&model(&graph(&wide, &[tensors(), vec![axes]].concat(), &[0, 2])));
    assert_eq!(said, "v: has a node Unsqueeze making 't' that names 262144 axes; the limit is 64");
    let many = tensor("A", &[1; 1000], F32, &bytes(9, &f32s(&[1.0])));
    let nodes = [node("Squeeze", "A", "s", &[]), node("Mul", "x s", "y", &[])];
    let said = complaint(&model(&graph(&nodes, &[many], &[0, 2])));
    assert_eq!(said, "v: has a node Squeeze making 's' that takes values of 1000 axes; the limit is 64");
    // Two gathers by as many places each as one axis has would be the square of it.
    let square = [
        node("Constant", "", "i", &[ints_attribute("value_ints", &vec![0; 1 << 12])]),
        node("Constant", "", "k", &[ints_attribute("value_ints", &[1, 1])]),
        node("Reshape", "b k", "c", &[]),
        node("Gather", "c i", "d", &[]),
        node("Gather", "d i", "e", &[int_attribute("axis", 1)]),
        node("MatMul", "x e", "y", &[]),
    ];
    assert!(complaint_of_much(&square).contains("more than 4194304 numbers"));
}

/// What is said of a graph that may ask for more memory than its bytes, within the limit on numbers.
fn complaint_of_much(nodes: &[Vec<u8>]) -> String {
    let model = model(&graph(nodes, &tensors(), &[0, 2]));
    exactract::format::read_bytes(std::path::Path::new("v"), &model).unwrap_err().to_string()
}
