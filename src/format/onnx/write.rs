//! A network as an ONNX model: Gemm and an activation, in turn.

use super::proto::{
    Attribute, Dimension, FLOAT, Graph, INT, Model, Node, Opset, Shape, Tensor, TensorType, Type, Value,
};
use crate::format::Problem;
use crate::format::tensor::encode;
use crate::net::{Activation, Dtype, Network};
use prost::Message;

/// The version of the format, and the operator set that came with it: bf16 is in Gemm since 13.
const IR_VERSION: i64 = 7;
const OPSET: i64 = 13;

/// The bytes of a network's file; the same for the same network.
pub(in crate::format) fn bytes(network: &Network<f64>, dtype: Dtype) -> Result<Vec<u8>, Problem> {
    let data_type = match dtype {
        Dtype::F32 => 1,
        Dtype::F16 => 10,
        Dtype::F64 => 11,
        Dtype::Bf16 => 16,
    };
    let last = network.hidden_layers();
    let (mut nodes, mut initializers, mut value) = (Vec::new(), Vec::new(), "x".to_owned());
    for (i, layer) in network.layers().iter().enumerate() {
        let mut tensor = |name: String, dims: &[usize], values: &[f64]| {
            let dims = dims.iter().map(|&axis| axis as i64).collect();
            initializers.push(Tensor {
                dims,
                data_type,
                name: name.clone(),
                raw: encode(dtype, values)?,
                ..Tensor::default()
            });
            Ok::<String, Problem>(name)
        };
        // Every other module is an activation, as PyTorch's Sequential counts.
        let weight = tensor(format!("{}.weight", 2 * i), &[layer.units(), layer.inputs()], layer.weights().entries())?;
        let bias = tensor(format!("{}.bias", 2 * i), &[layer.units()], layer.bias())?;
        let made = if i == last { "y".to_owned() } else { format!("{}.out", 2 * i) };
        let transposed = Attribute { name: "transB".to_owned(), int: Some(1), kind: INT, ..Attribute::default() };
        let gemm = [value, weight, bias].to_vec();
        nodes.push(node("Gemm", 2 * i, gemm, &made, vec![transposed]));
        value = made;
        if i < last {
            let (active, number) = (format!("{}.out", 2 * i + 1), 2 * i + 1);
            let mut operand = |what: &str, dims: &[usize], values: &[f64]| {
                Ok::<_, Problem>(vec![tensor(format!("{number}.{what}"), dims, values)?])
            };
            let (op, constants, attributes) = match &network.activations()[i] {
                Activation::Relu => ("Relu", vec![], vec![]),
                Activation::Abs => ("Abs", vec![], vec![]),
                Activation::Identity => ("Identity", vec![], vec![]),
                // The attribute is an f32.
                Activation::Leaky(slope) if f64::from(*slope as f32) == *slope => {
                    let alpha = Attribute {
                        name: "alpha".to_owned(),
                        float: Some(*slope as f32),
                        kind: FLOAT,
                        ..Attribute::default()
                    };
                    ("LeakyRelu", vec![], vec![alpha])
                }
                Activation::Leaky(slope) => ("PRelu", operand("slope", &[1], &[*slope])?, vec![]),
                Activation::Parametric(slopes) => ("PRelu", operand("slope", &[slopes.len()], slopes)?, vec![]),
                Activation::Clip { low, high } => {
                    ("Clip", [operand("min", &[], &[*low])?, operand("max", &[], &[*high])?].concat(), vec![])
                }
            };
            nodes.push(node(op, number, [vec![value], constants].concat(), &active, attributes));
            value = active;
        }
    }
    let rows = |name: &str, width: usize| {
        let batch = Dimension { length: None, parameter: Some("n".to_owned()) };
        let width = Dimension { length: Some(width as i64), parameter: None };
        let tensor = TensorType { data_type, shape: Some(Shape { dims: vec![batch, width] }) };
        Value { name: name.to_owned(), kind: Some(Type { tensor: Some(tensor) }) }
    };
    let graph = Graph {
        nodes,
        name: "network".to_owned(),
        initializers,
        sparse_initializers: Vec::new(),
        inputs: vec![rows("x", network.inputs())],
        outputs: vec![rows("y", network.outputs())],
    };
    let opsets = vec![Opset { domain: String::new(), version: OPSET }];
    let model = Model { ir_version: IR_VERSION, producer: "exactract".to_owned(), graph: Some(graph), opsets };
    Ok(model.encode_to_vec())
}

fn node(op: &str, number: usize, inputs: Vec<String>, made: &str, attributes: Vec<Attribute>) -> Node {
    let (name, op, outputs) = (number.to_string(), op.to_owned(), vec![made.to_owned()]);
    Node { inputs, outputs, name, op, attributes, domain: String::new() }
}
