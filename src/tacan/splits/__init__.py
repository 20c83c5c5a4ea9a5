"""The runner of numbered splits: one result on iLIDS-VID or PRID-2011 is a mean over ten.

Where the vectors come from is one of two parts: `tacan.splits.embed_once.EmbedOnce` (one model for
all splits) or `tacan.splits.train_each.TrainEach` (a model of its own for each).
"""

from tacan.evaluation.summary import Summary, summarise
from tacan.splits.choice import Halves, SplitChoice, parse_numbers
from tacan.splits.run import SplitResult, SplitsRecord, run_splits
from tacan.splits.stages import Listeners, Stage, VectorSource

__all__ = [
    "Halves",
    "Listeners",
    "SplitChoice",
    "SplitResult",
    "SplitsRecord",
    "Stage",
    "Summary",
    "VectorSource",
    "parse_numbers",
    "run_splits",
    "summarise",
]
