"""Non-maximum suppression. The boxes are made so that no two scores and no two overlaps are near each other or near a
threshold: the result does not depend on rounding."""

import numpy as np
from paddle.vision import ops

from case import Case, Tensor
from nms import multiclass_nms3

CASES = []


def boxes(shape: str) -> Tensor:
    """Boxes of sides 2 to 3 whose corners lie in a square of 8, so that many overlap."""

    def make(random, dims):
        corner = np.round(random.uniform(0, 6, dims[:-1] + [2]), 1)
        return np.concatenate([corner, corner + np.round(random.uniform(2, 3, dims[:-1] + [2]), 1)], -1)

    return Tensor(shape, "float32", make)


def scores(shape: str) -> Tensor:
    """Scores that are at least 0.002 apart."""

    def make(random, dims):
        count = int(np.prod(dims))
        return (random.permutation(count).reshape(dims) + 0.5) / count

    return Tensor(shape, "float32", make)


def nms3(name, b="n 12 4", s="n 3 12", sizes=None, **attributes):
    build = lambda b, s: multiclass_nms3(b, s, **attributes)
    CASES.append(Case(f"multiclass_nms3_{name}", build, [boxes(b), scores(s)], sizes=sizes or {"n": (1, 2)}))


nms3("plain")
nms3("one_image", "1 12 4", "1 3 12")
nms3("free_boxes", "n m 4", "n 3 m", sizes={"n": (1, 2), "m": (9, 14)})
nms3("keep_all", keep_top_k=-1)
nms3("keep_few", keep_top_k=3)
nms3("top_few", nms_top_k=4)
nms3("top_all", nms_top_k=-1, keep_top_k=-1)
nms3("threshold_high", score_threshold=0.6)
nms3("overlap_low", nms_threshold=0.05)
nms3("background_0", background_label=0)
nms3("background_1", background_label=1)
nms3("not_normalized", normalized=False)
nms3("one_class", s="n 1 12")
nms3("nothing_left", score_threshold=2.0)
nms3("eta", nms_eta=0.9, nms_threshold=0.7)

CASES += [
    Case("matrix_nms", lambda b, s: ops.matrix_nms(b, s, 0.2, 0.05, 10, 8, background_label=-1), [boxes("1 12 4"), scores("1 3 12")]),
    Case("matrix_nms_gaussian", lambda b, s: ops.matrix_nms(b, s, 0.2, 0.05, 10, 8, use_gaussian=True, gaussian_sigma=2.0, background_label=-1), [boxes("1 12 4"), scores("1 3 12")]),
    Case("nms_of_boxes", lambda b: ops.nms(b, 0.3), [boxes("n 4")], sizes={"n": (8, 12)}, tolerance="exact"),
]
