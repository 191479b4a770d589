//! A node and its attributes.

use super::proto::{Attribute, Node};
use crate::format::graph::shown;

/// Whether a node is of ONNX's own operator set.
pub(super) fn is_standard(node: &Node) -> bool {
    matches!(node.domain.as_str(), "" | "ai.onnx")
}

/// A node for messages: its operation, and its name or that of what it makes.
pub(super) fn described(node: &Node) -> String {
    let op = shown(&node.op);
    match (node.name.as_str(), node.outputs.iter().find(|name| !name.is_empty())) {
        ("", Some(output)) => format!("{op} making '{}'", shown(output)),
        ("", None) => format!("{op} making nothing"),
        (name, _) => format!("{op} '{}'", shown(name)),
    }
}

/// An attribute of a node.
pub(super) fn attribute<'n>(node: &'n Node, name: &str) -> Option<&'n Attribute> {
    node.attributes.iter().find(|attribute| attribute.name == name)
}

/// An integer attribute; zero is what a file leaves out.
pub(super) fn integer(node: &Node, name: &str, default: i64) -> i64 {
    attribute(node, name).map_or(default, |attribute| attribute.int.unwrap_or(0))
}

/// A floating-point attribute; zero is what a file leaves out.
pub(super) fn float(node: &Node, name: &str, default: f32) -> f64 {
    attribute(node, name).map_or(default, |attribute| attribute.float.unwrap_or(0.0)).into()
}

/// An attribute of integers.
pub(super) fn integers<'n>(node: &'n Node, name: &str) -> &'n [i64] {
    attribute(node, name).map_or(&[], |attribute| &attribute.ints)
}

/// The name of an operand; `None` where it is left out.
pub(super) fn operand(node: &Node, place: usize) -> Option<&str> {
    node.inputs.get(place).map(String::as_str).filter(|name| !name.is_empty())
}
