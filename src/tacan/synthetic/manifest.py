"""The manifest of whatever is generated: a JSON file that names the command that made it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tacan.errors import DatasetLayoutError
from tacan.files import write_text

__all__ = ["read_made_by", "write_made_by"]


def read_made_by(command: str, path: Path, *, rule: str, remedy: str) -> dict[str, Any]:
    """What `write_made_by` wrote for `command`; `DatasetLayoutError` where it is not that."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        manifest = {"made_by": f"nobody: {error}"}
    if not isinstance(manifest, dict) or manifest.get("made_by") != command:
        raise DatasetLayoutError(
            rule,
            got=path if not isinstance(manifest, dict) else f"{path}: {manifest.get('made_by')}",
            remedy=remedy,
        )
    return manifest


def write_made_by(command: str, path: Path, content: dict[str, Any]) -> None:
    """Writes `content` with its maker to `path`."""
    manifest = {"made_by": command, **content}
    write_text(path, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
