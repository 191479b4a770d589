//! ONNX models made byte by byte, as protobuf's encoding says, for tests of their reader.
#![allow(dead_code, reason = "every test program takes the part it needs")]

/// Element types of tensors.
pub const F32: u64 = 1;
pub const I64: u64 = 7;
pub const F16: u64 = 10;
pub const F64: u64 = 11;
pub const BF16: u64 = 16;

pub fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A field of bytes: a string, a message, packed numbers.
pub fn bytes(number: u64, content: &[u8]) -> Vec<u8> {
    [&varint(number << 3 | 2)[..], &varint(content.len() as u64), content].concat()
}

/// An integer field.
pub fn int(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

/// Packed integers.
pub fn ints(number: u64, values: &[u64]) -> Vec<u8> {
    bytes(number, &values.iter().flat_map(|&value| varint(value)).collect::<Vec<_>>())
}

pub fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

pub fn int_attribute(name: &str, value: i64) -> Vec<u8> {
    [bytes(1, name.as_bytes()), int(3, value as u64), int(20, 2)].concat()
}

pub fn float_attribute(name: &str, value: f32) -> Vec<u8> {
    [&bytes(1, name.as_bytes())[..], &varint(2 << 3 | 5), &value.to_le_bytes(), &int(20, 1)].concat()
}

pub fn tensor_attribute(name: &str, tensor: &[u8]) -> Vec<u8> {
    [bytes(1, name.as_bytes()), bytes(5, tensor), int(20, 4)].concat()
}

/// The attribute of a Constant that holds a sparse tensor: values, indices, shape.
pub fn sparse_attribute(sparse: &[u8]) -> Vec<u8> {
    [bytes(1, b"sparse_value"), bytes(22, sparse), int(20, 11)].concat()
}

pub fn floats_attribute(name: &str, values: &[f32]) -> Vec<u8> {
    [bytes(1, name.as_bytes()), bytes(7, &f32s(values)), int(20, 6)].concat()
}

pub fn ints_attribute(name: &str, values: &[u64]) -> Vec<u8> {
    [bytes(1, name.as_bytes()), ints(8, values), int(20, 7)].concat()
}

/// Whether every name in a message or a note, between quotation marks, stands in the file.
pub fn assert_names_are_there(said: &str, file: &[u8]) {
    for name in said.split('\'').skip(1).step_by(2) {
        assert!(
            !name.is_empty() && file.windows(name.len()).any(|window| window == name.as_bytes()),
            "no '{name}' in the file: {said}"
        );
    }
}

/// `op`, from values to values, names apart by spaces.
pub fn node(op: &str, inputs: &str, outputs: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let names = |number, names: &str| -> Vec<u8> {
        names.split_whitespace().flat_map(|name| bytes(number, name.trim_matches('_').as_bytes())).collect()
    };
    let attributes: Vec<u8> = attributes.iter().flat_map(|attribute| bytes(5, attribute)).collect();
    [names(1, inputs), names(2, outputs), bytes(4, op.as_bytes()), attributes].concat()
}

/// A tensor whose values are in this field.
pub fn tensor(name: &str, dims: &[u64], data_type: u64, values: &[u8]) -> Vec<u8> {
    [&ints(1, dims)[..], &int(2, data_type), &bytes(8, name.as_bytes()), values].concat()
}

/// A tensor of raw f32 values.
pub fn floats(name: &str, dims: &[u64], values: &[f32]) -> Vec<u8> {
    tensor(name, dims, F32, &bytes(9, &f32s(values)))
}

/// A value of an f32 tensor type; a zero stands for an axis of unknown length.
pub fn value(name: &str, axes: &[u64]) -> Vec<u8> {
    let axis = |&length: &u64| bytes(1, &if length == 0 { bytes(2, b"n") } else { int(1, length) });
    let shape: Vec<u8> = axes.iter().flat_map(axis).collect();
    [bytes(1, name.as_bytes()), bytes(2, &bytes(1, &[int(1, F32), bytes(2, &shape)].concat()))].concat()
}

/// A graph with input `x` of this shape and output `y`.
pub fn graph(nodes: &[Vec<u8>], tensors: &[Vec<u8>], axes: &[u64]) -> Vec<u8> {
    let each = |number, list: &[Vec<u8>]| list.iter().flat_map(|item| bytes(number, item)).collect::<Vec<_>>();
    [each(1, nodes), each(5, tensors), bytes(11, &value("x", axes)), bytes(12, &value("y", &[]))].concat()
}

/// The model of a graph.
pub fn model(graph: &[u8]) -> Vec<u8> {
    [int(1, 8), bytes(7, graph), bytes(8, &int(2, 17))].concat()
}

/// Tensors of a 2-2-1 network: `A` [2, 2] of 1, 2, 3, 4; `a` of 5, 6; `B` [1, 2] of 7, 8; `b` of 9.
pub fn tensors() -> Vec<Vec<u8>> {
    vec![
        floats("A", &[2, 2], &[1.0, 2.0, 3.0, 4.0]),
        floats("a", &[2], &[5.0, 6.0]),
        floats("B", &[1, 2], &[7.0, 8.0]),
        floats("b", &[1], &[9.0]),
    ]
}

/// The nodes of that network, as PyTorch writes them.
pub fn nodes() -> Vec<Vec<u8>> {
    let transposed = || vec![int_attribute("transB", 1)];
    vec![
        node("Gemm", "x A a", "z", &transposed()),
        node("Relu", "z", "r", &[]),
        node("Gemm", "r B b", "y", &transposed()),
    ]
}
