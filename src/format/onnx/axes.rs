//! How nodes move values about: shapes and orders, the same for constants and for rows.

use super::constant::{Constant, Whole};
use super::node::{attribute, described, integer, integers};
use super::proto::Node;
use crate::format::Problem;
use crate::format::graph::{GraphProblem, shown};
use crate::net::Shape;
use std::fmt;
use std::rc::Rc;

/// The most values that one node makes.
pub(super) const MOST_VALUES: usize = Shape::MOST_PARAMETERS as usize;

/// The most axes that values may have: more than any runtime takes.
const MOST_AXES: usize = 64;

/// Length of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    /// The inputs of a batch, of whatever number.
    Batch,
    /// So many values of one input.
    Length(usize),
}

impl Axis {
    /// Its length for one input.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Batch => 1,
            Self::Length(length) => length,
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Batch => f.write_str("n"),
            Self::Length(length) => length.fmt(f),
        }
    }
}

/// A shape for messages: `[n, 4]`.
pub(super) fn text(axes: &[Axis]) -> String {
    format!("[{}]", axes.iter().map(Axis::to_string).collect::<Vec<_>>().join(", "))
}

/// Values of one input.
pub(super) fn count(axes: &[Axis]) -> usize {
    axes.iter().map(|axis| axis.length()).fold(1, usize::saturating_mul)
}

/// Where a node puts values.
pub(super) struct Moved {
    pub(super) axes: Vec<Axis>,
    /// For each value in row-major order, the place that it had; `None` where all keep theirs.
    pub(super) order: Option<Vec<usize>>,
}

/// Operations that move values and change none.
pub(super) const MOVES: [&str; 8] =
    ["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Gather"];

/// What such a node does to values of these axes; `parameters` are its operands after the first.
pub(super) fn moved(node: &Node, axes: &[Axis], parameters: &[Option<Rc<Constant>>]) -> Result<Moved, Problem> {
    let kept = |axes| Moved { axes, order: None };
    if axes.len() > MOST_AXES {
        return refuse(node, format!("takes values of {} axes; the limit is {MOST_AXES}", axes.len()));
    }
    match node.op.as_str() {
        "Identity" => Ok(kept(axes.to_vec())),
        "Reshape" => reshaped(node, axes, parameters).map(kept),
        "Flatten" => {
            let at = place(node, integer(node, "axis", 1), axes.len(), true)?;
            let (before, after) = axes.split_at(at);
            Ok(kept(vec![joined(before), joined(after)]))
        }
        "Squeeze" => squeezed(node, axes, parameters).map(kept),
        "Unsqueeze" => unsqueezed(node, axes, parameters).map(kept),
        "Transpose" => transposed(node, axes),
        "Slice" => sliced(node, axes, parameters),
        _ => gathered(node, axes, parameters),
    }
}

fn refuse<T>(node: &Node, what: impl Into<std::borrow::Cow<'static, str>>) -> Result<T, Problem> {
    Err(GraphProblem::Node { node: described(node), what: what.into() }.into())
}

/// An axis by its number, from the end where it is negative.
fn place(node: &Node, axis: i64, rank: usize, end: bool) -> Result<usize, Problem> {
    let counted = if axis < 0 { axis.checked_add(rank as i64) } else { Some(axis) };
    match counted.and_then(|axis| usize::try_from(axis).ok()) {
        Some(at) if at < rank || end && at == rank => Ok(at),
        _ => refuse(node, format!("names axis {axis} of {rank}; export the model again")),
    }
}

/// Several axes as one. A batch can be joined to nothing longer: then the node takes one input at a time.
fn joined(axes: &[Axis]) -> Axis {
    match count(axes) {
        1 if axes.contains(&Axis::Batch) => Axis::Batch,
        length => Axis::Length(length),
    }
}

