"""Small networks of each kind, for the cases."""

import math

import paddle
import paddle.nn as nn
import paddle.nn.functional as F

from nms import multiclass_nms3


class Encoder(nn.Layer):
    """A BERT-like encoder: token, position and type embeddings, a padding mask, a pooled class."""

    def __init__(self, layers=2, width=16, heads=2, words=40, length=32, **more):
        super().__init__()
        self.word, self.position, self.kind = nn.Embedding(words, width), nn.Embedding(length, width), nn.Embedding(2, width)
        self.norm, self.drop = nn.LayerNorm(width, epsilon=1e-12), nn.Dropout(0.1)
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, activation="gelu", **more)
        self.encoder = nn.TransformerEncoder(layer, layers)
        self.pool, self.classes = nn.Linear(width, width), nn.Linear(width, 3)

    def forward(self, ids, types):
        mask = ((ids == 0).astype("float32") * -1e4).unsqueeze([1, 2])
        ones = paddle.ones_like(ids)
        position = paddle.cumsum(ones, axis=1) - ones
        x = self.drop(self.norm(self.word(ids) + self.position(position) + self.kind(types)))
        x = self.encoder(x, mask)
        return x, self.classes(paddle.tanh(self.pool(x[:, 0])))


class Decoder(nn.Layer):
    """A GPT-like decoder with a causal mask made from the length."""

    def __init__(self, width=16, heads=2, words=40):
        super().__init__()
        self.word, self.heads = nn.Embedding(words, width), heads
        self.norm, self.qkv, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm2, self.up, self.down = nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.words = nn.Linear(width, words, bias_attr=False)

    def forward(self, ids):
        x = self.word(ids)
        batch, length, width = x.shape[0], x.shape[1], x.shape[2]
        qkv = self.qkv(self.norm(x)).reshape([0, 0, 3, self.heads, width // self.heads]).transpose([2, 0, 3, 1, 4])
        q, k, v = qkv[0], qkv[1], qkv[2]
        mask = paddle.triu(paddle.full([length, length], -1e9), 1)
        weights = F.softmax(paddle.matmul(q, k, transpose_y=True) / math.sqrt(width // self.heads) + mask, axis=-1)
        joined = paddle.matmul(weights, v).transpose([0, 2, 1, 3]).reshape([0, 0, width])
        x = x + self.out(joined)
        x = x + self.down(F.gelu(self.up(self.norm2(x)), approximate=True))
        return self.words(x)


class Translator(nn.Layer):
    """Encoder and decoder with attention between them."""

    def __init__(self):
        super().__init__()
        self.transformer = nn.Transformer(16, 2, 1, 1, 32, dropout=0.0)

    def forward(self, source, target):
        return self.transformer(source, target)


class Recurrent(nn.Layer):
    """Embedding, recurrent layers, the mean over time, a class."""

    def __init__(self, make=nn.LSTM, direction="forward"):
        super().__init__()
        self.word = nn.Embedding(30, 8)
        self.layers = make(8, 12, num_layers=2, direction=direction, dropout=0.2)
        self.classes = nn.Linear(12 if direction == "forward" else 24, 3)

    def forward(self, ids):
        sequence, _ = self.layers(self.word(ids))
        return F.softmax(self.classes(paddle.mean(sequence, axis=1)))


class DoubleConv(nn.Sequential):
    def __init__(self, inputs, outputs):
        layers = [nn.Conv2D(inputs, outputs, 3, padding=1), nn.BatchNorm2D(outputs), nn.ReLU()]
        super().__init__(*layers, nn.Conv2D(outputs, outputs, 3, padding=1), nn.BatchNorm2D(outputs), nn.ReLU())


class UNet(nn.Layer):
    def __init__(self, width=4):
        super().__init__()
        self.down1, self.down2, self.down3 = DoubleConv(3, width), DoubleConv(width, 2 * width), DoubleConv(2 * width, 4 * width)
        self.up2, self.join2 = nn.Conv2DTranspose(4 * width, 2 * width, 2, stride=2), DoubleConv(4 * width, 2 * width)
        self.up1, self.join1 = nn.Conv2DTranspose(2 * width, width, 2, stride=2), DoubleConv(2 * width, width)
        self.classes = nn.Conv2D(width, 2, 1)

    def forward(self, x):
        first = self.down1(x)
        second = self.down2(F.max_pool2d(first, 2))
        x = self.down3(F.max_pool2d(second, 2))
        x = self.join2(paddle.concat([second, self.up2(x)], axis=1))
        x = self.join1(paddle.concat([first, self.up1(x)], axis=1))
        x = self.classes(x)
        return x, paddle.argmax(x, axis=1)


class Pyramid(nn.Layer):
    """Three levels, each added to the enlarged one above: nearest by factor, bilinear to the size of another."""

    def __init__(self):
        super().__init__()
        self.stem, self.second, self.third = (nn.Conv2D(i, o, 3, stride=2, padding=1) for i, o in ((3, 6), (6, 8), (8, 12)))
        self.side1, self.side2, self.side3 = nn.Conv2D(6, 5, 1), nn.Conv2D(8, 5, 1), nn.Conv2D(12, 5, 1)

    def forward(self, x):
        first = F.hardswish(self.stem(x))
        second = F.silu(self.second(first))
        third = F.leaky_relu(self.third(second), 0.1)
        third = self.side3(third)
        second = self.side2(second) + F.interpolate(third, scale_factor=2, mode="nearest")
        first = self.side1(first) + F.interpolate(second, size=paddle.shape(first)[2:], mode="bilinear")
        return F.interpolate(first, size=paddle.shape(x)[2:], mode="bilinear", align_corners=True)


class Detector(nn.Layer):
    """A head without anchors: distances to four sides and class scores per cell, then suppression."""

    def __init__(self, classes=3):
        super().__init__()
        self.features = nn.Conv2D(3, 8, 3, stride=4, padding=1)
        self.scores, self.sides = nn.Conv2D(8, classes, 1), nn.Conv2D(8, 4, 1)

    def forward(self, image, scale):
        x = F.relu(self.features(image))
        scores = F.sigmoid(self.scores(x)).flatten(2)
        sides = F.softplus(self.sides(x)).flatten(2).transpose([0, 2, 1]) * 6.0
        rows, columns = x.shape[2], x.shape[3]
        y, x = paddle.meshgrid(paddle.arange(rows, dtype="float32"), paddle.arange(columns, dtype="float32"))
        centres = (paddle.stack([x, y], axis=-1).reshape([1, -1, 2]) + 0.5) * 4.0
        near, far = paddle.split(sides, 2, axis=-1)
        boxes = paddle.concat([centres - near, centres + far], axis=-1)
        boxes = boxes / paddle.concat([scale, scale], axis=-1).flip(-1).unsqueeze(1)
        rows, _, counts = multiclass_nms3(boxes, scores, score_threshold=0.3, nms_top_k=50, keep_top_k=20, nms_threshold=0.5)
        return rows, counts


class TextReader(nn.Layer):
    """Convolutions, the height pooled away, a recurrent layer in both directions, a class per column."""

    def __init__(self):
        super().__init__()
        self.conv1, self.norm = nn.Conv2D(3, 6, 3, stride=2, padding=1, bias_attr=False), nn.BatchNorm2D(6)
        self.conv2 = nn.Conv2D(6, 8, 3, padding=1, groups=2)
        self.layers, self.classes = nn.LSTM(8, 10, direction="bidirectional"), nn.Linear(20, 11)

    def forward(self, x):
        x = F.hardswish(self.norm(self.conv1(x)))
        x = F.max_pool2d(F.relu6(self.conv2(x)), [2, 1], [2, 1])
        x = paddle.mean(x, axis=2).transpose([0, 2, 1])
        return F.softmax(self.classes(self.layers(x)[0]), axis=2)


class Patches(nn.Layer):
    """A vision transformer: patches, a class token, learned positions, split heads."""

    def __init__(self, width=16, heads=2, size=16, patch=4):
        super().__init__()
        self.patch, self.heads = nn.Conv2D(3, width, patch, stride=patch), heads
        self.token = self.create_parameter([1, 1, width])
        self.position = self.create_parameter([1, (size // patch) ** 2 + 1, width])
        self.norm, self.qkv, self.out = nn.LayerNorm(width, epsilon=1e-6), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.classes = nn.Linear(width, 5)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose([0, 2, 1])
        x = paddle.concat([self.token.expand([x.shape[0], -1, -1]), x], axis=1) + self.position
        length, width = x.shape[1], x.shape[2]
        qkv = self.qkv(self.norm(x)).reshape([-1, length, 3, self.heads, width // self.heads]).transpose([2, 0, 3, 1, 4])
        q, k, v = qkv.unbind(0)
        weights = F.softmax((q * (width // self.heads) ** -0.5).matmul(k.transpose([0, 1, 3, 2])), axis=-1)
        x = x + self.out(weights.matmul(v).transpose([0, 2, 1, 3]).reshape([-1, length, width]))
        return self.classes(x[:, 0])


class Windows(nn.Layer):
    """A shifted-window block: rolled, cut into windows, attended, put together and rolled back."""

    def __init__(self, width=8, window=4):
        super().__init__()
        self.norm, self.qkv, self.out, self.window = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width), window
        self.merge = nn.Linear(4 * width, 2 * width, bias_attr=False)

    def forward(self, x):
        x = x.transpose([0, 2, 3, 1])
        height, width, channels, side = x.shape[1], x.shape[2], x.shape[3], self.window
        shifted = paddle.roll(self.norm(x), shifts=(-2, -2), axis=(1, 2))
        windows = shifted.reshape([-1, height // side, side, width // side, side, channels]).transpose([0, 1, 3, 2, 4, 5])
        q, k, v = paddle.chunk(self.qkv(windows.reshape([-1, side * side, channels])), 3, axis=-1)
        attended = self.out(paddle.bmm(F.softmax(paddle.bmm(q, k.transpose([0, 2, 1])), axis=-1), v))
        back = attended.reshape([-1, height // side, width // side, side, side, channels]).transpose([0, 1, 3, 2, 4, 5])
        x = x + paddle.roll(back.reshape([-1, height, width, channels]), shifts=(2, 2), axis=(1, 2))
        parts = [x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]]
        return self.merge(paddle.concat(parts, axis=-1))


class Squeezed(nn.Layer):
    """Depthwise blocks with squeeze and excitation, group and layer normalisation, and a head over several dilations."""

    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2D(3, 8, 3, stride=2, padding=1), nn.GroupNorm(4, 8)
        self.depth, self.less, self.more = nn.Conv2D(8, 8, 7, padding=3, groups=8), nn.Conv2D(8, 2, 1), nn.Conv2D(2, 8, 1)
        self.last, self.up, self.down = nn.LayerNorm(8), nn.Linear(8, 32), nn.Linear(32, 8)
        self.wide = nn.LayerList([nn.Conv2D(8, 4, 3, padding=d, dilation=d) for d in (1, 2, 3)])
        self.instance, self.slope = nn.InstanceNorm2D(12), nn.PReLU(12)

    def forward(self, x):
        x = self.norm(self.stem(x))
        x = x * F.hardsigmoid(self.more(F.relu(self.less(F.adaptive_avg_pool2d(x, 1)))))
        y = self.last(self.depth(x).transpose([0, 2, 3, 1]))
        x = x + self.down(F.gelu(self.up(y))).transpose([0, 3, 1, 2])
        x = paddle.concat([conv(x) for conv in self.wide], axis=1)
        return F.pixel_shuffle(self.slope(self.instance(x)), 2)
