from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.people.accounts import codes, rules, second_step, sign_ins
from xiaojia.domains.people.actions import set_password
from xiaojia.domains.people.forms import CodeForm, PasswordForm, PhoneForm, SecondStepForm
from xiaojia.domains.people.models import Account, SignInCode
from xiaojia.domains.people.sheets import enrolment_picture
from xiaojia.kernel import clock, limits, outbox
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.masking import mask_phone
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of

PHONE_CODE: Final = "own_phone_code"


def _account(request: HttpRequest) -> Account:
    account = request.user
    if not isinstance(account, Account):
        raise Http404
    return account


def _by(request: HttpRequest) -> Actor | None:
    """The actor, or None for somebody without a desk today: their account is still theirs."""
    by: Actor | None = getattr(request, "actor", None)
    return by


@login_required
def security(request: HttpRequest) -> HttpResponse:
    """登录与安全: where one is signed in, the phone, the second step."""
    account, at = _account(request), clock.now()
    phone = codes.phone_of(account)
    browsers = sign_ins.living(account=account, at=at, life=timedelta(seconds=settings.SESSION_COOKIE_AGE))
    context = {
        "browsers": [(b, b.session_key == request.session.session_key) for b in browsers],
        "phone": mask_phone(phone) if phone else "",
        "has_sms": outbox.is_open("sms"),
        "recovery_count": second_step.recovery_count(account),
    }
    return render(request, "people/security.html", context)


@require_POST
@login_required
def sign_out_one(request: HttpRequest, sign_in_id: int) -> HttpResponse:
    """Another browser of one's own is signed out."""
    if not sign_ins.end_one(
        by=_by(request), account=_account(request), sign_in_id=sign_in_id, at=clock.now()
    ):
        raise Http404
    messages.success(request, _("那一处退出了。"))
    return redirect("security")


@require_POST
@login_required
def sign_out_others(request: HttpRequest) -> HttpResponse:
    """Everywhere else, at once; here one stays."""
    account = _account(request)
    sign_ins.end_others(
        by=_by(request), account=account, keep=request.session.session_key or "", at=clock.now()
    )
    request.session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    messages.success(request, _("别的地方都退出了，只剩这里。"))
    return redirect("security")


@login_required
def own_password(request: HttpRequest) -> HttpResponse:
    """A new password for one's own account; all other browsers are signed out."""
    account, at, form = _account(request), clock.now(), PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key = f"own-password:{account.pk}"
        if limits.is_spent(key, most=rules.PASSWORDS_A_WINDOW, seconds=rules.WINDOW_SECONDS, at=at):
            form.add_error(None, _("试得太多了，先歇 15 分钟再来；忘了密码就请管理员重设。"))
        elif not account.check_password(form.cleaned_data["old"]):
            form.add_error("old", _("现在的密码不对；看看大小写，再试一次。"))
        else:
            try:
                set_password(account, form.cleaned_data["new"])
            except Refused as refusal:
                form.add_error("new", refusal.sentence)
            else:
                keep = request.session.session_key or ""
                sign_ins.end_others(by=_by(request), account=account, keep=keep, at=at)
                request.session[HASH_SESSION_KEY] = account.get_session_auth_hash()
                messages.success(request, _("密码换好了，别的地方都退出了。"))
                return redirect("security")
    status = 422 if form.errors else 200
    return render(request, "people/own_password.html", {"form": form}, status=status)


@login_required
def own_phone(request: HttpRequest) -> HttpResponse:
    """Say which phone is one's own; a code goes there."""
    by, form = actor_of(request), PhoneForm(request.POST or None)
    has_sms = outbox.is_open("sms")
    if request.method == "POST" and request.POST.get("do") == "drop":
        codes.drop_phone(by=by, account=_account(request), at=clock.now())
        messages.success(request, _("手机号去掉了，现在只能用密码登录。"))
        return redirect("security")
    if request.method == "POST" and has_sms and form.is_valid():
        phone = form.cleaned_data["phone"]
        try:
            code_id = codes.ask_for_own_phone(by=by, phone=phone, at=clock.now())
        except Refused as refusal:
            form.add_error("phone", refusal.sentence)
        else:
            request.session[PHONE_CODE] = {"id": str(code_id), "to": mask_phone(phone)}
            return redirect("own_phone_code")
    context = {"form": form, "has_sms": has_sms, "has_phone": bool(codes.phone_of(_account(request)))}
    return render(request, "people/own_phone.html", context, status=422 if form.errors else 200)


