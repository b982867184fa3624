//! Sampling at computed places.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::{Float, Int, Text};
use crate::paddle::emit::Tensor;

use super::common::range;

/// `grid_sample`: `GridSample`. Volumes need operator set 20.
pub fn grid_sample(c: &mut Context<'_>) -> Result<()> {
    if c.rank("x")? != 4 {
        return Err(c.error(format_args!("expected an input of rank 4, got {:?}", c.shape("x")?)));
    }
    let mode = match c.text_or("mode", "bilinear")? {
        mode @ ("bilinear" | "nearest") => mode,
        other => return Err(c.error(format_args!("expected bilinear or nearest, got {other:?}"))),
    };
    let padding = match c.text_or("padding_mode", "zeros")? {
        padding @ ("zeros" | "border" | "reflection") => padding,
        other => return Err(c.error(format_args!("expected zeros, border or reflection, got {other:?}"))),
    };
    let (x, grid) = (c.operand_in_float32("x")?, c.operand_in_float32("grid")?);
    let is_aligned = Int(i64::from(c.bool_or("align_corners", true)?));
    let fields = [("mode", Text(mode)), ("padding_mode", Text(padding)), ("align_corners", is_aligned)];
    let result = c.node("GridSample", &[x, grid], &fields);
    c.set_from_float32("out", result)
}

/// `affine_grid`: the places of all pixels, from -1 to 1, times the transposed matrix of each image.
pub fn affine_grid(c: &mut Context<'_>) -> Result<()> {
    if c.shape("input")?.get(1) != Some(&2) {
        return Err(c.error(format_args!("expected matrices of 2 rows, got {:?}", c.shape("input")?)));
    }
    let is_aligned = c.bool_or("align_corners", true)?;
    let data_type = c.input("input")?.data_type;
    let shape = c.int_list_operand("output_shape")?;
    let (height, width) = (c.slice(shape, &[0], &[2], &[3]), c.slice(shape, &[0], &[3], &[4]));
    let rows = spread(c, height, is_aligned, data_type)?;
    let columns = spread(c, width, is_aligned, data_type)?;
    // Places [height * width, 3]: x, y, 1.
    let single = c.int_list(&[1]);
    let (column, full) = (c.concat(&[height, single], 0), c.concat(&[height, width], 0));
    let one = c.constant_tensor(data_type, &[1], vec![1.0])?;
    let rows = c.reshape(rows, &[-1, 1]);
    let x = c.apply("Expand", &[columns, full]);
    let y = c.apply("Expand", &[rows, full]);
    let ones = c.apply("Expand", &[one, column]);
    let ones = c.apply("Expand", &[ones, full]);
    let flat: Vec<Tensor> = [x, y, ones].iter().map(|tensor| c.reshape(*tensor, &[-1, 1])).collect();
    let places = c.concat(&flat, 1);
    let theta = c.operand("input")?;
    let theta = c.transpose(theta, &[0, 2, 1]);
    let grid = c.apply("MatMul", &[places, theta]);
    let batch = c.shape_of(theta);
    let batch = c.slice(batch, &[0], &[0], &[1]);
    let two = c.int_list(&[2]);
    let shape = c.concat(&[batch, full, two], 0);
    c.finish("Reshape", &[grid, shape], &[])
}

/// As many places from -1 to 1 as `count` (a list of one size) says: the outermost on the corners if these are aligned, else
/// in the middle of their pixels. A single place on corners is not a number, as in Paddle.
fn spread(c: &mut Context<'_>, count: Tensor, is_aligned: bool, data_type: DataType) -> Result<Tensor> {
    let count = c.reshape(count, &[]);
    let places = range(c, count)?;
    let places = c.cast(places, DataType::Int64, data_type);
    let count = c.cast(count, DataType::Int64, data_type);
    let (one, two) = (c.scalar(data_type, 1.0)?, c.scalar(data_type, 2.0)?);
    // (2 i - (n - 1)) / d, where d is n - 1 on corners and n in the middle.
    let less = c.apply("Sub", &[count, one]);
    let doubled = c.apply("Mul", &[places, two]);
    let centred = c.apply("Sub", &[doubled, less]);
    let divisor = if is_aligned { less } else { count };
    Ok(c.apply("Div", &[centred, divisor]))
}

