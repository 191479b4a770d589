//! From the tensors of a file to its layers: which are one network's, in which order, with which axes first.
//!
//! Shapes decide. Where they leave several networks, names decide if they are conventional, and
//! else the file is refused with the choices written out: a wrong order would be another network.

use super::names::{self, Form, Found, Named};
use super::order::{self, Ends, Orders};
use super::parts::{Layer, Layout, Parts, Stated};
use super::tensor::Tensor;
use super::{Choice, Problem};
use std::collections::HashSet;

/// What reads a tensor by its name.
pub(super) type Tensors<'a> = dyn FnMut(&str) -> Result<Tensor, Problem> + 'a;

/// Reads the layers that names tell; `word`: what the file calls a tensor, `expected`: what it should hold.
///
/// Errors where the names tell of no network with a hidden layer, or of more than plain layers.
pub(super) fn read(
    names: &[String],
    (word, expected): (&str, &'static str),
    choice: Choice<'_>,
    tensors: &mut Tensors<'_>,
) -> Result<Parts, Problem> {
    let found = names::find(names);
    let chosen = choice.among(&found)?;
    if chosen.is_none() {
        check_plain(&found, names, expected)?;
    }
    let by_choice = chosen.is_some();
    let named = chosen.unwrap_or_else(|| found.layers.clone());
    let taken = named.iter().flat_map(|layer| [Some(layer.weights.clone()), layer.bias.clone()]).flatten().collect();
    let mut notes = passed_over(names, &taken, word);
    let layers = named.into_iter().map(|named| Read::new(named, tensors)).collect::<Result<Vec<_>, _>>()?;
    ordered(layers, by_choice, &mut notes).map(|layers| Parts { layers, activation: Stated::Nothing, notes })
}

fn check_plain(found: &Found, names: &[String], expected: &'static str) -> Result<(), Problem> {
    if let Some([first, second]) = found.twice.clone() {
        return Err(Problem::Twice { first, second });
    }
    match &found.layers[..] {
        [] => return Err(missing(expected, names)),
        [one] => {
            return Err(Problem::OneLayer { layer: one.layer.clone(), found: names::list(names), expected });
        }
        _ => {}
    }
    if let Some(name) = names::foreign(found) {
        return Err(Problem::Foreign(name.to_owned()));
    }
    let first = &found.layers[0];
    if let Some(other) = found.layers.iter().find(|layer| layer.form != first.form) {
        return Err(Problem::Mixed { first: first.weights.clone(), second: other.weights.clone() });
    }
    Ok(())
}

/// Where a file holds no layer: the first tensor that is expected is not there.
fn missing(expected: &'static str, names: &[String]) -> Problem {
    let tensor = expected.split(' ').next().unwrap_or_default().to_owned();
    Problem::Missing { tensor, found: names::list(names), expected }
}

/// A note for each tensor that is not read.
pub(super) fn passed_over(names: &[String], read: &HashSet<String>, word: &str) -> Vec<String> {
    let left = names.iter().filter(|name| !read.contains(*name));
    left.map(|name| format!("{word} '{name}' was passed over")).collect()
}

/// A layer with its tensors, its order of axes still open.
pub(super) struct Read {
    named: Named,
    weights: Tensor,
    bias: Option<Tensor>,
    /// Its weights have one axis, as those of one output may.
    one_output: bool,
}

impl Read {
    pub(super) fn new(named: Named, tensor: &mut dyn FnMut(&str) -> Result<Tensor, Problem>) -> Result<Self, Problem> {
        let weights = tensor(&named.weights)?;
        let bias = named.bias.as_deref().map(tensor).transpose()?;
        [Some(&weights), bias.as_ref()].into_iter().flatten().try_for_each(Tensor::expect_units)?;
        Ok(Self { named, weights, bias: bias.map(flat), one_output: false })
    }

    /// Inputs and units. Errors: [`Problem::Axes`] where there are not two axes.
    fn ends(&self, layout: Layout) -> Result<Ends, Problem> {
        match self.weights.shape[..] {
            [inputs] if self.one_output => Ok((inputs, 1)),
            _ => Ok((layout.inputs(&self.weights)?, layout.units(&self.weights)?)),
        }
    }

    fn into_layer(mut self, layout: Layout, notes: &mut Vec<String>) -> Result<Layer, Problem> {
        if let ([inputs], true) = (&self.weights.shape[..], self.one_output) {
            notes.push(format!("{} has one axis and was read as one output", self.weights.name));
            self.weights.shape = layout.shape(1, *inputs).to_vec();
        }
        let units = layout.units(&self.weights)?;
        let bias = self.bias.unwrap_or_else(|| {
            notes.push(format!("layer '{}' has no bias; zeros were taken", self.named.layer));
            Layer::no_bias(&self.weights, units)
        });
        Ok(Layer { layout, weights: self.weights, bias })
    }
}

/// Biases as one axis: to some programs they are a row or a column.
pub(super) fn flat(mut bias: Tensor) -> Tensor {
    if bias.shape.iter().filter(|&&axis| axis != 1).count() <= 1 {
        bias.shape = vec![bias.values.len()];
    }
    bias
}

/// An order of layers, and the order of their axes.
type Reading = (Vec<usize>, Layout);

/// Why no reading is taken.
enum Trouble {
    None,
    Several([Reading; 2]),
    TooMany,
}

/// Layers in the order in which they make a network; `chosen`: they are in the order of the user's choice.
pub(super) fn ordered(layers: Vec<Read>, chosen: bool, notes: &mut Vec<String>) -> Result<Vec<Layer>, Problem> {
    let layers = Layers::new(layers)?;
    let (order, layout) = if chosen { layers.given()? } else { layers.found()? };
    if layers.preferred.is_some_and(|preferred| preferred != layout) {
        notes.push(format!("weights are {}: their shapes fit no other way", layout.axes()));
    }
    let mut layers: Vec<Option<Read>> = layers.layers.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| layers[index].take()).map(|read| read.into_layer(layout, notes)).collect()
}

