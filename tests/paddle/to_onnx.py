"""to_onnx.py FOLDER EXPORTED [FAMILY...]: turns what export.py wrote in the new format into ONNX by paddle2onnx, as a third
format of each case."""

import os
import shutil
import sys
from pathlib import Path

import paddle2onnx

from export import cases_of, families


def convert(source: Path, target: Path) -> str:
    """Says why it did not work, or nothing."""
    shutil.rmtree(target, ignore_errors=True)
    (target / "onnx").mkdir(parents=True)
    model, params = source / "json" / "inference.json", source / "json" / "inference.pdiparams"
    child = os.fork()
    if child == 0:
        log = os.open(target / "failed.txt", os.O_WRONLY | os.O_CREAT)
        os.dup2(log, 1)
        os.dup2(log, 2)
        out = target / "onnx" / "inference.onnx"
        paddle2onnx.export(str(model), str(params) if params.exists() else "", str(out), opset_version=17, optimize_tool="None")
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == 0 and (target / "onnx" / "inference.onnx").exists():
        shutil.copy(source / "result.json", target / "result.json")
        return ""
    lines = (target / "failed.txt").read_text().split("\n")
    return next((line for line in reversed(lines) if "rror" in line), f"exit status {status}")


def main() -> None:
    folder, exported = sys.argv[1], Path(sys.argv[2])
    for family in sys.argv[3:] or families(folder):
        for case in cases_of(folder, family):
            if "json" not in case.formats or case.refused:
                continue
            target = exported / "onnx" / family / case.name
            failure = case.no_onnx or convert(exported / "json" / family / case.name, target)
            if failure:
                (target / "result.json").unlink(missing_ok=True)
            print(f"{family}/{case.name}: {failure or 'is ONNX'}", flush=True)


if __name__ == "__main__":
    main()
