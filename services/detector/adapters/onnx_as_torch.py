"""An ONNX network as a torch module, so that a GPU runs it as it runs torch's own: in half precision, as one graph.

Not all of ONNX: what convolutional networks of pictures are made of, up to and with the arithmetic of their boxes. A
network with another node is refused (`NotConvertible`), and onnxruntime runs it. Shapes and other small integers stay
in memory as numpy arrays, so that they are constants when a graph of the device's work is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from services.detector.adapters.onnx_operators import OPERATORS, PARTS, PLACED, NotConvertible, Value


class OnnxModule(torch.nn.Module):
    """Given the one input, gives the outputs in the manifest's order. Raises NotConvertible."""

    def __init__(self, path: Path, input_name: str, outputs: Sequence[str]):
        super().__init__()
        graph = onnx.load(str(path)).graph
        self._input = input_name
        self._outputs = list(outputs) or [one.name for one in graph.output]
        self._nodes = list(graph.node)
        strange = {
            node.op_type for node in self._nodes if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx")
        }
        if strange:
            raise NotConvertible(f"{path.name}: {', '.join(sorted(strange))}")
        placed: dict[tuple[object, ...], torch.Tensor] = {}
        self._attributes = [
            {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
            | {PARTS: len(node.output), PLACED: placed}
            for node in self._nodes
        ]
        self._needless = self._after_last_use()
        # By name in the graph: integers are shapes and places, and stay in memory; weights go where the module goes.
        self._constants: dict[str, Value] = {"": None}
        self._weights: dict[str, str] = {}
        for tensor in graph.initializer:
            value = numpy_helper.to_array(tensor)
            if np.issubdtype(value.dtype, np.floating) and value.size > 0:
                self._weights[tensor.name] = f"weight_{len(self._weights)}"
                self.register_buffer(self._weights[tensor.name], torch.from_numpy(np.array(value)))
            else:
                self._constants[tensor.name] = value

    def forward(self, batch: torch.Tensor) -> list[torch.Tensor]:
        known: dict[str, Value] = {name: getattr(self, held) for name, held in self._weights.items()}
        known |= self._constants
        known[self._input] = batch
        for node, attributes, needless in zip(self._nodes, self._attributes, self._needless, strict=True):
            made = OPERATORS[node.op_type]([known[name] for name in node.input], attributes)
            for name, value in zip(node.output, made if isinstance(made, tuple) else (made,), strict=False):
                known[name] = value
            for name in needless:
                known.pop(name, None)
        return [known[name] for name in self._outputs]

    def _after_last_use(self) -> list[list[str]]:
        """For each node what nobody reads after it: a device's memory holds no more than is needed."""
        last = {name: at for at, node in enumerate(self._nodes) for name in node.input}
        needless: list[list[str]] = [[] for _ in self._nodes]
        for name, at in last.items():
            if name and name not in self._outputs:
                needless[at].append(name)
        return needless