/// The layers of a file before their order is known.
struct Layers {
    layers: Vec<Read>,
    /// Inputs and units, by [`Layout::BOTH`].
    ends: [Vec<Ends>; 2],
    /// The order of axes that the names stand for.
    preferred: Option<Layout>,
}

impl Layers {
    fn new(mut layers: Vec<Read>) -> Result<Self, Problem> {
        // One output drops its axis in programs that number their arrays.
        let names: Vec<&str> = layers.iter().map(|layer| &*layer.named.layer).collect();
        let last = order::numbered(&names, false).into_iter().find(|chain| chain.len() == names.len());
        if let Some(last) = last.and_then(|chain| chain.last().copied())
            && matches!(layers[last].named.form, Form::Indexed(_))
        {
            layers[last].one_output = layers[last].weights.shape.len() == 1;
        }
        let preferred = layers.first().and_then(|layer| layer.named.form.layout());
        // Each could be turned by itself, but whoever mixes names may mix axes.
        if let Some(other) = layers.iter().find(|layer| layer.named.form.layout() != preferred) {
            let [first, second] = [&layers[0], other].map(|layer| layer.named.weights.clone());
            return Err(Problem::Mixed { first, second });
        }
        let ends = |layout| layers.iter().map(|layer| layer.ends(layout)).collect::<Result<Vec<_>, _>>();
        // The usual one first: an error speaks of its axes.
        if let Some(layout) = preferred {
            ends(layout)?;
        }
        let [a, b] = Layout::BOTH;
        Ok(Self { ends: [ends(a)?, ends(b)?], layers, preferred })
    }

    fn ends(&self, layout: Layout) -> &[Ends] {
        &self.ends[layout as usize]
    }

