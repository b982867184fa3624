//! What several families need: arguments that are one number, and results of the declared rank.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Tensor;

/// The operand or else the attribute `name` as a scalar of `data_type`; an operand may be computed.
pub fn number(c: &mut Context<'_>, name: &str, data_type: DataType) -> Result<Tensor> {
    if c.is_known(name) {
        let floats = c.floats_or(name, &[])?;
        let [value] = floats[..] else {
            return Err(c.error(format_args!("{name:?}: expected one number, got {floats:?}")));
        };
        return c.scalar(data_type, value);
    }
    let number = c.operand(name)?;
    let number = c.cast(number, c.input(name)?.data_type, data_type);
    Ok(if c.rank(name)? == 0 { number } else { c.reshape(number, &[]) })
}

/// Sets the first result to `tensor`, which has `rank` axes. Before there were tensors without axes, Paddle gave
/// those one.
pub fn finish_ranked(c: &mut Context<'_>, tensor: Tensor, rank: usize) -> Result<()> {
    let tensor = match (rank, c.output("out")?.dims.len()) {
        (0, 1) => c.reshape(tensor, &[1]),
        (1, 0) => c.reshape(tensor, &[]),
        _ => tensor,
    };
    c.set("out", tensor);
    Ok(())
}

/// The size of `axis` of a tensor as a list of one number: a constant where it is declared.
pub fn size_of(c: &mut Context<'_>, tensor: Tensor, shape: &[i64], axis: usize) -> Tensor {
    match shape.get(axis) {
        Some(size @ 0..) => c.int_list(&[*size]),
        _ => {
            let shape = c.shape_of(tensor);
            c.slice(shape, &[0], &[axis as i64], &[axis as i64 + 1])
        }
    }
}

/// The places 0, 1, ... below the size of `axis`.
pub fn places_of(c: &mut Context<'_>, tensor: Tensor, shape: &[i64], axis: usize) -> Result<Tensor> {
    let size = size_of(c, tensor, shape, axis);
    let size = c.reshape(size, &[]);
    range(c, size)
}

/// The 64-bit integers from 0 up to the scalar `end`.
pub fn range(c: &mut Context<'_>, end: Tensor) -> Result<Tensor> {
    let (zero, one) = (c.scalar(DataType::Int64, 0.0)?, c.scalar(DataType::Int64, 1.0)?);
    Ok(c.node("Range", &[zero, end, one], &[]))
}
