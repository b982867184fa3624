"""pack.py FOLDER EXPORTED OUT [FAMILY...]: packs what export.py wrote in both formats into OUT/<family>.zip, after checking that
both versions of Paddle agree. The same exports give the same bytes. `--unzipped` writes folders instead."""

import io
import json
import os
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np

from case import BOTH, TOLERANCES, Case

MODEL_FILES = ("inference.json", "inference.pdmodel", "inference.onnx", "inference.pdiparams")


class Zip:
    """A zip file whose bytes depend on its contents only."""

    def __init__(self, path: Path):
        self.file = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9)

    def add(self, name: str, data: bytes) -> None:
        entry = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        self.file.writestr(entry, data)

    def add_file(self, name: str, path: Path) -> None:
        self.add(name, path.read_bytes())


    def close(self) -> None:
        self.file.close()


class Folder:
    """The same as plain files."""

    def __init__(self, path: Path):
        shutil.rmtree(path, ignore_errors=True)
        self.path = path

    def add(self, name: str, data: bytes) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def add_file(self, name: str, path: Path) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(path, self.path / name)

    def close(self) -> None:
        pass


def outputs_of(folder: Path, run: int, count: int) -> list[np.ndarray]:
    return [np.load(folder / f"run{run}" / f"out_{index}.npy") for index in range(count)]


def differences(case: Case, run: int, got: list[np.ndarray], expected: list[np.ndarray]) -> str:
    """How the outputs of the two versions differ, or nothing."""
    for index, (a, b) in enumerate(zip(got, expected)):
        if a.dtype != b.dtype or a.shape != b.shape:
            return f"run {run} output {index}: {a.dtype}{list(a.shape)} and {b.dtype}{list(b.shape)}"
        tolerance = TOLERANCES[case.tolerance if a.dtype.kind == "f" else "exact"]
        a, b = a.astype("float64"), b.astype("float64")
        peak = np.abs(b).max(initial=0.0) if tolerance["of_peak"] else 0.0
        absolute = tolerance["absolute"] + tolerance["of_peak"] * peak
        if not np.allclose(a, b, rtol=tolerance["relative"], atol=absolute, equal_nan=True):
            return f"run {run} output {index}: values differ"
    return ""


def pack_case(case: Case, folders: dict[str, Path], packed: Zip | Folder) -> tuple[dict, list[str]]:
    """Adds a case; gives its entry in cases.json and what is wrong with it."""
    results = {form: json.loads((folder / "result.json").read_text()) for form, folder in folders.items()}
    entry = {
        "name": case.name,
        "tolerance": TOLERANCES[case.tolerance],
        "expected": "refused" if case.refused else "ok",
        "formats": results,
        "runs": [],
    }
    if case.refused:
        entry["error_contains"] = case.refused
    for form, folder in folders.items():
        for name in MODEL_FILES:
            if (folder / form / name).exists():
                packed.add_file(f"{case.name}/{form}/{name}", folder / form / name)
    problems = []
    computed = {form: folder for form, folder in folders.items() if form != "onnx" and case.runs_in(form)}
    for run in range(case.runs()):
        arrays = {f"run{run}/in_{index}.npy": array for index, array in enumerate(case.arrays(run))}
        form, folder = next(iter(computed.items()))
        expected = outputs_of(folder, run, len(results[form]["outputs"]))
        arrays |= {f"run{run}/out_{index}.npy": array for index, array in enumerate(expected)}
        entry["runs"].append(f"run{run}")
        for other in list(computed)[1:]:
            difference = differences(case, run, outputs_of(computed[other], run, len(expected)), expected)
            if difference:
                problems.append(f"{case.name}: {form} and {other} differ: {difference}")
        for name, array in arrays.items():
            data = io.BytesIO()
            np.save(data, array)
            packed.add(f"{case.name}/{name}", data.getvalue())
    return entry, problems


def pack(family: str, cases: list[Case], exported: Path, packed: Zip | Folder) -> tuple[list[dict], list[str]]:
    entries, problems = [], []
    for case in cases:
        forms = [*case.formats, *(["onnx"] if (exported / "onnx" / family / case.name / "result.json").exists() else [])]
        folders = {form: exported / form / family / case.name for form in forms}
        lacking = [form for form, folder in folders.items() if not (folder / "result.json").exists()]
        problems += [f"{case.name}: there is no {form} export" for form in lacking]
        if set(case.formats) != set(BOTH) and not case.missing:
            problems.append(f"{case.name}: nothing says why it is not in both formats")
        folders = {form: folder for form, folder in folders.items() if form not in lacking}
        if folders:
            entry, wrong = pack_case(case, folders, packed)
            entries.append(entry)
            problems += wrong
    packed.add("cases.json", (json.dumps(entries, indent=1) + "\n").encode())
    packed.close()
    return entries, problems


def main() -> None:
    from export import cases_of, families

    arguments = [argument for argument in sys.argv[1:] if argument != "--unzipped"]
    folder, exported, out = arguments[0], Path(arguments[1]), Path(arguments[2])
    chosen = arguments[3:] or families(folder)
    out.mkdir(parents=True, exist_ok=True)
    problems = []
    for family in chosen:
        packed = Folder(out / family) if "--unzipped" in sys.argv else Zip(out / f"{family}.zip")
        entries, wrong = pack(family, cases_of(folder, family), exported, packed)
        programs = sum(len(entry["formats"]) for entry in entries)
        print(f"{family}: {len(entries)} cases, {programs} programs")
        problems += [f"{family}/{problem}" for problem in wrong]
    for problem in problems:
        print(f"PROBLEM {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
