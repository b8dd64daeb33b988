"""The files of the model that ships with the project, found whole, and what describes them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from aura_engine.domain import REDUCED_LANGUAGE_MODEL
from aura_engine.errors import ModelError
from aura_engine.i18n import t
from aura_engine.nlp.classifier import Classes
from aura_engine.nlp.labels import negative_index
from aura_engine.nlp.normalise import MINI

MINI_NAME: Final = REDUCED_LANGUAGE_MODEL
MINI_DIRECTORY: Final = Path(__file__).with_name("models") / MINI_NAME
DESCRIPTION_FILE: Final = "model.json"
TOKENIZER_FILE: Final = "tokenizer.json"
WEIGHTS_FILE: Final = "model.safetensors"
GRAPH_FILE: Final = "model.onnx"
CHECKED_FILES: Final = (TOKENIZER_FILE, WEIGHTS_FILE, GRAPH_FILE)

_Size = Annotated[int, Field(gt=0, strict=True)]
_Word = Annotated[str, StringConstraints(min_length=1, strict=True)]


@dataclass(frozen=True, slots=True)
class EncoderShape:
    """Sizes of a BERT encoder.

    Attributes
    ----------
    vocabulary, hidden, layers, heads, intermediate, positions : int
        Its sizes.
    epsilon : float
        Of its layer normalisations.
    """

    vocabulary: _Size
    hidden: _Size
    layers: _Size
    heads: _Size
    intermediate: _Size
    positions: _Size
    epsilon: Annotated[float, Field(gt=0, lt=1, strict=True)]

    def as_dict(self) -> dict[str, float]:
        """Return the sizes by name, as the model's description holds them."""
        return asdict(self)


class _Description(BaseModel):
    version: _Word
    id2label: dict[int, _Word]
    encoder: EncoderShape
    sha256: dict[str, _Word]


@dataclass(frozen=True, slots=True)
class MiniFiles:
    """The model's files, found whole.

    Attributes
    ----------
    directory : Path
        Where they are.
    description : dict
        Labels, shape of the encoder, version and checksums.
    revision : str
        Name, version, and the beginning of a checksum of all that a score depends on: the files,
        the labels, the encoder and the form that texts are brought into.
    shape : EncoderShape
        Of the encoder.
    classes : Classes
        How its outputs are read.
    """

    directory: Path
    description: dict[str, Any]
    revision: str
    shape: EncoderShape
    classes: Classes


def find_mini(directory: Path = MINI_DIRECTORY) -> MiniFiles:
    """Read the description and compare each file with its checksum.

    Parameters
    ----------
    directory : Path
        Holds the four files.

    Raises
    ------
    ModelError
        If a file is missing or damaged.
    """
    try:
        described = json.loads((directory / DESCRIPTION_FILE).read_text(encoding="utf-8"))
        checked = _Description.model_validate(described)
        labels = checked.id2label
        if sorted(labels) != list(range(len(labels))):
            raise ValueError(f"{DESCRIPTION_FILE}: id2label")
        classes = Classes(negative_index(labels, None, MINI_NAME))
        for name in CHECKED_FILES:
            with (directory / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != checked.sha256.get(name):
                raise ValueError(f"{name}: sha256")
    except ValidationError as error:
        places = (".".join(map(str, found["loc"])) for found in error.errors())
        raise _damaged(directory, f"{DESCRIPTION_FILE}: {', '.join(places)}") from error
    except (OSError, ValueError, ModelError) as error:
        raise _damaged(directory, str(error)) from error
    return MiniFiles(directory, described, _revision(checked), checked.encoder, classes)


def _revision(description: _Description) -> str:
    whole = json.dumps([description.model_dump(), repr(MINI)], sort_keys=True)
    digest = hashlib.sha256(whole.encode()).hexdigest()
    return f"{MINI_NAME}-{description.version}-{digest[:16]}"


def _damaged(directory: Path, reason: str) -> ModelError:
    return ModelError(t("nlp.mini_damaged", directory=directory, reason=reason))
