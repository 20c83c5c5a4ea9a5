"""Table 4: iLIDS-VID and PRID-2011, where a result is a mean over ten splits, each trained anew."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from tacan.errors import StorageError
from tacan.evaluation.summary import Summary, measures, summarise
from tacan.files import write_text
from tacan.paper.plain_table import PlainTable
from tacan.paper.published import TABLE_4, Published
from tacan.paper.rivals import TACAN_ROWS
from tacan.paper.variants import Variant, variant_config
from tacan.progress import StageListener, unheard
from tacan.splits import Listeners, SplitChoice, run_splits
from tacan.splits.vector_source import Extraction

__all__ = [
    "SPLITS_PROTOCOL",
    "SPLIT_RUNS",
    "SplitsRow",
    "collect_split_results",
    "run_split_rows",
    "splits_json",
    "splits_table",
]

SPLITS_PROTOCOL = "two-camera"
SPLIT_RUNS = "rows-splits"
RESULT = "result.json"
DATASETS = tuple(TABLE_4)
COLUMNS = ("mAP", "Rank-1", "Rank-5", "Rank-20")

Scores = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SplitsRow:
    """A row on a data set: for each seed the scores of each split by its number, as fractions."""

    dataset: str
    variant: Variant
    results: Mapping[int, Mapping[str, Scores]]

    @property
    def over_splits(self) -> Summary:
        """The mean over the splits, each the mean over its seeds, and the deviation over splits."""
        numbers = sorted({number for seed in self.results.values() for number in seed}, key=int)
        each = []
        for number in numbers:
            found = [splits[number] for splits in self.results.values() if number in splits]
            each.append({name: fmean(scores[name] for scores in found) for name in found[0]})
        return summarise(each)

    @property
    def over_seeds(self) -> Summary:
        """The mean and deviation over the seeds, each the mean over its splits."""
        return summarise(
            [
                {name: fmean(s[name] for s in splits.values()) for name in COLUMNS}
                for splits in self.results.values()
            ]
        )

    @property
    def published(self) -> Published | None:
        return TABLE_4[self.dataset].get("TACAN") if self.variant.paper else None


def run_split_rows(
    choices: Sequence[SplitChoice],
    base: Path,
    out: Path,
    *,
    variants: Sequence[Variant],
    seeds: Sequence[int],
    overrides: Mapping[str, Any],
    device: str = "auto",
    fetch: bool = False,
    listener: StageListener = unheard,
) -> None:
    """Trains and tests every row with every seed on every split of `choices`, in `out`.

    What is finished is not done again. Raises what `tacan.splits.run_splits` raises.
    """
    from tacan.splits.train_each import TrainEach, training_config  # the networks take seconds

    for seed in seeds:
        for variant in variants:
            for choice in choices:
                settings = variant_config(variant, base, {**overrides, "run.seed": seed})
                plain = _without_data(settings.model_dump(mode="json"))
                config = training_config(base, plain, choice)
                folder = out / choice.dataset / variant.name / f"seed-{seed}"
                source = TrainEach(config, extraction=Extraction(device=device), fetch=fetch)
                record = run_splits(
                    choice,
                    source,
                    folder,
                    protocols=(SPLITS_PROTOCOL,),
                    listeners=Listeners(stage=listener),
                )
                content = {
                    "dataset": choice.dataset,
                    "variant": choice.variant,
                    "row": variant.name,
                    "seed": seed,
                    "splits": {
                        str(split.number): measures(split.evaluations[SPLITS_PROTOCOL])
                        for split in record.splits
                    },
                }
                write_text(folder / RESULT, json.dumps(content, indent=2) + "\n")


def collect_split_results(out: Path) -> list[SplitsRow]:
    """The rows of all results in `out`, by data set, in the table's order. Raises `StorageError`
    for a damaged one."""
    rows = []
    for dataset in DATASETS:
        for name, variant in TACAN_ROWS.items():
            results: dict[int, Mapping[str, Scores]] = {}
            for path in sorted((out / dataset / name).glob(f"seed-*/{RESULT}")):
                try:
                    content = json.loads(path.read_text(encoding="utf-8"))
                    results[int(content["seed"])] = dict(content["splits"])
                except (OSError, ValueError, TypeError, KeyError) as error:
                    raise StorageError(
                        "a row's result must be as it was written",
                        got=f"{path}: {error}",
                        remedy="Delete it and run the table again.",
                    ) from error
            if results:
                rows.append(SplitsRow(dataset, variant, dict(sorted(results.items()))))
    return rows


def splits_table(rows: Sequence[SplitsRow]) -> PlainTable:
    """In percent: the mean over splits, with the deviation over splits."""
    lines = []
    for row in rows:
        over, seeds = row.over_splits, row.over_seeds
        spread = "" if seeds.std is None else f"{100 * seeds.std['mAP']:.1f}"
        lines.append(
            (
                f"{row.dataset}: {row.variant.title}",
                str(over.n),
                str(seeds.n),
                *(_spread(over, name) for name in COLUMNS),
                spread,
                *_paper(row.published),
            )
        )
    for dataset in dict.fromkeys(row.dataset for row in rows):
        for name, printed in TABLE_4[dataset].items():
            if name != "TACAN":
                empty = ("",) * (len(COLUMNS) + 3)
                lines.append((f"{dataset}: {name}, only published", *empty, *_paper(printed)))
    head = ("row", "splits", "seeds", *COLUMNS, "mAP, ± over seeds", "paper: mAP", "Rank-1")
    return PlainTable(head, tuple(lines))


def splits_json(rows: Sequence[SplitsRow]) -> list[dict[str, Any]]:
    return [
        {
            "dataset": row.dataset,
            "row": row.variant.name,
            "title": row.variant.title,
            "n_splits": row.over_splits.n,
            "mean": dict(row.over_splits.mean),
            "std_over_splits": dict(row.over_splits.std) if row.over_splits.std else None,
            "std_over_seeds": dict(row.over_seeds.std) if row.over_seeds.std else None,
            "seeds": {str(seed): splits for seed, splits in row.results.items()},
        }
        for row in rows
    ]


def _without_data(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted settings, without those of `data` that the choice of splits decides."""
    kept = {"validation_share", "workers", "memory"}
    return {
        f"{section}.{name}": value
        for section, values in settings.items()
        for name, value in values.items()
        if section != "data" or name in kept
    }


def _spread(summary: Summary, name: str) -> str:
    mean = f"{100 * summary.mean[name]:.1f}"
    return mean if summary.std is None else f"{mean} ± {100 * summary.std[name]:.1f}"


def _paper(printed: Published | None) -> tuple[str, str]:
    scores = printed.scores if printed else {}
    first, second = (f"{scores[n]:.1f}" if n in scores else "" for n in ("mAP", "Rank-1"))
    return first, second
