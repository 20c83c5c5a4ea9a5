"""Learning and judging on made-up features, in which one number tells that a clip is hidden."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tacan.adaptation.adapt import FOLDS
from tacan.adaptation.clip_features import ClipFeatures
from tacan.adaptation.footage import Footage
from tacan.adaptation.judge import ADAPTED, AS_IT_WAS, PLAIN_MEAN, choose, judge, scores_of
from tacan.adaptation.learn import learn_weight, others_of
from tacan.adaptation.weigh import LinearWeight, Vectors, plain_mean, put_into, weight_of
from tacan.config import ModelConfig
from tacan.model import ModelFolder, build_model
from tacan.records import Tracklet

N, M, D = 30, 8, 16


def saved_model(**changes) -> ModelFolder:
    config = ModelConfig(
        **(
            {"encoder": "small", "height": 32, "width": 16, "clip_len": 1, "metric": "cosine"}
            | {"embedding_dim": 0}
            | changes
        )
    )
    torch.manual_seed(0)
    return ModelFolder(build_model(config).eval(), config, "f" * 64, {})


START = LinearWeight(torch.zeros(D), torch.tensor(0.0))
"""The plain mean."""


def features(dim: int = D) -> ClipFeatures:
    """People are directions in all but the last number, which is 3 where a clip is hidden: then
    the direction is anybody's."""
    rng = np.random.default_rng(0)
    people = rng.standard_normal((N, 1, dim))
    clean = people + 0.9 * rng.standard_normal((N, M, dim))
    hidden = 4 * rng.standard_normal((N, 2, M, dim))
    clean[..., -1], hidden[..., -1] = 0, 3
    mask = np.arange(M) < rng.integers(5, M + 1, (N, 1))
    return ClipFeatures(
        torch.from_numpy(clean).float(), torch.from_numpy(hidden).float(), torch.from_numpy(mask)
    )


def footage(strangers=(), together=()) -> Footage:
    tracklets = tuple(Tracklet(str(i), 0, 0, Path(), ("a",)) for i in range(N))
    frames = (np.zeros((M, 1), np.int64),) * N
    pairs = [np.array(each, np.int64).reshape(-1, 2) for each in (strangers, together)]
    return Footage(tracklets, frames, pairs[0], pairs[1], "", "", 0, 0)


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return Vectors(saved_model())


def ranks_of(vectors: Vectors, shown: Footage):
    start, made = START, features()
    others = others_of(shown, np.random.default_rng(0).random((N, N)))
    everybody = np.arange(N)
    ranks = {AS_IT_WAS: judge(made, shown, everybody, vectors, start, seed=0)}
    ranks[PLAIN_MEAN] = ranks[AS_IT_WAS]
    ranks[ADAPTED] = np.empty((2, N))
    for fold in range(FOLDS):
        held_out = everybody[fold::FOLDS]
        rest = np.setdiff1d(everybody, held_out)
        learned = learn_weight(made, rest, others, vectors, start, seed=0)
        ranks[ADAPTED][:, held_out] = judge(made, shown, held_out, vectors, learned, seed=0)
    return ranks, learned


def test_what_tells_hidden_clips_is_learned_and_kept(vectors: Vectors) -> None:
    ranks, learned = ranks_of(vectors, footage())
    assert scores_of(ranks[ADAPTED]).hidden > scores_of(ranks[AS_IT_WAS]).hidden + 0.05
    assert choose(ranks) == ADAPTED
    assert learned.weight[-1] < 0
    assert learned.weight.abs().argmax() == len(learned.weight) - 1


def test_strangers_alone_teach_it_too(vectors: Vectors) -> None:
    ranks, _ = ranks_of(vectors, footage(strangers=[(i, (i + 7) % N) for i in range(N)]))
    assert choose(ranks) == ADAPTED


def test_the_same_seed_gives_the_same_weight(vectors: Vectors) -> None:
    one, other = (ranks_of(vectors, footage())[1] for _ in range(2))
    assert torch.equal(one.weight, other.weight)
    assert torch.equal(one.bias, other.bias)


def test_who_is_known_to_be_one_person_is_never_a_stranger() -> None:
    distances = np.random.default_rng(1).random((N, N))
    others = others_of(footage(strangers=[(0, 1), (2, 3)], together=[(0, 1), (4, 5)]), distances)
    assert others.certain[2, 3]
    assert others.certain[3, 2]
    assert not others.certain[0, 1]
    assert not others.likely[4, 5]
    assert not others.likely.diagonal().any()
    nearest = distances.argmin(axis=1)
    assert not others.likely[np.arange(N), nearest].any()
    allowed = others.allowed(np.array([2, 3, 6, 20]))
    assert allowed[0].tolist() == [False, True, False, False]  # it has one for sure: only that


def test_answers_known_to_be_the_same_person_are_no_wrong_ones(vectors: Vectors) -> None:
    start, made = START, features()
    clean = made.clean.clone()
    clean[1] = clean[0]
    made = ClipFeatures(clean, made.hidden, made.mask)
    everybody = np.arange(N)
    known = judge(made, footage(together=[(0, 1)]), everybody, vectors, start, seed=0)
    unknown = judge(made, footage(), everybody, vectors, start, seed=0)
    assert (known >= unknown).all()
    assert known[0, :2].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("plain", "adapted", "kept"),
    [
        (0.0, 0.0, AS_IT_WAS),
        (-0.1, -0.1, AS_IT_WAS),
        (0.0, 0.1, ADAPTED),
        (0.1, 0.05, PLAIN_MEAN),
        (0.05, 0.1, ADAPTED),
    ],
)
def test_the_best_is_kept(plain: float, adapted: float, kept: str) -> None:
    before = np.random.default_rng(0).uniform(0.3, 0.6, (2, N))
    assert (
        choose({AS_IT_WAS: before, PLAIN_MEAN: before + plain, ADAPTED: before + adapted}) == kept
    )


def test_what_may_be_chance_or_costs_natural_footage_is_not_kept() -> None:
    rng = np.random.default_rng(0)
    before = np.full((2, N), 0.5)
    chance = before + rng.permutation(np.r_[np.full(N // 2, 0.2), np.full(N // 2, -0.19)])
    costly = before + np.array([[-0.01], [0.3]])
    assert choose({AS_IT_WAS: before, PLAIN_MEAN: before, ADAPTED: chance}) == AS_IT_WAS
    assert choose({AS_IT_WAS: before, PLAIN_MEAN: before, ADAPTED: costly}) == AS_IT_WAS


@pytest.mark.parametrize("form", ["sigmoid_sum", "sigmoid_mean", "softmax"])
def test_weights_put_into_a_model_are_those_that_were_judged(form: str) -> None:
    saved = saved_model(clip_weight=form)
    dim = len(weight_of(saved).weight)
    clips = torch.randn(3, 4, dim)
    for weight in (plain_mean(saved), LinearWeight(torch.randn(dim), torch.tensor(0.3))):
        put_into(saved, weight)
        assert torch.equal(weight_of(saved).weight, weight.weight)
        scores = clips @ weight.weight + weight.bias
        expected = saved.model.clip_attention.weighting.weights(scores)
        torch.testing.assert_close(saved.model.clip_attention(clips), expected)
    put_into(saved, plain_mean(saved))
    mask = torch.ones(3, 4, dtype=torch.bool)
    mean = saved.model.embedding(clips).mean(1)
    expected = torch.nn.functional.normalize(mean, dim=-1)
    torch.testing.assert_close(Vectors(saved)(clips, mask, weight_of(saved)), expected)
