//! The orders in which layers fit end to end, and what the numbers in their names say of that.

use std::collections::{HashMap, HashSet};

/// Inputs and units of a layer.
pub(super) type Ends = (usize, usize);

/// What shapes and numbers leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Orders {
    /// In no order do all of them fit.
    None,
    /// One order; `against`: the numbers in the names say another.
    One { order: Vec<usize>, against: bool },
    /// Several: two of them.
    Several([Vec<usize>; 2]),
    /// More than were tried.
    TooMany,
}

/// Steps of a search. Every order of eight layers is found in less.
const MOST_STEPS: usize = 1 << 17;
/// Layers whose orders are searched; numbers order more of them.
const MOST_LAYERS: usize = 256;

/// Whether each layer takes what the one before gives.
pub(super) fn fits(ends: &[Ends], order: &[usize]) -> bool {
    order.windows(2).all(|pair| ends[pair[0]].1 == ends[pair[1]].0)
}

/// Decides the order of layers with these ends; `chains`: those of [`numbered`].
///
/// Shapes decide where they leave one order. Where they leave several, numbers decide if they
/// leave one of these: names without a number say nothing.
pub(super) fn orders(ends: &[Ends], chains: &[Vec<usize>]) -> Orders {
    if let [chain] = chains
        && chain.len() == ends.len()
        && fits(ends, chain)
    {
        return Orders::One { order: chain.clone(), against: false };
    }
    if !chainable(ends) {
        return Orders::None;
    }
    if ends.len() > MOST_LAYERS {
        return Orders::TooMany;
    }
    let free = OrderSearch::new(ends, &[]);
    if let ([order], true) = (&free.found[..], free.whole) {
        let place = |layer: usize| order.iter().position(|&other| other == layer);
        let against = chains.iter().any(|chain| chain.windows(2).any(|pair| place(pair[0]) > place(pair[1])));
        return Orders::One { order: order.clone(), against };
    }
    let tied = OrderSearch::new(ends, chains);
    match (tied.found.as_slice(), free.found.as_slice()) {
        ([order], _) if tied.whole => Orders::One { order: order.clone(), against: false },
        ([a, b], _) | (_, [a, b]) => Orders::Several([a.clone(), b.clone()]),
        _ => Orders::TooMany,
    }
}

/// Whether shapes alone leave several orders.
pub(super) fn several(ends: &[Ends]) -> bool {
    ends.len() > MOST_LAYERS || OrderSearch::new(ends, &[]).found.len() > 1
}

/// Whether layers fit in some order: an Eulerian path over the widths exists.
fn chainable(ends: &[Ends]) -> bool {
    let mut balance: HashMap<usize, i64> = HashMap::new();
    let mut root: HashMap<usize, usize> = HashMap::new();
    fn find(root: &HashMap<usize, usize>, mut width: usize) -> usize {
        while let Some(&next) = root.get(&width).filter(|&&next| next != width) {
            width = next;
        }
        width
    }
    for &(inputs, units) in ends {
        *balance.entry(inputs).or_default() += 1;
        *balance.entry(units).or_default() -= 1;
        let (a, b) = (find(&root, inputs), find(&root, units));
        root.insert(a, b);
    }
    let Some(&(width, _)) = ends.first() else { return false };
    let connected = ends.iter().all(|&(inputs, _)| find(&root, inputs) == find(&root, width));
    connected && balance.values().map(|b| b.abs()).sum::<i64>() <= 2
}

/// A search for orders, to the second.
struct OrderSearch<'a> {
    ends: &'a [Ends],
    /// The layer that must come before, by numbers.
    before: Vec<Option<usize>>,
    used: Vec<bool>,
    path: Vec<usize>,
    found: Vec<Vec<usize>>,
    steps: usize,
    /// Whether no order was left out.
    whole: bool,
}

impl<'a> OrderSearch<'a> {
    fn new(ends: &'a [Ends], chains: &[Vec<usize>]) -> Self {
        let mut before = vec![None; ends.len()];
        chains.iter().flat_map(|chain| chain.windows(2)).for_each(|pair| before[pair[1]] = Some(pair[0]));
        let (used, path, found) = (vec![false; ends.len()], Vec::new(), Vec::new());
        let mut search = Self { ends, before, used, path, found, steps: 0, whole: true };
        search.go();
        search
    }

    fn go(&mut self) {
        if self.path.len() == self.ends.len() {
            self.found.push(self.path.clone());
            return;
        }
        for next in 0..self.ends.len() {
            if self.found.len() > 1 {
                return;
            }
            self.steps += 1;
            if self.steps > MOST_STEPS {
                self.whole = false;
                return;
            }
            let follows = self.path.last().is_none_or(|&last| self.ends[last].1 == self.ends[next].0);
            if self.used[next] || !follows || self.before[next].is_some_and(|before| !self.used[before]) {
                continue;
            }
            self.used[next] = true;
            self.path.push(next);
            self.go();
            self.path.pop();
            self.used[next] = false;
        }
    }
}

/// Layers whose names differ in one number alone, each list in the order of that number.
///
/// Names that differ in two numbers (`a0.fc1`, `a1.fc0`) may be of several networks, and equal
/// numbers (`fc1`, `fc01`) say nothing: both are left out. `from_none`: a name without a number
/// comes before its like with one, as `dense`, `dense_1` in Keras.
pub(super) fn numbered<'a>(layers: &[&'a str], from_none: bool) -> Vec<Vec<usize>> {
    // What a number follows: `dense` of `dense_1`.
    let counted = |layer: &&'a str| {
        let (before, number) = layer.rsplit_once('_')?;
        number.parse().is_ok_and(|n: u64| n > 0).then_some(before)
    };
    let counted: HashSet<&str> = layers.iter().filter(|_| from_none).filter_map(counted).collect();
    let mut alike: HashMap<Vec<String>, Vec<(Vec<u64>, usize)>> = HashMap::new();
    for (index, &layer) in layers.iter().enumerate() {
        let name = if counted.contains(layer) { format!("{layer}_0") } else { layer.to_owned() };
        let (texts, numbers) = split(&name);
        alike.entry(texts).or_default().push((numbers, index));
    }
    let mut chains: Vec<Vec<usize>> = alike.into_values().filter_map(chain).collect();
    chains.sort();
    chains
}

/// Members in the order of the one number in which they differ.
fn chain(mut members: Vec<(Vec<u64>, usize)>) -> Option<Vec<usize>> {
    let (first, _) = members.first().cloned()?;
    let differs = |slot: &usize| members.iter().any(|(numbers, _)| numbers.get(*slot) != first.get(*slot));
    if members.len() < 2 || (0..first.len()).filter(differs).count() != 1 {
        return None;
    }
    members.sort();
    let distinct = members.windows(2).all(|pair| pair[0].0 != pair[1].0);
    distinct.then(|| members.into_iter().map(|(_, index)| index).collect())
}

/// The texts around the numbers of a name, and the numbers. What is too long for a number stays text.
fn split(name: &str) -> (Vec<String>, Vec<u64>) {
    let (mut texts, mut numbers) = (vec![String::new()], Vec::new());
    for run in name.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        let run = String::from_utf8_lossy(run);
        match (run.parse(), texts.last_mut()) {
            (Ok(number), _) => {
                numbers.push(number);
                texts.push(String::new());
            }
            (Err(_), Some(text)) => *text += &run,
            (Err(_), None) => {}
        }
    }
    (texts, numbers)
}
