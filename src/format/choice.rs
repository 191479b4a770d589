//! Which layers of a file make the network, where the user says so.

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
}

impl<'a> Choice<'a> {
    /// The layers that the user chose, if it is the user who says.
    ///
    /// A layer may be named as messages name it, or by its weights. Errors: [`Problem::NoLayer`].
    pub(super) fn among(self, found: &Found) -> Result<Option<Vec<Named>>, Problem> {
        let named = |name: &String| found.layers.iter().find(|layer| [&layer.layer, &layer.weights].contains(&name));
        let Layers(names) = match self {
            Self::File => return Ok(None),
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
