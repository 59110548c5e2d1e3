// The two views of one head: two lines of words with ribbons between, and a matrix. Both are made of the same parts:
// words of two sides, which can have the focus, and marks (ribbons or cells), each of a row and a column.

const SVG = "http://www.w3.org/2000/svg";

/** Return a new element; text among the children stays text, whatever it holds. */
function make(tag, attributes = {}, ...children) {
  const element = ["svg", "path", "rect", "circle", "line", "text"].includes(tag)
    ? document.createElementNS(SVG, tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Return an element with a word in it, coloured by its probability where that is known and below 90 %. */
function colouredWord(tag, attributes, text, probability) {
  const word = make(tag, { dir: "auto", ...attributes }, text);
  if (probability !== null && probability !== undefined) {
    word.classList.add("chance");
    word.style.setProperty("--doubt", `${Math.round(Math.max(0, 100 - probability / 0.009))}%`);
  }
  return word;
}

/** What both views have in common. A view has to be in the document when `place` draws its marks. */
class View {
  /**
   * @param look what `lookAt` gives.
   * @param options threshold, stretch, links and gold, as the page's state has them; the words' languages; and
   *   `onPlace`, which is called with the view and the place of a matrix that the pointer is at, or null.
   */
  constructor(look, options) {
    this.look = look;
    this.options = options;
    this.scale = options.stretch && look.largest > 0 ? look.largest : 1;
    this.marks = [];
    this.rows = look.rows.map((_, index) => this.word("rows", index));
    this.columns = look.columns.map((_, index) => this.word("columns", index));
    this.svg = make("svg", { "aria-hidden": "true" });
  }

  word(side, index) {
    const text = this.look[side][index];
    const attributes = {
      type: "button", class: this.look.ends[side] === index ? "word end" : "word", lang: this.options.languages[side],
      "data-side": side, "data-index": index, tabindex: index ? -1 : 0,
      "aria-label": `${isolated(text)}, ${describe(this.look, side, index, this.options)}`, "aria-pressed": "false",
      "data-hidden": side === "rows" && this.look.hidden[index] >= HIDDEN && percent(this.look.hidden[index]),
    };
    return colouredWord("button", attributes, text, side === "rows" ? this.look.chances?.[index] : null);
  }

  /** Return a side's words as a group for screen readers. */
  group(side) {
    const label = side === "rows" ? "Words that look" : "Words looked at";
    return make("div", { class: `side ${side}`, role: "group", "aria-label": label }, ...this[side]);
  }

  /** Call a function with the row, the column and the weight of whatever is not under the threshold. */
  each(draw) {
    this.look.weights.forEach((weights, row) =>
      weights.forEach((weight, column) => {
        if (weight > 0 && weight >= this.options.threshold) draw(row, column, weight);
      }),
    );
  }

  mark(element, row, column) {
    this.marks.push({ element, rows: row, columns: column });
    this.svg.append(element);
  }

  /** Draw links and gold, where they are asked for; `draw` gets a class and a link's row and column. */
  drawLinks(draw) {
    const { links, gold } = this.options;
    const certain = new Set(this.look.sure.map(String));
    if (gold) {
      for (const link of this.look.possible) draw(certain.has(String(link)) ? "sure" : "possible", link[1], link[0]);
    }
    if (links) for (const [column, row] of this.look.links) draw("link", row, column);
  }

  /** Show where a word looks, or what looks at it, or one place of the matrix; or, for null, all places alike. */
  show(focus) {
    this.element.classList.toggle("focused", focus !== null);
    const fits = (place) => (side) => focus[side] === undefined || focus[side] === place[side];
    for (const mark of this.marks) {
      mark.element.classList.toggle("on", focus !== null && ["rows", "columns"].every(fits(mark)));
    }
    const isPlace = focus !== null && focus.rows !== undefined && focus.columns !== undefined;
    for (const side of ["rows", "columns"]) {
      const other = side === "rows" ? "columns" : "rows";
      this[side].forEach((word, index) => {
        word.classList.toggle("here", focus !== null && focus[side] === index);
        const looks = focus === null || isPlace || focus[other] === undefined ? 0
          : side === "columns" ? this.look.at(focus.rows, index) : this.look.at(index, focus.columns);
        word.style.setProperty("--tint", `${Math.round((100 * looks) / this.scale)}%`);
      });
    }
  }
}

/** Two lines of words, where they fit, or else two columns; the width of a ribbon is its weight. */
class Ribbons extends View {
  constructor(look, options) {
    super(look, options);
    this.element = make("div", { class: "ribbons" }, this.group("columns"), this.svg, this.group("rows"));
  }

  place() {
    this.element.classList.remove("down");
    const sides = [...this.element.querySelectorAll(".side")];
    const isDown = sides.some((side) => side.scrollWidth > side.clientWidth + 1);
    this.element.classList.toggle("down", isDown);
    this.svg.replaceChildren();
    this.marks = [];
    const frame = this.svg.getBoundingClientRect();
    const ends = (words, isFirst) => words.map((word) => {
      const box = word.getBoundingClientRect();
      return isDown
        ? [isFirst ? 0 : frame.width, box.top + box.height / 2 - frame.top]
        : [box.left + box.width / 2 - frame.left, isFirst ? 0 : frame.height];
    });
    const [from, to] = [ends(this.columns, true), ends(this.rows, false)];
    const curve = (row, column) => {
      const [[x1, y1], [x2, y2]] = [from[column], to[row]];
      const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
      const [one, two] = isDown ? [`${x},${y1}`, `${x},${y2}`] : [`${x1},${y}`, `${x2},${y}`];
      return `M${x1},${y1}C${one} ${two} ${x2},${y2}`;
    };
    this.each((row, column, weight) => {
      const width = Math.max(0.4, ((isDown ? 12 : 16) * weight) / this.scale).toFixed(2);
      const path = make("path", { class: "ribbon", d: curve(row, column), "stroke-width": width });
      path.style.setProperty("--weight", Math.min(1, weight / this.scale).toFixed(3));
      this.mark(path, row, column);
    });
    this.drawLinks((kind, row, column) => {
      this.mark(make("path", { class: kind, d: curve(row, column) }), row, column);
    });
  }
}

const LIGHT_ON_DARK = 0.686; // of the scale: from there on, in both modes, a number is read best in the other colour

/** A cell for each pair of words, the darker the more the row looks at the column; names stay in sight. */
class Matrix extends View {
  constructor(look, options) {
    super(look, options);
    this.element = make("div", { class: "matrix" },
      make("div", { class: "corner" }), this.group("columns"), this.group("rows"), this.svg);
    this.svg.addEventListener("pointermove", (event) => options.onPlace(this, this.placeOf(event)));
    this.svg.addEventListener("pointerleave", () => options.onPlace(this, null));
  }

  /** Return the row and the column that an event of the pointer is at, or null. */
  placeOf(event) {
    const box = this.svg.getBoundingClientRect();
    const rows = Math.floor((event.clientY - box.top) / this.size[1]);
    const columns = Math.floor((event.clientX - box.left) / this.size[0]);
    return this.rows[rows] && this.columns[columns] ? { rows, columns } : null;
  }

  place() {
    const [width, height] = this.cellSize();
    const [across, down] = [width * this.columns.length, height * this.rows.length];
    this.svg.replaceChildren();
    this.marks = [];
    this.svg.setAttribute("width", across);
    this.svg.setAttribute("height", down);
    const line = (x1, x2, y1, y2) => this.svg.append(make("line", { x1, x2, y1, y2 }));
    for (let x = 0; x <= across; x += width) line(x, x, 0, down);
    for (let y = 0; y <= down; y += height) line(0, across, y, y);
    const box = (kind, row, column, gap) => make("rect", {
      class: kind, x: column * width + gap, y: row * height + gap, width: width - 2 * gap, height: height - 2 * gap,
    });
    this.each((row, column, weight) => {
      const cell = box("cell", row, column, 1);
      cell.style.setProperty("--weight", `${Math.min(100, (100 * weight) / this.scale).toFixed(1)}%`);
      this.mark(cell, row, column);
      if (!this.isUpright && weight >= 0.005) this.mark(this.number(row, column, weight), row, column);
    });
    const dot = (kind, row, column) =>
      make("circle", { class: kind, cx: (column + 1) * width - 6, cy: row * height + 6, r: 3.5 });
    this.drawLinks((kind, row, column) => {
      this.mark(kind === "link" ? box(kind, row, column, 2) : dot(kind, row, column), row, column);
    });
  }

  /** Choose, set and return the width and height of a cell: wide enough for names and numbers, if there is room. */
  cellSize() {
    const { classList, style, parentElement } = this.element;
    classList.remove("upright", "small", "tiny");
    style.setProperty("--width", "auto");
    const widest = (words) => Math.max(0, ...words.map((word) => word.scrollWidth));
    const room = parentElement.clientWidth - widest(this.rows) - 24;
    const wide = Math.max(42, widest(this.columns) + 4);
    const narrow = Math.max(13, Math.min(26, Math.floor(room / this.columns.length)));
    this.isUpright = wide * this.columns.length > room;
    this.size = this.isUpright ? [narrow, narrow] : [wide, 32];
    classList.toggle("upright", this.isUpright);
    classList.toggle("small", this.isUpright && narrow < 22);
    classList.toggle("tiny", this.isUpright && narrow < 18);
    style.setProperty("--width", `${this.size[0]}px`);
    style.setProperty("--height", `${this.size[1]}px`);
    return this.size;
  }

  number(row, column, weight) {
    const [width, height] = this.size;
    const place = { x: (column + 0.5) * width, y: (row + 0.5) * height };
    const isDark = weight / this.scale > LIGHT_ON_DARK;
    return make("text", { class: isDark ? "number dark" : "number", ...place }, String(Math.round(100 * weight)));
  }
}
