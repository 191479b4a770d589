//! The certificate of an audit of deep networks: its fields, its seal.

use crate::audit_record::Ends;
use crate::claim::StatedClaim;
use crate::written::{self, DEEP_FORMAT, Unreadable};
use serde::{Deserialize, Serialize};

/// Statements about two ReLU networks of any depth on a box, with all that it takes to derive them.
///
/// The difference at an output is `scale·copy − victim`. Numbers that are no index and no count are strings, `p` or
/// `p/q`, and exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeepCertificate {
    /// [`DEEP_FORMAT`].
    pub format: String,
    /// The victim.
    pub victim: DeepParty,
    /// The copy.
    pub copy: DeepParty,
    /// What the copy's outputs are multiplied by.
    pub scale: String,
    /// The box that both bounds are about.
    #[serde(rename = "box")]
    pub domain: Ends,
    /// A bound from below; `null` where none is stated.
    #[serde(deserialize_with = "Option::deserialize")]
    pub at_least: Option<Reached>,
    /// Bounds from above; `null` where none are stated.
    #[serde(deserialize_with = "Option::deserialize")]
    pub at_most: Option<Covered>,
    /// A claim about the largest difference, and what both bounds say of it; `null` where none is made.
    #[serde(deserialize_with = "Option::deserialize")]
    pub claim: Option<StatedClaim>,
    /// SHA-256 of the certificate in compact JSON with this field empty: against damage, not forgery.
    pub seal: String,
}

/// One of the two networks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeepParty {
    /// Its file, as whoever made the audit named it.
    pub name: String,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
    /// Its affine maps, with ReLU between them.
    pub layers: Vec<DeepLayer>,
}

/// An affine map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeepLayer {
    /// `A`, `[units]` rows of `[inputs]`.
    pub weights: Vec<Vec<String>>,
    /// `b`, `[units]`.
    pub bias: Vec<String>,
}

/// At one of the inputs, the difference of some output is at least `bound`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    /// The bound.
    pub bound: String,
    /// The inputs, of `[inputs]` each.
    pub inputs: Vec<Vec<String>>,
}

/// The difference at every output and every input of the box is at most a bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covered {
    /// For each hidden layer, its units in pairs.
    pub pairs: Vec<Vec<UnitPair>>,
    /// Whether both networks are also bounded apart.
    pub apart: bool,
    /// Binary places of all values.
    pub places: u32,
    /// The box in parts, in preorder: the input at which a part is halved, or `null` for one that is bounded.
    pub parts: Vec<Option<usize>>,
    /// Which of the halved parts are bounded themselves, ascending: for each output, what bounds a part bounds its halves.
    pub inner: Vec<usize>,
    /// The bounds, `[outputs]`.
    pub bounds: Vec<String>,
}

/// A unit of each network, compared with each other; `null` for a unit of zeros.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitPair {
    /// The victim's unit.
    #[serde(deserialize_with = "Option::deserialize")]
    pub victim: Option<usize>,
    /// The copy's unit.
    #[serde(deserialize_with = "Option::deserialize")]
    pub copy: Option<usize>,
    /// What the copy's unit is multiplied by, positive; the next layer divides by it.
    pub factor: String,
}

impl DeepCertificate {
    /// Reads the bytes of a certificate.
    ///
    /// Errors: [`Unreadable`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let certificate: Self = written::read(bytes, DEEP_FORMAT)?;
        if certificate.seal != certificate.hash() { Err(Unreadable::Seal) } else { Ok(certificate) }
    }

    /// JSON, a line a row.
    pub fn bytes(&self) -> Vec<u8> {
        written::lines(self)
    }

    /// The certificate with the seal of its content.
    pub fn sealed(mut self) -> Self {
        self.seal = self.hash();
        self
    }

    fn hash(&self) -> String {
        written::hash(&Self { seal: String::new(), ..self.clone() })
    }
}
