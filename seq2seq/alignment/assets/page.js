// What is shown, the controls that choose it, and the keyboard.

const UNITS = { words: "words", split: "words, with punctuation apart", pieces: "subwords" };
const MAPS = {
  alignment: "alignment: taught",
  cross: "cross: target to source",
  encoder: "encoder: source to source",
  decoder: "decoder: target to target",
};
const MOST_PICTURED = 1 << 16; // places of a map that is drawn as a small picture: more take long
const MOST_COMPARED = 3; // targets that are shown side by side from the start

const FIRST = {
  sentence: 0, map: about.map, layer: about.layers[about.map], head: about.head, view: "ribbons", threshold: 0.03,
  links: about.links, gold: true, ends: about.ends, stretch: about.map === "pooling", shown: null,
};
const state = { ...FIRST };
let views = []; // what is drawn: a view for each target that is shown
let held = null; // the view, and the word or place of it, that stays shown while the pointer goes elsewhere
let headsDrawn = ""; // what the small pictures show
let latest = 0; // the number of the last drawing begun; a slower one before it is thrown away

const current = () => sentences[state.sentence];
const announce = (text) => find("live").replaceChildren(text);

/** Return a map of the current sentence: its layers and heads are the same for all targets. */
const currentMap = () => current().targets[0].maps[state.map];

/** Return the numbers of the current sentence's targets that are shown from the start. */
const firstTargets = () => new Set(current().targets.slice(0, MOST_COMPARED).keys());

// -- drawing ---------------------------------------------------------------------------------------------------------

async function draw() {
  const ticket = ++latest;
  const sentence = current();
  const shown = shownTargets(sentence);
  const looks = await Promise.all(shown.map((index) => lookAt(sentence, sentence.targets[index], state)));
  if (ticket !== latest) return;
  const Kind = state.view === "matrix" ? Matrix : Ribbons;
  const keyboard = keyboardPlace();
  views = looks.map((look) => new Kind(look, { ...state, languages: languagesOf(state.map), onPlace: point }));
  const several = views.length > 1;
  find("view").classList.toggle("several", several);
  find("view").replaceChildren(...views.map((view, index) => panel(view, sentence.targets[shown[index]], several)));
  placeViews();
  held = null;
  point(null, null);
  if (keyboard) views[keyboard.view]?.[keyboard.side][keyboard.index]?.focus();
  legend();
  await drawHeads(sentence, sentence.targets[shown[0] ?? 0], ticket);
  remember();
}

/** Place words and marks, with one view below the other where matrices side by side would not be seen whole. */
function placeViews() {
  const { classList } = find("view");
  const isCut = ({ element }) => element.matches(".matrix") && element.scrollWidth > element.clientWidth;
  classList.remove("stacked");
  views.forEach((view) => view.place());
  if (views.length < 2 || !views.some(isCut)) return;
  classList.add("stacked");
  views.forEach((view) => view.place());
}

/** Return the numbers of the targets to show; of those that share a map (an encoder's), the first. */
function shownTargets(sentence) {
  const mapOf = (index) => {
    const { rows, columns, weights } = sentence.targets[index].maps[state.map];
    return [rows, columns, weights].join();
  };
  const chosen = [...sentence.targets.keys()].filter((index) => state.shown.has(index));
  return chosen.filter((index, place) => chosen.findIndex((other) => mapOf(other) === mapOf(index)) === place);
}

function panel(view, target, several) {
  const isEmpty = !view.look.rows.length || !view.look.columns.length;
  const body = isEmpty ? make("p", { class: "empty" }, "There is nothing to show: a side has no words.") : view.element;
  if (isEmpty) view.place = () => {};
  return make("section", { class: "panel", "aria-label": target.name },
    ...(several ? [make("h3", {}, target.name)] : []), body);
}

const languagesOf = (map) => {
  const [source, target] = about.languages;
  return { rows: map === "encoder" ? source : target, columns: map === "decoder" ? target : source };
};

