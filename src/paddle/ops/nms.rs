//! Suppression of overlapping boxes.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::Int;
use crate::paddle::emit::Tensor;

use super::common::{places_of, range};
use super::sample::image_of_rows;

/// Boxes and scores as ONNX's `NonMaxSuppression` takes them.
struct Candidates {
    /// [batch, boxes, 4].
    boxes: Tensor,
    /// [batch, classes, boxes].
    scores: Tensor,
    /// How many images there are, a list of one size.
    images: Tensor,
}

/// `multiclass_nms3`: `NonMaxSuppression`, whose rows are ordered as Paddle's: image, class, falling score, and of equal scores the
/// first box first. Before it the best `nms_top_k` boxes of each class are chosen, after it the best `keep_top_k` of each
/// image. Boxes of pixels (not `normalized`) are 1 longer than their corners are apart. A box without area is never
/// suppressed; in Paddle an equal one suppresses it.
///
/// With `rois_num` each class has boxes of its own, [boxes, classes, 4]: classes then take the place of images, one batch
/// for each class of each image, and rows are ordered by image, class and box.
pub fn multiclass_nms(c: &mut Context<'_>) -> Result<()> {
    let shape = c.shape("bboxes")?;
    if shape.last() != Some(&4) || shape.len() != 3 {
        return Err(c.error(format_args!("expected boxes of 4 numbers, got {shape:?}")));
    }
    if c.float_or("nms_eta", 1.0)? != 1.0 {
        return Err(c.error("expected nms_eta 1: ONNX has no threshold that falls"));
    }
    let threshold = c.float_or("nms_threshold", 0.3)?;
    if threshold < 0.0 {
        return Err(c.error(format_args!("expected an nms_threshold of at least 0, got {threshold}")));
    }
    let is_by_class = c.has_input("rois_num");
    let given = if is_by_class { by_class(c)? } else { by_image(c)? };
    let scores = best_of_each_class(c, given.scores)?;
    let boxes = if c.bool_or("normalized", true)? { given.boxes } else { with_last_pixel(c, given.boxes)? };
    let most = c.constant_tensor(DataType::Int64, &[1], vec![f64::from(i32::MAX)])?;
    let threshold = c.constant_tensor(DataType::Float32, &[1], vec![threshold.min(1.0)])?;
    let least = c.constant_tensor(DataType::Float32, &[1], vec![c.float_or("score_threshold", 0.0)?])?;
    let mut chosen = c.apply("NonMaxSuppression", &[boxes, scores, most, threshold, least]);
    if is_by_class {
        chosen = by_place(c, chosen, boxes);
    }
    let places = if is_by_class { by_image_of_class(c, chosen)? } else { chosen };
    let values = c.apply("GatherND", &[scores, chosen]);
    let kept = best_of_each_image(c, places, values, given.images)?;
    let (places, chosen, values) = match kept {
        Some(kept) => (c.gather(places, kept, 0), c.gather(chosen, kept, 0), c.gather(values, kept, 0)),
        None => (places, chosen, values),
    };
    rows(c, &given, places, chosen, values, is_by_class)
}

/// The classes that are not the background, whose boxes are left out.
fn foreground(c: &Context<'_>, count: i64) -> Result<Option<Vec<i64>>> {
    let background = c.int_or("background_label", 0)?;
    if background < 0 {
        return Ok(None);
    }
    if count < 0 {
        return Err(c.error("with a background label, expected a known number of classes"));
    }
    Ok((background < count).then(|| (0..count).filter(|class| *class != background).collect()))
}

/// Boxes, scores without those of the background, and the classes that these are of, where one is left out.
pub(super) fn boxes_and_scores(c: &mut Context<'_>) -> Result<(Tensor, Tensor, Option<Vec<i64>>)> {
    let classes = c.shape("scores")?.get(1).copied().unwrap_or(-1);
    let (boxes, mut scores) = (c.operand_in_float32("bboxes")?, c.operand_in_float32("scores")?);
    let kept = foreground(c, classes)?;
    if let Some(classes) = &kept {
        let classes = c.int_list(classes);
        scores = c.gather(scores, classes, 1);
    }
    Ok((boxes, scores, kept))
}

fn by_image(c: &mut Context<'_>) -> Result<Candidates> {
    let (boxes, scores, _) = boxes_and_scores(c)?;
    let images = c.sizes_of(scores, c.shape("scores")?, 0, 1);
    Ok(Candidates { boxes, scores, images })
}

