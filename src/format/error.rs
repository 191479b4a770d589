//! What can be wrong with a network file.

use super::Dtype;
use crate::net::{Family, UnknownActivation};
use std::path::{Path, PathBuf};

/// A file and what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct Error {
    /// The file.
    pub path: PathBuf,
    /// The problem.
    #[source]
    pub problem: Box<Problem>,
}

impl Error {
    /// A problem with this file.
    pub fn new(path: &Path, problem: Problem) -> Self {
        Self { path: path.to_owned(), problem: Box::new(problem) }
    }
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It cannot be opened or read.
    #[error("cannot be read: {0}")]
    Read(std::io::Error),
    /// It cannot be written.
    #[error("cannot be written: {0}")]
    Write(std::io::Error),
    /// The folder to write to is not there.
    #[error("cannot be written: there is no folder {}; make it first", .0.display())]
    NoFolder(PathBuf),
    /// It is a folder.
    #[error("is a folder; name a .npz, .safetensors or .onnx file")]
    Folder,
    /// It has no bytes.
    #[error("is empty; name a .npz, .safetensors or .onnx file with content")]
    Empty,
    /// It is larger than this program reads.
    #[error("is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// It is none of the formats that are read.
    #[error("is not .npz, .safetensors or .onnx but {0}")]
    Unknown(&'static str),
    /// A name to write to has an ending that names no format.
    #[error("cannot be written: end the name in .npz, .safetensors or .onnx")]
    Ending,
    /// The container is damaged.
    #[error("is not a whole {format} file, save it again: {reason}")]
    Damaged {
        /// The format.
        format: &'static str,
        /// What the reader says.
        reason: String,
    },
    /// A tensor is not there.
    #[error("has no tensor '{tensor}'; it holds {found}. Expected: {expected}")]
    Missing {
        /// The tensor.
        tensor: String,
        /// What is there.
        found: String,
        /// What a file should hold.
        expected: &'static str,
    },
    /// Several arrays could be the one that is looked for.
    #[error("holds {found}, of which more than one could be the inputs; keep one, say {name}, and rename the others")]
    Ambiguous {
        /// What is there.
        found: String,
        /// The first name that is looked for.
        name: &'static str,
    },
    /// It holds at most one layer.
    #[error("holds one layer, '{layer}', where a network has two or more; it holds {found}. Expected: {expected}")]
    OneLayer {
        /// The layer.
        layer: String,
        /// What is there.
        found: String,
        /// What a file should hold.
        expected: &'static str,
    },
    /// Two tensors have the same part in a layer.
    #[error("holds '{first}' and '{second}', and either could be the same part of a layer; leave one of them out")]
    Twice {
        /// One tensor.
        first: String,
        /// The other.
        second: String,
    },
    /// A tensor belongs to more than plain layers.
    #[error(
        "holds '{0}', which is no part of a plain Linear layer: fold it into the weights and leave it out, or choose \
         the layers that make the network with --layers NAME,NAME"
    )]
    Foreign(String),
    /// Names are made in two ways.
    #[error(
        "names its weights in two ways, '{first}' and '{second}': rename them in one way, or choose layers that are \
         named in one way, in their order, with --layers NAME,NAME"
    )]
    Mixed {
        /// A tensor.
        first: String,
        /// One that is named in another way.
        second: String,
    },
    /// Layers fit together in several orders.
    #[error(
        "holds layers that fit in more than one order, {first} or {second}: choose with --layers {} or --layers {}",
        choices[0], choices[1]
    )]
    Order {
        /// One order, with its sizes.
        first: String,
        /// Another.
        second: String,
        /// Both, as they are chosen.
        choices: [String; 2],
    },
    /// Weights fit with either axis first.
    #[error(
        "holds weights that fit as [inputs, units] and as [units, inputs], {layers}: say which by the names A0, A1, \
         which stand for [inputs, units]. In Python, with v the loaded file: {recipe}, and .T after each weight if \
         they are [units, inputs]"
    )]
    Transposed {
        /// The layers.
        layers: String,
        /// What to type.
        recipe: String,
    },
    /// Arrays without names could be a network in several ways, or in none.
    #[error(
        "holds {found}, and positions do not tell which is which: name them, as in numpy.savez('v.npz', A0=..., \
         b0=..., A1=..., b1=...), A being [inputs, units]"
    )]
    Positions {
        /// What is there.
        found: String,
    },
    /// Layers have more orders than are tried.
    #[error("holds {layers} layers, whose order was not found in the tries allowed: choose it with --layers NAME,NAME")]
    TooManyOrders {
        /// How many there are.
        layers: usize,
    },
    /// Layers fit together in no order.
    #[error(
        "holds layers that fit together in no order, with weights {axes}: {layers}. Choose those of one network, in \
         their order, with --layers NAME,NAME"
    )]
    NoOrder {
        /// The layers and their shapes.
        layers: String,
        /// The order of the axes.
        axes: &'static str,
    },
    /// It holds more than one network.
    #[error("holds several networks, {list}: choose one by its layers, as --layers {choice}")]
    Networks {
        /// The layers of each, with their sizes.
        list: String,
        /// One, as it is chosen.
        choice: String,
    },
    /// The user chose a layer that is not there.
    #[error("has no layer '{layer}', which --layers names; its layers are {found}")]
    NoLayer {
        /// The layer.
        layer: String,
        /// Those that are there.
        found: String,
    },
    /// The user named a tensor that is not there.
    #[error("has no tensor '{key}', which --keys names; it holds {found}")]
    NoKey {
        /// The tensor.
        key: String,
        /// What is there.
        found: String,
    },
    /// Shapes do not tell which axis of a layer's weights is that of the units.
    #[error(
        "holds '{key}' {shape:?}, whose shape does not say which axis is that of the units: type --keys {} if the \
         layer computes x·{key}, as in NumPy and Keras, or --keys {} if it computes {key}·x, as in PyTorch",
        choices[0], choices[1]
    )]
    Square {
        /// The weights.
        key: String,
        /// Their shape.
        shape: Vec<usize>,
        /// Both choices, as they are typed.
        choices: [String; 2],
    },
    /// The user chose layers of a file that tells their order itself.
    #[error("is an ONNX model, whose graph tells the order of its layers: leave {0} out")]
    Ordered(&'static str),
    /// Arrays hold Python objects.
    #[error("keeps Python objects in {arrays}, and pickles are not read. In Python, convert it: {recipe}")]
    Objects {
        /// The arrays.
        arrays: String,
        /// What to type.
        recipe: String,
    },
    /// Standard input was read before.
    #[error("is named twice, and can be read once: name a file in one place")]
    StandardInput,
    /// Text is in another encoding.
    #[error("is UTF-16 text, as some shells redirect output: write it with --json FILE, or save it as UTF-8")]
    Utf16,
    /// The activation is none that is known.
    #[error("says of its hidden units: {0}")]
    Activation(UnknownActivation),
    /// The activation is not ReLU.
    #[error("has activation {0}; ReLU networks alone are taken here")]
    NotRelu(Family),
    /// The user says another activation than the file.
    #[error("has activation {found}; {told} was asked for")]
    Contradicted {
        /// The file's.
        found: Family,
        /// The user's.
        told: Family,
    },
    /// Several activations, or slopes, which the format has no place for.
    #[error("this format holds one activation for all hidden layers, and no slopes of units: write .onnx")]
    OnnxAlone,
    /// A format that says nothing of activations.
    #[error(".npz has no place for the activation {0}: write .safetensors or .onnx")]
    NoPlace(Family),
    /// An activation with a slope for each unit, which the file does not give.
    #[error("holds no slopes of its units; prelu is read from ONNX models, which hold them")]
    NoSlopes,
    /// Tensors do not fit together.
    #[error("tensor '{tensor}' has shape {found:?}; {expected:?} would fit '{beside}' of shape {beside_shape:?}")]
    Shape {
        /// The tensor.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that would fit.
        expected: Vec<usize>,
        /// The tensor that it should fit.
        beside: String,
        /// That one's shape.
        beside_shape: Vec<usize>,
    },
    /// A tensor has the wrong number of axes.
    #[error("tensor '{tensor}' has shape {found:?}; expected {expected}")]
    Axes {
        /// The tensor.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// What its axes should be.
        expected: &'static str,
    },
    /// A layer has no units.
    #[error("tensor '{tensor}' has shape {shape:?}: every layer needs at least one unit")]
    EmptyLayer {
        /// The tensor.
        tensor: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// A tensor is of a type that is not read.
    #[error("tensor '{tensor}' has type {found}; expected {expected}")]
    Type {
        /// The tensor.
        tensor: String,
        /// Its type.
        found: String,
        /// The types that are read.
        expected: &'static str,
    },
    /// An entry is infinite or not a number.
    #[error("tensor '{tensor}' holds {value} at index {index}; every entry must be finite")]
    NotFinite {
        /// The tensor.
        tensor: String,
        /// Index in row-major order.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A weight does not fit the type that it should be written in.
    #[error("cannot be written in {dtype}: weight {value} is none; choose a wider type")]
    Unrepresentable {
        /// The type.
        dtype: Dtype,
        /// The weight.
        value: f64,
    },
    /// It is no whole IDX file of bytes.
    #[error("is read as an IDX file, and {0}")]
    Idx(String),
    /// Nothing says where the labels of an IDX file of images are.
    #[error("has no 'images' in its name: its labels are looked for under that name with 'labels' instead")]
    NoLabels,
    /// It holds no labelled inputs.
    #[error("is not a .npz of images [n, ...] and labels [n] but {0}")]
    NoSamples(&'static str),
    /// A label is not a class number.
    #[error("array 'labels' holds {value} at index {index}; every label must be an integer from 0 to {most}")]
    Label {
        /// Index of the sample.
        index: usize,
        /// The value.
        value: f64,
        /// The largest label that is read.
        most: usize,
    },
    /// NumPy has no such type.
    #[error("cannot be written: .npz has no {dtype}; write .safetensors or .onnx")]
    NoNumpyType {
        /// The type.
        dtype: Dtype,
    },
    /// The graph of an ONNX model is no chain of layers.
    #[error(transparent)]
    Graph(#[from] super::GraphProblem),
    /// The tensors make no network.
    #[error(transparent)]
    Network(#[from] crate::net::Error),
}
