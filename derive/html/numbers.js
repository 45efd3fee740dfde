"use strict";
// Small numbers in, every value out, forward and backward: the trees of the page's program are read and computed.
(() => {
  const source = document.getElementById("machine");
  if (!source) return;
  const machine = JSON.parse(source.textContent);
  const form = document.getElementById("fields"), said = document.getElementById("said");
  const isMatrix = Array.isArray;

  // --- matrices: rows of numbers -------------------------------------------------------------------------------
  const full = (rows, columns, f) => Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => f(i, j)));
  const map = (A, f) => (isMatrix(A) ? A.map((row) => row.map(f)) : f(A));
  const transpose = (A) => A[0].map((_, j) => A.map((row) => row[j]));
  const product = (A, B) => full(A.length, B[0].length, (i, j) => A[i].reduce((s, a, k) => s + a * B[k][j], 0));
  const entrywise = (f) => (A, B) => {
    if (!isMatrix(A)) return map(B, (b) => f(A, b));
    if (!isMatrix(B)) return map(A, (a) => f(a, B));
    if (A.length !== B.length || A[0].length !== B[0].length) throw new Error("shapes");
    return A.map((row, i) => row.map((a, j) => f(a, B[i][j])));
  };
  const plus = entrywise((a, b) => a + b), times = entrywise((a, b) => a * b), power = entrywise((a, b) => a ** b);
  const sum = (A) => A.flat().reduce((s, a) => s + a, 0);
  const alongColumns = (A, axis, f) => (axis === 0 ? f(A) : transpose(f(transpose(A))));
  const tops = (A) => A[0].map((_, j) => Math.max(...A.map((row) => row[j])));
  const softmax = (A) => {
    const top = tops(A), E = A.map((row) => row.map((a, j) => Math.exp(a - top[j])));
    const sums = E[0].map((_, j) => E.reduce((s, row) => s + row[j], 0));
    return E.map((row) => row.map((e, j) => e / sums[j]));
  };
  const logsumexp = (A) => {
    const top = tops(A);
    return [top.map((t, j) => t + Math.log(A.reduce((s, row) => s + Math.exp(row[j] - t), 0)))];
  };
  function erf(x) {  // its series; beyond 6 nothing is left of the difference to 1
    if (Math.abs(x) > 6) return Math.sign(x);
    let term = x, total = x;
    for (let n = 1; n < 200; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      total += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
  }
  const functions = {
    sigmoid: (z) => (z > 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z))), tanh: Math.tanh, exp: Math.exp,
    log: Math.log, sqrt: Math.sqrt, erf, sign: Math.sign, relu: (z) => Math.max(0, z), step: (z) => (z > 0 ? 1 : 0),
    softplus: (z) => Math.max(0, z) + Math.log1p(Math.exp(-Math.abs(z))),
  };

  // --- trees ---------------------------------------------------------------------------------------------------
  const kinds = {
    number: (at, p, q) => p / q,
    name: (at, name) => (name in at ? at[name] : name === "pi" ? Math.PI : name === "E" ? Math.E : missing(name)),
    ones: (at, n, m) => full(value(n, at), value(m, at), () => 1),
    zeros: (at, n, m) => full(value(n, at), value(m, at), () => 0),
    eye: (at, n) => full(value(n, at), value(n, at), (i, j) => (i === j ? 1 : 0)),
    diag: (at, A) => {
      const entries = value(A, at).flat();
      return full(entries.length, entries.length, (i, j) => (i === j ? entries[i] : 0));
    },
    T: (at, A) => transpose(value(A, at)),
    "@": (at, ...factors) => factors.map((f) => value(f, at)).reduce(product),
    "*": (at, ...factors) => factors.map((f) => value(f, at)).reduce(times),
    "+": (at, ...terms) => terms.map((t) => value(t, at)).reduce(plus),
    "**": (at, A, p) => power(value(A, at), value(p, at)),
    f: (at, name, A) => map(value(A, at), functions[name]),
    leaky_relu: (at, slope, A) => map(value(A, at), (z) => Math.max(value(slope, at) * z, z)),
    softmax: (at, axis, A) => alongColumns(value(A, at), axis, softmax),
    logsumexp: (at, axis, A) => alongColumns(value(A, at), axis, logsumexp),
    sum: (at, A) => sum(value(A, at)),
    trace: (at, A) => value(A, at).reduce((s, row, i) => s + row[i], 0),
  };
  const missing = (name) => { throw new Error(name); };
  const value = ([kind, ...parts], at) => kinds[kind](at, ...parts);
  const compute = (given) => {
    const at = { ...given };
    for (const [name, tree] of machine.equations) at[name] = value(tree, at);
    return at;
  };

  // --- fields --------------------------------------------------------------------------------------------------
  const put = (text, ...parts) => text.replace(/\{(\d)\}/g, (_, k) => parts[k]);
  let state = 1;
  const random = () => {  // the same numbers on every machine
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const label = (name) => document.querySelector(`#labels [data-label="${CSS.escape(name)}"]`)?.cloneNode(true) ?? name;
  function field(kind, name, place, note) {
    const box = document.createElement("label"), input = document.createElement(kind);
    input.name = name;
    input.setAttribute("aria-label", name + note);
    input.autocomplete = "off";
    input.spellcheck = false;
    box.append(label(name), `${note} `, document.createElement("br"), input);
    place.append(box);
    return input;
  }
  const sizesPlace = document.getElementById("sizes"), givenPlace = document.getElementById("given");
  const sizes = machine.sizes.map(([name, size]) => {
    const input = field("input", name, sizesPlace, "");
    Object.assign(input, { type: "number", min: 1, max: 6, value: size });
    return input;
  });
  if (!sizes.length) sizesPlace.parentElement.hidden = true;
  const arrays = machine.given.map((given) => ({ ...given, input: field(given.shape ? "textarea" : "input", given.name, givenPlace, "") }));

  const readSizes = () => Object.fromEntries(sizes.map((input) => {
    const size = Number(input.value), fits = Number.isInteger(size) && size >= 1 && size <= 6;
    input.setAttribute("aria-invalid", String(!fits));
    if (!fits) throw new Error(put(form.dataset.sizeExpected, input.name));
    return [input.name, size];
  }));
  const shape = (given, at) => given.shape.map((size) => value(size, at));
  const entry = { numbers: () => Math.round((random() * 2 - 1) * 10) / 10 || 0.5, bits: () => (random() < 0.5 ? 0 : 1),
    "positive": () => Math.round((random() + 0.2) * 10) / 10 };
  function fill() {
    const at = readSizes();
    for (const given of arrays) {
      if (!given.shape) given.input.value = given.value;
      else {
        const [rows, columns] = shape(given, at), hot = Array.from({ length: columns }, () => Math.floor(random() * rows));
        const A = full(rows, columns, (i, j) => (given.fill === "one-hot" ? +(hot[j] === i) : entry[given.fill]()));
        given.input.value = A.map((row) => row.join(" ")).join("\n");
        given.input.rows = rows;
        given.input.cols = Math.max(6, columns * 5);
      }
    }
  }
  function read(given, at) {
    const text = given.input.value.trim(), numbers = text.split("\n").map((row) => row.trim().split(/[\s,;[\]]+/).filter(Boolean).map(Number));
    const flat = numbers.flat(), [rows, columns] = given.shape ? shape(given, at) : [1, 1];
    const fits = numbers.length === rows && numbers.every((row) => row.length === columns), finite = flat.every(Number.isFinite);
    given.input.setAttribute("aria-invalid", String(!fits || !finite));
    if (!finite) throw new Error(put(form.dataset.notANumber, given.name));
    if (!fits) throw new Error(put(form.dataset.rowsExpected, given.name, rows, columns));
    return given.shape ? numbers : flat[0];
  }

  // --- values --------------------------------------------------------------------------------------------------
  const short = (x) => (Number.isFinite(x) ? String(+x.toPrecision(5)) : String(x));
  function table(A) {
    const rows = isMatrix(A) ? A : [[A]], body = document.createElement("table");
    for (const row of rows) {
      const line = body.insertRow();
      for (const x of row) {
        const cell = line.insertCell();
        cell.textContent = short(x);
        cell.title = String(x);
      }
    }
    return body;
  }
  function differences(given, at) {  // largest difference of a gradient to (J(w + h) - J(w - h)) / 2h
    const h = 1e-5;
    let worst = 0;
    for (const [parameter, gradient] of machine.gradients) {
      const moved = (i, j, by) => ({ ...given, [parameter]: isMatrix(given[parameter])
        ? given[parameter].map((row, r) => row.map((w, c) => (r === i && c === j ? w + by : w))) : given[parameter] + by });
      const rows = isMatrix(at[gradient]) ? at[gradient] : [[at[gradient]]];
      rows.forEach((row, i) => row.forEach((g, j) => {
        const slope = (compute(moved(i, j, h))[machine.loss] - compute(moved(i, j, -h))[machine.loss]) / (2 * h);
        worst = Math.max(worst, Math.abs(slope - g));
      }));
    }
    return worst;
  }
  function show() {
    try {
      const at = readSizes(), given = { ...at };
      for (const array of arrays) given[array.name] = read(array, at);
      const values = compute(given);
      for (const place of document.querySelectorAll("output[data-value]")) {
        place.replaceChildren(table(values[place.dataset.value]));
        place.dataset.exact = JSON.stringify(values[place.dataset.value]);
      }
      form.dataset.given = JSON.stringify(given);
      const worst = differences(given, values);
      said.textContent = Number.isFinite(worst) ? put(form.dataset.differences, worst.toExponential(1)) : form.dataset.computed;
    } catch (error) {
      said.textContent = error.message;
    }
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    try {
      if (sizes.includes(event.target)) fill();
      show();
    } catch (error) {
      said.textContent = error.message;
    }
  });
  document.getElementById("again").addEventListener("click", () => { fill(); show(); });
  fill();
  show();
})();
