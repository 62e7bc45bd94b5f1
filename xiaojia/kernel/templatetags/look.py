"""Template words of the design system: icons, dates, numbers that never break."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from xiaojia.kernel import masking

register = template.Library()

_WEEKDAYS = "一二三四五六日"


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the local sprite; always beside a word, so hidden from screen readers."""
    return format_html(
        '<svg class="i" viewBox="0 0 24 24" aria-hidden="true"><use href="{}#{}"/></svg>',
        static("icons.svg"),
        name,
    )


@register.filter
def day(value: date | datetime | None) -> SafeString:
    """11月23日, with the year when it is not this one, unbroken."""
    if value is None:
        return SafeString("")
    on = timezone.localtime(value).date() if isinstance(value, datetime) else value
    if get_language() == "en":
        text = f"{on.day} {on:%b}" + ("" if on.year == timezone.localdate().year else f" {on.year}")
    else:
        year = "" if on.year == timezone.localdate().year else f"{on.year}年"
        text = f"{year}{on.month}月{on.day}日"
    return format_html('<span class="nb">{}</span>', text)


@register.filter
def moment(value: datetime | None) -> SafeString:
    """11月23日 08:30, unbroken."""
    if value is None:
        return SafeString("")
    return format_html(
        '<span class="nb">{} {}</span>', day(value), timezone.localtime(value).strftime("%H:%M")
    )


@register.filter
def unmarked(name: str, is_marked_here: object = True) -> str:
    """An invented name without （模拟） where the page sets the mark itself (`.sim`)."""
    return masking.unmarked(name) if is_marked_here else name


@register.filter
def weekday(value: date) -> str:
    """星期一."""
    return value.strftime("%A") if get_language() == "en" else f"星期{_WEEKDAYS[value.weekday()]}"


@register.filter
def grouped(value: int | None) -> str:
    """4,200."""
    return "" if value is None else f"{value:,}"
