//! Wide residual networks, as semi-supervised learning uses them.
//!
//! A convolution to 16 channels; three groups of `n = (depth − 4)/6` blocks of `16·k`, `32·k` and
//! `64·k` channels, the last two at half the resolution of the one before; a normalisation, the
//! mean over the image, an affine map. A block normalises before it convolves; leaky ReLU of slope
//! 0.1 throughout. Sources: Zagoruyko & Komodakis, *Wide residual networks* (BMVC 2016); the leaky
//! slope and the first activation before the first shortcut are those of Oliver et al.,
//! *Realistic evaluation of deep semi-supervised learning algorithms* (NeurIPS 2018).

use super::Form;
use super::part::{Norm, Part};
use burn_tensor::{Tensor, activation::leaky_relu, module::conv2d, ops::ConvOptions};

/// Slope of the leaky ReLU below zero.
const SLOPE: f64 = 0.1;
/// Keeps a normalisation finite where a channel is constant.
const GUARD: f64 = 1e-5;
/// Channels of the first convolution.
const FIRST: usize = 16;

/// One block: channels in and out, and its stride.
struct Block {
    name: String,
    inside: usize,
    outside: usize,
    stride: usize,
    /// Whether the shortcut, too, starts from what is normalised.
    normalised: bool,
}

fn blocks(depth: usize, widen: usize) -> Vec<Block> {
    let count = (depth - 4) / 6;
    let mut inside = FIRST;
    let mut found = Vec::new();
    for group in 0..3 {
        for block in 0..count {
            let outside = (FIRST << group) * widen;
            let stride = if group > 0 && block == 0 { 2 } else { 1 };
            let name = format!("group{}.{block}", group + 1);
            found.push(Block { name, inside, outside, stride, normalised: group == 0 && block == 0 });
            inside = outside;
        }
    }
    found
}

/// Scale and shift of a normalisation.
fn norm(name: &str, channels: usize) -> [Part; 2] {
    [Part::vector(format!("{name}.weight"), channels, 1.0), Part::vector(format!("{name}.bias"), channels, 0.0)]
}

/// The weights, in the order in which [`logits`] takes them.
pub(super) fn parts(depth: usize, widen: usize, form: Form) -> Vec<Part> {
    let mut parts = vec![Part::kernel("conv1.weight".to_owned(), &[FIRST, form.channels, 3, 3])];
    for Block { name, inside, outside, .. } in blocks(depth, widen) {
        parts.extend(norm(&format!("{name}.bn1"), inside));
        parts.push(Part::kernel(format!("{name}.conv1.weight"), &[outside, inside, 3, 3]));
        parts.extend(norm(&format!("{name}.bn2"), outside));
        parts.push(Part::kernel(format!("{name}.conv2.weight"), &[outside, outside, 3, 3]));
        if inside != outside {
            parts.push(Part::kernel(format!("{name}.shortcut.weight"), &[outside, inside, 1, 1]));
        }
    }
    let last = 4 * FIRST * widen;
    parts.extend(norm("bn", last));
    parts.push(Part::kernel("fc.weight".to_owned(), &[form.classes, last]));
    parts.push(Part::vector("fc.bias".to_owned(), form.classes, 0.0));
    parts
}

/// Means and variances kept for when there is no batch, in the order of the normalisations.
pub(super) fn statistics(depth: usize, widen: usize, form: Form) -> Vec<Part> {
    let scales = parts(depth, widen, form).into_iter().filter_map(|part| {
        let name = part.name.strip_suffix(".weight").filter(|name| name.contains("bn"))?.to_owned();
        let size = part.len();
        Some([
            Part::vector(format!("{name}.running_mean"), size, 0.0),
            Part::vector(format!("{name}.running_var"), size, 1.0),
        ])
    });
    scales.flatten().collect()
}

/// Takes weights one after the other, and statistics likewise.
struct Walk<'a> {
    weights: std::slice::Iter<'a, Tensor<1>>,
    norm: Norm<'a>,
    normalised: usize,
    place: &'a Tensor<2>,
}

impl Walk<'_> {
    /// The next weights; past the end there are none, and zeros of that size stand in.
    fn next(&mut self, size: usize) -> Tensor<1> {
        self.weights.next().cloned().unwrap_or_else(|| Tensor::zeros([size], &self.place.device()))
    }

    fn conv(&mut self, x: Tensor<4>, outside: usize, kernel: usize, stride: usize) -> Tensor<4> {
        let inside = x.dims()[1];
        let weight = self.next(outside * inside * kernel * kernel).reshape([outside, inside, kernel, kernel]);
        let around = kernel / 2;
        conv2d(x, weight, None, ConvOptions::new([stride, stride], [around, around], [1, 1], 1))
    }

    /// A normalisation over the batch and the image, and a leaky ReLU.
    fn activate(&mut self, x: Tensor<4>) -> Tensor<4> {
        let channels = x.dims()[1];
        let (mean, variance) = match &mut self.norm {
            Norm::Batch(seen) => {
                let mean = x.clone().mean_dims(&[0, 2, 3]);
                let variance = (x.clone() - mean.clone()).square().mean_dims(&[0, 2, 3]);
                seen.push(mean.clone().inner().reshape([channels]));
                seen.push(variance.clone().inner().reshape([channels]));
                (mean, variance)
            }
            Norm::Kept(all) => {
                let kept = |i: usize| all[2 * self.normalised + i].clone().reshape([1, channels, 1, 1]);
                (kept(0), kept(1))
            }
        };
        self.normalised += 1;
        let scale = self.next(channels).reshape([1, channels, 1, 1]);
        let shift = self.next(channels).reshape([1, channels, 1, 1]);
        leaky_relu((x - mean) / (variance + GUARD).sqrt() * scale + shift, SLOPE)
    }
}

/// Logits, `[n, classes]`; arguments as in `Student::logits`.
pub(super) fn logits(
    depth: usize,
    widen: usize,
    form: Form,
    weights: &[Tensor<1>],
    norm: Norm<'_>,
    x: Tensor<2>,
) -> Tensor<2> {
    let count = x.dims()[0];
    let place = x.clone().inner();
    let mut walk = Walk { weights: weights.iter(), norm, normalised: 0, place: &place };
    let image = x.reshape([count, form.channels, form.height, form.width]);
    let mut x = walk.conv(image, FIRST, 3, 1);
    for block in blocks(depth, widen) {
        let active = walk.activate(x.clone());
        let shortcut = if block.normalised || block.inside != block.outside { active.clone() } else { x };
        let hidden = walk.conv(active, block.outside, 3, block.stride);
        let hidden = walk.activate(hidden);
        let residual = walk.conv(hidden, block.outside, 3, 1);
        let shortcut = match block.inside == block.outside {
            true => shortcut,
            false => walk.conv(shortcut, block.outside, 1, block.stride),
        };
        x = shortcut + residual;
    }
    let last = walk.activate(x).mean_dims(&[2, 3]);
    let features = last.dims()[1];
    let matrix = walk.next(form.classes * features).reshape([form.classes, features]);
    let bias = walk.next(form.classes).reshape([1, form.classes]);
    last.reshape([count, features]).matmul(matrix.transpose()) + bias
}
