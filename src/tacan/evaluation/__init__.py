"""The referee: embeddings or distances to mAP and CMC, under a named protocol."""

from tacan.evaluation.evaluation import Evaluation, evaluate, evaluate_protocols
from tacan.evaluation.protocol import PROTOCOLS
from tacan.evaluation.source import DistanceMatrix
from tacan.evaluation.study import Study, Wishes, study
from tacan.retrieval.rerank_settings import Reranking

__all__ = [
    "PROTOCOLS",
    "DistanceMatrix",
    "Evaluation",
    "Reranking",
    "Study",
    "Wishes",
    "evaluate",
    "evaluate_protocols",
    "study",
]
