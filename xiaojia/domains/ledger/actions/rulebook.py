"""The table of rules: it begins as domain.md 4.3, each community changes its own, version by version."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.access import MAY, visible_rules
from xiaojia.domains.ledger.actions.posting import open_account
from xiaojia.domains.ledger.models import Account, Pointbudget, Rule, Ruleversion
from xiaojia.domains.ledger.queries.rulebook import outstanding, version_on
from xiaojia.domains.ledger.rules import (
    ACCOUNT_KINDS,
    DEFAULT_RULES,
    FEN_PER_POINT,
    LEAST_REASON_LETTERS,
    WALLET_KINDS,
    RuleText,
    forbidden_in,
    is_over_budget,
)
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


@transaction.atomic
def open_rules(*, by: Actor, at: datetime, on: date) -> int:
    """Begin with the default table and the shared accounts; how many rules were new (twice: none)."""
    require(MAY, "change_rule", by, by.community_id)
    for kind in ACCOUNT_KINDS:
        if kind not in WALLET_KINDS:
            open_account(by.community_id, kind)
    known = set(visible_rules(by).values_list("code", flat=True))
    fresh = [rule for rule in DEFAULT_RULES if rule.code not in known]
    for rule in fresh:
        _write(rule, by=by, at=at, on=on)
    if fresh:
        audit.record(by=by, at=at, verb="open_rules", kind="rule", ids=[rule.code for rule in fresh])
    return len(fresh)


@transaction.atomic
def change_rule(*, by: Actor, at: datetime, on: date, rule: RuleText, ends: bool = False) -> Ruleversion:
    """A new version of a rule from `on`; an unknown code is a new rule. Deeds done before keep theirs.

    Refused: words of punishment or of rights (P12), and more points while the budget is used up.
    """
    require(MAY, "change_rule", by, by.community_id)
    if len(rule.text.strip()) < LEAST_REASON_LETTERS - 2:
        raise Refused(_("规则没有改，因为没写清做什么；写上再保存。"))
    if word := forbidden_in(rule.text):
        raise Refused(
            _("规则没有改，因为里头有“%(word)s”：积分只记好事，不罚人，也不跟待遇挂钩；换个说法。")
            % {"word": word}
        )
    before = version_on(rule.code, viewer=by, on=on)
    gives_more = before is None or rule.points > before.points
    budget = Pointbudget.objects.select_for_update().filter(community_id=by.community_id).first()
    if gives_more and not ends and budget is not None:
        out = outstanding(viewer=by)
        if is_over_budget(
            outstanding=out, fen_per_point=budget.fen_per_point, budget_yuan=budget.budget_yuan
        ):
            raise Refused(
                _(
                    "规则没有加，因为还没兑的 %(out)d 分已经够上批下来的 %(yuan)d 元；"
                    "挣到的分照样算数，等兑掉一些或者批了新的钱再加。"
                )
                % {"out": out, "yuan": budget.budget_yuan}
            )
    version = _write(rule, by=by, at=at, on=on, ends=ends)
    audit.record(
        by=by, at=at, verb="change_rule", kind="rule", ids=[version.pk],
        detail={"code": rule.code, "points": rule.points, "ends": ends},
    )  # fmt: skip
    return version


def _write(rule: RuleText, *, by: Actor, at: datetime, on: date, ends: bool = False) -> Ruleversion:
    row, _is_new = Rule.objects.get_or_create(community_id=by.community_id, code=rule.code)
    Rule.objects.select_for_update().get(pk=row.pk)
    last = row.versions.order_by("-number").first()
    if last is not None and last.valid_from_on >= on:
        raise Refused(
            _("规则没有改，因为 %(day)s 起的那一版已经定了；新的一版写晚一天。")
            % {"day": f"{last.valid_from_on.month}月{last.valid_from_on.day}日"}
        )
    return Ruleversion.objects.create(
        community_id=by.community_id, rule=row, number=last.number + 1 if last else 1, text=rule.text.strip(),
        points=rule.points, per=rule.per, cap_day=rule.cap_day, cap_month=rule.cap_month, proof=rule.proof,
        valid_from_on=on, ends=ends, made_at=at, made_by_id=by.account_id,
    )  # fmt: skip


@transaction.atomic
def change_budget(
    *, by: Actor, at: datetime, budget_yuan: int, fen_per_point: int = FEN_PER_POINT
) -> Pointbudget:
    """What was approved for points, and what one point is worth in the store."""
    require(MAY, "change_budget", by, by.community_id)
    row, _is_new = Pointbudget.objects.update_or_create(
        community_id=by.community_id,
        defaults={
            "budget_yuan": budget_yuan, "fen_per_point": fen_per_point, "set_at": at,
            "set_by_id": by.account_id,
        },
    )  # fmt: skip
    audit.record(
        by=by, at=at, verb="change_budget", kind="pointbudget", ids=[row.pk],
        detail={"budget_yuan": budget_yuan, "fen_per_point": fen_per_point},
    )  # fmt: skip
    return row


def shared_account(by: Actor, kind: str) -> int:
    """The id of a shared account of this community; made if it is not there yet."""
    row = Account.objects.filter(community_id=by.community_id, kind=kind, member__isnull=True).first()
    return row.pk if row else open_account(by.community_id, kind)
