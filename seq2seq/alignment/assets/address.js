// The address, which says what is shown, so that a bookmark comes back to it.

const SWITCHES = ["links", "gold", "ends", "stretch"];
const isFirst = (name) => state[name] === (name === "stretch" ? state.map === "pooling" : FIRST[name]);
let timer = 0;
let known = location.hash; // the address as it was last read or written

/** Return the address of what is shown: always sentence, map, layer, head and view; the rest where it was changed. */
function address() {
  const { sentence, map, layer, head, view, threshold, shown } = state;
  const parts = { sentence: sentence + 1, map, layer, head, view };
  if (!isFirst("threshold")) parts.threshold = Math.round(100 * threshold);
  for (const name of SWITCHES) if (!isFirst(name)) parts[name] = Number(state[name]);
  const numbers = (targets) => [...targets].map((index) => index + 1).sort((one, two) => one - two).join("-");
  if (numbers(shown) !== numbers(firstTargets())) parts.targets = numbers(shown);
  return `#${new URLSearchParams(parts)}`;
}

/** Put what is shown into the address, once nothing changes any more: browsers refuse to be asked too often. */
function remember() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (location.hash !== known) return; // somebody has just changed it, and it is about to be read
    try {
      if (address() !== known) history.replaceState(null, "", address());
      known = location.hash;
    } catch { /* a page inside another one, such as a notebook's, has no address of its own */ }
  }, 100);
}

/** Take what is shown from the address; what it does not say is as it is from the start. */
function recall() {
  Object.assign(state, FIRST);
  const told = new URLSearchParams(location.hash.slice(1));
  const number = (name, least, most) => {
    const value = Number(told.get(name) ?? NaN);
    return Number.isInteger(value) && value >= least && value <= most ? value : null;
  };
  state.sentence = (number("sentence", 1, sentences.length) ?? 1) - 1;
  if (Object.hasOwn(current().targets[0].maps, told.get("map") ?? "")) {
    state.map = told.get("map");
    state.layer = about.layers[state.map];
    state.stretch = state.map === "pooling";
  }
  state.layer = number("layer", 1, currentMap().layers) ?? state.layer;
  state.head = number("head", 0, currentMap().heads) ?? state.head;
  if (["ribbons", "matrix"].includes(told.get("view"))) state.view = told.get("view");
  const threshold = number("threshold", 0, 100);
  if (threshold !== null) state.threshold = threshold / 100;
  for (const name of SWITCHES) state[name] = Boolean(number(name, 0, 1) ?? state[name]);
  const chosen = (told.get("targets") ?? "").split("-").map((text) => Number(text) - 1);
  const shown = chosen.filter((index) => current().targets[index]);
  state.shown = shown.length ? new Set(shown) : firstTargets();
}

addEventListener("hashchange", () => {
  known = location.hash;
  if (!sentences.length || !location.hash.includes("=") || location.hash === address()) return;
  recall();
  showControls();
  show();
});
