//! The axes of a graph's input: which of them is that of a batch, and how long the others are.

use super::axes::{Axis, count};
use super::proto::Value;

/// The element type that the graph declares; zero where it declares none.
pub(super) fn data_type(input: &Value) -> i64 {
    input.kind.as_ref().and_then(|kind| kind.tensor.as_ref()).map_or(0, |tensor| tensor.data_type.into())
}

/// What the declared shape may mean, the likeliest first; `width` is what the first layer takes.
///
/// An axis without a length is the batch's. Where all have one, the first may be that of a batch of
/// fixed size, or a column of values may stand in front of the batch.
pub(super) fn forms(input: &Value, width: usize) -> Vec<Vec<Axis>> {
    let shape = input.kind.as_ref().and_then(|kind| kind.tensor.as_ref()).and_then(|tensor| tensor.shape.as_ref());
    let flat = vec![Axis::Batch, Axis::Length(width)];
    let Some(shape) = shape else { return vec![flat] };
    let fixed: Vec<Option<usize>> = (shape.dims.iter())
        .map(|axis| axis.length.and_then(|length| usize::try_from(length).ok()).filter(|&length| length > 0))
        .collect();
    let axes: Vec<Axis> = fixed.iter().map(|length| length.map_or(Axis::Batch, Axis::Length)).collect();
    let (known, rank) = (count(&axes), axes.len());
    let with = |at: usize, axis: Axis| {
        let mut axes = axes.clone();
        axes[at] = axis;
        axes
    };
    let open: Vec<usize> = (0..rank).filter(|&at| fixed[at].is_none()).collect();
    // The length that an axis has for the first layer to take all values.
    let left = (known > 0 && width.is_multiple_of(known)).then(|| Axis::Length(width / known));
    match open[..] {
        [] if rank < 2 || axes[0] == Axis::Length(1) => vec![axes],
        [] => vec![with(0, Axis::Batch), with(rank - 1, Axis::Batch), axes],
        [0] if rank > 1 => vec![axes],
        [at] => [vec![axes.clone()], left.map(|left| with(at, left)).into_iter().collect()].concat(),
        [_, second] => [left.map(|left| with(second, left)).into_iter().collect(), vec![flat]].concat(),
        _ => vec![flat],
    }
}
