//! ONNX models in all the forms that are read, and what is said of the others.

use crate::onnx::*;
use exactract::format::{self, Dtype, Victim, read_bytes};
use exactract::net::Network;
use std::fs;
use std::path::Path;

fn read(nodes: &[Vec<u8>], tensors: &[Vec<u8>]) -> Victim<Network<f64>> {
    read_bytes(Path::new("v"), &model(&graph(nodes, tensors, &[0, 2]))).unwrap()
}

fn said(nodes: &[Vec<u8>], tensors: &[Vec<u8>]) -> String {
    read_bytes(Path::new("v"), &model(&graph(nodes, tensors, &[0, 2]))).unwrap_err().to_string()
}

fn weights(victim: &Victim<Network<f64>>) -> Vec<f64> {
    victim.network.parameters().copied().collect()
}

/// `nodes` with a node put in before place `at`, the value `from` passing through it.
fn through(at: usize, op: &str, from: &str, more: &str, attributes: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut nodes = vec![
        node("Gemm", "x A a", "z", &[int_attribute("transB", 1)]),
        node("Relu", "z", "r", &[]),
        node("Gemm", "r B b", "y", &[int_attribute("transB", 1)]),
    ];
    // The node that took the value takes what comes out.
    let target = &mut nodes[at];
    let (old, new) = (bytes(1, from.as_bytes()), bytes(1, b"t"));
    let place = target.windows(old.len()).position(|w| w == old).unwrap();
    target.splice(place..place + old.len(), new);
    nodes.insert(at, node(op, &format!("{from} {more}"), "t", attributes));
    nodes
}

