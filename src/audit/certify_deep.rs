//! What an audit of deep networks leaves for others to check.
//!
//! The parts of the box are handed over, and nothing that was computed on them: the checker bounds each again, in
//! integers, and what it finds is what the certificate states.

use super::domain::Domain;
use super::outcome::Audit;
use super::parts::{Parts, UnitPair};
use crate::net::{Affine, Network};
use crate::num::Rational;
use exactract_check::prove::{deep_proved_by, deep_shown_by};
use exactract_check::{Covered, DEEP_FORMAT, DeepCertificate, DeepLayer, DeepParty, Ends, Reached, Refusal};

/// Binary places of the checker's values that are tried: the more, the larger a value can't be.
const PLACES: [u32; 4] = [64, 52, 40, 24];

/// A network of ReLU units and where it comes from.
#[derive(Clone, Debug)]
pub struct AuditedDeep<'a> {
    /// The network.
    pub network: &'a Network<Rational>,
    /// Its file, as it was named.
    pub name: String,
    /// SHA-256 of its file.
    pub sha256: String,
}

/// Why there is no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// A layer's activation is not ReLU.
    #[error("a certificate of deep networks is for ReLU units alone")]
    Activation,
    /// The audit ended before there was a bound that can be derived again, or did not keep what it takes.
    #[error("the audit was cut off before it had bounded the box")]
    Nothing,
    /// Values are too large or too small for the checker's integers.
    #[error("the checker bounds no part of this box: {0}")]
    Unbounded(Refusal),
    /// The checker refused it.
    #[error(transparent)]
    Refused(Refusal),
}

fn texts(values: &[Rational]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

impl AuditedDeep<'_> {
    fn party(&self) -> DeepParty {
        let layer = |layer: &Affine<Rational>| DeepLayer {
            weights: layer.weights().iter_rows().map(texts).collect(),
            bias: texts(layer.bias()),
        };
        let layers = self.network.layers().iter().map(layer).collect();
        DeepParty { name: self.name.clone(), sha256: self.sha256.clone(), layers }
    }

    fn is_relu(&self) -> bool {
        self.network.activations().iter().all(|activation| activation.is_relu())
    }
}

impl Audit {
    /// The certificate of an audit of these deep networks on a box.
    ///
    /// The audit was made with [`keep`](super::Control::keep) set. The bounds stated are those that the checker
    /// derives; they may be a little larger than the audit's. Errors: [`CertificateError`].
    pub fn certificate_deep(
        &self,
        victim: &AuditedDeep<'_>,
        copy: &AuditedDeep<'_>,
        domain: &Domain,
    ) -> Result<DeepCertificate, CertificateError> {
        if !victim.is_relu() || !copy.is_relu() {
            return Err(CertificateError::Activation);
        }
        let Parts { pairs, apart, parts, inner } = self.parts.as_ref().ok_or(CertificateError::Nothing)?;
        let (lower, upper) = domain.ends();
        let mut certificate = DeepCertificate {
            format: DEEP_FORMAT.to_owned(),
            victim: victim.party(),
            copy: copy.party(),
            scale: self.scale.to_string(),
            domain: Ends { lower: texts(lower), upper: texts(upper) },
            at_least: None,
            at_most: None,
            claim: None,
            seal: String::new(),
        };
        let inputs: Vec<Vec<String>> = self.witnesses.iter().map(|witness| texts(&witness.input)).collect();
        if !inputs.is_empty() {
            let stated = Reached { bound: String::new(), inputs };
            certificate.at_least = Some(deep_shown_by(&certificate, stated).map_err(CertificateError::Refused)?);
        }
        let pair = |pair: &UnitPair| exactract_check::UnitPair {
            victim: pair.victim,
            copy: pair.copy,
            factor: pair.factor.to_string(),
        };
        let pairs: Vec<Vec<_>> = pairs.iter().map(|layer| layer.iter().map(pair).collect()).collect();
        let mut refusal = None;
        for places in PLACES {
            let (pairs, parts, inner) = (pairs.clone(), parts.clone(), inner.clone());
            let stated = Covered { pairs, apart: *apart, places, parts, inner, bounds: Vec::new() };
            match deep_proved_by(&certificate, stated) {
                Ok(stated) => {
                    certificate.at_most = Some(stated);
                    return Ok(certificate.sealed());
                }
                Err(error) => refusal = Some(error),
            }
        }
        Err(refusal.map_or(CertificateError::Nothing, CertificateError::Unbounded))
    }
}
