"use strict";
/* Charts that answer the pointer, drawn by Vega over the still ones, which stay for print and without scripts. */
(() => {
  const { data, make, makeTable } = balanceSync;
  const { severities, wallets } = data.words;
  const DAY = 86_400_000;
  const day = (time) => new Date(time).toISOString().slice(0, 10);

  const tip = make("div", { class: "tip", "aria-hidden": "true" });
  tip.hidden = true;
  document.body.append(tip);
  const showTip = (_, event, __, words) => {
    tip.hidden = words === null || words === undefined || words === "";
    if (tip.hidden) return;
    tip.textContent = words;
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(8, Math.min(event.clientX + 14, room))}px`;
    tip.style.top = `${Math.max(8, event.clientY - tip.offsetHeight - 10)}px`;
  };

  /** Draws a chart into `place`; `rows` are its data by name. */
  balanceSync.draw = (place, name, rows) => {
    const specification = structuredClone(data.specifications[name]);
    for (const source of specification.data) if (rows[source.name]) source.values = rows[source.name];
    const view = new vega.View(vega.parse(specification, null, { ast: true }), {
      renderer: "svg",
      expr: vega.expressionInterpreter,
      tooltip: showTip,
    });
    return view.initialize(place).runAsync().then(() => view);
  };

  /** Turns the words of a legend into buttons that hide and show what they stand for. */
  balanceSync.switches = (legend, view) => {
    const hidden = new Set();
    for (const key of legend.querySelectorAll("[data-key]")) {
      const button = make("button", { type: "button", class: key.className, "aria-pressed": "true" });
      button.append(key.textContent);
      button.addEventListener("click", () => {
        const name = key.dataset.key;
        if (!hidden.delete(name)) hidden.add(name);
        button.setAttribute("aria-pressed", String(!hidden.has(name)));
        view.signal("hidden", [...hidden]).runAsync();
      });
      key.replaceWith(button);
    }
  };

  /** Adds a button that shows what a chart draws as a table, for those who would rather read. */
  balanceSync.figures = (figure, table) => {
    const button = make("button", { type: "button", class: "plain", "aria-expanded": "false" }, "Show the figures");
    let shown = null;
    button.addEventListener("click", () => {
      shown = shown ? (shown.remove(), null) : table();
      if (shown) button.after(shown);
      button.setAttribute("aria-expanded", String(Boolean(shown)));
    });
    figure.append(button);
  };

  const findings = () => {
    const rows = data.findings_chart.map((row) => ({ ...row, last: row.to - DAY }));
    for (const row of rows) {
      row.said = `${day(row.from)} to ${day(row.last)}: ${row.findings.toLocaleString("en")} ${severities[row.severity].toLowerCase()}`;
    }
    const table = () =>
      makeTable(
        "Findings per week", ["From", "To", "Severity", "Findings"],
        rows.map((row) => [day(row.from), day(row.last), severities[row.severity], row.findings.toLocaleString("en")]),
        ["time", "time", "", "number"],
      );
    return [rows, table];
  };
  const overdrafts = (points) => {
    const rows = points.map((row) => ({ ...row, said: `${day(row.at)}, ${wallets[row.wallet].toLowerCase()}: ${row.text}` }));
    const table = () =>
      makeTable(
        "Overdrafts by day", ["Day", "Wallet", "Overdrawn in all"],
        rows.map((row) => [day(row.at), wallets[row.wallet], row.text]), ["time", "", "number"],
      );
    return [rows, table];
  };

  let currency = 0;
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    const name = figure.dataset.chart;
    const [rows, table] = name === "findings" ? findings() : overdrafts(data.overdraft_charts[currency++]);
    const label = figure.querySelector("svg").getAttribute("aria-label");
    const place = make("div", { class: "live", role: "img", "aria-label": label });
    figure.querySelector(".still").after(place);
    figure.classList.add("drawn");
    balanceSync.draw(place, name, { table: rows }).then((view) => balanceSync.switches(figure, view));
    balanceSync.figures(figure, table);
  }
})();