const PLAIN: [f64; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

#[test]
fn gemm_as_pytorch_writes_it() {
    let victim = read(&nodes(), &tensors());
    assert_eq!((weights(&victim), victim.dtype), (PLAIN.to_vec(), Dtype::F32));
    assert_eq!((victim.network.sizes().to_string(), victim.notes), ("2-2-1".to_owned(), vec![]));
}

#[test]
fn products_of_rows_by_columns() {
    let tensors = [
        floats("A", &[2, 2], &[1.0, 3.0, 2.0, 4.0]),
        floats("a", &[1, 2], &[5.0, 6.0]),
        floats("B", &[2, 1], &[7.0, 8.0]),
        floats("b", &[], &[9.0]),
    ];
    let product = |op: &str| {
        let add = |l: &str, r: &str, made: &str| node("Add", &format!("{l} {r}"), made, &[]);
        match op {
            "Gemm" => {
                vec![node("Gemm", "x A a", "z", &[]), node("Relu", "z", "r", &[]), node("Gemm", "r B b", "y", &[])]
            }
            _ => vec![
                node("MatMul", "x A", "p", &[]),
                add("p", "a", "z"),
                node("Relu", "z", "r", &[]),
                node("MatMul", "r B", "q", &[]),
                add("b", "q", "y"),
            ],
        }
    };
    for op in ["Gemm", "MatMul"] {
        assert_eq!(weights(&read(&product(op), &tensors)), PLAIN, "{op}");
    }
    // One number stands for all biases, and none for zeros.
    let nodes = [node("Gemm", "x A b", "z", &[]), node("Relu", "z", "r", &[]), node("MatMul", "r B", "y", &[])];
    let victim = read(&nodes, &tensors);
    assert_eq!(weights(&victim), [1.0, 2.0, 3.0, 4.0, 9.0, 9.0, 7.0, 8.0, 0.0]);
    assert_eq!(victim.notes, ["layer MatMul making 'y' has no bias; zeros were taken"]);
    assert_eq!(victim.layers, ["A [2, 2], bias added to A", "B [2, 1], no bias"]);
}

#[test]
fn factors_enter_exactly_or_not_at_all() {
    let scaled = |alpha: f32, beta: f32| {
        let attributes = [int_attribute("transB", 1), float_attribute("alpha", alpha), float_attribute("beta", beta)];
        let mut nodes = nodes();
        nodes[0] = node("Gemm", "x A a", "z", &attributes);
        nodes
    };
    let victim = read(&scaled(0.5, -2.0), &tensors());
    assert_eq!(weights(&victim), [0.5, 1.0, 1.5, 2.0, -10.0, -12.0, 7.0, 8.0, 9.0]);
    assert_eq!(victim.dtype, Dtype::F32);
    let entered =
        "alpha = 0.5 of Gemm making 'z', beta = -2 of Gemm making 'z' entered the layer Gemm making 'z' exactly";
    assert_eq!(victim.notes, [entered]);
    // A product of two f32 weights is an f64 exactly.
    let mut tensors = tensors();
    tensors[0] = floats("A", &[2, 2], &[0.1, 0.2, 0.3, 0.4]);
    let victim = read(&scaled(0.7, 1.0), &tensors);
    assert_eq!(weights(&victim)[..2], [0.1f32, 0.2].map(|w| f64::from(w) * f64::from(0.7f32)));
    assert_eq!(victim.dtype, Dtype::F64);
    let wide: Vec<u8> = [0.1f64, 0.2, 0.3, 0.4].iter().flat_map(|x| x.to_le_bytes()).collect();
    tensors[0] = tensor("A", &[2, 2], F64, &bytes(9, &wide));
    let refused = said(&scaled(0.7, 1.0), &tensors);
    assert!(refused.starts_with("v: has alpha = 0.69"), "{refused}");
    let expected = "of Gemm making 'z' to be folded into the layer Gemm making 'z', where the weight of unit 0 and input 0, \
                    from 'A', would become about 0.069";
    assert!(refused.contains(expected), "{refused}");
    // What underflows is refused, not flushed to zero.
    tensors[0] = tensor("A", &[2, 2], F64, &bytes(9, &[0, 0, 0, 0, 0, 0, 0x10, 0].repeat(4)));
    assert!(said(&scaled(1e-30, 1.0), &tensors).contains("alpha = 0.0000000000000000000000000000010"));
}

#[test]
fn what_stands_around_layers() {
    let shape = |values: &[u64]| tensor("shape", &[values.len() as u64], I64, &ints(7, values));
    let minus = u64::MAX;
    let with = |extra: Vec<u8>| [tensors(), vec![extra]].concat();
    let cases = [
        (through(0, "Flatten", "x", "", &[]), tensors()),
        (through(0, "Flatten", "x", "", &[int_attribute("axis", 1)]), tensors()),
        (through(0, "Cast", "x", "", &[int_attribute("to", 1)]), tensors()),
        (through(2, "Cast", "r", "", &[int_attribute("to", 11)]), tensors()),
        (through(1, "Identity", "z", "", &[]), tensors()),
        (through(2, "Dropout", "r", "", &[]), tensors()),
        (through(2, "Dropout", "r", "_ mode", &[]), with(tensor("mode", &[], 9, &bytes(9, &[0])))),
        (through(0, "Reshape", "x", "shape", &[]), with(shape(&[minus, 2]))),
        (through(0, "Reshape", "x", "shape", &[]), with(shape(&[0, minus]))),
        (
            through(2, "Reshape", "r", "shape", &[]),
            with(tensor("shape", &[2], I64, &bytes(9, &[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]))),
        ),
        (
            [
                vec![node("Constant", "", "shape", &[ints_attribute("value_ints", &[minus, 2])])],
                through(0, "Reshape", "x", "shape", &[]),
            ]
            .concat(),
            tensors(),
        ),
        (through(1, "Relu", "z", "", &[]), tensors()),
    ];
    for (nodes, tensors) in cases {
        let victim = read(&nodes, &tensors);
        assert_eq!(weights(&victim), PLAIN);
        assert!(victim.notes.is_empty(), "{:?}", victim.notes);
    }
}

#[test]
fn weights_behind_other_nodes() {
    let constant = node("Constant", "", "C", &[tensor_attribute("value", &floats("", &[2, 2], &[1.0, 3.0, 2.0, 4.0]))]);
    let first = |weights: &str| node("MatMul", &format!("x {weights}"), "p", &[]);
    let rest = [
        node("Add", "p a", "z", &[]),
        node("Relu", "z", "r", &[]),
        node("Gemm", "r B b", "y", &[int_attribute("transB", 1)]),
    ];
    let network = |start: &[Vec<u8>]| [start, &rest[..]].concat();
    let turned = ints_attribute("perm", &[1, 0]);
    for start in [
        vec![constant.clone(), first("C")],
        vec![node("Transpose", "A", "T", std::slice::from_ref(&turned)), first("T")],
        vec![node("Identity", "A", "I", &[]), node("Transpose", "I", "T", &[]), first("T")],
        vec![node("Transpose", "A", "T", &[turned]), node("Cast", "T", "U", &[int_attribute("to", 10)]), first("U")],
    ] {
        assert_eq!(weights(&read(&network(&start), &tensors())), PLAIN);
    }
    // A transpose that is not square.
    let turned =
        [nodes()[..2].to_vec(), vec![node("Transpose", "B", "T", &[]), node("Gemm", "r T b", "y", &[])]].concat();
    assert_eq!(weights(&read(&turned, &tensors())), PLAIN);
    let mut rounded = tensors();
    rounded[0] = floats("A", &[2, 2], &[0.1, 2.0, 3.0, 4.0]);
    let narrow = network(&[node("Cast", "A", "U", &[int_attribute("to", 10)]), first("U")]);
    // What a file rounds itself is rounded as it says: these are the weights that a runtime has.
    let victim = read(&narrow, &rounded);
    assert_eq!(weights(&victim), [&[0.0999755859375, 3.0, 2.0], &PLAIN[3..]].concat());
}

#[test]
fn types_raw_and_typed() {
    let halves: Vec<u8> = [0x3c00u16, 0x4000, 0x4200, 0x4400].iter().flat_map(|x| x.to_le_bytes()).collect();
    let brains: Vec<u8> = [0x3f80u16, 0x4000, 0x4040, 0x4080].iter().flat_map(|x| x.to_le_bytes()).collect();
    let doubles: Vec<u8> = [1.0f64, 2.0, 3.0, 4.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let floats = f32s(&[1.0, 2.0, 3.0, 4.0]);
    let apart: Vec<u8> = floats.chunks(4).flat_map(|x| [&varint(4 << 3 | 5)[..], x].concat()).collect();
    for (data_type, values, dtype) in [
        (F32, bytes(9, &floats), Dtype::F32),
        (F32, bytes(4, &floats), Dtype::F32),
        (F32, apart, Dtype::F32),
        (F64, bytes(9, &doubles), Dtype::F64),
        (F64, bytes(10, &doubles), Dtype::F64),
        (F16, bytes(9, &halves), Dtype::F32),
        (F16, ints(5, &[0x3c00, 0x4000, 0x4200, 0x4400]), Dtype::F32),
        (BF16, bytes(9, &brains), Dtype::F32),
        (BF16, ints(5, &[0x3f80, 0x4000, 0x4040, 0x4080]), Dtype::F32),
    ] {
        let mut tensors = tensors();
        tensors[0] = tensor("A", &[2, 2], data_type, &values);
        let victim = read(&nodes(), &tensors);
        assert_eq!((weights(&victim), victim.dtype), (PLAIN.to_vec(), dtype), "{data_type}");
    }
}

#[test]
fn what_comes_after_the_logits_is_set_aside() {
    let classifier = |after: &[Vec<u8>]| {
        let mut nodes = nodes();
        nodes[2] = node("Gemm", "r B b", "l", &[int_attribute("transB", 1)]);
        [nodes, after.to_vec()].concat()
    };
    let softmax = classifier(&[node("Softmax", "l", "y", &[])]);
    let victim = read(&softmax, &tensors());
    assert_eq!(weights(&victim), PLAIN);
    assert_eq!(victim.notes, ["Softmax making 'y' set aside: outputs are the values of 'l' before"]);
    // A classifier of two classes, as skl2onnx writes it.
    let two = [
        node("Sigmoid", "l", "s", &[]),
        node("Sub", "one s", "c", &[]),
        node("Concat", "c s", "y", &[int_attribute("axis", 1)]),
        node("ArgMax", "y", "label", &[]),
    ];
    let one = |value: f32| [tensors(), vec![floats("one", &[1], &[value])]].concat();
    let victim = read(&classifier(&two), &one(1.0));
    assert_eq!(weights(&victim), PLAIN);
    let aside = "Sigmoid making 's', Sub making 'c', Concat making 'y' set aside: outputs are the values of 'l' before";
    assert_eq!(victim.notes, [aside]);
    let expected = "has a node Sigmoid making 's', which is no ReLU and whose result goes into Sub making 'c'";
    assert!(said(&classifier(&two), &one(2.0)).contains(expected));
    // Several labels; and numbers in a column, as skl2onnx writes a regressor's.
    let many = [node("Sigmoid", "l", "y", &[]), node("Binarizer", "y", "label", &[])];
    assert_eq!(weights(&read(&classifier(&many), &tensors())), PLAIN);
    let shape = node("Constant", "", "s", &[ints_attribute("value_ints", &[u64::MAX, 1, 1])]);
    let column = read(&classifier(&[shape, node("Reshape", "l s", "y", &[])]), &tensors());
    assert_eq!(weights(&column), PLAIN);
    assert_eq!(column.notes, [""; 0]);
    // A sigmoid with a layer behind it is a hidden one.
    let hidden = [node("Sigmoid", "l", "s", &[]), node("MatMul", "s b", "y", &[])];
    let expected = "has a node Sigmoid making 's', which is no ReLU and whose result goes into MatMul making 'y'";
    assert!(said(&classifier(&hidden), &tensors()).starts_with(&format!("v: {expected}")));
}

#[test]
fn graphs_that_are_no_chain_of_layers() {
    let one = |at: usize, node: Vec<u8>| {
        let mut nodes = nodes();
        nodes[at] = node;
        nodes
    };
    let flat = |axis: i64| through(0, "Flatten", "x", "", &[int_attribute("axis", axis)]);
    let reshaped = |shape: &[u64]| {
        let shape = node("Constant", "", "s", &[ints_attribute("value_ints", shape)]);
        [vec![shape], through(0, "Reshape", "x", "s", &[])].concat()
    };
    let cases = [
        (
            [nodes()[1..].to_vec(), vec![node("Identity", "A x", "z", &[])]].concat(),
            "has a node Identity making 'z' that takes what the network computes as a further operand",
        ),
        (
            through(0, "Div", "x", "a", &[]),
            "has Div making 't' to be folded into the layer Gemm making 'z', where the weight of unit 0 and input 0, from \
             'A', would become about 0.2, which is no f64 exactly",
        ),
        (through(0, "Div", "x", "zero", &[]), "has a node Div making 't' that divides by 'zero', which holds a zero"),
        (
            through(0, "Sub", "x", "three", &[]),
            "has a node Sub making 't' whose constant 'three' of shape [3] goes with no row of shape [n, 2]",
        ),
        (through(0, "Pow", "x", "a", &[]), "has a node Pow making 't' that is no part of a network of layers"),
        (
            one(1, node("Tanh", "z", "r", &[])),
            "has a node Tanh making 'r' that is not piecewise linear: its units have no hyperplanes",
        ),
        (
            one(1, node("Identity", "z", "r", &[])),
            "has a node Gemm making 'y' that follows another layer without a Relu",
        ),
        (one(2, node("Identity", "r", "y", &[])), "has a node Relu making 'r' that comes after the last layer"),
        (through(0, "Relu", "x", "", &[]), "has a node Relu making 't' that comes before the first layer"),
        (
            one(0, node("Gemm", "A x a", "z", &[])),
            "has a node Gemm making 'z' that multiplies weights along axis 0 of values of shape [n, 2]; expected the one \
             axis that the values of an input lie along",
        ),
        (
            one(0, node("Gemm", "x A a", "z", &[int_attribute("transA", 1)])),
            "has a node Gemm making 'z' that multiplies weights along axis 1 of values of shape [2, n]",
        ),
        (
            one(0, node("Gemm", "x W a", "z", &[])),
            "has a node Gemm making 'z' whose operand 'W' is no initializer of the file and is made by no node; export \
             the model again, with its weights",
        ),
        (flat(3), "has a node Flatten making 't' that names axis 3 of 2; export the model again"),
        (
            reshaped(&[4]),
            "has a node Reshape making 't' that makes the shape [4] of values of shape [n, 2], which does not go",
        ),
        (
            reshaped(&[u64::MAX, 1]),
            "has a node Gemm making 'z' that multiplies weights along axis 1 of values of shape [2, 1]",
        ),
        (
            through(0, "Cast", "x", "", &[int_attribute("to", 7)]),
            "has a node Cast making 't' that turns values into i64, no floats; layers compute in floats",
        ),
        (
            [&nodes()[..2], &[node("MatMul", "r A", "p", &[]), node("Add", "p x", "y", &[])]].concat(),
            "has a node Add making 'y' that joins 'p' and 'x', which depend on the input",
        ),
        ([nodes(), vec![node("Relu", "r", "z", &[])]].concat(), "makes the value 'z' twice; export the model again"),
        ([nodes(), vec![node("Relu", "x2", "x", &[])]].concat(), "makes the value 'x' twice; export the model again"),
        (
            one(2, node("Gemm", "r B b", "w", &[int_attribute("transB", 1)])),
            "declares the output 'y', which is made by no node; declare a value that is made",
        ),
        (
            vec![node("Identity", "x", "y", &[])],
            "has no layer (Gemm or MatMul) between its input 'x' and its output 'y'",
        ),
        (vec![node("Identity", "A", "y", &[])], "declares the output 'y', which depends on no value of the input"),
        (vec![], "holds no graph, or one without nodes; export the model again"),
        (through(2, "Dropout", "r", "_ on", &[]), "has a node Dropout making 't' that is set to training"),
    ];
    let more = [floats("zero", &[], &[0.0]), floats("three", &[3], &[1.0; 3]), tensor("on", &[], 9, &bytes(9, &[1]))];
    let tensors = [tensors(), more.to_vec()].concat();
    for (nodes, expected) in cases {
        let said = said(&nodes, &tensors);
        assert!(said.starts_with(&format!("v: {expected}")), "{said}\nexpected {expected}");
    }
    // Two inputs, both of them used or not.
    let two = |nodes: &[Vec<u8>]| {
        let graph = [graph(nodes, &tensors, &[0, 2]), bytes(11, &value("u", &[0, 2]))].concat();
        read_bytes(Path::new("v"), &model(&graph)).map_err(|error| error.to_string())
    };
    let expected = "v: has 2 inputs that the output depends on ('x', 'u'); networks of one input are read";
    assert_eq!(two(&through(1, "Add", "z", "u", &[])).unwrap_err(), expected);
    assert_eq!(two(&nodes()).unwrap().notes, ["input 'u' is not used by the output"]);
    // Older models name initializers among the inputs.
    let inputs = [graph(&nodes(), &tensors, &[0, 2]), bytes(11, &value("A", &[2, 2]))].concat();
    assert!(read_bytes(Path::new("v"), &model(&inputs)).is_ok());
    // An image that no Flatten makes a row.
    let image = graph(&nodes(), &tensors, &[0, 28, 28]);
    let refused = read_bytes(Path::new("v"), &model(&image)).unwrap_err().to_string();
    let expected = "has a node Gemm making 'z' that takes matrices, and is given values of shape [n, 28, 28]";
    assert_eq!(refused, format!("v: {expected}"));
}

#[test]
fn weights_in_another_file() {
    let entry = |key: &str, value: &str| bytes(13, &[bytes(1, key.as_bytes()), bytes(2, value.as_bytes())].concat());
    let at = |location: &str, offset: &str, length: &str| {
        let entries = [entry("location", location), entry("offset", offset), entry("length", length)].concat();
        let mut all = tensors();
        all[0] = tensor("A", &[2, 2], F32, &[entries, int(14, 1)].concat());
        model(&graph(&nodes(), &all, &[0, 2]))
    };
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("in");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("v.onnx");
    let data = [f32s(&[0.0]), f32s(&[1.0, 2.0, 3.0, 4.0])].concat();
    fs::write(folder.join("v.data"), &data).unwrap();
    fs::write(outer.path().join("v.data"), &data).unwrap();
    let read = |location: &str, offset: &str, length: &str| {
        fs::write(&path, at(location, offset, length)).unwrap();
        format::read(&path).map_err(|error| error.problem.to_string())
    };
    let victim = read("v.data", "4", "16").unwrap();
    assert_eq!(weights(&victim), PLAIN);
    assert_eq!(victim.notes, ["weights are read from 'v.data' beside the model; the hash is of both"]);
    let said = |location: &str, offset: &str, length: &str| read(location, offset, length).unwrap_err();
    let start = |location: &str| format!("keeps the values of tensor 'A' in the file '{location}', which ");
    let outside = "is outside of the model's folder; put both into one folder and name it plainly";
    let absolute = outer.path().join("v.data").display().to_string();
    for location in ["../v.data", "./../in/../v.data", &absolute, "/etc/passwd", ""] {
        assert_eq!(said(location, "0", "16"), start(location) + outside);
    }
    std::os::unix::fs::symlink("../v.data", folder.join("link")).unwrap();
    assert_eq!(said("link", "0", "16"), start("link") + outside);
    assert!(said("none", "0", "16").starts_with(&(start("none") + "cannot be read: No such file")));
    assert_eq!(said("v.data", "8", "16"), start("v.data") + "has 20 bytes; 16 from 8 on are asked for");
    let end = u64::MAX.to_string();
    assert_eq!(said("v.data", &end, "16"), format!("{}has 20 bytes; 16 from {end} on are asked for", start("v.data")));
    assert_eq!(said("v.data", "-4", "16"), start("v.data") + "is given the offset '-4', no number");
    assert_eq!(said("v.data", "0", "20"), "has a tensor 'A' of shape [2, 2] with 20 bytes; expected 16");
    assert_eq!(said(".", "0", "16"), start(".") + outside);
    // The hash tells other weights apart.
    let first = read("v.data", "4", "16").unwrap().sha256;
    fs::write(folder.join("v.data"), [f32s(&[0.0]), f32s(&[1.0, 2.0, 3.0, 5.0])].concat()).unwrap();
    assert_ne!(read("v.data", "4", "16").unwrap().sha256, first);
    // Bytes alone have no folder.
    let alone = read_bytes(Path::new("v"), &at("v.data", "4", "16")).unwrap_err().problem.to_string();
    assert_eq!(alone, start("v.data") + "is not looked for here; save the model as one file");
}
