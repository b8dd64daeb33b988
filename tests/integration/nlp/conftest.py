"""A tiny RoBERTa with random weights and its tokenizer, saved as the hub would hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import RobertaConfig, RobertaForSequenceClassification, RobertaTokenizerFast

from aura_engine.nlp import mini, torch_backend

CORPUS = [
    "Hoy fue un buen día con mis amigos y mi familia.",
    "Me siento triste y muy cansada de la escuela.",
    "¿A qué hora nos vemos mañana en la plaza?",
    "No quiero ir, otra vez me dejaron en visto 😢",
]
MakeModel = Callable[..., Path]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads that wait for each other make a tiny model slow on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session", autouse=True)
def _no_accelerator() -> Iterator[None]:
    """Half the bits would not give the numbers that these tests compare."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch_backend, "best_device", lambda: torch.device("cpu"))
        patch.setattr(mini, "may_have_accelerator", lambda: False)
        yield


@pytest.fixture(scope="session")
def tokenizer_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tokenizer")
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(
        CORPUS,
        vocab_size=400,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False,
    )
    bpe.save_model(str(directory))
    tokenizer = RobertaTokenizerFast(
        vocab=str(directory / "vocab.json"),
        merges=str(directory / "merges.txt"),
        model_max_length=32,
    )
    saved = tmp_path_factory.mktemp("saved")
    tokenizer.save_pretrained(saved)
    return saved


@pytest.fixture
def make_model(tmp_path: Path, tokenizer_directory: Path) -> MakeModel:
    """Return a function that saves a model with these labels and this seed."""

    def make(
        labels: tuple[str, ...] = ("negative", "neutral", "positive"),
        *,
        seed: int = 0,
        name: str = "model",
        spread: float = 0.5,
        problem_type: str | None = None,
    ) -> Path:
        torch.manual_seed(seed)
        config = RobertaConfig(
            vocab_size=400,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=34,
            initializer_range=spread,
            problem_type=problem_type,
            id2label=dict(enumerate(labels)),
            label2id={label: place for place, label in enumerate(labels)},
        )
        directory = tmp_path / name
        RobertaForSequenceClassification(config).save_pretrained(directory)
        for file in tokenizer_directory.iterdir():
            (directory / file.name).write_bytes(file.read_bytes())
        return directory

    return make
