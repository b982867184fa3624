"""Products by index letters."""

import paddle

from case import Case, f32

EQUATIONS = [
    ("matmul", "ij,jk->ik", ["n 4", "4 5"]),
    ("batch", "bij,bjk->bik", ["n 3 4", "n 4 5"]),
    ("attention", "bhqd,bhkd->bhqk", ["n 2 l 4", "n 2 l 4"]),
    ("attention_back", "bhqk,bkhd->bqhd", ["n 2 3 3", "n 3 2 4"]),
    ("ellipsis", "...ij,...jk->...ik", ["n 2 3 4", "n 2 4 5"]),
    ("outer", "i,j->ij", ["n", "m"]),
    ("dot", "i,i->", ["5", "5"]),
    ("transposed", "ij->ji", ["n 4"]),
    ("permuted", "nchw->nhwc", ["n 3 h w"]),
    ("sum", "ij->i", ["n 4"]),
    ("sum_all", "ij->", ["n 4"]),
    ("implicit", "ij,jk", ["n 4", "4 5"]),
    ("times", "ij,ij->ij", ["n 4", "n 4"]),
    ("channels", "nctkv,kvw->nctw", ["n 3 4 2 5", "2 5 5"]),
    ("diagonal", "ii->i", ["4 4"]),
    ("three", "ij,jk,kl->il", ["n 4", "4 5", "5 2"]),
]

CASES = [
    Case(name, lambda *x, equation=equation: paddle.einsum(equation, *x), [f32(shape) for shape in shapes], tolerance="accumulate")
    for name, equation, shapes in EQUATIONS
]
