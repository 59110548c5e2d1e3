"""Search over ids, and the translator: text in, translations and alignments out."""
