/* An editable grid over a plain table in a form: <table data-grid> with one control in each cell.

     data-total="risks-TOTAL_FORMS"   the hidden field that counts the rows of the formset
     data-most="1000"                 no more rows than this
     <template data-grid-blank>       beside the table: the row to add; __prefix__ is its index, __row__ its number
     [data-grid-add], [data-grid-say] beside the table: the button that adds a row, the line that says what happened
     .remove input                    the row's delete box; without JavaScript it is a plain checkbox

   A cell that was entered by a key is taken whole: arrow keys go on to the next cell until one types, clicks or presses
   F2. In text they leave the cell at its ends. Enter goes down and adds a row below the last; Shift Enter goes up; Tab
   goes on as everywhere. Selects, dates and long texts keep the arrow keys that they need themselves. A textarea[data-line]
   is one line that wraps so that all of it is seen: Enter goes on from it, and no paste breaks it. On a phone, of the rows
   that nothing is written in (tr.blank) one is kept; the button adds more. */
"use strict";
(() => {
  if (document.documentElement.dataset.grids) return; // a second grid on the page brings the script again
  document.documentElement.dataset.grids = "on";

  const CONTROLS = "input:not([type=hidden]), select, textarea";
  const whole = new WeakSet(); // controls that were entered by a key and not changed since
  const undo = new WeakMap(); // grid -> [{cells: [{control, before, after}], rows}], the latest paste last
  let typed = new WeakSet(); // controls that were typed into since the last paste

  const rowsOf = (grid) => [...grid.tBodies[0].rows];
  const cellsOf = (row) => [...row.cells].filter((c) => !c.classList.contains("remove")).map((c) => c.querySelector(CONTROLS));
  const boxOf = (grid) => grid.closest(".grid-box") || grid.parentElement;
  const totalOf = (grid) => grid.closest("form, .grid-box").querySelector(`[name="${grid.dataset.total}"]`);
  const isLong = (control) => control.tagName === "TEXTAREA" && !("line" in control.dataset);
  const isCheck = (control) => control.type === "checkbox";
  const read = (control) => (isCheck(control) ? control.checked : control.value);

  function say(grid, text, action) {
    const line = boxOf(grid).querySelector("[data-grid-say]");
    if (!line) return;
    line.textContent = text;
    if (!action) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "act plain";
    button.textContent = action.label;
    button.addEventListener("click", action.run);
    line.append(" ", button);
  }

  /* rows */
  function addRow(grid) {
    const blank = boxOf(grid).querySelector("template[data-grid-blank]");
    const count = rowsOf(grid).length;
    if (!blank || count >= Number(grid.dataset.most || Infinity)) return null;
    const row = blank.content.firstElementChild.cloneNode(true);
    for (const element of [row, ...row.querySelectorAll("*")]) {
      for (const attribute of element.attributes) {
        attribute.value = attribute.value.replaceAll("__prefix__", count).replaceAll("__row__", count + 1);
      }
    }
    grid.tBodies[0].append(row);
    const total = totalOf(grid);
    if (total) total.value = count + 1;
    return row;
  }
  function dropLastRow(grid) {
    rowsOf(grid).at(-1).remove();
    const total = totalOf(grid);
    if (total) total.value = rowsOf(grid).length;
  }
  const isBlank = (row) => cellsOf(row).every((c) => !c || (isCheck(c) ? c.checked === c.defaultChecked : c.value === initial(c)));
  function initial(control) {
    if (control.tagName !== "SELECT") return control.defaultValue;
    return ([...control.options].find((o) => o.defaultSelected) || control.options[0])?.value ?? "";
  }

  /* moving */
  function enter(control) {
    if (!control) return false;
    control.focus();
    if (control.select && !isCheck(control)) control.select();
    whole.add(control);
    return true;
  }
  function move(control, down, right) {
    const row = control.closest("tr");
    const rows = rowsOf(row.closest("table"));
    const line = [...row.querySelectorAll(CONTROLS)];
    if (right) return enter(line[line.indexOf(control) + right]);
    const target = rows[rows.indexOf(row) + down];
    return target ? enter([...target.querySelectorAll(CONTROLS)][line.indexOf(control)]) : false;
  }
  function atEdge(control, forward) {
    if (whole.has(control) || isCheck(control) || control.tagName === "SELECT") return true;
    if (control.selectionStart === null || control.selectionStart === undefined) return false;
    const edge = forward ? control.value.length : 0;
    return control.selectionStart === edge && control.selectionEnd === edge;
  }
  const keepsVertical = (control) =>
    control.tagName === "SELECT" || (control.tagName === "TEXTAREA" && !whole.has(control)) || /^(date|time|month|week|datetime-local)$/.test(control.type);
  const keepsHorizontal = (control) => /^(date|time|month|week|datetime-local)$/.test(control.type);

  function onKey(event) {
    const control = event.target instanceof Element ? event.target.closest("[data-grid] :is(input, select, textarea)") : null;
    if (!control) return;
    const grid = control.closest("[data-grid]");
    const { key } = event;
    if ((event.ctrlKey || event.metaKey) && !event.altKey) {
      if (key.toLowerCase() === "z" && !event.shiftKey && !typed.has(control) && takeBack(grid)) event.preventDefault();
      if (key === "Delete" || key === "Backspace") {
        const box = control.closest("tr").querySelector(".remove input");
        if (box) {
          box.checked = !box.checked;
          event.preventDefault();
        }
      }
      return;
    }
    if (event.altKey || event.isComposing) return;
    let moved = false;
    if (key === "ArrowUp" && !keepsVertical(control)) moved = move(control, -1, 0) || control.type === "number";
    else if (key === "ArrowDown" && !keepsVertical(control)) moved = move(control, 1, 0) || control.type === "number";
    else if (key === "ArrowLeft" && !event.shiftKey && !keepsHorizontal(control) && atEdge(control, false)) moved = move(control, 0, -1);
    else if (key === "ArrowRight" && !event.shiftKey && !keepsHorizontal(control) && atEdge(control, true)) moved = move(control, 0, 1);
    else if (key === "F2") {
      whole.delete(control);
      if (control.setSelectionRange && control.selectionStart !== null) control.setSelectionRange(control.value.length, control.value.length);
    } else if (key === "Enter" && !(isLong(control) && !whole.has(control))) {
      moved = true; // Enter in a sheet never sends the form by accident
      if (!move(control, event.shiftKey ? -1 : 1, 0) && !event.shiftKey && !isBlank(control.closest("tr"))) {
        if (addRow(grid)) move(control, 1, 0);
        else say(grid, `This sheet holds at most ${grid.dataset.most} rows.`);
      }
    }
    if (moved) event.preventDefault();
  }

  /* pasting */
  function parse(text, separator) {
    const rows = [[]];
    let cell = "";
    let quoted = false;
    for (let i = 0; i < text.length; i += 1) {
      const sign = text[i];
      if (quoted) {
        if (sign === '"' && text[i + 1] === '"') {
          cell += '"';
          i += 1;
        } else if (sign === '"') quoted = false;
        else cell += sign;
      } else if (sign === '"' && cell === "") quoted = true;
      else if (sign === separator) {
        rows.at(-1).push(cell);
        cell = "";
      } else if (sign === "\n") {
        rows.at(-1).push(cell);
        rows.push([]);
        cell = "";
      } else cell += sign;
    }
    rows.at(-1).push(cell);
    return rows;
  }
  /* A block out of a spreadsheet has tabs; several lines with the same number of commas are CSV. One cell is no block. */
  function block(raw) {
    const text = raw.replace(/\r\n?/g, "\n").replace(/\n+$/, "");
    if (text.includes("\t")) return parse(text, "\t");
    if (!text.includes("\n")) return null;
    const comma = parse(text, ",");
    const even = comma[0].length > 1 && comma.every((row) => row.length === comma[0].length);
    return even ? comma : parse(text, "\t");
  }
  const plain = (text) => text.trim().toLowerCase().replace(/\s*\*$/, "");
  function headings(grid) {
    return [...grid.tHead.rows[0].cells].map((c) => plain(c.firstChild?.textContent ?? ""));
  }
  function fault(control, text) {
    const cell = control.closest("td");
    const id = `${control.id || control.name}_fault`;
    const described = (control.getAttribute("aria-describedby") || "").split(" ").filter((one) => one && one !== id);
    document.getElementById(id)?.remove();
    if (text) {
      const list = document.createElement("ul");
      list.className = "errors";
      list.id = id;
      const line = document.createElement("li");
      line.textContent = text;
      list.append(line);
      cell.append(list);
      described.unshift(id);
    }
    if (described.length) control.setAttribute("aria-describedby", described.join(" "));
    else control.removeAttribute("aria-describedby");
    if (cell.querySelector(".errors")) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
  /* A number as people write it in a sheet ("1,200 EUR", "€ 1.234,50", "1'200") as a number field takes it, else null.
     The same as sextant.problem.amounts reads; what may mean two numbers ("1,5" is 1.5, "1,500" is 1500) as there. */
  function numeral(text) {
    let bare = text.replace(/\u2212/g, "-").replace(/(?<=\d)[\s\u00a0\u202f'’](?=\d{3})/g, "");
    bare = bare.replace(/^(?:[$€£]|[A-Z]{3}\b)\s*/, "").replace(/\s*(?:[$€£]|\b[A-Z]{3})$/, "").trim();
    if (/^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(bare)) bare = bare.replaceAll(",", "");
    else if (/^[-+]?(\d{1,3}(\.\d{3})*|\d+),\d+$/.test(bare)) bare = bare.replaceAll(".", "").replace(",", ".");
    return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(bare) ? bare : null;
  }
  /* A day as a date field takes it: 2026-03-31, 31.03.2026, and with slashes where it can mean one day only; else null. */
  function dayOf(text) {
    let found = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$/.exec(text);
    let parts = found && [found[1], found[2], found[3]];
    if (!parts && (found = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text))) parts = [found[3], found[2], found[1]];
    if (!parts && (found = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text))) {
      const [first, second] = [Number(found[1]), Number(found[2])];
      if (first > 12 || second > 12 || first === second) parts = [found[3], ...(first > 12 ? [found[2], found[1]] : [found[1], found[2]])];
    }
    if (!parts) return null;
    const day = `${parts[0]}-${parts[1].padStart(2, "0")}-${parts[2].padStart(2, "0")}`;
    const read = new Date(`${day}T00:00:00Z`);
    return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(day) ? day : null;
  }
  /* Puts one pasted text into one control; what does not fit stays out, and the words why come back. */
  function put(control, text) {
    const value = text.trim();
    if (isCheck(control)) {
      const yes = /^(yes|y|true|1|x|✓)$/i.test(value);
      if (!yes && !/^(no|n|false|0|)$/i.test(value)) return `“${value}” is neither yes nor no.`;
      control.checked = yes;
    } else if (control.tagName === "SELECT") {
      // A spreadsheet may write the rating 4 as 4.0.
      const same = (o) => o.value !== "" && value !== "" && Number(o.value) === Number(numeral(value) ?? NaN);
      const options = [...control.options];
      const option = options.find((o) => o.value === value) || options.find((o) => plain(o.text) === plain(value)) || options.find(same);
      if (!option) return `“${value}” is not one of: ${[...control.options].map((o) => o.text).filter((t) => !/^[-–—]*$/.test(t)).join(", ")}.`;
      control.value = option.value;
    } else if (control.type === "number" || control.inputMode === "decimal") {
      const number = value ? numeral(value) : "";
      if (number === null) return `“${value}” is not a number.`;
      control.value = number;
    } else if (control.type === "date") {
      const day = value ? dayOf(value) : "";
      if (day === null) return `“${value}” is not a date like 2026-11-23.`;
      control.value = day;
    } else {
      control.value = isLong(control) ? text : value.replace(/\n+/g, " ");
    }
    return "";
  }
  function pasteBlock(grid, start, lines) {
    const rows = rowsOf(grid);
    const heads = headings(grid);
    const named = lines.length > 1 && lines[0].some((t) => plain(t)) && lines[0].every((t) => heads.includes(plain(t)));
    const firstColumn = cellsOf(start.closest("tr")).indexOf(start);
    const columnOf = (j) => (named ? heads.indexOf(plain(lines[0][j] ?? "\n")) : firstColumn + j);
    const body = named ? lines.slice(1) : lines;
    const firstRow = rows.indexOf(start.closest("tr"));
    const change = { cells: [], rows: 0 };
    let wrong = 0;
    let left = 0;
    body.forEach((texts, i) => {
      let row = rowsOf(grid)[firstRow + i];
      if (!row) {
        row = addRow(grid);
        if (!row) {
          left += 1;
          return;
        }
        change.rows += 1;
      }
      const controls = cellsOf(row);
      texts.forEach((text, j) => {
        const control = controls[columnOf(j)];
        if (!control || control.disabled || control.readOnly) return;
        const before = read(control);
        const problem = put(control, text);
        fault(control, problem);
        if (problem) wrong += 1;
        control.closest("td").classList.add("pasted");
        change.cells.push({ control, before, after: read(control) });
      });
    });
    undo.set(grid, [...(undo.get(grid) || []), change]);
    typed = new WeakSet();
    const done = body.length - left;
    let text = `Pasted ${done} ${done === 1 ? "row" : "rows"}.`;
    if (wrong) text += ` ${wrong} ${wrong === 1 ? "cell" : "cells"} did not fit and stayed as before: see the words beside ${wrong === 1 ? "it" : "them"}.`;
    if (left) text += ` ${left} ${left === 1 ? "row was" : "rows were"} left out: this sheet holds at most ${grid.dataset.most}.`;
    say(grid, text, { label: "Take it back", run: () => takeBack(grid) });
  }
  /* Takes back the last paste. What was changed since by hand stays. */
  function takeBack(grid) {
    const change = undo.get(grid)?.pop();
    if (!change) return false;
    for (const { control, before, after } of change.cells) {
      fault(control, "");
      control.closest("td").classList.remove("pasted");
      if (read(control) !== after) continue;
      if (isCheck(control)) control.checked = before;
      else control.value = before;
    }
    let kept = 0;
    for (let i = 0; i < change.rows; i += 1) {
      if (!isBlank(rowsOf(grid).at(-1))) {
        kept = change.rows - i;
        break;
      }
      if (rowsOf(grid).at(-1).contains(document.activeElement)) enter(cellsOf(rowsOf(grid).at(-2))[0]);
      dropLastRow(grid);
    }
    say(grid, kept ? "The paste was taken back; rows that you changed since are kept." : "The paste was taken back.");
    return true;
  }

  if (matchMedia("(max-width: 760px)").matches) {
    for (const grid of document.querySelectorAll("[data-grid]")) {
      while (rowsOf(grid).length > 1 && rowsOf(grid).slice(-2).every((row) => row.classList.contains("blank"))) dropLastRow(grid);
    }
  }
  document.addEventListener("keydown", onKey);
  document.addEventListener("paste", (event) => {
    const control = event.target instanceof Element ? event.target.closest("[data-grid] :is(input, select, textarea)") : null;
    if (!control || control.closest(".remove")) return;
    const lines = block(event.clipboardData.getData("text/plain"));
    if (!lines) return;
    event.preventDefault();
    pasteBlock(control.closest("[data-grid]"), control, lines);
  });
  document.addEventListener("input", (event) => {
    const control = event.target.closest?.("[data-grid] :is(input, select, textarea)");
    if (!control) return;
    whole.delete(control);
    typed.add(control);
    fault(control, "");
    control.closest("td").classList.remove("pasted");
  });
  document.addEventListener("mousedown", (event) => {
    const control = event.target instanceof Element ? event.target.closest("[data-grid] :is(input, select, textarea)") : null;
    if (control) whole.delete(control);
  });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-grid-add]") : null;
    if (!button) return;
    const grid = button.closest(".grid-box").querySelector("[data-grid]");
    const row = addRow(grid);
    if (row) enter(cellsOf(row)[0]);
    else say(grid, `This sheet holds at most ${grid.dataset.most} rows.`);
  });
})();
