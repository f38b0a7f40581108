"""A small editor's side of a document: text, positions in three units, edits. Standard library only."""

import re

ENDS = re.compile("\r\n|\n|\r")


def units(text, encoding):
    return len(text.encode({"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding])) // \
        {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]


def line_spans(text):
    """[(start, end without the line end)] of each line."""
    spans, start = [], 0
    for match in ENDS.finditer(text):
        spans.append((start, match.start()))
        start = match.end()
    spans.append((start, len(text)))
    return spans


def offset_of(text, position, encoding):
    spans = line_spans(text)
    if position["line"] >= len(spans):
        return len(text)
    start, end = spans[position["line"]]
    at, left = start, position["character"]
    while at < end and left > 0:
        left -= units(text[at], encoding)
        at += 1
    return at


def position_of(text, offset, encoding):
    for number, (start, end) in enumerate(line_spans(text)):
        if start <= offset <= end:
            return {"line": number, "character": units(text[start:offset], encoding)}
    # between \r and \n: the end of the line before
    return position_of(text, offset - 1, encoding)


def apply_changes(text, changes, encoding):
    """contentChanges: each against the result of the one before."""
    for change in changes:
        if "range" not in change:
            text = change["text"]
            continue
        start = offset_of(text, change["range"]["start"], encoding)
        end = offset_of(text, change["range"]["end"], encoding)
        text = text[:start] + change["text"] + text[end:]
    return text


def apply_edits(text, edits, encoding):
    """TextEdit[]: all against the same text."""
    spans = sorted(((offset_of(text, e["range"]["start"], encoding), offset_of(text, e["range"]["end"], encoding),
                     e["newText"]) for e in edits), key=lambda s: (s[0], s[1]))
    for before, after in zip(spans, spans[1:]):
        if before[1] > after[0]:
            raise ValueError("overlapping edits: %r" % edits)
    for start, end, new in reversed(spans):
        text = text[:start] + new + text[end:]
    return text
