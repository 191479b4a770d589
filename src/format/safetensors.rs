//! `.safetensors`: `0.weight` [h, d], `0.bias` [h], `2.weight` [k, h], `2.bias` [k], or any
//! two or more Linear layers.

use super::parts::{Parts, Stated};
use super::tensor::{Tensor, encode};
use super::{Choice, Dtype, Problem, keys, layers};
use crate::net::{Family, Network};
use ::safetensors::tensor::TensorView;
use ::safetensors::{Dtype as Stored, SafeTensors};
use std::collections::{BTreeMap, HashMap};

const EXPECTED: &str = "0.weight [hidden, inputs], 0.bias [hidden], 2.weight [outputs, hidden], 2.bias [outputs], or \
    other names of two or more Linear layers";

fn damaged(reason: impl ToString) -> Problem {
    Problem::Damaged { format: "safetensors", reason: reason.to_string() }
}

pub(super) fn read(bytes: &[u8], choice: Choice<'_>) -> Result<Parts, Problem> {
    check_ends(bytes)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let stated = header.metadata().as_ref().and_then(|data| data.get("activation"));
    let stated = stated.map(|name| name.to_lowercase().parse().map_err(Problem::Activation)).transpose()?;
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let mut names: Vec<String> = file.names().into_iter().map(str::to_owned).collect();
    names.sort();
    let mut tensors = |name: &str| tensor(&file, name.to_owned());
    let parts = match choice.keys(&names) {
        Some(keys) => keys::read(keys, &names, "tensor", &mut tensors)?,
        None => layers::read(&names, ("tensor", EXPECTED), choice, &mut tensors)?,
    };
    Ok(Parts { activation: stated.map_or(Stated::Nothing, Stated::All), ..parts })
}

/// Errors where a tensor ends beyond the file: the library adds such ends up unchecked.
fn check_ends(bytes: &[u8]) -> Result<(), Problem> {
    #[derive(serde::Deserialize)]
    struct Entry {
        data_offsets: (u64, u64),
    }
    // What does not parse is left to the library to complain about.
    let header = bytes.split_first_chunk().and_then(|(length, rest)| {
        let text = rest.split_at_checked(u64::from_le_bytes(*length).try_into().ok()?)?;
        Some((serde_json::from_slice::<BTreeMap<String, serde_json::Value>>(text.0).ok()?, text.1.len()))
    });
    let Some((header, size)) = header else { return Ok(()) };
    for (name, entry) in header {
        match serde_json::from_value(entry) {
            Ok(Entry { data_offsets: (_, end) }) if end > size as u64 => {
                return Err(damaged(format!("tensor '{name}' ends at byte {end} of {size}")));
            }
            _ => {}
        }
    }
    Ok(())
}

fn tensor(file: &SafeTensors<'_>, name: String) -> Result<Tensor, Problem> {
    let view = file.tensor(&name).map_err(damaged)?;
    let dtype = match view.dtype() {
        Stored::F16 => Dtype::F16,
        Stored::BF16 => Dtype::Bf16,
        Stored::F32 => Dtype::F32,
        Stored::F64 => Dtype::F64,
        other => return Err(Problem::Type { tensor: name, found: format!("{other:?}"), expected: Tensor::TYPES }),
    };
    Ok(Tensor { shape: view.shape().to_vec(), dtype, values: dtype.decode(view.data()), name })
}

/// The bytes of a network's file; the same for the same network.
pub(super) fn bytes(network: &Network<f64>, dtype: Dtype) -> Result<Vec<u8>, Problem> {
    let stored = match dtype {
        Dtype::F16 => Stored::F16,
        Dtype::Bf16 => Stored::BF16,
        Dtype::F32 => Stored::F32,
        Dtype::F64 => Stored::F64,
    };
    let mut tensors = Vec::new();
    for (i, layer) in network.layers().iter().enumerate() {
        // Every other module is a ReLU, as PyTorch's Sequential counts.
        let weight = (format!("{}.weight", 2 * i), vec![layer.units(), layer.inputs()], layer.weights().entries());
        let bias = (format!("{}.bias", 2 * i), vec![layer.units()], layer.bias());
        for (name, shape, values) in [weight, bias] {
            tensors.push((name, shape, encode(dtype, values)?));
        }
    }
    let views = tensors.iter().map(|(name, shape, data)| {
        TensorView::new(stored, shape.clone(), data).map(|view| (name.as_str(), view)).map_err(damaged)
    });
    let activation = super::one_activation(network)?;
    let data = (activation != Family::Relu).then(|| HashMap::from([("activation".to_owned(), activation.to_string())]));
    ::safetensors::serialize(views.collect::<Result<Vec<_>, _>>()?, data).map_err(damaged)
}