/// Integers that a node takes from an attribute or, in newer operator sets, from an operand.
fn listed(
    node: &Node,
    name: &str,
    parameters: &[Option<Rc<Constant>>],
    at: usize,
) -> Result<Option<Vec<Whole>>, Problem> {
    if let Some(constant) = parameters.get(at).and_then(Option::as_ref) {
        return Ok(Some(constant.wholes(node)?.to_vec()));
    }
    Ok(attribute(node, name).map(|_| integers(node, name).iter().map(|&n| Whole::Known(n)).collect()))
}

/// The same, where it names axes or their lengths: no more than there may be.
fn few(node: &Node, name: &str, parameters: &[Option<Rc<Constant>>], at: usize) -> Result<Option<Vec<Whole>>, Problem> {
    let list = listed(node, name, parameters, at)?;
    match list.as_ref().map(Vec::len) {
        Some(count) if count > MOST_AXES => refuse(node, format!("names {count} axes; the limit is {MOST_AXES}")),
        _ => Ok(list),
    }
}

/// The same, all of them numbers.
fn numbers(
    node: &Node,
    name: &str,
    parameters: &[Option<Rc<Constant>>],
    at: usize,
) -> Result<Option<Vec<i64>>, Problem> {
    few(node, name, parameters, at)?.map(|list| known(node, &list)).transpose()
}

/// Integers that are no sizes of a batch.
fn known(node: &Node, list: &[Whole]) -> Result<Vec<i64>, Problem> {
    let known = |whole: &Whole| match whole {
        Whole::Known(number) => Ok(*number),
        Whole::Batch => refuse(node, "takes the size of the batch for a place; read are sizes of shapes"),
    };
    list.iter().map(known).collect()
}

fn reshaped(node: &Node, axes: &[Axis], parameters: &[Option<Rc<Constant>>]) -> Result<Vec<Axis>, Problem> {
    let Some(target) = few(node, "shape", parameters, 0)? else {
        return Err(GraphProblem::NoOperand { node: described(node), place: 2 }.into());
    };
    let zeros_copy = integer(node, "allowzero", 0) == 0;
    let unfit = || {
        let each = |whole: &Whole| match whole {
            Whole::Known(length) => length.to_string(),
            Whole::Batch => "n".to_owned(),
        };
        let wanted = target.iter().take(8).map(each).collect::<Vec<_>>().join(", ");
        refuse(node, format!("makes the shape [{wanted}] of values of shape {}, which does not go", text(axes)))
    };
    let (mut made, mut open) = (Vec::new(), None);
    for (at, whole) in target.iter().enumerate() {
        made.push(match whole {
            Whole::Batch => Axis::Batch,
            Whole::Known(0) if zeros_copy && at < axes.len() => axes[at],
            Whole::Known(-1) if open.is_none() => {
                open = Some(at);
                Axis::Length(1)
            }
            Whole::Known(length) => match usize::try_from(*length) {
                Ok(length) => Axis::Length(length),
                Err(_) => return unfit(),
            },
        });
    }
    let product = made.iter().try_fold(1usize, |product, axis| product.checked_mul(axis.length()));
    let (total, batches) = (count(axes), made.iter().filter(|&&axis| axis == Axis::Batch).count());
    let had = axes.contains(&Axis::Batch);
    let left = match product {
        Some(product) if product > 0 && total.is_multiple_of(product) => total / product,
        Some(0) if total == 0 => 0,
        _ => return unfit(),
    };
    if batches > usize::from(had) || open.is_none() && product != Some(total) {
        return unfit();
    }
    if let Some(at) = open {
        let whole_batch = had && batches == 0 && left == 1;
        // More than the batch in one axis: that is one input at a time, its values in one row.
        if had && batches == 0 && left > 1 && count(&made) > 1 {
            return unfit();
        }
        made[at] = if whole_batch { Axis::Batch } else { Axis::Length(left) };
    }
    // Inputs stay apart only where as many values come before their axis as did.
    let before = |axes: &[Axis]| axes.iter().position(|&axis| axis == Axis::Batch).map(|at| count(&axes[..at]));
    match (before(axes), before(&made)) {
        (Some(had), Some(has)) if had != has => unfit(),
        _ => Ok(made),
    }
}

