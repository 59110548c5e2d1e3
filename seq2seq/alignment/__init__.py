"""Alignments, hard links and heatmaps: numpy only, no torch."""

from seq2seq.alignment.alignment import END, THRESHOLD, Alignment, Link, mean
from seq2seq.alignment.links import (
    Gold,
    LinkLines,
    check_base,
    check_links,
    check_range,
    format_links,
    links,
    parse_links,
    parse_weights,
    read_links,
)
from seq2seq.alignment.scoring import LinkScores, score_link_files, score_links
from seq2seq.alignment.symmetrize import Method, symmetrize

__all__ = [
    "END",
    "THRESHOLD",
    "Alignment",
    "Gold",
    "Link",
    "LinkLines",
    "LinkScores",
    "Method",
    "check_base",
    "check_links",
    "check_range",
    "format_links",
    "links",
    "mean",
    "parse_links",
    "parse_weights",
    "read_links",
    "score_link_files",
    "score_links",
    "symmetrize",
]
