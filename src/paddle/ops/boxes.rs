//! Boxes of detection networks.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Tensor;

use super::common::range;

/// `yolo_box`: sigmoids and exponentials of the channels of each anchor, over the cells of the grid. Boxes of a confidence
/// below `conf_thresh` are all zeros, scores too.
pub fn yolo_box(c: &mut Context<'_>) -> Result<()> {
    let shape = c.shape("x")?;
    let &[_, channels, height, width] = shape else {
        return Err(c.error(format_args!("expected an input of rank 4, got {shape:?}")));
    };
    let anchors = c.ints("anchors")?;
    let (count, classes) = (anchors.len() as i64 / 2, c.int_or("class_num", 1)?);
    let is_iou_aware = c.bool_or("iou_aware", false)?;
    let per_anchor = 5 + classes + i64::from(is_iou_aware);
    if count < 1 || classes < 1 || channels != count * per_anchor {
        let text = format!("expected {count} anchors of {per_anchor} channels each");
        return Err(c.error(format_args!("{text}, got {channels} channels")));
    }
    let data_type = c.input("x")?.data_type;
    let mut x = c.operand("x")?;
    let sizes = c.sizes_of(x, &[-1, -1, height, width], 2, 4);
    let mut iou = None;
    if is_iou_aware {
        let own = c.slice(x, &[1], &[0], &[count]);
        let own = c.reshape(own, &[0, count, 1, -1]);
        iou = Some(c.apply("Sigmoid", &[own]));
        x = c.slice(x, &[1], &[count], &[channels]);
    }
    // [batch, anchors, 5 + classes, cells].
    let x = c.reshape(x, &[0, count, 5 + classes, -1]);
    let parts = |c: &mut Context<'_>, start: i64, end: i64| c.slice(x, &[2], &[start], &[end]);
    let mut confidence = parts(c, 4, 5);
    confidence = c.apply("Sigmoid", &[confidence]);
    if let Some(iou) = iou {
        let factor = c.float_or("iou_aware_factor", 0.5)?;
        let (own, other) = (c.scalar(data_type, 1.0 - factor)?, c.scalar(data_type, factor)?);
        confidence = c.apply("Pow", &[confidence, own]);
        let iou = c.apply("Pow", &[iou, other]);
        confidence = c.apply("Mul", &[confidence, iou]);
    }
    let least = c.scalar(data_type, c.float_or("conf_thresh", 0.01)?)?;
    let is_kept = c.apply("GreaterOrEqual", &[confidence, least]);
    let zero = c.scalar(data_type, 0.0)?;

    let image = c.operand("img_size")?;
    let image = c.cast(image, c.input("img_size")?.data_type, data_type);
    let side = |c: &mut Context<'_>, axis: i64| {
        let side = c.slice(image, &[1], &[axis], &[axis + 1]);
        c.reshape(side, &[-1, 1, 1, 1])
    };
    let sides = [side(c, 1), side(c, 0)];
    let mut corners = Vec::with_capacity(4);
    for axis in 0..2 {
        let cells = c.slice(sizes, &[0], &[1 - axis], &[2 - axis]);
        let axis = axis as usize;
        let places = cell_places(c, sizes, axis, data_type)?;
        let offset = parts(c, axis as i64, axis as i64 + 1);
        let extent = parts(c, axis as i64 + 2, axis as i64 + 3);
        let own: Vec<f64> = anchors.iter().skip(axis).step_by(2).map(|size| *size as f64).collect();
        let own = c.constant_tensor(data_type, &[count, 1, 1], own)?;
        let [low, high] = yolo_corners(c, [offset, extent], places, own, cells, sides[axis], data_type)?;
        corners.push((low, high));
    }
    let [(left, right), (top, bottom)] = corners[..] else { return Err(c.error("expected two axes")) };
    let boxes = c.concat(&[left, top, right, bottom], 2);
    let boxes = c.apply("Where", &[is_kept, boxes, zero]);
    let boxes = c.transpose(boxes, &[0, 1, 3, 2]);
    let boxes = c.reshape(boxes, &[0, -1, 4]);
    c.set("boxes", boxes);
    let scores = parts(c, 5, 5 + classes);
    let scores = c.apply("Sigmoid", &[scores]);
    let scores = c.apply("Mul", &[scores, confidence]);
    let scores = c.apply("Where", &[is_kept, scores, zero]);
    let scores = c.transpose(scores, &[0, 1, 3, 2]);
    let scores = c.reshape(scores, &[0, -1, classes]);
    c.set("scores", scores);
    Ok(())
}

