//! Whether a certificate's networks are those that it says.
//!
//! Reads no file: whoever calls hands over what a file holds, or what a source gives, as a [`Reference`].

use crate::activation::Known;
use crate::audit_record::AuditCertificate;
use crate::check::Checked;
use crate::check_audit::AuditChecked;
use crate::check_deep::DeepChecked;
use crate::deep_network::Deep;
use crate::deep_record::DeepCertificate;
use crate::network::Network;
use crate::quoted::quoted;
use crate::record::{Certificate, Source};
use crate::refusal::Refusal;
use num_rational::BigRational;

/// A network from elsewhere to compare with: its floats, which are its weights exactly, and its hash.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// `A0`, `[hidden]` rows of `[inputs]`.
    pub hidden: Vec<Vec<f64>>,
    /// `b0`, `[hidden]`.
    pub hidden_bias: Vec<f64>,
    /// `A1`, `[outputs]` rows of `[hidden]`.
    pub output: Vec<Vec<f64>>,
    /// `b1`, `[outputs]`.
    pub output_bias: Vec<f64>,
    /// What its hidden units compute; `None`: ReLU.
    pub activation: Option<ReferenceActivation>,
    /// SHA-256 of its file, in hexadecimal; of its safetensors form where it was made.
    pub sha256: String,
}

/// An activation of a [`Reference`].
#[derive(Clone, Debug, PartialEq)]
pub enum ReferenceActivation {
    /// One slope below zero for all units.
    Leaky(f64),
    /// A slope below zero for each unit, `[hidden]`.
    Parametric(Vec<f64>),
    /// The ends of a clip.
    Clip(f64, f64),
    /// `|z|`.
    Abs,
}

/// Compares the victim of a certificate with its source, and with a `file` where one is given.
///
/// `make` is asked for the victim of a source that can be made again, the bundled and random ones; its answer is
/// `None` where the caller cannot make it. Returns what was compared, in words.
///
/// Errors: [`Refusal::False`] where shape, hash or weights differ; those of `make`.
pub fn identify(
    certificate: &Certificate,
    checked: &Checked,
    make: impl FnOnce(&Source) -> Result<Option<Reference>, Refusal>,
    file: Option<&Reference>,
) -> Result<String, Refusal> {
    let stated = &certificate.victim;
    let source = match &stated.source {
        Source::Bundled {} => Some("the bundled classifier".to_owned()),
        // Before anything is made of it: a source may name a shape that no memory holds.
        Source::Random { shape, .. } if *shape != checked.shape => {
            return Err(Refusal::False(format!("the victim is {}, its source {}", checked.shape, quoted(shape))));
        }
        Source::Random { seed, .. } => Some(format!("the random network of seed {seed}, made again")),
        Source::File { .. } => None,
    };
    let mut compared = Vec::new();
    if let Some(source) = source
        && let Some(made) = make(&stated.source)?
    {
        same("victim", &checked.victim, &stated.sha256, &made, "its source")?;
        compared.push(source);
    }
    if let Some(file) = file {
        same("victim", &checked.victim, &stated.sha256, file, "the file given")?;
        compared.push("the file given".to_owned());
    }
    Ok(match &compared[..] {
        [] => not_compared("victim"),
        all => format!("hash and weights are those of {}", all.join(" and of ")),
    })
}

/// Compares both networks of an audit's certificate with files, where they are given.
///
/// Returns what was compared, in words, for the victim and the copy.
/// Errors: [`Refusal::False`] where shape, hash or weights differ.
pub fn identify_audit(
    certificate: &AuditCertificate,
    checked: &AuditChecked,
    files: [Option<&Reference>; 2],
) -> Result<[String; 2], Refusal> {
    let one = |side: usize| {
        let (who, party) = [("victim", &certificate.victim), ("copy", &certificate.copy)][side];
        let Some(file) = files[side] else {
            return Ok(not_compared(who));
        };
        same(who, &checked.networks[side], &party.sha256, file, "the file given")?;
        Ok("hash and weights are those of the file given".to_owned())
    };
    Ok([one(0)?, one(1)?])
}

/// A network of ReLU units of any depth from elsewhere to compare with: its floats, and its hash.
#[derive(Clone, Debug, PartialEq)]
pub struct DeepReference {
    /// Rows of each affine map, the bias last.
    pub layers: Vec<Vec<Vec<f64>>>,
    /// Whether all of its activations are ReLU.
    pub is_relu: bool,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
}

