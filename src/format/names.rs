//! What a tensor is by its name: the weights or the biases of a layer, and of which.
//!
//! Two forms of names are known, `fc1.weight` and `W1`. Layers are called what the user sees:
//! `fc1`, and the name of the weights, `W1`.

use super::parts::Layout;
use std::collections::BTreeMap;

/// What a tensor holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Weights,
    Biases,
}

const WEIGHTS: [&str; 6] = ["weight", "weights", "kernel", "w", "coef", "coefs"];
const BIASES: [&str; 5] = ["bias", "biases", "b", "intercept", "intercepts"];
const SEPARATORS: [char; 2] = ['.', '/'];

/// How the names of one network's weights are made: a file has one form, or the user says which layers count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `fc1.weight`: the separator and the word, in small letters.
    Word(char, String),
    /// `W1`: the word.
    Indexed(String),
}

impl Form {
    /// The order of axes that names of this form stand for; `None` where programs differ.
    pub(super) fn layout(&self) -> Option<Layout> {
        match self {
            // PyTorch.
            Self::Word('.', word) if word == "weight" => Some(Layout::UnitsFirst),
            // Keras and Flax; scikit-learn; this program.
            Self::Word(_, word) if word == "kernel" => Some(Layout::InputsFirst),
            Self::Indexed(word) if word == "coefs" || word == "A" => Some(Layout::InputsFirst),
            _ => None,
        }
    }

    /// Whether the first of several layers may lack its number, as `dense`, `dense_1` in Keras.
    pub(super) fn counts_from_none(&self) -> bool {
        matches!(self, Self::Word(_, word) if word == "kernel")
    }
}

/// What one name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) role: Role,
    pub(super) form: Form,
    /// The same for the weights and the biases of a layer.
    key: (bool, String),
    /// What users call the layer.
    pub(super) layer: String,
}

fn role(word: &str) -> Option<Role> {
    if WEIGHTS.contains(&word) || word == "A" {
        return Some(Role::Weights);
    }
    BIASES.contains(&word).then_some(Role::Biases)
}

/// What a name says; `None` for one of another form.
pub(super) fn parse(name: &str) -> Option<Parsed> {
    // TensorFlow numbers the outputs of an operation, and variables with them.
    let plain = name.strip_suffix(":0").unwrap_or(name);
    let small = |word: &str| if word == "A" { word.to_owned() } else { word.to_ascii_lowercase() };
    // An underscore separates in flat names alone: `in_proj_weight` in `attn.in_proj_weight` is one word.
    let flat = !plain.contains(SEPARATORS);
    if let Some(at) = plain.rfind(|c| SEPARATORS.contains(&c) || (flat && c == '_'))
        && let (head, tail) = (&plain[..at], &plain[at + 1..])
        && let Some(role) = role(&small(tail)).filter(|_| !head.is_empty() && tail != "A")
    {
        let separator = char::from(plain.as_bytes()[at]);
        let form = Form::Word(separator, small(tail));
        let key = (false, format!("{head}{separator}"));
        return Some(Parsed { role, form, key, layer: head.to_owned() });
    }
    let rest = plain.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &plain[rest.len()..];
    let rest = rest.strip_suffix('_').unwrap_or(rest);
    let (prefix, word) = rest.rfind(SEPARATORS).map_or(("", rest), |at| rest.split_at(at + 1));
    let word = small(word);
    let role = role(&word).filter(|_| !number.is_empty())?;
    Some(Parsed { role, form: Form::Indexed(word), key: (true, format!("{prefix}{number}")), layer: name.to_owned() })
}

/// Names for messages, not all of very many.
pub(super) fn list(names: &[String]) -> String {
    const MOST: usize = 40;
    match (names.len(), names.len().saturating_sub(MOST)) {
        (0, _) => "nothing".to_owned(),
        (_, 0) => names.join(", "),
        (_, more) => format!("{} and {more} more", names[..MOST].join(", ")),
    }
}

/// A layer by names alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// What users call it.
    pub(super) layer: String,
    pub(super) weights: String,
    pub(super) bias: Option<String>,
    pub(super) form: Form,
}

