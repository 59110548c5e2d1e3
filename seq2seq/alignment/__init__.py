"""Alignments, hard links and heatmaps: numpy only, no torch."""

from seq2seq.alignment.alignment import END, Alignment, mean
from seq2seq.alignment.links import Gold, Link, LinkScores, format_links, links, parse_links, score_links

__all__ = [
    "END",
    "Alignment",
    "Gold",
    "Link",
    "LinkScores",
    "format_links",
    "links",
    "mean",
    "parse_links",
    "score_links",
]
