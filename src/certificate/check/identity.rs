//! Whether a certificate's victim is the network that it says.

use super::network::Network;
use super::{AuditChecked, Checked, Refusal};
use crate::certificate::{AuditCertificate, Certificate, Source};
use crate::format;
use crate::net::{self, Shape};
use crate::text::quoted;
use num_rational::BigRational;

/// Holds the victim of a certificate against its source, and against a `file` where one is given.
///
/// The bundled and random victims are made again; a file has to be given. Returns what was
/// compared, in words.
///
/// Errors: [`Refusal::False`] where hash or weights differ; [`Refusal::Malformed`] where the
/// source names nothing that can be made.
pub fn identify(
    certificate: &Certificate,
    checked: &Checked,
    file: Option<&format::Victim>,
) -> Result<String, Refusal> {
    let malformed = |error: &dyn std::fmt::Display| Refusal::Malformed(format!("source of the victim: {error}"));
    let stated = &certificate.victim;
    let (made, mut compared) = match &stated.source {
        Source::Bundled {} => {
            (Some(format::bundled().map_err(|e| malformed(&e))?), vec!["the bundled classifier".to_owned()])
        }
        Source::Random { shape, seed, weights } => {
            if *shape != checked.shape {
                return Err(Refusal::False(format!("the victim is {}, its source {}", checked.shape, quoted(shape))));
            }
            let size: Shape = shape.parse().map_err(|e: net::ShapeError| malformed(&e))?;
            let Some(precision) = net::Dtype::named(weights) else {
                return Err(malformed(&format!("there are no random weights of type {}", quoted(weights))));
            };
            let made = format::Victim::made(net::random(size, *seed, precision), precision.into());
            (Some(made.map_err(|e| malformed(&e))?), vec![format!("the random network of seed {seed}, made again")])
        }
        Source::File { .. } => (None, Vec::new()),
    };
    if let Some(made) = &made {
        same("victim", &checked.victim, &stated.sha256, made, "its source")?;
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

/// Holds both networks of an audit's certificate against files, where they are given.
///
/// Returns what was compared, in words, for the victim and the copy.
/// Errors: [`Refusal::False`] where hash or weights differ.
pub fn identify_audit(
    certificate: &AuditCertificate,
    checked: &AuditChecked,
    files: [Option<&format::Victim>; 2],
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

/// What name and hash are worth where no file shows them. It repeats neither: the name is whatever the file says.
fn not_compared(who: &str) -> String {
    format!("name and sha256 are the certificate's word, not compared: give the file to --{who}")
}

/// Compares hash, shape and every weight.
fn same(who: &str, stated: &Network, sha256: &str, victim: &format::Victim, name: &str) -> Result<(), Refusal> {
    let refuse = |what: &str| Err(Refusal::False(format!("the {who}'s {what} of {name}")));
    let shape = victim.network.shape();
    if (shape.inputs, shape.hidden, shape.outputs) != (stated.inputs, stated.rows.len(), stated.output.len()) {
        return refuse("shape is not that");
    }
    let network = &victim.network;
    let equals = |float: &f64, stated: &BigRational| BigRational::from_float(*float).is_some_and(|x| x == *stated);
    let rows = (0..shape.hidden).all(|i| {
        let floats = network.hidden().row(i).iter().chain([&network.hidden_bias()[i]]);
        floats.zip(stated.row(i)).all(|(float, stated)| equals(float, &stated))
    });
    let outputs = network
        .output()
        .iter_rows()
        .zip(&stated.output)
        .all(|(floats, stated)| floats.iter().zip(stated).all(|(float, stated)| equals(float, stated)));
    let biases = network.output_bias().iter().zip(&stated.output_bias).all(|(float, stated)| equals(float, stated));
    if !(rows && outputs && biases) {
        return refuse("weights are not those");
    }
    if sha256 != victim.sha256 {
        return refuse("SHA-256 is not that");
    }
    Ok(())
}
