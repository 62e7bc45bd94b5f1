from __future__ import annotations

from django.contrib import auth, messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.people import actions
from xiaojia.domains.people.forms import ConsentForm, SignInForm
from xiaojia.kernel import clock
from xiaojia.kernel.requests import actor_of

TRIES = 8
TRIES_SECONDS = 15 * 60


def sign_in(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        username = form.cleaned_data["username"]
        if _too_many_tries(username):
            form.add_error(None, _("这个登录名试得太多了，先歇 15 分钟再来；忘了密码就请管理员重设。"))
        else:
            account = auth.authenticate(request, username=username, password=form.cleaned_data["password"])
            if account is not None:
                auth.login(request, account)
                cache.delete(_key(username))
                return redirect(_next(request))
            form.add_error(None, _("登录名或密码不对；看看大小写，再试一次。"))
    status = 422 if form.errors else 200
    return render(request, "people/sign_in.html", {"form": form, "next": _next(request)}, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("sign_in")


@require_POST
def consent(request: HttpRequest, household_id: int) -> HttpResponse:
    """A resident says yes to the contact card, or takes it back; somebody of the community writes it down."""
    by, form = actor_of(request), ConsentForm(request.POST)
    if not form.is_valid():
        raise Http404
    resident_id, at = form.cleaned_data["resident"], clock.now()
    if form.cleaned_data["says"] == "yes":
        actions.give_consent(by=by, at=at, resident_id=resident_id, purpose="contact_card")
        messages.success(request, _("记下了：本人同意把姓名和电话给家长看。什么时候都可以收回。"))
    else:
        actions.withdraw_consent(by=by, at=at, resident_id=resident_id, purpose="contact_card")
        messages.success(request, _("收回了。从现在起，家长看不到姓名和电话。"))
    return redirect("household", household_id=household_id)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if is_ours else "/"


def _key(username: str) -> str:
    return f"sign-in:{username.casefold()[:40]}"


def _too_many_tries(username: str) -> bool:
    """Count this try; the counter lives in the database cache, so every web process sees it."""
    key = _key(username)
    cache.add(key, 0, TRIES_SECONDS)
    try:
        return cache.incr(key) > TRIES
    except ValueError:
        return False
