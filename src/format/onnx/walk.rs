//! Which nodes the declared outputs are made by, in an order in which each has its operands.

use super::constants::Constants;
use super::proto::{Graph, Node};
use crate::format::Problem;
use crate::format::graph::{GraphProblem, shown};
use std::collections::{HashMap, HashSet};

/// Every node that an output needs.
pub(super) fn nodes<'g>(graph: &'g Graph, constants: &Constants<'g>) -> Result<Vec<&'g Node>, Problem> {
    if graph.outputs.is_empty() {
        return Err(GraphProblem::NoOutput.into());
    }
    let mut order = Vec::new();
    // Whether a node is done; those that are begun and not done are those on the way.
    let mut done: HashMap<*const Node, bool> = HashMap::new();
    for output in &graph.outputs {
        let name = output.name.as_str();
        let Some(&node) = constants.makers.get(name) else {
            if constants.is_stored(name) || graph.inputs.iter().any(|input| input.name == name) {
                continue;
            }
            return Err(GraphProblem::NoMaker(shown(name)).into());
        };
        if done.contains_key(&std::ptr::from_ref(node)) {
            continue;
        }
        done.insert(node, false);
        let mut way = vec![(node, node.inputs.iter())];
        while let Some((node, rest)) = way.last_mut() {
            let Some(operand) = rest.next() else {
                done.insert(*node, true);
                order.push(*node);
                way.pop();
                continue;
            };
            let Some(&maker) = constants.makers.get(operand.as_str()) else { continue };
            match done.get(&std::ptr::from_ref(maker)) {
                Some(true) => {}
                Some(false) => return Err(GraphProblem::Cycle(shown(operand)).into()),
                None => {
                    done.insert(maker, false);
                    way.push((maker, maker.inputs.iter()));
                }
            }
        }
    }
    Ok(order)
}

/// Those of the nodes that depend on the input.
pub(super) fn dependent<'g>(mut nodes: Vec<&'g Node>, input: &'g str) -> Vec<&'g Node> {
    let mut dependent = HashSet::from([input]);
    nodes.retain(|node| {
        let depends = node.inputs.iter().any(|operand| dependent.contains(&**operand));
        if depends {
            dependent.extend(node.outputs.iter().filter(|name| !name.is_empty()).map(String::as_str));
        }
        depends
    });
    nodes
}
