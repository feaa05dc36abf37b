/* The labeling page with keys and a pointer. Without this file it is a plain form.

   1-9, a-z    choose (a radio is chosen, a box is ticked or not)     Enter   save and go on
   u           the item before                                        s       skip, with a reason
   Marked words become a passage of the chosen class; a passage in the list is taken away by pressing it. */
"use strict";
(() => {
  const form = () => document.querySelector("[data-label-form]");
  const typing = (target) => target instanceof Element && target.closest("textarea, input:not([type=radio], [type=checkbox]), select, [contenteditable]");

  function choose(key) {
    const control = form()?.querySelector(`input[data-key="${CSS.escape(key)}"]`);
    if (!control) return false;
    if (control.type === "checkbox") {
      control.checked = !control.checked;
      control.dispatchEvent(new Event("change", { bubbles: true }));
    } else control.checked = true;
    control.focus({ preventScroll: true });
    return true;
  }
  document.addEventListener("keydown", (event) => {
    const work = form();
    if (!work || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    // An answer is on its way: what is pressed now would be said of the item before.
    if (work.classList.contains("htmx-request")) {
      event.preventDefault();
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "Enter" && !(event.target instanceof Element && event.target.closest("a, button, summary"))) {
      work.requestSubmit(work.querySelector('button[value="save"]'));
    } else if (choose(key)) {
      // chosen
    } else if (key === "u") document.querySelector('a[data-key="u"]')?.click();
    else if (key === "s") {
      const skip = document.querySelector("[data-skip]");
      if (!skip) return;
      skip.open = true;
      skip.querySelector("input").focus();
    } else return;
    event.preventDefault();
  });
  /* "none of these" and the others put each other out */
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox" || !box.closest("[data-label-form]") || !box.checked) return;
    for (const other of box.form.querySelectorAll(box.name === "none" ? 'input[name="values"]' : 'input[name="none"]')) other.checked = false;
  });

  /* passages */
  let spans = [];
  function offsetIn(root, node, offset) {
    const range = document.createRange();
    range.setStart(root, 0);
    range.setEnd(node, offset);
    // What is only drawn, such as a mark's class, is no part of the text.
    const copy = range.cloneContents();
    for (const drawn of copy.querySelectorAll("sup")) drawn.remove();
    return copy.textContent.length;
  }
  /* Python counts characters, JavaScript halves of some: places are sent as Python has them. */
  const asPython = (text, place) => [...text.slice(0, place)].length;
  function start() {
    const root = document.querySelector("[data-text]");
    const field = document.querySelector("[data-spans]");
    for (const box of document.querySelectorAll("[data-without-js]")) box.open = false;
    if (!root || !field || root.dataset.whole !== undefined) return;
    root.dataset.whole = root.textContent;
    const before = document.getElementById("spans-before");
    const given = before ? JSON.parse(before.textContent) : null;
    const letters = [...root.dataset.whole];
    const asScript = (place) => letters.slice(0, place).join("").length;
    spans = (given?.spans ?? []).map((s) => ({ start: asScript(s.start), end: asScript(s.end), label: s.label }));
    draw(root, field);
  }
  function draw(root, field) {
    const text = root.dataset.whole;
    spans.sort((a, b) => a.start - b.start || a.end - b.end);
    root.replaceChildren();
    let at = 0;
    for (const span of spans) {
      if (span.start < at) continue; // one within another is in the list only
      root.append(text.slice(at, span.start));
      const mark = document.createElement("mark");
      const label = document.createElement("sup");
      label.textContent = span.label;
      mark.append(text.slice(span.start, span.end), label);
      root.append(mark);
      at = span.end;
    }
    root.append(text.slice(at));
    const list = document.querySelector("[data-span-list]");
    list.replaceChildren();
    spans.forEach((span, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.span = String(place);
      button.textContent = `${span.label}: ${text.slice(span.start, span.end)} ×`;
      button.setAttribute("aria-label", `Take away ${span.label}: ${text.slice(span.start, span.end)}`);
      const line = document.createElement("li");
      line.append(button);
      list.append(line);
    });
    field.value = JSON.stringify(spans.map((s) => ({ start: asPython(text, s.start), end: asPython(text, s.end), label: s.label })));
    const typed = field.form.querySelector("#lines");
    if (typed) typed.value = "";
  }
  function take() {
    const root = document.querySelector("[data-text]");
    const field = document.querySelector("[data-spans]");
    const chosen = document.getSelection();
    if (!root || !field || !chosen || chosen.isCollapsed || !chosen.rangeCount) return;
    const range = chosen.getRangeAt(0);
    if (!root.contains(range.startContainer) || !root.contains(range.endContainer)) return;
    const text = root.dataset.whole;
    let from = offsetIn(root, range.startContainer, range.startOffset);
    let to = offsetIn(root, range.endContainer, range.endOffset);
    while (from < to && /\s/.test(text[from])) from += 1;
    while (to > from && /\s/.test(text[to - 1])) to -= 1;
    const label = document.querySelector('input[name="span-label"]:checked')?.value;
    chosen.removeAllRanges();
    if (from >= to || !label) return;
    if (!spans.some((s) => s.start === from && s.end === to && s.label === label)) spans.push({ start: from, end: to, label });
    draw(root, field);
  }
  document.addEventListener("pointerup", () => setTimeout(take));
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-span]") : null;
    if (!button) return;
    spans.splice(Number(button.dataset.span), 1);
    draw(document.querySelector("[data-text]"), document.querySelector("[data-spans]"));
  });
  document.addEventListener("htmx:afterSwap", () => {
    start();
    scrollTo({ top: 0 });
  });
  start();
})();
