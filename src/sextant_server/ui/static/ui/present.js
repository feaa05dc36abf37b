/* One thing at a time: arrow keys, space, Page Up and Down, Home and End move between the sections of class "slide".
   Without it the page is a long one, read by scrolling. */
"use strict";
(() => {
  const slides = [...document.querySelectorAll(".slide")];
  const count = document.querySelector("[data-slide-count]");
  if (!slides.length) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const steps = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 };
  let here = 0;
  function tell() {
    if (count) count.textContent = `${here + 1} of ${slides.length}`;
  }
  function show(place) {
    here = Math.max(0, Math.min(slides.length - 1, place));
    slides[here].setAttribute("tabindex", "-1");
    slides[here].focus({ preventScroll: true });
    slides[here].scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "start" });
    tell();
  }
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("a, button, summary, input")) {
      if (event.key === " " || event.altKey || event.ctrlKey || event.metaKey) return;
    }
    if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      show(event.key === "Home" ? 0 : slides.length - 1);
    } else if (event.key in steps) {
      event.preventDefault();
      show(here + steps[event.key]);
    }
  });
  const watch = new IntersectionObserver((seen) => {
    for (const one of seen) if (one.isIntersecting) here = slides.indexOf(one.target);
    tell();
  }, { threshold: 0.6 });
  slides.forEach((slide) => watch.observe(slide));
  tell();
})();
