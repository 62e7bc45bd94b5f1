"""Every address of the product, walked from the URL configuration, so that no page escapes a test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver, reverse


@dataclass(frozen=True, slots=True)
class Address:
    """One named route: `name` with its namespace, and the arguments its path wants."""

    name: str
    arguments: tuple[str, ...]

    def path(self, ids: Mapping[str, object]) -> str:
        """The path filled from `ids`: a value by route and argument wins over one by argument."""
        filled = {a: ids.get(f"{self.name}.{a}", ids.get(a)) for a in self.arguments}
        missing = [a for a, value in filled.items() if value is None]
        assert not missing, f"{self.name} wants {missing}: give tests/busy.py a value"
        return reverse(self.name, kwargs=filled)


def addresses() -> list[Address]:
    """Every route of the URL configuration."""
    return list(_walk(get_resolver().url_patterns, "", ()))


def _walk(patterns: list[URLPattern | URLResolver], prefix: str, outer: tuple[str, ...]) -> Iterator[Address]:
    for pattern in patterns:
        arguments = (*outer, *pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            namespace = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from _walk(pattern.url_patterns, namespace, arguments)
        else:
            assert pattern.name, f"a route without a name: {pattern.pattern}"
            yield Address(f"{prefix}{pattern.name}", arguments)
