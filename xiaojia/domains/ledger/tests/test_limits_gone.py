"""Limits that one person meets alone, each taken away: what it keeps off then happens."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests import cast
from xiaojia.domains.ledger import actions
from xiaojia.domains.ledger.actions import Done, deeds, rulebook
from xiaojia.domains.ledger.models import Deed
from xiaojia.domains.ledger.rules import RuleText
from xiaojia.domains.ledger.tests.stage import Stage
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered


def _confirmed(here: Stage, role: str, name: str, witness: str = "") -> Deed:
    by = here.actor(role)
    witness_id = here.member(witness) if witness else None
    with entered(by.scope):
        done = Done(here.member(name), "cleanup", cast.TODAY, Decimal(2))
        deed = actions.record_deed(by=by, at=cast.NOW, on=cast.TODAY, done=done)
        return actions.confirm_deed(by=by, at=cast.NOW, deed_id=deed.pk, witness_id=witness_id)


@pytest.mark.parametrize(
    ("role", "name", "witness"), [("head", "head", ""), ("officer", "住户甲", "住户乙")], ids=["own", "house"]
)
def test_without_the_second_person_one_pays_oneself_or_ones_house(
    here: Stage, monkeypatch: pytest.MonkeyPatch, role: str, name: str, witness: str
) -> None:
    with pytest.raises(actions.SecondPerson):
        _confirmed(here, role, name, witness)
    assert here.balance(name) == 0

    def anybody(deed: Deed, **more: object) -> None:
        deed.witness_key = "anybody"

    monkeypatch.setattr(deeds, "_witnessed", anybody)
    assert _confirmed(here, role, name, witness).points == 6
    assert here.balance(name) == 6


def test_without_the_look_at_the_budget_rules_give_on_and_on(
    here: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.give("volunteer", 30)
    rule = RuleText("garden", "给花坛浇水", 1)
    with here.office() as officer:
        actions.change_budget(by=here.actor("secretary"), at=cast.NOW, budget_yuan=5)
        with pytest.raises(Refused, match="够上批下来的 5 元"):
            actions.change_rule(by=officer, at=cast.NOW, on=cast.TODAY, rule=rule)
        monkeypatch.setattr(rulebook, "is_over_budget", lambda **_more: False)
        assert actions.change_rule(by=officer, at=cast.NOW, on=cast.TODAY, rule=rule).points == 1


@pytest.mark.parametrize("text", ["乱扔垃圾扣分", "跟低保挂钩的好事"])
def test_without_the_look_at_its_words_a_rule_could_punish(
    here: Stage, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    with here.office() as officer:

        def change() -> object:
            rule = RuleText("bad", text, 1)
            return actions.change_rule(by=officer, at=cast.NOW, on=cast.TODAY, rule=rule)

        with pytest.raises(Refused):
            change()
        monkeypatch.setattr(rulebook, "forbidden_in", lambda _text: "")
        assert change()
