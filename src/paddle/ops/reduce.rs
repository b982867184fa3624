//! Reductions over axes, and running sums along one.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::{Field::Int, Tensor};

use super::common::finish_ranked;

/// The axes that the attribute `axis` and `reduce_all` ask for, in rising order; none stand for all.
fn axes(c: &Context<'_>) -> Result<Vec<i64>> {
    let rank = c.rank("x")?;
    let given = c.ints_or("axis", &[])?;
    if rank == 0 || given.is_empty() || c.bool_or("reduce_all", false)? {
        return Ok(Vec::new());
    }
    let mut axes: Vec<i64> =
        given.iter().map(|axis| c.axis_of(*axis, rank).map(|axis| axis as i64)).collect::<Result<_>>()?;
    axes.sort_unstable();
    axes.dedup();
    Ok(axes)
}

/// Whether the axes stay, with length 1; one operator spells it otherwise.
fn keeps_axes(c: &Context<'_>) -> Result<bool> {
    c.bool_or("keepdim", c.bool_or("keep_dim", false)?)
}

fn rank_left(rank: usize, axes: &[i64], keeps_axes: bool) -> usize {
    match axes.len() {
        _ if keeps_axes => rank,
        0 => 0,
        count => rank - count,
    }
}

/// The node `op_type` over the operand's axes, which computes in `data_type`.
fn reduce(c: &mut Context<'_>, op_type: &'static str, data_type: DataType) -> Result<()> {
    let x = c.operand("x")?;
    let (rank, axes) = (c.rank("x")?, axes(c)?);
    let keeps_axes = keeps_axes(c)?;
    let x = c.cast(x, c.input("x")?.data_type, data_type);
    let result = c.reduce(op_type, x, &axes, keeps_axes);
    let result = c.cast(result, data_type, c.output("out")?.data_type);
    finish_ranked(c, result, rank_left(rank, &axes, keeps_axes))
}

/// In the type of the result, which is wider than that of booleans and small integers.
fn reduce_numbers(c: &mut Context<'_>, op_type: &'static str) -> Result<()> {
    reduce(c, op_type, c.output("out")?.data_type)
}

/// `mean`, `mean_all`: `ReduceMean`.
pub fn mean(c: &mut Context<'_>) -> Result<()> {
    reduce_numbers(c, "ReduceMean")
}

/// `sum`: `ReduceSum`; booleans and 32-bit integers are summed in 64 bits.
pub fn sum(c: &mut Context<'_>) -> Result<()> {
    reduce_numbers(c, "ReduceSum")
}

/// `max`, `amax`: `ReduceMax`.
pub fn max(c: &mut Context<'_>) -> Result<()> {
    reduce_numbers(c, "ReduceMax")
}

/// `min`, `amin`: `ReduceMin`.
pub fn min(c: &mut Context<'_>) -> Result<()> {
    reduce_numbers(c, "ReduceMin")
}

/// `prod`: `ReduceProd`.
pub fn prod(c: &mut Context<'_>) -> Result<()> {
    reduce_numbers(c, "ReduceProd")
}

/// `all`: `ReduceMin` of 0 and 1.
pub fn all(c: &mut Context<'_>) -> Result<()> {
    reduce_booleans(c, "ReduceMin")
}

/// `any`: `ReduceMax` of 0 and 1.
pub fn any(c: &mut Context<'_>) -> Result<()> {
    reduce_booleans(c, "ReduceMax")
}

fn reduce_booleans(c: &mut Context<'_>, op_type: &'static str) -> Result<()> {
    let x = c.operand("x")?;
    let (rank, axes) = (c.rank("x")?, axes(c)?);
    let keeps_axes = keeps_axes(c)?;
    // By way of a boolean, so that a half is not cut to 0.
    let x = c.cast(x, c.input("x")?.data_type, DataType::Bool);
    let x = c.cast(x, DataType::Bool, DataType::Int32);
    let result = c.reduce(op_type, x, &axes, keeps_axes);
    let result = c.cast(result, DataType::Int32, DataType::Bool);
    finish_ranked(c, result, rank_left(rank, &axes, keeps_axes))
}

/// `logsumexp`: `ReduceLogSumExp`.
pub fn logsumexp(c: &mut Context<'_>) -> Result<()> {
    reduce_numbers(c, "ReduceLogSumExp")
}

/// `frobenius_norm`: `ReduceL2`.
pub fn frobenius_norm(c: &mut Context<'_>) -> Result<()> {
    reduce_numbers(c, "ReduceL2")
}

/// `squared_l2_norm`: `ReduceSumSquare` of all elements.
pub fn squared_l2_norm(c: &mut Context<'_>) -> Result<()> {
    reduce_numbers(c, "ReduceSumSquare")
}