/// The layers that names tell, and the names that belong to none.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In the order of the names.
    pub(super) layers: Vec<Named>,
    pub(super) others: Vec<String>,
    /// Two names for the same tensor of a layer.
    pub(super) twice: Option<[String; 2]>,
}

/// Puts weights and biases of the same layer together.
pub(super) fn find(names: &[String]) -> Found {
    let mut found = Found::default();
    let mut layers: BTreeMap<(bool, String), [Vec<&String>; 2]> = BTreeMap::new();
    for name in names {
        match parse(name) {
            Some(Parsed { role, key, .. }) => layers.entry(key).or_default()[role as usize].push(name),
            None => found.others.push(name.clone()),
        }
    }
    for [weights, biases] in layers.into_values() {
        if let [first, second, ..] = weights[..] {
            found.twice = Some([first.clone(), second.clone()]);
        }
        let bias = biases.first().map(|name| (*name).clone());
        match (weights.first().and_then(|name| Some((name, parse(name)?))), biases.get(1)) {
            (Some((name, Parsed { form, layer, .. })), None) => {
                found.layers.push(Named { layer, weights: (*name).clone(), bias, form });
            }
            (Some(_), Some(second)) => found.twice = Some([bias.unwrap_or_default(), (*second).clone()]),
            (None, _) => found.others.extend(biases.into_iter().cloned()),
        }
    }
    found.layers.sort_by(|a, b| a.weights.cmp(&b.weights));
    found.others.sort();
    found
}

/// Words of names whose tensors change what a network computes, and are no weights of a plain layer.
const FOREIGN: [&str; 8] = ["weight", "kernel", "bias", "running_", "moving_", "lora_", "embed", "attn"];
/// Last words of such names.
const FOREIGN_LAST: [&str; 2] = ["gamma", "beta"];
/// Words of layers that are no plain ones, though their tensors are called weight and bias.
const FOREIGN_LAYERS: [&str; 8] = ["embed", "attn", "attention", "lora_", "skip", "shortcut", "residual", "downsample"];

/// A name that tells of something beside plain layers: a normalisation, an embedding, an adapter.
pub(super) fn foreign(found: &Found) -> Option<&str> {
    let any = |name: &str, words: &[&str]| words.iter().any(|word| name.to_ascii_lowercase().contains(word));
    let last = |name: &str| name.rsplit(SEPARATORS).next().unwrap_or_default().to_ascii_lowercase();
    let strange = |name: &&String| any(name, &FOREIGN) || FOREIGN_LAST.contains(&last(name).trim_end_matches(":0"));
    let layer = || found.layers.iter().find(|layer| any(&layer.layer, &FOREIGN_LAYERS)).map(|layer| &*layer.weights);
    found.others.iter().find(strange).map(String::as_str).or_else(layer)
}

/// Words of prefixes under which one file keeps several networks.
const NETWORKS: [&str; 14] = [
    "online",
    "target",
    "student",
    "teacher",
    "ema",
    "actor",
    "critic",
    "policy",
    "value",
    "generator",
    "discriminator",
    "shadow",
    "momentum",
    "average",
];

/// Whether a prefix is one that networks are told apart by.
pub(super) fn names_a_network(prefix: &str) -> bool {
    prefix.split(['.', '/', '_']).any(|word| NETWORKS.contains(&word.to_ascii_lowercase().as_str()))
}

/// Layers by the part of their names in which they first differ: `online.0`, `online.2`, `target.0`, `target.2`.
///
/// Layers that end there make one group, without a name.
pub(super) fn groups(layers: &[&str]) -> Vec<(String, Vec<usize>)> {
    let parts: Vec<Vec<&str>> = layers.iter().map(|layer| layer.split(SEPARATORS).collect()).collect();
    let first = parts.first().cloned().unwrap_or_default();
    let shared = (0..first.len()).take_while(|&i| parts.iter().all(|parts| parts.get(i) == Some(&first[i]))).count();
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, parts) in parts.iter().enumerate() {
        let name = if parts.len() > shared + 1 { parts[..=shared].join(".") } else { String::new() };
        groups.entry(name).or_default().push(index);
    }
    groups.into_iter().collect()
}
