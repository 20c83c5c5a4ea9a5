"""What computes a model, as whoever uses it may choose; free of torch, for command lines."""

from __future__ import annotations

from typing import Literal

__all__ = ["Device", "Precision", "RuntimeChoice"]

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["32", "bf16"]
RuntimeChoice = Literal["auto", "torch", "onnx", "openvino"]
