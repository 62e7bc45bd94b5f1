from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy


class BorderForm(forms.Form):
    """Which compounds go where, from which day and why."""

    compound_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("哪些院子划过去"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("选上要划过去的院子；整个社区并过去就全选。")},
    )
    to_community_id = forms.TypedChoiceField(
        label=gettext_lazy("划到哪个社区"),
        help_text=gettext_lazy("没有的社区请管理员先建，并给那边的书记开好登录。"),
        coerce=int,
        error_messages={"required": gettext_lazy("选一个社区。")},
    )
    from_on = forms.DateField(
        label=gettext_lazy("从哪天起"),
        help_text=gettext_lazy("那天零点以后都归那边；之前照旧归这里。"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": gettext_lazy("写上从哪天起。"), "invalid": gettext_lazy("日子没看懂。")},
    )
    reason = forms.CharField(
        label=gettext_lazy("为什么调整"),
        max_length=300,
        error_messages={"required": gettext_lazy("写一句为什么。")},
    )
    document_number = forms.CharField(label=gettext_lazy("文件号"), max_length=60, required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        compounds: Sequence[tuple[int, str]],
        communities: Sequence[tuple[int, str]],
    ) -> None:
        super().__init__(data)
        self.fields["compound_ids"].choices = compounds  # type: ignore[attr-defined]  # a choice field
        self.fields["to_community_id"].choices = [("", "——"), *communities]  # type: ignore[attr-defined]
