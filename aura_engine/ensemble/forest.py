"""Third vote: the isolation forest, kept as plain arrays.

scikit-learn grows the forest; scoring reads the grown trees, so that a stored model needs no
pickle and scores with the same bits after it is loaded.

References
----------
F. T. Liu, K. M. Ting, Z.-H. Zhou (2008), Isolation forest, ICDM.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.tree._tree import Tree

EULER_GAMMA = float(np.euler_gamma)


@dataclass(frozen=True, eq=False)
class ForestVote:
    """A grown isolation forest and its frozen threshold.

    Attributes
    ----------
    nodes : structured ndarray of shape (sum of node_counts,)
        scikit-learn's node records of all trees, one tree after the other.
    node_counts, max_depths : ndarray of shape (n_trees,)
    path_lengths : ndarray of shape (sum of node_counts,)
        Depth of each node plus the mean path length of a search among the people it holds.
    scale : float
        n_trees times the mean path length of a search in one tree's sample; 0 for a sample of one.
    threshold : float
        Score below which a person is an anomaly: the ``contamination`` quantile at fit.
    """

    nodes: NDArray[Any]
    node_counts: NDArray[np.int64]
    max_depths: NDArray[np.int64]
    path_lengths: NDArray[np.float64]
    scale: float
    threshold: float

    @classmethod
    def fit_score(
        cls, Z: NDArray[np.float64], *, contamination: float, random_state: int
    ) -> tuple[Self, NDArray[np.float64]]:
        """Grow scikit-learn's IsolationForest on the detectors' input, and score those people.

        Parameters
        ----------
        Z : ndarray, shape (n, 6)
            The detectors' input.
        contamination : float
            Share that counts as anomalous.
        random_state : int
            Seed.

        Returns
        -------
        ForestVote
            The trees, and the score below which a person is an anomaly.
        ndarray, shape (n,)
            What ``scores`` gives for Z.
        """
        # With a contamination scikit-learn would score everyone to find the threshold, and again
        # when asked for the scores.
        model = IsolationForest(random_state=random_state).fit(Z)
        trees = [estimator.tree_ for estimator in model.estimators_]
        states = [tree.__getstate__() for tree in trees]
        lengths = [
            tree.compute_node_depths() + _mean_path_length(tree.n_node_samples) - 1.0
            for tree in trees
        ]
        sample = np.array([model.max_samples_], dtype=np.int64)
        forest = cls(
            nodes=np.concatenate([state["nodes"] for state in states]),
            node_counts=np.array([state["node_count"] for state in states], dtype=np.int64),
            max_depths=np.array([state["max_depth"] for state in states], dtype=np.int64),
            path_lengths=np.concatenate(lengths),
            scale=len(trees) * float(_mean_path_length(sample)[0]),
            threshold=0.0,
        )
        scores = forest.scores(Z)
        threshold = float(np.percentile(scores, 100.0 * contamination))
        return replace(forest, threshold=threshold), scores

    def scores(self, Z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return scikit-learn's ``score_samples``, shape (n,), in [-1, 0): higher = more normal."""
        narrow = Z.astype(np.float32)
        depths = np.zeros(len(Z))
        for tree, lengths in self._trees:
            depths += lengths[tree.apply(narrow)]
        if self.scale == 0:
            return np.full(len(Z), -0.5)
        scores: NDArray[np.float64] = -(2.0 ** (-(depths / self.scale)))
        return scores

    def votes(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return who is an anomaly, shape (n,), from what ``scores`` gave."""
        return scores - self.threshold < 0

    @cached_property
    def _trees(self) -> list[tuple[Tree, NDArray[np.float64]]]:
        ends = np.cumsum(self.node_counts)
        return [
            (
                _restore_tree(self.nodes[end - count : end], int(depth)),
                self.path_lengths[end - count : end],
            )
            for end, count, depth in zip(ends, self.node_counts, self.max_depths, strict=True)
        ]


def _restore_tree(nodes: NDArray[Any], max_depth: int) -> Tree:
    tree = Tree(6, np.ones(1, dtype=np.intp), 1)
    tree.__setstate__(
        {
            "max_depth": max_depth,
            "node_count": len(nodes),
            "nodes": np.ascontiguousarray(nodes),
            "values": np.zeros((len(nodes), 1, 1)),
        }
    )
    return tree


def _mean_path_length(people: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean path length of an unsuccessful search in a tree of n people (Liu et al., equation 1)."""
    length = np.zeros(people.shape)
    length[people == 2] = 1.0
    many = people > 2
    n = people[many]
    length[many] = 2.0 * (np.log(n - 1.0) + EULER_GAMMA) - 2.0 * (n - 1.0) / n
    return length
