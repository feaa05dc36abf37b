/* Text with its headings out of a rich paste: a textarea with data-paste-rich gets the marks that the server's rules
   read (# for headings, - for lists, | between cells) in place of nothing. The pasted HTML is parsed into a document
   that is never shown and runs no script; without this file the browser pastes its plain text. */
"use strict";
(() => {
  const dropped = new Set(["SCRIPT", "STYLE", "HEAD", "TEMPLATE", "NOSCRIPT", "IFRAME", "OBJECT", "SVG", "MATH", "TITLE"]);
  const blocks = new Set(["P", "DIV", "SECTION", "ARTICLE", "BLOCKQUOTE", "PRE", "TABLE", "UL", "OL"]);

  function read(node) {
    if (node.nodeType === Node.TEXT_NODE) return node.nodeValue.replace(/\s+/g, " ");
    if (node.nodeType !== Node.ELEMENT_NODE || dropped.has(node.tagName.toUpperCase())) return "";
    if (node.tagName === "BR") return "\n";
    if (node.tagName === "TR") return `\n| ${[...node.cells].map((c) => read(c).replace(/\s+/g, " ").trim()).join(" | ")} |\n`;
    const inside = [...node.childNodes].map(read).join("");
    if (/^H[1-6]$/.test(node.tagName)) return `\n\n${"#".repeat(Number(node.tagName[1]))} ${inside.trim()}\n`;
    if (node.tagName === "LI") return `\n- ${inside.trim()}`;
    return blocks.has(node.tagName) ? `\n${inside}\n` : inside;
  }

  document.addEventListener("paste", (event) => {
    const field = event.target instanceof Element ? event.target.closest("textarea[data-paste-rich]") : null;
    const rich = field && event.clipboardData.getData("text/html");
    if (!rich) return;
    // Handlers and styles would only be blocked, and reported, by the page's Content-Security-Policy.
    const bare = rich.replace(/\s(on\w+|style)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, "");
    const parsed = new DOMParser().parseFromString(bare, "text/html");
    const text = read(parsed.body).replace(/[ \t]+\n/g, "\n").replace(/\n[ \t]+/g, "\n").replace(/\n{3,}/g, "\n\n").trim();
    if (!text) return;
    event.preventDefault();
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
