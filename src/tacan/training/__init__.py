"""Training: from settings and a data set to a run folder with an exported model.

The only room that knows lightning. Its unit is the iteration: one batch, one step.
"""

from tacan.training.stopping import TrainingStopped
from tacan.training.training_log import LogRow
from tacan.training.training_run import RunRecord, train

__all__ = ["LogRow", "RunRecord", "TrainingStopped", "train"]
