//! The cells of a search, kept for a certificate: how the cube was split, and what bounds each part.

use super::difference::State;

/// A cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// The term by which it is split, and a node for each state.
    pub(super) split: Option<(usize, Vec<(State, usize)>)>,
    /// Multipliers of its sides, for rounded rows; none for all zero.
    pub(super) multipliers: Vec<f64>,
    /// Whether its open terms are bounded together.
    pub(super) together: bool,
}

impl Node {
    /// A cell that is not split.
    pub(super) fn leaf(multipliers: Vec<f64>) -> Self {
        Self { split: None, multipliers, together: false }
    }
}

/// The first cells of a search. Cells are split from the largest bound down: what is kept is good at any size.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    most: usize,
    nodes: Vec<Node>,
    /// All of the cube, for the difference and for its negative.
    roots: [Option<usize>; 2],
}

impl Tree {
    /// A tree of at most so many cells beside the roots; of 0, nothing is kept.
    pub(super) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// A node for all of the cube.
    pub(super) fn root(&mut self, negated: bool) -> Option<usize> {
        let node = (self.most > 0).then(|| self.push());
        self.roots[usize::from(negated)] = node;
        node
    }

    /// What bounds a cell, where it is kept.
    pub(super) fn set(&mut self, node: Option<usize>, leaf: Node) {
        if let Some(kept) = node.and_then(|node| self.nodes.get_mut(node)) {
            *kept = leaf;
        }
    }

    /// Nodes for the states of a term, `None` each where there is no room.
    pub(super) fn split(&mut self, node: Option<usize>, term: usize, states: &[State]) -> Vec<Option<usize>> {
        let room = self.nodes.len() + states.len() <= self.most;
        let Some(node) = node.filter(|_| room) else { return vec![None; states.len()] };
        let children: Vec<(State, usize)> = states.iter().map(|&state| (state, self.push())).collect();
        let nodes = children.iter().map(|(_, child)| Some(*child)).collect();
        self.nodes[node].split = Some((term, children));
        nodes
    }

    fn push(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    /// The node for all of the cube.
    pub(super) fn at_root(&self, negated: bool) -> Option<usize> {
        self.roots[usize::from(negated)]
    }

    /// A cell.
    pub(super) fn node(&self, index: usize) -> &Node {
        &self.nodes[index]
    }
}
