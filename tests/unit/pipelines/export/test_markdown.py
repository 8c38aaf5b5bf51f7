"""Markdown: speech stays text."""

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pipelines.export import markdown
from pipelines.export.clean import one_line
from pipelines.record.transcript import build
from tests.unit.said import gap, line, meeting

READER = MarkdownIt("commonmark").enable("table").enable("strikethrough")
TRICKY = st.text(alphabet="#*_`[]()<>!|~-+=.:&\\123 aé\n@/$", max_size=30) | st.text(max_size=30)


@given(TRICKY)
def test_what_was_said_is_what_is_read(text):
    """Rendered as HTML, escaped speech is one paragraph of the same text, whatever it holds."""
    tokens = READER.parse(markdown.escape(text))
    read = "".join(child.content for token in tokens for child in token.children or [])
    assert read == one_line(text)
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds <= {"text", "text_special"}


def test_no_bare_links():
    """GitHub and GitLab would make a link of a bare address."""
    assert not re.search(r"https?://|www\.", markdown.escape("see https://evil.test www.evil.test"))


def test_document():
    """Title, the machine-made line, speakers with times, gaps, and that it is incomplete."""
    lines = [line(1, "Claire", "Bonjour."), gap(2, "Bob", "overload"), line(3, "Claire", "Merci.")]
    document = markdown.render(meeting(title="A *b*"), build(lines, {}))
    assert document.startswith("# Transcription\u00a0: A \\*b\\*\n\n*Transcription produite")
    assert "**Claire** (00:00)\\\nBonjour." in document
    assert "- Bob\u00a0: 0\u00a0%" in document
    assert "*[2\u00a0s non transcrites\u00a0: service surchargé]*" in document
    assert "*[2 s not transcribed: service overloaded]*" in markdown.render(
        meeting(language="en"), build(lines, {})
    )
    assert "This transcript is incomplete" in markdown.render(
        meeting(language="en"), build(lines, {})
    )
