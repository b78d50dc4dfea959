// The page's script: sortable tables, and a viewer of crystals on a canvas.
"use strict";
(() => {
// Jmol's colours of the elements 1 to 103 (jmol.sourceforge.net/jscolors).
const COLOURS = (
  "ffffff d9ffff cc80ff c2ff00 ffb5b5 909090 3050f8 ff0d0d 90e050 b3e3f5 ab5cf2 8aff00 bfa6a6 f0c8a0 ff8000 " +
  "ffff30 1ff01f 80d1e3 8f40d4 3dff00 e6e6e6 bfc2c7 a6a6ab 8a99c7 9c7ac7 e06633 f090a0 50d050 c88033 7d80b0 " +
  "c28f8f 668f8f bd80e3 ffa100 a62929 5cb8d1 702eb0 00ff00 94ffff 94e0e0 73c2c9 54b5b5 3b9e9e 248f8f 0a7d8c " +
  "006985 c0c0c0 ffd98f a67573 668080 9e63b5 d47a00 940094 429eb0 57178f 00c900 70d4ff ffffc7 d9ffc7 c7ffc7 " +
  "a3ffc7 8fffc7 61ffc7 45ffc7 30ffc7 1fffc7 00ff9c 00e675 00d452 00bf38 00ab24 4dc2ff 4da6ff 2194d6 267dab " +
  "266696 175487 d0d0e0 ffd123 b8b8d0 a6544d 575961 9e4fb5 ab5c00 754f45 428296 420066 007d00 70abfa 00baff " +
  "00a1ff 008fff 0080ff 006bff 545cf2 785ce3 8a4fe3 a136d4 b31fd4 b31fba b30da6 bd0d87 c70066").split(" ");
const BOND_RADIUS = 0.11; // A
const FOG_LEVELS = 6;
const FOG = 0.62; // how far the farthest atoms fade
const MOST_ATOMS_OF_EIGHT = 100; // in the primitive cell: smaller structures are first shown as eight cells
const EDGE_PIECES = 12; // of an edge of the cell, each sorted by its own depth

// ---- vectors and rotations (a rotation is three rows)
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const plus = (a, b, t) => [a[0] + t * b[0], a[1] + t * b[1], a[2] + t * b[2]];
const unit = (a) => plus([0, 0, 0], a, 1 / Math.hypot(...a));
const turned = (rows, ax, ay) => {
  const [cx, sx, cy, sy] = [Math.cos(ax), Math.sin(ax), Math.cos(ay), Math.sin(ay)];
  const about_y = [plus(plus([0, 0, 0], rows[0], cy), rows[2], sy), rows[1],
    plus(plus([0, 0, 0], rows[2], cy), rows[0], -sy)];
  return [about_y[0], plus(plus([0, 0, 0], about_y[1], cx), about_y[2], -sx),
    plus(plus([0, 0, 0], about_y[2], cx), about_y[1], sx)];
};

// ---- colours
const rgb = (hex) => [0, 2, 4].map((k) => parseInt(hex.slice(k, k + 2), 16));
const mixed = (a, b, t) => a.map((v, k) => Math.round(v + (b[k] - v) * t));
const css = (c) => `rgb(${c[0]},${c[1]},${c[2]})`;
const colour_of = (z) => rgb(COLOURS[z - 1]);

let theme; // background and text of the views, as numbers
const sprites = new Map();
const css_colour = (name) => {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return rgb(value.slice(1));
};
const read_theme = () => {
  theme = { back: css_colour("--view"), text: css_colour("--quiet") };
  sprites.clear();
};

// A shaded ball, drawn once an element and fog level.
const sprite = (z, level) => {
  const key = z * FOG_LEVELS + level;
  if (sprites.has(key)) return sprites.get(key);
  const size = 96, canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  const faded = (c) => css(mixed(c, theme.back, (FOG * level) / (FOG_LEVELS - 1)));
  const base = colour_of(z);
  const half = size / 2;
  const shade = pen.createRadialGradient(size * 0.36, size * 0.32, size * 0.02, half, half, half);
  shade.addColorStop(0, faded(mixed(base, [255, 255, 255], 0.75)));
  shade.addColorStop(0.35, faded(base));
  shade.addColorStop(0.85, faded(mixed(base, [0, 0, 0], 0.38)));
  shade.addColorStop(1, faded(mixed(base, [0, 0, 0], 0.6)));
  pen.fillStyle = shade;
  pen.beginPath();
  pen.arc(half, half, half - 1, 0, 7);
  pen.fill();
  sprites.set(key, canvas);
  return canvas;
};

// ---- what is drawn of a structure
const ball_radius = (element) => 0.17 + 0.24 * element.radius;

// Middle and size of all that must be in view: atoms and the corners of the cell.
const frame = (scene) => {
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((m) =>
    ({ p: scene.rows.reduce((p, row, k) => plus(p, row, (m >> k) & 1), [0, 0, 0]), r: 0 }));
  scene.drawn = scene.atoms.concat(corners);
  const middle = (k) => {
    const values = scene.drawn.map((d) => d.p[k]);
    return (Math.min(...values) + Math.max(...values)) / 2;
  };
  scene.centre = [middle(0), middle(1), middle(2)];
  scene.radius = Math.max(...scene.drawn.map((d) => Math.hypot(...plus(d.p, scene.centre, -1)) + d.r));
};

// Atoms and bonds of n x n x n cells. Metals that a molecule is bonded to are added across the faces, so that
// linkers end where they should; other bonds that leave the block are drawn half.
const make_scene = (structure, n, with_hydrogen) => {
  const { cell, z, xyz, bonds, elements } = structure;
  const rows = [cell.slice(0, 3), cell.slice(3, 6), cell.slice(6, 9)];
  const at = (i, u) => rows.reduce((p, row, k) => plus(p, row, u[k]), xyz.slice(3 * i, 3 * i + 3));
  const inside = (u) => u.every((v) => v >= 0 && v < n);
  const shown = (i) => with_hydrogen || z[i] !== 1;
  const scene = { rows, atoms: [], bonds: [] };
  const places = new Map();
  const atom = (i, u) => {
    const key = i + ":" + u;
    if (!places.has(key)) {
      places.set(key, scene.atoms.length);
      scene.atoms.push({ p: at(i, u), z: z[i], r: ball_radius(elements[z[i]]) });
    }
    return scene.atoms[places.get(key)];
  };
  const cells = [];
  for (let a = 0; a < n; ++a) for (let b = 0; b < n; ++b) for (let c = 0; c < n; ++c) cells.push([a, b, c]);
  for (const u of cells) for (let i = 0; i < z.length; ++i) if (shown(i)) atom(i, u);
  // One bond, from the end that is in the block.
  const leave = (i, u, j, v) => {
    const from = atom(i, u);
    if (elements[z[j]].metal) scene.bonds.push({ a: from, b: atom(j, v) });
    else scene.bonds.push({ a: from, b: { p: at(j, v), z: z[j], r: 0 }, half: true });
  };
  for (const u of cells) {
    for (let k = 0; k < bonds.length; k += 5) {
      const [i, j] = [bonds[k], bonds[k + 1]];
      if (!shown(i) || !shown(j)) continue;
      const v = u.map((x, d) => x + bonds[k + 2 + d]);
      const back = u.map((x, d) => x - bonds[k + 2 + d]);
      if (inside(v)) scene.bonds.push({ a: atom(i, u), b: atom(j, v) });
      else leave(i, u, j, v);
      if (!inside(back)) leave(j, u, i, back);
    }
  }
  frame(scene);
  return scene;
};

// ---- a view
class View {
  constructor(figure, structure) {
    this.structure = structure;
    this.n = structure.z.length <= MOST_ATOMS_OF_EIGHT ? 2 : 1;
    this.hydrogen = true;
    this.visible = false;
    this.pointers = new Map();
    this.build(figure);
    this.reset();
  }

  build(figure) {
    const name = figure.dataset.name;
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `Structure ${figure.dataset.index}, ${name}. ` +
      "Arrow keys turn it, plus and minus zoom, 0 resets.");
    const tools = document.createElement("div");
    tools.className = "tools";
    const button = (text, title, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = text;
      made.title = title;
      made.addEventListener("click", () => { act(); this.changed(); });
      tools.append(made);
      return made;
    };
    this.one = button("1\u00d71\u00d71", "one cell", () => { this.n = 1; });
    this.two = button("2\u00d72\u00d72", "eight cells", () => { this.n = 2; });
    this.bare = button("Hide H", "leave hydrogen out", () => { this.hydrogen = !this.hydrogen; });
    ["a", "b", "c"].forEach((axis, k) => button(axis, `look along ${axis}`, () => this.look_along(k)));
    button("Reset", "first view", () => this.reset());
    tools.append(this.legend());
    const hint = document.createElement("p");
    hint.className = "hint";
    hint.textContent = "Drag to turn; click, then the wheel zooms; arrow keys, + and \u2212 work too. " +
      "Primitive cell; bonds found by distance.";
    figure.append(this.canvas, tools, hint);
    this.press();
    this.listen();
  }

  legend() {
    const list = document.createElement("span");
    list.className = "legend";
    for (const [z, element] of Object.entries(this.structure.elements)) {
      const item = document.createElement("span"), dot_of = document.createElement("i");
      dot_of.style.background = css(colour_of(Number(z)));
      item.append(dot_of, element.symbol);
      list.append(item);
    }
    return list;
  }

  listen() {
    const canvas = this.canvas;
    canvas.addEventListener("pointerdown", (e) => {
      canvas.setPointerCapture(e.pointerId);
      this.pointers.set(e.pointerId, [e.clientX, e.clientY]);
    });
    const up = (e) => this.pointers.delete(e.pointerId);
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointermove", (e) => this.moved(e));
    // Only a view that was clicked takes the wheel: the page must scroll past the others.
    canvas.addEventListener("wheel", (e) => {
      if (document.activeElement !== canvas && !e.ctrlKey) return;
      e.preventDefault();
      this.scale(Math.exp(-e.deltaY * (e.deltaMode === 1 ? 0.05 : 0.0015)));
    }, { passive: false });
    canvas.addEventListener("dblclick", () => { this.reset(); this.changed(); });
    canvas.addEventListener("keydown", (e) => this.key(e));
  }

  moved(e) {
    const before = this.pointers.get(e.pointerId);
    if (!before) return;
    const spread = () => {
      const [p, q] = [...this.pointers.values()];
      return Math.hypot(p[0] - q[0], p[1] - q[1]);
    };
    const old = this.pointers.size === 2 ? spread() : 0;
    this.pointers.set(e.pointerId, [e.clientX, e.clientY]);
    if (this.pointers.size === 2) this.scale(spread() / Math.max(old, 1));
    else this.turn((e.clientY - before[1]) * 0.01, (e.clientX - before[0]) * 0.01);
  }

  key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const step = 0.12;
    const acts = {
      ArrowLeft: () => this.turn(0, -step), ArrowRight: () => this.turn(0, step),
      ArrowUp: () => this.turn(-step, 0), ArrowDown: () => this.turn(step, 0),
      "+": () => this.scale(1.15), "=": () => this.scale(1.15), "-": () => this.scale(1 / 1.15),
      0: () => { this.reset(); this.changed(); },
    };
    if (!acts[e.key]) return;
    e.preventDefault();
    acts[e.key]();
  }

  turn(ax, ay) { this.rotation = turned(this.rotation, ax, ay); this.later(); }
  scale(by) { this.zoom = Math.min(12, Math.max(0.3, this.zoom * by)); this.later(); }

  look_along(axis) {
    const { cell } = this.structure;
    const rows = [cell.slice(0, 3), cell.slice(3, 6), cell.slice(6, 9)];
    const towards = unit(rows[axis]);
    const right = rows[(axis + 1) % 3];
    const x = unit(plus(right, towards, -dot(right, towards)));
    this.rotation = [x, cross(towards, x), towards];
  }

  // Along the shortest axis, where channels show, a little tilted.
  reset() {
    const { cell } = this.structure;
    const lengths = [0, 3, 6].map((k) => Math.hypot(...cell.slice(k, k + 3)));
    this.look_along(lengths.indexOf(Math.min(...lengths)));
    this.rotation = turned(this.rotation, 0.2, -0.28);
    this.zoom = 1;
  }

  changed() {
    this.press();
    this.scene = this.fit = null;
    this.later();
  }

  press() {
    this.one.setAttribute("aria-pressed", this.n === 1);
    this.two.setAttribute("aria-pressed", this.n === 2);
    this.bare.setAttribute("aria-pressed", !this.hydrogen);
  }

  later() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => { this.pending = false; if (this.visible) this.draw(); });
  }

  show(visible) {
    this.visible = visible;
    if (visible) this.draw();
    else this.canvas.width = this.canvas.height = 0; // gives the pixels back
  }

  draw() {
    this.scene = this.scene || make_scene(this.structure, this.n, this.hydrogen);
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const { centre, radius } = this.scene;
    this.fit = this.fit || this.fitted(width, height);
    const size = this.zoom * this.fit;
    this.project = (p) => {
      const q = this.rotation.map((row) => dot(row, plus(p, centre, -1)));
      return { x: width / 2 + size * q[0], y: height / 2 - size * q[1], depth: q[2] };
    };
    this.fog = (depth) => {
      const far = Math.min(1, Math.max(0, 0.5 - depth / (2 * radius)));
      return Math.round(far * (FOG_LEVELS - 1));
    };
    const items = [...this.balls(pen, size), ...this.sticks(pen, size), ...this.edges(pen)];
    items.sort((p, q) => p.depth - q.depth);
    for (const item of items) item.draw();
    this.names(pen);
  }

  // Pixels an Angstrom at which the structure fills the view as it lies. Bounded, so that no turn takes much
  // of it outside.
  fitted(width, height) {
    const { drawn, centre, radius } = this.scene;
    const reach = (k) =>
      Math.max(...drawn.map((d) => Math.abs(dot(this.rotation[k], plus(d.p, centre, -1))) + d.r));
    const round = Math.min(width, height) / 2 / radius;
    return 0.92 * Math.min(1.9 * round, width / 2 / reach(0), height / 2 / reach(1));
  }

  balls(pen, size) {
    return this.scene.atoms.map((a) => {
      const { x, y, depth } = this.project(a.p), r = a.r * size;
      return { depth, draw: () => pen.drawImage(sprite(a.z, this.fog(depth)), x - r, y - r, 2 * r, 2 * r) };
    });
  }

  // Each bond as two halves in the colours of its atoms, from the ball's surface to the middle.
  sticks(pen, size) {
    const items = [];
    const width = Math.max(1.5, 2 * BOND_RADIUS * size);
    for (const { a, b, half } of this.scene.bonds) {
      const middle = plus(plus([0, 0, 0], a.p, 0.5), b.p, 0.5);
      for (const end of half ? [a] : [a, b]) {
        const length = Math.hypot(...plus(middle, end.p, -1));
        if (length < 1e-6) continue;
        const bare = Math.min(1, (end.r * 0.85) / length); // share of the half that the ball hides
        const start = this.project(plus(end.p, plus(middle, end.p, -1), bare));
        const stop = this.project(middle);
        const depth = (start.depth + stop.depth) / 2;
        items.push({ depth, draw: () => this.stick(pen, start, stop, end.z, width, depth) });
      }
    }
    return items;
  }

  stick(pen, start, stop, z, width, depth) {
    const fade = (c) => css(mixed(c, theme.back, (FOG * this.fog(depth)) / (FOG_LEVELS - 1)));
    const base = colour_of(z);
    for (const [colour, w] of [[mixed(base, [0, 0, 0], 0.5), width], [mixed(base, [0, 0, 0], 0.12), width * 0.72],
      [mixed(base, [255, 255, 255], 0.35), width * 0.25]]) {
      pen.strokeStyle = fade(colour);
      pen.lineWidth = w;
      pen.beginPath();
      pen.moveTo(start.x, start.y);
      pen.lineTo(stop.x, stop.y);
      pen.stroke();
    }
  }

  edges(pen) {
    const { rows } = this.scene, items = [];
    for (let axis = 0; axis < 3; ++axis) {
      for (let corner = 0; corner < 4; ++corner) {
        const [p, q] = [rows[(axis + 1) % 3], rows[(axis + 2) % 3]];
        const from = plus(plus([0, 0, 0], p, corner % 2), q, corner >> 1);
        for (let k = 0; k < EDGE_PIECES; ++k) {
          const [s, t] = [k, k + 1].map((m) => this.project(plus(from, rows[axis], m / EDGE_PIECES)));
          const depth = (s.depth + t.depth) / 2;
          items.push({ depth, draw: () => {
            pen.strokeStyle = css(mixed(theme.text, theme.back, (FOG * this.fog(depth)) / (FOG_LEVELS - 1)));
            pen.lineWidth = 1;
            pen.beginPath();
            pen.moveTo(s.x, s.y);
            pen.lineTo(t.x, t.y);
            pen.stroke();
          } });
        }
      }
    }
    return items;
  }

  // a, b and c at the ends of the cell's edges.
  names(pen) {
    pen.font = "italic 600 14px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineWidth = 4;
    pen.strokeStyle = css(theme.back);
    pen.fillStyle = css(theme.text);
    this.scene.rows.forEach((row, k) => {
      const { x, y } = this.project(plus(row, unit(row), 0.8));
      pen.strokeText("abc"[k], x, y);
      pen.fillText("abc"[k], x, y);
    });
  }
}

