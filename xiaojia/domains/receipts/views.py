"""查回音: the state and dates of a receipt, for whoever holds its code. One answer to every wrong code."""

from __future__ import annotations

import ipaddress
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from xiaojia.domains.receipts.forms import CodeForm
from xiaojia.domains.receipts.queries import receipt_by_code
from xiaojia.domains.receipts.rules import read_code, spell
from xiaojia.kernel import clock, limits
from xiaojia.kernel.requests import address_of

MOST_LOOKS: Final = 20
"""From one neighbourhood of network addresses in an hour; right answers count as well."""
HOUR: Final = 3600
_NEIGHBOURHOOD: Final = {4: 24, 6: 48}
NO_CODE: Final = "--------"


def home(request: HttpRequest) -> HttpResponse:
    """Type the code."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect("receipt", "".join(c for c in form.cleaned_data["code"] if c.isalnum()) or "0")
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "receipts/home.html", {"form": form}, status=status)


def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """State and dates only. A wrong digit, an unknown code and a code too many get the same page."""
    is_spent = limits.is_spent(
        f"receipt {neighbourhood(address_of(request))}", most=MOST_LOOKS, seconds=HOUR, at=clock.now()
    )
    # The question goes to the database in every case, so that the time tells nothing either.
    found = receipt_by_code(read_code(code) or NO_CODE)
    if found is None or is_spent:
        return render(request, "receipts/none.html", {"form": CodeForm()}, status=404)
    return render(request, "receipts/receipt.html", {"receipt": found, "code": spell(found.code)})


def neighbourhood(address: str) -> str:
    """The network that an address belongs to: guesses from next door count as one's own."""
    try:
        here = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((here, _NEIGHBOURHOOD[here.version]), strict=False))
