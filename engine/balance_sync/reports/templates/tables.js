"use strict";
/* Tables that sort, filter and become cards where there is no room. Text becomes text nodes, never markup. */
const balanceSync = { data: JSON.parse(document.getElementById("data").textContent) };

/** Makes an element: `make("td", { class: "id" }, "text", otherElement)`. */
balanceSync.make = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};

/** Makes a table inside its scrolling frame; a cell is text, an element, or [rounded, exact]. */
balanceSync.makeTable = (caption, headers, rows, kinds = []) => {
  const { make } = balanceSync;
  const cell = (value, column) => {
    const [shown, exact] = Array.isArray(value) ? value : [value, undefined];
    return make("td", { class: kinds[column], title: exact }, shown ?? "–");
  };
  const head = headers.map((text, column) => make("th", { scope: "col", class: kinds[column] }, text));
  const body = rows.map((row) => make("tr", null, ...row.map(cell)));
  const table = make(
    "table", null, make("caption", null, caption), make("thead", null, make("tr", null, ...head)),
    make("tbody", null, ...body),
  );
  balanceSync.labelCells(table);
  return make("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": caption }, table);
};

/** Tells each cell its column, for the cards of a narrow screen, where the header is out of sight. */
balanceSync.labelCells = (table) => {
  const labels = [...table.tHead.rows[0].cells].map((head) => head.textContent);
  if (labels.length < 3) return;
  table.classList.add("cards");
  // Said again, for some readers forget what a table is when it is laid out otherwise.
  table.setAttribute("role", "table");
  for (const group of [table.tHead, ...table.tBodies]) group.setAttribute("role", "rowgroup");
  for (const head of table.tHead.rows[0].cells) head.setAttribute("role", "columnheader");
  for (const row of table.rows) row.setAttribute("role", "row");
  for (const row of table.tBodies[0].rows) {
    [...row.cells].forEach((cell, column) => {
      cell.setAttribute("role", "cell");
      cell.dataset.label = labels[column];
      if (cell.textContent === "–" || cell.textContent === "") cell.classList.add("nothing");
    });
  }
};