/** Show a focus in its view, and a word that is looked at in all that have the same, and say it in words. */
function focusOn(view, focus) {
  const side = focus && (focus.rows === undefined ? "columns" : "rows");
  for (const other of views) {
    const isShared = side === "columns" && other.look.axes.columns === view.look.axes.columns;
    other.show(other === view || isShared ? focus : null);
  }
  const text = focus ? sayFocus(view.look, focus, side) : ["Point at a word, or move to it with the keyboard."];
  find("status").replaceChildren(...text);
}

function sayFocus(look, focus, side) {
  const word = make("b", {}, make("bdi", {}, look[side][focus[side]]));
  const isPlace = focus.rows !== undefined && focus.columns !== undefined;
  if (!isPlace) return [word, ` ${describe(look, side, focus[side], state)}`];
  const has = (marks) => marks.some(([column, row]) => column === focus.columns && row === focus.rows);
  const marks = [
    state.links && has(look.links) ? "; link" : "",
    state.gold && has(look.possible) ? `; gold, ${has(look.sure) ? "sure" : "possible"}` : "",
  ].join("");
  const other = isolated(look.columns[focus.columns]);
  return [word, ` looks at ${other} ${percent(look.at(focus.rows, focus.columns))}${marks}`];
}

/** Draw all layers and heads of the current map as small pictures, each a button that chooses it. */
async function drawHeads(sentence, target, ticket) {
  const { layers, heads, rows: rowAxis, columns: columnAxis } = target.maps[state.map];
  const places = sentence.axes[rowAxis].words.length * sentence.axes[columnAxis].words.length;
  const isPictured = layers * heads > 1 && places <= MOST_PICTURED;
  find("overview").hidden = !isPictured;
  const { map, ends, stretch } = state;
  const key = [state.sentence, sentence.targets.indexOf(target), map, ends, stretch, inkOf(find("heads"))].join();
  if (isPictured && key !== headsDrawn) {
    const rows = [];
    for (let layer = 1; layer <= layers; layer++) {
      const row = make("div", { class: "heads" }, make("span", {}, `Layer ${layer}`));
      for (let head = heads > 1 ? 0 : 1; head <= heads; head++) {
        const look = await lookAt(sentence, target, { ...state, layer, head });
        row.append(headButton(look, layer, heads > 1 ? head : 0, heads));
      }
      rows.push(row);
    }
    if (ticket !== latest) return;
    find("heads").replaceChildren(...rows);
    headsDrawn = key;
  }
  for (const button of find("heads").querySelectorAll("button")) {
    const isHere = Number(button.dataset.layer) === state.layer && Number(button.dataset.head) === state.head;
    button.setAttribute("aria-pressed", String(isHere));
  }
}

function headButton(look, layer, head, heads) {
  const name = heads === 1 ? `Layer ${layer}` : `Layer ${layer}, ${head ? `head ${head}` : "mean of the heads"}`;
  const attributes = { type: "button", "aria-label": name, title: name, "data-layer": layer, "data-head": head };
  const button = make("button", attributes, thumbnail(look));
  button.addEventListener("click", () => choose({ layer, head }, name));
  return button;
}

const inkOf = (element) => getComputedStyle(element).color;

function thumbnail(look) {
  const canvas = make("canvas", { width: Math.max(1, look.columns.length), height: Math.max(1, look.rows.length) });
  const context = canvas.getContext("2d");
  context.fillStyle = inkOf(find("heads"));
  look.weights.forEach((weights, row) => weights.forEach((weight, column) => {
    context.globalAlpha = weight / (state.stretch && look.largest ? look.largest : 1);
    context.fillRect(column, row, 1, 1);
  }));
  return canvas;
}

