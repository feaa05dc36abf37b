/* Runs before the first paint, so that a chosen theme never flashes: the choice is kept by this browser alone. */
"use strict";
(() => {
  const root = document.documentElement;
  let chosen = null;
  try {
    chosen = localStorage.getItem("sextant-theme");
  } catch {
    chosen = null; // storage is forbidden here: the system's theme it is
  }
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    root.dataset.shown = root.dataset.theme || (dark.matches ? "dark" : "light");
  };
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  root.classList.add("js");
  show();
  dark.addEventListener("change", show);
})();
