"""A network's work on a GPU, recorded once for each size of batch and played again, where that is faster.

A small network is a few hundred kernels of microseconds; launching them one by one from Python takes longer than they
run. What was recorded is launched as one. Batches are filled up to the next power of two, so that few are recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from shared.telemetry import log

# = memory: each holds what the network needs for one batch
GRAPHS_MAX = 16
_TRIES = 5

Asked = Callable[[torch.Tensor], list[torch.Tensor]]


@dataclass(slots=True)
class _Graph:
    graph: torch.cuda.CUDAGraph
    given: torch.Tensor
    made: list[torch.Tensor]


def filled(count: int) -> int:
    """The batch that so many pictures are filled up to."""
    return 1 << (count - 1).bit_length()


class Recorded:
    """Called on the stream that computes, by one thread at a time. Its answers are good until it is called again."""

    def __init__(self, ask: Asked, stream: torch.cuda.Stream, name: str):
        self._ask = ask
        self._stream = stream
        self._name = name
        # None: recording it failed, or was slower.
        self._graphs: dict[tuple[int, ...], _Graph | None] = {}

    def __call__(self, batch: torch.Tensor) -> list[torch.Tensor]:
        count = batch.shape[0]
        shape = (filled(count), *batch.shape[1:])
        if shape not in self._graphs and len(self._graphs) < GRAPHS_MAX:
            self._graphs[shape] = self._recorded(shape, batch)
        known = self._graphs.get(shape)
        if known is None:
            return self._ask(batch)
        known.given[:count].copy_(batch, non_blocking=True)
        known.graph.replay()
        return [one[:count] for one in known.made]

    def _recorded(self, shape: tuple[int, ...], like: torch.Tensor) -> _Graph | None:
        given = torch.zeros(shape, dtype=like.dtype, device=like.device)
        try:
            eager_s = self._took_s(lambda: self._ask(given))
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
                made = self._ask(given)
            graph_s = self._took_s(graph.replay)
        except torch.AcceleratorError:
            raise
        except (RuntimeError, ValueError) as error:
            log().info("a model is not recorded", pack=self._name, batch=shape[0], detail=str(error)[:200])
            return None
        is_faster = graph_s < eager_s
        log().info(
            "a model was recorded",
            pack=self._name,
            batch=shape[0],
            recorded_ms=round(1000 * graph_s, 3),
            eager_ms=round(1000 * eager_s, 3),
            is_used=is_faster,
        )
        return _Graph(graph, given, made) if is_faster else None

    def _took_s(self, work: Callable[[], object]) -> float:
        """The best of some; what is needed the first time (workspaces, tuning) is not counted."""
        best = float("inf")
        for _ in range(_TRIES):
            self._stream.synchronize()
            began = time.perf_counter()
            work()
            self._stream.synchronize()
            best = min(best, time.perf_counter() - began)
        return best
