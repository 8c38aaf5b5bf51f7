"""The API's reference at /docs: plain HTML made from /openapi.json, without any other host.

FastAPI's own page loads scripts from a public network, which is neither there on a closed one nor
allowed by our Content-Security-Policy.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse


def mount_reference(app: FastAPI) -> None:
    """Serve /docs."""

    @app.get("/docs", include_in_schema=False, response_class=HTMLResponse)
    async def show_reference() -> str:
        return reference(app.openapi())


def reference(schema: dict[str, Any]) -> str:
    """An OpenAPI description as one HTML page; everything in it is escaped."""
    info = schema["info"]
    operations = "".join(
        _operation(schema, path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    )
    title = escape(info["title"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}: API</title>'
        '<meta name="viewport" content="width=device-width"><main>'
        f"<h1>{title}</h1><p>{escape(info.get('summary', ''))} "
        f'Machines read <a href="/openapi.json">openapi.json</a>.</p>{operations}</main></html>'
    )


def _operation(schema: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> str:
    parts = [
        f"<section><h2><code>{method.upper()} {escape(path)}</code></h2>",
        f"<p>{escape(operation.get('description', ''))}</p>",
    ]
    if operation.get("security"):
        parts.append("<p>Shows <code>Authorization: Bearer</code>.</p>")
    for one in operation.get("parameters", ()):
        about = escape(one.get("description", ""))
        parts.append(f"<p><code>{escape(one['name'])}</code> ({escape(one['in'])}) {about}</p>")
    body = _json_schema(operation.get("requestBody", {}))
    if body is not None:
        parts.append(f"<h3>Body</h3>{_fields(schema, body)}")
    for code, answer in operation["responses"].items():
        parts.append(f"<h3>{escape(code)}: {escape(answer.get('description', ''))}</h3>")
        content = _json_schema(answer)
        if content is not None:
            parts.append(_fields(schema, content))
    return "".join(parts) + "</section>"


def _json_schema(holder: dict[str, Any]) -> dict[str, Any] | None:
    found = holder.get("content", {}).get("application/json", {}).get("schema")
    return found if isinstance(found, dict) else None


def _fields(schema: dict[str, Any], model: dict[str, Any]) -> str:
    """The fields of a model, one a line; a model without fields as its JSON."""
    name = str(model.get("$ref", "")).rpartition("/")[2]
    known = schema.get("components", {}).get("schemas", {}).get(name, model)
    if "properties" not in known:
        return f"<pre>{escape(json.dumps(known, ensure_ascii=False))}</pre>" if known else ""
    required = known.get("required", ())
    lines = "".join(
        f"<dt><code>{escape(field)}</code>{' (required)' if field in required else ''}</dt>"
        f"<dd>{escape(_kind(value))} {escape(value.get('description', ''))}</dd>"
        for field, value in known["properties"].items()
    )
    return f"<p>{escape(known.get('description', ''))}</p><dl>{lines}</dl>"


def _kind(value: dict[str, Any]) -> str:
    """A field's type in a word or a few."""
    if "anyOf" in value:
        return " or ".join(_kind(one) for one in value["anyOf"])
    if "enum" in value:
        return " or ".join(json.dumps(one) for one in value["enum"])
    if "$ref" in value:
        return str(value["$ref"]).rpartition("/")[2]
    if value.get("type") == "array":
        return f"list of {_kind(value.get('items', {}))}"
    return str(value.get("type", "any"))