/// `roi_align`: `RoiAlign`, with the image of each box computed from the boxes per image.
pub fn roi_align(c: &mut Context<'_>) -> Result<()> {
    if !c.has_input("boxes_num") {
        return Err(c.error("expected the number of boxes per image as an operand (LoD is not supported)"));
    }
    let (x, boxes) = (c.operand_in_float32("x")?, c.operand_in_float32("boxes")?);
    let counts = c.operand("boxes_num")?;
    let counts = c.cast(counts, c.input("boxes_num")?.data_type, DataType::Int64);
    let images = image_of_rows(c, counts, boxes)?;
    let places = if c.bool_or("aligned", false)? { "half_pixel" } else { "output_half_pixel" };
    let fields = [
        ("output_height", Int(c.int_or("pooled_height", 1)?)),
        ("output_width", Int(c.int_or("pooled_width", 1)?)),
        ("spatial_scale", Float(c.float_or("spatial_scale", 1.0)?)),
        ("sampling_ratio", Int(c.int_or("sampling_ratio", -1)?.max(0))),
        ("coordinate_transformation_mode", Text(places)),
    ];
    let result = c.node("RoiAlign", &[x, boxes, images], &fields);
    c.set_from_float32("out", result)
}

/// To which image each row of `rows` belongs, if the first `counts[0]` rows are those of the first image and so on.
pub(super) fn image_of_rows(c: &mut Context<'_>, counts: Tensor, rows: Tensor) -> Result<Tensor> {
    let zero = c.scalar(DataType::Int64, 0.0)?;
    let ends = c.apply("CumSum", &[counts, zero]);
    let count = c.shape_of(rows);
    let count = c.slice(count, &[0], &[0], &[1]);
    let count = c.reshape(count, &[]);
    let places = range(c, count)?;
    let places = c.unsqueeze(places, &[1]);
    let is_behind = c.apply("GreaterOrEqual", &[places, ends]);
    let is_behind = c.cast(is_behind, DataType::Bool, DataType::Int64);
    Ok(c.reduce("ReduceSum", is_behind, &[1], false))
}

