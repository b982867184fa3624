//! Suppression of overlapping boxes by falling scores.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::Int;
use crate::paddle::emit::Tensor;

use super::common::range;
use super::nms::boxes_and_scores;

/// The best boxes of each class: [images, classes, best].
struct Best {
    scores: Tensor,
    /// Which of all boxes they are.
    places: Tensor,
    /// How many there are per class, a list of one size.
    count: Tensor,
}

/// `matrix_nms`: each score is lowered by the greatest overlap with a better box of its class, all pairs at once. There is
/// no such operator in ONNX. Only as many boxes per class are compared as exceed the threshold.
pub fn matrix_nms(c: &mut Context<'_>) -> Result<()> {
    let (boxes, scores, classes) = boxes_and_scores(c)?;
    let best = best(c, scores)?;
    let (one, four) = (c.int_list(&[1]), c.int_list(&[4]));
    let shape = c.shape_of(best.scores);
    let pairs = c.unsqueeze(best.places, &[3]);
    let (images, all) = (c.slice(shape, &[0], &[0], &[1]), c.int_list(&[-1]));
    let flat = c.concat(&[images, all, one], 0);
    let pairs = c.apply("Reshape", &[pairs, flat]);
    let own = c.node("GatherND", &[boxes, pairs], &[("batch_dims", Int(1))]);
    let with_four = c.concat(&[shape, four], 0);
    let cornered = c.apply("Reshape", &[own, with_four]);
    let overlaps = overlaps(c, cornered)?;
    let lowered = lowered(c, &best, overlaps)?;
    rows(c, &best, own, lowered, classes)
}

/// The boxes above the threshold, at most `nms_top_k`, and at least one so that there is something to compute with.
fn best(c: &mut Context<'_>, scores: Tensor) -> Result<Best> {
    let threshold = c.scalar(DataType::Float32, c.float_or("score_threshold", 0.0)?)?;
    let is_above = c.apply("Greater", &[scores, threshold]);
    let is_above = c.cast(is_above, DataType::Bool, DataType::Int64);
    let counts = c.reduce("ReduceSum", is_above, &[2], false);
    let most = c.reduce("ReduceMax", counts, &[], false);
    let mut count = c.reshape(most, &[1]);
    let top = c.int_or("nms_top_k", -1)?;
    if top >= 0 {
        let top = c.int_list(&[top]);
        count = c.apply("Min", &[count, top]);
    }
    let one = c.int_list(&[1]);
    let count = c.apply("Max", &[count, one]);
    let found = c.nodes("TopK", &[scores, count], &[("axis", Int(2))], 2);
    Ok(Best { scores: found[0], places: found[1], count })
}

/// Shares of intersections in unions, [images, classes, best, best]. Boxes of pixels (not `normalized`) are 1 longer than
/// their corners are apart.
fn overlaps(c: &mut Context<'_>, boxes: Tensor) -> Result<Tensor> {
    let zero = c.scalar(DataType::Float32, 0.0)?;
    let more = if c.bool_or("normalized", true)? { 0.0 } else { 1.0 };
    let more = c.scalar(DataType::Float32, more)?;
    let mut areas = Vec::with_capacity(2);
    let mut parts = Vec::with_capacity(2);
    let mut meets = Vec::with_capacity(2);
    for axis in 0..2 {
        let low = c.slice(boxes, &[3], &[axis], &[axis + 1]);
        let high = c.slice(boxes, &[3], &[axis + 2], &[axis + 3]);
        let length = c.apply("Sub", &[high, low]);
        let is_box = c.apply("GreaterOrEqual", &[length, zero]);
        let length = c.apply("Add", &[length, more]);
        areas.push(c.apply("Where", &[is_box, length, zero]));
        let (other_low, other_high) = (c.transpose(low, &[0, 1, 3, 2]), c.transpose(high, &[0, 1, 3, 2]));
        let (from, to) = (c.apply("Max", &[low, other_low]), c.apply("Min", &[high, other_high]));
        let part = c.apply("Sub", &[to, from]);
        meets.push(c.apply("GreaterOrEqual", &[part, zero]));
        parts.push(c.apply("Add", &[part, more]));
    }
    let area = c.apply("Mul", &areas);
    let other_area = c.transpose(area, &[0, 1, 3, 2]);
    let both = c.apply("Mul", &parts);
    let meet = c.apply("And", &meets);
    let both = c.apply("Where", &[meet, both, zero]);
    let union = c.apply("Add", &[area, other_area]);
    let union = c.apply("Sub", &[union, both]);
    let share = c.apply("Div", &[both, union]);
    Ok(c.apply("Where", &[meet, share, zero]))
}

