//! `--layers`: which layers of a network file make the network, where the file leaves that open.

use super::Error;
use crate::format::{self, Choice, Layers, Victim};
use crate::net::{Family, Network};
use std::cell::Cell;
use std::path::Path;

/// The user's choices, for all network files of a command.
#[derive(Debug, clap::Args)]
pub(super) struct Chosen {
    /// Layers that make a network, in their order, where its file leaves that open, as encoder,decoder; of several
    /// files those that have these layers, or, given once for each file, each its own
    #[arg(long, value_name = "NAME,NAME")]
    layers: Vec<Layers>,
}

impl Chosen {
    /// Reads network files, and says of each which choice was followed.
    pub(super) fn read<V>(
        &self,
        files: &[&Path],
        read: impl Fn(&Path, Choice<'_>) -> Result<V, format::Error>,
    ) -> Result<Vec<(V, Option<&Layers>)>, Error> {
        match (&self.layers[..], files) {
            ([], files) => files.iter().map(|path| Ok((read(path, Choice::File)?, None))).collect(),
            (choices, files) if choices.len() == files.len() => {
                let each = files.iter().zip(choices);
                each.map(|(path, choice)| Ok((read(path, Choice::User(choice))?, Some(choice)))).collect()
            }
            ([choice], files) => {
                let one = |path: &&Path| {
                    let there = Cell::new(false);
                    let network = read(path, Choice::UserIfThere(choice, &there))?;
                    Ok((network, there.get().then_some(choice)))
                };
                let read = files.iter().map(one).collect::<Result<Vec<_>, Error>>()?;
                if read.iter().all(|(_, choice)| choice.is_none()) {
                    return Err(Error::Request(format!(
                        "--layers {choice}: no network file is named that has these layers"
                    )));
                }
                Ok(read)
            }
            (choices, files) => Err(Error::Request(format!(
                "--layers is given {} times for {} network files: give it once, or once for each file",
                choices.len(),
                files.len()
            ))),
        }
    }

    /// Reads one network file.
    pub(super) fn read_one<V>(
        &self,
        file: &Path,
        read: impl Fn(&Path, Choice<'_>) -> Result<V, format::Error>,
    ) -> Result<V, Error> {
        match &self.layers[..] {
            [] => Ok(read(file, Choice::File)?),
            [choice] => Ok(read(file, Choice::User(choice))?),
            _ => Err(Error::Request("--layers is given more than once for one network file: give it once".to_owned())),
        }
    }

    /// Errors where layers are chosen and no network file is named.
    pub(super) fn check_unused(&self) -> Result<(), Error> {
        match self.layers.first() {
            None => Ok(()),
            Some(choice) => Err(Error::Request(format!("--layers {choice}: no network file is named"))),
        }
    }
}

/// What the hidden units of network files compute, where the files leave that open.
#[derive(Debug, clap::Args)]
pub(super) struct Units {
    /// What hidden units compute, where a file does not say it, or of a random network: relu, leaky:0.01, prelu, relu6,
    /// clip:-1,1 or abs
    #[arg(long, value_name = "NAME")]
    pub(super) activation: Option<Family>,
}

impl Units {
    /// Reads a network of any depth and activation.
    pub(super) fn read(&self, path: &Path, choice: Choice<'_>) -> Result<Victim<Network<f64>>, format::Error> {
        format::read_activated(path, choice, self.activation)
    }

    /// Reads a network with one hidden layer, of any activation.
    pub(super) fn read_shallow(&self, path: &Path, choice: Choice<'_>) -> Result<Victim, format::Error> {
        format::one_hidden_layer(format::displayed(path), self.read(path, choice)?)
    }
}
