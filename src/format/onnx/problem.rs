//! What can be wrong with a graph.

/// Why the graph of an ONNX file is no chain of layers that can be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GraphProblem {
    /// The file holds no graph.
    #[error("holds no graph; export the model again")]
    NoGraph,
    /// There is no input, or there are several.
    #[error("has {} inputs ({}); networks of one input are read", .0.len(), .0.join(", "))]
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
    /// A value goes to more than one node.
    #[error("uses the value '{value}' in {} nodes ({}); plain chains of layers are read", nodes.len(), nodes.join(", "))]
    Branch {
        /// The value.
        value: String,
        /// The nodes that take it.
        nodes: Vec<String>,
    },
    /// The chain of layers does not lead to an output.
    #[error("has layers that lead to '{0}', which no node takes and which is no output of the graph")]
    DeadEnd(
        /// The last value.
        String,
    ),
    /// No layer lies between input and output.
    #[error("has no layer (Gemm or MatMul) between its input '{0}' and its output")]
    NoLayer(
        /// The input's name.
        String,
    ),
    /// A node that no ReLU network is made of, or in a place where none is.
    #[error("has a node {node} that {what}")]
    Node {
        /// Its operation and name.
        node: String,
        /// What is wrong with it, and what to do.
        what: &'static str,
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
    /// An operand that should be stored in the file is not.
    #[error(
        "has a node {node} whose operand '{operand}' is no initializer of the file and no Constant; \
         export the model again, with its weights"
    )]
    NotStored {
        /// Operation and name of the node.
        node: String,
        /// The operand.
        operand: String,
    },
    /// Inputs have another number of values than the first layer takes.
    #[error("gives rows of {found} values to {node}, whose weights '{tensor}' of shape {shape:?} take {expected}")]
    Width {
        /// Operation and name of the node.
        node: String,
        /// Its weights.
        tensor: String,
        /// Their shape.
        shape: Vec<usize>,
        /// Values of a row before it.
        found: u64,
        /// Values that it takes.
        expected: u64,
    },
    /// A scaled weight is no f64.
    #[error("has a node {node} with {attribute} = {factor}, times which the weight {weight} is no f64; set it to 1")]
    Inexact {
        /// Operation and name of the node.
        node: String,
        /// The attribute.
        attribute: &'static str,
        /// Its value.
        factor: f64,
        /// The first weight that it does not go with.
        weight: f64,
    },
    /// The layers have more parameters than are read.
    #[error("has more than {limit} parameters, the limit")]
    TooLarge {
        /// The limit.
        limit: u128,
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
