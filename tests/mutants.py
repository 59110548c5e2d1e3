"""Breaks the code on purpose, one injected bug at a time, and checks that the tests notice: ``make mutants``.

Words on the command line choose the bugs that have one of them in their name.

Each mutant is a file (its path from seq2seq/), a piece of its text, what to put there instead, and the tests
that must fail.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Mutant(NamedTuple):
    bug: str
    path: str
    text: str
    instead: str
    tests: str


SEARCH, RNN, LOOP = "decoding/search.py", "models/rnn.py", "training/loop.py"
PROCESS, ALIGNER, OBJECTIVE = "process.py", "models/aligner.py", "training/objective.py"
PAGE, DATA_JS, BROWSER = "alignment/page.py", "alignment/assets/data.js", "alignment/test_page_browser.py"
TRANSFORMER, DECODERS, GRAMMAR = "models/transformer.py", "models/decoders.py", "../data/grammar/"
HMM, LEXICON, MARKOV, LINKING = "alignment/hmm.py", "alignment/lexicon.py", "alignment/markov.py", "commands/linking.py"
MUTANTS = [
    Mutant("state not reordered with its beam", SEARCH, "state = select(state, rows_N)", "state = state if kept_N is None else select(state, kept_N)", "decoding"),
    Mutant("memory kept when sentences leave", SEARCH, "memory = select(memory, kept_N)", "pass", "decoding"),
    Mutant("stops before the limit is considered", SEARCH, "reachable = length if len(found) >= self.beam else limit", "reachable = length", "decoding"),
    Mutant("stops at K finished hypotheses", SEARCH, "if worst >= length_normalised(", "if len(found) >= self.beam or worst >= length_normalised(", "decoding"),
    Mutant("one limit for the whole batch", SEARCH, "self.limits[sentence] == length]", "max(self.limits) == length]", "decoding"),
    Mutant("history not reordered", SEARCH, "history = self.tokens_BKT.gather(1, origins[:, :, None].expand(-1, -1, length - 1))", "history = self.tokens_BKT", "decoding"),
    Mutant("mask polarity flipped", "models/attention.py", "masked_fill(~mask, -math.inf)", "masked_fill(mask, -math.inf)", "models"),
    Mutant("no mask", "models/attention.py", "if mask is not None:", "if mask is None:", "models"),
    Mutant("reversed within the batch's length", "models/encoder.py", "mask_BS.sum(dim=1, keepdim=True) - 1 - place_S", "size - 1 - place_S", "models"),
    Mutant("states on padding", "models/encoder.py", "output: Tensor = states * mask_BS[:, :, None]", "output: Tensor = states", "models"),
    Mutant("nothing fed into the next step", DECODERS, "self.cell(gates_BG + self.feed(state.fed_BE), state.state_BD)", "self.cell(gates_BG, state.state_BD)", "models"),
    Mutant("maps shifted by a step", RNN, "torch.stack(weights, dim=2)", "torch.stack(weights[1:] + weights[:1], dim=2)", "decoding models"),
    Mutant("random state not saved", LOOP, '"random": torch.get_rng_state(),', '"random": torch.Generator().get_state(),', "training"),
    Mutant("optimiser not restored", LOOP, 'self.optimizer.load_state_dict(state["optimizer"])', "pass", "training"),
    Mutant("average not restored", LOOP, 'self.average.load_state_dict(state["average"])', "pass", "training"),
    Mutant("epoch forgotten", LOOP, "pools = self.train.pools(seed, progress.epoch)", "pools = self.train.pools(seed, 0)", "training"),
    Mutant("place in the pool forgotten", LOOP, "itertools.islice(batches, progress.batch, None)", "batches", "training"),
    Mutant("moving average inverted", "training/averaging.py", "1 - decay)", "decay)", "training"),
    Mutant("smoothing left out of the gradient", "training/objective.py", "gradient_NV.sub_(smoothing / vocabulary)", "pass", "training"),
    Mutant("lines split as Python does", "corpus/lines.py", 'first, *rest = block.split(b"\\n")', 'first, *rest = (block.decode("utf-8", "replace") + "x").splitlines(); rest = [r.encode() for r in rest]; first = first.encode()', "corpus"),
    Mutant("shorter file ends the pairs", "corpus/sources.py", "itertools.zip_longest", "zip", "corpus"),
    Mutant("samples not seeded", "corpus/sampling.py", "random.Random(seed)", "random.Random()", "corpus"),
    Mutant("links shift where pairs are left out", "corpus/links.py", "if number == wanted:", "if wanted:", "corpus/test_links.py"),
    Mutant("links of left-out pairs are missing", "corpus/links.py", "if count != origin.held:", "if count != origin.pairs:", "corpus/test_links.py"),
    Mutant("links of words that are not there", "alignment/links.py", "return link[0] >= words[0] or", "return link[0] > words[0] or", "corpus/test_links.py alignment/test_links.py"),
    Mutant("the cache forgets where pairs stood", "corpus/links.py", "    digest.update(np.ascontiguousarray(numbers_N).tobytes())\n", "", "corpus/test_links.py"),
    Mutant("guided pieces belong to the word they begin in", "corpus/guide.py", "units[end - 1]", "units[end - 2]", "corpus/test_guide.py"),
    Mutant("an unknown piece is one letter", "corpus/guide.py", "while end < len(spelling) and", "if end < len(spelling) and", "corpus/test_guide.py"),
    Mutant("guided pieces belong to the word they end in alone", "corpus/guide.py", "(units[min(begin, end - 1)], units[end - 1])", "(units[end - 1], units[end - 1])", "corpus/test_guide.py"),
    Mutant("linked words share by their pieces", "corpus/guide.py", "(source_BSU / np.maximum(pieces_B1U, 1))", "source_BSU", "corpus/test_guide.py"),
    Mutant("linked words without pieces take a share", "corpus/guide.py", " & (pieces_B1U > 0)", "", "corpus/test_guide.py"),
    Mutant("unlinked words learn nothing", "corpus/guide.py", "null_BT = ~linked_BTU.any(axis=2) &", "null_BT = False &", "corpus/test_guide.py"),
    Mutant("pairs without links are all null", "corpus/guide.py", "null_BT & linked_BTU.any(axis=(1, 2))[:, None]", "null_BT", "corpus/test_guide.py"),
    Mutant("guides count words where links count split words", "corpus/batching.py", "side.units(links.split)", "side.units(False)", "corpus/test_guide.py"),
    Mutant("split links are words'", "corpus/links.py", 'config.alignment_units == "split", facts', "False, facts", "corpus/test_guide.py corpus/test_links.py"),
    Mutant("the cache forgets whose links they are", "corpus/links.py", "repr([_FORMAT, units, pairs.fingerprint, counts])", "repr([_FORMAT, units, counts])", "corpus/test_links.py"),
    Mutant("the cache forgets how many pairs each SOURCE has", "corpus/links.py", "repr([_FORMAT, units, pairs.fingerprint, counts])", "repr([_FORMAT, units, pairs.fingerprint])", "corpus/test_links.py"),
    Mutant("the cache forgets where a file of links ends", "corpus/links.py", '        digest.update(b"\\0file\\0")\n', "", "corpus/test_links.py"),
    Mutant("links of words pass as links of split words", "corpus/links.py", "if could >= _TELLING and not do:", "if False:", "corpus/test_links.py"),
    Mutant("split links are taken for words'", "corpus/links.py", "link[0] >= whole[0] or link[1] >= whole[1]", "link[0] >= words[0] or link[1] >= words[1]", "corpus/test_links.py"),
    Mutant("files without links pass", "corpus/links.py", "    if not linked:", "    if False:", "corpus/test_links.py"),
    Mutant("learned links of fewer pairs", "corpus/links.py", "zip(learn_links(words), words, strict=True)", "zip(learn_links(words), words)", "corpus/test_links.py"),
    Mutant("sentences are checked after links are learned", "training/__init__.py", "        check_data({**fingerprints", "        dict({**fingerprints", "training/test_links.py"),
    Mutant("other learned links go unsaid", "training/progress.py", 'if path == "links":', 'if False:', "training/test_links.py"),
    Mutant("other links are no other run", "training/loop.py", 'links.fingerprint if links else ""', '""', "training/test_links.py"),
    Mutant("pieces given to the word they begin in", "corpus/tokenizer.py", "max(begin, end - 1)", "begin", "corpus"),
    Mutant("no mean over a target word", "alignment/alignment.py", "into_target = into_target / np.maximum(into_target.sum(axis=1, keepdims=True), 1)", "pass", "alignment"),
    Mutant("a full stop speaks for its word", "alignment/alignment.py", "np.where(spoken.any(axis=1, keepdims=True), spoken, into_target)", "into_target", "alignment"),
    Mutant("words of punctuation alone have no say", "alignment/alignment.py", "np.where(spoken.any(axis=1, keepdims=True), spoken, into_target)", "spoken", "alignment"),
    Mutant("padding taken from the other side", "decoding/maps.py", "weights[: len(rows.pieces), : len(columns.pieces)]", "weights[-len(rows.pieces) :, -len(columns.pieces) :]", "decoding"),
    Mutant("ROUGE drops accented letters", "evaluation/metrics.py", 'pattern = r"[^\\W_]+"', 'pattern = r"[a-z0-9]+"', "evaluation"),
    Mutant("published scale keeps case", "evaluation/metrics.py", "normalise(line.lower())", "normalise(line)", "evaluation"),
    Mutant("TER of lines of any length", "evaluation/metrics.py", "return text[: min(beyond)] if beyond else line", "return line", "evaluation"),
    Mutant("columns are scored as text", "evaluation/metrics.py", "    _check_columns(hypotheses, references, names)", "    pass", "evaluation"),
    Mutant("nothing checked before translating", "evaluation/evaluation.py", "    check_parallel(sources, references, names[:2])", "    pass", "evaluation"),
    Mutant("parts by the length of the output", "evaluation/evaluation.py", "references, sources, lengths)", "references, hypotheses, lengths)", "evaluation"),
    Mutant("the picture's file checked after the work", "commands/pictures.py", "check_picture(self.output)", "pass", "commands/test_evaluation.py"),
    Mutant("all units are named, however many", "alignment/canvas.py", "if len(side) <= MOST_NAMED else []", "", "alignment"),
    Mutant("the font's gaps are drawn", "alignment/canvas.py", "if ord(character) not in _glyphs(tuple(self.family))", "if False", "alignment"),
    Mutant("lax types", "config.py", "strict=True, allow", "strict=False, allow", "test_config.py"),
    Mutant("weights of another shape accepted", "models/__init__.py", "if weight.shape != weights[name].shape:", "if False:", "test_checkpoint.py test_checkpoint_writing.py"),
    Mutant("no elision before a mute h", GRAMMAR + "surface.py", '"aeiouhœ"', '"aeiouœ"', "grammar/test_grammar.py"),
    Mutant("no contraction", GRAMMAR + "surface.py", "if following.article and", "if not following and", "grammar/test_grammar.py"),
    Mutant("clitics as they come", GRAMMAR + "french_verbs.py", "sorted(found, key=lambda item: item[0])", "reversed(found)", "grammar/test_grammar.py"),
    Mutant("participles agree with no object", GRAMMAR + "french_verbs.py", "return thing.agreement", "return Agreement()", "grammar/test_grammar.py"),
    Mutant("half of a negation without link", GRAMMAR + "french_verbs.py", '_NEGATIONS.get(clause.negation, ""), (clause.key, "not")', '_NEGATIONS.get(clause.negation, "")', "grammar/test_grammar.py"),
    Mutant("a subjunctive without its irregular forms", GRAMMAR + "subjunctive.py", "if conjugation.infinitive in _irregular():", "if not conjugation.infinitive:", "grammar/test_subjunctive.py"),
    Mutant("a past subjunctive where the present stands", GRAMMAR + "french_verbs.py", 'if clause.tense in ("perfect", "pluperfect") else "subjunctive"', 'if clause.tense in ("perfect", "past") else "subjunctive"', "grammar/test_constructions.py"),
    Mutant("ne pas round an infinitive", GRAMMAR + "french_verbs.py", 'before = [*negation, *everything(vp), *clitics(vp, agreement)]', 'before = [*clitics(vp, agreement), *negation, *everything(vp)]', "grammar/test_constructions.py"),
    Mutant("causatives agree with their object", GRAMMAR + "french_verbs.py", "if verb.frame in CAUSATIVES:\n        return Agreement()", "if verb.frame in ():\n        return Agreement()", "grammar/test_constructions.py"),
    Mutant("a present under a past verb of speech", GRAMMAR + "clauses.py", 'past = self._time == "past"', "past = False", "grammar/test_constructions.py"),
    Mutant("who wishes is who is wished for", GRAMMAR + "constructions.py", "return subject is None or are_distinct(subject, drawn.subject)", "return True", "grammar/test_constructions.py"),
    Mutant("to of a wish linked to the verb", GRAMMAR + "english.py", "particle if infinitive else ()", "_words(verb.english_particle, (vp.key, 'verb')) if infinitive else ()", "grammar/test_constructions.py"),
    Mutant("three of them agree with a participle", GRAMMAR + "french_verbs.py", " and not thing.is_quantity:", ":", "grammar/test_words.py"),
    Mutant("give me it", GRAMMAR + "french_verbs.py", 'clitic.text not in ("le", "la", "les")', "False", "grammar/test_words.py"),
    Mutant("go there without s", GRAMMAR + "lexicon.py", " and not before_pronoun", "", "grammar/test_words.py"),
    Mutant("everything forgotten before a participle", GRAMMAR + "french_verbs.py", "_adverbs(clause) + everything(clause.phrase)", "_adverbs(clause)", "grammar/test_words.py"),
    Mutant("forms before a vowel as predicates", GRAMMAR + "french.py", "if before_noun and masculine", "if masculine", "grammar/test_words.py"),
    Mutant("an article under aucun", GRAMMAR + "french.py", " or (clause.subject is not None and clause.subject.is_negative)", "", "grammar/test_words.py"),
    Mutant("Paul or Marc sleep", GRAMMAR + "meaning.py", 'or self.joint == "and"', "or True", "grammar/test_words.py"),
    Mutant("tu is always a man", GRAMMAR + "address.py", "Agreement(2, False, feminine)", "Agreement(2, False)", "grammar/test_words.py"),
    Mutant("will n't", GRAMMAR + "surface.py", "_SHORTENED.get(token.text, token.text)", "token.text", "grammar/test_words.py"),
    Mutant("auxiliaries joined to a noun", GRAMMAR + "english.py", "clause.subject is not None and clause.subject.is_pronoun:", "clause.subject is not None:", "grammar/test_words.py"),
    Mutant("il y ira", GRAMMAR + "french_verbs.py", 'if clitic.text == "y" and form.startswith("ir")', 'if form == ""', "grammar/test_words.py"),
    Mutant("her for the doctor", GRAMMAR + "reference.py", "if (not gender) in untold", "if gender in untold", "grammar/test_words.py"),
    Mutant("splits share sentences", GRAMMAR + "splits.py", " or text in seen", "", "grammar/test_splits.py"),
    Mutant("lines of left-out pairs stay among the links", "corpus/export.py", "if number == wanted:", "if wanted:", "commands/test_data.py"),
    Mutant("links of another length are exported", "corpus/export.py", "if number != origin.held:", "if number < origin.held:", "commands/test_data.py"),
    Mutant("files of another corpus are left alone", GRAMMAR + "splits.py", "return read_text_lines(path) == lines", "return len(read_text_lines(path)) > 0", "grammar/test_files.py"),
    Mutant("words end at any space", "words.py", 're.compile(r"[^ \\t]+")', 're.compile(r"[^\\s]+")', "test_words.py"),
    Mutant("a smaller temperature is wilder", "corpus/sampling.py", "(score - best) / temperature", "(score - best) * temperature", "corpus/test_sampling.py"),
    Mutant("a line may fill the memory", "corpus/lines.py", "if length > _LONGEST_LINE:", "if length > 1 << 40:", "corpus/test_lines.py"),
    Mutant("the output is blamed for another file", "corpus/lines.py", "        yield value\n        with _blamed_on(path):\n            stack.close()", "        with _blamed_on(path):\n            yield value\n            stack.close()", "corpus/test_lines.py"),
    Mutant("a file appears before the others are written", "corpus/lines.py", "        flush(temporary)", "        pass", "corpus/test_lines.py"),
    Mutant("a device takes an export's place", "corpus/lines.py", "if temporary == path and len(paths) > 1:", "if False:", "commands/test_data.py"),
    Mutant("the last of two columns of a name wins", "corpus/tables.py", ".count(column) > 1", ".count(column) > 9", "corpus/test_tables.py"),
    Mutant("a fitted vocabulary of another size than its config", "training/__init__.py", "config = _with_vocabulary_size(config, len(tokenizer.source))", "pass", "commands/test_guide.py"),
    Mutant("a full cache is a traceback", "files.py", "    except OSError as error:\n        raise DataError(\n            f\"{cache_path('')}", "    except ZeroDivisionError as error:\n        raise DataError(\n            f\"{cache_path('')}", "corpus/test_sources.py"),
    Mutant("a damaged cache is a traceback", "files.py", "except (OSError, ValueError, LookupError, TypeError) as error:", "except ZeroDivisionError as error:", "corpus/test_sources.py"),
    Mutant("a damaged cache is trained on", "corpus/cache.py", "if _checksum(folder / rows, content[\"facts\"]) != content[\"checksum\"]:", "if False:", "corpus/test_sources.py"),
    Mutant("damaged facts of the cache are believed", "corpus/cache.py", "digest.update(json.dumps(facts).encode())", "pass", "corpus/test_sources.py"),
    Mutant("the hub draws bars", "corpus/tables.py", "    disable_progress_bars()\n    try:", "    try:", "corpus/test_tables.py"),
    Mutant("the user's bars are gone", "corpus/tables.py", "if not before:", "if False:", "corpus/test_tables.py"),
    Mutant("any bytes will do", "corpus/fetch.py", "if _sha256(part) != digest:", "if not digest:", "corpus/test_fetch.py"),
    Mutant("a continued download begins again", "corpus/fetch.py", '"ab" if answer.status == 206 else "wb"', '"wb"', "corpus/test_fetch.py"),
    Mutant("a broken connection goes unnoticed", "corpus/fetch.py", "if answer.length:", "if False:", "corpus/test_fetch.py"),
    Mutant("overlap seen in the same case only", "corpus/inspection.py", "text.lower().split()", "text.split()", "corpus/test_inspection.py"),
    Mutant("every sentence counts as exact", "evaluation/breakdown.py", "sum(split_words(a) == split_words(b) for", "sum(len(a) > 0 for", "evaluation"),
    Mutant("a cache whose tokens all stand in the first place", TRANSFORMER, "torch.arange(past, past + tokens_BT.shape[1], ", "torch.arange(tokens_BT.shape[1], ", "models"),
    Mutant("a look at the next word", TRANSFORMER, ".tril(past)", ".tril(past + 1)", "models"),
    Mutant("cross-attention to padding", TRANSFORMER, "self.cross_attention(given_BTD, source, mask_B11S, ", "self.cross_attention(given_BTD, source, None, ", "models"),
    Mutant("the encoder looks at padding", TRANSFORMER, "keys_values, mask_B11S, want", "keys_values, None, want", "models"),
    Mutant("no norm at the decoder's end", TRANSFORMER, "self.decoder_norm(states_BTD), Tr", "states_BTD, Tr", "models"),
    Mutant("word vectors not scaled", TRANSFORMER, "words_BTD * math.sqrt(self.config.dim)", "words_BTD", "models"),
    Mutant("post-norm that is pre-norm", TRANSFORMER, 'config.norm == "pre"\n        self.dropout', 'config.norm == "post"\n        self.dropout', "models"),
    Mutant("keys not turned", "models/attention.py", "self._heads(keys, place_S)", "self._heads(keys)", "models"),
    Mutant("queries not turned", "models/attention.py", "self._heads(self.query(query_BTQ), place_T)", "self._heads(self.query(query_BTQ))", "models"),
    Mutant("no dropout on what a part adds", TRANSFORMER, "states_BTD + self.dropout(output_BTD)", "states_BTD + output_BTD", "models"),
    Mutant("no dropout on word vectors", TRANSFORMER, "self.dropout(states_BTD)\n", "states_BTD\n", "models"),
    Mutant("no dropout inside feed-forward", TRANSFORMER, "self.outer(self.dropout(inner))", "self.outer(inner)", "models"),
    Mutant("another layer is drawn", "commands/shown.py", "maps[number - 1]", "maps[number - 2]", "commands/test_heatmap.py"),
    Mutant("another head is drawn", "commands/shown.py", "found[head - 1]", "found[head - 2]", "commands/test_heatmap.py"),
    Mutant("panels in the wrong order", "alignment/layout.py", "(left + i * slot, y)", "(left + (each - 1 - i) * slot, y)", "alignment/test_heatmap.py"),
    Mutant("no scale in a dot product", "models/attention.py", " / math.sqrt(keys_BHSA.shape[-1])", "", "models"),
    Mutant("turned the other way in every other column", "models/embedding.py", "even * cos_TF - odd * sin_TF", "even * cos_TF + odd * sin_TF", "models"),
    Mutant("the largest may be padding", "models/pooling.py", ".masked_fill(~mask_BS[:, :, None], -math.inf)", "", "models"),
    Mutant("pooling without its tanh", "models/pooling.py", "torch.tanh(self.hidden(states_BSM))", "self.hidden(states_BSM)", "models"),
    Mutant("one head whatever was asked", DECODERS, "config.attention_dim, config.heads)", "config.attention_dim)", "models"),
    Mutant("no dropout of attention weights", TRANSFORMER, "config.attention_dropout)", "0.0)", "models"),
    Mutant("one rate for every dropout", TRANSFORMER, "Dropout(config.activation_dropout)", "Dropout(config.dropout)", "models"),
    Mutant("target words tied to nothing", TRANSFORMER, 'None if config.tie == "none" else self.target_embedding', "None", "models"),
    Mutant("keys of the cross-attention turned", TRANSFORMER, "layer.cross_attention.project(states_BSD)", "layer.cross_attention.project(states_BSD, self._turn(place_S))", "models"),
    Mutant("a finished run takes other options", "training/__init__.py", "if trained and trainer.finished:", "if False:", "training"),
    Mutant("an old strength of sampling is not turned round", "config_file.py", "1 / strength", "strength", "test_config.py"),
    Mutant("no run of an earlier version can be loaded", "config_file.py", "_validate(_translated(tree), overrides, str(path))", "_validate(tree, overrides, str(path))", "test_config.py"),
    Mutant("an option without a value is a section", "config_file.py", "for section in path.split(\".\")[:-1])", "for section in path.split(\".\")[:1])", "test_config.py"),
    Mutant("one pairs", "words.py", "'' if number == 1 else 's'", "'s'", "corpus/test_lines.py test_words.py"),
    Mutant("the file blamed for what was set", "config_file.py", 'where = f"--set {override}"', "pass", "test_config.py"),
    Mutant("an override blamed only where it is named", "config_file.py", " or _is_valid(tree, [*overrides[:i], *overrides[i + 1 :]])", "", "test_config.py"),
    Mutant("nothing saved before the first update", LOOP, "if changed or self.progress.update == 0:", "if changed:", "training"),
    Mutant("weights and log before the state", LOOP, "self._save(log)\n        self._complete(log)", "self._complete(log)\n        self._save(log)", "training/test_kills.py"),
    Mutant("files of a killed validation not made", LOOP, "if self.progress.pending is not None:", "if False:", "training/test_kills.py"),
    Mutant("options of a killed resume not told", "training/__init__.py", 'return Config.model_validate(state["config"])', "return run.config()", "training/test_kills.py"),
    Mutant("leftovers of killed writers stay", "training/__init__.py", "run.remove_leftovers()", "pass", "training/test_kills.py"),
    Mutant("weights saved that are not finite", LOOP, "self._check_finite(self.weights)", "pass", "training/test_training.py"),
    Mutant("a validation that is begun again counts twice", "training/averaging.py", " and update != self.kept_update", "", "training/test_averaging.py"),
    Mutant("a state's shapes unchecked", "training/progress.py", "other.shape != tensor.shape or ", "", "training/test_resume.py"),
    Mutant("two trainers at once", "training/lock.py", "fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)", "pass", "training/test_lock.py"),
    Mutant("a lock on a name that is gone", "training/lock.py", "            if _is_still(path, handle):\n                with", "            if True:\n                with", "training/test_lock.py"),
    Mutant("a log of the same length", "training/log.py", " or zlib.crc32(known) != self.checksum", "", "training/test_log.py"),
    Mutant("a log's torn line kept", "training/log.py", "stream.truncate(self.size)", "pass", "training/test_log.py"),
    Mutant("other sentences to validate on", LOOP, '"data.valid": self.valid.pairs.fingerprint,', "", "training"),
    Mutant("type 3 fonts", "alignment/canvas.py", '"pdf.fonttype": 42', '"pdf.fonttype": 3', "alignment"),
    Mutant("the fonts of a PDF are a user's", "alignment/heatmap.py", "with blamed(self._path), settings():", "with blamed(self._path):", "alignment"),
    Mutant("letters of an SVG are curves", "alignment/canvas.py", '"svg.fonttype": "none"', '"svg.fonttype": "path"', "alignment"),
    Mutant("a notebook's settings change pictures", "alignment/canvas.py", "mpl.rcdefaults()", "pass", "alignment"),
    Mutant("hidden weight is not told", "alignment/canvas.py", "if weight >= HIDDEN:", "if False:", "alignment"),
    Mutant("rows look dead", "alignment/panels.py", "any((_on_end(alignment) >= HIDDEN).any() for alignment in alignments)", "False", "alignment"),
    Mutant("links in the cells of others", "alignment/canvas.py", "self.boxes(sorted(view.links), corner)", "self.boxes([link[::-1] for link in view.links], corner)", "alignment"),
    Mutant("gold in the cells of others", "alignment/canvas.py", "self.boxes(sorted(cells), corner)", "self.boxes([cell[::-1] for cell in cells], corner)", "alignment"),
    Mutant("cells in the columns of others", "alignment/canvas.py", "np.stack([column, row], axis=1)", "np.stack([row, column], axis=1)", "alignment"),
    Mutant("gold of other words", "alignment/panels.py", "        check_gold(panel.gold, whole,", "        assert (panel.gold, whole,", "alignment"),
    Mutant("79 inches", "alignment/layout.py", "if fits and _points(needs, cell) >= min(_COMFORTABLE, needs.font_size):", "if True:", "alignment"),
    Mutant("columns of the first block again", "alignment/terminal.py", "self._cell(view, start + i, t)", "self._cell(view, i, t)", "alignment"),
    Mutant("a name that moves the cursor", "alignment/terminal.py", "name = printable(name)", "", "alignment"),
    Mutant("weights are rounded", "alignment/export.py", "weights.astype(str).astype(np.float64)", "weights.round(3)", "alignment"),
    Mutant("hostile words in a notebook", "alignment/notebook.py", "{escape(target)}</th>", "{target}</th>", "alignment"),
    Mutant("an error of anybody blamed on a picture", "alignment/output.py", "        yield value\n        with blamed(path):\n", "        with blamed(path):\n            yield value\n", "alignment"),
    Mutant("empty lines shift pictures", "commands/shown.py", "for line, pair in enumerate(pairs, 1):\n            target", "for line, pair in enumerate([pair for pair in pairs if pair.source], 1):\n            target", "commands/test_heatmap.py"),
    Mutant("pooling washed out", "commands/heatmap.py", 'return None if map_ == "pooling" else 1.0', "return 1.0", "commands/test_heatmap.py"),
    Mutant("titles over their neighbours", "alignment/layout.py", "max(needs.columns * cell + needs.note * point, needs.title * point)", "needs.columns * cell + needs.note * point", "alignment"),
    Mutant("a mean over padding too", "models/pooling.py", "mask_BS.sum(dim=1, keepdim=True), None", "mask_BS.shape[1], None", "models"),
    Mutant("another layer aligns", "decoding/forced.py", "layers[self.config.aligning_layer(len(layers)) - 1]", "layers[-1]", "decoding"),
    Mutant("cross attention, though trained to align", "decoding/forced.py", 'return "alignment" if "alignment" in self.model.maps and', 'return "alignment" if False and', "decoding"),
    Mutant("neighbours tried in another order", "alignment/symmetrize.py", "for down, right in _NEIGHBOURS:", "for down, right in _NEIGHBOURS[::-1]:", "alignment"),
    Mutant("the walk forgets what is put before it", "alignment/symmetrize.py", "here += self._add(new) <= here", "self._add(new)", "alignment"),
    Mutant("the reverse links are final first", "alignment/symmetrize.py", "for direction in (one, other):", "for direction in (other, one):", "alignment"),
    Mutant("final-and wants one new word", "alignment/symmetrize.py", "all(free) if both else any(free)", "any(free)", "alignment"),
    Mutant("reverse links not turned", LINKING, "_swapped(alignment.links(threshold))", "alignment.links(threshold)", "commands/test_alignment.py"),
    Mutant("weights of reverse links not turned", LINKING, "alignment.weight((link[1], link[0]))", "alignment.weight(link)", "commands/test_alignment.py"),
    Mutant("a model of the same direction is the reverse", LINKING, "if opposite.languages != model.languages[::-1]:", "if False:", "commands/test_alignment.py"),
    Mutant("weights with --reverse FILE do not count", LINKING, "return weights.get(link, 0.0)", "return 0.0", "commands/test_alignment.py"),
    Mutant("weights in --reverse FILE are all 1", "alignment/links.py", "float(found[4] or 1)", "1.0", "commands/test_alignment.py alignment/test_links.py"),
    Mutant("a reverse model ignores the threshold", LINKING, "_swapped(alignment.links(threshold))", "_swapped(alignment.links())", "commands/test_alignment.py"),
    Mutant("hmm ignores the threshold", LINKING, "options = () if threshold is None else (threshold,)", "options = ()", "commands/test_alignment.py"),
    Mutant("hmm's reverse direction ignores the threshold", LINKING, "_backward(backward, threshold)]", "_backward(backward, 2)]", "commands/test_alignment.py"),
    Mutant("hmm's forward direction ignores the threshold", LINKING, "[_forward(forward, threshold), ", "[_forward(forward, 2), ", "commands/test_alignment.py"),
    Mutant("what is wrong with --reverse FILE is not told", LINKING, "    problems.log()\n", "", "commands/test_alignment.py"),
    Mutant("what is wrong with the pairs is not told", "commands/alignment.py", "            bar.update()\n    problems.log()\n", "            bar.update()\n", "commands/test_alignment.py"),
    Mutant("--reverse FILE from 1 read as from 0", LINKING, "    check_base(name, (link for one in checked for link in one.links), ", "    str((name, ", "commands/test_alignment.py"),
    Mutant("an input is replaced", "commands/alignment.py", ".samefile(output):", ".samefile(output) and False:", "commands/test_alignment.py"),
    Mutant("lines wait for others", "commands/alignment.py", "if stream is sys.stdout:", "if False:", "commands/test_alignment.py"),
    Mutant("hmm takes options of models", "commands/alignment.py", "if run == STATISTICAL:", "if False:", "commands/test_alignment.py"),
    Mutant("few pairs are enough for hmm", LINKING, "if pairs.count < _FEW:", "if False:", "commands/test_alignment.py"),
    Mutant("gold of a part is gold of all", "alignment/links.py", "len(named) < sentences:", "False:", "commands/test_alignment.py"),
    Mutant("NAACL links told from 0", "alignment/links.py", "return int(self.naacl or self.one_based or False)", "return int(self.one_based or False)", "alignment/test_links.py"),
    Mutant("NAACL links told by sentence", "alignment/links.py", "        if not self.naacl:\n            return f", "        if True:\n            return f", "alignment/test_links.py"),
    Mutant("how NAACL links count can be said", "alignment/links.py", "if file.one_based is not None:", "if False:", "alignment/test_links.py"),
    Mutant("vast lines are held in full", HMM, "waiting.append((source[:LONGEST], target[:LONGEST]))", "waiting.append((source, target))", "alignment/test_hmm.py"),
    Mutant("cut words have their neighbours' weight", HMM, "source < len(self.source) and target", "target", "alignment/test_hmm.py"),
    Mutant("marks of raw text are joined", "words.py", " and _is_free(text, end) and joined(word)", " and joined(word)", "test_words.py"),
    Mutant("every apostrophe closes", "words.py", "            found[begin] = is_open\n", "            found[begin] = True\n", "test_words.py"),
    Mutant("possessives quote", "words.py", " and not _SHORTENED.fullmatch(", " and not re.fullmatch('', ", "test_words.py"),
    Mutant("unknown units are words", "decoding/maps.py", "if units not in known:", "if False:", "decoding/test_door.py"),
    Mutant("a resumed run teaches another head", "training/__init__.py", "if others and before.training.guided_attention:", "if False:", "training/test_links.py"),
    Mutant("a head that is not there is taught", OBJECTIVE, "if config.decoding.alignment_head > heads:", "if False:", "training/test_objective.py"),
    Mutant("links from 1 read as from 0", "alignment/links.py", "if count >= _MANY:", "if False:", "alignment/test_links.py"),
    Mutant("links of the empty word", "alignment/links.py", "if source and target:", "if True:", "alignment"),
    Mutant("null links are links", "alignment/alignment.py", "-1:] <= 0.5", "-1:] <= 2", "alignment"),
    Mutant("the end has a share of the words' weight", "alignment/alignment.py", "totals_T1 = words_TS.sum(axis=1, keepdims=True)", "totals_T1 = self.weights_TS[: len(words_TS)].sum(axis=1, keepdims=True)", "alignment"),
    Mutant("tokenised text read as it comes", "corpus/tokenizer.py", "if join:", "if False:", "corpus/test_tokenizer.py decoding/test_translator.py"),
    Mutant("words out of place in joined text", "words.py", "length += len(gap)", "pass", "test_words.py"),
    Mutant("n-best texts that repeat", "decoding/translator.py", "key=self.tokenizer.target.decode if n > 1 else tuple", "key=tuple", "decoding/test_door.py"),
    Mutant("the first segmentation of a text counts", SEARCH, "if new.score > known.score:", "if False:", "decoding/test_search.py"),
    Mutant("NaN is the best score", SEARCH, "if top_scores[:, 0].isnan().any():", "if False:", "decoding/test_search.py"),
    Mutant("a sentence without any hypothesis", SEARCH, "if not all(self.finished):", "if False:", "decoding/test_search.py"),
    Mutant("attention that is not finite", "decoding/forced.py", "if not np.isfinite(found).all():", "if False:", "decoding/test_door.py"),
    Mutant("the bound counts one head", "decoding/forced.py", "_MOST_WEIGHTS // (layers * heads)", "_MOST_WEIGHTS // layers", "decoding/test_door.py"),
    Mutant("the stream checks when it is read", "decoding/translator.py", "        return self._stream(iter(lines), place)", "        yield from self._stream(iter(lines), place)", "decoding/test_door.py"),
    Mutant("a map's size is found each time", "decoding/forced.py", "if name not in self._sizes:", "if True:", "decoding/test_door.py"),
    Mutant("given pairs are not cut", "decoding/forced.py", "most = min(most, self.config.max_input)", "pass", "decoding/test_door.py"),
    Mutant("words without pieces are not cut", "decoding/maps.py", "words = min(most, len(text.words))", "words = len(text.words)", "decoding/test_door.py"),
    Mutant("lines of a stream numbered by chunk", "decoding/translator.py", "return place(done + number)", "return place(number)", "decoding/test_door.py"),
    Mutant("the whole input is read ahead", "decoding/translator.py", "islice(rest, self.lines_at_once)", "rest", "decoding/test_door.py"),
    Mutant("a pickle takes the model along", "decoding/translation.py", 'return {**self.__dict__, "translator": None}', "return self.__dict__", "decoding/test_door.py"),
    Mutant("importing the package imports torch", "__init__.py", "from importlib import import_module\n", "from importlib import import_module\nimport torch\n", "test_package.py"),
    Mutant("decoder's words off by one", "decoding/maps.py", "word + 1 for word", "word for word", "decoding"),
    Mutant("AER without possible links", "alignment/scoring.py", "1 - (sure + possible)", "1 - 2 * sure", "alignment"),
    Mutant("a CSV record at another line", "corpus/tables.py", "rows.line_num + 2", "rows.line_num + 1", "corpus/test_tables.py"),
    Mutant("target before source", "corpus/tables.py", "return sides[0], sides[1]", "return sides[1], sides[0]", "corpus/test_tables.py"),
    Mutant("context attended to but not taken in", DECODERS, "self.update(self.update.gates(context_BM), middle_BD)", "middle_BD + 0 * self.update.gates(context_BM).sum()", "models"),
    Mutant("recurrent matrices not orthogonal", RNN, "nn.init.orthogonal_(gate)", "pass", "models"),
    Mutant("padding begins as a word", "models/embedding.py", "vectors.weight[PAD].zero_()", "pass", "models"),
    Mutant("a smaller bound for matrices stacked in one", "models/attention.py", "*self.key_value.weight.chunk(2), self.output", "self.key_value.weight, self.output", "models"),
    Mutant("a part that nobody draws", "models/base.py", "elif list(part.parameters(recurse=False)):", "elif False:", "models"),
    Mutant("drawn before loading", "models/__init__.py", "if func in _DRAWING:", "if False:", "models"),
    Mutant("logits of any vocabulary in one piece", "training/objective.py", "LARGEST_KEPT_BYTES // (model.target_size * ", "LARGEST_KEPT_BYTES // (8 * ", "training/test_objective.py"),
    Mutant("prepositions not repeated", GRAMMAR + "french.py", "_noun_phrase(np.other, context, before)", "_noun_phrase(np.other, context)", "grammar/test_grammar.py"),
    Mutant("a full disk is a traceback", "checkpoint.py", "except RuntimeError as error:", "except ZeroDivisionError as error:", "test_checkpoint.py test_checkpoint_writing.py"),
    Mutant("damaged weights are taken", "weights.py", "if digest.hexdigest() != note[1].decode():", "if False:", "test_checkpoint.py test_checkpoint_writing.py"),
    Mutant("a checksum of the tensors alone", "weights.py", "hashlib.sha256(content[: note.start(1)])", "hashlib.sha256()", "test_checkpoint.py test_checkpoint_writing.py"),
    Mutant("a damaged training state is taken", "checkpoint.py", 'if hashlib.file_digest(archive, "sha256").digest() != stream.read():', "if False:", "test_checkpoint.py test_checkpoint_writing.py"),
    Mutant("a name taken before its content is on the disk", "files.py", "        flush(temporary)\n        if mode", "        if mode", "test_files.py"),
    Mutant("a cache for one user", "files.py", "    temporary.mkdir()", "    temporary.mkdir(0o700)", "test_files.py"),
    Mutant("a directory in the way noticed after the work", "files.py", "if mode is not None and stat.S_ISDIR(mode):\n        raise IsADir", "if False:\n        raise IsADir", "test_files.py"),
    Mutant("a replaced file is anybody's to read", "files.py", "permissions = 0o666 if mode is None else mode & 0o777 | stat.S_IWUSR", "permissions = 0o666", "test_files.py"),
    Mutant("a replaced file gets other permissions", "files.py", "temporary.chmod(mode & 0o777)", "pass", "test_files.py"),
    Mutant("another writer's directory is removed", "files.py", "remove_leftovers(folder, older_than=_DAY)", "remove_leftovers(folder)", "test_files.py"),
    Mutant("a directory being filled looks old", "files.py", "(path, *path.rglob(\"*\"))", "(path,)", "test_files.py"),
    Mutant("every leftover is anybody's", "files.py", "if ours.fullmatch(leftover.name) and", "if", "test_files.py"),
    Mutant("resumed with any tokenizer", LOOP, 'self.run.check_tokenizer("training.pt", state["tokenizer"], self.train.tokenizer)', "pass", "test_checkpoint.py test_checkpoint_writing.py"),
    Mutant("any tokenizer will do", "checkpoint.py", "if tokenizer.fingerprint != fingerprint:", "if False:", "test_checkpoint.py test_checkpoint_writing.py"),
    Mutant("an interrupt lost in a callback", PROCESS, "isinstance(dropped.exc_value, KeyboardInterrupt)", "isinstance(dropped.exc_value, SystemExit)", "commands/test_streams.py"),
    Mutant("an interrupt in the middle of an import", PROCESS, 'frame.f_code.co_filename != "<frozen importlib._bootstrap>"', "frame.f_back is not frame", "commands/test_streams.py"),
    Mutant("a file takes the number of a closed stream", PROCESS, "null = os.open(os.devnull, access)", "null = number", "test_process.py"),
    Mutant("standard output flushed once more", PROCESS, "os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())", "pass", "commands/test_streams.py"),
    Mutant("a message that stops the work", PROCESS, "return memoryview(data).nbytes", "raise", "commands/test_streams.py"),
    Mutant("a limit of memory raised", PROCESS, "min([memory(device), *there])", "memory(device)", "test_process.py"),
    Mutant("a container's memory is the machine's", "devices.py", "*_control_group_limits()]", "]", "test_devices.py"),
    Mutant("a card that is not there", "devices.py", "device.index >= torch.cuda.device_count()", "False", "test_devices.py"),
    Mutant("any device that torch names", "devices.py", 'if device.type not in ("cpu", "cuda"):', 'if name == "abacus":', "test_devices.py"),
    Mutant("a run goes on without its best weights", LOOP, "            self._check_best()\n", "", "training/test_resume.py"),
    Mutant("best weights missed that are yet to be written", LOOP, " or (progress.pending is not None and progress.best_update == progress.update)", "", "training/test_kills.py"),
    Mutant("a host program's command line told", "training/provenance.py", "None if command is None else [*command]", "[*(command or __import__('sys').argv)]", "training/test_provenance.py"),
    Mutant("command lines published", "checkpoint.py", 'if name != "command"', "if name", "test_checkpoint.py"),
    Mutant("changes in a run's config thrown away", "training/__init__.py", 'if name.startswith("decoding.") and name not in given', "if False", "training/test_resume.py"),
    Mutant("what was asked for forgotten", LOOP, '"asked": self.asked.model_dump(),', '"asked": self.config.model_dump(),', "training/test_training.py training/test_resume.py"),
    Mutant("averages take no memory", "models/__init__.py", "count * (5 + averages)", "count * 5", "training/test_training.py"),
    Mutant("bars of the library", LOOP, "None if shown else True", "None", "training/test_training.py"),
    Mutant("a bug told as a missing package", "__main__.py", 'if package == "seq2seq":', "if False:", "commands/test_streams.py"),
    Mutant("every system error is a user's", "commands/__init__.py", "error.errno in _EXHAUSTED", "True", "commands/test_streams.py"),
    Mutant("reverse links not turned round", "../benchmarks/alignment.py", "return swapped(found) if reverse else found", "return found", "test_alignment_benchmark.py"),
    Mutant("captions of any edition", "../benchmarks/alignment.py", "if checksum(pair) != crc:", "if False:", "test_alignment_benchmark.py"),
    Mutant("an aligner is scored on its training pairs", "../benchmarks/alignment.py", "aligner.align(words(task.pairs, task))", "aligner.align(words(task.training, task))", "test_alignment_benchmark.py"),
    Mutant("the end token has to choose, too", ALIGNER, "~mask_BT[:, :, None] | _is_last(source.mask_BS)[:, None]", "~mask_BT[:, :, None].expand(-1, -1, source.mask_BS.shape[1])", "models/test_aligner.py"),
    Mutant("a source token chooses padding", ALIGNER, "scores_BTS.masked_fill(~mask_BT[:, :, None], -torch.inf)", "scores_BTS", "models/test_aligner.py"),
    Mutant("alignments shifted by a token", ALIGNER, "_end_last(self.query(torch.cat([context_BTA, words_BTE], dim=-1)), mask_BT)", "self.query(torch.cat([context_BTA, words_BTE], dim=-1))", "models/test_aligner.py"),
    Mutant("the end's row behind the padding", ALIGNER, "next_BT >= mask_BT.sum(dim=1, keepdim=True)", "next_BT >= mask_BT.shape[1]", "models/test_aligner.py"),
    Mutant("alignment moves the encoder", ALIGNER, "torch.cat([source.words_BSE, source.states_BSM], dim=-1).detach()", "torch.cat([source.words_BSE, source.states_BSM], dim=-1)", "models/test_aligner.py"),
    Mutant("alignment moves the word vectors", ALIGNER, "words_BTE = words_BTE.detach()", "pass", "models/test_aligner.py"),
    Mutant("a head's weights drawn among the others", "models/base.py", "with torch.random.fork_rng(devices=[]):", "if True:", "models/test_aligner.py"),
    Mutant("one norm of all gradients", OBJECTIVE, "for weights in (rest, head)", "for weights in ([*rest, *head], [])", "training/test_objective.py"),
    Mutant("a head's gradient is not looked at", OBJECTIVE, "return norm if math.isfinite(head_norm) else head_norm", "return norm", "training/test_objective.py"),
    Mutant("the alignment's loss by all tokens", OBJECTIVE, "self.alignment / max(self.guided, 1)", "self.alignment / self.tokens", "training/test_objective.py"),
    Mutant("a weight of 0 is an infinite loss", OBJECTIVE, "weights_BTS.clamp_min(smallest).log()", "weights_BTS.log()", "training/test_objective.py"),
    Mutant("the alignment's losses add up from line to line", "training/progress.py", "        self.window_alignment = self.window_attention = None\n", "", "training/test_links.py"),
    Mutant("a head that nothing teaches", "config.py", "if self.model.alignment_dim and not self.data.has_links:", "if False:", "test_config.py"),
    Mutant("the mean of all heads is taught", "training/objective.py", "cross_BLHTS[:, self.layer, self.heads]", "cross_BLHTS[:, self.layer]", "training/test_objective.py"),
    Mutant("the last layer's attention is taught", "training/objective.py", "config.decoding.aligning_layer(layers) - 1", "layers - 1", "training/test_objective.py"),
    Mutant("guided attention counts as much as translating", "training/objective.py", "self.attention_weight * self.attention", "self.attention", "training/test_objective.py"),
    Mutant("training forgets guided attention", "training/loop.py", "options.label_smoothing, self.guide)", "options.label_smoothing)", "training/test_links.py"),
    Mutant("a head by number is not asked for", "decoding/forced.py", "heads[self.config.aligning_heads()]", "heads", "decoding/test_translator.py"),
    Mutant("pictures ignore the head that aligns", "decoding/forced.py", "self.config.aligning_layer(layers), self.config.alignment_head", "self.config.aligning_layer(layers), 0", "commands/test_page.py"),
    Mutant("parts of an elision have the links of both", "../data/grammar/surface.py", "(len(text) - len(end), first.concepts)", "(len(text) - len(end), concepts)", "grammar/test_grammar.py"),
    Mutant("marks are linked whatever their number", "../data/grammar/surface.py", "if len(places[0]) == len(places[1]):", "if places[0] and places[1]:", "grammar"),
    Mutant("a layer by number is not asked for", "decoding/forced.py", "self.config.alignment_layer or self.config.alignment_head", "self.config.alignment_head", "decoding/test_translator.py"),
    Mutant("the directions do not agree", HMM, "links = [links[0] * links[1]] * 2", "pass", "alignment/test_hmm.py"),
    Mutant("links of one direction", HMM, "(self.forward_TS + self.reverse_TS) * np.float32(0.5)", "self.forward_TS", "alignment/test_hmm.py"),
    Mutant("counts of all iterations add up", HMM, "            self._jumps = self._jump_counts\n        self._reset()", "            self._jumps = self._jump_counts", "alignment/test_hmm.py"),
    Mutant("pairs without cells are held", HMM, " or len(waiting) >= _CHUNK", "", "alignment/test_hmm.py"),
    Mutant("a pair's links by its place in its bucket", HMM, "zip(block.rows_B.tolist(), zip(", "zip(range(len(block.rows_B)), zip(", "alignment/test_hmm.py"),
    Mutant("over-long sides are aligned in full", HMM, "self._sides[1].find(target[:LONGEST])", "self._sides[1].find(target)", "alignment/test_hmm.py"),
    Mutant("a null word has no past", MARKOV, " + backward_BG * nulls_OB1[o] / scales_OB1[o]", "", "alignment/test_hmm.py"),
    Mutant("expected jumps by the words alone", MARKOV, "jumps_GG * transitions.jumps_GG, final_G)", "jumps_GG, final_G)", "alignment/test_hmm.py"),
    Mutant("jumps are not smoothed", MARKOV, "jumps_GG.sum(axis=1, keepdims=True) + uniform / given", "jumps_GG.sum(axis=1, keepdims=True)", "alignment/test_hmm.py"),
    Mutant("expected jumps are rounded down", MARKOV, "float(count)", "count", "alignment/test_hmm.py"),
    Mutant("jumps back are counted as jumps of no width", MARKOV, "-_WIDEST, _WIDEST)", "0, _WIDEST)", "alignment/test_hmm.py"),
    Mutant("stems of words beside empty sides", LEXICON, "np.maximum(np.bincount(stems_V, frequencies_V), 1)[stems_V]", "np.bincount(stems_V, frequencies_V)[stems_V]", "alignment/test_hmm.py"),
    Mutant("pairs never together are others' pairs", LEXICON, "            places_BTS = np.where(found_BTS, places_BTS, len(self))\n", "            places_BTS = np.minimum(places_BTS, len(self) - 1)\n", "alignment/test_hmm.py"),
    Mutant("no prior where words are never together", LEXICON, " + prior.each * never_together_V", "", "alignment/test_hmm.py"),
    Mutant("stems' words equally often", LEXICON, "        share_V = frequencies_V / np", "        share_V = 1 / np", "alignment/test_hmm.py"),
    Mutant("words by case", LEXICON, "self._numbers.setdefault(word.casefold(), ", "self._numbers.setdefault(word, ", "alignment/test_hmm.py"),
    Mutant("merged pairs of words are lost", LEXICON, "            merged, waiting, size = _unique(np.concatenate([merged, *waiting]))", "            merged, waiting, size = _unique(np.concatenate(waiting))", "alignment/test_hmm.py"),
    Mutant("the page's gold by target and source", "alignment/assets/views.js", '"sure" : "possible", link[1], link[0]', '"sure" : "possible", link[0], link[1]', BROWSER),
    Mutant("small weights of the page have a digit", PAGE, "np.rint(255 * np.sqrt(weights_LHTS))", "np.rint(255 * weights_LHTS)", "alignment/test_page.py"),
    Mutant("the page's maps lose a word with the end token", DATA_JS, "height - (rowAxis.end && !ends)", "height - 2 * (rowAxis.end && !ends)", BROWSER),
    Mutant("the page shows the next head", DATA_JS, "head ? [head - 1]", "head ? [head % map.heads]", BROWSER),
    Mutant("a page's words may close its script", PAGE, 'text.replace("<", "\\\\u003c")', "text", "alignment/test_page.py"),
    Mutant("a page's title may name parts of the page", PAGE, 'html.escape(style.title), html', 'html.escape(style.title).replace("{style}", sheet), html', "alignment/test_page.py"),
    Mutant("the page's links of another head", PAGE, "enumerate([mean(heads), *heads])", "enumerate([*heads, mean(heads)])", "alignment/test_page.py"),
    Mutant("the page reads the links of the mean", DATA_JS, "(map.heads + 1) + head)", "(map.heads + 1))", BROWSER),
    Mutant("the page does not tell what it hides", DATA_JS, "(isHiding ? at(row, width - 1) : 0)", "0", BROWSER),
    Mutant("a page inside another one stops", "alignment/assets/address.js", "    } catch { /*", "    } finally { /*", "alignment/test_page_anywhere.py"),
    Mutant("a page's gold counts parts of words", "decoding/maps.py", 'return "words" if has_gold else "split"', 'return "split"', "commands/test_heatmap.py"),
    Mutant("the page's translations have the gold of the given target", "decoding/page.py", "untold = pair._replace(gold=None)", "untold = pair", "commands/test_page.py"),
    Mutant("gold over the model's own translation", "commands/shown.py", "if self.gold is not None and self.target is None and self.reference is None:", "if False:", "commands/test_heatmap.py"),
    Mutant("wrong gold is found when pictures are there", "commands/shown.py", 'if links is not None and target is not None and units != "pieces":', "if False:", "commands/test_heatmap.py"),
    Mutant("the room of an SVG's narrowest font", "alignment/heatmap.py", 'embedded=path.suffix.lower() != ".svg"', "embedded=True", "alignment/test_heatmap.py"),
]  # fmt: skip


def caught(mutant: Mutant, copy: Path) -> bool:
    """Whether the tests fail on a mutant; the copy is left as it was."""
    path = copy / "seq2seq" / mutant.path
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.text) != 1:
        sys.exit(f"{mutant.path} does not hold this text just once: {mutant.text}")
    path.write_text(text.replace(mutant.text, mutant.instead), encoding="utf-8")
    found = failed(mutant.tests, copy)
    path.write_text(text, encoding="utf-8")
    return found


def failed(tests: str, copy: Path) -> bool:
    """Whether a test fails; ends everything where none could be run."""
    paths = [str(copy / "tests" / name) for name in tests.split()]
    # With a directory of its own: pytest removes those of earlier runs, which may not be over.
    options = ["-q", "-x", "-p", "no:cacheprovider", f"--basetemp={copy / '.tests'}"]
    command = [sys.executable, "-m", "pytest", *options, *paths]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    result = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    if result.returncode > 1:
        sys.exit(f"{tests}: pytest ended with {result.returncode}: {result.stdout[-300:]}")
    return result.returncode == 1


def main() -> None:
    chosen = [mutant for mutant in MUTANTS if not sys.argv[1:] or any(word in mutant.bug for word in sys.argv[1:])]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        ignored = shutil.ignore_patterns(".*", "__pycache__", "checkpoints")
        shutil.copytree(ROOT, copy, ignore=ignored, dirs_exist_ok=True)
        (copy / "checkpoints").symlink_to(ROOT / "checkpoints")  # models that ship, and perhaps large runs
        for tests in sorted({mutant.tests for mutant in chosen}):
            if failed(tests, copy):
                sys.exit(f"{tests}: fails on the code as it is: it would catch anything")
        missed = 0
        for mutant in chosen:
            noticed = caught(mutant, copy)
            missed += not noticed
            print(f"{'caught' if noticed else 'MISSED'}  {mutant.bug}", flush=True)
    sys.exit(f"{missed} of {len(chosen)} bugs went unnoticed" if missed else 0)


if __name__ == "__main__":
    main()
