// What the page holds, as page.py wrote it, and the weights of one map of one target. All scripts are one module on the
// page: data.js, views.js, sentences.js, address.js and page.js, in this order.

const find = (id) => document.getElementById(id);
const { about, sentences } = JSON.parse(find("data").textContent);

// A weight is kept as one byte, the square root of it: small weights keep two digits.
const WEIGHTS = Float32Array.from({ length: 256 }, (_, byte) => (byte / 255) ** 2);

const MOST_TOLD = 4; // words that a word looks at, in its description
const HIDDEN = 0.05; // of a word's weight: an end token that has so much, and is not shown, is noted beside the word

const inflated = new Map();

/** Return the bytes of an array, which is kept compressed until somebody looks. */
async function inflate(array) {
  if (!inflated.has(array)) {
    const packed = Uint8Array.from(atob(array), (character) => character.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    inflated.set(array, new Uint8Array(await new Response(stream).arrayBuffer()));
  }
  return inflated.get(array);
}

/**
 * Return what there is to see of one head of a map, or (head 0) of the mean of a layer's heads.
 *
 * rows look at columns: `at(row, column)` is the weight; `hidden` is what each row has on an end token that is not
 * shown. What belongs to a target's words only (probabilities, links, each a column and a row) is there for the maps
 * whose rows they are.
 */
async function lookAt(sentence, target, { map: name, layer, head, ends }) {
  const map = target.maps[name];
  const isLinked = map.links !== null;
  const bytes = await inflate(sentence.arrays[map.weights]);
  const [rowAxis, columnAxis] = [sentence.axes[map.rows], sentence.axes[map.columns]];
  const [height, width] = [rowAxis.words.length, columnAxis.words.length];
  const heads = head ? [head - 1] : [...Array(map.heads).keys()];
  const starts = heads.map((one) => ((layer - 1) * map.heads + one) * height * width);
  const at = (row, column) => {
    const place = row * width + column;
    return starts.reduce((sum, start) => sum + WEIGHTS[bytes[start + place]], 0) / starts.length;
  };
  const rows = rowAxis.words.slice(0, height - (rowAxis.end && !ends));
  const columns = columnAxis.words.slice(0, width - (columnAxis.end && !ends));
  const weights = rows.map((_, row) => columns.map((_, column) => at(row, column)));
  const isHiding = columnAxis.end && !ends;
  const marked = isLinked ? await inflate(sentence.arrays[map.links]) : [];
  const links = [];
  for (let row = 0; row < rows.length && isLinked; row++) {
    for (let column = 0; column < columns.length; column++) {
      const bit = (((layer - 1) * (map.heads + 1) + head) * height + row) * width + column;
      if (marked[bit >> 3] & (0x80 >> (bit & 7))) links.push([column, row]);
    }
  }
  return {
    rows, columns, weights, links,
    hidden: rows.map((_, row) => (isHiding ? at(row, width - 1) : 0)),
    end: columnAxis.words[width - 1],
    at: (row, column) => weights[row][column],
    largest: Math.max(...weights.map((row) => Math.max(...row, 0)), 0),
    ends: {
      rows: ends && rowAxis.end ? rows.length - 1 : -1,
      columns: ends && columnAxis.end ? columns.length - 1 : -1,
    },
    axes: { rows: map.rows, columns: map.columns },
    chances: isLinked ? target.log_probs?.map(chance) : null,
    sure: isLinked ? target.sure : [],
    possible: isLinked ? target.possible : [],
  };
}

/** Return the probability of a logarithm, or null where there is none. */
const chance = (logProb) => (logProb === null || logProb === undefined ? null : Math.exp(logProb));

/** Return the geometric mean of a target's probabilities, or null. */
function certainty(target) {
  const known = (target.log_probs ?? []).filter((value) => value !== null);
  return known.length ? Math.exp(known.reduce((sum, value) => sum + value, 0) / known.length) : null;
}

/** Return a share as it is written: "93 %". */
const percent = (value) => `${value > 0 && value < 0.005 ? "< 1" : Math.round(100 * value)}\u00a0%`;

/** Return a word so that the order of its letters, from right to left, say, changes nothing around it. */
const isolated = (word) => (/[\u0590-\u08ff\u202a-\u202e\u2066-\u2069]/.test(word) ? `\u2068${word}\u2069` : word);

/**
 * Return where a word looks, or (a column) what looks at it, and the marks that are shown: "looks at dog 93 %, The 4 %;
 * linked with dog; gold: dog; probability 87 %".
 */
function describe(look, side, index, shown) {
  const isRow = side === "rows";
  const others = (isRow ? look.columns : look.rows)
    .map((name, other) => ({ name, weight: isRow ? look.at(index, other) : look.at(other, index) }))
    .filter(({ weight }) => weight >= 0.01)
    .sort((one, two) => two.weight - one.weight)
    .slice(0, MOST_TOLD)
    .map(({ name, weight }) => `${isolated(name)} ${percent(weight)}`);
  const probability = isRow ? look.chances?.[index] ?? null : null;
  const hidden = isRow ? look.hidden[index] : 0;
  return [
    `${isRow ? "looks at" : "looked at by"} ${others.join(", ") || "nothing"}`,
    hidden >= 0.01 ? `not shown: ${look.end} ${percent(hidden)}` : "",
    ...describeMarks(look, side, index, shown),
    probability === null ? "" : `probability ${percent(probability)}`,
  ].filter(Boolean).join("; ");
}

/** Return in words the links and gold links of a word, as far as they are shown. */
function describeMarks(look, side, index, { links, gold }) {
  const [own, other, others] = side === "rows" ? [1, 0, look.columns] : [0, 1, look.rows];
  const partners = (marks) =>
    marks.filter((link) => link[own] === index).map((link) => isolated(others[link[other]])).join(", ");
  const certain = new Set(look.sure.map(String));
  const unsure = look.possible.filter((link) => !certain.has(String(link)));
  return Object.entries({
    "linked with ": links ? partners(look.links) : "",
    "gold: ": gold ? partners(look.sure) : "",
    "gold, possible: ": gold ? partners(unsure) : "",
  }).filter(([, names]) => names).map((parts) => parts.join(""));
}

/** Return what stands before each word of a text and after the last, or null if the text does not have these words. */
function gaps(text, words) {
  const found = [];
  let from = 0;
  for (const word of words) {
    const place = text.indexOf(word, from);
    if (place < 0) return null;
    found.push(text.slice(from, place));
    from = place + word.length;
  }
  return [...found, text.slice(from)];
}

/** Return text as it is searched: without case and accents. */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Return which words of a list are not in another one, in order (those outside a longest common subsequence). */
function changed(words, others) {
  const length = Array.from({ length: words.length + 1 }, () => new Uint16Array(others.length + 1));
  for (let i = words.length - 1; i >= 0; i--) {
    for (let j = others.length - 1; j >= 0; j--) {
      length[i][j] = words[i] === others[j] ? length[i + 1][j + 1] + 1 : Math.max(length[i + 1][j], length[i][j + 1]);
    }
  }
  const found = new Set();
  for (let i = 0, j = 0; i < words.length; ) {
    if (words[i] === others[j]) [i, j] = [i + 1, j + 1];
    else if (j < others.length && length[i][j + 1] >= length[i + 1][j]) j++;
    else found.add(i++);
  }
  return found;
}
