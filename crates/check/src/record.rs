//! The certificate of a run: its fields, its seal.

use crate::written::{self, FORMAT, Unreadable};
use serde::{Deserialize, Serialize};

/// Statements about a victim and its copies, with all that it takes to derive them.
///
/// Every number that is not an index is a string, `p` or `p/q`, and exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// [`FORMAT`].
    pub format: String,
    /// The victim.
    pub victim: Victim,
    /// A copy that is the victim on all of ℝ^d; `null` where that is not stated.
    pub equality: Option<Equality>,
    /// A copy that is near the victim on a box; `null` where that is not stated.
    #[serde(rename = "box")]
    pub near: Option<BoxBound>,
    /// SHA-256 of the certificate in compact JSON with this field empty: against damage, not forgery.
    pub seal: String,
}

/// The network that the copies are compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Victim {
    /// Where it comes from.
    pub source: Source,
    /// SHA-256 of its file, in hexadecimal; of its safetensors form where it was made.
    pub sha256: String,
    /// Its weights.
    pub network: Weights,
}

/// Where a victim comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// The bundled classifier; a check makes it again.
    Bundled {},
    /// A random network; a check makes it again.
    Random {
        /// `inputs-hidden-outputs`.
        shape: String,
        /// The seed.
        seed: u64,
        /// Precision of the weights, `f32` or `f64`.
        weights: String,
        /// Name of the activation, such as `leaky:0.01`; ReLU without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        activation: Option<String>,
    },
    /// A file; a check that is given it compares hash and weights.
    File {
        /// Its name, without the folders.
        name: String,
    },
}

/// What hidden units compute, where that is not ReLU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Activation {
    /// `z` above zero, and this multiple of it below.
    Leaky(String),
    /// The same, each unit with a multiple of its own, `[hidden]`.
    Parametric(Vec<String>),
    /// `min(max(z, low), high)`.
    Clip {
        /// The least value.
        low: String,
        /// The largest value, above the least.
        high: String,
    },
    /// `|z|`.
    Abs,
}

/// A network `f(x) = A1·g(A0·x + b0) + b1`; `g` is ReLU where it is not named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// `A0`, `[hidden]` rows of `[inputs]`.
    pub hidden: Vec<Vec<String>>,
    /// `b0`, `[hidden]`.
    pub hidden_bias: Vec<String>,
    /// `A1`, `[outputs]` rows of `[hidden]`.
    pub output: Vec<Vec<String>>,
    /// `b1`, `[outputs]`.
    pub output_bias: Vec<String>,
    /// `g`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
}

/// Whose hidden unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// The victim's.
    Victim,
    /// The copy's.
    Copy,
}

/// A plane `Z_g`: the row and bias of one hidden unit of either network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plane {
    /// Whose unit.
    pub of: Owner,
    /// Its index, from 0.
    pub unit: usize,
}

/// Where a hidden unit lies: `z = scale·Z_plane`, exactly (equality) or up to a misfit (box).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Index into the planes, from 0.
    pub plane: usize,
    /// The factor; negative is a flip.
    pub scale: String,
}

/// Every hidden unit of both networks, placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matching {
    /// The planes.
    pub planes: Vec<Plane>,
    /// The victim's units, in order; `null` where the row is zero.
    pub victim: Vec<Option<Place>>,
    /// The copy's units, in order; `null` where the row is zero.
    pub copy: Vec<Option<Place>>,
}

/// The copy is the victim on all of ℝ^d.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equality {
    /// The copy: the exact run's network.
    pub copy: Weights,
    /// Where its units and the victim's lie.
    pub matching: Matching,
}

/// `|copy − victim| ≤ bounds`, output by output, for all inputs with every coordinate in `[lower, upper]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoxBound {
    /// The copy: the rounded run's network.
    pub copy: Weights,
    /// Where its units and the victim's lie.
    pub matching: Matching,
    /// Least value of every coordinate.
    pub lower: String,
    /// Largest value of every coordinate.
    pub upper: String,
    /// The bounds, `[outputs]`.
    pub bounds: Vec<String>,
}

impl Certificate {
    /// Reads the bytes of a certificate; nothing in it is believed yet but that it is whole.
    ///
    /// Errors: [`Unreadable`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let certificate: Self = written::read(bytes, FORMAT)?;
        if certificate.seal != certificate.seal_of_content() {
            return Err(Unreadable::Seal);
        }
        Ok(certificate)
    }

    /// The certificate with the seal of its content.
    pub fn sealed(mut self) -> Self {
        self.seal = self.seal_of_content();
        self
    }

    /// Its file: JSON with a line a row.
    pub fn bytes(&self) -> Vec<u8> {
        written::lines(self)
    }

    fn seal_of_content(&self) -> String {
        #[derive(Serialize)]
        struct Content<'a> {
            format: &'a str,
            victim: &'a Victim,
            equality: &'a Option<Equality>,
            #[serde(rename = "box")]
            near: &'a Option<BoxBound>,
            seal: &'a str,
        }
        let Self { format, victim, equality, near, seal: _ } = self;
        written::hash(&Content { format, victim, equality, near, seal: "" })
    }
}
