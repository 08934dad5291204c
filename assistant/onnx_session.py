"""Opens ONNX models and tokenizers, quietly: what the fast embedder and the reader run on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


class ModelNotRun(Exception):
    """ONNX Runtime or the tokenizers do not take a model's files."""


def open_session(model: bytes) -> Any:
    """Open a model that runs on one thread, as it is written.

    :param model: in ONNX's own form.
    :returns: an ``onnxruntime.InferenceSession``.
    :raises ModelNotRun: when ONNX Runtime does not take it.
    """
    onnxruntime = _silent_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # it remembers a plan for every length of text, to no gain
    options.log_severity_level = 3
    # The graph is written as it shall run; fusions would bring back the slow operators.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's own exceptions share no base class
        raise ModelNotRun("ONNX Runtime does not run its graph") from error


def _silent_onnxruntime() -> Any:
    """Import ONNX Runtime so that it sends nothing.

    From release 1.29 its wheels report to Microsoft, under an identifier that they keep in the user's cache folder, unless
    this variable is set before they are imported (the library's ``Privacy.md``). We ask for releases before that one,
    which hold no such code; this is for a machine that has another.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # Imported here, since it takes half a second and not every command embeds.
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime


def open_tokenizer(folder: Path) -> Any:
    """Open a model folder's tokenizer, without padding and without a limit.

    :param folder: a model folder.
    :returns: a ``tokenizers.Tokenizer``.
    :raises ModelNotRun: when its file cannot be read.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the library raises nothing more special
        raise ModelNotRun("its tokenizer.json cannot be read") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
