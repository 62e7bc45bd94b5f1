from __future__ import annotations

from django.contrib import auth
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.people.forms import SignInForm

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