fn squeezed(node: &Node, axes: &[Axis], parameters: &[Option<Rc<Constant>>]) -> Result<Vec<Axis>, Problem> {
    let Some(named) = numbers(node, "axes", parameters, 0)? else {
        return Ok(axes.iter().copied().filter(|&axis| axis != Axis::Length(1)).collect());
    };
    let gone: Vec<usize> =
        named.iter().map(|&axis| place(node, axis, axes.len(), false)).collect::<Result<_, Problem>>()?;
    if let Some(&at) = gone.iter().find(|&&at| axes[at].length() != 1) {
        return refuse(node, format!("takes away axis {at} of values of shape {}, which is no single one", text(axes)));
    }
    Ok((0..axes.len()).filter(|at| !gone.contains(at)).map(|at| axes[at]).collect())
}

fn unsqueezed(node: &Node, axes: &[Axis], parameters: &[Option<Rc<Constant>>]) -> Result<Vec<Axis>, Problem> {
    let Some(named) = numbers(node, "axes", parameters, 0)? else {
        return Err(GraphProblem::NoOperand { node: described(node), place: 2 }.into());
    };
    let rank = axes.len() + named.len();
    let mut new: Vec<usize> =
        named.iter().map(|&axis| place(node, axis, rank, false)).collect::<Result<_, Problem>>()?;
    new.sort_unstable();
    if new.windows(2).any(|pair| pair[0] == pair[1]) {
        return refuse(node, "names an axis twice; export the model again");
    }
    let mut made = axes.to_vec();
    new.iter().for_each(|&at| made.insert(at, Axis::Length(1)));
    Ok(made)
}

fn transposed(node: &Node, axes: &[Axis]) -> Result<Moved, Problem> {
    let rank = axes.len();
    let turned: Vec<usize> = match attribute(node, "perm") {
        Some(_) => integers(node, "perm").iter().map(|&axis| usize::try_from(axis).unwrap_or(rank)).collect(),
        None => (0..rank).rev().collect(),
    };
    let mut sorted = turned.clone();
    sorted.sort_unstable();
    if sorted != (0..rank).collect::<Vec<_>>() {
        let found = format!("{turned:?}");
        return refuse(node, format!("turns {rank} axes by perm = {found}; export the model again"));
    }
    let made: Vec<Axis> = turned.iter().map(|&axis| axes[axis]).collect();
    if count(axes) == 0 {
        return Ok(Moved { axes: made, order: Some(Vec::new()) });
    }
    let mut strides = vec![1; rank];
    for at in (1..rank).rev() {
        strides[at - 1] = strides[at] * axes[at].length();
    }
    let mut order = vec![0];
    for (&axis, length) in turned.iter().zip(made.iter().map(|axis| axis.length())) {
        let stride = strides[axis];
        order = order.iter().flat_map(|&start| (0..length).map(move |step| start + step * stride)).collect();
    }
    Ok(Moved { axes: made, order: Some(order) })
}

/// Only these places of one axis, which insteads these axes.
///
/// Errors: [`GraphProblem::TooMuch`] where places are taken so often that more than a network's numbers come of it.
fn selected(axes: &[Axis], at: usize, places: &[usize], instead: &[Axis]) -> Result<Moved, Problem> {
    let (outer, inner, length) = (count(&axes[..at]), count(&axes[at + 1..]), axes[at].length());
    let axes = [&axes[..at], instead, &axes[at + 1..]].concat();
    match outer.saturating_mul(places.len()).saturating_mul(inner) {
        0 => return Ok(Moved { axes, order: Some(Vec::new()) }),
        1..=MOST_VALUES => {}
        _ => return Err(GraphProblem::TooMuch { limit: MOST_VALUES }.into()),
    }
    let order = (0..outer)
        .flat_map(|outer| places.iter().map(move |&place| (outer * length + place) * inner))
        .flat_map(|start| (0..inner).map(move |step| start + step))
        .collect();
    Ok(Moved { axes, order: Some(order) })
}