/// `deformable_conv`: `GridSample` of all elements of all windows, times the mask, and a `Conv` of single pixels. (ONNX Runtime
/// has `DeformConv` for the CPU from 1.25 on only.)
pub fn deformable_conv(c: &mut Context<'_>) -> Result<()> {
    let (shape, filter_shape) = (c.shape("x")?, c.shape("filter")?);
    let (&[_, channels, height, width], &[outputs, own, rows, columns]) = (shape, filter_shape) else {
        return Err(c.error(format_args!("expected rank 4, got {shape:?} and {filter_shape:?}")));
    };
    if [channels, outputs, own, rows, columns].iter().any(|size| *size < 1) {
        return Err(
            c.error(format_args!("expected known channels and filter, got {shape:?}, {filter_shape:?}"))
        );
    }
    let deformable = c.int_or("deformable_groups", 1)?;
    if deformable < 1 || channels % deformable != 0 {
        return Err(c.error(format_args!("expected channels in {deformable} groups, got {channels}")));
    }
    let area = rows * columns;
    let x = c.operand_in_float32("x")?;
    let offset = c.operand_in_float32("offset")?;
    let data_type = c.type_in_float32("x")?;
    // Height and width of the result are those of the offsets.
    let inner = c.sizes_of(offset, c.shape("offset")?, 2, 4);
    let (down, across) = (c.slice(inner, &[0], &[0], &[1]), c.slice(inner, &[0], &[1], &[2]));
    let shaped = |c: &mut Context<'_>, tensor: Tensor, before: &[i64]| {
        let before = c.int_list(before);
        let shape = c.concat(&[before, inner], 0);
        c.apply("Reshape", &[tensor, shape])
    };
    // [batch * groups, window, 2 (y, x), height, width].
    let offset = shaped(c, offset, &[-1, area, 2]);
    let part = |c: &mut Context<'_>, index: i64| {
        let part = c.slice(offset, &[2], &[index], &[index + 1]);
        c.squeeze(part, &[2])
    };
    let (moved_y, moved_x) = (part(c, 0), part(c, 1));
    let [strides, dilations] = ["strides", "dilations"].map(|name| c.ints_or(name, &[1, 1]));
    let (strides, dilations, pads) = (strides?, dilations?, c.ints_or("paddings", &[0, 0])?);
    if [&strides, &dilations, &pads].iter().any(|pair| pair.len() != 2) {
        return Err(c.error("expected 2 strides, dilations and paddings"));
    }
    let place = |axis: usize| (strides[axis], dilations[axis], pads[axis]);
    let firsts: Vec<i64> = (0..area).map(|element| element / columns).collect();
    let y = places(c, down, place(0), &firsts, &[area, 1, 1], data_type)?;
    let y = c.reshape(y, &[1, area, -1, 1]);
    let firsts: Vec<i64> = (0..area).map(|element| element % columns).collect();
    let x_places = places(c, across, place(1), &firsts, &[area, 1, 1], data_type)?;
    let x_places = c.reshape(x_places, &[1, area, 1, -1]);
    let y = c.apply("Add", &[moved_y, y]);
    let x_places = c.apply("Add", &[moved_x, x_places]);
    let known = [-1, channels, height, width];
    let y = normalised(c, y, x, &known, 2, data_type)?;
    let x_places = normalised(c, x_places, x, &known, 3, data_type)?;
    let (y, x_places) = (c.unsqueeze(y, &[4]), c.unsqueeze(x_places, &[4]));
    let grid = c.concat(&[x_places, y], 4);
    // The window's elements go below each other: [batch * groups, window * height, width, 2].
    let (all, two) = (c.int_list(&[-1]), c.int_list(&[2]));
    let tall = c.int_list(&[area]);
    let tall = c.apply("Mul", &[tall, down]);
    let shape = c.concat(&[all, tall, across, two], 0);
    let grid = c.apply("Reshape", &[grid, shape]);
    let image = if deformable == 1 {
        x
    } else {
        let sizes = c.sizes_of(x, &known, 2, 4);
        let before = c.int_list(&[-1, channels / deformable]);
        let shape = c.concat(&[before, sizes], 0);
        c.apply("Reshape", &[x, shape])
    };
    let fields = [("padding_mode", Text("zeros")), ("align_corners", Int(0))];
    let mut sampled = c.node("GridSample", &[image, grid], &fields);
    if c.has_input("mask") {
        let mask = c.operand_in_float32("mask")?;
        let (all, one) = (c.int_list(&[-1]), c.int_list(&[1]));
        let shape = c.concat(&[all, one, tall, across], 0);
        let mask = c.apply("Reshape", &[mask, shape]);
        sampled = c.apply("Mul", &[sampled, mask]);
    }
    let pixels = shaped(c, sampled, &[-1, channels * area]);
    let filter = c.operand_in_float32("filter")?;
    let filter = c.reshape(filter, &[outputs, own * area, 1, 1]);
    let result = c.node("Conv", &[pixels, filter], &[("group", Int(c.int_or("groups", 1)?))]);
    c.set_from_float32("out", result)
}

/// Where the elements of the windows lie along an axis with `count` windows: stride i - padding + dilation e, as
/// [elements, count].
fn places(
    c: &mut Context<'_>,
    count: Tensor,
    (stride, dilation, padding): (i64, i64, i64),
    elements: &[i64],
    dims: &[i64],
    data_type: DataType,
) -> Result<Tensor> {
    let count = c.reshape(count, &[]);
    let windows = range(c, count)?;
    let stride = c.scalar(DataType::Int64, stride as f64)?;
    let starts = c.apply("Mul", &[windows, stride]);
    let elements = elements.iter().map(|element| (element * dilation - padding) as f64).collect();
    let elements = c.constant_tensor(DataType::Int64, dims, elements)?;
    let all = c.apply("Add", &[starts, elements]);
    Ok(c.cast(all, DataType::Int64, data_type))
}

/// Pixels along an axis of the image as `GridSample` counts them: (2 p + 1) / size - 1.
fn normalised(
    c: &mut Context<'_>,
    pixels: Tensor,
    image: Tensor,
    known: &[i64],
    axis: usize,
    data_type: DataType,
) -> Result<Tensor> {
    let size = c.sizes_of(image, known, axis, axis + 1);
    let size = c.cast(size, DataType::Int64, data_type);
    let (one, two) = (c.scalar(data_type, 1.0)?, c.scalar(data_type, 2.0)?);
    let doubled = c.apply("Mul", &[pixels, two]);
    let doubled = c.apply("Add", &[doubled, one]);
    let share = c.apply("Div", &[doubled, size]);
    Ok(c.apply("Sub", &[share, one]))
}
