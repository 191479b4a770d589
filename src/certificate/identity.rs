//! The victims that the checker compares with: read, or made again.

use crate::format;
use crate::net::{self, Activation, Family, Network, Shape};
use exactract_check::{
    AuditCertificate, AuditChecked, Certificate, Checked, DeepCertificate, DeepChecked, DeepReference, Reference,
    ReferenceActivation, Refusal, Source, quoted,
};

/// Compares the victim of a certificate with its source, and with a `file` where one is given.
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
    exactract_check::identify(certificate, checked, made, file.map(reference).as_ref())
}

/// Compares both networks of an audit's certificate with files, where they are given.
///
/// Returns what was compared, in words, for the victim and the copy.
/// Errors: [`Refusal::False`] where hash or weights differ.
pub fn identify_audit(
    certificate: &AuditCertificate,
    checked: &AuditChecked,
    files: [Option<&format::Victim>; 2],
) -> Result<[String; 2], Refusal> {
    let [victim, copy] = files.map(|file| file.map(reference));
    exactract_check::identify_audit(certificate, checked, [victim.as_ref(), copy.as_ref()])
}

/// Compares both networks of a certificate of an audit of deep networks with files, where they are given.
///
/// Returns what was compared, in words, for the victim and the copy.
/// Errors: [`Refusal::False`] where hash or weights differ.
pub fn identify_deep(
    certificate: &DeepCertificate,
    checked: &DeepChecked,
    files: [Option<&format::Victim<Network<f64>>>; 2],
) -> Result<[String; 2], Refusal> {
    let reference = |victim: &format::Victim<Network<f64>>| DeepReference {
        layers: victim.network.layers().iter().map(rows).collect(),
        is_relu: victim.network.activations().iter().all(Activation::is_relu),
        sha256: victim.sha256.clone(),
    };
    let [victim, copy] = files.map(|file| file.map(reference));
    exactract_check::identify_deep(certificate, checked, [victim.as_ref(), copy.as_ref()])
}

/// Rows of an affine map, the bias last.
fn rows(layer: &net::Affine<f64>) -> Vec<Vec<f64>> {
    layer
        .weights()
        .iter_rows()
        .zip(layer.bias())
        .map(|(row, bias)| row.iter().chain([bias]).copied().collect())
        .collect()
}

/// The victim of a source; `None` of a file.
fn made(source: &Source) -> Result<Option<Reference>, Refusal> {
    let malformed = |error: &dyn std::fmt::Display| Refusal::Malformed(format!("source of the victim: {error}"));
    let victim = match source {
        Source::Bundled {} => format::bundled(),
        Source::Random { shape, seed, weights, activation } => {
            let size: Shape = shape.parse().map_err(|e: net::ShapeError| malformed(&e))?;
            let Some(precision) = net::Dtype::named(weights) else {
                return Err(malformed(&format!("there are no random weights of type {}", quoted(weights))));
            };
            let family = activation.as_deref().unwrap_or("relu").parse::<Family>().map_err(|e| malformed(&e))?;
            let network = net::random(size, *seed, precision).with_activation(family.draw(size.hidden, *seed));
            format::Victim::made(network.map_err(|e| malformed(&e))?, precision)
        }
        Source::File { .. } => return Ok(None),
    };
    victim.map(|victim| Some(reference(&victim))).map_err(|e| malformed(&e))
}

/// A victim as the checker takes it.
fn reference(victim: &format::Victim) -> Reference {
    let network = &victim.network;
    Reference {
        hidden: network.hidden().iter_rows().map(<[f64]>::to_vec).collect(),
        hidden_bias: network.hidden_bias().to_vec(),
        output: network.output().iter_rows().map(<[f64]>::to_vec).collect(),
        output_bias: network.output_bias().to_vec(),
        activation: match network.activation() {
            // Read by none that makes certificates, and refused by the checker as another activation than none.
            Activation::Relu | Activation::Identity => None,
            Activation::Leaky(slope) => Some(ReferenceActivation::Leaky(*slope)),
            Activation::Parametric(slopes) => Some(ReferenceActivation::Parametric(slopes.clone())),
            Activation::Clip { low, high } => Some(ReferenceActivation::Clip(*low, *high)),
            Activation::Abs => Some(ReferenceActivation::Abs),
        },
        sha256: victim.sha256.clone(),
    }
}
