"use strict";
// Copying, shapes of the formula in focus, links between graphs and formulas, unfolding for links and for paper.
(() => {
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const bar = document.getElementById("bar"), shapes = document.getElementById("shapes");

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {  // no permission, or an old browser: by a selection
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      return done;
    }
  }

  function say(...parts) {
    bar.replaceChildren(...parts);
  }

  function showShapes(formula) {
    const names = new Set(all("[data-v]", formula).map((part) => part.dataset.v));
    const known = [...names].map((name) => shapes.querySelector(`[data-name="${CSS.escape(name)}"]`)).filter(Boolean);
    if (!known.length) return;
    const parts = known.map((part) => part.cloneNode(true));
    const rules = all("a.step", formula).map((link) => {
      const rule = document.createElement("span");
      rule.textContent = link.title;
      return rule;
    });
    say(...parts, ...rules);
  }

  function light(name, on) {
    const of = CSS.escape(name);
    for (const part of all(`[data-node="${of}"], [data-row="${of}"], [data-v="${of}"], [data-from="${of}"], [data-to="${of}"]`))
      part.classList.toggle("hot", on);
  }

  let lit = null, shown = null;
  function attend(event) {
    const at = event.target.closest?.("[data-node], [data-row], [data-v]");
    const name = at && (event.target.closest("[data-node]")?.dataset.node ?? event.target.closest("[data-v]")?.dataset.v
      ?? event.target.closest("[data-row]")?.dataset.row);
    if (name !== lit) {
      if (lit) light(lit, false);
      if (name) light(name, true);
      lit = name;
    }
    const formula = event.target.closest?.("table.eq tr, .formula, #values tr, details.derived > summary");
    if (formula && formula !== shown) showShapes(formula);
    shown = formula;
  }
  document.addEventListener("mouseover", attend);
  document.addEventListener("focusin", attend);

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button[data-copy]");
    if (!button) return;
    const done = await copy(button.dataset.copy);
    const code = document.createElement("code");
    code.textContent = button.dataset.copy.split("\n")[0];
    say(`${done ? bar.dataset.copied : bar.dataset.failed} `, code);
    button.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest?.("details.copy[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else say();
  });

  function unfold() {  // a link into something folded opens it
    let part = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!part) return;
    for (let up = part; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    part.scrollIntoView({ block: "center" });
    (part.tagName === "DETAILS" ? part.querySelector("summary") : part).focus({ preventScroll: true });
  }
  window.addEventListener("hashchange", unfold);
  unfold();

  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = all("details:not(.copy):not([open])");
    for (const part of folded) part.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const part of folded) part.open = false;
  });
})();