fn by_class(c: &mut Context<'_>) -> Result<Candidates> {
    let classes = c.shape("scores")?.get(1).copied().unwrap_or(-1);
    let (mut boxes, mut scores) = (c.operand_in_float32("bboxes")?, c.operand_in_float32("scores")?);
    if let Some(classes) = foreground(c, classes)? {
        let classes = c.int_list(&classes);
        (boxes, scores) = (c.gather(boxes, classes, 1), c.gather(scores, classes, 1));
    }
    let counts = c.operand("rois_num")?;
    let counts = c.cast(counts, c.input("rois_num")?.data_type, DataType::Int64);
    let images = c.shape_of(counts);
    let owners = image_of_rows(c, counts, scores)?;
    // Scores of other images' boxes are as low as can be: [images, classes, boxes], then [images * classes, 1, boxes].
    let each = each_of(c, images)?;
    let each = c.unsqueeze(each, &[1, 2]);
    let is_own = c.apply("Equal", &[owners, each]);
    let scores = c.transpose(scores, &[1, 0]);
    let lowest = c.scalar(DataType::Float32, f64::from(f32::MIN))?;
    let scores = c.apply("Where", &[is_own, scores, lowest]);
    let shape = c.shape_of(scores);
    let inner = c.slice(shape, &[0], &[1], &[3]);
    let scores = {
        let (all, one) = (c.int_list(&[-1]), c.int_list(&[1]));
        let last = c.slice(shape, &[0], &[2], &[3]);
        let flat = c.concat(&[all, one, last], 0);
        c.apply("Reshape", &[scores, flat])
    };
    let boxes = c.transpose(boxes, &[1, 0, 2]);
    let four = c.int_list(&[4]);
    let full = c.concat(&[images, inner, four], 0);
    let boxes = c.apply("Expand", &[boxes, full]);
    let all = c.int_list(&[-1]);
    let last = c.slice(inner, &[0], &[1], &[2]);
    let flat = c.concat(&[all, last, four], 0);
    let boxes = c.apply("Reshape", &[boxes, flat]);
    Ok(Candidates { boxes, scores, images })
}

/// 0, 1 and so on, as many as the list of one size says.
fn each_of(c: &mut Context<'_>, count: Tensor) -> Result<Tensor> {
    let count = c.reshape(count, &[]);
    range(c, count)
}

/// Scores of all but the best `nms_top_k` boxes of each class become as low as can be.
fn best_of_each_class(c: &mut Context<'_>, scores: Tensor) -> Result<Tensor> {
    let most = c.int_or("nms_top_k", -1)?;
    let boxes = c.shape("bboxes")?[if c.has_input("rois_num") { 0 } else { 1 }];
    if most < 0 || (0..=most).contains(&boxes) {
        return Ok(scores);
    }
    let shape = c.shape_of(scores);
    let (count, most) = (c.slice(shape, &[0], &[2], &[3]), c.int_list(&[most]));
    let most = c.apply("Min", &[count, most]);
    let best = c.nodes("TopK", &[scores, most], &[("axis", Int(2))], 2);
    let lowest = c.scalar(DataType::Float32, f64::from(f32::MIN))?;
    let lowest = c.apply("Expand", &[lowest, shape]);
    Ok(c.node("ScatterElements", &[lowest, best[1], best[0]], &[("axis", Int(2))]))
}

fn with_last_pixel(c: &mut Context<'_>, boxes: Tensor) -> Result<Tensor> {
    let more = c.constant_tensor(DataType::Float32, &[4], vec![0.0, 0.0, 1.0, 1.0])?;
    Ok(c.apply("Add", &[boxes, more]))
}

/// Rows of batch, class and box in the order of batches and boxes, which is Paddle's where each class has boxes of its own.
fn by_place(c: &mut Context<'_>, chosen: Tensor, boxes: Tensor) -> Tensor {
    let shape = c.shape_of(boxes);
    let per_batch = c.slice(shape, &[0], &[1], &[2]);
    let (batch, number) = (c.slice(chosen, &[1], &[0], &[1]), c.slice(chosen, &[1], &[2], &[3]));
    let first = c.apply("Mul", &[batch, per_batch]);
    let place = c.apply("Add", &[first, number]);
    let place = c.reshape(place, &[-1]);
    let count = c.shape_of(place);
    let order = c.nodes("TopK", &[place, count], &[("axis", Int(0)), ("largest", Int(0))], 2)[1];
    c.gather(chosen, order, 0)
}

/// Rows of batch, class and box as image, class and box.
fn by_image_of_class(c: &mut Context<'_>, chosen: Tensor) -> Result<Tensor> {
    let all = c.shape("scores")?.get(1).copied().unwrap_or(-1);
    let classes = match foreground(c, all)? {
        Some(classes) => classes.len() as i64,
        None => all,
    };
    if classes < 1 {
        return Err(c.error("with rois_num, expected a known number of classes"));
    }
    let classes = c.scalar(DataType::Int64, classes as f64)?;
    let batch = c.slice(chosen, &[1], &[0], &[1]);
    let boxes = c.slice(chosen, &[1], &[2], &[3]);
    let (image, class) = (c.apply("Div", &[batch, classes]), c.apply("Mod", &[batch, classes]));
    Ok(c.concat(&[image, class, boxes], 1))
}

