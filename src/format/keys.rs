//! Layers whose tensors the user names one by one, weights and biases in turns: `W1,b1,W2,b2`.
//!
//! Which axis of the weights is that of the units is read off the shapes; where these leave it open, the user is asked.

use super::choice::{Axes, Key, Keys};
use super::layers::{Tensors, flat, passed_over};
use super::parts::{Layer, Layout, Parts, Stated};
use super::tensor::Tensor;
use super::{Problem, names};
use std::collections::HashSet;

/// A layer whose order of axes is open.
struct Read<'a> {
    key: &'a Key,
    weights: Tensor,
    bias: Option<Tensor>,
    /// Orders of axes that are possible.
    layouts: Vec<Layout>,
}

/// Reads the tensors that the user names; `word`: what the file calls a tensor.
///
/// Errors: [`Problem::NoKey`]; [`Problem::Square`] where shapes do not tell which axis is which.
pub(super) fn read(keys: &Keys, names: &[String], word: &str, tensors: &mut Tensors<'_>) -> Result<Parts, Problem> {
    let mut layers = Vec::new();
    let mut taken = HashSet::new();
    for (key, bias) in keys.layers() {
        let has = |name: &str| names.iter().any(|other| other == name);
        let named = key.resolved(&has);
        let mut tensor = |name: &str| {
            if !has(name) {
                return Err(Problem::NoKey { key: name.to_owned(), found: names::list(names) });
            }
            taken.insert(name.to_owned());
            let tensor = tensors(name)?;
            tensor.expect_units().map(|()| tensor)
        };
        let weights = tensor(&named.name)?;
        let bias = bias.map(&mut tensor).transpose()?.map(flat);
        layers.push((named, weights, bias));
    }
    let last = layers.len() - 1;
    let mut notes = passed_over(names, &taken, word);
    let layers = layers.iter().enumerate().map(|(index, (key, weights, bias))| {
        let (mut weights, bias) = (weights.clone(), bias.clone());
        if let ([inputs], true) = (&weights.shape[..], index == last) {
            notes.push(format!("{} has one axis and was read as one output", weights.name));
            weights.shape = vec![*inputs, 1];
        }
        Read::new(key, weights, bias)
    });
    let mut layers = layers.collect::<Result<Vec<_>, _>>()?;
    settle(&mut layers);
    if layers.iter().any(|layer| layer.layouts.len() > 1) {
        return Err(asked(keys, &layers));
    }
    let layers = layers.into_iter().map(|layer| layer.into_layer(&mut notes)).collect();
    Ok(Parts { layers, activation: Stated::Nothing, notes })
}

impl<'a> Read<'a> {
    fn new(key: &'a Key, weights: Tensor, bias: Option<Tensor>) -> Result<Self, Problem> {
        let mut layouts = match key.axes {
            Some(Axes::Transposed) => vec![Layout::UnitsFirst],
            Some(Axes::Plain) => vec![Layout::InputsFirst],
            // A single weight is the same both ways.
            None if weights.shape == [1, 1] => vec![Layout::InputsFirst],
            None => vec![Layout::InputsFirst, Layout::UnitsFirst],
        };
        layouts.iter().try_for_each(|layout| layout.units(&weights).map(drop))?;
        let agrees = |layout: &Layout| {
            let units = layout.units(&weights).ok();
            bias.as_ref().is_none_or(|bias| Some(bias.values.len()) == units)
        };
        if layouts.iter().any(agrees) {
            layouts.retain(agrees);
        }
        Ok(Self { key, weights, bias, layouts })
    }

    /// Inputs and units of an order of axes.
    fn ends(&self, layout: Layout) -> (Option<usize>, Option<usize>) {
        (layout.inputs(&self.weights).ok(), layout.units(&self.weights).ok())
    }

    fn into_layer(self, notes: &mut Vec<String>) -> Layer {
        let Self { key, weights, bias, layouts } = self;
        // Where nothing fits, what fits least badly is told by the check of all shapes.
        let layout = layouts.first().copied().unwrap_or(Layout::InputsFirst);
        let (name, shape, axes) = (&weights.name, &weights.shape, layout.axes());
        match (key.axes, layout) {
            (Some(_), _) => notes.push(format!("'{name}' {shape:?} was read as {axes}, as --keys says")),
            (None, Layout::UnitsFirst) => {
                notes.push(format!("'{name}' {shape:?} was transposed: by the shapes it is {axes}"));
            }
            (None, Layout::InputsFirst) => {}
        }
        let bias = bias.unwrap_or_else(|| {
            notes.push(format!("layer '{name}' has no bias; zeros were taken"));
            Layer::no_bias(&weights, layout.units(&weights).unwrap_or_default())
        });
        Layer { layout, weights, bias }
    }
}

/// Leaves the orders of axes in which neighbours fit, as long as there are any.
fn settle(layers: &mut [Read<'_>]) {
    let mut open = true;
    while open {
        open = false;
        for index in 0..layers.len().saturating_sub(1) {
            let [first, second] = [&layers[index], &layers[index + 1]];
            let fits = |a: Layout, b: Layout| first.ends(a).1 == second.ends(b).0;
            let left: Vec<Layout> =
                first.layouts.iter().copied().filter(|&a| second.layouts.iter().any(|&b| fits(a, b))).collect();
            let right: Vec<Layout> =
                second.layouts.iter().copied().filter(|&b| first.layouts.iter().any(|&a| fits(a, b))).collect();
            if left.is_empty() || right.is_empty() {
                continue;
            }
            open |= left.len() < first.layouts.len() || right.len() < second.layouts.len();
            (layers[index].layouts, layers[index + 1].layouts) = (left, right);
        }
    }
}

/// What to ask the user: each key whose axes are open, marked in both ways.
fn asked(keys: &Keys, layers: &[Read<'_>]) -> Problem {
    let open: Vec<&Read<'_>> = layers.iter().filter(|layer| layer.layouts.len() > 1).collect();
    let names: Vec<&str> = open.iter().map(|layer| &*layer.key.name).collect();
    let choices = [Axes::Plain, Axes::Transposed].map(|axes| keys.marked(&names, axes));
    let (key, shape) = open
        .first()
        .map_or((String::new(), Vec::new()), |layer| (layer.weights.name.clone(), layer.weights.shape.clone()));
    Problem::Square { key, shape, choices }
}
