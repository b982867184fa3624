"""multiclass_nms3, which Paddle has no public function for."""

import paddle
from paddle.base.layer_helper import LayerHelper

DEFAULTS = {
    "score_threshold": 0.2,
    "nms_top_k": 10,
    "keep_top_k": 8,
    "nms_threshold": 0.35,
    "normalized": True,
    "nms_eta": 1.0,
    "background_label": -1,
}


def multiclass_nms3(boxes, scores, **attributes):
    """The rows of label, score and box, their indices, and the number of rows of each image."""
    attributes = {**DEFAULTS, **attributes}
    if not paddle.__version__.startswith("2."):
        return list(paddle._C_ops.multiclass_nms3(boxes, scores, None, *attributes.values()))
    helper = LayerHelper("multiclass_nms3")
    types = {"Out": "float32", "Index": "int32", "NmsRoisNum": "int32"}
    made = {slot: helper.create_variable_for_type_inference(dtype) for slot, dtype in types.items()}
    helper.append_op(
        type="multiclass_nms3",
        inputs={"BBoxes": [boxes], "Scores": [scores]},
        outputs={slot: [value] for slot, value in made.items()},
        attrs=attributes,
    )
    return list(made.values())