/// Which rows are left if every image keeps its best `keep_top_k`, in their order; `None` if all are.
fn best_of_each_image(
    c: &mut Context<'_>,
    places: Tensor,
    values: Tensor,
    images: Tensor,
) -> Result<Option<Tensor>> {
    let most = c.int_or("keep_top_k", -1)?;
    if most < 0 {
        return Ok(None);
    }
    let zero = c.scalar(DataType::Int64, 0.0)?;
    let count = c.shape_of(values);
    let sorted = c.nodes("TopK", &[values, count], &[("axis", Int(0))], 2)[1];
    let owners = c.slice(places, &[1], &[0], &[1]);
    let owners = c.gather(owners, sorted, 0);
    // The place of each row among those of its image: how many of them are up to here.
    let each = each_of(c, images)?;
    let is_own = c.apply("Equal", &[owners, each]);
    let is_own = c.cast(is_own, DataType::Bool, DataType::Int64);
    let ranks = c.apply("CumSum", &[is_own, zero]);
    let rank = c.node("GatherElements", &[ranks, owners], &[("axis", Int(1))]);
    let rank = c.reshape(rank, &[-1]);
    let most = c.scalar(DataType::Int64, most as f64)?;
    let is_kept = c.apply("LessOrEqual", &[rank, most]);
    let kept = c.node("Compress", &[sorted, is_kept], &[("axis", Int(0))]);
    let count = c.shape_of(kept);
    let kept = c.nodes("TopK", &[kept, count], &[("axis", Int(0)), ("largest", Int(0))], 2)[0];
    Ok(Some(kept))
}

/// The results: rows of label, score and box; each row's box among all; rows per image.
fn rows(
    c: &mut Context<'_>,
    given: &Candidates,
    places: Tensor,
    chosen: Tensor,
    values: Tensor,
    is_by_class: bool,
) -> Result<()> {
    let class = c.slice(places, &[1], &[1], &[2]);
    let all = c.shape("scores")?.get(1).copied().unwrap_or(-1);
    let label = match foreground(c, all)? {
        Some(classes) => {
            let classes = c.int_list(&classes);
            c.gather(classes, class, 0)
        }
        None => class,
    };
    let number = c.slice(chosen, &[1], &[2], &[3]);
    let batch = c.slice(chosen, &[1], &[0], &[1]);
    let place = c.concat(&[batch, number], 1);
    let corners = c.apply("GatherND", &[given.boxes, place]);
    let score = c.unsqueeze(values, &[1]);
    let label_float = c.cast(label, DataType::Int64, DataType::Float32);
    let rows = c.concat(&[label_float, score, corners], 1);
    c.set_from_float32("out", rows)?;
    let image = c.slice(places, &[1], &[0], &[1]);
    let index = if is_by_class {
        let classes = c.scalar(DataType::Int64, all as f64)?;
        let first = c.apply("Mul", &[number, classes]);
        c.apply("Add", &[first, label])
    } else {
        let count = c.sizes_of(given.boxes, c.shape("bboxes")?, 1, 2);
        let first = c.apply("Mul", &[image, count]);
        c.apply("Add", &[first, number])
    };
    let index = c.cast(index, DataType::Int64, c.output("index")?.data_type);
    c.set("index", index);
    if c.has_output("nms_rois_num") {
        let each = each_of(c, given.images)?;
        let is_own = c.apply("Equal", &[image, each]);
        let is_own = c.cast(is_own, DataType::Bool, DataType::Int64);
        let counts = c.reduce("ReduceSum", is_own, &[0], false);
        let counts = c.cast(counts, DataType::Int64, c.output("nms_rois_num")?.data_type);
        c.set("nms_rois_num", counts);
    }
    Ok(())
}

/// `nms`: `NonMaxSuppression` of boxes that stand in the order of their scores, so that minus its place will do as a box's score.
pub fn nms(c: &mut Context<'_>) -> Result<()> {
    let threshold = c.float_or("threshold", 1.0)?;
    if !(0.0..=1.0).contains(&threshold) {
        return Err(c.error(format_args!("expected a threshold from 0 to 1, got {threshold}")));
    }
    let boxes = c.operand_in_float32("x")?;
    let places = places_of(c, boxes, c.shape("x")?, 0)?;
    let scores = c.apply("Neg", &[places]);
    let scores = c.cast(scores, DataType::Int64, DataType::Float32);
    let (boxes, scores) = (c.unsqueeze(boxes, &[0]), c.unsqueeze(scores, &[0, 1]));
    let most = c.constant_tensor(DataType::Int64, &[1], vec![f64::from(i32::MAX)])?;
    let threshold = c.constant_tensor(DataType::Float32, &[1], vec![threshold])?;
    let chosen = c.apply("NonMaxSuppression", &[boxes, scores, most, threshold]);
    let kept = c.slice(chosen, &[1], &[2], &[3]);
    let kept = c.squeeze(kept, &[1]);
    let kept = c.cast(kept, DataType::Int64, c.output("out")?.data_type);
    c.set("out", kept);
    Ok(())
}
