"""Kernels that spread incidents over a plane or along a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from georisk.kernels.network import (
        LixelNetwork,
        build_lixels,
        build_network_kernel,
        spread_on_network,
    )
    from georisk.kernels.plane import sum_gaussians, sum_gaussians_plain

__all__ = [
    "LixelNetwork",
    "build_lixels",
    "build_network_kernel",
    "spread_on_network",
    "sum_gaussians",
    "sum_gaussians_plain",
]
_PLANE = ("sum_gaussians", "sum_gaussians_plain")


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what a module attribute may be
    """Load lazily: numba and SuperLU are only paid for where they are used."""
    if name not in __all__:
        raise AttributeError(f"module 'georisk.kernels' has no attribute {name!r}")
    from importlib import import_module

    room = "plane" if name in _PLANE else "network"
    return getattr(import_module(f"georisk.kernels.{room}"), name)
