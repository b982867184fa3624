"""Sampling and pooling at places that are inputs."""

import paddle
import paddle.nn.functional as F
from paddle.vision import ops

from case import Case, f32, given, i32, i64
from raw import raw

CASES = []


def add(name, call, inputs, **more):
    CASES.append(Case(name, call, inputs, tolerance="accumulate", **more))


for mode in ("bilinear", "nearest"):
    for padding in ("zeros", "border", "reflection"):
        for aligned in (True, False):
            name = f"grid_sample_{mode}_{padding}_{'aligned' if aligned else 'unaligned'}"
            add(name, lambda x, g, mode=mode, padding=padding, aligned=aligned: F.grid_sample(x, g, mode, padding, aligned), [f32("n 2 5 6"), f32("n 3 4 2", -1.4, 1.4)])
add("grid_sample_free", lambda x, g: F.grid_sample(x, g), [f32("n 2 h w"), f32("n l m 2", -1.2, 1.2)])
add("grid_sample_3d", lambda x, g: F.grid_sample(x, g), [f32("n 2 3 4 5"), f32("n 2 3 2 3", -1.2, 1.2)])
for aligned in (True, False):
    add(f"affine_grid_{'aligned' if aligned else 'unaligned'}", lambda t, aligned=aligned: F.affine_grid(t, [2, 3, 4, 5], aligned), [f32("2 2 3")])

# Two images with two and one regions.
REGIONS = given([[0.5, 0.5, 5.2, 6.1], [2.0, 1.0, 7.5, 4.4], [1.2, 0.3, 3.9, 7.7]], "float32")
COUNTS = given([2, 1], "int32")
for name, attributes in (
    ("size_2", {"output_size": 2}),
    ("sizes", {"output_size": (3, 2)}),
    ("scale", {"output_size": 2, "spatial_scale": 0.5}),
    ("sampling_2", {"output_size": 2, "sampling_ratio": 2}),
    ("unaligned", {"output_size": 2, "aligned": False}),
    ("all", {"output_size": (2, 3), "spatial_scale": 0.5, "sampling_ratio": 3, "aligned": False}),
):
    add(f"roi_align_{name}", lambda x, r, c, attributes=attributes: ops.roi_align(x, r, c, **attributes), [f32("2 3 8 8"), REGIONS, COUNTS])
add("roi_align_free", lambda x, r, c: ops.roi_align(x, r, c, 2), [f32("2 3 h w"), REGIONS, COUNTS])
add("roi_align_one_image", lambda x, r, c: ops.roi_align(x, r, c, 2, sampling_ratio=2), [f32("1 3 8 8"), f32("n 4", 0, 6), i32("1", 3, 4)], sizes={"n": (3, 3)})

for name, attributes, w in (
    ("1", {}, "4 3 3 3"),
    ("padding", {"padding": 1}, "4 3 3 3"),
    ("stride", {"stride": 2, "padding": 1}, "4 3 3 3"),
    ("dilation", {"dilation": 2, "padding": 2}, "4 3 3 3"),
):
    height = {"stride": 4, "padding": 7, "dilation": 7}.get(name, 5)
    add(
        f"deform_conv2d_{name}",
        lambda x, o, m, w, attributes=attributes: ops.deform_conv2d(x, o, w, mask=m, **attributes),
        [f32("n 3 7 7"), f32(f"n 18 {height} {height}", -1, 1), f32(f"n 9 {height} {height}", 0, 1)],
        weights={"w": f32(w)},
    )
add("deform_conv2d_no_mask", lambda x, o, w: ops.deform_conv2d(x, o, w, padding=1), [f32("n 3 7 7"), f32("n 18 7 7", -1, 1)], weights={"w": f32("4 3 3 3")})
add("deform_conv2d_bias", lambda x, o, w, b: ops.deform_conv2d(x, o, w, b, padding=1), [f32("n 3 7 7"), f32("n 18 7 7", -1, 1)], weights={"w": f32("4 3 3 3"), "b": f32("4")})
add("deform_conv2d_groups", lambda x, o, w: ops.deform_conv2d(x, o, w, padding=1, groups=2), [f32("n 4 5 5"), f32("n 18 5 5", -1, 1)], weights={"w": f32("4 2 3 3")})
add("deform_conv2d_deformable_groups", lambda x, o, w: ops.deform_conv2d(x, o, w, padding=1, deformable_groups=2), [f32("n 4 5 5"), f32("n 36 5 5", -1, 1)], weights={"w": f32("4 4 3 3")})

IMAGE = given([[320, 416], [300, 200], [64, 96]], "int32")
for name, attributes in (
    ("plain", {}),
    ("no_clip", {"clip_bbox": False}),
    ("scale", {"scale_x_y": 1.2}),
    ("threshold", {"conf_thresh": 0.5}),
):
    attributes = {"anchors": [10, 13, 16, 30], "class_num": 3, "conf_thresh": 0.01, "downsample_ratio": 32, "clip_bbox": True, "scale_x_y": 1.0, **attributes}
    add(f"yolo_box_{name}", lambda x, s, attributes=attributes: ops.yolo_box(x, s, **attributes), [f32("3 16 3 4"), IMAGE])
add("yolo_box_free", lambda x, s: ops.yolo_box(x, s, [10, 13, 16, 30], 3, 0.01, 16), [f32("3 16 h w"), IMAGE])
IOU = {"anchors": [10, 13], "class_num": 3, "conf_thresh": 0.01, "downsample_ratio": 32, "iou_aware": True, "iou_aware_factor": 0.4}
add("yolo_box_iou_aware", lambda x, s: ops.yolo_box(x, s, **IOU), [f32("3 9 3 4"), IMAGE])
add("prior_box", lambda x, i: ops.prior_box(x, i, [2.0, 4.0], [5.0, 8.0], [1.0, 2.0], flip=True, clip=True), [f32("1 2 3 4"), f32("1 3 24 32")])
add("box_coder_decode", lambda p, t: ops.box_coder(p, [0.1, 0.1, 0.2, 0.2], t, "decode_center_size", False), [given([[1, 1, 5, 6], [2, 0, 4, 8]], "float32"), f32("3 2 4")])