/// The column (axis 0) or row (axis 1) of each cell, row by row.
fn cell_places(c: &mut Context<'_>, sizes: Tensor, axis: usize, data_type: DataType) -> Result<Tensor> {
    let count = c.reduce("ReduceProd", sizes, &[], false);
    let cells = range(c, count)?;
    let width = c.slice(sizes, &[0], &[1], &[2]);
    let places = c.apply(if axis == 0 { "Mod" } else { "Div" }, &[cells, width]);
    Ok(c.cast(places, DataType::Int64, data_type))
}

/// Both ends of the boxes along an axis, in pixels of the image.
fn yolo_corners(
    c: &mut Context<'_>,
    [offset, extent]: [Tensor; 2],
    places: Tensor,
    anchors: Tensor,
    cells: Tensor,
    side: Tensor,
    data_type: DataType,
) -> Result<[Tensor; 2]> {
    let scale = c.float_or("scale_x_y", 1.0)?;
    let cells = c.cast(cells, DataType::Int64, data_type);
    let stride = c.scalar(data_type, c.int_or("downsample_ratio", 32)? as f64)?;
    let mut offset = c.apply("Sigmoid", &[offset]);
    if scale != 1.0 {
        let (factor, bias) = (c.scalar(data_type, scale)?, c.scalar(data_type, -0.5 * (scale - 1.0))?);
        offset = c.apply("Mul", &[offset, factor]);
        offset = c.apply("Add", &[offset, bias]);
    }
    let centre = c.apply("Add", &[offset, places]);
    let centre = c.apply("Mul", &[centre, side]);
    let centre = c.apply("Div", &[centre, cells]);
    let extent = c.apply("Exp", &[extent]);
    let extent = c.apply("Mul", &[extent, anchors]);
    let extent = c.apply("Mul", &[extent, side]);
    let input = c.apply("Mul", &[cells, stride]);
    let extent = c.apply("Div", &[extent, input]);
    let two = c.scalar(data_type, 2.0)?;
    let half = c.apply("Div", &[extent, two]);
    let (low, high) = (c.apply("Sub", &[centre, half]), c.apply("Add", &[centre, half]));
    if !c.bool_or("clip_bbox", true)? {
        return Ok([low, high]);
    }
    let (zero, one) = (c.scalar(data_type, 0.0)?, c.scalar(data_type, 1.0)?);
    let last = c.apply("Sub", &[side, one]);
    Ok([c.apply("Max", &[low, zero]), c.apply("Min", &[high, last])])
}

/// `prior_box`: for each cell of the input boxes of given sizes and aspect ratios around its middle, as shares of the image.
pub fn prior_box(c: &mut Context<'_>) -> Result<()> {
    let data_type = c.output("out")?.data_type;
    let (input, image) = (c.operand("input")?, c.operand("image")?);
    let cells = c.sizes_of(input, c.shape("input")?, 2, 4);
    let pixels = c.sizes_of(image, c.shape("image")?, 2, 4);
    let extents = prior_extents(c)?;
    let count = extents.len() as i64;
    let mut corners = Vec::with_capacity(4);
    for (axis, step) in [(1, "step_w"), (0, "step_h")] {
        let cells = c.slice(cells, &[0], &[axis], &[axis + 1]);
        let pixels = c.slice(pixels, &[0], &[axis], &[axis + 1]);
        let cells_float = c.cast(cells, DataType::Int64, data_type);
        let pixels = c.cast(pixels, DataType::Int64, data_type);
        let step = match c.float_or(step, 0.0)? {
            0.0 => c.apply("Div", &[pixels, cells_float]),
            step => c.constant_tensor(data_type, &[1], vec![step])?,
        };
        let cells = c.reshape(cells, &[]);
        let places = range(c, cells)?;
        let places = c.cast(places, DataType::Int64, data_type);
        let offset = c.scalar(data_type, c.float_or("offset", 0.5)?)?;
        let places = c.apply("Add", &[places, offset]);
        let centres = c.apply("Mul", &[places, step]);
        let centres = c.reshape(centres, if axis == 1 { &[1, -1, 1] } else { &[-1, 1, 1] });
        let halves = extents.iter().map(|extent| extent[1 - axis as usize] / 2.0).collect();
        let halves = c.constant_tensor(data_type, &[count], halves)?;
        let (low, high) = (c.apply("Sub", &[centres, halves]), c.apply("Add", &[centres, halves]));
        corners.push((c.apply("Div", &[low, pixels]), c.apply("Div", &[high, pixels])));
    }
    let [(left, right), (top, bottom)] = corners[..] else { return Err(c.error("expected two axes")) };
    let own = c.int_list(&[count]);
    let full = c.concat(&[cells, own], 0);
    let mut all = Vec::with_capacity(4);
    for corner in [left, top, right, bottom] {
        let corner = c.apply("Expand", &[corner, full]);
        all.push(c.unsqueeze(corner, &[3]));
    }
    let mut boxes = c.concat(&all, 3);
    if c.bool_or("clip", true)? {
        let (zero, one) = (c.scalar(data_type, 0.0)?, c.scalar(data_type, 1.0)?);
        boxes = c.apply("Clip", &[boxes, zero, one]);
    }
    c.set("out", boxes);
    let variances = c.floats_or("variances", &[0.1, 0.1, 0.2, 0.2])?;
    let variances = c.constant_tensor(data_type, &[variances.len() as i64], variances)?;
    let shape = c.shape_of(boxes);
    let variances = c.apply("Expand", &[variances, shape]);
    c.set("var", variances);
    Ok(())
}

