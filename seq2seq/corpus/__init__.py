"""Where sentence pairs come from: files to lines, pairs, ids and batches."""
