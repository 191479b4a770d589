//! Where tensors live, and in which precision.

use super::Error;
use burn_tensor::{DType, Device, Int, Tensor, TensorCreationOptions, TensorData};

/// A device and the floats it computes in: f32 on the processor, unless told otherwise.
///
/// On the processor every operation runs on one thread and sums in one order, so that a run gives the
/// same bits however many of them there are at once. The bits are the processor's: matrix products
/// use the widest instructions that it has.
#[derive(Clone, Debug)]
pub struct Place {
    name: &'static str,
    device: Device,
    dtype: DType,
}

impl Place {
    /// The processor, in f32.
    pub fn cpu() -> Self {
        Self { name: "cpu", device: Device::flex(), dtype: DType::F32 }
    }

    /// The GPU that wgpu prefers, in f32; with `CUBECL_WGPU_DEFAULT_DEVICE` the one that it names.
    ///
    /// The order of its sums is its own: the same run gives the same bits only where the GPU does.
    ///
    /// Errors: [`Error::Gpu`] where there is none, or the program was built without one.
    pub fn gpu() -> Result<Self, Error> {
        #[cfg(feature = "gpu")]
        {
            let device = Device::wgpu_options().init().map_err(|e| Error::Gpu(e.to_string()))?;
            Ok(Self { name: "gpu", device, dtype: DType::F32 })
        }
        #[cfg(not(feature = "gpu"))]
        Err(Error::Gpu("this build has none: build with --features gpu".to_owned()))
    }

    /// The same device in f64; not every GPU has it.
    pub fn in_f64(self) -> Self {
        Self { dtype: DType::F64, ..self }
    }

    /// `cpu` or `gpu`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    fn options(&self) -> TensorCreationOptions {
        TensorCreationOptions::new(self.device.clone()).with_dtype(self.dtype)
    }

    /// Numbers as a tensor of this shape, rounded to the place's precision.
    pub fn tensor<const D: usize>(&self, values: Vec<f64>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), self.options())
    }

    /// The same from f32, rounded nowhere.
    pub(super) fn pixels(&self, values: Vec<f32>, shape: [usize; 2]) -> Tensor<2> {
        Tensor::from_data(TensorData::new(values, shape), self.options())
    }

    /// Row numbers as a tensor.
    pub fn indices(&self, values: &[usize]) -> Tensor<1, Int> {
        let values: Vec<i64> = values.iter().map(|&i| i as i64).collect();
        let shape = [values.len()];
        Tensor::from_data(TensorData::new(values, shape), TensorCreationOptions::new(self.device.clone()))
    }
}

/// The numbers of a tensor, row by row; f32 is lifted exactly.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.inner().into_data().convert::<f64>().try_into_vec::<f64>().unwrap_or_default()
}
