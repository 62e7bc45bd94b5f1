"""How Django finds an account: by name and password. There are no groups and no permissions of its own."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from xiaojia.domains.people.models import Account


class StaffBackend(BaseBackend):
    """Username and password of an active account; an unknown name costs the same time as a wrong password."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **_kwargs: Any
    ) -> Account | None:
        """The account, or None."""
        account = Account.objects.filter(username=username).first()
        if account is None:
            Account().set_password(password)
            return None
        return account if account.is_active and account.check_password(password) else None

    def get_user(self, user_id: int) -> Account | None:
        """The account of a session, while it is active."""
        return Account.objects.filter(pk=user_id, is_active=True).first()
