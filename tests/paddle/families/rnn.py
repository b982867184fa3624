"""Recurrent layers."""

import paddle
import paddle.nn as nn

from case import Case, f32, given, i32

CASES = []
CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn_tanh": nn.SimpleRNN, "rnn_relu": lambda *a, **k: nn.SimpleRNN(*a, activation="relu", **k)}


def flat(outputs):
    """The sequence and the last states in one list."""
    sequence, states = outputs
    return [sequence, *(states if isinstance(states, (list, tuple)) else [states])]


def add(name, call, inputs, **more):
    CASES.append(Case(name, call, inputs, tolerance="accumulate", **more))


FORMS = [
    ("plain", {}, "n l 3"),
    ("static", {}, "2 5 3"),
    ("both_directions", {"direction": "bidirect"}, "n l 3"),
    ("two_layers", {"num_layers": 2}, "n l 3"),
    ("two_layers_both_directions", {"num_layers": 2, "direction": "bidirect"}, "n l 3"),
    ("time_major", {"time_major": True}, "l n 3"),
    ("dropout", {"num_layers": 2, "dropout": 0.4}, "n l 3"),
]


def network(make, attributes, out=None):
    def build(*inputs):
        layer = make(3, 4, **attributes)
        layer.eval()
        return flat(layer(*inputs))

    return build


for cell, make in CELLS.items():
    for name, attributes, x in FORMS:
        add(f"{cell}_{name}", network(make, attributes), [f32(x)])
for cell, make in CELLS.items():

    def with_state(x, *states, make=make, cell=cell):
        layer = make(3, 4)
        layer.eval()
        return flat(layer(x, tuple(states) if cell == "lstm" else states[0]))

    add(f"{cell}_initial_state", with_state, [f32("n l 3")] + [f32("1 n 4")] * (2 if cell == "lstm" else 1))

    def with_lengths(x, lengths, make=make):
        layer = make(3, 4)
        layer.eval()
        return flat(layer(x, sequence_length=lengths))

    add(f"{cell}_lengths", with_lengths, [f32("3 6 3"), given([6, 2, 4], "int32")])

    def last_only(x, make=make):
        layer = make(3, 4)
        layer.eval()
        return layer(x)[0][:, -1]

    add(f"{cell}_last_step", last_only, [f32("n l 3")])


def cell_step(make):
    def build(x):
        outputs, states = make(3, 4)(x)
        return outputs

    return build


for name, make in (("lstm", nn.LSTMCell), ("gru", nn.GRUCell), ("simple", nn.SimpleRNNCell)):
    add(f"{name}_cell", cell_step(make), [f32("n 3")])