(() => {
  const { make, labelCells } = balanceSync;
  const number = /^-?[0-9]+(\.[0-9]+)?$/;
  const words = new Intl.Collator("en", { numeric: true });
  const key = (cell) => cell.dataset.sort ?? cell.textContent.trim();
  const isNothing = (text) => text === "" || text === "–";
  const compare = (a, b) => (number.test(a) && number.test(b) ? Number(a) - Number(b) : words.compare(a, b));

  const narrow = matchMedia("(max-width: 640px)");
  const rowsOf = (table) => [...table.tBodies[0].rows].filter((row) => !row.classList.contains("opened"));
  const openedUnder = (row) => {
    const next = row.nextElementSibling;
    return next?.classList.contains("opened") ? next : null;
  };
  const place = (table, rows) => {
    for (const row of rows) {
      const opened = openedUnder(row);
      table.tBodies[0].append(...(opened ? [row, opened] : [row]));
    }
    table.dispatchEvent(new Event("placed"));
  };

  /** Sorts by a column; what has no value comes last, whichever way. */
  const sort = (table, column, down) => {
    [...table.tHead.rows[0].cells].forEach((head, at) => {
      if (at === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const keyed = rowsOf(table).map((row) => [key(row.cells[column]), row]);
    keyed.sort(([a], [b]) => {
      if (isNothing(a) || isNothing(b)) return isNothing(a) - isNothing(b);
      return down ? compare(b, a) : compare(a, b);
    });
    place(table, keyed.map(([, row]) => row));
  };

  const makeSortable = (table) => {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = make("button", { type: "button" }, head.textContent);
      head.replaceChildren(button);
      button.addEventListener("click", () => sort(table, column, head.getAttribute("aria-sort") === "ascending"));
    });
  };

  /** The same for cards, which show no header to press. */
  const sortControl = (table) => {
    const options = [...table.tHead.rows[0].cells].flatMap((head, column) => [
      make("option", { value: `${column} up` }, `${head.textContent} ↑`),
      make("option", { value: `${column} down` }, `${head.textContent} ↓`),
    ]);
    const select = make("select", { "aria-label": "Sort by" }, make("option", { value: "" }, "as listed"), ...options);
    const listed = rowsOf(table);
    select.addEventListener("change", () => {
      const [column, way] = select.value.split(" ");
      if (way) sort(table, Number(column), way === "down");
      else place(table, listed);
    });
    return make("label", { class: "sorting" }, "Sort by ", select);
  };

  /** One select for each column of few words. */
  const choices = (table) =>
    [...table.tHead.rows[0].cells].flatMap((head, column) => {
      if (!head.classList.contains("choice")) return [];
      const found = [...new Set(rowsOf(table).map((row) => row.cells[column].textContent))].sort(words.compare);
      if (found.length < 2 || found.length > 40) return [];
      const options = found.map((text) => make("option", { value: text }, text === "–" ? "(none)" : text));
      const name = head.textContent;
      const select = make("select", { "aria-label": name }, make("option", { value: "\0" }, "all"), ...options);
      return [{ column, select, label: make("label", null, `${name} `, select) }];
    });

  /** Shows the rows that hold all words and choices, a screenful at first, and says how many there are. */
  const makeFiltered = (table) => {
    const input = make("input", { type: "search", autocomplete: "off", placeholder: "words to look for" });
    const count = make("output");
    const more = make("button", { type: "button", class: "plain more" });
    const chosen = choices(table);
    const texts = new Map(rowsOf(table).map((row) => [row, row.textContent.toLowerCase()]));
    const step = () => (narrow.matches ? 10 : 40);
    let limit = step();
    const apply = () => {
      const asked = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const picked = chosen.filter(({ select }) => select.value !== "\0");
      let fitting = 0;
      for (const [row, text] of rowsOf(table).map((one) => [one, texts.get(one)])) {
        const fits = asked.every((word) => text.includes(word)) &&
          picked.every(({ column, select }) => row.cells[column].textContent === select.value);
        if (fits) fitting += 1;
        row.hidden = !fits || fitting > limit;
        const opened = openedUnder(row);
        if (opened) opened.hidden = row.hidden;
      }
      count.textContent = asked.length || picked.length ? `${fitting} of ${texts.size} rows` : "";
      more.hidden = fitting <= limit;
      more.textContent = `Show ${Math.min(step(), fitting - limit)} more of ${fitting - limit}`;
    };
    const again = () => { limit = step(); apply(); };
    input.addEventListener("input", again);
    for (const { select } of chosen) select.addEventListener("change", again);
    narrow.addEventListener("change", again);
    table.addEventListener("placed", apply);
    more.addEventListener("click", () => { limit += step(); apply(); });
    addEventListener("beforeprint", () => { limit = Infinity; apply(); });
    table.addEventListener("pick", ({ detail }) => {
      for (const { select } of chosen) {
        select.value = [...select.options].some(({ value }) => value === detail) ? detail : "\0";
      }
      input.value = "";
      again();
    });
    const labels = [make("label", null, "Filter ", input), ...chosen.map(({ label }) => label)];
    const controls = make("div", { class: "filter", role: "search", "aria-label": table.caption.textContent });
    controls.append(...labels, sortControl(table), count);
    // Folded where it would fill the screen.
    const bar = make("details", { class: "controls" }, make("summary", null, "Filter and sort"), controls);
    bar.open = !narrow.matches;
    narrow.addEventListener("change", () => { bar.open = !narrow.matches; });
    table.closest(".scroll").before(bar);
    table.closest(".scroll").after(more);
    apply();
  };

  for (const table of document.querySelectorAll("table")) {
    labelCells(table);
    // The filter first: it reads the headers before they become buttons.
    if (table.classList.contains("filtered")) makeFiltered(table);
    if (table.classList.contains("sortable")) makeSortable(table);
  }
  /* A link that answers with some rows of a table: its address leads there, and the others step back. */
  for (const link of document.querySelectorAll("a[data-pick]")) {
    link.addEventListener("click", () => {
      document.getElementById(link.dataset.table)?.dispatchEvent(new CustomEvent("pick", { detail: link.dataset.pick }));
    });
  }
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details.rule")) details.open = true;
  });
})();