fn sliced(node: &Node, axes: &[Axis], parameters: &[Option<Rc<Constant>>]) -> Result<Moved, Problem> {
    let list = |name, at| numbers(node, name, parameters, at);
    let (Some(starts), Some(ends)) = (list("starts", 0)?, list("ends", 1)?) else {
        return Err(GraphProblem::NoOperand { node: described(node), place: 2 }.into());
    };
    let named = list("axes", 2)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = list("steps", 3)?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), named.len(), steps.len()] != [starts.len(); 3] || starts.len() > axes.len() {
        return refuse(node, "has starts, ends, axes and steps of different numbers; export the model again");
    }
    let mut now = Moved { axes: axes.to_vec(), order: None };
    for (((&start, &end), &axis), &step) in starts.iter().zip(&ends).zip(&named).zip(&steps) {
        let at = place(node, axis, axes.len(), false)?;
        let Axis::Length(length) = now.axes[at] else {
            if start == 0 && end >= i64::from(i32::MAX) && step == 1 {
                continue;
            }
            return refuse(node, "takes some inputs of a batch, and leaves others; read are functions of one input");
        };
        let length = length as i64;
        let clamped = |end: i64, least: i64, most: i64| {
            (if end < 0 { end.saturating_add(length) } else { end }).clamp(least, most)
        };
        let places: Vec<usize> = match step {
            1.. => {
                let stop = clamped(end, 0, length);
                (clamped(start, 0, length)..stop).step_by(step as usize).map(|at| at as usize).collect()
            }
            0 => return refuse(node, "has the step 0; export the model again"),
            _ => {
                let (first, stop) = (clamped(start, -1, length - 1), clamped(end, -1, length - 1));
                let count = (first - stop).max(0) as u64;
                (0..count).step_by(step.unsigned_abs() as usize).map(|back| (first as u64 - back) as usize).collect()
            }
        };
        let next = selected(&now.axes, at, &places, &[Axis::Length(places.len())])?;
        let order = next.order.unwrap_or_default();
        let order = match now.order {
            Some(before) => order.iter().map(|&place| before[place]).collect(),
            None => order,
        };
        now = Moved { axes: next.axes, order: Some(order) };
    }
    Ok(now)
}

fn gathered(node: &Node, axes: &[Axis], parameters: &[Option<Rc<Constant>>]) -> Result<Moved, Problem> {
    let at = place(node, integer(node, "axis", 0), axes.len(), false)?;
    let Some(indices) = parameters.first().and_then(Option::as_ref) else {
        return Err(GraphProblem::NoOperand { node: described(node), place: 2 }.into());
    };
    let Axis::Length(length) = axes[at] else {
        return refuse(node, "takes some inputs of a batch, and leaves others; read are functions of one input");
    };
    let wholes = known(node, indices.wholes(node)?)?;
    let places: Vec<usize> = wholes
        .iter()
        .map(|&index| {
            let counted = if index < 0 { index.saturating_add(length as i64) } else { index };
            usize::try_from(counted).ok().filter(|&place| place < length)
        })
        .collect::<Option<_>>()
        .ok_or_else(|| GraphProblem::Operand {
            node: described(node),
            operand: shown(&indices.name),
            found: format!("{:?}", wholes.iter().take(8).collect::<Vec<_>>()),
            expected: format!("places of an axis of length {length}").into(),
        })?;
    let instead: Vec<Axis> = indices.shape.iter().map(|&length| Axis::Length(length)).collect();
    selected(axes, at, &places, &instead)
}