/// Width and height of the boxes of a cell, in Paddle's order.
fn prior_extents(c: &Context<'_>) -> Result<Vec<[f64; 2]>> {
    let (least, greatest) = (c.floats_or("min_sizes", &[])?, c.floats_or("max_sizes", &[])?);
    if least.is_empty() || (!greatest.is_empty() && greatest.len() != least.len()) {
        return Err(
            c.error(format_args!("expected as many max_sizes as min_sizes, got {least:?}, {greatest:?}"))
        );
    }
    let mut ratios = vec![1.0];
    for ratio in c.floats_or("aspect_ratios", &[])? {
        if ratios.iter().any(|known: &f64| (known - ratio).abs() < 1e-6) {
            continue;
        }
        ratios.push(ratio);
        if c.bool_or("flip", true)? {
            ratios.push(1.0 / ratio);
        }
    }
    let is_square_first = c.bool_or("min_max_aspect_ratios_order", false)?;
    let mut extents = Vec::new();
    for (index, size) in least.iter().enumerate() {
        let between = greatest.get(index).map(|most| (size * most).sqrt()).map(|side| [side, side]);
        let of_ratios = ratios.iter().map(|ratio| [size * ratio.sqrt(), size / ratio.sqrt()]);
        // 1 is the first of the ratios.
        match is_square_first {
            true => extents.extend([[*size, *size]].into_iter().chain(between).chain(of_ratios.skip(1))),
            false => extents.extend(of_ratios.chain(between)),
        }
    }
    Ok(extents)
}

/// Boxes taken apart: each part has an axis less.
struct Parts {
    centres: [Tensor; 2],
    extents: [Tensor; 2],
}

/// `box_coder`: boxes as centre offsets and logarithms of sizes against prior boxes, each against each, or back.
pub fn box_coder(c: &mut Context<'_>) -> Result<()> {
    match c.text_or("code_type", "encode_center_size")? {
        "encode_center_size" => encode(c),
        "decode_center_size" => decode(c),
        other => Err(c.error(format_args!("no code {other:?}"))),
    }
}

/// Number `index` of the last axis.
fn part(c: &mut Context<'_>, boxes: Tensor, rank: usize, index: i64) -> Tensor {
    let axis = rank as i64 - 1;
    let part = c.slice(boxes, &[axis], &[index], &[index + 1]);
    c.squeeze(part, &[axis])
}

/// Middle and size of boxes given by corners; boxes of pixels (not `box_normalized`) are 1 longer.
fn parts_of(c: &mut Context<'_>, boxes: Tensor, data_type: DataType, is_mean: bool) -> Result<Parts> {
    let (two, one) = (c.scalar(data_type, 2.0)?, c.scalar(data_type, 1.0)?);
    let is_normalized = c.bool_or("box_normalized", true)?;
    let mut axes = Vec::with_capacity(2);
    for axis in 0..2 {
        let (low, high) = (part(c, boxes, 2, axis), part(c, boxes, 2, axis + 2));
        let mut extent = c.apply("Sub", &[high, low]);
        if !is_normalized {
            extent = c.apply("Add", &[extent, one]);
        }
        let centre = if is_mean {
            let sum = c.apply("Add", &[low, high]);
            c.apply("Div", &[sum, two])
        } else {
            let half = c.apply("Div", &[extent, two]);
            c.apply("Add", &[low, half])
        };
        axes.push((centre, extent));
    }
    let [(x, width), (y, height)] = axes[..] else { return Err(c.error("expected two axes")) };
    Ok(Parts { centres: [x, y], extents: [width, height] })
}

