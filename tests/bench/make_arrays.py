"""Writes the arrays of this folder with NumPy, whose format the tool has to read; two runs give the same bytes (NumPy 2.4.6)."""

from pathlib import Path

import numpy as np

folder = Path(__file__).parent
x = np.arange(8, dtype="<f4").reshape(2, 4)
np.save(folder / "x.npy", x)
np.save(folder / "float64.npy", x.astype("<f8"))
np.savez(folder / "stored.npz", x=x)
np.savez_compressed(folder / "compressed.npz", x=np.zeros((64, 4), "<f4"))
