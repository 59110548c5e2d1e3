// The two views of one head: two lines of words with ribbons between, and a matrix. Both are made of the same parts:
// words of two sides, which can have the focus, and marks (ribbons or cells), each of a row and a column.

const SVG = "http://www.w3.org/2000/svg";

/** Return a new element; text among the children stays text, whatever it holds. */
function make(tag, attributes = {}, ...children) {
  const element = ["svg", "path", "rect", "circle", "line", "text"].includes(tag)
    ? document.createElementNS(SVG, tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
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

class View {
  /**
   * @param look what `lookAt` gives.
   * @param options threshold, stretch, links and gold, as the page's state has them; the words' languages; and
   *   `onPlace`, which is told the view and the place of a matrix that the pointer is at, or null.
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
    const isEnd = this.look.ends[side] === index;
    const attributes = {
      type: "button", class: isEnd ? "word end" : "word", lang: this.options.languages[side],
      "data-side": side, "data-index": index, tabindex: index ? -1 : 0, "aria-label": `${isolated(this.look[side][index])}, ${describe(this.look, side, index)}`,
    };
    const probability = side === "rows" ? this.look.chances?.[index] : null;
    return colouredWord("button", attributes, this.look[side][index], probability);
  }

  /** Return a side's words as a group for screen readers. */
  group(side, ...classes) {
    const label = side === "rows" ? "Words that look" : "Words looked at";
    return make("div", { class: ["side", side, ...classes].join(" "), role: "group", "aria-label": label }, ...this[side]);
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

  /** Show where a word looks, or what looks at it, or one place of the matrix, or (null) nothing of the sort. */
  show(focus) {
    this.element.classList.toggle("focused", focus !== null);
    for (const { element, ...place } of this.marks) {
      const isOn = focus !== null && ["rows", "columns"].every((side) => focus[side] === undefined || focus[side] === place[side]);
      element.classList.toggle("on", isOn);
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
      return isDown ? `M${x1},${y1}C${x},${y1} ${x},${y2} ${x2},${y2}` : `M${x1},${y1}C${x1},${y} ${x2},${y} ${x2},${y2}`;
    };
    this.each((row, column, weight) => {
      const width = ((isDown ? 12 : 16) * weight) / this.scale;
      const path = make("path", { class: "ribbon", d: curve(row, column), "stroke-width": Math.max(width, 0.4).toFixed(2) });
      path.style.setProperty("--weight", Math.min(1, weight / this.scale).toFixed(3));
      this.mark(path, row, column);
    });
    this.drawLinks((kind, row, column) => this.mark(make("path", { class: kind, d: curve(row, column) }), row, column));
  }
}

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
    return rows >= 0 && columns >= 0 && rows < this.rows.length && columns < this.columns.length ? { rows, columns } : null;
  }

  place() {
    this.element.classList.remove("upright", "small");
    this.element.style.setProperty("--width", "auto");
    const widest = (words) => Math.max(0, ...words.map((word) => word.scrollWidth));
    const room = this.element.parentElement.clientWidth - widest(this.rows) - 24;
    const wide = Math.max(42, widest(this.columns) + 4);
    const isUpright = wide * this.columns.length > room;
    this.element.classList.toggle("upright", isUpright);
    const narrow = Math.max(18, Math.min(26, Math.floor(room / this.columns.length)));
    this.size = isUpright ? [narrow, narrow] : [wide, 32];
    this.element.classList.toggle("small", isUpright && narrow < 22);
    const [width, height] = this.size;
    this.element.style.setProperty("--width", `${width}px`);
    this.element.style.setProperty("--height", `${height}px`);
    const [across, down] = [width * this.columns.length, height * this.rows.length];
    this.svg.replaceChildren();
    this.marks = [];
    this.svg.setAttribute("width", across);
    this.svg.setAttribute("height", down);
    for (let x = 0; x <= this.columns.length; x++) this.svg.append(make("line", { x1: x * width, x2: x * width, y2: down }));
    for (let y = 0; y <= this.rows.length; y++) this.svg.append(make("line", { y1: y * height, y2: y * height, x2: across }));
    this.each((row, column, weight) => {
      const cell = make("rect", { class: "cell", x: column * width + 1, y: row * height + 1, width: width - 2, height: height - 2 });
      cell.style.setProperty("--weight", `${Math.min(100, (100 * weight) / this.scale).toFixed(1)}%`);
      this.mark(cell, row, column);
      if (!isUpright && weight >= 0.005) {
        const dark = weight / this.scale > 0.5 ? "number dark" : "number";
        const place = { x: (column + 0.5) * width, y: (row + 0.5) * height };
        this.mark(make("text", { class: dark, ...place }, String(Math.round(100 * weight))), row, column);
      }
    });
    this.drawLinks((kind, row, column) => {
      const element = kind === "link"
        ? make("rect", { class: kind, x: column * width + 2, y: row * height + 2, width: width - 4, height: height - 4 })
        : make("circle", { class: kind, cx: (column + 1) * width - 6, cy: row * height + 6, r: 3.5 });
      this.mark(element, row, column);
    });
  }
}