function legend() {
  const look = views[0]?.look;
  const top = percent(views[0]?.scale ?? 1);
  const parts = [make("span", { class: "ramp" }), ` weight, 0 to ${top}`];
  const add = (kind, text) => parts.push(make("span", { class: kind }), ` ${text}`);
  if (look?.chances) add("ramp chance", "a word that the model was sure of, to one that it was not");
  if (look?.links.length && state.links) add("key link", "link");
  if (look?.possible.length && state.gold) {
    add("key sure", "gold, sure");
    add("key possible", "gold, possible");
  }
  if (look?.hidden.some((weight) => weight >= HIDDEN)) {
    parts.push(make("small", {}, "7\u00a0%"), ` beside a word: its weight on ${look.end}, which is not shown`);
  }
  find("legend").replaceChildren(...parts);
}

// -- the controls ----------------------------------------------------------------------------------------------------

function options(select, choices, chosen) {
  select.replaceChildren(...choices.map(([value, text]) => make("option", { value }, text)));
  select.value = chosen;
  select.closest("label").hidden = choices.length < 2;
}

/** Put the state into the controls. */
function showControls() {
  const numbers = (count, what) => Array.from({ length: count }, (_, index) => [index + 1, `${index + 1}${what}`]);
  const { layers, heads } = currentMap();
  if (heads === 1) state.head = 0; // the only one is the mean of all
  options(find("map"), Object.keys(current().targets[0].maps).map((name) => [name, MAPS[name] ?? name]), state.map);
  options(find("layer"), numbers(layers, ` of ${layers}`), state.layer);
  options(find("head"), heads > 1 ? [[0, "mean"], ...numbers(heads, ` of ${heads}`)] : [[0, "1"]], state.head);
  find("threshold").value = Math.round(100 * state.threshold);
  find("least").querySelector("output").value = percent(state.threshold);
  for (const id of SWITCHES) find(id).checked = state[id];
  const isLinked = currentMap().links !== null;
  find("links").closest("label").hidden = !isLinked;
  find("gold").closest("label").hidden = !isLinked || !hasGoldLinks;
  for (const radio of document.querySelectorAll("[name=view]")) radio.checked = radio.value === state.view;
}

const hasGoldLinks = sentences.some(({ targets }) => targets.some(({ possible }) => possible.length));

function choose(changes, said) {
  Object.assign(state, changes);
  if ("map" in changes) {
    const { layers } = currentMap();
    Object.assign(state, { layer: about.layers[state.map] ?? layers, head: 0, stretch: state.map === "pooling" });
  }
  showControls();
  draw();
  if (said) announce(said);
}

find("map").addEventListener("change", ({ target }) => choose({ map: target.value }));
find("layer").addEventListener("change", ({ target }) => choose({ layer: Number(target.value) }));
find("head").addEventListener("change", ({ target }) => choose({ head: Number(target.value) }));
find("threshold").addEventListener("input", ({ target }) => choose({ threshold: target.value / 100 }));
for (const id of SWITCHES) {
  find(id).addEventListener("change", ({ target }) => choose({ [id]: target.checked }));
}
find("views").addEventListener("change", ({ target }) => choose({ view: target.value }));
find("controls").addEventListener("submit", (event) => event.preventDefault());
find("search").addEventListener("input", () => announce(list()));
find("order").addEventListener("change", () => announce(list()));
find("previous").addEventListener("click", () => step(-1));
find("next").addEventListener("click", () => step(1));

const THEMES = { auto: "light dark", light: "light", dark: "dark" };
find("theme").addEventListener("click", ({ currentTarget }) => {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(currentTarget.dataset.theme ?? "auto") + 1) % names.length];
  currentTarget.dataset.theme = next;
  currentTarget.textContent = `Theme: ${next}`;
  document.documentElement.style.colorScheme = THEMES[next];
  draw();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

// -- pointing at words, and the keyboard -----------------------------------------------------------------------------

const wordOf = (event) => event.target.closest?.(".word") ?? null;
const viewOf = (element) => views.find((view) => view.element.contains(element));
const focusOf = (word) => ({ [word.dataset.side]: Number(word.dataset.index) });

/** Show what is pointed at, or else what is held. */
function point(view, focus) {
  if (focus) focusOn(view, focus);
  else focusOn(held?.view ?? null, held?.focus ?? null);
}

