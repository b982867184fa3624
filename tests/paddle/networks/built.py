"""The networks of layers.py in sizes of use."""

import paddle.nn as nn

import layers
from case import f32, i64, network

LENGTHS = {"n": (1, 3), "l": (17, 64), "m": (9, 20)}
IDS = [i64("n l", 0, 4000), i64("n l", 0, 2)]


class Speech(nn.Layer):
    """Five recurrent layers in both directions over frames."""

    def __init__(self):
        super().__init__()
        self.layers = nn.GRU(40, 64, num_layers=5, direction="bidirectional")
        self.classes = nn.Linear(128, 50)

    def forward(self, frames):
        return nn.functional.log_softmax(self.classes(self.layers(frames)[0]))


CASES = [
    network("bert", lambda: layers.Encoder(6, 256, 8, 4000, 128), IDS, sizes=LENGTHS),
    network("gpt", lambda: layers.Decoder(256, 8, 4000), IDS[:1], sizes=LENGTHS, no_onnx="paddle2onnx 2.1.0 writes the exact GELU for its approximation"),
    network("lstm", lambda: layers.Recurrent(nn.LSTM, "bidirect"), [i64("n l", 0, 30)], sizes=LENGTHS),
    network("speech", Speech, [f32("n l 40")], sizes=LENGTHS),
    network("unet", lambda: layers.UNet(32), [f32("n 3 h w")], sizes={"n": (1, 3), "h": (64, 96), "w": (128, 32)}),
    network("pyramid", layers.Pyramid, [f32("n 3 h w")], sizes={"n": (1, 3), "h": (256, 160), "w": (192, 320)}),
    network("detector", lambda: layers.Detector(20), [f32("n 3 128 128"), f32("n 2", 0.5, 2.0)], sizes={"n": (1, 3)}),
    network("text_reader", layers.TextReader, [f32("n 3 32 w")], sizes={"n": (1, 3), "w": (160, 320)}),
    network("vision_transformer", lambda: layers.Patches(192, 3, 224, 16), [f32("n 3 224 224")], sizes={"n": (1, 3)}),
    network("window_transformer", lambda: layers.Windows(96, 4), [f32("n 96 32 32")], sizes={"n": (1, 3)}),
]
