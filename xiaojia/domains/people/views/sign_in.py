from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.people.accounts import codes, rules, second_step, sign_ins
from xiaojia.domains.people.forms import CodeForm, PhoneForm, SecondStepForm, SignInForm
from xiaojia.domains.people.models import Account, SignInCode
from xiaojia.domains.people.queries import account_by_id
from xiaojia.kernel import clock, limits, outbox
from xiaojia.kernel.masking import mask_phone
from xiaojia.kernel.requests import address_of

HALF: Final = "half_signed_in"
CODE: Final = "sign_in_code"
HALF_SECONDS: Final = 10 * 60
"""So long somebody may take between the first step and the second."""


def sign_in(request: HttpRequest) -> HttpResponse:
    """By name and password; who has a second step goes there first."""
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        username = form.cleaned_data["username"]
        if _too_many_tries(request, username):
            form.add_error(None, _("这个登录名试得太多了，先歇 15 分钟再来；忘了密码就请管理员重设。"))
        else:
            account = auth.authenticate(request, username=username, password=form.cleaned_data["password"])
            if isinstance(account, Account):
                limits.forgive(_key(username))
                return _first_step_done(request, account, next_url=_next(request))
            form.add_error(None, _("登录名或密码不对；看看大小写，再试一次。"))
    status = 422 if form.errors else 200
    context = {"form": form, "next": _next(request), "has_sms": outbox.is_open("sms")}
    return render(request, "people/sign_in.html", context, status=status)


def sign_in_phone(request: HttpRequest) -> HttpResponse:
    """Ask for a code. The answer is the same for every number."""
    form = PhoneForm(request.POST or None)
    has_sms = outbox.is_open("sms")
    if request.method == "POST" and has_sms and form.is_valid():
        phone = form.cleaned_data["phone"]
        code_id = codes.ask_to_sign_in(phone=phone, address=address_of(request), at=clock.now())
        request.session[CODE] = {"id": str(code_id), "to": mask_phone(phone), "next": _next(request)}
        return redirect("sign_in_code")
    status = 422 if form.errors else 200
    context = {"form": form, "next": _next(request), "has_sms": has_sms}
    return render(request, "people/sign_in_phone.html", context, status=status)


def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Type the code that came."""
    asked: Mapping[str, Any] | None = request.session.get(CODE)
    if asked is None:
        return redirect("sign_in_phone")
    form = CodeForm(request.POST or None)
    is_over = False
    if request.method == "POST" and form.is_valid():
        checked = codes.check(
            code_id=UUID(asked["id"]),
            purpose=SignInCode.Purpose.SIGN_IN,
            typed=form.cleaned_data["code"],
            at=clock.now(),
        )
        if checked.account is not None:
            del request.session[CODE]
            return _first_step_done(request, checked.account, next_url=asked["next"])
        form.add_error("code", checked.sentence or _("这个登录名停用了；请问问管理员。"))
        is_over = checked.is_over
    status = 422 if form.errors else 200
    context = {"form": form, "to": asked["to"], "minutes": rules.CODE_MINUTES, "is_over": is_over}
    return render(request, "people/sign_in_code.html", context, status=status)


def sign_in_second(request: HttpRequest) -> HttpResponse:
    """The second step, for whoever has done the first one within ten minutes."""
    half: Mapping[str, Any] | None = request.session.get(HALF)
    at = clock.now()
    if half is None or at.timestamp() - half["at"] > HALF_SECONDS:
        return redirect("sign_in")
    form = SecondStepForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        account = account_by_id(half["account"])
        if account is None or half["seen"] != account.get_session_auth_hash():
            return redirect("sign_in")
        try:
            is_right = second_step.passes(account=account, typed=form.cleaned_data["code"], at=at)
        except second_step.TooManyTries as refusal:
            form.add_error(None, refusal.sentence)
        else:
            if is_right:
                del request.session[HALF]
                enter(request, account)
                return redirect(half["next"])
            form.add_error("code", _("码不对；每个码只能用一次，等手机上换一个再写。"))
    status = 422 if form.errors else 200
    return render(request, "people/sign_in_second.html", {"form": form}, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    sign_ins.forget(request.session.session_key or "")
    auth.logout(request)
    return redirect("sign_in")


def enter(request: HttpRequest, account: Account) -> None:
    """Sign the account in in this browser, and note the browser among its sign-ins."""
    sign_ins.forget(request.session.session_key or "")
    auth.login(request, account)
    if request.session.session_key is None:  # another person sat here: that session was thrown away
        request.session.save()
    sign_ins.begin(
        account=account,
        session_key=request.session.session_key or "",
        user_agent=request.headers.get("user-agent", ""),
        address=address_of(request),
        at=clock.now(),
    )
    request.session[sign_ins.LISTED] = True


def _first_step_done(request: HttpRequest, account: Account, *, next_url: str) -> HttpResponse:
    if not second_step.is_on(account):
        enter(request, account)
        return redirect(next_url)
    # A session id from before knows nothing of this first step.
    request.session.cycle_key()
    request.session[HALF] = {
        "account": account.pk,
        "seen": account.get_session_auth_hash(),
        "at": clock.now().timestamp(),
        "next": next_url,
    }
    return redirect("sign_in_second")


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if is_ours else "/"


def _key(username: str) -> str:
    return f"sign-in:{username.casefold()[:40]}"


def _too_many_tries(request: HttpRequest, username: str) -> bool:
    """Count this try against the name and the address, whether or not such a name exists."""
    at, seconds = clock.now(), rules.WINDOW_SECONDS
    network = rules.network_of(address_of(request))
    spent = [
        limits.is_spent(_key(username), most=rules.PASSWORDS_A_WINDOW, seconds=seconds, at=at),
        limits.is_spent(
            f"sign-in-from:{network}", most=rules.PASSWORDS_OF_AN_ADDRESS, seconds=seconds, at=at
        ),
    ]
    return any(spent)