/// Compares both networks of a certificate of an audit of deep networks with files, where they are given.
///
/// Returns what was compared, in words, for the victim and the copy.
/// Errors: [`Refusal::False`] where shape, hash or weights differ.
pub fn identify_deep(
    certificate: &DeepCertificate,
    checked: &DeepChecked,
    files: [Option<&DeepReference>; 2],
) -> Result<[String; 2], Refusal> {
    let one = |side: usize| {
        let (who, party) = [("victim", &certificate.victim), ("copy", &certificate.copy)][side];
        let Some(file) = files[side] else {
            return Ok(not_compared(who));
        };
        let refuse = |what: &str| Err(Refusal::False(format!("the {who}'s {what} of the file given")));
        if !file.is_relu {
            return refuse("activations are not those");
        }
        if !has_rows(&checked.networks[side], &file.layers) {
            return refuse("weights are not those");
        }
        if party.sha256 != file.sha256 {
            return refuse("SHA-256 is not that");
        }
        Ok("hash and weights are those of the file given".to_owned())
    };
    Ok([one(0)?, one(1)?])
}

/// Whether a network's numbers are these floats.
fn has_rows(network: &Deep, floats: &[Vec<Vec<f64>>]) -> bool {
    let equals = |float: &f64, stated: &BigRational| BigRational::from_float(*float).is_some_and(|x| x == *stated);
    let row = |(floats, row): (&Vec<f64>, &Vec<BigRational>)| {
        floats.len() == row.len() && floats.iter().zip(row).all(|(float, stated)| equals(float, stated))
    };
    let layer = |(floats, rows): (&Vec<Vec<f64>>, &Vec<Vec<BigRational>>)| {
        floats.len() == rows.len() && floats.iter().zip(rows).all(row)
    };
    floats.len() == network.layers.len() && floats.iter().zip(&network.layers).all(layer)
}

/// What name and hash are worth where no file shows them. It repeats neither: the name is whatever the file says.
fn not_compared(who: &str) -> String {
    format!("name and sha256 are the certificate's word, not compared: give the file to --{who}")
}

/// Compares shape, every weight and hash.
fn same(who: &str, stated: &Network, sha256: &str, given: &Reference, name: &str) -> Result<(), Refusal> {
    let refuse = |what: &str| Err(Refusal::False(format!("the {who}'s {what} of {name}")));
    let Reference { hidden, hidden_bias, output, output_bias, activation, sha256: found } = given;
    let (stated, units) = match &stated.stated {
        Some(stated) => (&stated.weights, Some(&stated.activation)),
        None => (stated, None),
    };
    let sizes = [hidden.len(), hidden_bias.len(), output.len(), output_bias.len()];
    let fits = sizes == [stated.hidden(), stated.hidden(), stated.output.len(), stated.output.len()]
        && hidden.iter().all(|row| row.len() == stated.inputs)
        && output.iter().all(|row| row.len() == stated.hidden());
    if !fits {
        return refuse("shape is not that");
    }
    let equals = |float: &f64, stated: &BigRational| BigRational::from_float(*float).is_some_and(|x| x == *stated);
    let rows = (hidden.iter().zip(hidden_bias).enumerate()).all(|(i, (row, bias))| {
        let floats = row.iter().chain([bias]);
        floats.zip(stated.row(i)).all(|(float, stated)| equals(float, &stated))
    });
    let all = |floats: &[f64], stated: &[BigRational]| floats.iter().zip(stated).all(|(x, y)| equals(x, y));
    let outputs = output.iter().zip(&stated.output).all(|(floats, stated)| all(floats, stated));
    let slopes = |floats: &[f64], stated: &[BigRational]| floats.len() == stated.len() && all(floats, stated);
    let same_units = match (activation, units) {
        (None, None) | (Some(ReferenceActivation::Abs), Some(Known::Abs)) => true,
        (Some(ReferenceActivation::Leaky(float)), Some(Known::Leaky(stated))) => equals(float, stated),
        (Some(ReferenceActivation::Parametric(floats)), Some(Known::Parametric(stated))) => slopes(floats, stated),
        (Some(ReferenceActivation::Clip(from, to)), Some(Known::Clip { low, high })) => {
            equals(from, low) && equals(to, high)
        }
        _ => false,
    };
    if !same_units {
        return refuse("activation is not that");
    }
    if !(rows && outputs && all(output_bias, &stated.output_bias)) {
        return refuse("weights are not those");
    }
    if sha256 != found {
        return refuse("SHA-256 is not that");
    }
    Ok(())
}
