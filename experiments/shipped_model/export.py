"""A run's model, in float16, as the model that ships with the package.

    python experiments/shipped_model/export.py runs/street src/tacan/shipped/street --clip-len 4

The clip length can be set anew, because plain means over frames have no weights that depend on it.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from tacan.model import load_model, save_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--clip-len", type=int, default=1)
    chosen = parser.parse_args()
    saved = load_model(chosen.run / "model")
    config = saved.config.model_copy(update={"clip_len": chosen.clip_len})
    chosen.out.mkdir(parents=True, exist_ok=True)
    fingerprint = save_model(chosen.out, saved.model, config, notes=saved.notes, half=True)
    shutil.copy(chosen.run / "log.csv", chosen.out / "training_log.csv")
    print(f"{chosen.out}: {fingerprint}")


if __name__ == "__main__":
    main()
