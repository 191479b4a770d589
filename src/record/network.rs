//! A network, named so that another program can find it again.

use crate::format::Victim;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A network: a victim, or an audited copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkRecord {
    /// Its file, or how it was made: `random` and `bundled` are no files.
    pub source: String,
    /// SHA-256 of the file's bytes, or of the made network's safetensors form.
    pub sha256: String,
    /// Sizes of the layers, `inputs-hidden-outputs` of one hidden layer.
    pub shape: String,
    /// Type of the stored weights: `f16`, `bf16`, `f32` or `f64`.
    pub weights: String,
    /// What hidden units compute: `relu`, `leaky:0.01`, `prelu`, `relu6`, `clip:-1,1` or `abs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<String>,
    /// Weights and biases, and slopes of units that have their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
    /// The layers of the file that make the network, in their order, where the request chooses them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_layers: Option<String>,
    /// The tensors of the file that each layer was made from, the first layer first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<String>,
    /// What the reader of the file noticed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Distinct hyperplanes at which it has a kink.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinks: Option<usize>,
    /// Hidden units that make no kink, so that no answer shows more of them than an affine map.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units_without_kink: Vec<usize>,
    /// Held-out images with their true label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<super::Share>,
    /// Held-out images at which its label is an exact tie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_ties: Option<usize>,
}

impl NetworkRecord {
    /// What identifies a network that was read or made: `shape` says its sizes.
    pub fn named<N>(source: impl Into<String>, network: &Victim<N>, shape: impl ToString) -> Self {
        Self {
            source: source.into(),
            sha256: network.sha256.clone(),
            shape: shape.to_string(),
            weights: network.dtype.to_string(),
            ..Self::default()
        }
    }
}
