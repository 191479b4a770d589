//! The messages of ONNX that are read and written, as far as they are needed.
//!
//! Field numbers are those of `onnx.proto3` of the ONNX project; other fields are passed over.

/// `ModelProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Model {
    #[prost(int64, tag = 1)]
    pub(super) ir_version: i64,
    #[prost(string, tag = 2)]
    pub(super) producer: String,
    #[prost(message, optional, tag = 7)]
    pub(super) graph: Option<Graph>,
    #[prost(message, repeated, tag = 8)]
    pub(super) opsets: Vec<Opset>,
}

/// `OperatorSetIdProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Opset {
    #[prost(string, tag = 1)]
    pub(super) domain: String,
    #[prost(int64, tag = 2)]
    pub(super) version: i64,
}

/// `GraphProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Graph {
    #[prost(message, repeated, tag = 1)]
    pub(super) nodes: Vec<Node>,
    #[prost(string, tag = 2)]
    pub(super) name: String,
    #[prost(message, repeated, tag = 5)]
    pub(super) initializers: Vec<Tensor>,
    #[prost(message, repeated, tag = 15)]
    pub(super) sparse_initializers: Vec<Sparse>,
    #[prost(message, repeated, tag = 11)]
    pub(super) inputs: Vec<Value>,
    #[prost(message, repeated, tag = 12)]
    pub(super) outputs: Vec<Value>,
}

/// `NodeProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Node {
    #[prost(string, repeated, tag = 1)]
    pub(super) inputs: Vec<String>,
    #[prost(string, repeated, tag = 2)]
    pub(super) outputs: Vec<String>,
    #[prost(string, tag = 3)]
    pub(super) name: String,
    #[prost(string, tag = 4)]
    pub(super) op: String,
    #[prost(message, repeated, tag = 5)]
    pub(super) attributes: Vec<Attribute>,
    #[prost(string, tag = 7)]
    pub(super) domain: String,
}

/// `AttributeProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Attribute {
    #[prost(string, tag = 1)]
    pub(super) name: String,
    #[prost(float, optional, tag = 2)]
    pub(super) float: Option<f32>,
    #[prost(int64, optional, tag = 3)]
    pub(super) int: Option<i64>,
    #[prost(message, optional, boxed, tag = 5)]
    pub(super) tensor: Option<Box<Tensor>>,
    #[prost(message, optional, boxed, tag = 22)]
    pub(super) sparse: Option<Box<Sparse>>,
    #[prost(float, repeated, tag = 7)]
    pub(super) floats: Vec<f32>,
    #[prost(int64, repeated, tag = 8)]
    pub(super) ints: Vec<i64>,
    /// `AttributeType`.
    #[prost(int32, tag = 20)]
    pub(super) kind: i32,
}

/// `AttributeType` of a number.
pub(super) const FLOAT: i32 = 1;
/// `AttributeType` of an integer.
pub(super) const INT: i32 = 2;

/// `TensorProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Tensor {
    #[prost(int64, repeated, tag = 1)]
    pub(super) dims: Vec<i64>,
    /// `DataType`.
    #[prost(int32, tag = 2)]
    pub(super) data_type: i32,
    #[prost(float, repeated, tag = 4)]
    pub(super) floats: Vec<f32>,
    #[prost(int32, repeated, tag = 5)]
    pub(super) int32s: Vec<i32>,
    #[prost(int64, repeated, tag = 7)]
    pub(super) int64s: Vec<i64>,
    #[prost(string, tag = 8)]
    pub(super) name: String,
    #[prost(bytes = "vec", tag = 9)]
    pub(super) raw: Vec<u8>,
    #[prost(double, repeated, tag = 10)]
    pub(super) doubles: Vec<f64>,
    #[prost(uint64, repeated, tag = 11)]
    pub(super) uint64s: Vec<u64>,
    #[prost(message, repeated, tag = 13)]
    pub(super) external: Vec<Entry>,
    /// `DataLocation`: [`EXTERNAL`] where the values are kept in another file.
    #[prost(int32, tag = 14)]
    pub(super) location: i32,
}

/// `SparseTensorProto`: values, and where they stand in a tensor of zeros.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Sparse {
    /// Its name is that of the tensor.
    #[prost(message, optional, tag = 1)]
    pub(super) values: Option<Tensor>,
    #[prost(message, optional, tag = 2)]
    pub(super) indices: Option<Tensor>,
    #[prost(int64, repeated, tag = 3)]
    pub(super) dims: Vec<i64>,
}

/// `DataLocation.EXTERNAL`.
pub(super) const EXTERNAL: i32 = 1;

/// `StringStringEntryProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Entry {
    #[prost(string, tag = 1)]
    pub(super) key: String,
    #[prost(string, tag = 2)]
    pub(super) value: String,
}

/// `ValueInfoProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Value {
    #[prost(string, tag = 1)]
    pub(super) name: String,
    #[prost(message, optional, tag = 2)]
    pub(super) kind: Option<Type>,
}

/// `TypeProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Type {
    #[prost(message, optional, tag = 1)]
    pub(super) tensor: Option<TensorType>,
}

/// `TypeProto.Tensor`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct TensorType {
    /// `DataType`.
    #[prost(int32, tag = 1)]
    pub(super) data_type: i32,
    #[prost(message, optional, tag = 2)]
    pub(super) shape: Option<Shape>,
}

/// `TensorShapeProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Shape {
    #[prost(message, repeated, tag = 1)]
    pub(super) dims: Vec<Dimension>,
}

/// `TensorShapeProto.Dimension`: a length, a name that stands for one, or neither.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Dimension {
    #[prost(int64, optional, tag = 1)]
    pub(super) length: Option<i64>,
    #[prost(string, optional, tag = 2)]
    pub(super) parameter: Option<String>,
}
