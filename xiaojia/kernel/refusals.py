"""A refusal is one sentence that a resident can read: what, why, and what to do now."""

from __future__ import annotations


class Refused(Exception):
    """Base of every "no" that a person may see.

    `sentence` says what cannot be done, why, and what to do now. `where_url` and `where_label`, when
    given, name the page that does it. Nothing that was typed is lost: views show the sentence
    beside the unchanged form.
    """

    status = 409

    def __init__(self, sentence: str, *, where_url: str = "", where_label: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.where_url = where_url
        self.where_label = where_label


class NotAllowed(Refused):
    """The role or the place of this person does not cover what was asked for (P06)."""

    status = 403