    fn names<'a>(&'a self, of: &[usize]) -> Vec<&'a str> {
        of.iter().map(|&index| &*self.layers[index].named.layer).collect()
    }

    /// Layers that have not as many biases as units.
    fn disagreeing(&self, layout: Layout, of: &[usize]) -> usize {
        let agrees = |&&index: &&usize| {
            let (_, units) = self.ends(layout)[index];
            self.layers[index].bias.as_ref().is_none_or(|bias| bias.shape == [units])
        };
        of.len() - of.iter().filter(agrees).count()
    }

    /// Orders of axes in which every layer has as many biases as units.
    fn agreeing(&self, of: &[usize]) -> Vec<Layout> {
        Layout::BOTH.into_iter().filter(|&layout| self.disagreeing(layout, of) == 0).collect()
    }

    fn chains(&self, of: &[usize]) -> Vec<Vec<usize>> {
        let from_none = self.layers.iter().all(|layer| layer.named.form.counts_from_none());
        order::numbered(&self.names(of), from_none)
    }

    /// The order of all layers that numbers in their names tell.
    fn counted(&self) -> Option<Vec<usize>> {
        let all: Vec<usize> = (0..self.layers.len()).collect();
        self.chains(&all).into_iter().find(|chain| chain.len() == all.len())
    }

    /// The order that the user chose.
    fn given(&self) -> Result<Reading, Problem> {
        let all: Vec<usize> = (0..self.layers.len()).collect();
        let fits = |layout: &Layout| order::fits(self.ends(*layout), &all);
        let fitting: Vec<Layout> = self.agreeing(&all).into_iter().filter(fits).collect();
        match (&fitting[..], self.preferred) {
            ([one], _) => Ok((all, *one)),
            (&[_, _], Some(preferred)) => Ok((all, preferred)),
            (&[a, b], None) => Err(self.refusal(Trouble::Several([(all.clone(), a), (all, b)]), None)),
            _ => Err(self.refusal(Trouble::None, Some(all))),
        }
    }

    /// The order that shapes and names leave.
    fn found(&self) -> Result<Reading, Problem> {
        let all: Vec<usize> = (0..self.layers.len()).collect();
        match (self.settle(&all), self.networks(&all)) {
            (Ok((_, layout)), Some((known, networks))) if known || order::several(self.ends(layout)) => Err(networks),
            (Ok(reading), _) => Ok(reading),
            (Err(_), Some((_, networks))) => Err(networks),
            (Err(trouble), None) => Err(self.refusal(trouble, self.counted())),
        }
    }

    /// The reading of some layers that shapes and names leave.
    fn settle(&self, of: &[usize]) -> Result<Reading, Trouble> {
        let agreeing = self.agreeing(of);
        let chains = self.chains(of);
        let ends = |layout| of.iter().map(|&index| self.ends(layout)[index]).collect::<Vec<_>>();
        let back = |order: &[usize]| order.iter().map(|&index| of[index]).collect::<Vec<_>>();
        let layout = match (&agreeing[..], self.preferred) {
            ([], _) => return Err(Trouble::None),
            (&[one], _) => one,
            (_, Some(preferred)) => preferred,
            (&[first, ..], None) => {
                // What fits in one order of axes fits in the other backwards: only numbers can decide.
                let counted = chains.iter().find(|chain| chain.len() == of.len());
                let fits = |chain: &Vec<usize>| {
                    agreeing.iter().filter(|layout| order::fits(&ends(**layout), chain)).copied().collect::<Vec<_>>()
                };
                match counted.map(|chain| (chain, fits(chain))) {
                    Some((chain, layouts)) if layouts.len() == 1 => return Ok((back(chain), layouts[0])),
                    Some((chain, layouts)) if layouts.len() == 2 => {
                        return Err(Trouble::Several([(back(chain), layouts[0]), (back(chain), layouts[1])]));
                    }
                    _ => first,
                }
            }
        };
        let backwards = |order: &[usize]| order.iter().rev().copied().collect::<Vec<_>>();
        match order::orders(&ends(layout), &chains) {
            Orders::None => Err(Trouble::None),
            Orders::TooMany => Err(Trouble::TooMany),
            Orders::Several([a, b]) => Err(Trouble::Several([(back(&a), layout), (back(&b), layout)])),
            // Names against shapes, or no names at all, and nothing that tells which axis is which.
            Orders::One { order, against } if agreeing.len() > 1 && (against || self.preferred.is_none()) => {
                let order = back(&order);
                Err(Trouble::Several([(order.clone(), layout), (backwards(&order), layout.other())]))
            }
            Orders::One { order, .. } => Ok((back(&order), layout)),
        }
    }

    /// The refusal of layers that make several whole networks, if they do, and whether their
    /// prefixes are ones that networks are told apart by.
    fn networks(&self, all: &[usize]) -> Option<(bool, Problem)> {
        let whole = |(name, members): (String, Vec<usize>)| {
            let reading = (members.len() > 1).then(|| self.settle(&members).ok()).flatten()?;
            Some((name, reading))
        };
        let whole: Vec<_> = names::groups(&self.names(all)).into_iter().filter_map(whole).collect();
        let [(_, (first, _)), _, ..] = &whole[..] else { return None };
        let known = whole.iter().any(|(name, _)| names::names_a_network(name));
        let list = whole.iter().map(|(_, reading)| self.described(reading)).collect::<Vec<_>>().join("; ");
        Some((known, Problem::Networks { list, choice: self.names(first).join(",") }))
    }

    /// A reading for messages: its layers and sizes.
    fn described(&self, (order, layout): &Reading) -> String {
        let ends = self.ends(*layout);
        let sizes = order.first().map(|&first| ends[first].0).into_iter().chain(order.iter().map(|&i| ends[i].1));
        let sizes = sizes.map(|size| size.to_string()).collect::<Vec<_>>().join("-");
        format!("{} ({sizes})", self.names(order).join(", "))
    }

    /// `by_names`: the order that the names or the user tell, if they do.
    fn refusal(&self, trouble: Trouble, by_names: Option<Vec<usize>>) -> Problem {
        match trouble {
            Trouble::Several([(a, _), (b, _)]) if a == b => {
                Problem::Transposed { layers: self.names(&a).join(", "), recipe: self.recipe(&a) }
            }
            Trouble::Several([first, second]) => Problem::Order {
                first: self.described(&first),
                second: self.described(&second),
                choices: [first, second].map(|(order, _)| self.names(&order).join(",")),
            },
            Trouble::TooMany => Problem::TooManyOrders { layers: self.layers.len() },
            Trouble::None => self.misfit(by_names),
        }
    }

    /// What does not fit.
    fn misfit(&self, by_names: Option<Vec<usize>>) -> Problem {
        let all: Vec<usize> = (0..self.layers.len()).collect();
        let usual = self.preferred.unwrap_or(Layout::InputsFirst);
        let mut layouts = [usual, usual.other()];
        layouts.sort_by_key(|&layout| self.disagreeing(layout, &all));
        let layout = layouts[0];
        let (ends, order) = (self.ends(layout), by_names.as_deref().unwrap_or(&all));
        let check = |(place, &index): (usize, &usize)| {
            let (layer, (inputs, units)) = (&self.layers[index], ends[index]);
            let before = by_names.as_deref().filter(|_| place > 0).map(|order| order[place - 1]);
            if let Some(before) = before.filter(|&before| ends[before].1 != inputs) {
                layer.weights.expect(&layout.shape(units, ends[before].1), &self.layers[before].weights)?;
            }
            layer.bias.as_ref().map_or(Ok(()), |bias| bias.expect(&[units], &layer.weights))
        };
        if let Some(problem) = order.iter().enumerate().find_map(|one| check(one).err()) {
            return problem;
        }
        let shaped = |layer: &Read| format!("{} {:?}", layer.weights.name, layer.weights.shape);
        let layers = self.layers.iter().map(shaped).collect::<Vec<_>>().join(", ");
        Problem::NoOrder { layers, axes: layout.axes() }
    }

    /// What to type where names do not say which axis is which.
    fn recipe(&self, order: &[usize]) -> String {
        let one = |(place, &index): (usize, &usize)| {
            let named = &self.layers[index].named;
            let bias = named.bias.iter().map(|bias| format!(", b{place}=v['{}']", bias.escape_debug()));
            format!(", A{place}=v['{}']{}", named.weights.escape_debug(), bias.collect::<String>())
        };
        let arrays: String = order.iter().enumerate().map(one).collect();
        format!("numpy.savez('plain.npz'{arrays})")
    }
}