/// Scores of the best boxes times the least factor that a better one gives: by overlap o with it, and its own greatest overlap
/// p with a better one, (1 - o) / (1 - p), or with `use_gaussian` exp((p p - o o) sigma). What falls to the thresholds
/// becomes as low as can be.
fn lowered(c: &mut Context<'_>, best: &Best, overlaps: Tensor) -> Result<Tensor> {
    let (zero, one) = (c.scalar(DataType::Float32, 0.0)?, c.scalar(DataType::Float32, 1.0)?);
    let places = c.reshape(best.count, &[]);
    let places = range(c, places)?;
    let rows = c.unsqueeze(places, &[1]);
    let is_better = c.apply("Less", &[places, rows]);
    let overlaps = c.apply("Where", &[is_better, overlaps, zero]);
    let greatest = c.reduce("ReduceMax", overlaps, &[3], true);
    let greatest = c.transpose(greatest, &[0, 1, 3, 2]);
    let factors = if c.bool_or("use_gaussian", false)? {
        let sigma = c.scalar(DataType::Float32, c.float_or("gaussian_sigma", 2.0)?)?;
        let (own, other) = (c.apply("Mul", &[greatest, greatest]), c.apply("Mul", &[overlaps, overlaps]));
        let less = c.apply("Sub", &[own, other]);
        let less = c.apply("Mul", &[less, sigma]);
        c.apply("Exp", &[less])
    } else {
        let (own, other) = (c.apply("Sub", &[one, greatest]), c.apply("Sub", &[one, overlaps]));
        let factors = c.apply("Div", &[other, own]);
        // A box that lies on a better one lowers nothing.
        let is_positive = c.apply("Greater", &[own, zero]);
        c.apply("Where", &[is_positive, factors, one])
    };
    let factors = c.apply("Where", &[is_better, factors, one]);
    let factor = c.reduce("ReduceMin", factors, &[3], false);
    let factor = c.apply("Min", &[factor, one]);
    let lowered = c.apply("Mul", &[best.scores, factor]);
    let threshold = c.scalar(DataType::Float32, c.float_or("score_threshold", 0.0)?)?;
    let least = c.scalar(DataType::Float32, c.float_or("post_threshold", 0.0)?)?;
    let is_above = c.apply("Greater", &[best.scores, threshold]);
    let is_left = c.apply("Greater", &[lowered, least]);
    let is_kept = c.apply("And", &[is_above, is_left]);
    let lowest = c.scalar(DataType::Float32, f64::from(f32::MIN))?;
    Ok(c.apply("Where", &[is_kept, lowered, lowest]))
}

/// The results: the best `keep_top_k` rows of each image, by falling score.
fn rows(
    c: &mut Context<'_>,
    best: &Best,
    boxes: Tensor,
    scores: Tensor,
    classes: Option<Vec<i64>>,
) -> Result<()> {
    let flat = c.reshape(scores, &[0, -1]);
    let shape = c.shape_of(flat);
    let mut count = c.slice(shape, &[0], &[1], &[2]);
    let most = c.int_or("keep_top_k", -1)?;
    if most >= 0 {
        let most = c.int_list(&[most]);
        count = c.apply("Min", &[count, most]);
    }
    let found = c.nodes("TopK", &[flat, count], &[("axis", Int(1))], 2);
    let (scores, chosen) = (found[0], found[1]);
    let lowest = c.scalar(DataType::Float32, f64::from(f32::MIN))?;
    let is_row = c.apply("Greater", &[scores, lowest]);
    let per_image = c.cast(is_row, DataType::Bool, DataType::Int64);
    let per_image = c.reduce("ReduceSum", per_image, &[1], false);
    let is_row = c.reshape(is_row, &[-1]);
    let mut class = c.apply("Div", &[chosen, best.count]);
    if let Some(classes) = classes {
        let classes = c.int_list(&classes);
        class = c.gather(classes, class, 0);
    }
    let class = c.cast(class, DataType::Int64, DataType::Float32);
    let pairs = c.unsqueeze(chosen, &[2]);
    let corners = c.node("GatherND", &[boxes, pairs], &[("batch_dims", Int(1))]);
    let (class, score) = (c.unsqueeze(class, &[2]), c.unsqueeze(scores, &[2]));
    let all = c.concat(&[class, score, corners], 2);
    let all = c.reshape(all, &[-1, 6]);
    let all = c.node("Compress", &[all, is_row], &[("axis", Int(0))]);
    c.set_from_float32("out", all)?;
    // Boxes are counted through all images.
    let places = c.reshape(best.places, &[0, -1]);
    let places = c.node("GatherElements", &[places, chosen], &[("axis", Int(1))]);
    let images = c.slice(shape, &[0], &[0], &[1]);
    let images = c.reshape(images, &[]);
    let images = range(c, images)?;
    let given = c.operand("bboxes")?;
    let per = c.sizes_of(given, c.shape("bboxes")?, 1, 2);
    let first = c.apply("Mul", &[images, per]);
    let first = c.unsqueeze(first, &[1]);
    let places = c.apply("Add", &[places, first]);
    let places = c.reshape(places, &[-1, 1]);
    let places = c.node("Compress", &[places, is_row], &[("axis", Int(0))]);
    let places = c.cast(places, DataType::Int64, c.output("index")?.data_type);
    c.set("index", places);
    if c.has_output("roisnum") {
        let per_image = c.cast(per_image, DataType::Int64, c.output("roisnum")?.data_type);
        c.set("roisnum", per_image);
    }
    Ok(())
}