for (const [event, isOn] of Object.entries({ pointerover: true, focusin: true, pointerout: false, focusout: false })) {
  find("view").addEventListener(event, (happened) => {
    const word = wordOf(happened);
    if (word) point(viewOf(word), isOn ? focusOf(word) : null);
  });
}

find("view").addEventListener("click", (event) => {
  const word = wordOf(event);
  const view = viewOf(event.target);
  const focus = word ? focusOf(word) : view?.svg.contains(event.target) ? view.placeOf?.(event) ?? null : null;
  const isSame = held !== null && held.view === view && JSON.stringify(held.focus) === JSON.stringify(focus);
  hold(focus && !isSame ? { view, focus } : null);
});

/** Keep a word or place shown, or (null) let go of the one that is held. */
function hold(place) {
  held = place;
  for (const word of find("view").querySelectorAll("[aria-pressed=true]")) word.setAttribute("aria-pressed", "false");
  const side = held && (held.focus.rows === undefined ? "columns" : "rows");
  const isWord = held && (held.focus.rows === undefined || held.focus.columns === undefined);
  if (isWord) held.view[side][held.focus[side]].setAttribute("aria-pressed", "true");
  point(null, null);
}

/** Return which word has the keyboard's focus, so that it can have it again when all is drawn. */
function keyboardPlace() {
  const word = document.activeElement;
  const view = views.findIndex(({ element }) => element.contains(word));
  if (view < 0 || !word.matches(".word")) return null;
  return { view, side: word.dataset.side, index: Number(word.dataset.index) };
}

/** Move the focus among the words of a side, or in the list of sentences; one of them is a stop of the Tab key. */
function moveFocus(event) {
  const word = wordOf(event);
  const items = word ? viewOf(word)[word.dataset.side] : listButtons();
  const here = items.indexOf(document.activeElement);
  if (here < 0) return false;
  const [before, after] = [here - 1, here + 1];
  const there = {
    ArrowLeft: before, ArrowUp: before, ArrowRight: after, ArrowDown: after, Home: 0, End: items.length - 1,
  }[event.key];
  if (items[there] === undefined) return false;
  items[here].tabIndex = -1;
  items[there].tabIndex = 0;
  items[there].focus();
  return true;
}

const KEYS = {
  "/": () => find("search").focus(),
  j: () => step(1), n: () => step(1), k: () => step(-1), p: () => step(-1),
  v: () => choose({ view: state.view === "matrix" ? "ribbons" : "matrix" }),
  Escape: () => hold(null),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === find("search")) {
    if (event.key === "Escape") { find("search").value = ""; list(); find("search").blur(); }
    if (event.key === "Enter" && listed.length) go(listed[0]);
    return;
  }
  if (moveFocus(event)) event.preventDefault();
  else if (KEYS[event.key] && !event.target.matches("select, input[type=range]")) {
    KEYS[event.key]();
    event.preventDefault();
  }
});

const model = about.title.includes(about.model) ? "" : `${about.model} · `;
find("about").replaceChildren(`${model}${about.languages.join(" → ")} · ${UNITS[about.units]}`);
find("sentences").hidden = sentences.length < 2;
find("place").classList.toggle("alone", sentences.length < 2);
/** Place words and marks again where the room for them has become another. */
function watchWidth() {
  let width = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width === width) return; // the height follows from what is drawn
    width = contentRect.width;
    placeViews();
    point(null, null);
  }).observe(find("view"));
}

if (sentences.length) {
  if (!hasChances) find("order").querySelector("[value=doubt]").remove();
  if (!hasGold) find("order").querySelector("[value=aer]").remove();
  find("order").hidden = find("order").length < 2;
  recall();
  list();
  showControls();
  show();
  watchWidth();
} else {
  for (const id of ["sentence", "controls", "overview"]) find(id).hidden = true;
  find("status").replaceChildren("There are no sentences.");
}
