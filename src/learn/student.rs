//! What is trained: multilayer perceptrons and wide residual networks.

use super::part::{Norm, Part};
use super::{Error, Form, resnet};
use crate::linalg::Matrix;
use crate::net::{Affine, Draw, Network, Shape};
use burn_tensor::Tensor;
use std::fmt;
use std::str::FromStr;

/// A student's name: `64-64-10`, or `wrn-28-2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Affine layers with ReLU between them, by their sizes, inputs first.
    Layers(Vec<usize>),
    /// A wide residual network.
    WideResNet {
        /// Layers, `6n + 4`.
        depth: usize,
        /// Factor of the usual width.
        widen: usize,
    },
}

impl FromStr for Architecture {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Student(text.to_owned());
        let numbers = |text: &str| text.split('-').map(str::parse).collect::<Result<Vec<usize>, _>>().ok();
        if let Some(rest) = text.strip_prefix("wrn-") {
            let [depth, widen] = numbers(rest).ok_or_else(wrong)?[..] else { return Err(wrong()) };
            let whole = (10..=100).contains(&depth) && (depth - 4) % 6 == 0 && (1..=16).contains(&widen);
            return if whole { Ok(Self::WideResNet { depth, widen }) } else { Err(Error::Depth { depth, widen }) };
        }
        let sizes = numbers(text).filter(|sizes| sizes.len() >= 2 && !sizes.contains(&0)).ok_or_else(wrong)?;
        Ok(Self::Layers(sizes))
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layers(sizes) => f.write_str(&sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("-")),
            Self::WideResNet { depth, widen } => write!(f, "wrn-{depth}-{widen}"),
        }
    }
}

/// An architecture that fits the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Student {
    architecture: Architecture,
    form: Form,
}

impl Student {
    /// The student of this architecture for images of this form.
    ///
    /// Errors: [`Error::Fit`], [`Error::Small`], and [`Error::Network`] where it is too large.
    pub fn new(architecture: Architecture, form: Form) -> Result<Self, Error> {
        match &architecture {
            Architecture::Layers(sizes) => {
                let (takes, gives) = (sizes[0], sizes[sizes.len() - 1]);
                if (takes, gives) != (form.pixels(), form.classes) {
                    return Err(Error::Fit { student: architecture.to_string(), takes, gives, form });
                }
                let layer = |pair: &[usize]| (pair[0] as u128 + 1) * pair[1] as u128;
                let parameters: u128 = sizes.windows(2).map(layer).fold(0, u128::saturating_add);
                if parameters > Shape::MOST_PARAMETERS {
                    let (value, expected) = (parameters as f64, "2^22 at most, four million");
                    return Err(Error::Range { name: "parameters of the student:", value, expected });
                }
            }
            Architecture::WideResNet { .. } => {
                if form.height < 8 || form.width < 8 {
                    return Err(Error::Small { student: architecture.to_string(), form });
                }
            }
        }
        Ok(Self { architecture, form })
    }

    /// Its name.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// What it takes and gives.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Its weights, in the order in which [`Student::logits`] takes them.
    pub fn parts(&self) -> Vec<Part> {
        match &self.architecture {
            Architecture::Layers(sizes) => {
                let layer = |(i, pair): (usize, &[usize])| {
                    let at = 2 * i;
                    [
                        Part::kernel(format!("{at}.weight"), &[pair[1], pair[0]]),
                        Part::vector(format!("{at}.bias"), pair[1], 0.0),
                    ]
                };
                sizes.windows(2).enumerate().flat_map(layer).collect()
            }
            Architecture::WideResNet { depth, widen } => resnet::parts(*depth, *widen, self.form),
        }
    }

    /// The means and variances that it keeps, in turn; empty where it normalises nothing.
    pub fn statistics(&self) -> Vec<Part> {
        match &self.architecture {
            Architecture::Layers(_) => Vec::new(),
            Architecture::WideResNet { depth, widen } => resnet::statistics(*depth, *widen, self.form),
        }
    }

    /// Weights and biases, counted.
    pub fn parameters(&self) -> usize {
        self.parts().iter().map(Part::len).sum()
    }

    /// First weights: kernels `N(0, 2/fan-in)`, scales 1, biases 0.
    ///
    /// Source: He et al., *Delving deep into rectifiers* (ICCV 2015), equation 10.
    pub fn draw(&self, draw: &mut Draw) -> Vec<Vec<f64>> {
        let part = |part: Part| match part.fan_in {
            0 => vec![part.start; part.len()],
            fan_in => {
                let deviation = libm::sqrt(2.0 / fan_in as f64);
                (0..part.len()).map(|_| draw.normal() * deviation).collect()
            }
        };
        self.parts().into_iter().map(part).collect()
    }

    /// Logits, `[n, classes]`; `weights`: flat, as [`Student::parts`] lists them; `x`: `[n, pixels]`.
    pub fn logits(&self, weights: &[Tensor<1>], norm: Norm<'_>, x: Tensor<2>) -> Tensor<2> {
        match &self.architecture {
            Architecture::Layers(sizes) => {
                let layers = sizes.windows(2).zip(weights.chunks(2));
                layers.enumerate().fold(x, |x, (i, (pair, tensors))| {
                    let x = if i == 0 { x } else { burn_tensor::activation::relu(x) };
                    let matrix = tensors[0].clone().reshape([pair[1], pair[0]]);
                    x.matmul(matrix.transpose()) + tensors[1].clone().reshape([1, pair[1]])
                })
            }
            Architecture::WideResNet { depth, widen } => resnet::logits(*depth, *widen, self.form, weights, norm, x),
        }
    }

    /// The perceptron of these weights; `None` of another architecture.
    ///
    /// Errors: [`crate::net::Error`] where they make no network.
    pub fn layered(&self, weights: &[Vec<f64>]) -> Option<Result<Network<f64>, crate::net::Error>> {
        let Architecture::Layers(sizes) = &self.architecture else { return None };
        let layers: Result<Vec<_>, _> = (sizes.windows(2).zip(weights.chunks(2)))
            .map(|(pair, tensors)| {
                let matrix = Matrix::from_fn(pair[1], pair[0], |i, j| tensors[0][i * pair[0] + j]);
                Affine::new(matrix, tensors[1].clone())
            })
            .collect();
        Some(layers.and_then(Network::new))
    }
}

impl fmt::Display for Student {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.architecture.fmt(f)
    }
}
