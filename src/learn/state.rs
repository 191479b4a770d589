//! A student in training: all that a run goes on from, in memory and as a file.

use super::adam::Trained;
use super::part::{Norm, Part};
use super::{Error, Images, Place, Student, values};
use crate::format;
use ::safetensors::tensor::TensorView;
use ::safetensors::{Dtype, SafeTensors};
use burn_tensor::Tensor;
use std::collections::HashMap;
use std::path::Path;

/// Share of the means and variances of earlier batches that stays each step.
const KEPT: f64 = 0.99;
/// Name and version of the layout of checkpoints.
const SCHEMA: &str = "exactract/checkpoint/1";
/// The largest checkpoint that is read, in bytes.
const MOST_BYTES: u64 = 1 << 32;

/// Weights, their averages, and what Adam keeps, after a number of steps.
#[derive(Clone, Debug)]
pub struct State {
    /// One a part of the student.
    pub tensors: Vec<Trained>,
    /// Means and variances of the normalisations, in turn.
    pub statistics: Vec<Tensor<1>>,
    /// Steps taken.
    pub step: usize,
}

impl State {
    /// A student before its first step; `weights`: flat, as [`Student::parts`] lists them.
    pub fn new(student: &Student, weights: Vec<Vec<f64>>, place: &Place) -> Self {
        let vector = |values: Vec<f64>| {
            let size = values.len();
            place.tensor(values, [size])
        };
        let tensors = (student.parts().iter().zip(weights))
            .map(|(part, weights)| Trained::new(vector(weights), part.fan_in > 0))
            .collect();
        let statistics = student.statistics().iter().map(|part| vector(vec![part.start; part.len()])).collect();
        Self { tensors, statistics, step: 0 }
    }

    /// Takes the means and variances of a batch in.
    pub(super) fn keep(&mut self, seen: Vec<Tensor<1>>) {
        for (kept, seen) in self.statistics.iter_mut().zip(seen) {
            *kept = kept.clone().mul_scalar(KEPT) + seen.mul_scalar(1.0 - KEPT);
        }
    }

    /// The averaged weights, flat: the copy.
    pub fn copy(&self) -> Vec<Vec<f64>> {
        self.tensors.iter().map(|tensor| values(tensor.average.clone())).collect()
    }

    /// Logits of the copy for images in batches, `[n]` of `[classes]`.
    pub fn logits(&self, student: &Student, images: &Images, place: &Place) -> Vec<Vec<f64>> {
        let weights: Vec<Tensor<1>> = self.tensors.iter().map(|tensor| tensor.average.clone()).collect();
        let form = student.form();
        let all: Vec<usize> = (0..images.len()).collect();
        let block = |which: &[usize]| {
            let pixels = which.iter().flat_map(|&i| images.image(i)).copied().collect();
            let x = place.pixels(pixels, [which.len(), form.pixels()]);
            let logits = values(student.logits(&weights, Norm::Kept(&self.statistics), x));
            logits.chunks(form.classes).map(<[f64]>::to_vec).collect::<Vec<_>>()
        };
        all.chunks(BLOCK).flat_map(block).collect()
    }

    /// The bytes of a checkpoint of this run; the same for the same state.
    pub fn bytes(&self, student: &Student, run: &str) -> Vec<u8> {
        let parts = student.parts();
        let mut entries: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
        let mut push = |kind: &str, part: &Part, tensor: &Tensor<1>| {
            let data = values(tensor.clone()).iter().flat_map(|x| x.to_le_bytes()).collect();
            entries.push((format!("{kind}/{}", part.name), part.shape.clone(), data));
        };
        for (part, tensor) in parts.iter().zip(&self.tensors) {
            push("weights", part, &tensor.weights);
            push("average", part, &tensor.average);
            push("mean", part, &tensor.mean);
            push("square", part, &tensor.square);
        }
        for (part, tensor) in student.statistics().iter().zip(&self.statistics) {
            push("statistics", part, tensor);
        }
        let views = entries.iter().filter_map(|(name, shape, data)| {
            TensorView::new(Dtype::F64, shape.clone(), data).ok().map(|view| (name.as_str(), view))
        });
        // One entry: the order of several would change from run to run.
        let about = serde_json::json!({"schema": SCHEMA, "run": run, "step": self.step});
        let metadata = HashMap::from([("exactract".to_owned(), about.to_string())]);
        ::safetensors::serialize(views, Some(metadata)).unwrap_or_default()
    }

    /// Writes a checkpoint, whole or not at all.
    ///
    /// Errors: [`Error::File`].
    pub fn write(&self, student: &Student, run: &str, path: &Path) -> Result<(), Error> {
        Ok(format::write_atomically(path, &self.bytes(student, run))?)
    }

    /// Reads a checkpoint of this run; `None` where there is no file.
    ///
    /// Errors: [`Error::Checkpoint`] of another run, [`Error::Damaged`], [`Error::File`].
    pub fn read(student: &Student, run: &str, path: &Path, place: &Place) -> Result<Option<Self>, Error> {
        if !path.exists() {
            return Ok(None);
        }
        let bytes = format::bytes_within(path, MOST_BYTES)?;
        let file = path.display().to_string();
        let damaged = |reason: String| Error::Damaged { file: file.clone(), reason };
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(e.to_string()))?;
        let about = header.metadata().as_ref().and_then(|all| all.get("exactract"));
        let about: serde_json::Value = about
            .and_then(|text| serde_json::from_str(text).ok())
            .ok_or_else(|| damaged("it has no word on its run".to_owned()))?;
        let found = about["run"].as_str().unwrap_or_default();
        if about["schema"] != SCHEMA || found != run {
            return Err(Error::Checkpoint { file, found: found.to_owned(), expected: run.to_owned() });
        }
        let step = about["step"].as_u64().ok_or_else(|| damaged("it has no step".to_owned()))? as usize;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| damaged(e.to_string()))?;
        let read = |kind: &str, part: &Part| {
            let name = format!("{kind}/{}", part.name);
            let view = tensors.tensor(&name).map_err(|e| damaged(e.to_string()))?;
            if view.dtype() != Dtype::F64 || view.shape() != part.shape {
                return Err(damaged(format!("tensor '{name}' has shape {:?}", view.shape())));
            }
            let number = |bytes: &[u8]| bytes.try_into().map_or(f64::NAN, f64::from_le_bytes);
            let values: Vec<f64> = view.data().chunks(8).map(number).collect();
            let size = values.len();
            Ok(place.tensor(values, [size]))
        };
        let tensor = |part: &Part| {
            Ok(Trained {
                weights: read("weights", part)?,
                average: read("average", part)?,
                mean: read("mean", part)?,
                square: read("square", part)?,
                decays: part.fan_in > 0,
            })
        };
        let trained = student.parts().iter().map(tensor).collect::<Result<Vec<_>, Error>>()?;
        let kept = |part: &Part| read("statistics", part);
        let statistics = student.statistics().iter().map(kept).collect::<Result<Vec<_>, Error>>()?;
        Ok(Some(Self { tensors: trained, statistics, step }))
    }
}

/// Images evaluated together.
const BLOCK: usize = 256;
