"""The model card of the shipped model, filled in with what was measured."""

from __future__ import annotations

from typing import Any, Final

_CARD: Final = """\
# aura-es-mini, version {version}

A small Spanish sentiment classifier (negative, neutral, positive) for machines on which no better
model can be had. Pages call it "modelo reducido". AURA monitor uses P(negative) of each text.

**Negativity is not risk.** P(negative) tells how a sentence reads. It does not tell how a person
is, and must never be shown as the detection of a risk: on posts of distressed and of other people,
sentiment models of this kind tell the two apart little better than chance (ROC-AUC 0.51 to 0.62),
because both write negative sentences. AURA monitor uses the mean over many texts as one of six
indicators, and shows no single text's score.

## What it is
multilingual-e5-small (Wang et al. 2024; {layers} layers, {hidden} wide, {positions} tokens) with
the {vocabulary} pieces of its vocabulary that Spanish needs, the mean of the last states, and a
linear head of three classes. Weights are stored as bytes, with a scale for each output of a matrix
and each row of embeddings, once, in `model.safetensors`; `model.onnx` is a graph over that file,
and torch reads it too. Both compute in float32: rounding what goes into the matrices to bytes as
well would be twice as fast, and move P(negative) of some held-out texts by more than 0.1. Texts
are prepared by `aura_engine.nlp.normalise`
(form `MINI`: lower case, @usuario, url, runs of letters cut to two, emoji set apart). Texts longer
than the window are cut at sentence ends and averaged by tokens. It loads without a network.

## What it was trained on
| data | texts | licence |
|---|---|---|
| XED, English lines clearly negative, clearly positive, or called neutral by its annotators \
(before pruning) | {english} | CC BY 4.0 |
| XED, Spanish lines clearly negative, clearly positive, or aligned with a neutral English line \
| {xed} | CC BY 4.0 |
| XED, Spanish lines of anticipation or surprise alone, taken as neutral (weight 0.3) | {unsure} \
| CC BY 4.0 |
| sentences written for this project in young Mexican Spanish (weight 3) | {own} | Apache-2.0 |

Base: intfloat/multilingual-e5-small, MIT licence, copyright (c) 2023 Intfloat contributors; its
notice is in `NOTICE`. Starting weights were four-bit copies, see `training/README.md`.
XED: Öhman, Pàmies, Kajava and Tiedemann (2020), *XED: A Multilingual Dataset for Sentiment Analysis
and Emotion Detection*, COLING 2020; Helsinki-NLP/XED, revision 76666d2, Creative Commons
Attribution 4.0 International. We derived weights from it; its lines are not part of this project.
The weights are licensed like the project (Apache-2.0), with these attributions.

## How well it reads
The stored int8 weights, by ONNX Runtime, on texts held out from training (near copies and their
English originals included), with 95 % bootstrap intervals:

| held out | texts | negative ROC-AUC | macro-F1 | expected calibration error |
|---|---|---|---|---|
| own sentences | {own_texts} | {own_auc} | {own_f1} | {own_ece} |
| XED lines | {xed_texts} | {xed_auc} | {xed_f1} | {xed_ece} |

Our own sentences were written and labelled by the project, without a second annotator, and the
held-out third comes from the same hands as the rest: the first row is what it reaches on text like
its training text, no more. XED's labels are projected from English and noisy, which bounds the
second. On tweets of other people, which it has never seen, expect a negative ROC-AUC of about 0.82:
that is what the same base reached when trained on XED alone; this model was not measured on them.

**Calibration.** One temperature ({temperature}), fitted on {calibrating} own sentences by a model
that had not seen them, divides the logits (Guo et al. 2017). It holds for the mix of our own
sentences (a quarter negative); XED's lines are two thirds negative, and P(negative) is too low for
them. Share of negative texts by P(negative):

![reliability](reliability.svg)

## Known failures
{failures}

Do not use it for decisions on a single text, for other languages, or as a filter of content.

Reproduce: `training/README.md`.
"""

FAILURES: Final = """\
- **Irony** that only the situation gives away ("gracias por avisarme a la mera hora") is often
  read as its words.
- **Who and about what** are hardly told apart: a quoted insult, a film plot or a game told in
  dramatic words can count like the writer's own mood.
- **Slang with two faces** ("qué poca madre", "no mames", "me vale") follows the words around it,
  and where there are none, whichever side it had more often in training.
- **Other countries' Spanish**, new slang and code-switching are known only as far as the base
  model knows them.
- **Negated sorrow** is often read as sorrow ("ya no ando agüitada", "ya no estoy enojada contigo"),
  while "no estuvo nada mal" and "ya no lloro por eso" are read rightly.
- **Turns of phrase** seen with one feeling carry it along: "no puedo dejar de llorar" reads as
  glad, since training says "no pude dejar de reír".
- **Very short texts** are judged by one or two words. A text of emoji alone gets no score.\
"""


def model_card(description: dict[str, Any]) -> str:
    """Return the card of the model that `description` describes."""
    training, measured = description["training"], description["measured_on_held_out_texts"]
    figures = {
        f"{name}_{short}": measured[name][long]
        for name in ("xed", "own")
        for short, long in (
            ("texts", "texts"),
            ("auc", "negative_roc_auc"),
            ("f1", "macro_f1"),
            ("ece", "ece"),
        )
    }
    return _CARD.format(
        version=description["version"],
        temperature=training["temperature"],
        failures=FAILURES,
        **description["encoder"],
        **training["texts"],
        **figures,
    )
