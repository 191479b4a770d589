//! Which layers or tensors of a file make the network, where the user says so.

use super::Problem;
use super::names::{Found, Named};
use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

/// The layers of a network in their order, by their names in its file: `encoder,decoder`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Layers(Vec<String>);

impl FromStr for Layers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        if names.len() < 2 || names.iter().any(String::is_empty) {
            return Err("expected two or more names of layers, as encoder,decoder".to_owned());
        }
        match (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
            Some(i) => Err(format!("the layer {} is named twice", names[i])),
            None => Ok(Self(names)),
        }
    }
}

impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(","))
    }
}

/// Which axis of a layer's weights comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Axes {
    /// `W.N`: that of the inputs; the layer computes `x·W`.
    Plain,
    /// `W.T`: that of the units; the layer computes `W·x`.
    Transposed,
}

impl Axes {
    /// The mark behind a key.
    fn mark(self) -> &'static str {
        match self {
            Self::Plain => ".N",
            Self::Transposed => ".T",
        }
    }
}

/// The weights of a layer: their name in the file, and perhaps the order of their axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) axes: Option<Axes>,
}

impl Key {
    /// The key with its mark taken off, unless there is a tensor of that name, mark and all.
    pub(super) fn resolved(&self, has: &dyn Fn(&str) -> bool) -> Self {
        let marks = [Axes::Plain, Axes::Transposed];
        let marked = marks.iter().find_map(|axes| Some((self.name.strip_suffix(axes.mark())?, *axes)));
        match marked.filter(|_| !has(&self.name)) {
            Some((name, axes)) => Self { name: name.to_owned(), axes: Some(axes) },
            None => self.clone(),
        }
    }
}

/// The tensors of a network by their names in its file, weights and biases in turns, the first layer first:
/// `W1,b1,W2,b2`. A layer without a bias has `-`.
///
/// Weights may be marked, `W1.T` for those of which a layer computes `W1·x`, and `W1.N` for `x·W1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Keys(Vec<(Key, Option<String>)>);

impl FromStr for Keys {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        if names.len() < 4 || !names.len().is_multiple_of(2) || names.iter().any(String::is_empty) {
            return Err("expected the weights and the bias of each layer, as W1,b1,W2,b2, and - for no bias".to_owned());
        }
        match (1..names.len()).find(|&i| names[i] != "-" && names[..i].contains(&names[i])) {
            Some(i) => Err(format!("{} is named twice", names[i])),
            None => Ok(Self(
                names
                    .chunks(2)
                    .map(|pair| {
                        let bias = Some(pair[1].clone()).filter(|bias| bias != "-");
                        (Key { name: pair[0].clone(), axes: None }, bias)
                    })
                    .collect(),
            )),
        }
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layer = |(key, bias): &(Key, Option<String>)| format!("{},{}", key.name, bias.as_deref().unwrap_or("-"));
        f.write_str(&self.0.iter().map(layer).collect::<Vec<_>>().join(","))
    }
}

impl Keys {
    /// The weights and the bias of each layer.
    pub(super) fn layers(&self) -> impl Iterator<Item = (&Key, Option<&str>)> {
        self.0.iter().map(|(key, bias)| (key, bias.as_deref()))
    }

    /// The keys as they are typed, those of these weights marked.
    pub(super) fn marked(&self, weights: &[&str], axes: Axes) -> String {
        let mark = |(key, bias): &(Key, Option<String>)| {
            let marked = weights.contains(&&*key.name);
            let name = if marked { format!("{}{}", key.name, axes.mark()) } else { key.name.clone() };
            (Key { name, axes: None }, bias.clone())
        };
        Self(self.0.iter().map(mark).collect()).to_string()
    }

    /// Whether a file has any of these tensors.
    fn are_in(&self, names: &[String]) -> bool {
        let has = |name: &str| names.iter().any(|other| other == name);
        self.0.iter().any(|(key, bias)| has(&key.resolved(&has).name) || bias.as_deref().is_some_and(has))
    }
}

/// Who says which layers of a file make the network.
#[derive(Clone, Copy, Debug, Default)]
pub enum Choice<'a> {
    /// The file.
    #[default]
    File,
    /// The user.
    User(&'a Layers),
    /// The user, if the file has any of these layers; says whether it has.
    UserIfThere(&'a Layers, &'a Cell<bool>),
    /// The user, tensor by tensor.
    Keys(&'a Keys),
    /// The user, tensor by tensor, if the file has any of these; says whether it has.
    KeysIfThere(&'a Keys, &'a Cell<bool>),
}

impl<'a> Choice<'a> {
    /// The tensors that the user named, if it is the user who says; `names`: those of the file.
    pub(super) fn keys(self, names: &[String]) -> Option<&'a Keys> {
        match self {
            Self::Keys(keys) => Some(keys),
            Self::KeysIfThere(keys, there) => keys.are_in(names).then(|| {
                there.set(true);
                keys
            }),
            Self::File | Self::User(_) | Self::UserIfThere(..) => None,
        }
    }

    /// The layers that the user chose, if it is the user who says.
    ///
    /// A layer may be named as messages name it, or by its weights. Errors: [`Problem::NoLayer`].
    pub(super) fn among(self, found: &Found) -> Result<Option<Vec<Named>>, Problem> {
        let named = |name: &String| found.layers.iter().find(|layer| [&layer.layer, &layer.weights].contains(&name));
        let Layers(names) = match self {
            Self::File | Self::Keys(_) | Self::KeysIfThere(..) => return Ok(None),
            Self::User(layers) => layers,
            Self::UserIfThere(layers, there) => {
                if !layers.0.iter().any(|name| named(name).is_some()) {
                    return Ok(None);
                }
                there.set(true);
                layers
            }
        };
        let there = || super::names::list(&found.layers.iter().map(|layer| layer.layer.clone()).collect::<Vec<_>>());
        let missing = |name: &String| Problem::NoLayer { layer: name.clone(), found: there() };
        names.iter().map(|name| named(name).cloned().ok_or_else(|| missing(name))).collect::<Result<_, _>>().map(Some)
    }
}
