//! The constants of a graph, each made when a node first asks for it.

use super::axes::MOST_VALUES;
use super::constant::Constant;
use super::external::External;
use super::fold::fold;
use super::node::described;
use super::proto::{self, Graph, Node, Sparse};
use super::stored::{decode, written_out};
use crate::format::Problem;
use crate::format::graph::{GraphProblem, shown};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;

/// The most numbers that all nodes make together; of a long rational, each 64 bits count as one.
const MOST_NUMBERS: usize = 4 * MOST_VALUES;

/// How a file stores a constant.
#[derive(Clone, Copy)]
enum Stored<'g> {
    Dense(&'g proto::Tensor),
    Sparse(&'g Sparse),
}

/// What a graph stores, and what its nodes make of that alone.
pub(super) struct Constants<'g> {
    stored: HashMap<&'g str, Stored<'g>>,
    /// The node that makes each value.
    pub(super) makers: HashMap<&'g str, &'g Node>,
    made: HashMap<&'g str, Rc<Constant>>,
    pub(super) external: External<'g>,
    numbers: usize,
}

impl<'g> Constants<'g> {
    /// Where each value of a graph comes from. Errors: [`GraphProblem::Twice`].
    pub(super) fn new(graph: &'g Graph, folder: Option<&'g Path>) -> Result<Self, Problem> {
        let mut names = HashSet::new();
        let mut once = |name: &'g str| {
            (name.is_empty() || names.insert(name)).then_some(()).ok_or(GraphProblem::Twice(shown(name)))
        };
        let mut stored = HashMap::new();
        for tensor in &graph.initializers {
            once(&tensor.name)?;
            stored.insert(&*tensor.name, Stored::Dense(tensor));
        }
        for sparse in &graph.sparse_initializers {
            let name = sparse.values.as_ref().map_or("", |values| &values.name);
            once(name)?;
            stored.insert(name, Stored::Sparse(sparse));
        }
        // Older models name their initializers among the inputs, too.
        for input in graph.inputs.iter().filter(|input| !stored.contains_key(&*input.name)) {
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
        Ok(Self { stored, makers, made: HashMap::new(), external: External::new(folder), numbers: 0 })
    }

    /// Whether the file stores a constant of this name.
    pub(super) fn is_stored(&self, name: &str) -> bool {
        self.stored.contains_key(name)
    }

    /// Counts numbers that are made. Errors: [`GraphProblem::TooMuch`].
    pub(super) fn spend(&mut self, numbers: usize) -> Result<(), Problem> {
        self.numbers = self.numbers.saturating_add(numbers);
        if self.numbers > MOST_NUMBERS {
            return Err(GraphProblem::TooMuch { limit: MOST_NUMBERS }.into());
        }
        Ok(())
    }

    /// The constant of this name, for a node that takes it. No node on the way may depend on the input.
    pub(super) fn get(&mut self, name: &str, node: &Node) -> Result<Rc<Constant>, Problem> {
        // What is asked for, and by which node; the last one first. There are no cycles.
        let mut open = vec![(name, node)];
        while let Some(&(name, node)) = open.last() {
            if self.made.contains_key(name) {
                open.pop();
                continue;
            }
            if let Some((&name, &stored)) = self.stored.get_key_value(name) {
                let constant = match stored {
                    Stored::Dense(tensor) => decode(tensor, name, &mut self.external)?,
                    Stored::Sparse(sparse) => written_out(sparse, name, &mut self.external)?,
                };
                self.keep(name, constant)?;
                continue;
            }
            let Some((&name, &maker)) = self.makers.get_key_value(name) else {
                let (node, operand) = (described(node), shown(name));
                return Err(GraphProblem::NotStored { node, operand }.into());
            };
            if maker.outputs.first().is_none_or(|first| first != name) {
                let (node, operand, maker) = (described(node), shown(name), described(maker));
                return Err(GraphProblem::NotConstant { node, operand, maker }.into());
            }
            let missing: Vec<(&str, &Node)> = (maker.inputs.iter())
                .filter(|input| !input.is_empty() && !self.made.contains_key(input.as_str()))
                .map(|input| (&**input, maker))
                .collect();
            if missing.is_empty() {
                let inputs: Vec<_> = maker.inputs.iter().map(|input| self.made.get(&**input).cloned()).collect();
                let constant = fold(maker, &inputs, &mut self.external)?;
                self.keep(name, constant)?;
            } else {
                open.extend(missing);
            }
        }
        let missing = || GraphProblem::NotStored { node: described(node), operand: shown(name) }.into();
        self.made.get(name).cloned().ok_or_else(missing)
    }

    fn keep(&mut self, name: &'g str, constant: Constant) -> Result<(), Problem> {
        self.spend(constant.len() + constant.shape.len())?;
        self.made.insert(name, Rc::new(constant));
        Ok(())
    }
}
