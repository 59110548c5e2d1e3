// The list of sentences with its search, and the sentence that is shown, with its targets.

const MOST_LISTED = 500; // sentences that the list shows at once; the search finds the others

const AER = "Alignment error rate: of the links of the model's alignment, against gold";

const plural = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

/** Show the text of the current sentence and of its targets, and mark it in the list. */
function showSentence() {
  const sentence = current();
  const place = `${state.sentence + 1} of ${sentences.length.toLocaleString("en")}`;
  find("name").replaceChildren(`${sentence.name} `, make("small", {}, place));
  find("source").replaceChildren(sentence.source);
  find("source").lang = about.languages[0];
  const first = sentence.axes[sentence.targets[0].words].words;
  const several = sentence.targets.length > 1;
  find("targets").replaceChildren(...sentence.targets.map((target, index) => {
    const { words, end } = sentence.axes[target.words];
    const differs = index ? changed(words, first) : new Set();
    const text = make("span", { class: "text", dir: "auto", lang: about.languages[1] });
    const shownWords = words.slice(0, words.length - end);
    const between = gaps(target.text, shownWords) ?? ["", ...shownWords.map(() => " ")];
    shownWords.forEach((word, place) => {
      const probability = chance(target.log_probs?.[place]);
      const title = probability === null ? null : `probability ${percent(probability)}`;
      const attributes = { class: differs.has(place) ? "changed" : "", title };
      text.append(between[place], colouredWord("bdi", attributes, word, probability));
    });
    text.append(between.at(-1));
    const facts = [
      target.score === null ? "" : `score ${target.score.toFixed(3)}`,
      target.aer === null ? "" : `AER ${target.aer.toFixed(1)}`,
    ].filter(Boolean).join(" · ");
    const name = several
      ? make("label", {}, compareBox(index), target.name)
      : make("span", { class: "alone" }, target.name);
    return make("li", {}, name, text, make("small", { title: target.aer === null ? null : AER }, facts));
  }));
  markCurrent();
}

/** Mark the current sentence in the list, which is one stop of the Tab key: there, or at its first sentence. */
function markCurrent() {
  const buttons = listButtons();
  const here = buttons.find((button) => Number(button.dataset.sentence) === state.sentence);
  for (const button of buttons) {
    if (button === here) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    button.tabIndex = button === (here ?? buttons[0]) ? 0 : -1;
  }
  if (here) scrollList(here.parentElement);
}

const listButtons = () => [...find("list").querySelectorAll("button")];

/** Scroll the list, and nothing else, so that one of its items can be seen. */
function scrollList(item) {
  const box = find("list");
  const below = item.offsetTop + item.offsetHeight - box.clientHeight;
  box.scrollTop = Math.max(below, Math.min(box.scrollTop, item.offsetTop));
}

/** Return the box that shows a target beside others, or hides it. */
function compareBox(index) {
  const box = make("input", { type: "checkbox", "aria-label": `Show target ${index + 1}` });
  box.checked = state.shown.has(index);
  box.addEventListener("change", () => {
    state.shown[box.checked ? "add" : "delete"](index);
    draw();
  });
  return box;
}

/** Go to a sentence, by its number from 0, if there is one. */
function go(index) {
  if (index < 0 || index >= sentences.length) return;
  state.sentence = index;
  state.shown = firstTargets();
  show();
}

/** Show the current sentence. */
function show() {
  showSentence();
  draw();
  announce(`${current().name}, ${state.sentence + 1} of ${sentences.length}: ${current().source}`);
}

// -- the list --------------------------------------------------------------------------------------------------------

const searched = sentences.map(({ source, targets }) => plain([source, ...targets.map(({ text }) => text)].join("\n")));
const hasGold = sentences.some(({ targets }) => targets[0].aer !== null);
const hasChances = sentences.some(({ targets }) => certainty(targets[0]) !== null);
let listed = []; // numbers of the sentences that the search leaves, in their order

// What sentences are ordered by, the smallest first.
const ORDERS = {
  "": () => 0,
  doubt: (sentence) => certainty(sentence.targets[0]) ?? 2,
  aer: (sentence) => -(sentence.targets[0].aer ?? -1),
};

/** List the sentences that the search leaves, in the order that is chosen, and return in words how many they are. */
function list() {
  const terms = plain(find("search").value).split(/\s+/).filter(Boolean);
  const key = ORDERS[find("order").value];
  listed = sentences.map((_, index) => index)
    .filter((index) => terms.every((term) => searched[index].includes(term)))
    .sort((one, two) => key(sentences[one]) - key(sentences[two]) || one - two);
  find("list").replaceChildren(...listed.slice(0, MOST_LISTED).map((index) => {
    const sentence = sentences[index];
    const sureness = certainty(sentence.targets[0]);
    const button = make("button", { type: "button", "data-sentence": index },
      make("bdi", { class: "number" }, String(index + 1)),
      make("bdi", { class: "text", lang: about.languages[0] }, ...found(sentence.source, terms)),
      make("small", { title: "Mean probability of a word" }, sureness === null ? "" : percent(sureness)));
    button.addEventListener("click", () => go(index));
    return make("li", {}, button);
  }));
  markCurrent();
  const all = plural(sentences.length, "sentence");
  const text = terms.length ? `${listed.length.toLocaleString("en")} of ${all}` : all;
  find("count").replaceChildren(
    listed.length > MOST_LISTED ? `${text}, of which ${MOST_LISTED} are listed` : text,
    hasChances ? " · %: mean probability" : "");
  return text;
}

/** Return a text in parts, of which those that the search found are marked. */
function found(text, terms) {
  if (!terms.length) return [text];
  const places = []; // for each character as it is searched, the place of the one that it comes from
  let searchedText = "";
  let place = 0;
  for (const character of text) {
    for (const letter of plain(character)) {
      searchedText += letter;
      places.push(...Array(letter.length).fill(place));
    }
    place += character.length;
  }
  places.push(text.length);
  const escaped = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const parts = [];
  let end = 0;
  for (const match of searchedText.matchAll(new RegExp(escaped.join("|"), "g"))) {
    const [from, to] = [places[match.index], places[match.index + match[0].length]];
    parts.push(text.slice(end, from), make("mark", {}, text.slice(from, to)));
    end = to;
  }
  return [...parts, text.slice(end)];
}

/** Go on by a number of places in the list, as it is searched and ordered. */
function step(by) {
  const place = listed.indexOf(state.sentence);
  const next = listed[place < 0 ? 0 : place + by];
  if (next !== undefined) go(next);
}
