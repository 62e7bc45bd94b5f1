"""对外: the duty phone, keys of other programs, what everybody may read. A page of the desks."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.actions.keys import add_apikey, change_duty_phone, end_apikey
from xiaojia.domains.cases.actions.publishing import close_public_service, open_public_service
from xiaojia.domains.cases.outside_forms import KEY_ROLES, ApikeyForm, ContactForm, DutyPhoneForm
from xiaojia.domains.cases.queries.keys import apikeys
from xiaojia.domains.cases.queries.published import duty_phone, service_of
from xiaojia.kernel import clock
from xiaojia.kernel.access import may, require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of

ROLE_WORDS: Final = {str(role): word for role, word in KEY_ROLES}


def home(request: HttpRequest) -> HttpResponse:
    """What stands, and a form for each. A new key is told on the answer to its making, and never again."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "change_duty_phone", viewer, viewer.community_id)
    does, bound, refusal, plain = request.POST.get("does", ""), {}, None, ""
    if request.method == "POST" and does in FORMS:
        bound[does] = FORMS[does](request.POST)
        if bound[does].is_valid():
            try:
                plain = DOES[does](viewer, now, bound[does].cleaned_data)
            except Refused as refused:
                refusal = refused
            else:
                if not plain:
                    return redirect("cases:outside")
                messages.success(request, _("钥匙做好了，只显示这一次。"))
                bound = {}
    is_bad = any(form.errors for form in bound.values())
    context = _context(viewer, bound) | {"refusal": refusal, "plain": plain}
    status = refusal.status if refusal else 422 if is_bad else 200
    answer = render(request, "cases/outside.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _context(viewer: Actor, bound: dict[str, forms.Form]) -> dict[str, Any]:
    phone = duty_phone(viewer.community_id)
    context = {
        "phone": phone,
        "phone_form": bound.get("phone") or DutyPhoneForm(initial={"phone": phone}),
        "may_change_keys": may(MAY, "change_apikey", viewer, viewer.community_id),
    }
    if not context["may_change_keys"]:
        return context
    service = service_of(viewer=viewer)
    return context | {
        "service": service,
        "contact_form": bound.get("open")
        or ContactForm(initial={"contact": service.contact if service else ""}),
        "key_form": bound.get("key") or ApikeyForm(initial={"role": "resident"}),
        "keys": [(key, ROLE_WORDS[key.role]) for key in apikeys(viewer=viewer)],
    }


def _phone(by: Actor, at: Any, values: dict[str, Any]) -> str:
    change_duty_phone(by=by, at=at, phone=values["phone"])
    return ""


def _key(by: Actor, at: Any, values: dict[str, Any]) -> str:
    _row, plain = add_apikey(by=by, at=at, name=values["name"], role=values["role"])
    return plain


def _open(by: Actor, at: Any, values: dict[str, Any]) -> str:
    open_public_service(by=by, at=at, contact=values["contact"])
    return ""


FORMS: Final[dict[str, type[forms.Form]]] = {"phone": DutyPhoneForm, "key": ApikeyForm, "open": ContactForm}
DOES: Final = {"phone": _phone, "key": _key, "open": _open}


@require_POST
def end_key(request: HttpRequest) -> HttpResponse:
    """Take a key back: it opens nothing from now on."""
    name = request.POST.get("name", "")
    end_apikey(by=actor_of(request), at=clock.now(), name=name)
    messages.success(request, _("“%(name)s”的钥匙收回了，现在什么也打不开。") % {"name": name})
    return redirect("cases:outside")


@require_POST
def close_service(request: HttpRequest) -> HttpResponse:
    """Take everything that was published out of sight."""
    close_public_service(by=actor_of(request), at=clock.now())
    messages.success(request, _("公开服务关了，原来公开的都看不到了。"))
    return redirect("cases:outside")
