//! The certificate of an audit: its fields, its seal.
//!
//! `deserialize_with` makes a field that may be `null` one that may not be missing.

use crate::claim::StatedClaim;
use crate::record::{Matching, Place, Weights};
use crate::written::{self, AUDIT_FORMAT, Unreadable};
use serde::{Deserialize, Serialize};

/// Statements about two networks, with all that it takes to derive them.
///
/// The difference at an output is `scale·copy − victim`. Numbers that are no index and no exponent
/// are strings, `p` or `p/q`, and exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditCertificate {
    /// [`AUDIT_FORMAT`].
    pub format: String,
    /// The victim.
    pub victim: Party,
    /// The copy.
    pub copy: Party,
    /// What the copy's outputs are multiplied by.
    pub scale: String,
    /// The networks are equal on all of ℝ^d: where their hidden units lie; `null` where that is not stated.
    #[serde(deserialize_with = "Option::deserialize")]
    pub equality: Option<Matching>,
    /// The box that both bounds are about; `null` for all of ℝ^d.
    #[serde(rename = "box", deserialize_with = "Option::deserialize")]
    pub domain: Option<Ends>,
    /// A bound from below; `null` where none is stated.
    #[serde(deserialize_with = "Option::deserialize")]
    pub at_least: Option<AtLeast>,
    /// Bounds from above; `null` where none are stated.
    #[serde(deserialize_with = "Option::deserialize")]
    pub at_most: Option<AtMost>,
    /// A claim about the largest difference, and what both bounds say of it; `null` where none is made.
    #[serde(deserialize_with = "Option::deserialize")]
    pub claim: Option<StatedClaim>,
    /// SHA-256 of the certificate in compact JSON with this field empty: against damage, not forgery.
    pub seal: String,
}

/// One of the two networks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its file, as whoever made the audit named it.
    pub name: String,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
    /// Its weights.
    pub network: Weights,
}

/// A box, `lower ≤ x ≤ upper`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ends {
    /// Lower ends, `[inputs]`.
    pub lower: Vec<String>,
    /// Upper ends, `[inputs]`.
    pub upper: Vec<String>,
}

/// At one of the inputs, the difference of some output is at least `bound`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtLeast {
    /// The bound.
    pub bound: String,
    /// Where it holds for every positive scale, the scale at which the differences at these inputs turn
    /// from falling to rising; `null` where it holds at `scale` alone.
    #[serde(deserialize_with = "Option::deserialize")]
    pub turn: Option<String>,
    /// The inputs, of `[inputs]` each.
    pub inputs: Vec<Vec<String>>,
}

/// The difference at every output and every input of the box is at most a bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtMost {
    /// Where hidden units lie, exactly.
    pub matching: Matching,
    /// The planes in pairs.
    pub terms: Vec<Term>,
    /// The bounds and what proves them, `[outputs]`.
    pub outputs: Vec<Proof>,
}

/// A plane of each network, or of one, on which its units bend; `z = scale·Z_plane`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Where the victim bends.
    #[serde(deserialize_with = "Option::deserialize")]
    pub victim: Option<Place>,
    /// Where the copy bends.
    #[serde(deserialize_with = "Option::deserialize")]
    pub copy: Option<Place>,
}

/// Why the difference at one output is at most `bound`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The bound.
    pub bound: String,
    /// The box in cells, in each of which the difference is at most `bound`.
    pub above: Vec<Cell>,
    /// The same for the negated difference.
    pub below: Vec<Cell>,
}

/// A cell, in preorder: the children of a split follow it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Cell {
    /// It is split by the signs of this term.
    Split(usize),
    /// It is not split.
    Leaf(Leaf),
}

/// What bounds the difference in a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Multipliers of the cell's sides, in the order of its terms, the victim's first; none for all zero.
    pub multipliers: Vec<String>,
    /// What bounds the terms whose signs are not known together; one by one without it.
    #[serde(deserialize_with = "Option::deserialize")]
    pub together: Option<Together>,
}

/// Weights and a factor that bound a bilinear form over signs and inputs.
///
/// In units in which the form's entries are integers: an entry times `2^places`, rounded down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Together {
    /// Binary places of the entries.
    pub places: i32,
    /// Binary places of the weights.
    pub weight_places: u32,
    /// Weights of the inputs and of the constant, positive integers.
    pub weights: Vec<String>,
    /// A lower triangular matrix of integers, row by row.
    pub factor: Vec<Vec<String>>,
}

impl AuditCertificate {
    /// Reads the bytes of a certificate; nothing in it is believed yet but that it is whole.
    ///
    /// Errors: [`Unreadable`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let certificate: Self = written::read(bytes, AUDIT_FORMAT)?;
        let seal = certificate.seal.clone();
        let certificate = certificate.sealed();
        if certificate.seal == seal { Ok(certificate) } else { Err(Unreadable::Seal) }
    }

    /// The certificate with the seal of its content.
    pub fn sealed(mut self) -> Self {
        self.seal = String::new();
        self.seal = written::hash(&self);
        self
    }

    /// Its file: JSON with a line a row.
    pub fn bytes(&self) -> Vec<u8> {
        written::lines(self)
    }
}
