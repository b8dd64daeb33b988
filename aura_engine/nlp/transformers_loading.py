"""Load a sequence classifier and its tokenizer, and refuse what would read texts wrongly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from aura_engine.errors import ModelError
from aura_engine.i18n import t
from aura_engine.nlp.checkpoint import Checkpoint
from aura_engine.nlp.classifier import Classes
from aura_engine.nlp.encoding import TextEncoder
from aura_engine.nlp.labels import negative_index
from aura_engine.nlp.quiet import quiet_transformers

# Their position table starts after the padding position.
_OFFSET_POSITIONS: Final = frozenset(
    {"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "longformer", "roberta-prelayernorm"}
)
_PROBE: Final = "Hola, ¿cómo estás?"


@dataclass(frozen=True, slots=True)
class LoadedClassifier:
    """A classifier ready to be given to a backend.

    Attributes
    ----------
    model : PreTrainedModel
        On the CPU, in float32, in evaluation mode.
    encoder : TextEncoder
        Its tokenizer.
    classes : Classes
        How its outputs are read.
    """

    model: Any
    encoder: TextEncoder
    classes: Classes


def load_classifier(checkpoint: Checkpoint, negative_label: str | None) -> LoadedClassifier:
    """Load a checkpoint's tokenizer and model.

    Parameters
    ----------
    checkpoint : Checkpoint
        The files.
    negative_label : str or None
        The negative class of a model whose classes are only called ``LABEL_n``.

    Raises
    ------
    ModelError
        If a file is missing or damaged, if weights of the classifier are absent (they would be
        random), if tokenizer and model do not belong together, or if the classes are unknown.
    """
    with quiet_transformers():
        tokenizer = _load_tokenizer(checkpoint)
        model = _load_model(checkpoint)
    config = model.config
    negative = negative_index(config.id2label, negative_label, checkpoint.name)
    vocabulary = int(model.get_input_embeddings().weight.shape[0])
    prefix, suffix = _special_tokens(checkpoint, tokenizer, config, vocabulary)
    positions = int(getattr(config, "max_position_embeddings", tokenizer.model_max_length))
    if config.model_type in _OFFSET_POSITIONS:
        positions -= int(config.pad_token_id) + 1
    window = min(positions, int(tokenizer.model_max_length))
    if window <= len(prefix) + len(suffix):
        raise ModelError(
            t("nlp.tokenizer_broken", model=checkpoint.name, reason=f"window {window}")
        )
    fast = tokenizer.backend_tokenizer
    fast.no_truncation()
    fast.no_padding()
    return LoadedClassifier(
        model=model.eval(),
        encoder=TextEncoder(
            tokenizer=fast,
            prefix=prefix,
            suffix=suffix,
            window=window,
            vocabulary=vocabulary,
            padding=int(tokenizer.pad_token_id),
            unknown=tokenizer.unk_token_id,
        ),
        classes=Classes(negative, config.problem_type == "multi_label_classification"),
    )


def _load_tokenizer(checkpoint: Checkpoint) -> Any:
    try:
        tokenizer = AutoTokenizer.from_pretrained(checkpoint.directory, local_files_only=True)
    # The tokenizers library raises bare Exception for a file it cannot parse.
    except Exception as error:
        raise ModelError(
            t("nlp.tokenizer_broken", model=checkpoint.name, reason=_first_line(error))
        ) from error
    if not tokenizer.is_fast:
        raise ModelError(t("nlp.tokenizer_broken", model=checkpoint.name, reason="tokenizer.json"))
    return tokenizer


def _load_model(checkpoint: Checkpoint) -> Any:
    try:
        model, report = AutoModelForSequenceClassification.from_pretrained(
            checkpoint.directory,
            local_files_only=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    # Damaged weights surface as errors of safetensors, of pickle or of torch, by format.
    except Exception as error:
        raise ModelError(
            t("nlp.model_broken", model=checkpoint.name, reason=_first_line(error))
        ) from error
    absent = sorted(map(str, report["missing_keys"]))
    if absent:
        raise ModelError(
            t("nlp.weights_absent", model=checkpoint.name, count=len(absent), first=absent[0])
        )
    return model


def _special_tokens(
    checkpoint: Checkpoint, tokenizer: Any, config: Any, vocabulary: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    bare = tokenizer(_PROBE, add_special_tokens=False)["input_ids"]
    whole = tokenizer(_PROBE)["input_ids"]
    padding = tokenizer.pad_token_id
    before = next((i for i in range(len(whole)) if bare and whole[i : i + len(bare)] == bare), None)
    if before is None or all(token == tokenizer.unk_token_id for token in bare):
        reason = t("nlp.probe_unread")
    elif padding is None or config.pad_token_id not in (None, padding):
        reason = t("nlp.padding_differs", tokenizer=padding, model=config.pad_token_id)
    elif max(*whole, padding) >= vocabulary:
        reason = t("nlp.vocabulary_differs", tokenizer=max(*whole, padding), model=vocabulary)
    else:
        return tuple(whole[:before]), tuple(whole[before + len(bare) :])
    raise ModelError(t("nlp.tokenizer_broken", model=checkpoint.name, reason=reason))


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split("\n", 1)[0][:300]
