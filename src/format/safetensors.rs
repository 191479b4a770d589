//! `.safetensors`: `0.weight` [h, d], `0.bias` [h], `2.weight` [k, h], `2.bias` [k], or any
//! two Linear layers in the natural order of their names.

use super::tensor::Tensor;
use super::{Dtype, Layout, Parts, Problem};
use crate::net::Network;
use ::safetensors::tensor::TensorView;
use ::safetensors::{Dtype as Stored, SafeTensors};
use std::collections::BTreeMap;

const EXPECTED: &str = "two Linear layers, such as 0.weight [hidden, inputs], 0.bias [hidden], 2.weight, 2.bias";

fn damaged(reason: impl ToString) -> Problem {
    Problem::Damaged { format: "safetensors", reason: reason.to_string() }
}

pub(super) fn read(bytes: &[u8]) -> Result<Parts, Problem> {
    check_ends(bytes)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    if let Some(activation) = header.metadata().as_ref().and_then(|data| data.get("activation"))
        && !activation.eq_ignore_ascii_case("relu")
    {
        return Err(Problem::Activation(activation.clone()));
    }
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let mut notes = Vec::new();
    let mut layers: BTreeMap<Vec<Piece>, String> = BTreeMap::new();
    let mut names: Vec<&str> = file.names();
    names.sort_unstable();
    for name in &names {
        match name.strip_suffix(".weight") {
            Some(layer) => drop(layers.insert(natural(layer), layer.to_owned())),
            None if name
                .strip_suffix(".bias")
                .is_some_and(|layer| names.contains(&format!("{layer}.weight").as_str())) => {}
            None => notes.push(format!("tensor '{name}' was passed over")),
        }
    }
    let found = || if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let layers: Vec<String> = layers.into_values().collect();
    let [first, second] = &layers[..] else {
        if layers.len() > 2 {
            return Err(Problem::Deep { layers: layers.join(", ") });
        }
        let tensor = if layers.is_empty() { "0.weight" } else { "2.weight" };
        return Err(Problem::Missing { tensor: tensor.to_owned(), found: found(), expected: EXPECTED });
    };
    let mut linear = |layer: &str| -> Result<(Tensor, Tensor), Problem> {
        let weight = tensor(&file, format!("{layer}.weight"))?;
        weight.expect_units()?;
        let units = Layout::UnitsFirst.units(&weight)?;
        let name = format!("{layer}.bias");
        if names.contains(&name.as_str()) {
            return Ok((weight, tensor(&file, name)?));
        }
        notes.push(format!("layer '{layer}' has no bias; zeros were taken"));
        let bias = Tensor { name, shape: vec![units], dtype: weight.dtype, values: vec![0.0; units] };
        Ok((weight, bias))
    };
    let ((hidden, hidden_bias), (output, output_bias)) = (linear(first)?, linear(second)?);
    Ok(Parts { layout: Layout::UnitsFirst, hidden, hidden_bias, output, output_bias, notes })
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

/// Part of a name; numbers order as numbers, so that `fc10` follows `fc9`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Number(u64),
    Text(String),
}

fn natural(name: &str) -> Vec<Piece> {
    let runs = name.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    let piece = |run: &[u8]| {
        let text = String::from_utf8_lossy(run).into_owned();
        text.parse().map_or(Piece::Text(text), Piece::Number)
    };
    runs.map(piece).collect()
}

/// The bytes of a network's file; the same for the same network.
pub(super) fn bytes(network: &Network<f64>, dtype: Dtype) -> Result<Vec<u8>, Problem> {
    let stored = match dtype {
        Dtype::F16 => Stored::F16,
        Dtype::Bf16 => Stored::BF16,
        Dtype::F32 => Stored::F32,
        Dtype::F64 => Stored::F64,
    };
    let shape = network.shape();
    let tensors: [(&str, &[f64], Vec<usize>); 4] = [
        ("0.weight", network.hidden().entries(), vec![shape.hidden, shape.inputs]),
        ("0.bias", network.hidden_bias(), vec![shape.hidden]),
        ("2.weight", network.output().entries(), vec![shape.outputs, shape.hidden]),
        ("2.bias", network.output_bias(), vec![shape.outputs]),
    ];
    let encoded = tensors.iter().map(|(_, values, _)| dtype.encode(values)).collect::<Result<Vec<_>, _>>()?;
    let views = tensors.iter().zip(&encoded).map(|((name, _, shape), data)| {
        TensorView::new(stored, shape.clone(), data).map(|view| (*name, view)).map_err(damaged)
    });
    ::safetensors::serialize(views.collect::<Result<Vec<_>, _>>()?, None).map_err(damaged)
}
