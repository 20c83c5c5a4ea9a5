"""The runner of numbered splits: one result on iLIDS-VID or PRID-2011 is a mean over ten.

Where the vectors come from is one of two parts: `tacan.splits.embed_once.EmbedOnce` (one model for
all splits) or `tacan.splits.train_each.TrainEach` (a model of its own for each).
"""

from tacan.evaluation.summary import Summary, summarise
from tacan.splits.split_choice import SplitChoice, TrainTestSplit, parse_numbers
from tacan.splits.splits_result import SplitResult, SplitsRecord, run_splits
from tacan.splits.vector_source import Listeners, Stage, VectorSource

__all__ = [
    "Listeners",
    "SplitChoice",
    "SplitResult",
    "SplitsRecord",
    "Stage",
    "Summary",
    "TrainTestSplit",
    "VectorSource",
    "parse_numbers",
    "run_splits",
    "summarise",
]