/// The factors of the four numbers of a code, by the priors or the same for all.
fn variances(c: &mut Context<'_>, data_type: DataType) -> Result<Option<[Tensor; 4]>> {
    if c.has_input("prior_box_var") {
        let all = c.operand("prior_box_var")?;
        let rank = c.rank("prior_box_var")?;
        return Ok(Some([0, 1, 2, 3].map(|index| part(c, all, rank, index))));
    }
    match c.floats_or("variance", &[])?[..] {
        [] => Ok(None),
        [x, y, width, height] => Ok(Some([
            c.scalar(data_type, x)?,
            c.scalar(data_type, y)?,
            c.scalar(data_type, width)?,
            c.scalar(data_type, height)?,
        ])),
        ref other => Err(c.error(format_args!("expected 4 variances, got {other:?}"))),
    }
}

fn encode(c: &mut Context<'_>) -> Result<()> {
    let data_type = c.input("target_box")?.data_type;
    let (priors, targets) = (c.operand("prior_box")?, c.operand("target_box")?);
    let priors = parts_of(c, priors, data_type, false)?;
    let targets = parts_of(c, targets, data_type, true)?;
    let mut codes = Vec::with_capacity(4);
    for axis in 0..2 {
        let centre = c.unsqueeze(targets.centres[axis], &[1]);
        let offset = c.apply("Sub", &[centre, priors.centres[axis]]);
        codes.push(c.apply("Div", &[offset, priors.extents[axis]]));
    }
    for axis in 0..2 {
        let extent = c.unsqueeze(targets.extents[axis], &[1]);
        let ratio = c.apply("Div", &[extent, priors.extents[axis]]);
        let ratio = c.apply("Abs", &[ratio]);
        codes.push(c.apply("Log", &[ratio]));
    }
    if let Some(variances) = variances(c, data_type)? {
        for (code, variance) in codes.iter_mut().zip(variances) {
            *code = c.apply("Div", &[*code, variance]);
        }
    }
    together(c, &codes)
}

fn decode(c: &mut Context<'_>) -> Result<()> {
    let data_type = c.input("target_box")?.data_type;
    let (priors, targets) = (c.operand("prior_box")?, c.operand("target_box")?);
    let mut priors = parts_of(c, priors, data_type, false)?;
    let mut variances = variances(c, data_type)?;
    // Priors go along the second axis of the codes, or with `axis` 1 along the first.
    if c.int_or("axis", 0)? == 1 {
        for tensor in priors.centres.iter_mut().chain(&mut priors.extents) {
            *tensor = c.unsqueeze(*tensor, &[1]);
        }
        if c.has_input("prior_box_var") && c.rank("prior_box_var")? == 2 {
            for tensor in variances.iter_mut().flatten() {
                *tensor = c.unsqueeze(*tensor, &[1]);
            }
        }
    }
    let mut codes = [0, 1, 2, 3].map(|index| part(c, targets, 3, index));
    for (code, variance) in codes.iter_mut().zip(variances.into_iter().flatten()) {
        *code = c.apply("Mul", &[*code, variance]);
    }
    let (two, one) = (c.scalar(data_type, 2.0)?, c.scalar(data_type, 1.0)?);
    let is_normalized = c.bool_or("box_normalized", true)?;
    let mut corners = Vec::with_capacity(4);
    for axis in 0..2 {
        let offset = c.apply("Mul", &[codes[axis], priors.extents[axis]]);
        let centre = c.apply("Add", &[offset, priors.centres[axis]]);
        let ratio = c.apply("Exp", &[codes[axis + 2]]);
        let extent = c.apply("Mul", &[ratio, priors.extents[axis]]);
        let half = c.apply("Div", &[extent, two]);
        let (low, mut high) = (c.apply("Sub", &[centre, half]), c.apply("Add", &[centre, half]));
        if !is_normalized {
            high = c.apply("Sub", &[high, one]);
        }
        corners.push((low, high));
    }
    let [(left, right), (top, bottom)] = corners[..] else { return Err(c.error("expected two axes")) };
    together(c, &[left, top, right, bottom])
}

/// Four tensors of rank 2 as the numbers of boxes.
fn together(c: &mut Context<'_>, parts: &[Tensor]) -> Result<()> {
    let parts: Vec<Tensor> = parts.iter().map(|part| c.unsqueeze(*part, &[2])).collect();
    let boxes = c.concat(&parts, 2);
    c.set_first(boxes);
    Ok(())
}
