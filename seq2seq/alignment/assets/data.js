// What the page holds, as page.py wrote it, and the weights of one map of one target. All scripts are one module on the
// page: data.js, views.js, sentences.js and page.js, in this order.

const find = (id) => document.getElementById(id);
const { about, sentences } = JSON.parse(find("data").textContent);

// A weight is kept as one byte, the square root of it: small weights keep two digits.
const WEIGHTS = Float32Array.from({ length: 256 }, (_, byte) => (byte / 255) ** 2);

const MOST_TOLD = 4; // words that a word looks at, as they are told in text

const inflated = new Map();

/** Return the bytes of weights, which are kept compressed until somebody looks. */
async function inflate(weights) {
  if (!inflated.has(weights)) {
    const packed = Uint8Array.from(atob(weights), (character) => character.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    inflated.set(weights, new Uint8Array(await new Response(stream).arrayBuffer()));
  }
  return inflated.get(weights);
}

/**
 * Return what there is to see of one head of a map, or (head 0) of the mean of a layer's heads.
 *
 * rows look at columns: `at(row, column)` is the weight. What belongs to a target's words only (probabilities, links)
 * is there for the maps whose rows they are.
 */
async function lookAt(sentence, target, { map: name, layer, head, ends }) {
  const map = target.maps[name];
  const bytes = await inflate(sentence.weights[map.weights]);
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
  const within = ([column, row]) => row < rows.length && column < columns.length;
  return {
    rows, columns, weights,
    at: (row, column) => weights[row][column],
    largest: Math.max(...weights.map((row) => Math.max(...row, 0)), 0),
    ends: {
      rows: ends && rowAxis.end ? rows.length - 1 : -1,
      columns: ends && columnAxis.end ? columns.length - 1 : -1,
    },
    axes: { rows: map.rows, columns: map.columns },
    chances: map.linked ? target.log_probs?.map(chance) : null,
    links: map.linked ? target.links.filter(within) : [],
    sure: map.linked ? target.sure.filter(within) : [],
    possible: map.linked ? target.possible.filter(within) : [],
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

/** Return where a word looks, or (a column) what looks at it: "looks at dog 93 %, The 4 %; probability 87 %". */
function describe(look, side, index) {
  const isRow = side === "rows";
  const others = (isRow ? look.columns : look.rows)
    .map((name, other) => ({ name, weight: isRow ? look.at(index, other) : look.at(other, index) }))
    .filter(({ weight }) => weight >= 0.01)
    .sort((one, two) => two.weight - one.weight)
    .slice(0, MOST_TOLD)
    .map(({ name, weight }) => `${isolated(name)} ${percent(weight)}`);
  const probability = isRow ? look.chances?.[index] ?? null : null;
  return `${isRow ? "looks at" : "looked at by"} ${others.join(", ") || "nothing"}`
    + (probability === null ? "" : `; probability ${percent(probability)}`);
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
