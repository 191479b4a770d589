//! From the input of a graph to its logits, node by node.

use super::problem::GraphProblem;
use super::proto::{Graph, Node};
use super::stored::{Stored, attribute, float};
use super::{described, is_standard};
use crate::format::Problem;
use crate::format::parts::{Layer, Layout, Parts};
use crate::format::tensor::{Dtype, Tensor};
use crate::net::Shape;
use std::collections::{HashMap, HashSet};

/// Operations that turn logits into what a classifier reports.
const ANSWERS: [&str; 7] = ["Softmax", "LogSoftmax", "Sigmoid", "ArgMax", "Hardmax", "TopK", "Squeeze"];
/// Operations that may come after those.
const AFTERWARDS: [&str; 13] = [
    "Binarizer",
    "ZipMap",
    "ArrayFeatureExtractor",
    "LabelEncoder",
    "Normalizer",
    "Cast",
    "Identity",
    "Reshape",
    "Sub",
    "Concat",
    "Unsqueeze",
    "Log",
    "Flatten",
];
/// Operations that move or scale inputs: a scaler that was exported along with its network.
const SCALING: [&str; 8] =
    ["Add", "Sub", "Mul", "Div", "Scaler", "BatchNormalization", "LayerNormalization", "Normalizer"];

/// What was read so far.
pub(super) struct Chain<'g> {
    stored: Stored<'g>,
    consumers: HashMap<&'g str, Vec<&'g Node>>,
    layers: Vec<Layer>,
    /// Operation and name of each layer's node.
    names: Vec<String>,
    /// Whether the last layer has its bias.
    has_bias: bool,
    /// Whether a ReLU came after the last layer.
    has_relu: bool,
    /// Values of a row, where they are known.
    width: Option<u64>,
    parameters: u128,
    notes: Vec<String>,
}

impl<'g> Chain<'g> {
    pub(super) fn new(graph: &'g Graph, stored: Stored<'g>) -> Self {
        let mut consumers: HashMap<&str, Vec<&Node>> = HashMap::new();
        for node in &graph.nodes {
            for input in node.inputs.iter().collect::<HashSet<_>>() {
                consumers.entry(input).or_default().push(node);
            }
        }
        Self {
            stored,
            consumers,
            layers: Vec::new(),
            names: Vec::new(),
            has_bias: false,
            has_relu: false,
            width: None,
            parameters: 0,
            notes: Vec::new(),
        }
    }

    /// Follows the chain; gives the layers, and the stored tensors back for their files.
    pub(super) fn follow(mut self, graph: &'g Graph) -> Result<(Parts, Stored<'g>), Problem> {
        let inputs: Vec<_> =
            graph.inputs.iter().filter(|input| !self.stored.initializers.contains_key(&*input.name)).collect();
        let [input] = inputs[..] else {
            return Err(GraphProblem::Inputs(inputs.iter().map(|input| input.name.clone()).collect()).into());
        };
        self.width = width(input);
        let mut value = &*input.name;
        // This ends: a value is made once, by a node with one first operand, and the input by none.
        loop {
            let nodes = self.consumers.get(value).cloned().unwrap_or_default();
            if self.is_answer(&nodes) {
                let told: Vec<String> = nodes.iter().map(|node| described(node)).collect();
                self.notes.push(format!("{} set aside: outputs are the values before it", told.join(", ")));
                break;
            }
            let node = match nodes[..] {
                [] if self.layers.is_empty() || graph.outputs.iter().any(|output| output.name == value) => break,
                [] => return Err(GraphProblem::DeadEnd(value.to_owned()).into()),
                [node] => node,
                _ => {
                    let nodes = nodes.iter().map(|node| described(node)).collect();
                    return Err(GraphProblem::Branch { value: value.to_owned(), nodes }.into());
                }
            };
            self.step(node, value)?;
            let made = node.outputs.first().filter(|name| !name.is_empty());
            value = made.ok_or_else(|| GraphProblem::DeadEnd(value.to_owned()))?;
        }
        if self.layers.is_empty() {
            return Err(GraphProblem::NoLayer(input.name.clone()).into());
        }
        if self.has_relu {
            let what = "comes after the last layer; outputs of ReLU networks are read before it";
            let node = format!("Relu making '{value}'");
            return Err(GraphProblem::Node { node, what }.into());
        }
        self.close_layer();
        Ok((Parts { layers: self.layers, notes: self.notes }, self.stored))
    }

