"""What a case is made of: a function of tensors, its inputs, its weights, and seeded values for both."""

import zlib
from dataclasses import dataclass, field, replace
from typing import Callable

import numpy as np

# Sizes of free dims in the first and the second run; a case may name its own.
SIZES = {"n": (2, 3), "c": (3, 5), "d": (6, 5), "h": (7, 10), "w": (9, 6), "l": (5, 8), "m": (4, 6)}
BOTH = ("json", "pdmodel")

# How far an output may be from Paddle's: the sum of an absolute part, one relative to the expected value, and one relative
# to the largest value of the output. What is no float is always exact.
TOLERANCES = {
    "exact": {"absolute": 0.0, "relative": 0.0, "of_peak": 0.0},
    "elementwise": {"absolute": 1e-6, "relative": 1e-5, "of_peak": 0.0},
    "accumulate": {"absolute": 1e-4, "relative": 1e-5, "of_peak": 0.0},
    "network": {"absolute": 0.0, "relative": 1e-5, "of_peak": 5e-5},
}


@dataclass
class Tensor:
    """An input or a weight. `shape` is text: "n 3 h w" has three free dims, "" is rank 0."""

    shape: str
    dtype: str
    make: Callable[[np.random.Generator, list[int]], np.ndarray]

    def declared(self) -> list[int]:
        return [int(dim) if dim.lstrip("-").isdigit() else -1 for dim in self.shape.split()]

    def is_free(self) -> bool:
        return -1 in self.declared()

    def dims(self, run: int, sizes: dict) -> list[int]:
        table = {**SIZES, **sizes}
        return [int(dim) if dim.isdigit() else table[dim][run] for dim in self.shape.split()]

    def values(self, key: str, run: int, sizes: dict) -> np.ndarray:
        random = np.random.default_rng(zlib.crc32(f"{key} {run}".encode()))
        dims = self.dims(run, sizes)
        return np.ascontiguousarray(self.make(random, dims)).astype(self.dtype).reshape(dims)


def f32(shape: str, low: float = -2.0, high: float = 2.0, dtype: str = "float32") -> Tensor:
    """Uniform numbers."""
    return Tensor(shape, dtype, lambda random, dims: random.uniform(low, high, dims))


def f64(shape: str, low: float = -2.0, high: float = 2.0) -> Tensor:
    return f32(shape, low, high, "float64")


def i64(shape: str, low: int = -5, high: int = 6, dtype: str = "int64") -> Tensor:
    """Integers from low up to, and without, high."""
    return Tensor(shape, dtype, lambda random, dims: random.integers(low, high, dims))


def i32(shape: str, low: int = -5, high: int = 6) -> Tensor:
    return i64(shape, low, high, "int32")


def bools(shape: str) -> Tensor:
    return Tensor(shape, "bool", lambda random, dims: random.integers(0, 2, dims))


def nonzero(shape: str, dtype: str = "float32") -> Tensor:
    """Numbers of both signs whose size is 0.5 to 2, to divide by; for integers 1 to 4."""

    def make(random, dims):
        sign = random.choice([-1, 1], dims)
        size = random.integers(1, 5, dims) if dtype.startswith("int") else random.uniform(0.5, 2.0, dims)
        return sign * size

    return Tensor(shape, dtype, make)


def distinct(shape: str, dtype: str = "float32") -> Tensor:
    """Numbers that are at least 1 apart, so that orders and maxima are unambiguous."""

    def make(random, dims):
        count = int(np.prod(dims))
        return random.permutation(count).reshape(dims) - count // 2

    return Tensor(shape, dtype, make)


def given(values, dtype: str) -> Tensor:
    """These values in every run."""
    values = np.asarray(values, dtype)
    return Tensor(" ".join(map(str, values.shape)), dtype, lambda random, dims: values)


@dataclass
class Case:
    """One exported program.

    `build` takes one static variable per input, and one keyword per weight, and returns the outputs. With `is_network` it
    takes nothing and returns a layer, which is saved the way that users do.
    `formats` are those that can express the case; `missing` says why the other one is left out.
    `apart` says why the two versions of Paddle compute differently.
    `right` is the format of the version that computes rightly where the other one does not; the case says why.
    `no_onnx` says why paddle2onnx's file of it is not compared.
    A case with `refused` must not load, and the error must contain that text. `rewrite` changes the model's file.
    """

    name: str
    build: Callable
    inputs: list[Tensor]
    weights: dict[str, Tensor] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    tolerance: str = "elementwise"
    formats: tuple[str, ...] = BOTH
    missing: str = ""
    refused: str = ""
    apart: str = ""
    right: str = ""
    no_onnx: str = ""
    is_network: bool = False
    rewrite: Callable[[bytes], bytes] | None = None

    def split(self) -> "list[Case]":
        """Itself, or a case per format where the two versions of Paddle differ."""
        if not self.apart:
            return [self]
        return [replace(self, name=f"{self.name}_{form}", formats=(form,), missing=self.apart) for form in self.formats]

    def runs(self) -> int:
        if self.refused:
            return 0
        return 2 if any(tensor.is_free() for tensor in self.inputs) else 1

    def runs_in(self, form: str) -> int:
        """The runs of which that version's outputs count."""
        return self.runs() if self.right in ("", form) else 0

    def arrays(self, run: int) -> list[np.ndarray]:
        named = enumerate(self.inputs)
        return [tensor.values(f"{self.name} input {index}", run, self.sizes) for index, tensor in named]

    def weight_arrays(self) -> dict[str, np.ndarray]:
        named = self.weights.items()
        return {name: tensor.values(f"{self.name} weight {name}", 0, self.sizes) for name, tensor in named}


def network(name: str, make: Callable, inputs: list[Tensor], **more) -> Case:
    """A case of a whole network: `make` gives a layer."""
    return Case(name, make, inputs, tolerance="network", is_network=True, **more)