/// `p_norm`: the root of order p of the sum of |x| to the power of p along an axis, or (`asvector`) over all
/// elements; of order 0 the number of elements that are not 0, of infinite order the largest or smallest |x|.
pub fn p_norm(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let (rank, data_type) = (c.rank("x")?, c.input("x")?.data_type);
    let order = c.float_or("porder", 2.0)?;
    let keeps_axes = keeps_axes(c)?;
    let is_whole = rank == 0 || c.bool_or("asvector", false)?;
    let axes = match is_whole {
        true => Vec::new(),
        false => vec![c.axis_of(c.int_or("axis", -1)?, rank)? as i64],
    };
    let result = norm(c, x, order, data_type, &axes, keeps_axes)?;
    finish_ranked(c, result, rank_left(rank, &axes, keeps_axes))
}

/// `dist`: the norm of the difference, see [`p_norm`].
pub fn dist(c: &mut Context<'_>) -> Result<()> {
    let (x, y) = (c.operand("x")?, c.operand("y")?);
    let difference = c.node("Sub", &[x, y], &[]);
    let result = norm(c, difference, c.float_or("p", 2.0)?, c.input("x")?.data_type, &[], false)?;
    finish_ranked(c, result, 0)
}

fn norm(
    c: &mut Context<'_>,
    x: Tensor,
    order: f64,
    data_type: DataType,
    axes: &[i64],
    keeps_axes: bool,
) -> Result<Tensor> {
    if order == 1.0 {
        return Ok(c.reduce("ReduceL1", x, axes, keeps_axes));
    }
    if order == 2.0 {
        return Ok(c.reduce("ReduceL2", x, axes, keeps_axes));
    }
    if order == 0.0 {
        let is_set = c.cast(x, data_type, DataType::Bool);
        let ones = c.cast(is_set, DataType::Bool, data_type);
        return Ok(c.reduce("ReduceSum", ones, axes, keeps_axes));
    }
    let magnitude = c.node("Abs", &[x], &[]);
    if order.is_infinite() {
        let op_type = if order > 0.0 { "ReduceMax" } else { "ReduceMin" };
        return Ok(c.reduce(op_type, magnitude, axes, keeps_axes));
    }
    let (exponent, root) = (c.scalar(data_type, order)?, c.scalar(data_type, 1.0 / order)?);
    let powers = c.node("Pow", &[magnitude, exponent], &[]);
    let sum = c.reduce("ReduceSum", powers, axes, keeps_axes);
    Ok(c.node("Pow", &[sum, root], &[]))
}

/// `argmax`: `ArgMax`; with `flatten` the place in the row of all elements.
pub fn argmax(c: &mut Context<'_>) -> Result<()> {
    place(c, "ArgMax")
}

/// `argmin`: `ArgMin`.
pub fn argmin(c: &mut Context<'_>) -> Result<()> {
    place(c, "ArgMin")
}

fn place(c: &mut Context<'_>, op_type: &'static str) -> Result<()> {
    let mut x = c.operand("x")?;
    let (rank, data_type) = (c.rank("x")?, c.input("x")?.data_type);
    if data_type == DataType::Int16 {
        x = c.cast(x, data_type, DataType::Int32);
    }
    let keeps_axes = c.bool_or("keepdims", false)?;
    let is_whole = rank == 0 || c.bool_or("flatten", false)?;
    let (mut axis, mut left) = (0, if keeps_axes { rank } else { rank.saturating_sub(1) });
    if is_whole {
        x = c.reshape(x, &[-1]);
        left = 0;
    } else {
        axis = c.axis_of(c.int("axis")?, rank)?;
    }
    let fields = [("axis", Int(axis as i64)), ("keepdims", Int(i64::from(keeps_axes && !is_whole)))];
    let mut result = c.node(op_type, &[x], &fields);
    if is_whole && keeps_axes {
        result = c.reshape(result, &vec![1; rank]);
        left = rank;
    }
    let result = c.cast(result, DataType::Int64, c.output("out")?.data_type);
    finish_ranked(c, result, left)
}

/// `cumsum`: `CumSum`; with `flatten` along the row of all elements.
pub fn cumsum(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let data_type = c.output("out")?.data_type;
    let mut x = c.cast(x, c.input("x")?.data_type, data_type);
    let rank = c.rank("x")?;
    let is_flat = rank == 0 || c.bool_or("flatten", false)?;
    let axis = if is_flat { 0 } else { c.axis_of(c.int_or("axis", -1)?, rank)? };
    if is_flat {
        x = c.reshape(x, &[-1]);
    }
    let axis = c.scalar(DataType::Int64, axis as f64)?;
    let exclusive = ("exclusive", Int(i64::from(c.bool_or("exclusive", false)?)));
    let reverse = ("reverse", Int(i64::from(c.bool_or("reverse", false)?)));
    let result = c.node("CumSum", &[x, axis], &[exclusive, reverse]);
    finish_ranked(c, result, if is_flat { 1 } else { rank })
}
