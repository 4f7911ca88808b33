"""What each kind of ONNX node computes, with torch where a picture is in it and with numpy where only shapes are.

Source: ONNX operator schemas, opset 9 to 20.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from onnx import numpy_helper

from shared.errors import PeerError

Value = Any
"""A tensor of the device, or a numpy array of what is known without looking at a picture."""

PARTS = "parts"  # no attribute of ONNX: how many outputs a node has
# Ends that mean "to the very first" when going backwards.
_FAR = 2**31 - 8
PLACED = "placed"  # no attribute of ONNX either: what a network has taken to its device


class NotConvertible(PeerError):
    """It has a node that is not known here; the message names it."""


def _tensor(value: Value, like: torch.Tensor, attributes: dict[str, Any]) -> torch.Tensor:
    """On the device of `like`; what is no whole number, in its precision.

    Taken there once and kept as long as the network: while a graph is recorded nothing may be taken there, and what was
    recorded reads it where it lay then.
    """
    if isinstance(value, torch.Tensor):
        return value
    array = np.asarray(value)
    kind = like.dtype if np.issubdtype(array.dtype, np.floating) else None
    key = array.tobytes(), array.shape, array.dtype.str, like.device, kind
    placed: dict[tuple[Any, ...], torch.Tensor] = attributes[PLACED]
    if key not in placed:
        # A copy: torch wants memory it may write to.
        placed[key] = torch.from_numpy(np.array(array)).to(like.device, kind)
    return placed[key]


def _ints(value: Value) -> list[int]:
    return [int(one) for one in np.asarray(value).reshape(-1)]


def _both(ask_torch: Callable[..., Any], ask_numpy: Callable[..., Any]) -> Callable[..., Value]:
    """Of tensors with torch, of what is in memory with numpy."""

    def operator(given: list[Value], attributes: dict[str, Any]) -> Value:
        tensor = next((one for one in given if isinstance(one, torch.Tensor)), None)
        if tensor is None:
            return ask_numpy(*given)
        return ask_torch(*(_tensor(one, tensor, attributes) for one in given))

    return operator


def _convolution(given: list[Value], attributes: dict[str, Any]) -> Value:
    picture, weight = given[0], given[1]
    bias = given[2] if len(given) > 2 else None
    spatial = weight.dim() - 2
    strides, dilations = attributes.get("strides", [1] * spatial), attributes.get("dilations", [1] * spatial)
    pads = _pads(attributes, picture.shape[2:], weight.shape[2:], strides, dilations)
    if pads[:spatial] != pads[spatial:]:
        picture, pads = torch.nn.functional.pad(picture, _as_torch_pads(pads)), [0] * (2 * spatial)
    return torch.nn.functional.conv2d(
        picture, weight, bias, strides, pads[:spatial], dilations, attributes.get("group", 1)
    )


def _transposed(given: list[Value], attributes: dict[str, Any]) -> Value:
    bias = given[2] if len(given) > 2 else None
    pads = attributes.get("pads", [0, 0, 0, 0])
    if pads[:2] != pads[2:] or attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise NotConvertible("ConvTranspose with uneven pads")
    return torch.nn.functional.conv_transpose2d(
        given[0],
        given[1],
        bias,
        attributes.get("strides", [1, 1]),
        pads[:2],
        attributes.get("output_padding", [0, 0]),
        attributes.get("group", 1),
        attributes.get("dilations", [1, 1]),
    )


def _pads(
    attributes: dict[str, Any], sides: Sequence[int], kernel: Sequence[int], strides: list[int], dilations: list[int]
) -> list[int]:
    """Before each dimension, then after each."""
    how = attributes.get("auto_pad", b"NOTSET")
    if how == b"NOTSET":
        return list(attributes.get("pads", [0] * (2 * len(kernel))))
    if how == b"VALID":
        return [0] * (2 * len(kernel))
    whole = [
        max(0, (-(-side // stride) - 1) * stride + (size - 1) * dilation + 1 - side)
        for side, size, stride, dilation in zip(sides, kernel, strides, dilations, strict=True)
    ]
    less, more = [one // 2 for one in whole], [one - one // 2 for one in whole]
    return [*less, *more] if how == b"SAME_UPPER" else [*more, *less]


def _as_torch_pads(pads: list[int]) -> list[int]:
    half = len(pads) // 2
    return [pads[at + end * half] for at in reversed(range(half)) for end in (0, 1)]


def _pooled(given: list[Value], attributes: dict[str, Any], *, is_mean: bool) -> Value:
    kernel = attributes["kernel_shape"]
    strides = attributes.get("strides", [1, 1])
    pads = _pads(attributes, given[0].shape[2:], kernel, strides, [1, 1])
    if pads[:2] != pads[2:] or attributes.get("ceil_mode", 0):
        raise NotConvertible("a pool with uneven pads")
    if not is_mean:
        return torch.nn.functional.max_pool2d(given[0], kernel, strides, pads[:2])
    counts_pads = bool(attributes.get("count_include_pad", 0))
    return torch.nn.functional.avg_pool2d(given[0], kernel, strides, pads[:2], count_include_pad=counts_pads)


def _normalised(given: list[Value], attributes: dict[str, Any]) -> Value:
    picture, scale, shift, mean, variance = given
    little = attributes.get("epsilon", 1e-5)
    return torch.nn.functional.batch_norm(picture, mean, variance, scale, shift, False, 0.0, little)


def _hard_sigmoid(given: list[Value], attributes: dict[str, Any]) -> Value:
    return torch.clamp(attributes.get("alpha", 0.2) * given[0] + attributes.get("beta", 0.5), 0, 1)


def _divided(left: Value, right: Value) -> Value:
    """Whole numbers stay whole, as ONNX has it."""
    is_whole = np.issubdtype(np.asarray(left).dtype, np.integer)
    return np.floor_divide(left, right) if is_whole else np.divide(left, right)


def _gemm(given: list[Value], attributes: dict[str, Any]) -> Value:
    left = given[0].T if attributes.get("transA") else given[0]
    right = given[1].T if attributes.get("transB") else given[1]
    made = attributes.get("alpha", 1.0) * (left @ right)
    return made if len(given) < 3 else made + attributes.get("beta", 1.0) * given[2]


def _clipped(given: list[Value], attributes: dict[str, Any]) -> Value:
    low = given[1] if len(given) > 1 and given[1] is not None else attributes.get("min")
    high = given[2] if len(given) > 2 and given[2] is not None else attributes.get("max")
    return torch.clamp(given[0], *(None if one is None else _bound(one) for one in (low, high)))


def _bound(value: Value) -> Any:
    """Half precision ends at 65504; a bound beyond it is none."""
    if isinstance(value, torch.Tensor):
        return value
    return float(np.asarray(value).reshape(-1)[0])


def _reshaped(given: list[Value], attributes: dict[str, Any]) -> Value:
    shape = _ints(given[1])
    if not attributes.get("allowzero"):
        shape = [given[0].shape[at] if one == 0 else one for at, one in enumerate(shape)]
    return given[0].reshape(shape)


def _transposed_axes(given: list[Value], attributes: dict[str, Any]) -> Value:
    axes = list(attributes.get("perm", reversed(range(given[0].ndim))))
    return given[0].permute(axes) if isinstance(given[0], torch.Tensor) else given[0].transpose(axes)


def _axes(given: list[Value], attributes: dict[str, Any]) -> list[int] | None:
    """An attribute up to opset 12, an input since."""
    if "axes" in attributes:
        return list(attributes["axes"])
    return _ints(given[1]) if len(given) > 1 and given[1] is not None else None


def _squeezed(given: list[Value], attributes: dict[str, Any]) -> Value:
    axes = _axes(given, attributes)
    if axes is None:
        return given[0].squeeze()
    for axis in sorted((one % given[0].ndim for one in axes), reverse=True):
        given[0] = given[0].squeeze(axis)
    return given[0]


def _unsqueezed(given: list[Value], attributes: dict[str, Any]) -> Value:
    axes = _axes(given, attributes) or []
    value = given[0] if isinstance(given[0], torch.Tensor) else np.asarray(given[0])
    for axis in sorted(one % (value.ndim + len(axes)) for one in axes):
        value = value.unsqueeze(axis) if isinstance(value, torch.Tensor) else np.expand_dims(value, axis)
    return value


def _sliced(given: list[Value], attributes: dict[str, Any]) -> Value:
    if "starts" in attributes:
        starts, ends = list(attributes["starts"]), list(attributes["ends"])
        axes, steps = list(attributes.get("axes", range(len(starts)))), [1] * len(starts)
    else:
        starts, ends = _ints(given[1]), _ints(given[2])
        axes = _ints(given[3]) if len(given) > 3 and given[3] is not None else list(range(len(starts)))
        steps = _ints(given[4]) if len(given) > 4 and given[4] is not None else [1] * len(starts)
    value = given[0]
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        where: list[slice] = [slice(None)] * value.ndim
        where[axis] = slice(start, end if end > -_FAR else None, step)
        if step < 0 and isinstance(value, torch.Tensor):
            places = range(*where[axis].indices(value.shape[axis]))
            value = value.index_select(axis, _tensor(np.array(places), value, attributes))
        else:
            value = value[tuple(where)]
    return value


def _joined(given: list[Value], attributes: dict[str, Any]) -> Value:
    tensor = next((one for one in given if isinstance(one, torch.Tensor)), None)
    if tensor is None:
        return np.concatenate([np.asarray(one) for one in given], attributes["axis"])
    return torch.cat([_tensor(one, tensor, attributes) for one in given], attributes["axis"])


def _parted(given: list[Value], attributes: dict[str, Any]) -> Value:
    axis = attributes.get("axis", 0)
    sizes = list(attributes["split"]) if "split" in attributes else _ints(given[1]) if len(given) > 1 else None
    if sizes is None:
        each = -(-given[0].shape[axis] // attributes[PARTS])
        sizes = [min(each, given[0].shape[axis] - at * each) for at in range(attributes[PARTS])]
    if isinstance(given[0], torch.Tensor):
        return tuple(torch.split(given[0], sizes, axis))
    return tuple(np.split(given[0], np.cumsum(sizes)[:-1], axis))


def _gathered(given: list[Value], attributes: dict[str, Any]) -> Value:
    axis, places = attributes.get("axis", 0), given[1]
    if not isinstance(given[0], torch.Tensor):
        return np.take(given[0], np.asarray(places), axis)
    index = _tensor(np.asarray(places), given[0], attributes) if not isinstance(places, torch.Tensor) else places
    rows = given[0].index_select(axis, index.reshape(-1) % given[0].shape[axis])
    shape = [*given[0].shape[:axis], *index.shape, *given[0].shape[axis + 1 :]]
    return rows.reshape(shape)


_TYPES = {1: np.float32, 6: np.int32, 7: np.int64, 9: np.bool_, 10: np.float16, 11: np.float64, 2: np.uint8}


def _cast(given: list[Value], attributes: dict[str, Any]) -> Value:
    kind = _TYPES.get(attributes["to"])
    if kind is None:
        raise NotConvertible(f"Cast to type {attributes['to']}")
    if not isinstance(given[0], torch.Tensor):
        return np.asarray(given[0]).astype(kind)
    if np.issubdtype(kind, np.floating):
        # Of the precision that the network runs in.
        return given[0] if given[0].is_floating_point() else given[0].to(torch.float32)
    return given[0].to(torch.bool if kind is np.bool_ else torch.int64)


def _resized(given: list[Value], attributes: dict[str, Any]) -> Value:
    mode, how = attributes.get("mode", b"nearest"), attributes.get("coordinate_transformation_mode", b"half_pixel")
    sizes = given[3] if len(given) > 3 and given[3] is not None else None
    if sizes is None:
        scales = [float(one) for one in np.asarray(_in_memory(given[2])).reshape(-1)]
        sizes = [int(side * scale) for side, scale in zip(given[0].shape, scales, strict=True)]
    height, width = _ints(sizes)[2:]
    if mode == b"linear" and how in (b"half_pixel", b"pytorch_half_pixel", b"align_corners"):
        return torch.nn.functional.interpolate(
            given[0], (height, width), mode="bilinear", align_corners=how == b"align_corners"
        )
    if mode == b"nearest" and how == b"asymmetric" and attributes.get("nearest_mode", b"") == b"floor":
        return torch.nn.functional.interpolate(given[0], (height, width), mode="nearest")
    raise NotConvertible(f"Resize {mode.decode()} {how.decode()}")


def _in_memory(value: Value) -> Value:
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value


def _expanded(given: list[Value], attributes: dict[str, Any]) -> Value:
    shape = _ints(given[1])
    if not isinstance(given[0], torch.Tensor):
        return np.broadcast_to(given[0], np.broadcast_shapes(np.shape(given[0]), tuple(shape)))
    return given[0].expand(np.broadcast_shapes(tuple(given[0].shape), tuple(shape)))


def _tiled(given: list[Value], attributes: dict[str, Any]) -> Value:
    times = _ints(given[1])
    return given[0].repeat(times) if isinstance(given[0], torch.Tensor) else np.tile(given[0], times)


def _constant(given: list[Value], attributes: dict[str, Any]) -> Value:
    value = attributes.get("value")
    if value is not None:
        return numpy_helper.to_array(value)
    for name in ("value_float", "value_int", "value_floats", "value_ints"):
        if name in attributes:
            return np.asarray(attributes[name], np.float32 if "float" in name else np.int64)
    raise NotConvertible("Constant of another kind")


def _filled(given: list[Value], attributes: dict[str, Any]) -> Value:
    value = attributes.get("value")
    one = numpy_helper.to_array(value).reshape(-1)[0] if value is not None else np.float32(0)
    return np.full(_ints(given[0]), one)


def _mean_of_all(given: list[Value], attributes: dict[str, Any]) -> Value:
    return given[0].mean(dim=tuple(range(2, given[0].ndim)), keepdim=True)


OPERATORS: dict[str, Callable[[list[Value], dict[str, Any]], Value]] = {
    "Add": _both(torch.add, np.add),
    "Sub": _both(torch.sub, np.subtract),
    "Mul": _both(torch.mul, np.multiply),
    "Div": _both(torch.div, _divided),
    "Exp": _both(torch.exp, np.exp),
    "Sqrt": _both(torch.sqrt, np.sqrt),
    "MatMul": _both(torch.matmul, np.matmul),
    "Relu": lambda given, attributes: torch.relu(given[0]),
    "LeakyRelu": lambda given, attributes: torch.nn.functional.leaky_relu(given[0], attributes.get("alpha", 0.01)),
    "Sigmoid": lambda given, attributes: torch.sigmoid(given[0]),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": lambda given, attributes: torch.nn.functional.hardswish(given[0]),
    "Tanh": lambda given, attributes: torch.tanh(given[0]),
    "Softmax": lambda given, attributes: torch.softmax(given[0], attributes.get("axis", -1)),
    "Identity": lambda given, attributes: given[0],
    "Dropout": lambda given, attributes: given[0],
    "Flatten": lambda given, attributes: given[0].flatten(attributes.get("axis", 1)),
    "Conv": _convolution,
    "ConvTranspose": _transposed,
    "MaxPool": lambda given, attributes: _pooled(given, attributes, is_mean=False),
    "AveragePool": lambda given, attributes: _pooled(given, attributes, is_mean=True),
    "GlobalAveragePool": _mean_of_all,
    "BatchNormalization": _normalised,
    "Gemm": _gemm,
    "Clip": _clipped,
    "Reshape": _reshaped,
    "Transpose": _transposed_axes,
    "Squeeze": _squeezed,
    "Unsqueeze": _unsqueezed,
    "Slice": _sliced,
    "Concat": _joined,
    "Split": _parted,
    "Gather": _gathered,
    "Cast": _cast,
    "Shape": lambda given, attributes: np.array(given[0].shape, np.int64),
    "Resize": _resized,
    "Expand": _expanded,
    "Tile": _tiled,
    "Constant": _constant,
    "ConstantOfShape": _filled,
}
