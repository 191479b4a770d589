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
use num_traits::ToPrimitive as _;

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
    let parties = [("victim", &certificate.victim), ("copy", &certificate.copy)];
    let one = |side: usize| {
        let ((who, party), (other, others)) = (parties[side], parties[1 - side]);
        let Some(file) = files[side] else {
            return Ok(not_compared(who));
        };
        let option = format!("the file given to --{who}");
        same(who, &checked.networks[side], &party.sha256, file, &option)
            .map_err(|refusal| swapped(refusal, &file.sha256, (other, &others.sha256)))?;
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
    let parties = [("victim", &certificate.victim), ("copy", &certificate.copy)];
    let one = |side: usize| {
        let ((who, party), (other, others)) = (parties[side], parties[1 - side]);
        let Some(file) = files[side] else {
            return Ok(not_compared(who));
        };
        let option = format!("the file given to --{who}");
        same_deep(who, &checked.networks[side], &party.sha256, file, &option)
            .map_err(|refusal| swapped(refusal, &file.sha256, (other, &others.sha256)))?;
        Ok("hash and weights are those of the file given".to_owned())
    };
    Ok([one(0)?, one(1)?])
}

/// The refusal of a file, which may be that of the other network.
fn swapped(refusal: Refusal, found: &str, (other, sha256): (&str, &str)) -> Refusal {
    match refusal {
        Refusal::False(what) if found == sha256 => Refusal::False(format!("{what}. The file is that of the {other}")),
        refusal => refusal,
    }
}

/// Numbers of a network that are not those of a file.
#[derive(Default)]
struct Differences {
    numbers: usize,
    differing: usize,
    first: Option<String>,
}

impl Differences {
    /// Compares a number, which is called something.
    fn compare(&mut self, float: f64, stated: &BigRational, called: impl Fn() -> String) {
        self.numbers += 1;
        if BigRational::from_float(float).is_some_and(|x| x == *stated) {
            return;
        }
        self.differing += 1;
        if self.first.is_none() {
            let near = stated.to_f64().unwrap_or(f64::NAN);
            let exact = if BigRational::from_float(near).is_some_and(|x| x == *stated) { "" } else { "about " };
            self.first = Some(format!("{}, {float} there and {exact}{near} here", called()));
        }
    }

    /// A row of weights, and its bias.
    fn row(&mut self, floats: &[f64], stated: &[BigRational], unit: &str) {
        let last = floats.len().saturating_sub(1);
        for (j, (float, stated)) in floats.iter().zip(stated).enumerate() {
            let called = || if j == last { format!("bias of {unit}") } else { format!("weight {j} of {unit}") };
            self.compare(*float, stated, called);
        }
    }

    /// What a file is instead; `None` where all numbers are the same.
    fn told(&self) -> Option<String> {
        let first = self.first.as_ref()?;
        Some(format!("{} of {} weights and biases differ; the first is the {first}", self.differing, self.numbers))
    }
}

/// The refusal of another file than the one that is meant.
fn other_file(who: &str, name: &str, what: &str) -> Refusal {
    Refusal::False(format!("the {who} is not {name}: {what}"))
}

/// Errors where the numbers are the same and the files are not.
fn same_hash(who: &str, stated: &str, found: &str, name: &str) -> Result<(), Refusal> {
    if stated == found {
        return Ok(());
    }
    // What a certificate states is 64 hexadecimal digits.
    Err(other_file(who, name, &format!("all weights are the same, and the SHA-256 is {found} there and {stated} here")))
}

/// Compares shape, every weight and hash.
fn same_deep(who: &str, stated: &Deep, sha256: &str, given: &DeepReference, name: &str) -> Result<(), Refusal> {
    if !given.is_relu {
        return Err(other_file(who, name, "its activations are not ReLU"));
    }
    let sizes = |layers: &mut dyn Iterator<Item = (usize, usize)>| {
        layers.map(|(units, entries)| format!("{units} x {}", entries.saturating_sub(1))).collect::<Vec<_>>().join(", ")
    };
    let found = sizes(&mut given.layers.iter().map(|rows| (rows.len(), rows.first().map_or(0, Vec::len))));
    let expected = sizes(&mut stated.layers.iter().map(|rows| (rows.len(), rows.first().map_or(0, Vec::len))));
    if found != expected {
        return Err(other_file(who, name, &format!("its layers are {found} there and {expected} here")));
    }
    let mut differences = Differences::default();
    for (l, (floats, rows)) in given.layers.iter().zip(&stated.layers).enumerate() {
        for (i, (floats, row)) in floats.iter().zip(rows).enumerate() {
            differences.row(floats, row, &format!("unit {i} of layer {l}"));
        }
    }
    match differences.told() {
        Some(what) => Err(other_file(who, name, &what)),
        None => same_hash(who, sha256, &given.sha256, name),
    }
}

/// What name and hash are worth where no file shows them. It repeats neither: the name is whatever the file says.
fn not_compared(who: &str) -> String {
    format!("name and sha256 are the certificate's word, not compared: give the file to --{who}")
}

/// Compares shape, activation, every weight and hash.
fn same(who: &str, stated: &Network, sha256: &str, given: &Reference, name: &str) -> Result<(), Refusal> {
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
        let there = format!("{}-{}-{}", hidden.first().map_or(0, Vec::len), hidden.len(), output.len());
        return Err(other_file(who, name, &format!("its shape is {there} there and {} here", stated.shape())));
    }
    let equals = |float: &f64, stated: &BigRational| BigRational::from_float(*float).is_some_and(|x| x == *stated);
    let slopes = |floats: &[f64], stated: &[BigRational]| {
        floats.len() == stated.len() && floats.iter().zip(stated).all(|(x, y)| equals(x, y))
    };
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
        return Err(other_file(who, name, "its activation is another"));
    }
    let mut differences = Differences::default();
    for (i, (row, bias)) in hidden.iter().zip(hidden_bias).enumerate() {
        let floats: Vec<f64> = row.iter().chain([bias]).copied().collect();
        let row: Vec<BigRational> = stated.row(i);
        differences.row(&floats, &row, &format!("hidden unit {i}"));
    }
    for (o, (row, bias)) in output.iter().zip(output_bias).enumerate() {
        let floats: Vec<f64> = row.iter().chain([bias]).copied().collect();
        let row: Vec<BigRational> = stated.output[o].iter().chain([&stated.output_bias[o]]).cloned().collect();
        differences.row(&floats, &row, &format!("output {o}"));
    }
    match differences.told() {
        Some(what) => Err(other_file(who, name, &what)),
        None => same_hash(who, sha256, found, name),
    }
}
