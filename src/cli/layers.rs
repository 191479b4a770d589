//! `--layers` and `--keys`: what of a network file makes the network, where the file leaves that open.

use super::Error;
use crate::format::{self, Choice, Keys, Layers, Victim};
use crate::net::{Family, Network};
use std::cell::Cell;
use std::fmt::Display;
use std::path::Path;

/// The user's choices, for all network files of a command.
#[derive(Debug, clap::Args)]
pub(super) struct Chosen {
    /// Layers that make a network, in their order, where its file leaves that open, as encoder,decoder; of several
    /// files those that have these layers, or, given once for each file, each its own
    #[arg(long, value_name = "NAME,NAME")]
    layers: Vec<Layers>,
    /// Tensors that make a network where their names do not say it, the weights and the bias of one layer after the
    /// other: W1,b1,W2,b2, with - for no bias. Axes are told by shapes; of square weights, W1.N says x·W1 and W1.T says
    /// W1·x. Give it twice for two files with names of their own, the victim's first
    #[arg(long, value_name = "W,B,W,B", conflicts_with = "layers")]
    keys: Vec<Keys>,
}

/// How a choice is put to a file.
struct Way<T: 'static> {
    option: &'static str,
    called: &'static str,
    always: for<'a> fn(&'a T) -> Choice<'a>,
    if_there: for<'a> fn(&'a T, &'a Cell<bool>) -> Choice<'a>,
}

const LAYERS: Way<Layers> = Way {
    option: "--layers",
    called: "layers",
    always: |one| Choice::User(one),
    if_there: |one, there| Choice::UserIfThere(one, there),
};
const KEYS: Way<Keys> = Way {
    option: "--keys",
    called: "tensors",
    always: |one| Choice::Keys(one),
    if_there: |one, there| Choice::KeysIfThere(one, there),
};

impl<T: Display> Way<T> {
    /// Reads network files, and says of each which choice was followed.
    fn read<'a, V>(
        &self,
        choices: &'a [T],
        files: &[&Path],
        read: impl Fn(&Path, Choice<'_>) -> Result<V, format::Error>,
    ) -> Result<Vec<(V, Option<&'a T>)>, Error> {
        let Self { option, called, .. } = self;
        match (choices, files) {
            ([], files) => files.iter().map(|path| Ok((read(path, Choice::File)?, None))).collect(),
            (choices, files) if choices.len() == files.len() => {
                let each = files.iter().zip(choices);
                each.map(|(path, choice)| Ok((read(path, (self.always)(choice))?, Some(choice)))).collect()
            }
            ([choice], files) => {
                let one = |path: &&Path| {
                    let there = Cell::new(false);
                    let network = read(path, (self.if_there)(choice, &there))?;
                    Ok((network, there.get().then_some(choice)))
                };
                let read = files.iter().map(one).collect::<Result<Vec<_>, Error>>()?;
                if read.iter().all(|(_, choice)| choice.is_none()) {
                    return Err(Error::Request(format!(
                        "{option} {choice}: no network file is named that has these {called}"
                    )));
                }
                Ok(read)
            }
            (choices, files) => Err(Error::Request(format!(
                "{option} is given {} times for {} network files: give it once, or once for each file",
                choices.len(),
                files.len()
            ))),
        }
    }

    /// Reads one network file.
    fn read_one<V>(
        &self,
        choices: &[T],
        file: &Path,
        read: impl Fn(&Path, Choice<'_>) -> Result<V, format::Error>,
    ) -> Result<V, Error> {
        match choices {
            [] => Ok(read(file, Choice::File)?),
            [choice] => Ok(read(file, (self.always)(choice))?),
            _ => {
                let option = self.option;
                Err(Error::Request(format!("{option} is given more than once for one network file: give it once")))
            }
        }
    }
}

impl Chosen {
    /// Reads network files, and says of each which choice of layers was followed.
    pub(super) fn read<V>(
        &self,
        files: &[&Path],
        read: impl Fn(&Path, Choice<'_>) -> Result<V, format::Error>,
    ) -> Result<Vec<(V, Option<&Layers>)>, Error> {
        if self.keys.is_empty() {
            return LAYERS.read(&self.layers, files, read);
        }
        Ok(KEYS.read(&self.keys, files, read)?.into_iter().map(|(network, _)| (network, None)).collect())
    }

    /// Reads one network file.
    pub(super) fn read_one<V>(
        &self,
        file: &Path,
        read: impl Fn(&Path, Choice<'_>) -> Result<V, format::Error>,
    ) -> Result<V, Error> {
        match self.keys.is_empty() {
            true => LAYERS.read_one(&self.layers, file, read),
            false => KEYS.read_one(&self.keys, file, read),
        }
    }

    /// Errors where tensors are named: a baseline has no place for them.
    pub(super) fn check_no_keys(&self) -> Result<(), Error> {
        match self.keys.first() {
            None => Ok(()),
            Some(keys) => Err(Error::Request(format!(
                "--keys {keys}: a baseline does not keep them: save the network by run --save, and name that file"
            ))),
        }
    }

    /// Errors where layers are chosen and no network file is named.
    pub(super) fn check_unused(&self) -> Result<(), Error> {
        let layers = self.layers.first().map(|choice| format!("--layers {choice}"));
        match layers.or_else(|| self.keys.first().map(|keys| format!("--keys {keys}"))) {
            None => Ok(()),
            Some(asked) => Err(Error::Request(format!("{asked}: no network file is named"))),
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
