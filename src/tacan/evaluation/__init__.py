"""The referee: embeddings or distances to mAP and CMC, under a named protocol."""

from tacan.evaluation.evaluation import Evaluation, evaluate, evaluate_protocols
from tacan.evaluation.protocol import PROTOCOLS
from tacan.evaluation.report import as_json, as_table
from tacan.evaluation.rerank_settings import Reranking
from tacan.evaluation.source import DistanceMatrix
from tacan.evaluation.study import Study, Wishes, study

__all__ = [
    "PROTOCOLS",
    "DistanceMatrix",
    "Evaluation",
    "Reranking",
    "Study",
    "Wishes",
    "as_json",
    "as_table",
    "evaluate",
    "evaluate_protocols",
    "study",
]
