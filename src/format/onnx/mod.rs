//! `.onnx`: a chain of Gemm, or MatMul and Add, with Relu between, and what exporters put around it.
//!
//! The graph is read from its declared output back: every node that the output needs is a layer, moves
//! values without changing them, is folded into a layer exactly, or is told in a note. Every other
//! graph is refused, by the name of the node that is too much. Nodes that no output needs are no part
//! of the network.

mod affine;
mod axes;
mod chain;
mod constant;
mod constants;
mod convert;
mod external;
mod fold;
mod input;
mod layer;
mod node;
mod operation;
mod proto;
mod rows;
mod stored;
mod walk;
mod wire;
mod write;

pub(super) use write::bytes;

use super::Problem;
use super::graph::{GraphProblem, shown};
use super::parts::Parts;
use constants::Constants;
use prost::Message;
use proto::Model;
use std::path::Path;

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
    let standard = model.opsets.iter().filter(|opset| matches!(opset.domain.as_str(), "" | "ai.onnx"));
    let version = standard.map(|opset| opset.version).max().unwrap_or(i64::MAX);
    let mut constants = Constants::new(graph, folder)?;
    let mut parts = chain::read(graph, &mut constants, version)?;
    let mut beside = Vec::new();
    for (name, bytes) in constants.external.files() {
        parts.notes.push(format!("weights are read from '{}' beside the model; the hash is of both", shown(name)));
        beside.extend(bytes);
    }
    Ok(Read { parts, beside })
}
