"""Whole networks that are small enough to be kept."""

import paddle.nn as nn
from paddle.vision import models

import layers
from case import f32, i64, network

IDS = [i64("n l", 0, 40), i64("n l", 0, 2)]
SIZES = {"n": (1, 3), "h": (24, 16), "w": (16, 32)}


def add(name, make, inputs, **more):
    return network(name, make, inputs, sizes=SIZES, **more)


CASES = [
    add("lenet", models.LeNet, [f32("n 1 28 28")]),
    add("mobilenet_v1_tiny", lambda: models.mobilenet_v1(scale=0.05, num_classes=4), [f32("n 3 h w")]),
    add("encoder", layers.Encoder, IDS),
    add("encoder_norm_first", lambda: layers.Encoder(normalize_before=True), IDS),
    add("decoder", layers.Decoder, [i64("n l", 0, 40)]),
    add("translator", layers.Translator, [f32("n l 16"), f32("n m 16")]),
    add("lstm", layers.Recurrent, [i64("n l", 0, 30)]),
    add("gru", lambda: layers.Recurrent(nn.GRU), [i64("n l", 0, 30)]),
    add("lstm_both_directions", lambda: layers.Recurrent(direction="bidirect"), [i64("n l", 0, 30)]),
    add("unet", layers.UNet, [f32("n 3 h w")]),
    add("pyramid", layers.Pyramid, [f32("n 3 h w")]),
    add("detector", layers.Detector, [f32("n 3 32 32"), f32("n 2", 0.5, 2.0)]),
    add("text_reader", layers.TextReader, [f32("n 3 8 w")]),
    add("vision_transformer", layers.Patches, [f32("n 3 16 16")]),
    add("window_transformer", layers.Windows, [f32("n 8 16 16")]),
    add("squeezed", layers.Squeezed, [f32("n 3 h w")]),
]
