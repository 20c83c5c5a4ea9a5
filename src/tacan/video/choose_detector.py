"""The detector that is used when none is named: the best of those that are on this machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec

from tacan.video.fetch import weights_folder

__all__ = [
    "AUTO", "PREFERENCE", "DetectorChoice", "choose_detector", "detectors_at_hand", "is_named",
]  # fmt: skip

AUTO = "auto"
"""The name of a choice that is left to TACAN: the one made here, or that of tiles."""
SHIPPED = "street"
"""The one that is always here: TACAN's own."""
FETCHED = "yolox:nano"
"""What is fetched where only that one is here, and fetching is allowed: small and fast."""

PREFERENCE = (
    "rfdetr:large",
    "rfdetr:medium",
    "rfdetr:small",
    "rfdetr:nano",
    "torchvision:fasterrcnn_resnet50_fpn_v2",
    "torchvision:retinanet_resnet50_fpn_v2",
    "yolox:s",
    "torchvision:fcos_resnet50_fpn",
    "torchvision:fasterrcnn_resnet50_fpn",
    "torchvision:retinanet_resnet50_fpn",
    "yolox:tiny",
    "torchvision:fasterrcnn_mobilenet_v3_large_fpn",
    "yolox:nano",
    "torchvision:ssd300_vgg16",
    "torchvision:fasterrcnn_mobilenet_v3_large_320_fpn",
    "torchvision:ssdlite320_mobilenet_v3_large",
    SHIPPED,
)
"""Detectors that have names, best first: by the mean average precision on COCO that their makers
publish, and ours last, which has seen nobody real. Others need an entry in `_FILES`."""

_FILES = {
    "yolox": r"yolox_{name}\.onnx",
    "rfdetr": r"rf-detr-{name}(-\d+)?\.pth",
    "torchvision": r"{name}(_coco)?-[0-9a-f]{{8}}\.pth",
}
"""The names of the files in the weights folder, by kind: whoever has one has fetched it."""
_PACKAGES = {"rfdetr": "rfdetr"}
"""What a kind needs that TACAN doesn't bring."""


@dataclass(frozen=True, slots=True)
class DetectorChoice:
    """A detector by name, and why it was chosen, in a line for people."""

    spec: str
    text: str


def choose_detector(*, before: str | None = None, fetch: bool = False) -> DetectorChoice:
    """The best detector of `PREFERENCE` that is here, or the one used `before`, if it is here.

    Where only `SHIPPED` is here, `fetch` allows `FETCHED` (or the one used before) to be downloaded
    when it is opened.
    """
    here = [*detectors_at_hand()]
    earlier = before if before is not None and is_named(before) else None
    if earlier is not None and (fetch or earlier in here):
        better = f"; {here[0]} is here too" if here and here[0] != earlier else ""
        return DetectorChoice(earlier, f"Detector: {earlier}, as before{better}.")
    missing = "" if earlier is None else f"; {earlier}, used before, is not here"
    if here != [SHIPPED]:
        return DetectorChoice(here[0], f"Detector: {here[0]}, the best that is here{missing}.")
    if fetch:
        return DetectorChoice(FETCHED, f"Detector: {FETCHED}, which is fetched.")
    return DetectorChoice(
        SHIPPED,
        f"Detector: {SHIPPED}, which ships{missing}. `--detector {FETCHED} --fetch` (3.7 MB, "
        "Apache-2.0) sees more, as does a file that you have: docs/detectors.md.",
    )


def detectors_at_hand() -> tuple[str, ...]:
    """The detectors of `PREFERENCE` that are on this machine, best first."""
    return tuple(spec for spec in PREFERENCE if _is_here(spec))


def is_named(spec: str) -> bool:
    """Whether a detector is known by its name alone, so that it can be found again."""
    return spec in PREFERENCE


def _is_here(spec: str) -> bool:
    if spec == SHIPPED:
        return True
    kind, _, name = spec.partition(":")
    package = _PACKAGES.get(kind)
    if package is not None and find_spec(package) is None:
        return False
    pattern = re.compile(_FILES[kind].format(name=re.escape(name)))
    folder = weights_folder()
    return folder.is_dir() and any(pattern.fullmatch(file.name) for file in folder.iterdir())
