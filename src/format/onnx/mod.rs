//! `.onnx`: a chain of Gemm, or MatMul and Add, with Relu between, and what exporters put around it.
//!
//! The chain is followed from the graph's one input to the logits; a Softmax and what comes of
//! it are set aside. Every other graph is refused, by the name of the node that is too much.

mod chain;
mod external;
mod problem;
mod proto;
mod stored;
mod wire;
mod write;

pub use problem::GraphProblem;
pub(super) use write::bytes;

use super::Problem;
use super::parts::Parts;
use chain::Chain;
use external::External;
use prost::Message;
use proto::{Graph, Model, Node};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use stored::Stored;

fn damaged(reason: impl ToString) -> Problem {
    Problem::Damaged { format: "ONNX", reason: reason.to_string() }
}

/// The parts of a network, and the bytes of other files that hold some of its weights.
pub(super) struct Read {
    pub(super) parts: Parts,
    pub(super) beside: Vec<u8>,
}

/// Reads a model; `folder` is where its other files are, if it has any.
pub(super) fn read(bytes: &[u8], folder: Option<&Path>) -> Result<Read, Problem> {
    wire::check(bytes).map_err(damaged)?;
    let model = Model::decode(bytes).map_err(damaged)?;
    let graph = model.graph.as_ref().filter(|graph| !graph.nodes.is_empty()).ok_or(GraphProblem::NoGraph)?;
    let stored = stored(graph, folder)?;
    let (mut parts, stored) = Chain::new(graph, stored).follow(graph)?;
    let mut beside = Vec::new();
    for (name, bytes) in stored.external.files() {
        parts.notes.push(format!("weights are read from '{name}' beside the model; the hash is of both"));
        beside.extend(bytes);
    }
    Ok(Read { parts, beside })
}

/// Where each value of a graph comes from. Errors: [`GraphProblem::Twice`].
fn stored<'g>(graph: &'g Graph, folder: Option<&'g Path>) -> Result<Stored<'g>, Problem> {
    let mut made = HashSet::new();
    let mut once = |name: &'g str| made.insert(name).then_some(()).ok_or(GraphProblem::Twice(name.to_owned()));
    let mut initializers = HashMap::new();
    for tensor in &graph.initializers {
        once(&tensor.name)?;
        initializers.insert(&*tensor.name, tensor);
    }
    // Older models name their initializers among the inputs, too.
    for input in graph.inputs.iter().filter(|input| !initializers.contains_key(&*input.name)) {
        once(&input.name)?;
    }
    let mut makers = HashMap::new();
    for node in &graph.nodes {
        // An optional output that nobody wants has an empty name.
        for output in node.outputs.iter().filter(|name| !name.is_empty()) {
            once(output)?;
            makers.insert(&**output, node);
        }
    }
    Ok(Stored { initializers, makers, external: External::new(folder) })
}

/// Whether a node is of ONNX's own operator set.
fn is_standard(node: &Node) -> bool {
    matches!(node.domain.as_str(), "" | "ai.onnx")
}

/// A node for messages: its operation, and its name or that of what it makes.
fn described(node: &Node) -> String {
    match (node.name.as_str(), node.outputs.first()) {
        ("", Some(output)) => format!("{} making '{output}'", node.op),
        (name, _) => format!("{} '{name}'", node.op),
    }
}
