from __future__ import annotations

import weakref

import pytest
import torch

from tacan.config import ModelConfig, load_config
from tacan.model import Tacan, build_model
from tacan.model.clip_attention import CLIP_WEIGHTINGS

SMALL = ModelConfig(encoder="small", height=32, width=16, embedding_dim=8, attention_channels=4)


def small(**changes: object) -> Tacan:
    torch.manual_seed(0)
    model = build_model(SMALL.model_copy(update=changes))
    predictor = model.clip_attention.predictor
    if predictor is not None:
        torch.nn.init.normal_(predictor.weight)
    return model.eval()


def frames(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (*shape, 4, 3, 32, 16), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("clip_weight", CLIP_WEIGHTINGS)
@pytest.mark.parametrize("pooling", ["mean", "max", "attention"])
@pytest.mark.parametrize("neck", [False, True])
def test_tracklets_of_a_batch_get_what_each_gets_alone(
    clip_weight: str, pooling: str, neck: bool
) -> None:
    model = small(clip_weight=clip_weight, temporal_pooling=pooling, neck=neck)
    batch, lengths = frames(3, 5), [5, 1, 3]
    mask = torch.arange(5)[None] < torch.tensor(lengths)[:, None]
    together = model(batch, mask)
    for i, length in enumerate(lengths):
        alone = model(batch[i : i + 1, :length])
        for name in ("tracklet_embedding", "metric_embedding"):
            torch.testing.assert_close(
                getattr(together, name)[i], getattr(alone, name)[0], rtol=1e-5, atol=1e-6
            )
        torch.testing.assert_close(together.clip_weights[i, :length], alone.clip_weights[0])
        assert not together.clip_weights[i, length:].any()
        assert not together.clip_embeddings[i, length:].any()


def test_output_shapes() -> None:
    output = small()(frames(2, 3))
    assert output.tracklet_embedding.shape == (2, 8)
    assert output.metric_embedding.shape == (2, 8)
    assert output.clip_embeddings.shape == (2, 3, 8)
    assert output.clip_weights.shape == (2, 3)
    assert output.frame_weights.shape == (2, 3, 4)


def test_padding_does_not_touch_batch_statistics() -> None:
    batch = frames(2, 3)
    mask = torch.tensor([[True, True, False], [True, False, False]])
    padded, packed = small().train(), small().train()
    padded(batch, mask)
    packed(batch[mask][:, None])
    for left, right in zip(padded.encoder.buffers(), packed.encoder.buffers(), strict=True):
        torch.testing.assert_close(left, right)


def test_bytes_and_floats_of_the_same_pixels_agree_and_stay_as_they_are() -> None:
    model, pixels = small(), frames(1, 2)
    before = pixels.clone()
    from_bytes = model(pixels).tracklet_embedding
    floats = pixels.float() / 255
    kept = floats.clone()
    torch.testing.assert_close(model(floats).tracklet_embedding, from_bytes)
    assert torch.equal(pixels, before)
    assert torch.equal(floats, kept)


def test_normalisation_is_the_one_configured() -> None:
    model = small(mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 0.125))
    white = torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)
    expected = torch.tensor([0.9 / 0.5, 0.8 / 0.25, 0.7 / 0.125])
    torch.testing.assert_close(model.normalise(white)[0, :, 0, 0], expected)


@pytest.mark.parametrize("neck", [False, True])
def test_the_neck_stands_between_metric_losses_and_search(neck: bool) -> None:
    output = small(neck=neck).train()(frames(4, 2))
    assert torch.equal(output.metric_embedding, output.tracklet_embedding) is not neck


def test_without_an_embedding_layer_the_vector_has_the_encoders_size() -> None:
    assert small(embedding_dim=0)(frames(1, 2)).tracklet_embedding.shape == (1, 128)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("encoder", "backbone"), [("resnet50", 23_508_032), ("legacy_seresnet50", 26_039_024)]
)
def test_the_papers_sizes(encoder: str, backbone: int) -> None:
    """d = 2048, D = 1024, T = 4 at 224 x 112, and the parameters of every part."""
    config = load_config("paper", {"model.encoder": encoder, "model.weights": None}).model
    model = build_model(config).eval()
    counts = {
        name: sum(parameter.numel() for parameter in part.parameters())
        for name, part in model.named_children()
    }
    assert counts == {
        "encoder": backbone,
        "temporal_pooling": 7 * 4 * 2048 * 256 + 256 + 3 * 256 + 1,
        "clip_attention": 2048 + 1,
        "embedding": 2048 * 1024 + 1024,
        "neck": 0,
    }
    with torch.inference_mode():
        output = model(torch.zeros(1, 2, 4, 3, 224, 112, dtype=torch.uint8))
    assert output.tracklet_embedding.shape == (1, 1024)
    assert output.clip_weights.shape == (1, 2)


def gradients(model: Tacan, accumulate: int, batch: torch.Tensor) -> dict[str, torch.Tensor]:
    """Of a loss that compares all tracklets of the batch with each other."""
    model.accumulate = accumulate
    model.zero_grad()
    output = model(batch)
    loss = torch.cdist(output.tracklet_embedding, output.metric_embedding).std()
    if output.pooling_loss is not None:
        loss = loss + output.pooling_loss
    loss.backward()
    return {
        name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None
    } | {"loss": loss.detach()}


@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize("pooling", ["attention", "parts"])
def test_parts_of_a_batch_have_the_gradients_of_the_whole(pooling: str, recompute: bool) -> None:
    """Also where they are of different sizes, as 12 clips in 5 parts are."""
    model = small(temporal_pooling=pooling, neck=True).double().train()
    for module in model.encoder.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()  # frozen: else each part has statistics of its own
    vars(model.encoder)["recompute"] = recompute
    batch = frames(4, 3)
    whole = gradients(model, 1, batch)
    for accumulate in (2, 5, 12):
        for name, gradient in gradients(model, accumulate, batch).items():
            torch.testing.assert_close(gradient, whole[name], rtol=1e-8, atol=1e-12, msg=name)


def test_the_maps_of_one_part_are_held_at_a_time() -> None:
    model = small().train()
    held: list[weakref.ref[torch.Tensor]] = []
    n_frames = []

    def note(_: object, given: tuple[torch.Tensor], maps: torch.Tensor) -> None:
        assert sum(each() is not None for each in held) <= 1
        held.append(weakref.ref(maps))
        n_frames.append(len(given[0]))

    model.encoder.register_forward_hook(note)
    gradients(model, 4, frames(4, 2))
    assert n_frames == [8] * 8  # two clips of four frames, four times, and again on the way back


def test_batch_statistics_count_each_part_once() -> None:
    batch, parts, by_hand = frames(4, 2), small().train(), small().train()
    gradients(parts, 4, batch)
    for part in batch.flatten(0, 1).chunk(4):
        by_hand.embed_clips(part)
    buffers = dict(by_hand.named_buffers())
    for name, value in parts.named_buffers():
        if not name.startswith("neck"):
            torch.testing.assert_close(value, buffers[name], msg=name)


def test_parts_are_for_training_alone() -> None:
    model = small()
    model.accumulate = 3
    batch = frames(2, 3)
    assert torch.equal(model(batch).tracklet_embedding, small()(batch).tracklet_embedding)
