"""Every family of paddle.vision.models."""

from paddle.vision import models

from case import f32, network

IMAGE = "n 3 224 224"
NETWORKS = [
    ("alexnet", models.alexnet, IMAGE),
    ("densenet121", models.densenet121, IMAGE),
    ("googlenet", models.googlenet, IMAGE),
    ("inception_v3", models.inception_v3, "n 3 299 299"),
    ("lenet", models.LeNet, "n 1 28 28"),
    ("mobilenet_v1", models.mobilenet_v1, IMAGE),
    ("mobilenet_v1_quarter", lambda: models.mobilenet_v1(scale=0.25), IMAGE),
    ("mobilenet_v2", models.mobilenet_v2, IMAGE),
    ("mobilenet_v3_small", models.mobilenet_v3_small, IMAGE),
    ("mobilenet_v3_large", models.mobilenet_v3_large, IMAGE),
    ("resnet18", models.resnet18, IMAGE),
    ("resnet50", models.resnet50, IMAGE),
    ("resnet50_any_size", models.resnet50, "n 3 h w"),
    ("resnet101", models.resnet101, IMAGE),
    ("resnext50_32x4d", models.resnext50_32x4d, IMAGE),
    ("shufflenet_v2_x0_5", models.shufflenet_v2_x0_5, IMAGE),
    ("shufflenet_v2_x1_0", models.shufflenet_v2_x1_0, IMAGE),
    ("shufflenet_v2_swish", models.shufflenet_v2_swish, IMAGE),
    ("squeezenet1_0", models.squeezenet1_0, IMAGE),
    ("squeezenet1_1", models.squeezenet1_1, IMAGE),
    ("vgg11", lambda: models.vgg11(batch_norm=True), IMAGE),
    ("wide_resnet50_2", models.wide_resnet50_2, IMAGE),
]

CASES = [network(name, make, [f32(x)], sizes={"n": (1, 3), "h": (96, 160), "w": (128, 64)}) for name, make, x in NETWORKS]
