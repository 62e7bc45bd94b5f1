from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from xiaojia.desks.accounts.forms import TwiceForm
from xiaojia.domains.people.access import MAY
from xiaojia.domains.people.accounts import office
from xiaojia.domains.teams.access import visible_tenures
from xiaojia.domains.teams.queries import tenures_of
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import ROLES, Actor
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.requests import actor_of

ORDER: Final = list(ROLES)


def accounts(request: HttpRequest) -> HttpResponse:
    """Who may sit at a desk today, and how they come in."""
    viewer, on = actor_of(request), clock.today()
    require(MAY, "see_accounts", viewer, viewer.community_id)
    tenures = [
        t
        for t in visible_tenures(viewer).select_related("account", "microgrid").order_by("id")
        if t.from_on <= on and (t.until_on is None or t.until_on > on)
    ]
    found = {t.account_id: t.account for t in tenures}
    doors = office.doors(found.values(), viewer=viewer)
    tenures.sort(key=lambda t: (ORDER.index(t.role), t.microgrid.number if t.microgrid else 0, t.pk))
    rows = [(t, ROLES[t.role], doors[t.account_id]) for t in tenures]
    return render(request, "accounts/accounts.html", {"rows": rows})


def one(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account: write its phone down, take its second step away, sign it out everywhere."""
    by, at = actor_of(request), clock.now()
    require(MAY, "see_accounts", by, by.community_id)
    account = _own_account(by, account_id, on=clock.today(at))
    form = TwiceForm(request.POST if request.POST.get("do") == "phone" else None)
    if request.method == "POST":
        _only_ours(by, account_id, on=clock.today(at))
        told = _done(request.POST.get("do", ""), form, by=by, account=account, at=at)
        if told:
            messages.success(request, told)
            return redirect("accounts:one", account_id=account_id)
    context = {
        "form": form,
        "account": account,
        "door": office.doors([account], viewer=by)[account.pk],
        "is_own": account_id == by.account_id,
    }
    return render(request, "accounts/one.html", context, status=422 if form.errors else 200)


def _done(do: str, form: TwiceForm, **who: Any) -> str:
    """Do one thing; what to say of it, '' when the form has something to mend."""
    if do == "phone" and form.is_valid():
        try:
            office.set_account_phone(phone=form.cleaned_data["phone"], **who)
        except Refused as refusal:
            form.add_error("phone", refusal.sentence)
            return ""
        return _("手机号记下了，下回用它登录。")
    if do == "second_step":
        office.end_second_step(**who)
        return _("第二步关掉了，别的地方也都退出了。")
    if do == "sign_out":
        office.end_sign_ins(**who)
        return _("这个人在所有地方都退出了。")
    return ""


def _own_account(by: Actor, account_id: int, *, on: date) -> Any:
    """The account of somebody who serves here today; anybody else's looks as if it did not exist."""
    for tenure in tenures_of(account_id, on=on).select_related("account"):
        if tenure.community_id == by.community_id:
            return tenure.account
    raise Http404


def _only_ours(by: Actor, account_id: int, *, on: date) -> None:
    """Nobody comes in as another secretary, or as somebody of another community, by way of this page."""
    if account_id == by.account_id:
        raise NotAllowed(
            _("自己的登录在“登录与安全”里改，这里只帮别人。"),
            where_url="/security/",
            where_label=_("去登录与安全"),
        )
    for tenure in tenures_of(account_id, on=on):
        if tenure.role == "secretary" or tenure.community_id != by.community_id:
            raise NotAllowed(
                _("这个人的登录您现在动不了，因为他也是书记，或者还在别的社区任职；请管理员用命令来改。")
            )
