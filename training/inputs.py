"""What the shipped model was trained on: the files that come from elsewhere, by their SHA-256."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from training.corpora import checksum

CHECKSUMS: Final = {
    "e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    "tokenizer.json": "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
    "en-annotated.tsv": "26ac0254fbdb8b09cf2b00d44041d9084ece31bd200ae7c0e0662fbd8b037d98",
    "es-projections.tsv": "5e857aa6e4a09e5dd7e2029439fac60d555a452d8b5ead099f1be7ee7ea3c38e",
    "neu_en.txt": "6e8b38af83b80fb64ec1139007973b1f09ec16d48549e82de22423cdba259f08",
    "pairs-es.txt": "1e6861ac7d4d1beb03df1e7679b10eca5970752a75a3c7dc7f1f25db5132fae8",
}


class OtherInput(ValueError):
    """A file is not the one that the shipped model was trained on."""


def check_inputs(paths: Iterable[Path], expected: Mapping[str, str] = CHECKSUMS) -> None:
    """Compare files with their checksums, which are found by the files' names.

    Raises
    ------
    OtherInput
        At the first that differs or is not there; its message names it.
    """
    for path in paths:
        if not path.is_file():
            raise OtherInput(f"{path} is not there")
        found = checksum(path)
        if found != expected.get(path.name):
            raise OtherInput(
                f"{path}: its SHA-256 is {found}, not {expected.get(path.name)};"
                " --other-inputs goes on all the same"
            )
