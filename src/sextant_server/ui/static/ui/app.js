/* What every page can do. All of it listens on the document, so that what htmx puts in later works as well.

     data-theme-toggle                 switches between light and dark; back on the system's theme it is forgotten
     data-confirm="Delete it?"         on a form or its button: asks first; data-confirm-yes="Delete" names the answer
     hx-confirm="..."                  the same dialog for htmx
     data-dismiss                      closes the notice that it stands in
     data-copy="text"                  copies the text; data-copy-from="id" copies that element's text
     <time data-age>                   is kept right while the page is open
     <details class="menu">            closes on Escape and on a click elsewhere
     <details data-remember="name">    stays open or closed as this person left it, in this browser
   Without JavaScript each of these is either hidden (class with-js) or not needed. */
"use strict";
(() => {
  const root = document.documentElement;
  const closest = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

  /* theme */
  const system = matchMedia("(prefers-color-scheme: dark)");
  const other = () => (root.dataset.shown === "dark" ? "light" : "dark");
  function nameToggles() {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-label", `Switch to the ${other()} theme`);
      button.title = button.getAttribute("aria-label");
    }
  }
  function toggleTheme() {
    const next = other();
    const asSystem = next === (system.matches ? "dark" : "light");
    root.dataset.shown = next;
    if (asSystem) delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      if (asSystem) localStorage.removeItem("sextant-theme");
      else localStorage.setItem("sextant-theme", next);
    } catch (error) {
      console.info("The theme is kept for this page only:", error.message);
    }
    nameToggles();
  }

  /* notices */
  function notice(text, tone) {
    const box = document.getElementById("messages");
    if (!box) return;
    const line = document.createElement("div");
    line.className = `notice ${tone}`;
    const words = document.createElement("p");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "act plain";
    close.dataset.dismiss = "";
    close.textContent = "Close";
    line.append(words, close);
    box.append(line);
  }
  function dismiss(button) {
    button.closest(".notice").remove();
    document.getElementById("main").focus({ preventScroll: true });
  }

  /* confirmation */
  function ask(question, yes, danger) {
    const dialog = document.getElementById("confirm");
    const button = dialog.querySelector("[data-confirm-yes]");
    document.getElementById("confirm-question").textContent = question;
    button.textContent = yes || "Yes";
    button.classList.toggle("danger", danger);
    return new Promise((resolve) => {
      dialog.returnValue = "no";
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
      dialog.showModal();
    });
  }
  const agreed = new WeakSet();
  async function confirmSubmit(event) {
    const form = event.target;
    const source = event.submitter?.dataset.confirm ? event.submitter : form;
    if (!source.dataset.confirm) return;
    if (agreed.delete(form)) return;
    event.preventDefault();
    event.stopPropagation();
    const danger = Boolean(event.submitter?.classList.contains("danger"));
    if (await ask(source.dataset.confirm, source.dataset.confirmYes, danger)) {
      agreed.add(form);
      form.requestSubmit(event.submitter);
      agreed.delete(form);
    }
  }
  async function confirmRequest(event) {
    if (!event.detail.question) return;
    event.preventDefault();
    const { elt, question, issueRequest } = event.detail;
    if (await ask(question, elt.dataset.confirmYes, elt.classList.contains("danger"))) issueRequest(true);
  }

  /* copying; browsers offer the clipboard on safe origins only, an address in the office network is none */
  function copyBySelection(text) {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
  async function copy(button) {
    const from = button.dataset.copyFrom;
    const text = from ? document.getElementById(from).textContent.trim() : button.dataset.copy;
    let done;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {
      done = copyBySelection(text);
    }
    const label = button.querySelector("[data-copy-label]") || button;
    button.dataset.said ??= label.textContent;
    label.textContent = done ? "Copied" : "Select it and press Ctrl C";
    button.focus();
    clearTimeout(Number(button.dataset.timer));
    button.dataset.timer = String(setTimeout(() => (label.textContent = button.dataset.said), 2500));
  }

  /* ages: the same words as ui/format.py */
  function ageText(when, now) {
    const gap = (now - when) / 1000;
    const size = Math.abs(gap);
    if (size < 45) return "just now";
    for (const [unit, seconds, most] of [["min", 60, 60], ["h", 3600, 24], ["day", 86400, 14]]) {
      const many = Math.floor(size / seconds + 0.5);
      if (many >= most) continue;
      const span = `${Math.max(many, 1)} ${unit}${unit === "day" && many > 1 ? "s" : ""}`;
      return gap > 0 ? `${span} ago` : `in ${span}`;
    }
    const year = when.getFullYear() === now.getFullYear() ? "" : ` ${when.getFullYear()}`;
    return `${when.getDate()} ${when.toLocaleDateString("en", { month: "short" })}${year}`;
  }
  function tellAges() {
    const now = new Date();
    for (const time of document.querySelectorAll("time[data-age]")) {
      const text = ageText(new Date(time.dateTime), now);
      if (text !== time.textContent) time.textContent = text;
    }
  }

  /* on a phone the tabs scroll: the one that is open comes into sight */
  function showTab() {
    const tab = document.querySelector(".subnav [aria-current]");
    const bar = tab?.closest(".subnav");
    if (bar) bar.scrollLeft += tab.getBoundingClientRect().left - (bar.clientWidth - tab.offsetWidth) / 2;
  }

  /* panels that were opened stay open, until they are closed */
  const KEPT = "sextant-open";
  function kept() {
    try {
      return new Set(JSON.parse(localStorage.getItem(KEPT) || "[]"));
    } catch {
      return new Set();
    }
  }
  function openKept() {
    const names = kept();
    for (const panel of document.querySelectorAll("details[data-remember]")) {
      if (names.has(panel.dataset.remember)) panel.open = true;
    }
  }
  function keep(panel) {
    const names = kept();
    if (panel.open) names.add(panel.dataset.remember);
    else names.delete(panel.dataset.remember);
    try {
      localStorage.setItem(KEPT, JSON.stringify([...names]));
    } catch (error) {
      console.info("What is open is kept for this page only:", error.message);
    }
  }

  /* menus */
  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
  }

  document.addEventListener("click", (event) => {
    closeMenus(closest(event, "details.menu"));
    if (closest(event, "[data-theme-toggle]")) toggleTheme();
    const close = closest(event, "[data-dismiss]");
    if (close) dismiss(close);
    const copied = closest(event, "[data-copy], [data-copy-from]");
    if (copied) copy(copied);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    closeMenus(null);
    menu?.querySelector("summary").focus();
  });
  document.addEventListener("toggle", (event) => {
    if (event.target instanceof Element && event.target.matches("details[data-remember]")) keep(event.target);
  }, true);
  document.addEventListener("submit", confirmSubmit, true);
  document.addEventListener("htmx:confirm", confirmRequest);
  document.addEventListener("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    notice(`The server answered with error ${status}. Reload the page to see what was saved.`, "unmet");
  });
  document.addEventListener("htmx:sendError", () => {
    notice("The server cannot be reached. Nothing was sent; check the connection and try again.", "unmet");
  });
  document.addEventListener("htmx:afterSettle", tellAges);
  system.addEventListener("change", nameToggles);
  nameToggles();
  showTab();
  openKept();
  tellAges();
  setInterval(tellAges, 30000);
})();
