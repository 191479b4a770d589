//! What can be wrong with the graph of an ONNX model.

use std::borrow::Cow;

/// The most names that a message shows of a kind.
const MOST_NAMES: usize = 8;
/// The most characters of a name that a message shows.
const MOST_SHOWN: usize = 200;

/// A name of the file as messages show it: control characters escaped, and cut where it is long.
pub(super) fn shown(name: &str) -> String {
    let mut start: String = name.chars().take(MOST_SHOWN).flat_map(char::escape_debug).collect();
    if name.chars().nth(MOST_SHOWN).is_some() {
        start.push('…');
    }
    start
}

/// Names in a row; of many only the first.
pub(super) fn several(names: &[String]) -> String {
    match names.split_at_checked(MOST_NAMES) {
        Some((first, rest)) if !rest.is_empty() => format!("{} and {} more", first.join(", "), rest.len()),
        _ => names.join(", "),
    }
}

/// Names of values, quoted.
fn quoted(values: &[String]) -> String {
    values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(" and ")
}

/// Why the graph of an ONNX file is no chain of layers that can be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GraphProblem {
    /// The file holds no graph, or one without nodes.
    #[error("holds no graph, or one without nodes; export the model again")]
    NoGraph,
    /// The output depends on several inputs.
    #[error("has {} inputs that the output depends on ({}); networks of one input are read", .0.len(), several(.0))]
    Inputs(
        /// Their names.
        Vec<String>,
    ),
    /// Two nodes, or a node and an initializer or input, make one value.
    #[error("makes the value '{0}' twice; export the model again")]
    Twice(
        /// The value's name.
        String,
    ),
    /// The graph declares no output.
    #[error("declares no output; export the model again, with its output declared")]
    NoOutput,
    /// A declared output is made by nothing.
    #[error("declares the output '{0}', which is made by no node; declare a value that is made")]
    NoMaker(
        /// The output.
        String,
    ),
    /// A declared output does not depend on the input.
    #[error("declares the output '{0}', which depends on no value of the input; declare the logits as output")]
    NoInput(
        /// The output.
        String,
    ),
    /// Several outputs are declared, and they are not of the same logits.
    #[error("declares {} outputs ({}) that are not of the same logits; keep the one that is meant", .0.len(), several(.0))]
    Outputs(
        /// Their names.
        Vec<String>,
    ),
    /// A value is made of itself.
    #[error("makes the value '{0}' out of itself, in a cycle of nodes; export the model again")]
    Cycle(
        /// The value.
        String,
    ),
    /// A node joins values that both depend on the input.
    #[error(
        "has a node {node} that joins {}, which depend on the input; read are plain chains of layers, and sums and \
         differences of values of one layer",
        quoted(values)
    )]
    Branch {
        /// Operation and name of the node.
        node: String,
        /// The values that it takes.
        values: Vec<String>,
    },
    /// No layer lies between input and output.
    #[error("has no layer (Gemm or MatMul) between its input '{input}' and its output '{output}'")]
    NoLayer {
        /// The input's name.
        input: String,
        /// The output's name.
        output: String,
    },
    /// A node that no ReLU network is made of, or in a place where none is.
    #[error("has a node {node} that {what}")]
    Node {
        /// Its operation and name.
        node: String,
        /// What is wrong with it, and what to do.
        what: Cow<'static, str>,
    },
    /// The result of an answer is computed with.
    #[error(
        "has a node {answer}, which is no ReLU and whose result goes into {node}; outputs are read before it only where nothing but labels and probabilities come of it"
    )]
    Answer {
        /// Operation and name of the node that makes the answer.
        answer: String,
        /// Operation and name of the node that computes with it.
        node: String,
    },
    /// An attribute has another value than those that are read.
    #[error("has a node {node} with {attribute} = {found}; expected {expected}")]
    Attribute {
        /// Operation and name of the node.
        node: String,
        /// The attribute.
        attribute: String,
        /// Its value.
        found: String,
        /// The values that are read.
        expected: &'static str,
    },
    /// A node lacks an operand.
    #[error("has a node {node} without its operand {place}; export the model again")]
    NoOperand {
        /// Operation and name of the node.
        node: String,
        /// Which operand, from 1.
        place: usize,
    },
    /// An operand is not in the file.
    #[error(
        "has a node {node} whose operand '{operand}' is no initializer of the file and is made by no node; \
         export the model again, with its weights"
    )]
    NotStored {
        /// Operation and name of the node.
        node: String,
        /// The operand.
        operand: String,
    },
    /// An operand that should be a constant depends on the input, or is a further output of a node.
    #[error(
        "has a node {node} whose operand '{operand}' is made by {maker} and is no constant; a constant is read there"
    )]
    NotConstant {
        /// Operation and name of the node.
        node: String,
        /// The operand.
        operand: String,
        /// Operation and name of the node that makes it, or "the input".
        maker: String,
    },
    /// A constant does not fit the node that takes it.
    #[error("has a node {node} whose operand '{operand}' is {found}; expected {expected}")]
    Operand {
        /// Operation and name of the node.
        node: String,
        /// The operand.
        operand: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: Cow<'static, str>,
    },
    /// Rows have another number of values than the layer takes.
    #[error("gives rows of {found} values to {node}, whose weights '{tensor}' of shape {shape:?} take {expected}")]
    Width {
        /// Operation and name of the node.
        node: String,
        /// Its weights.
        tensor: String,
        /// Their shape.
        shape: Vec<usize>,
        /// Values of a row before it.
        found: usize,
        /// Values that it takes.
        expected: usize,
    },
    /// A constant is no vector that goes with rows.
    #[error(
        "has a node {node} whose constant '{tensor}' of shape {shape:?} goes with no row of shape {rows}; \
         expected one number, or one for each value of a row"
    )]
    Broadcast {
        /// Operation and name of the node.
        node: String,
        /// The constant.
        tensor: String,
        /// Its shape.
        shape: Vec<usize>,
        /// The shape of the rows; n stands for the inputs of a batch.
        rows: String,
    },
    /// A node that is folded into a layer makes a weight that is no f64.
    #[error(
        "has {folded} to be folded into the layer {layer}, where {what} would become about {value}, which is no f64 \
         exactly; export the model without it, or with rounded weights that have it folded in"
    )]
    Inexact {
        /// What is folded.
        folded: String,
        /// Operation and name of the layer's node.
        layer: String,
        /// Which weight or bias.
        what: String,
        /// The f64 nearest to it.
        value: f64,
    },
    /// The layers have more parameters than are read.
    #[error("has more than {limit} parameters, the limit")]
    TooLarge {
        /// The limit.
        limit: u128,
    },
    /// The nodes make more of the file than is done.
    #[error("has nodes that make more than {limit} numbers in all, the limit; store the weights as they are used")]
    TooMuch {
        /// The limit.
        limit: usize,
    },
    /// Axes of a tensor are negative, or too long.
    #[error("has a tensor '{tensor}' of shape {found:?}; expected lengths that are not negative and fit the file")]
    Axes {
        /// The tensor.
        tensor: String,
        /// Its shape.
        found: Vec<i64>,
    },
    /// A tensor has another number of values than its shape says.
    #[error("has a tensor '{tensor}' of shape {shape:?} with {found} {unit}; expected {expected}")]
    Values {
        /// The tensor.
        tensor: String,
        /// Its shape.
        shape: Vec<i64>,
        /// What is counted: bytes, or entries of a field.
        unit: &'static str,
        /// How many are there.
        found: usize,
        /// How many the shape asks for.
        expected: usize,
    },
    /// A weight of 16 bits is stored in a number that has more.
    #[error("has a tensor '{tensor}' with {value} at index {index}; expected the 16 bits of a weight")]
    Bits {
        /// The tensor.
        tensor: String,
        /// Index in row-major order.
        index: usize,
        /// The number.
        value: i32,
    },
    /// An integer is none of its type, or too large to be read.
    #[error("has a tensor '{tensor}' with an integer at index {index} that is no {data_type}")]
    Range {
        /// The tensor.
        tensor: String,
        /// Index in row-major order.
        index: usize,
        /// The type.
        data_type: String,
    },
    /// A sparse tensor does not go together.
    #[error("has a sparse tensor '{tensor}' that {why}; export the model again")]
    Sparse {
        /// The tensor.
        tensor: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Values are kept in another file that cannot be taken.
    #[error("keeps the values of tensor '{tensor}' in the file '{location}', which {why}")]
    External {
        /// The tensor.
        tensor: String,
        /// The other file, as it is named.
        location: String,
        /// Why not, and what to do.
        why: String,
    },
}
