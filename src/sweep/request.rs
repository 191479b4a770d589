//! The file that asks for a sweep: axes that are combined, in TOML.

use super::Error;
use super::several::{Bits, Decimals, Seeds, Several, Text};
use crate::attack::Strategy;
use crate::format::{self, Layers};
use crate::net::{Dtype, Family, Shape, ShapeError, Sizes};
use crate::record::{Attacker, VictimArithmetic};
use serde::Deserialize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use toml::Spanned;

/// The sections of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sections {
    grid: Option<Spanned<Several<Axes>>>,
    zip: Option<Spanned<Several<Axes>>>,
    frontier: Option<Spanned<Several<Axes>>>,
}

/// A named file as a victim.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pinned {
    pub path: PathBuf,
    pub sha256: Option<String>,
    pub layers: Option<Text<Layers>>,
    pub activation: Option<Text<Family>>,
}

/// A path, or a path with the hash that its file must have, the layers that make the network, and what its hidden units
/// compute.
#[derive(Clone, Debug)]
pub(super) struct File(pub Pinned);

impl<'de> Deserialize<'de> for File {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> serde::de::Visitor<'de> for Either {
            type Value = File;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a path, or { path = \"...\", sha256 = \"...\", layers = \"...\", activation = \"...\" }")
            }
            fn visit_str<E: serde::de::Error>(self, path: &str) -> Result<File, E> {
                Ok(File(Pinned { path: path.into(), sha256: None, layers: None, activation: None }))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<File, A::Error> {
                Pinned::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(File)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Why a network with several hidden layers is no victim, and what attacks it.
pub(super) fn too_deep(sizes: &Sizes) -> String {
    let hidden = sizes.as_slice().len().saturating_sub(2);
    format!(
        "a sweep attacks one hidden layer, and {sizes} has {hidden}, which exactract run attacks, one network a time"
    )
}

/// The shape of a random victim.
#[derive(Clone, Copy, Debug)]
pub(super) struct Random(pub Shape);

impl FromStr for Random {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<Sizes>() {
            Ok(sizes) if sizes.as_slice().len() > 3 => {
                Err(format!("{}: write inputs-hidden-outputs, for example 20-16-1", too_deep(&sizes)))
            }
            _ => text.parse().map(Self).map_err(|error: ShapeError| error.to_string()),
        }
    }
}

/// An axis: its values, and where they stand.
pub(super) type Axis<T> = Option<Spanned<Several<T>>>;

/// The axes of one section; one that is left out has its usual value alone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Axes {
    pub shape: Axis<Text<Random>>,
    pub weights: Axis<Dtype>,
    pub activation: Axis<Text<Family>>,
    pub file: Axis<File>,
    pub seed: Option<Spanned<Seeds>>,
    pub strategy: Axis<Strategy>,
    pub victim_arithmetic: Axis<VictimArithmetic>,
    pub attacker: Axis<Attacker>,
    pub answer_bits: Axis<Bits>,
    pub answer_decimals: Axis<Decimals>,
    pub question_bits: Axis<Bits>,
    /// Of a frontier alone: least and most bits.
    pub bits: Option<Spanned<[u32; 2]>>,
    pub lines: Axis<u16>,
    pub polish: Axis<bool>,
    pub snap: Axis<bool>,
    pub max_queries: Axis<u64>,
    pub inputs: Axis<u32>,
    pub attribution: Axis<bool>,
    pub ledger: Axis<bool>,
    pub certify: Axis<bool>,
}

/// How the values of axes come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Every value with every other.
    Grid,
    /// The first with the first, the second with the second.
    Zip,
    /// A grid of searches for the smallest number of bits.
    Frontier,
}

/// A request as it was read, with its text for messages.
pub(super) struct Request {
    path: PathBuf,
    text: String,
    pub sections: Vec<(Mode, Axes)>,
}

/// The largest request that is read, in bytes.
const MOST_BYTES: u64 = 1 << 24;

impl Request {
    /// Reads a request. Errors name the file, the line, the key, and what to write.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = format::bytes_within(path, MOST_BYTES)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut request = Self { path: path.to_owned(), text, sections: Vec::new() };
        if let Err(error) = std::str::from_utf8(&bytes) {
            let at = error.valid_up_to();
            return Err(request.error(at..at, "is no UTF-8 text: save the file in UTF-8"));
        }
        let sections: Sections = toml::from_str(&request.text).map_err(|error| {
            let what = error.message().to_owned();
            request.error(error.span().unwrap_or(0..0), what)
        })?;
        let Sections { grid, zip, frontier } = sections;
        for (mode, section) in [(Mode::Grid, grid), (Mode::Zip, zip), (Mode::Frontier, frontier)] {
            let axes = section.into_iter().flat_map(|section| section.into_inner().0);
            request.sections.extend(axes.map(|axes| (mode, axes)));
        }
        if request.sections.is_empty() {
            return Err(request.error(0..0, "asks for nothing: write a section [grid], [zip] or [frontier] with axes"));
        }
        Ok(request)
    }

    /// The folder that paths in it start from.
    pub fn folder(&self) -> PathBuf {
        self.path.parent().map(Path::to_owned).unwrap_or_default()
    }

    /// An error at a place of the text.
    pub fn error(&self, span: Range<usize>, what: impl Into<String>) -> Error {
        let (line, key) = place(&self.text, span.start);
        Error::Request { path: self.path.clone(), line, key, what: what.into() }
    }
}

/// The line of a byte, from 1, and the key or section that it belongs to.
fn place(text: &str, at: usize) -> (usize, String) {
    let at = (0..=at.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    let line = text[..at].matches('\n').count();
    let upward = text.lines().take(line + 1).collect::<Vec<_>>().into_iter().rev();
    let mut named = upward.filter_map(|line| {
        let line = line.trim();
        let key = line.split_once('=').map(|(key, _)| key.trim());
        // A list over several lines: its key stands above.
        let key = key.filter(|key| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c)));
        key.map(|key| format!("`{key}`")).or_else(|| line.starts_with('[').then(|| line.to_owned()))
    });
    (line + 1, named.next().unwrap_or_else(|| "top level".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_a_line_and_a_key() {
        let text = "# é\n[grid]\nshape = [\n  \"2-2-1\",\n  \"x\",\n]\nseed = 1\n";
        let of = |word: &str| place(text, text.find(word).unwrap());
        assert_eq!(of("x"), (5, "`shape`".to_owned()));
        assert_eq!(of("1\n"), (7, "`seed`".to_owned()));
        assert_eq!(of("[grid]"), (2, "[grid]".to_owned()));
        assert_eq!(place(text, 3).1, "top level");
        assert_eq!(place("", 9), (1, "top level".to_owned()));
    }
}