@login_required
def own_phone_code(request: HttpRequest) -> HttpResponse:
    """The code that came proves that the phone is in one's hand."""
    by, asked = actor_of(request), request.session.get(PHONE_CODE)
    if asked is None:
        return redirect("own_phone")
    form, is_over = CodeForm(request.POST or None), False
    if request.method == "POST" and form.is_valid():
        at, account = clock.now(), _account(request)
        checked = codes.check(
            code_id=UUID(asked["id"]),
            purpose=SignInCode.Purpose.OWN_PHONE,
            typed=form.cleaned_data["code"],
            at=at,
        )
        if checked.account == account:
            del request.session[PHONE_CODE]
            try:
                codes.keep_phone(by=by, account=account, phone=checked.phone, at=at)
            except Refused as refusal:
                messages.error(request, refusal.sentence)
            else:
                messages.success(request, _("手机号记下了，下回可以用它登录。"))
            return redirect("security")
        form.add_error("code", checked.sentence)
        is_over = checked.is_over
    context = {"form": form, "to": asked["to"], "minutes": rules.CODE_MINUTES, "is_over": is_over}
    return render(request, "people/own_phone_code.html", context, status=422 if form.errors else 200)


@login_required
def own_second_step(request: HttpRequest) -> HttpResponse:
    """Begin a second step, or, when it is in force, end it or take new recovery codes."""
    account = _account(request)
    if second_step.is_on(account):
        return _second_step_in_force(request, account)
    by, at, form = actor_of(request), clock.now(), SecondStepForm(request.POST or None)
    secret = second_step.begin(account=account, at=at)
    if request.method == "POST" and form.is_valid():
        found = _tried(form, lambda typed: second_step.confirm(by=by, account=account, typed=typed, at=at))
        if found:
            return _recovery_sheet(request, found)
    context = {
        "form": form,
        "picture": enrolment_picture(rules.enrolment_address(secret, username=account.username)),
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
    }
    return render(request, "people/second_step.html", context, status=422 if form.errors else 200)


def _second_step_in_force(request: HttpRequest, account: Account) -> HttpResponse:
    at, form = clock.now(), SecondStepForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        is_right = _tried(form, lambda typed: second_step.passes(account=account, typed=typed, at=at))
        if is_right and request.POST.get("do") == "renew":
            return _recovery_sheet(
                request, second_step.renew_recovery(by=_by(request), account=account, at=at)
            )
        if is_right:
            second_step.end(by=_by(request), account=account, at=at)
            messages.success(request, _("第二步关掉了，现在登录只要一步。"))
            return redirect("security")
    context = {"form": form, "recovery_count": second_step.recovery_count(account)}
    return render(request, "people/second_step_on.html", context, status=422 if form.errors else 200)


def _tried(form: SecondStepForm, attempt: Any) -> Any:
    """What the attempt gives; a wrong code or too many tries becomes a sentence on the form."""
    try:
        found = attempt(form.cleaned_data["code"])
    except second_step.TooManyTries as refusal:
        form.add_error(None, refusal.sentence)
        return None
    if not found:
        form.add_error("code", _("码不对；每个码只能用一次，等手机上换一个再写。"))
    return found


def _recovery_sheet(request: HttpRequest, found: list[str]) -> HttpResponse:
    """Recovery codes are shown this once; the page is made to be printed."""
    pairs = [f"{code[:4]} {code[4:]}" for code in found]
    context = {"codes": pairs, "account": _account(request), "now": clock.now()}
    return render(request, "people/recovery_codes.html", context)
