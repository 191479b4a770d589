//! The `.onnx` reader: any bytes as the model, as its graph, and as one node or tensor of a sound one.
#![no_main]

mod network;

use libfuzzer_sys::fuzz_target;

/// A field of bytes.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let (mut bytes, mut length) = (vec![number << 3 | 2], content.len());
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    [&bytes, content].concat()
}

/// A model of this graph.
fn model(graph: &[u8]) -> Vec<u8> {
    [&[8, 8], &field(7, graph)[..]].concat()
}

fn node(op: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs: Vec<u8> = inputs.iter().flat_map(|name| field(1, name.as_bytes())).collect();
    field(1, &[inputs, field(2, output.as_bytes()), field(4, op.as_bytes())].concat())
}

/// A tensor of f32 ones.
fn tensor(name: &str, dims: &[u8]) -> Vec<u8> {
    let ones = 1f32.to_le_bytes().repeat(dims.iter().map(|&n| usize::from(n)).product());
    field(5, &[field(1, dims), vec![0x10, 1], field(8, name.as_bytes()), field(9, &ones)].concat())
}

fuzz_target!(|bytes: &[u8]| {
    network::read(bytes);
    network::read(&model(bytes));
    let ends = [field(11, &field(1, b"x")), field(12, &field(1, b"y"))].concat();
    let first = [node("MatMul", &["x", "A"], "p"), node("Add", &["p", "a"], "z")].concat();
    let last = [node("Relu", &["z"], "r"), node("Gemm", &["r", "B", "b"], "y")].concat();
    let tensors = [tensor("a", &[3]), tensor("B", &[3, 2]), tensor("b", &[2])].concat();
    // A node that makes what the second half takes, or is somewhere else; and the first weights.
    network::read(&model(&[&ends[..], &field(1, bytes), &last, &tensors, &tensor("A", &[2, 3])].concat()));
    network::read(&model(&[&ends[..], &first, &last, &tensors, &field(1, bytes), &tensor("A", &[2, 3])].concat()));
    network::read(&model(&[&ends[..], &first, &last, &tensors, &field(5, bytes)].concat()));
});
