"""Writes one model in the formats that the contenders read, and the inputs that all of them run.

    python make_models.py STEP NAME OUTDIR

NAME is mobilenet_v1, mobilenet_v3_small, resnet50 or encoder. The steps, in this order, write to OUTDIR/NAME:
json (Paddle 3) weights.npz and json/model.json; pdmodel (Paddle 2) pdmodel/model.pdmodel with the same weights; onnx
model.onnx; inputs inputs.bin for the load and, for classifiers, many.bin to count agreeing classes on.

The weights are random (fixed seeds); batch normalisation is calibrated on the kind of images that are run, so that
activations stay in the range of a trained model and outputs depend on inputs.
"""

import struct
import sys
from pathlib import Path

import numpy as np

SEED = 20
LOAD_IMAGES = 4
AGREEMENT_IMAGES = 256
CALIBRATION_IMAGES = 16
# Sequence lengths of the encoder's inputs, in the order they are run.
LENGTHS = (32, 96, 17, 128, 64, 41)
VOCABULARY = 8000
ONNX_TYPES = {"float32": 1, "int64": 7}


def images(rng, count):
    """Smooth random images of float32[3,224,224]: 7x7 colours, enlarged, with some noise."""
    coarse = rng.standard_normal((count, 3, 7, 7)).astype(np.float32)
    noise = rng.standard_normal((count, 3, 224, 224)).astype(np.float32)
    return np.kron(coarse, np.ones((1, 1, 32, 32), np.float32)) + noise / 4


def calibrate(network):
    """Sets each batch normalisation's statistics to those of one batch of images."""
    import paddle

    for layer in network.sublayers():
        if isinstance(layer, paddle.nn.BatchNorm2D):
            layer._momentum = 0.0
    network.train()
    with paddle.no_grad():
        network(paddle.to_tensor(images(np.random.default_rng(SEED + 1), CALIBRATION_IMAGES)))


def encoder():
    """A BERT-like encoder of 6 layers, 384 wide, over token numbers int64[batch,length]."""
    import paddle
    from paddle import nn

    class Encoder(nn.Layer):
        def __init__(self):
            super().__init__()
            self.tokens = nn.Embedding(VOCABULARY, 384)
            self.positions = nn.Embedding(512, 384)
            self.normalize = nn.LayerNorm(384)
            layer = nn.TransformerEncoderLayer(384, 12, 1536, dropout=0.0, activation="gelu")
            self.layers = nn.TransformerEncoder(layer, 6)

        def forward(self, tokens):
            # The position of each token, in a form that exports with a free length.
            position = paddle.cumsum(paddle.ones_like(tokens), axis=1) - 1
            return self.layers(self.normalize(self.tokens(tokens) + self.positions(position)))

    return Encoder()


def network(name):
    import paddle
    from paddle.vision import models

    paddle.seed(SEED)
    return encoder() if name == "encoder" else getattr(models, name)(pretrained=False)


def save(network, name, path):
    import paddle
    from paddle.static import InputSpec

    path.parent.mkdir(exist_ok=True)
    spec = InputSpec([-1, 3, 224, 224], "float32", "x")
    if name == "encoder":
        spec = InputSpec([-1, -1], "int64", "x")
    network.eval()
    paddle.jit.save(network, str(path), input_spec=[spec])


def make_json(name, folder):
    made = network(name)
    if name != "encoder":
        calibrate(made)
    np.savez(folder / "weights.npz", **{key: value.numpy() for key, value in made.state_dict().items()})
    save(made, name, folder / "json/model")


def make_pdmodel(name, folder):
    made = network(name)
    with np.load(folder / "weights.npz") as weights:
        missing, unexpected = made.set_state_dict(dict(weights))
    if missing or unexpected:
        raise SystemExit(f"make_models.py: {name}: missing weights {missing}, unexpected ones {unexpected}")
    save(made, name, folder / "pdmodel/model")


def make_onnx(_, folder):
    import paddle2onnx

    paddle2onnx.export(
        model_filename=str(folder / "pdmodel/model.pdmodel"),
        params_filename=str(folder / "pdmodel/model.pdiparams"),
        save_file=str(folder / "model.onnx"),
        opset_version=17,
        enable_onnx_checker=True,
    )


def write_inputs(path, inputs):
    """How many, then of each: ONNX element type, rank, dims (all int64) and the elements."""
    with open(path, "wb") as file:
        file.write(struct.pack("<q", len(inputs)))
        for x in inputs:
            file.write(struct.pack(f"<{2 + x.ndim}q", ONNX_TYPES[str(x.dtype)], x.ndim, *x.shape))
            file.write(x.tobytes())


def make_inputs(name, folder):

    rng = np.random.default_rng(SEED + 2)
    if name == "encoder":
        write_inputs(folder / "inputs.bin", [rng.integers(0, VOCABULARY, (1, length)) for length in LENGTHS])
        return
    batches = [images(rng, 1) for _ in range(AGREEMENT_IMAGES)]
    write_inputs(folder / "inputs.bin", batches[:LOAD_IMAGES])
    write_inputs(folder / "many.bin", batches)


STEPS = {"json": make_json, "pdmodel": make_pdmodel, "onnx": make_onnx, "inputs": make_inputs}


def main(step, name, outdir):
    folder = Path(outdir) / name
    folder.mkdir(parents=True, exist_ok=True)
    STEPS[step](name, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
