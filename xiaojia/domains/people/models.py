from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac


class Account(AbstractBaseUser):
    """Somebody who signs in. Which desk they sit at, and where, is a tenure (`teams`)."""

    username = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=40)
    is_active = models.BooleanField(default=True)
    is_simulated = models.BooleanField(default=False)
    language = models.CharField(max_length=8, default="zh-hans")
    sessions_number = models.PositiveIntegerField(default=0)

    USERNAME_FIELD = "username"
    objects = BaseUserManager()

    def __str__(self) -> str:
        return self.username

    def get_session_auth_hash(self) -> str:
        """What every session of this account carries: another password or number ends them all at once."""
        seen = f"{self.password}\0{self.sessions_number}"
        return salted_hmac("xiaojia.session", seen, algorithm="sha256").hexdigest()


class AccountPhone(models.Model):
    """The phone to which the sign-in codes of one account go. `community_id`: whose office wrote it down.

    Read before anybody is signed in, so it carries no policy; the number is sealed.
    """

    personal: ClassVar = {"phone_sealed": "sign_in", "phone_index": "sign_in"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="phone")
    community_id = models.BigIntegerField()
    phone_sealed = models.BinaryField()
    phone_index = models.BinaryField(max_length=16, unique=True)
    set_at = models.DateTimeField()
    set_by_id = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.pk)


class SignInCode(models.Model):
    """A code of six digits on its way to a phone: to sign in with it, or to prove that it is one's own.

    A number that nobody has gets a row as well, without an account, so that no answer tells the two apart.
    Only the code's keyed hash is kept.
    """

    personal: ClassVar = {"phone_sealed": "sign_in", "phone_index": "sign_in"}

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in"
        OWN_PHONE = "own_phone"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    phone_sealed = models.BinaryField(default=b"")
    phone_index = models.BinaryField(max_length=16)
    code_hash = models.BinaryField(max_length=16)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(tries__lte=5), name="five_tries_a_code")]
        indexes = [
            models.Index(fields=["phone_index"], condition=Q(ended_at__isnull=True), name="living_code"),
            models.Index(fields=["expires_at"], name="code_by_end"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SecondStep(models.Model):
    """The second step of one account: a secret shared with an authenticator app, and codes for a lost phone.

    In force once `confirmed_at` is set. `last_counter`: the newest half minute whose code was used; none is
    taken twice. Recovery codes are sealed as one text with spaces; a used one is gone.
    """

    personal: ClassVar = {"secret_sealed": "sign_in", "recovery_sealed": "sign_in"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="second_step")
    secret_sealed = models.BinaryField()
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_counter = models.BigIntegerField(default=0)
    recovery_sealed = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return str(self.pk)


class SignIn(models.Model):
    """One browser in which somebody is signed in, in words that they recognise; deleted when it ends.

    Shown to the account itself and to nobody else. `place` never holds a whole network address.
    """

    personal: ClassVar = {"device": "sign_in", "place": "sign_in"}

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(max_length=60)
    place = models.CharField(max_length=60)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.device


class Household(models.Model):
    """One dwelling lived in as one household, keyed by its normalised door ("5-1") inside a unit.

    `floor` is 0 when the door does not tell. `as_of_on` is the date of the newest source that spoke of
    it; older sources never overwrite it. A household that left keeps its row with `until_on`.
    """

    personal: ClassVar = {"door": "register", "size": "register"}

    class DoorSource(models.TextChoices):
        REGISTER = "register"
        COUNTED = "counted"

    community_id = models.BigIntegerField()
    unit = models.ForeignKey("places.Unit", on_delete=models.PROTECT, related_name="households")
    door = models.CharField(max_length=20)
    floor = models.SmallIntegerField(default=0)
    size = models.PositiveSmallIntegerField(null=True)
    door_source = models.CharField(max_length=8, choices=DoorSource.choices, default=DoorSource.REGISTER)
    as_of_on = models.DateField()
    since_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "door"], condition=Q(until_on__isnull=True), name="one_household_per_door"
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("since_on")),
                name="household_dates_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["community_id", "unit"], name="household_of_unit"),
        ]

    def __str__(self) -> str:
        return self.door


class Resident(models.Model):
    """A person of the minimum register (P05): a name and, if given, a sealed phone. Nothing else."""

    personal: ClassVar = {
        "name": "register",
        "sort_key": "register",
        "phone_sealed": "register",
        "phone_index": "register",
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="residents")
    name = models.CharField(max_length=40)
    sort_key = models.CharField(max_length=120)
    is_contact = models.BooleanField(default=True)
    phone_sealed = models.BinaryField(default=b"")
    phone_index = models.BinaryField(default=b"", max_length=16)
    as_of_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household", "name", "phone_index"],
                condition=Q(until_on__isnull=True),
                name="one_resident_per_name_and_phone",
            )
        ]
        indexes = [models.Index(fields=["community_id", "phone_index"], name="resident_by_phone")]

    def __str__(self) -> str:
        return str(self.pk)


class Consent(models.Model):
    """A yes of one resident to one purpose; taken back by a date, never deleted."""

    community_id = models.BigIntegerField()
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="consents")
    resident = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=24)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    recorded_by_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "purpose"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_living_consent_per_purpose",
            )
        ]

    def __str__(self) -> str:
        return self.purpose


class Viewlog(models.Model):
    """Who looked at whose data, when, in which role and why (P07). A list view is one row with its ids."""

    community_id = models.BigIntegerField()
    at = models.DateTimeField()
    account_id = models.BigIntegerField()
    role = models.CharField(max_length=16)
    reason = models.CharField(max_length=24)
    screen = models.CharField(max_length=60)
    household_ids = ArrayField(models.BigIntegerField())

    class Meta:
        # The array's own operators are not leak-proof, so that no index over it is used behind the fence.
        indexes = [models.Index(fields=["community_id", "at"], name="views_of_a_year")]

    def __str__(self) -> str:
        return f"{self.screen} ×{len(self.household_ids)}"
