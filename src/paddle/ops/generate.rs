//! Tensors that are made of a few numbers.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::{Field::Int, Tensor};

use super::common::{finish_ranked, number, range, size_of};
use super::compare::choice;

/// `arange`: `Range`.
pub fn arange(c: &mut Context<'_>) -> Result<()> {
    let data_type = c.output("out")?.data_type;
    // ONNX Runtime counts in no 16-bit floats.
    let own = if data_type == DataType::Float16 { DataType::Float32 } else { data_type };
    let bounds = [number(c, "start", own)?, number(c, "end", own)?, number(c, "step", own)?];
    let result = c.node("Range", &bounds, &[]);
    let result = c.cast(result, own, data_type);
    c.set("out", result);
    Ok(())
}

/// `linspace`: the first half counted from `start`, the second from `stop`, in 64-bit floats as Paddle does.
pub fn linspace(c: &mut Context<'_>) -> Result<()> {
    let data_type = c.output("out")?.data_type;
    let (start, stop) = (bound(c, "start", data_type)?, bound(c, "stop", data_type)?);
    let one = c.scalar(DataType::Float64, 1.0)?;
    let count = number(c, "number", DataType::Int64)?;
    let places = range(c, count)?;
    let [places, count] = [places, count].map(|ints| c.cast(ints, DataType::Int64, DataType::Float64));
    let span = c.node("Sub", &[stop, start], &[]);
    let last = c.node("Sub", &[count, one], &[]);
    // A single number is the start; its step does not matter, but must be one.
    let divisor = c.node("Max", &[last, one], &[]);
    let step = c.node("Div", &[span, divisor], &[]);
    let forwards = c.node("Mul", &[places, step], &[]);
    let forwards = c.node("Add", &[start, forwards], &[]);
    let left = c.node("Sub", &[last, places], &[]);
    let backwards = c.node("Mul", &[left, step], &[]);
    let backwards = c.node("Sub", &[stop, backwards], &[]);
    // The middle one of an odd count belongs to the second half, a single one to the first.
    let is_first = c.node("Less", &[places, left], &[]);
    let two = c.scalar(DataType::Float64, 2.0)?;
    let is_single = c.node("Less", &[count, two], &[]);
    let is_forwards = c.node("Or", &[is_first, is_single], &[]);
    let result = c.node("Where", &[is_forwards, forwards, backwards], &[]);
    let result = c.cast(result, DataType::Float64, data_type);
    c.set("out", result);
    Ok(())
}

/// A bound, rounded to the type of the result first.
fn bound(c: &mut Context<'_>, name: &str, data_type: DataType) -> Result<Tensor> {
    let bound = number(c, name, data_type)?;
    Ok(c.cast(bound, data_type, DataType::Float64))
}

/// `eye`: `EyeLike` of zeros.
pub fn eye(c: &mut Context<'_>) -> Result<()> {
    let rows = c.int("num_rows")?;
    let columns = match c.int_or("num_columns", -1)? {
        -1 => rows,
        columns => columns,
    };
    let data_type = c.output("out")?.data_type;
    let shape = c.int_list(&[rows, columns]);
    let zeros = c.node("ConstantOfShape", &[shape], &[]);
    let float32 = ("dtype", Int(i64::from(DataType::Float32.code())));
    let result = c.node("EyeLike", &[zeros], &[float32]);
    let result = c.cast(result, DataType::Float32, data_type);
    c.set("out", result);
    Ok(())
}

/// `full_like`: `Expand` of one number to the shape of x.
pub fn full_like(c: &mut Context<'_>) -> Result<()> {
    let value = number(c, "value", c.output("out")?.data_type)?;
    let dims = c.shape("x")?;
    let shape = if dims.contains(&-1) {
        let x = c.operand("x")?;
        c.shape_of(x)
    } else {
        c.int_list(dims)
    };
    c.finish("Expand", &[value, shape], &[])
}

/// `fill_zeros_like`: `Expand` of 0 to the shape of x.
pub fn zeros_like(c: &mut Context<'_>) -> Result<()> {
    let zero = c.scalar(c.output("out")?.data_type, 0.0)?;
    let x = c.operand("x")?;
    let shape = c.shape_of(x);
    c.finish("Expand", &[zero, shape], &[])
}

/// `diag`: of a row the matrix with it beside the main diagonal, by `Where` of an `EyeLike`; of a matrix the elements
/// there, by `GatherND`.
pub fn diag(c: &mut Context<'_>) -> Result<()> {
    let offset = c.int_or("offset", 0)?;
    match c.shape("x")? {
        [size] => matrix_of_diagonal(c, *size, offset),
        [_, _] => diagonal_of_matrix(c, offset),
        shape => Err(c.error(format_args!("expected a row or a matrix, got {shape:?}"))),
    }
}

fn matrix_of_diagonal(c: &mut Context<'_>, size: i64, offset: i64) -> Result<()> {
    let (x, data_type) = (c.operand("x")?, c.output("out")?.data_type);
    let distance = offset.saturating_abs();
    let length = size_of(c, x, &[size], 0);
    let more = c.int_list(&[distance]);
    let side = c.node("Add", &[length, more], &[]);
    let shape = c.concat(&[side, side], 0);
    let zeros = c.node("ConstantOfShape", &[shape], &[]);
    let eye = c.node(
        "EyeLike",
        &[zeros],
        &[("dtype", Int(i64::from(DataType::Float32.code()))), ("k", Int(offset))],
    );
    let is_diagonal = c.cast(eye, DataType::Float32, DataType::Bool);
    // Above the main diagonal the elements are told by their rows, below by their columns.
    let zero = c.scalar(data_type, 0.0)?;
    let row = match distance {
        0 => x,
        _ => {
            let rest = c.node("Expand", &[zero, more], &[]);
            c.concat(&[x, rest], 0)
        }
    };
    let row = c.unsqueeze(row, &[i64::from(offset >= 0)]);
    let padding = c.scalar(data_type, c.float_or("padding_value", 0.0)?)?;
    let matrix = choice(c, is_diagonal, row, padding, data_type);
    c.set("out", matrix);
    Ok(())
}

fn diagonal_of_matrix(c: &mut Context<'_>, offset: i64) -> Result<()> {
    let x = c.operand("x")?;
    // As long as the shorter side of what is right of the first column and below the first row that it has.
    let starts = [offset.saturating_neg().max(0), offset.max(0)].map(|start| c.int_list(&[start]));
    let shape = c.shape_of(x);
    let start = c.concat(&starts, 0);
    let rest = c.node("Sub", &[shape, start], &[]);
    let length = c.reduce("ReduceMin", rest, &[], false);
    let places = range(c, length)?;
    let places = c.unsqueeze(places, &[1]);
    let places = c.node("Add", &[places, start], &[]);
    c.finish("GatherND", &[x, places], &[])
}

/// `numel`: `Size`.
pub fn numel(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let size = c.node("Size", &[x], &[]);
    finish_ranked(c, size, 0)
}
