//! What convolution, pooling and normalisation have in common: where the channels are, and paddings.

use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Tensor;

/// Where the channels of a tensor are; ONNX wants them first, after the batch.
#[derive(Clone, Copy)]
pub struct Layout {
    rank: usize,
    is_channels_last: bool,
}

impl Layout {
    /// By the attribute `data_format`: `NHWC` and the like have the channels last, all others first.
    pub fn of(c: &Context<'_>, operand: &str) -> Result<Self> {
        let is_channels_last = matches!(c.text_or("data_format", "NCHW")?, "NHWC" | "NDHWC" | "NLC");
        Ok(Self { rank: c.rank(operand)?, is_channels_last })
    }

    pub fn is_last(self) -> bool {
        self.is_channels_last
    }

    /// The sizes behind batch and channels.
    pub fn spatial(self, dims: &[i64]) -> Vec<i64> {
        let skipped = if self.is_channels_last { 1 } else { 2 };
        dims.iter().skip(skipped).take(self.rank.saturating_sub(2)).copied().collect()
    }

    pub fn channels(self, dims: &[i64]) -> i64 {
        let channels = if self.is_channels_last { dims.last() } else { dims.get(1) };
        channels.copied().unwrap_or(-1)
    }

    pub fn to_channels_first(self, c: &mut Context<'_>, tensor: Tensor) -> Tensor {
        let last = self.rank as i64 - 1;
        self.transposed(c, tensor, [0, last].into_iter().chain(1..last).collect())
    }

    pub fn back(self, c: &mut Context<'_>, tensor: Tensor) -> Tensor {
        let last = self.rank as i64 - 1;
        self.transposed(c, tensor, std::iter::once(0).chain(2..=last).chain([1]).collect())
    }

    fn transposed(self, c: &mut Context<'_>, tensor: Tensor, permutation: Vec<i64>) -> Tensor {
        if !self.is_channels_last || self.rank < 3 {
            return tensor;
        }
        c.transpose(tensor, &permutation)
    }
}

/// What is put around the spatial axes.
pub enum Padding {
    /// Before and after each axis, in ONNX's order: all befores, then all afters; each below 2^31.
    Explicit(Vec<i64>),
    /// As much as makes the result as large as the input divided by the stride, rounded up; the odd one behind.
    Same,
}

/// The attributes `paddings` and `padding_algorithm` for `count` spatial axes: one number per axis, or before
/// and after of each axis, or (older files) of batch and channels as well.
pub fn padding(c: &Context<'_>, count: usize) -> Result<Padding> {
    match c.text_or("padding_algorithm", "EXPLICIT")? {
        "SAME" => return Ok(Padding::Same),
        "VALID" => return Ok(Padding::Explicit(vec![0; 2 * count])),
        _ => {}
    }
    let given = c.ints_or("paddings", &vec![0; count])?;
    if !given.iter().all(|padding| (0..=i64::from(i32::MAX)).contains(padding)) {
        return Err(c.error(format_args!("paddings: expected lengths, got {given:?}")));
    }
    if given.len() == count {
        return Ok(Padding::Explicit([&given[..], &given[..]].concat()));
    }
    if given.len() != 2 * count {
        return Err(
            c.error(format_args!("paddings: expected {count} or {} numbers, got {given:?}", 2 * count))
        );
    }
    let befores = given.iter().step_by(2);
    let afters = given.iter().skip(1).step_by(2);
    Ok(Padding::Explicit(befores.chain(afters).copied().collect()))
}
