"""Open311 answers as XML (required by GeoReport v2) and JSON (optional), from the same plain values."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from typing import Any, Final
from xml.sax.xmlreader import AttributesImpl

from django.http import Http404, HttpResponse
from django.utils.xmlutils import SimplerXMLGenerator

TYPES: Final = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
ITEMS: Final = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "notes": "note",
}
"""A list element in XML and the name of its items."""

_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def written(form: str, name: str, value: Any, *, status: int = 200) -> HttpResponse:
    """An answer named `name`: a list of dicts, or one dict, in the form that the address ends with."""
    if form not in TYPES:
        raise Http404
    if form == "json":
        text = json.dumps(value, ensure_ascii=False)
    else:
        stream = io.StringIO()
        xml = SimplerXMLGenerator(stream, "utf-8")
        xml.startDocument()
        _element(xml, name, value)
        xml.endDocument()
        text = stream.getvalue()
    return HttpResponse(text, content_type=TYPES[form], status=status)


def _element(xml: SimplerXMLGenerator, name: str, value: Any) -> None:
    xml.startElement(name, AttributesImpl({}))
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _element(xml, key, inner)
    elif isinstance(value, list):
        for inner in value:
            _element(xml, ITEMS[name], inner)
    elif isinstance(value, bool):
        xml.characters("true" if value else "false")
    elif value is not None:
        xml.characters(_NOT_XML.sub("", str(value)))
    xml.endElement(name)
