"""The referee: embeddings to mAP and CMC, under a named protocol."""

from tacan.evaluation.evaluation import Evaluation, evaluate, evaluate_protocols
from tacan.evaluation.protocol import PROTOCOLS
from tacan.evaluation.report import as_json, as_table

__all__ = ["PROTOCOLS", "Evaluation", "as_json", "as_table", "evaluate", "evaluate_protocols"]
