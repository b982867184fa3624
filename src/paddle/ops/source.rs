//! Constants that are too large, or not known well enough, to be computed while the model is read.

use crate::error::Result;
use crate::paddle::context::Context;

/// `full`, `full_with_tensor`: `Expand` of one number to a shape, either of which may be an operand.
pub fn full(c: &mut Context<'_>) -> Result<()> {
    let data_type = c.output("out")?.data_type;
    let is_known = !c.has_input("value") || c.constant("value").is_some();
    let value = if is_known {
        c.scalar(data_type, c.float_or("value", 0.0)?)?
    } else {
        let value = c.operand("value")?;
        let value = c.cast(value, c.input("value")?.data_type, data_type);
        c.reshape(value, &[])
    };
    let shape = c.int_list_operand("shape")?;
    c.finish("Expand", &[value, shape], &[])
}

/// `full_batch_size_like`: `Expand` of one number to the attribute `shape`, with one dimension taken from the operand.
pub fn full_batch_size_like(c: &mut Context<'_>) -> Result<()> {
    let value = c.scalar(c.output("out")?.data_type, c.float_or("value", 0.0)?)?;
    let mut dims = c.ints("shape")?;
    let from = c.axis_of(c.int_or("input_dim_idx", 0)?, c.rank("input")?)?;
    let to = c.axis_of(c.int_or("output_dim_idx", 0)?, dims.len())?;
    let size = c.shape("input")?.get(from).copied().unwrap_or(1);
    let shape = if size >= 0 {
        dims[to] = size;
        c.int_list(&dims)
    } else {
        let input = c.operand("input")?;
        let shape = c.shape_of(input);
        let size = c.slice(shape, &[0], &[from as i64], &[from as i64 + 1]);
        let (before, after) = (c.int_list(&dims[..to]), c.int_list(&dims[to + 1..]));
        c.concat(&[before, size, after], 0)
    };
    c.finish("Expand", &[value, shape], &[])
}

/// `assign_value`: its numbers stand in the file, so it is always computed while the model is read.
pub fn assign_value(c: &mut Context<'_>) -> Result<()> {
    Err(c.error("expected a list of numbers of one type"))
}
