"""AND, OR and NOT in three values: true, false, unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from api.filter.values import Block, Mask, Term, Truth

if TYPE_CHECKING:
    from collections.abc import Sequence


def join_terms(op: str, terms: Sequence[Term]) -> Term:
    """Join conditions by AND or OR; costly ones are asked last, of the rows still open.

    Parameters
    ----------
    op : {"and", "or"}
    terms : sequence of Term
        At least one.
    """
    ordered = sorted(terms, key=lambda term: term.is_costly)
    join = _judge_all if op == "and" else _judge_any

    def judge(block: Block, needed: Mask) -> Truth:
        return join(ordered, block, needed)

    return Term(judge, is_costly=any(term.is_costly for term in terms))


def _judge_all(terms: Sequence[Term], block: Block, needed: Mask) -> Truth:
    yes, no = np.ones(block.count, dtype=bool), np.zeros(block.count, dtype=bool)
    for term in terms:
        block.deadline.check()
        truth = term.judge(block, needed & ~no)
        yes &= truth.yes
        no |= truth.no
    return Truth(yes, no)


def _judge_any(terms: Sequence[Term], block: Block, needed: Mask) -> Truth:
    yes, no = np.zeros(block.count, dtype=bool), np.ones(block.count, dtype=bool)
    for term in terms:
        block.deadline.check()
        truth = term.judge(block, needed & ~yes)
        yes |= truth.yes
        no &= truth.no
    return Truth(yes, no)


def turn_term(term: Term) -> Term:
    """What holds where the other does not; the unknown stays unknown."""
    def judge(block: Block, needed: Mask) -> Truth:
        truth = term.judge(block, needed)
        return Truth(truth.no, truth.yes)

    return Term(judge, is_costly=term.is_costly)