    /// Whether these nodes, and all that follow from them, make answers of logits.
    fn is_answer(&self, nodes: &[&'g Node]) -> bool {
        // A reshape that makes no rows is harmless where nothing but answers follows.
        let starts = |node: &Node| ANSWERS.contains(&&*node.op) || (node.op == "Reshape" && !self.keeps_rows(node));
        let starts = nodes.iter().any(|node| starts(node));
        if !starts || self.layers.is_empty() || self.has_relu {
            return false;
        }
        let (mut open, mut seen) = (nodes.to_vec(), HashSet::new());
        while let Some(node) = open.pop() {
            if !ANSWERS.contains(&&*node.op) && !AFTERWARDS.contains(&&*node.op) {
                return false;
            }
            if seen.insert(std::ptr::from_ref(node)) {
                open.extend(node.outputs.iter().filter_map(|made| self.consumers.get(&**made)).flatten());
            }
        }
        true
    }

    /// Takes one node.
    fn step(&mut self, node: &'g Node, value: &str) -> Result<(), Problem> {
        let refuse = |what| Err(Problem::from(GraphProblem::Node { node: described(node), what }));
        let before = self.layers.is_empty();
        match node.op.as_str() {
            op if before && SCALING.contains(&op) => refuse(
                "changes the inputs before the first layer; export the model without its scaler, and scale inputs first",
            ),
            op if op != "Add" && node.inputs.first().is_none_or(|first| first != value) => {
                refuse("takes what comes before it from the right; rows are the first operand of every node")
            }
            _ if !is_standard(node) => refuse("is of another operator set than ONNX's own; no layer is made of it"),
            "Gemm" => self.gemm(node),
            "MatMul" => self.mat_mul(node),
            "Add" => self.add(node, value),
            "Relu" if before => refuse("comes before the first layer; inputs of ReLU networks are read as they are"),
            "Relu" => {
                self.has_relu = true;
                Ok(())
            }
            "Identity" => Ok(()),
            "Flatten" => self.expect_int(node, "axis", 1, &[1], "1"),
            "Dropout" => self.dropout(node),
            "Cast" => {
                let to = attribute(node, "to").and_then(|to| to.int).unwrap_or(0);
                if float(to).is_none() {
                    refuse("turns numbers into no floats; layers compute in floats")
                } else {
                    Ok(())
                }
            }
            "Reshape" => self.reshape(node),
            "LeakyRelu" | "PRelu" | "Elu" | "Selu" | "Gelu" | "Tanh" | "Sigmoid" | "HardSigmoid" | "HardSwish"
            | "Softplus" | "Softsign" | "Clip" | "Erf" | "Celu" | "Mish" | "Swish" | "ThresholdedRelu" => {
                refuse("is no ReLU; direct recovery and audits ask for relu")
            }
            _ => refuse(
                "is no layer of a ReLU network; read are Gemm, MatMul, Add, Relu, and Flatten, Reshape, Cast, \
                         Identity and Dropout around them",
            ),
        }
    }

    /// `alpha·x·B + beta·C`, `B` transposed or not.
    fn gemm(&mut self, node: &Node) -> Result<(), Problem> {
        self.expect_int(node, "transA", 0, &[0], "0")?;
        self.expect_int(node, "transB", 0, &[0, 1], "0 or 1")?;
        let layout = match attribute(node, "transB").and_then(|trans| trans.int) {
            Some(1) => Layout::UnitsFirst,
            _ => Layout::InputsFirst,
        };
        let weights = self.operand(node, 1)?;
        let weights = self.scaled(node, "alpha", weights)?;
        self.open_layer(node, layout, weights)?;
        if node.inputs.get(2).is_some_and(|name| !name.is_empty()) {
            let bias = self.operand(node, 2)?;
            let bias = self.scaled(node, "beta", bias)?;
            self.bias(bias)?;
        }
        Ok(())
    }

    /// A tensor times an attribute of its node, exactly.
    fn scaled(&mut self, node: &Node, name: &'static str, mut tensor: Tensor) -> Result<Tensor, Problem> {
        let factor = f64::from(attribute(node, name).map_or(1.0, |a| a.float.unwrap_or(0.0)));
        if factor == 1.0 {
            return Ok(tensor);
        }
        for value in &mut tensor.values {
            let product = *value * factor;
            // The rounding error is a float itself, and not lost to underflow, for products above 2^-900.
            let exact = product.is_finite()
                && value.mul_add(factor, -product) == 0.0
                && (product.abs() > 2f64.powi(-900) || *value == 0.0 || factor == 0.0);
            if !exact {
                let node = described(node);
                return Err(GraphProblem::Inexact { node, attribute: name, factor, weight: *value }.into());
            }
            *value = product;
        }
        self.notes.push(format!("{name} = {factor} of {} entered its weights", described(node)));
        if tensor.dtype.check(&tensor.values).is_err() {
            tensor.dtype = Dtype::F64;
        }
        Ok(tensor)
    }

    fn mat_mul(&mut self, node: &Node) -> Result<(), Problem> {
        let weights = self.operand(node, 1)?;
        self.open_layer(node, Layout::InputsFirst, weights)
    }

    /// The bias of a layer that has none.
    fn add(&mut self, node: &Node, value: &str) -> Result<(), Problem> {
        if self.has_bias || self.has_relu {
            let what = "adds to what is no product of a layer without bias; read are MatMul, Add, Relu in this order";
            return Err(GraphProblem::Node { node: described(node), what }.into());
        }
        let other = usize::from(node.inputs.first().is_some_and(|first| first == value));
        let bias = self.operand(node, other)?;
        self.bias(bias)
    }

    /// The stored operand of a node in this place.
    fn operand(&mut self, node: &Node, place: usize) -> Result<Tensor, Problem> {
        let name = node.inputs.get(place).map_or("", String::as_str);
        let missing = || GraphProblem::NotStored { node: described(node), operand: name.to_owned() };
        // Weights that several layers share are decoded for each: the limit is on the sum.
        let tensor = self.stored.weights(name)?.ok_or_else(missing)?;
        self.parameters += tensor.values.len() as u128;
        if self.parameters > Shape::MOST_PARAMETERS {
            return Err(GraphProblem::TooLarge { limit: Shape::MOST_PARAMETERS }.into());
        }
        Ok(tensor)
    }

    fn open_layer(&mut self, node: &Node, layout: Layout, weights: Tensor) -> Result<(), Problem> {
        if !self.layers.is_empty() && !self.has_relu {
            let what = "follows another layer without a Relu between; multiply the two, or export them as one";
            return Err(GraphProblem::Node { node: described(node), what }.into());
        }
        self.close_layer();
        weights.expect_units()?;
        let units = layout.units(&weights)?;
        let expected = (weights.values.len() / units) as u64;
        // What later layers take is held against the layers before them, when all are there.
        if let Some(found) = self.width.filter(|&width| self.layers.is_empty() && width != expected) {
            let (tensor, shape) = (weights.name, weights.shape);
            return Err(GraphProblem::Width { node: described(node), tensor, shape, found, expected }.into());
        }
        let bias = Tensor {
            name: format!("bias of {}", weights.name),
            shape: vec![units],
            dtype: weights.dtype,
            values: vec![0.0; units],
        };
        self.layers.push(Layer { layout, weights, bias });
        self.names.push(described(node));
        (self.has_bias, self.has_relu, self.width) = (false, false, Some(units as u64));
        Ok(())
    }

    /// Notes a layer that was left without bias.
    fn close_layer(&mut self) {
        if let Some(name) = self.names.last().filter(|_| !self.has_bias) {
            self.notes.push(format!("layer {name} has no bias; zeros were taken"));
        }
    }

    /// Gives the last layer its bias: `[units]`, or what broadcasts to it.
    fn bias(&mut self, mut bias: Tensor) -> Result<(), Problem> {
        let Some(layer) = self.layers.last_mut() else { return Ok(()) };
        let units = layer.bias.values.len();
        if bias.shape.iter().all(|&axis| axis == 1) {
            bias.values = vec![bias.values.first().copied().unwrap_or_default(); units];
            bias.shape = vec![units];
        } else if let [1, rest @ ..] = &bias.shape[..] {
            bias.shape = rest.to_vec();
        }
        bias.expect(&[units], &layer.weights)?;
        layer.bias = bias;
        self.has_bias = true;
        Ok(())
    }

    /// Dropout does nothing but in training.
    fn dropout(&self, node: &Node) -> Result<(), Problem> {
        let training = node.inputs.get(2).filter(|name| !name.is_empty());
        let off = |name: &String| {
            self.stored
                .initializers
                .get(&**name)
                .is_some_and(|mode| mode.raw.iter().all(|&byte| byte == 0) && mode.int32s.iter().all(|&flag| flag == 0))
        };
        if training.is_some_and(|name| !off(name)) {
            let what = "is set to training; export the model after model.eval()";
            return Err(GraphProblem::Node { node: described(node), what }.into());
        }
        Ok(())
    }

    /// Whether a reshape gives rows of as many values as there were: `[n, width]`.
    fn keeps_rows(&self, node: &Node) -> bool {
        match self.stored.integers(node.inputs.get(1).map_or("", String::as_str)).as_deref() {
            // Minus one stands for what is left, zero for what was there.
            Some(&[_, wide]) => matches!(wide, -1 | 0) || self.width.is_none_or(|width| width == wide.unsigned_abs()),
            _ => false,
        }
    }

    /// A reshape to rows.
    fn reshape(&mut self, node: &Node) -> Result<(), Problem> {
        let name = node.inputs.get(1).map_or("", String::as_str);
        let missing = || GraphProblem::NotStored { node: described(node), operand: name.to_owned() };
        let shape = self.stored.integers(name).ok_or_else(missing)?;
        if self.keeps_rows(node) {
            let wide = shape.last().and_then(|&wide| u64::try_from(wide).ok()).filter(|&wide| wide > 0);
            self.width = self.width.or(wide);
            return Ok(());
        }
        let found = format!("{:?}", shape.iter().take(8).collect::<Vec<_>>());
        let expected = "rows, [n, values of one input]";
        Err(GraphProblem::Attribute { node: described(node), attribute: "shape".to_owned(), found, expected }.into())
    }

    fn expect_int(
        &self,
        node: &Node,
        name: &str,
        default: i64,
        values: &[i64],
        expected: &'static str,
    ) -> Result<(), Problem> {
        let found = attribute(node, name).map_or(default, |a| a.int.unwrap_or(0));
        if values.contains(&found) {
            return Ok(());
        }
        let (node, attribute, found) = (described(node), name.to_owned(), found.to_string());
        Err(GraphProblem::Attribute { node, attribute, found, expected }.into())
    }
}

/// Values of one input, where the graph declares them: all axes but the first, that of the batch.
fn width(input: &super::proto::Value) -> Option<u64> {
    let shape = input.kind.as_ref()?.tensor.as_ref()?.shape.as_ref()?;
    let axes = if shape.dims.len() > 1 { &shape.dims[1..] } else { &shape.dims[..] };
    let length = |axis: &super::proto::Dimension| axis.length.and_then(|n| u64::try_from(n).ok()).filter(|&n| n > 0);
    if axes.is_empty() {
        return None;
    }
    axes.iter().try_fold(1u64, |width, axis| width.checked_mul(length(axis)?))
}
