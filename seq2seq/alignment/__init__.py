"""Alignments, hard links and heatmaps: numpy only, no torch."""

from seq2seq.alignment.alignment import END, Alignment, mean
from seq2seq.alignment.links import Link, format_links, links

__all__ = ["END", "Alignment", "Link", "format_links", "links", "mean"]
