"""Embeddings or distances to mAP and CMC, under a named protocol."""

from tacan.evaluation.evaluation import Evaluation, evaluate, evaluate_protocols
from tacan.evaluation.options import EvaluationOptions, EvaluationReport, evaluate_all
from tacan.evaluation.protocol import PROTOCOLS
from tacan.evaluation.source import DistanceMatrix
from tacan.retrieval.rerank_settings import Reranking

__all__ = [
    "PROTOCOLS",
    "DistanceMatrix",
    "Evaluation",
    "EvaluationOptions",
    "EvaluationReport",
    "Reranking",
    "evaluate",
    "evaluate_all",
    "evaluate_protocols",
]
