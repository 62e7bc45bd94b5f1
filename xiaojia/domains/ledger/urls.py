from __future__ import annotations

from django.urls import path

from xiaojia.domains.ledger.views import deeds, kin, members, papers, rules

app_name = "ledger"
urlpatterns = [
    path("", deeds.home, name="home"),
    path("record/", deeds.record, name="record"),
    path("deeds/<int:deed_id>/", deeds.deed, name="deed"),
    path("mine/", members.mine, name="mine"),
    path("mine/join/", members.join_self, name="join_self"),
    path("members/", members.members, name="members"),
    path("members/join/", members.join, name="join"),
    path("members/<int:member_id>/", members.passbook, name="passbook"),
    path("members/<int:member_id>/card/", members.card, name="card"),
    path("members/<int:member_id>/kin/", kin.kin, name="kin"),
    path("members/<int:member_id>/issue/", members.issue, name="issue"),
    path("members/<int:member_id>/donate/", members.donate, name="donate"),
    path("members/<int:member_id>/leave/", members.leave, name="leave"),
    path("members/<int:member_id>/<int:year>/<int:month>/", members.slip, name="slip"),
    path("rules/", rules.rules, name="rules"),
    path("rules/<slug:rule_code>/", rules.change, name="rule"),
    path("budget/", rules.budget, name="budget"),
    path("callbacks/", papers.callbacks, name="callbacks"),
    path("callbacks/<int:deed_id>/", papers.answer_callback, name="answer_callback"),
    path("corrections/", papers.corrections, name="corrections"),
    path("corrections/<int:correction_id>/", papers.settle, name="settle"),
    path("awards/<int:transaction_id>/", papers.correct, name="correct"),
    path("notices/", papers.notices, name="notices"),
    path("notices/<int:notice_id>/", papers.hand, name="hand"),
]
