//! What exporters write around layers, and how else they write layers: one example of each form.
//!
//! The network is always the 2-2-1 one of `crate::common::onnx`, or it with its last bias or weights changed.

use crate::onnx::*;
use exactract::format::{self, Dtype, Problem, Victim, read_bytes};
use exactract::net::Network;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

type Read = Result<Victim<Network<f64>>, Box<Problem>>;

/// A model of these nodes: its input has these axes (0 for one of unknown length), and `more` are further tensors.
fn of(nodes: &[Vec<u8>], more: &[Vec<u8>], axes: &[u64]) -> Read {
    let tensors = [tensors(), more.to_vec()].concat();
    read_bytes(Path::new("v"), &model(&graph(nodes, &tensors, axes))).map_err(|error| error.problem)
}

fn weights(read: Read) -> Vec<f64> {
    read.unwrap().network.parameters().copied().collect()
}

fn said(read: Read) -> String {
    read.unwrap_err().to_string()
}

/// `A`, `a`, `B`, `b` of the network.
const PLAIN: [f64; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

/// The network with other biases of its layers.
fn with_biases(first: [f64; 2], last: f64) -> Vec<f64> {
    [&PLAIN[..4], &first, &PLAIN[6..8], &[last]].concat()
}

/// The nodes of the network from the value `from` to the value `to`.
fn from_to(from: &str, to: &str) -> Vec<Vec<u8>> {
    let turned = || vec![int_attribute("transB", 1)];
    vec![
        node("Gemm", &format!("{from} A a"), "z", &turned()),
        node("Relu", "z", "r", &[]),
        node("Gemm", "r B b", to, &turned()),
    ]
}

/// Nodes in front of the network, the last of which makes `f`.
fn before(nodes: &[Vec<u8>]) -> Vec<Vec<u8>> {
    [nodes, &from_to("f", "y")].concat()
}

/// Nodes behind the network, the first of which takes `l`.
fn behind(nodes: &[Vec<u8>]) -> Vec<Vec<u8>> {
    [&from_to("x", "l"), nodes].concat()
}

fn wholes(name: &str, values: &[i64]) -> Vec<u8> {
    let values: Vec<u64> = values.iter().map(|&value| value as u64).collect();
    tensor(name, &[values.len() as u64], I64, &ints(7, &values))
}

fn number(name: &str, value: f32) -> Vec<u8> {
    floats(name, &[], &[value])
}

#[test]
fn nothing_behind_the_logits_vanishes() {
    let squeeze = || node("Squeeze", "l ax", "q", &[]);
    let more = [wholes("ax", &[1]), wholes("flat", &[-1]), number("c", 3.0), number("half", 0.5)];
    let with = |nodes: &[Vec<u8>]| weights(of(&behind(nodes), &more, &[0, 2]));
    let last = |bias| with_biases([5.0, 6.0], bias);
    assert_eq!(with(&[squeeze(), node("Sub", "q c", "y", &[])]), last(6.0));
    assert_eq!(with(&[squeeze(), node("Add", "c q", "y", &[])]), last(12.0));
    assert_eq!(with(&[node("Reshape", "l flat", "q", &[]), node("Sub", "q c", "y", &[])]), last(6.0));
    assert_eq!(with(&[squeeze(), node("Identity", "q", "i", &[]), node("Sub", "i c", "y", &[])]), last(6.0));
    assert_eq!(
        with(&[squeeze(), node("Cast", "q", "i", &[int_attribute("to", 11)]), node("Sub", "i c", "y", &[])]),
        last(6.0)
    );
    let scaled = |[p, q, b]: [f64; 3]| [&PLAIN[..6], &[p, q, b]].concat();
    assert_eq!(with(&[squeeze(), node("Sub", "c q", "y", &[])]), scaled([-7.0, -8.0, -6.0]));
    assert_eq!(with(&[squeeze(), node("Mul", "q half", "y", &[])]), scaled([3.5, 4.0, 4.5]));
    assert_eq!(with(&[squeeze(), node("Div", "q half", "y", &[])]), scaled([14.0, 16.0, 18.0]));
    assert_eq!(with(&[squeeze(), node("Sub", "q q", "y", &[])]), scaled([0.0; 3]));
    assert_eq!(with(&[squeeze(), node("Add", "q q", "y", &[])]), scaled([14.0, 16.0, 18.0]));
    let note = of(&behind(&[squeeze(), node("Sub", "q c", "y", &[])]), &more, &[0, 2]).unwrap().notes;
    assert_eq!(note, ["Sub making 'y' entered the layer Gemm making 'l' exactly"]);
    let refused = said(of(&behind(&[squeeze(), node("Div", "c q", "y", &[])]), &more, &[0, 2]));
    assert!(refused.starts_with("has a node Div making 'y' that divides a constant by values"), "{refused}");
}

#[test]
fn the_output_is_the_one_that_is_declared() {
    // Layers after the declared output, and nodes beside the way to it, are no part of the network.
    let after = [node("Relu", "y", "s", &[]), node("MatMul", "s W", "t", &[]), node("Tanh", "t", "u", &[])];
    assert_eq!(weights(of(&[from_to("x", "y"), after.to_vec()].concat(), &[], &[0, 2])), PLAIN);
    let beside = [node("Shape", "x", "s", &[]), node("Loop", "nothing", "t", &[]), node("Sub", "r none", "u", &[])];
    assert_eq!(weights(of(&[from_to("x", "y"), beside.to_vec()].concat(), &[], &[0, 2])), PLAIN);
    // Several outputs: of the same logits, or not.
    let declared = |nodes: &[Vec<u8>], output: &str| {
        let graph = [graph(nodes, &tensors(), &[0, 2]), bytes(12, &value(output, &[]))].concat();
        read_bytes(Path::new("v"), &model(&graph)).map_err(|error| error.problem)
    };
    let labels = [from_to("x", "y"), vec![node("ArgMax", "y", "label", &[])]].concat();
    assert_eq!(weights(declared(&labels, "label")), PLAIN);
    let expected = "declares 2 outputs ('y', 'r') that are not of the same logits; keep the one that is meant";
    assert_eq!(said(declared(&labels, "r")), expected);
    assert_eq!(
        said(declared(&labels, "W")),
        "declares the output 'W', which is made by no node; declare a value that is made"
    );
    assert_eq!(
        said(declared(&labels, "A")),
        "declares the output 'A', which depends on no value of the input; declare the logits as output"
    );
    let masked = [from_to("x", "y"), vec![node("Dropout", "r", "d mask", &[])]].concat();
    let expected =
        "has a node Dropout making 'd' that makes the declared output 'mask' beside its first; declare the logits";
    assert_eq!(said(declared(&masked, "mask")), expected);
    let shape = [from_to("x", "y"), vec![node("Shape", "r", "s", &[])]].concat();
    let expected = "declares the output 's', which depends on no value of the input; declare the logits as output";
    assert_eq!(said(declared(&shape, "s")), expected);
    let none =
        [from_to("x", "y").iter().flat_map(|node| bytes(1, node)).collect(), bytes(11, &value("x", &[0, 2]))].concat();
    let refused = read_bytes(Path::new("v"), &model(&none)).unwrap_err().problem.to_string();
    assert_eq!(refused, "declares no output; export the model again, with its output declared");
}

#[test]
fn affine_maps_in_front_and_between() {
    let more = [
        floats("zeros", &[1, 1, 1, 2], &[0.0; 2]),
        floats("mean", &[2], &[0.5, -1.0]),
        floats("std", &[1, 2], &[2.0, 0.25]),
        number("three", 3.0),
        number("one", 1.0),
    ];
    let front = |nodes: &[Vec<u8>], axes: &[u64]| of(&before(nodes), &more, axes);
    // ACAS Xu: zeros are subtracted from an image of one row.
    let acas = [node("Sub", "x zeros", "s", &[]), node("Flatten", "s", "f", &[int_attribute("axis", 1)])];
    let victim = front(&acas, &[1, 1, 1, 2]).unwrap();
    assert!(victim.notes.is_empty(), "{:?}", victim.notes);
    assert_eq!(weights(Ok(victim)), PLAIN);
    assert_eq!(weights(front(&[node("Div", "x one", "f", &[])], &[0, 2])), PLAIN);
    // A·(x − m) + a = A·x + (a − A·m).
    assert_eq!(weights(front(&[node("Sub", "x mean", "f", &[])], &[0, 2])), with_biases([6.5, 8.5], 9.0));
    let scaler = [node("Sub", "x mean", "s", &[]), node("Div", "s std", "f", &[])];
    let victim = front(&scaler, &[0, 2]).unwrap();
    assert_eq!(victim.notes, ["Sub making 's', Div making 'f' entered the layer Gemm making 'z' exactly"]);
    assert_eq!(
        (victim.dtype, weights(Ok(victim))),
        (Dtype::F32, vec![0.5, 8.0, 1.5, 16.0, 12.75, 21.25, 7.0, 8.0, 9.0])
    );
    // What is rounded on the way does not matter, if the layer is exact.
    let thirds = [node("Div", "x three", "s", &[]), node("Mul", "three s", "f", &[])];
    assert_eq!(weights(front(&thirds, &[0, 2])), PLAIN);
    let refused =
        said(front(&thirds[..1].iter().cloned().chain([node("Neg", "s", "f", &[])]).collect::<Vec<_>>(), &[0, 2]));
    let expected = "has Div making 's', Neg making 'f' to be folded into the layer Gemm making 'z', where the weight of unit 0 \
                    and input 0, from 'A', would become about -0.3333333333333333, which is no f64 exactly; export the model \
                    without it, or with rounded weights that have it folded in";
    assert_eq!(refused, expected);
    // The scaler of ONNX-ML.
    let attributes = [floats_attribute("offset", &[0.5, -1.0]), floats_attribute("scale", &[0.5, 4.0])];
    let scaler = [node("Scaler", "x", "f", &attributes), bytes(7, b"ai.onnx.ml")].concat();
    assert_eq!(weights(front(&[scaler], &[0, 2])), [0.5, 8.0, 1.5, 16.0, 12.75, 21.25, 7.0, 8.0, 9.0]);
    // Behind a Relu.
    let mut nodes = from_to("x", "y");
    nodes[2] = node("Gemm", "s B b", "y", &[int_attribute("transB", 1)]);
    nodes.insert(2, node("Mul", "r std", "s", &[]));
    assert_eq!(weights(of(&nodes, &more, &[0, 2])), [&PLAIN[..6], &[14.0, 2.0, 9.0]].concat());
    // Integers are divided in another way.
    let typed = [
        bytes(1, b"x"),
        bytes(
            2,
            &bytes(1, &[int(1, 2), bytes(2, &[bytes(1, &bytes(2, b"n")), bytes(1, &int(1, 2))].concat())].concat()),
        ),
    ];
    let image = |nodes: &[Vec<u8>]| {
        let each = |number, list: &[Vec<u8>]| list.iter().flat_map(|item| bytes(number, item)).collect::<Vec<_>>();
        let graph = [
            each(1, &before(nodes)),
            each(5, &[tensors(), more.to_vec()].concat()),
            bytes(11, &typed.concat()),
            bytes(12, &value("y", &[])),
        ];
        read_bytes(Path::new("v"), &model(&graph.concat())).map_err(|error| error.problem)
    };
    let cast = node("Cast", "x", "s", &[int_attribute("to", 1)]);
    assert_eq!(weights(image(&[cast, node("Sub", "s mean", "f", &[])])), with_biases([6.5, 8.5], 9.0));
    assert!(said(image(&[node("Sub", "x mean", "f", &[])])).contains("computes in integers"));
}

#[test]
fn shapes_written_in_other_ways() {
    let axis = |axis: i64| vec![int_attribute("axis", axis)];
    let more = [
        number("unused", 0.0),
        tensor("zero", &[], I64, &ints(7, &[0])),
        wholes("first", &[0]),
        wholes("rest", &[-1]),
        wholes("second", &[1]),
        wholes("two", &[2]),
        wholes("far", &[i64::MAX]),
        wholes("flipped", &[1, 0]),
        wholes("0-1", &[0, -1]),
    ];
    let with = |nodes: &[Vec<u8>], axes: &[u64]| weights(of(&before(nodes), &more, axes));
    for (made, axes) in
        [(2, vec![1, 1, 2]), (-1, vec![0, 2]), (3, vec![1, 1, 1, 2]), (1, vec![0, 1, 2, 1]), (0, vec![2])]
    {
        assert_eq!(with(&[node("Flatten", "x", "f", &axis(made))], &axes), PLAIN, "axis {made} of {axes:?}");
    }
    // x.view(x.size(0), -1), by Gather or by Slice, and one size computed from others.
    let shape = || node("Shape", "x", "s", &[]);
    let gathered = [shape(), node("Gather", "s zero", "g", &axis(0)), node("Unsqueeze", "g first", "u", &[])];
    let sliced = [shape(), node("Slice", "s first second first", "u", &[])];
    let ends = [node("Concat", "u rest", "c", &axis(0)), node("Reshape", "x c", "f", &[])];
    for start in [&gathered[..], &sliced] {
        assert_eq!(with(&[start, &ends[..]].concat(), &[0, 1, 2]), PLAIN);
    }
    let sizes = [
        shape(),
        node("Slice", "s second far first", "t", &[]),
        node("Slice", "t first second first", "p", &[]),
        node("Slice", "t second two first", "q", &[]),
        node("Mul", "p q", "m", &[]),
        node("Concat", "rest m", "c", &axis(0)),
        node("Reshape", "x c", "f", &[]),
    ];
    assert_eq!(with(&sizes, &[0, 1, 2]), PLAIN);
    assert_eq!(with(&[node("Squeeze", "x second", "f", &[])], &[0, 1, 2]), PLAIN);
    assert_eq!(with(&[node("Squeeze", "x", "f", &[ints_attribute("axes", &[1])])], &[0, 1, 2]), PLAIN);
    assert_eq!(with(&[node("Unsqueeze", "x first", "f", &[])], &[2]), PLAIN);
    assert_eq!(with(&[node("Reshape", "x 0-1", "f", &[])], &[0, 2, 1]), PLAIN);
    // Operator sets before 5 have the shape in an attribute.
    assert_eq!(with(&[node("Reshape", "x", "f", &[ints_attribute("shape", &[u64::MAX, 2])])], &[0, 1, 2]), PLAIN);
    // The order of values is that of the weights.
    let turned = [2.0, 1.0, 4.0, 3.0, 5.0, 6.0, 7.0, 8.0, 9.0];
    assert_eq!(with(&[node("Gather", "x flipped", "f", &axis(1))], &[0, 2]), turned);
    let refused = said(of(&before(&[node("Squeeze", "x second", "f", &[])]), &more, &[0, 2]));
    assert_eq!(
        refused,
        "has a node Squeeze making 'f' that takes away axis 1 of values of shape [n, 2], which is no single one"
    );
    let refused = said(of(&before(&[node("Gather", "x second", "f", &axis(0))]), &more, &[0, 2]));
    assert!(refused.starts_with("has a node Gather making 'f' that takes some inputs of a batch"), "{refused}");
}

#[test]
fn weights_on_the_left() {
    let column =
        [floats("c", &[2, 1], &[5.0, 6.0]), floats("d", &[1, 1], &[9.0]), floats("At", &[2, 2], &[1.0, 3.0, 2.0, 4.0])];
    let products = [
        node("MatMul", "A x", "p", &[]),
        node("Add", "c p", "z", &[]),
        node("Relu", "z", "r", &[]),
        node("MatMul", "B r", "q", &[]),
        node("Add", "q d", "y", &[]),
    ];
    for axes in [&[2, 0][..], &[2, 1], &[0, 2, 1], &[1, 2, 1]] {
        assert_eq!(weights(of(&products, &column, axes)), PLAIN, "{axes:?}");
    }
    let gemm = [
        node("Gemm", "At x c", "z", &[int_attribute("transA", 1)]),
        node("Relu", "z", "r", &[]),
        node("Gemm", "B r d", "y", &[]),
    ];
    assert_eq!(weights(of(&gemm, &column, &[2, 0])), PLAIN);
    let turned = [node("Gemm", "A x c", "z", &[int_attribute("transB", 1)]), gemm[1].clone(), gemm[2].clone()];
    assert_eq!(weights(of(&turned, &column, &[0, 2])), PLAIN);
    let back = [node("Gemm", "x A a", "z", &[int_attribute("transA", 1), int_attribute("transB", 1)])];
    assert_eq!(weights(of(&[&back[..], &from_to("x", "y")[1..]].concat(), &[], &[2, 0])), PLAIN);
    // Vectors.
    let vectors = [node("MatMul", "A x", "p", &[]), node("Add", "p a", "z", &[])];
    assert_eq!(
        weights(of(
            &[
                &vectors[..],
                &[node("Relu", "z", "r", &[]), node("MatMul", "B r", "q", &[]), node("Add", "q b", "y", &[])]
            ]
            .concat(),
            &[],
            &[2]
        )),
        PLAIN
    );
    // Operator sets before 7 name the axis that a bias starts at.
    let mut old = products.to_vec();
    old[1] = node("Add", "p a", "z", &[int_attribute("axis", 1), int_attribute("broadcast", 1)]);
    assert_eq!(weights(of(&old, &column, &[0, 2, 1])), PLAIN);
    // A bias of one row, or of one column with rows: the second would be a matrix.
    let rows = |bias: &[u64]| {
        let tensors = [floats("At", &[2, 2], &[1.0, 3.0, 2.0, 4.0]), floats("e", bias, &[5.0, 6.0])];
        let nodes =
            [vec![node("MatMul", "x At", "p", &[]), node("Add", "p e", "z", &[])], from_to("x", "y")[1..].to_vec()]
                .concat();
        of(&nodes, &tensors, &[0, 1, 2])
    };
    assert!(said(rows(&[2, 1])).contains("whose constant 'e' of shape [2, 1] goes with no row of shape [n, 1, 2]"));
    let deep = |bias: &[u64]| {
        let tensors = [
            floats("At", &[2, 2], &[1.0, 3.0, 2.0, 4.0]),
            floats("Bt", &[2, 1], &[7.0, 8.0]),
            floats("e", bias, &[5.0, 6.0]),
        ];
        let nodes = [
            node("MatMul", "x At", "p", &[]),
            node("Add", "p e", "z", &[]),
            node("Relu", "z", "r", &[]),
            node("MatMul", "r Bt", "q", &[]),
            node("Add", "q b", "y", &[]),
        ];
        of(&nodes, &tensors, &[0, 1, 2])
    };
    for bias in [&[2][..], &[1, 2], &[1, 1, 2]] {
        assert_eq!(weights(deep(bias)), PLAIN, "{bias:?}");
    }
}

#[test]
fn constants_of_all_forms() {
    let floats_of = |values: &[f32]| node("Constant", "", "e", &[floats_attribute("value_floats", values)]);
    let nodes = |constants: &[Vec<u8>]| {
        let mut nodes = from_to("x", "y");
        nodes[0] = node("Gemm", "x A e", "z", &[int_attribute("transB", 1)]);
        [constants, &nodes].concat()
    };
    let more = [
        floats("flat", &[4], &[1.0, 2.0, 3.0, 4.0]),
        wholes("square", &[2, 2]),
        number("five", 5.0),
        number("six", 6.0),
        wholes("first", &[0]),
        tensor("q", &[2], 3, &bytes(9, &[13, 14])),
        tensor("zero", &[], 3, &bytes(9, &[8])),
        tensor("Q", &[2, 2], 3, &bytes(9, &[2, 8, 6, 16])),
        floats("scales", &[2], &[0.5, 0.25]),
        number("one", 1.0),
        number("tenth", 0.1),
        wholes("wide", &[5, 6]),
    ];
    let read = |constants: &[Vec<u8>]| weights(of(&nodes(constants), &more, &[0, 2]));
    assert_eq!(read(&[floats_of(&[5.0, 6.0])]), PLAIN);
    let joined = [
        node("Unsqueeze", "five first", "p", &[]),
        node("Unsqueeze", "six first", "q1", &[]),
        node("Concat", "p q1", "e", &[int_attribute("axis", 0)]),
    ];
    assert_eq!(read(&joined), PLAIN);
    assert_eq!(
        read(&[node("Constant", "", "e", &[float_attribute("value_float", 5.0)])]),
        with_biases([5.0, 5.0], 9.0)
    );
    assert_eq!(read(&[node("Cast", "wide", "e", &[int_attribute("to", 1)])]), PLAIN);
    assert_eq!(read(&[node("DequantizeLinear", "q one zero", "e", &[])]), PLAIN);
    let filled = |attributes: &[Vec<u8>]| {
        vec![node("Shape", "wide", "two", &[]), node("ConstantOfShape", "two", "e", attributes)]
    };
    assert_eq!(read(&filled(&[])), with_biases([0.0, 0.0], 9.0));
    assert_eq!(read(&filled(&[tensor_attribute("value", &floats("", &[1], &[5.0]))])), with_biases([5.0, 5.0], 9.0));
    let spread = [node("Shape", "wide", "two", &[]), node("Expand", "five two", "e", &[])];
    assert_eq!(read(&spread), with_biases([5.0, 5.0], 9.0));
    let roots = [node("Mul", "five five", "s", &[]), node("Sqrt", "s", "e", &[])];
    assert_eq!(read(&roots), with_biases([5.0, 5.0], 9.0));
    // What is rounded is rounded to the type of the constants, once, as runtimes do.
    let tenths = [13.0f32 * 0.1, 14.0 * 0.1].map(f64::from);
    assert_eq!(read(&[node("DequantizeLinear", "q tenth", "e", &[])]), with_biases(tenths, 9.0));
    assert_ne!(tenths[0], 13.0 * f64::from(0.1f32));
    // Weights through Reshape, and by a scale for each column.
    let weights_of = |start: &[Vec<u8>]| {
        let nodes =
            [start, &[node("Gemm", "x W a", "z", &[int_attribute("transB", 1)])], &from_to("x", "y")[1..]].concat();
        weights(of(&nodes, &more, &[0, 2]))
    };
    assert_eq!(weights_of(&[node("Reshape", "flat square", "W", &[])]), PLAIN);
    assert_eq!(weights_of(&[node("DequantizeLinear", "Q scales", "W", &[int_attribute("axis", 1)])]), PLAIN);
    assert_eq!(weights_of(&[node("DequantizeLinear", "Q scales", "W", &[])]), PLAIN);
    // Sparse: in a node, and among the initializers.
    let sparse = [
        bytes(1, &floats("W", &[3], &[2.0, 3.0, 4.0])),
        bytes(2, &tensor("", &[3, 2], I64, &ints(7, &[0, 1, 1, 0, 1, 1]))),
        ints(3, &[2, 2]),
    ]
    .concat();
    let few = [&[0.0][..], &PLAIN[1..]].concat();
    assert_eq!(weights_of(&[node("Constant", "", "W", &[sparse_attribute(&sparse)])]), few);
    let start = node("Gemm", "x W a", "z", &[int_attribute("transB", 1)]);
    let nodes_of_w = [vec![start], from_to("x", "y")[1..].to_vec()].concat();
    let graph = [graph(&nodes_of_w, &tensors(), &[0, 2]), bytes(15, &sparse)].concat();
    let among = read_bytes(Path::new("v"), &model(&graph)).map_err(|error| error.problem);
    assert_eq!(weights(among), few);
    let refused = said(of(&nodes(&[node("Constant", "", "e", &[bytes(1, b"value_string")])]), &more, &[0, 2]));
    assert_eq!(
        refused,
        "has a node Constant making 'e' that holds its constant as 'value_string', which is not read; read are numbers"
    );
    let refused = said(of(&nodes(&[node("Einsum", "five", "e", &[])]), &more, &[0, 2]));
    assert!(
        refused.starts_with("has a node Einsum making 'e' that makes constants in a way that is not read"),
        "{refused}"
    );
}

#[test]
fn normalization_and_dropout() {
    let more = [
        floats("scale", &[2], &[4.0, 1.0]),
        floats("shift", &[2], &[0.5, -1.0]),
        floats("mean", &[2], &[1.0, 2.0]),
        floats("variance", &[2], &[4.0, 0.25]),
        number("ratio", 0.5),
        tensor("off", &[], 9, &bytes(9, &[0])),
    ];
    let between = |nodes: &[Vec<u8>]| {
        let mut all = from_to("x", "y");
        all[1] = node("Relu", "t", "r", &[]);
        all.splice(1..1, nodes.to_vec());
        of(&all, &more, &[0, 2])
    };
    let normal = |attributes: &[Vec<u8>]| node("BatchNormalization", "z scale shift mean variance", "t", attributes);
    let exact = [float_attribute("epsilon", 0.0)];
    assert_eq!(weights(between(&[normal(&exact)])), [2.0, 4.0, 6.0, 8.0, 8.5, 7.0, 7.0, 8.0, 9.0]);
    let refused = said(between(&[normal(&[])]));
    assert!(
        refused
            .starts_with("has a node BatchNormalization making 't' that divides channel 0 by the root of 4 + 0.00001,"),
        "{refused}"
    );
    let training = [float_attribute("epsilon", 0.0), int_attribute("training_mode", 1)];
    assert!(said(between(&[normal(&training)])).contains("is set to training; export the model after model.eval()"));
    let constants = [
        node("Constant", "", "half", &[float_attribute("value_float", 0.5)]),
        node("Identity", "off", "mode", &[]),
        node("Dropout", "z half mode", "t", &[]),
    ];
    assert_eq!(weights(between(&constants)), PLAIN);
    // Before operator set 7, whether it is training stood in an attribute, and was the default.
    let old = |attributes: &[Vec<u8>]| {
        let mut all = from_to("x", "y");
        all[1] = node("Relu", "t", "r", &[]);
        all.insert(1, node("Dropout", "z", "t", attributes));
        let graph = graph(&all, &tensors(), &[0, 2]);
        let model = [int(1, 3), bytes(7, &graph), bytes(8, &int(2, 6))].concat();
        read_bytes(Path::new("v"), &model).map_err(|error| error.problem)
    };
    assert_eq!(weights(old(&[int_attribute("is_test", 1)])), PLAIN);
    assert!(said(old(&[])).contains("is set to training"));
}

#[test]
fn relu_under_other_names() {
    let more = [number("zero", 0.0), number("six", 6.0), number("end", f32::MAX), floats("zeros", &[1, 2], &[0.0; 2])];
    let with = |op: &str, operands: &str, attributes: &[Vec<u8>]| {
        let mut nodes = from_to("x", "y");
        nodes[1] = node(op, operands, "r", attributes);
        of(&nodes, &more, &[0, 2])
    };
    for (op, operands) in
        [("Clip", "z zero"), ("Clip", "z zero end"), ("Max", "z zero"), ("Max", "zeros z"), ("PRelu", "z zero")]
    {
        assert_eq!(weights(with(op, operands, &[])), PLAIN, "{op} {operands}");
    }
    assert_eq!(weights(with("Clip", "z", &[float_attribute("min", 0.0)])), PLAIN);
    assert_eq!(weights(with("LeakyRelu", "z", &[float_attribute("alpha", 0.0)])), PLAIN);
    for (op, operands, expected) in [
        ("Clip", "z zero six", "has activation relu6; ReLU networks alone are taken here"),
        ("Clip", "z six", "has a node Clip making 'r' that cuts values below 6 and above inf; one end alone must be 0"),
        (
            "Clip",
            "z six zero",
            "has a node Clip making 'r' that is no activation of a hidden layer: the first end must",
        ),
        ("Max", "z six", "has a node Max making 'r' that cuts at other values than 0; export it as Clip"),
        ("LeakyRelu", "z", "has activation leaky:0.009999999776482582; ReLU networks alone are taken here"),
        ("ThresholdedRelu", "z", "has a node ThresholdedRelu making 'r' that has alpha = 1 and jumps there"),
        ("Tanh", "z", "has a node Tanh making 'r' that is not piecewise linear"),
        ("HardSwish", "z", "has a node HardSwish making 'r' that is not piecewise linear"),
        ("Gelu", "z", "has a node Gelu making 'r' that is not piecewise linear"),
        ("HardSigmoid", "z", "has a node HardSigmoid making 'r' that is a clip of a multiple of its argument"),
    ] {
        let refused = said(with(op, operands, &[]));
        assert!(refused.starts_with(expected), "{refused}");
    }
    // A type that holds fewer numbers rounds what goes through it; it is read as the real number, and a note says so.
    let mut nodes = from_to("x", "y");
    nodes[1] = node("Relu", "t", "r", &[]);
    nodes.insert(1, node("Cast", "z", "t", &[int_attribute("to", 10)]));
    let victim = of(&nodes, &more, &[0, 2]).unwrap();
    let expected = "Cast making 't' rounds to f16 in a runtime; rows are read as real numbers, before any rounding";
    assert_eq!(victim.notes, [expected]);
    assert_eq!(weights(Ok(victim)), PLAIN);
}

#[test]
fn links_of_a_cache() {
    let entry = |key: &str, value: &str| bytes(13, &[bytes(1, key.as_bytes()), bytes(2, value.as_bytes())].concat());
    let at = |location: &str| {
        let mut all = tensors();
        all[0] = tensor("A", &[2, 2], F32, &[entry("location", location), int(14, 1)].concat());
        model(&graph(&nodes(), &all, &[0, 2]))
    };
    let outer = tempfile::tempdir().unwrap();
    let repository = outer.path().join("models--some--one");
    let (folder, blobs) = (repository.join("snapshots/abc/onnx"), repository.join("blobs"));
    for folder in [&folder, &blobs] {
        fs::create_dir_all(folder).unwrap();
    }
    let data = f32s(&[1.0, 2.0, 3.0, 4.0]);
    for (path, content) in
        [(blobs.join("22"), &data), (outer.path().join("outside"), &data), (folder.join("plain"), &data)]
    {
        fs::write(path, content).unwrap();
    }
    let link = |to: &str, name: &str| symlink(to, folder.join(name)).unwrap();
    link("../../../blobs/11", "model.onnx");
    link("../../../blobs/22", "model.onnx_data");
    link("../../../../outside", "out");
    link("../../../blobs/out", "twice");
    link("/etc/passwd", "passwd");
    symlink("../../outside", blobs.join("out")).unwrap();
    let read = |location: &str| {
        fs::write(blobs.join("11"), at(location)).unwrap();
        format::read(&folder.join("model.onnx")).map_err(|error| error.problem)
    };
    for location in ["model.onnx_data", "./model.onnx_data", "./plain", "././plain"] {
        assert_eq!(weights(read(location)), PLAIN, "{location}");
    }
    for location in ["out", "./out", "twice", "passwd", "../../../blobs/22", "..", "./../onnx/plain", "."] {
        let expected = format!(
            "keeps the values of tensor 'A' in the file '{location}', which is outside of the model's folder; put both \
             into one folder and name it plainly"
        );
        assert_eq!(said(read(location)), expected);
    }
    // Blobs that are a link themselves lead out, too; and outside of a cache a link into a folder of that name does.
    fs::rename(&blobs, outer.path().join("elsewhere")).unwrap();
    symlink("../elsewhere", &blobs).unwrap();
    assert!(said(read("model.onnx_data")).contains("is outside of the model's folder"));
    let plain = outer.path().join("plain");
    fs::create_dir_all(plain.join("in")).unwrap();
    fs::create_dir_all(plain.join("blobs")).unwrap();
    fs::write(plain.join("blobs/22"), &data).unwrap();
    symlink("../blobs/22", plain.join("in/v.data")).unwrap();
    fs::write(plain.join("in/v.onnx"), at("v.data")).unwrap();
    let refused = format::read(&plain.join("in/v.onnx")).unwrap_err().to_string();
    assert!(refused.contains("is outside of the model's folder"), "{refused}");
}