// ---- tables: a click on a heading sorts, a second one the other way
const sort_by = (table, column, descending) => {
  const body = table.tBodies[0];
  const value = (row) => row.cells[column].dataset.by;
  const numeric = [...body.rows].every((row) => value(row) === "" || !Number.isNaN(Number(value(row))));
  const order = (p, q) => {
    if (value(p) === "" || value(q) === "") return (value(p) === "") - (value(q) === "");
    const sign = descending ? -1 : 1;
    if (numeric) return sign * (value(p) - value(q));
    return sign * value(p).localeCompare(value(q), "en", { numeric: true });
  };
  body.append(...[...body.rows].sort(order));
  [...table.tHead.rows[0].cells].forEach((cell, k) => {
    if (k === column) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  });
};
for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((cell, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = cell.textContent;
    button.addEventListener("click", () => sort_by(table, column, cell.getAttribute("aria-sort") === "ascending"));
    cell.replaceChildren(button);
  });
}

// ---- views: made at once, drawn while they are on screen
read_theme();
const structures = JSON.parse(document.getElementById("views").textContent);
const views = new Map();
for (const figure of document.querySelectorAll("figure.view")) {
  const view = new View(figure, structures[figure.dataset.index]);
  views.set(view.canvas, view);
}
const on_screen = new IntersectionObserver((entries) => {
  for (const entry of entries) views.get(entry.target).show(entry.isIntersecting);
}, { rootMargin: "200px" });
for (const canvas of views.keys()) on_screen.observe(canvas);
const redraw = () => { for (const view of views.values()) view.later(); };
window.addEventListener("resize", () => {
  for (const view of views.values()) view.fit = null;
  redraw();
});
window.addEventListener("beforeprint", () => { for (const view of views.values()) view.draw(); });
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  read_theme();
  redraw();
});
})();
