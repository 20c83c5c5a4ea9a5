"""Training: from settings and a data set to a run folder with an exported model.

The only room that knows lightning. Its unit is the iteration: one batch, one step.
"""

from tacan.training.logs import LogRow
from tacan.training.run import RunRecord, train
from tacan.training.stopping import TrainingStopped

__all__ = ["LogRow", "RunRecord", "TrainingStopped", "train"]
