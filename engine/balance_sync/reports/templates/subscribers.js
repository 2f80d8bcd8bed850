"use strict";
/* The balances of one subscriber over time, with its findings on them. */
(() => {
  const { data, make, makeTable } = balanceSync;
  const { severities, wallets } = data.words;
  const local = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
  const grouped = (text) => {
    if (!text) return text;
    const [whole, decimals] = text.replace("-", "−").split(".");
    return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (decimals ? `.${decimals}` : "");
  };

  const pane = document.getElementById("subscriber");
  if (!pane) return;
  const picker = make("select", { id: "picker" });
  data.subscribers.forEach(({ name }, place) => picker.append(make("option", { value: place }, name)));
  const content = make("div", { role: "region", "aria-live": "polite", "aria-label": "Balances of the chosen subscriber" });
  pane.append(make("p", { class: "filter" }, make("label", { for: "picker" }, "Subscriber "), picker), content);

  const points = (account) =>
    Object.entries(account.lines).flatMap(([wallet, line]) =>
      line.points.map(([seconds, text]) => ({
        at: seconds * 1000, wallet, amount: Number(text), text: grouped(text),
        said: `${local(seconds)}, ${wallets[wallet].toLowerCase()}: ${grouped(text)}`,
      })));
  const marks = (account) =>
    account.findings.filter(([, , , , balance]) => balance !== null)
      .map(([severity, rule, , seconds, balance, difference]) => ({
        at: seconds * 1000, severity, amount: Number(balance),
        said: `${local(seconds)}, ${severities[severity].toLowerCase()}: ${rule}${difference ? `, ${grouped(difference)}` : ""}`,
      }));

  const findingsTable = (account) =>
    makeTable(
      "Findings of this subscriber", ["Time", "Severity", "Rule", "Wallet", "Balance", "Difference", "Proof"],
      account.findings.map(([severity, rule, wallet, seconds, balance, difference, id]) => [
        local(seconds), make("span", { class: `word ${severity}` }, severities[severity]), rule, wallets[wallet] ?? wallet,
        grouped(balance), grouped(difference),
        document.getElementById(`finding-${id}`) ? make("a", { href: `#finding-${id}` }, "Show") : null,
      ]),
      ["time", "", "", "word", "number", "number", ""],
    );

  const key = (name, words) => make("span", { class: `key ${name}`, "data-key": name }, words);
  const accountFigure = (account, name) => {
    const rows = points(account);
    const marked = marks(account);
    const drawn = Object.values(account.lines).reduce((sum, line) => sum + line.points.length, 0);
    const all = Object.values(account.lines).reduce((sum, line) => sum + line.all, 0);
    const present = [...new Set(marked.map(({ severity }) => severity))];
    const legend = make(
      "p", { class: "legend" }, ...Object.keys(account.lines).map((wallet) => key(wallet, wallets[wallet])),
      ...Object.keys(severities).filter((one) => present.includes(one)).map((one) => key(`${one} point`, severities[one])),
    );
    for (const span of legend.querySelectorAll(".point")) span.dataset.key = span.classList[1];
    const words = `${account.currency}: ${all.toLocaleString("en")} balances, ${account.all.toLocaleString("en")} ${account.all === 1 ? "finding" : "findings"}`;
    const place = make("div", { class: "live", role: "img", "aria-label": `Balances of ${name} over time, ${words}` });
    const figure = make("figure", { class: "drawn" }, make("figcaption", null, words), place, legend);
    if (all > drawn) figure.append(make("p", { class: "note" }, `Drawn: ${drawn.toLocaleString("en")} of ${all.toLocaleString("en")} balances, with every height and depth.`));
    figure.append(make("p", { class: "note" }, "Drag to move in time, turn the wheel with Ctrl held to come nearer, double-click to see all."));
    balanceSync.figures(figure, () =>
      makeTable("Balances", ["Time", "Wallet", "Balance"], rows.map((row) => [local(row.at / 1000), wallets[row.wallet], row.text]), ["time", "", "number"]));
    return { figure, draw: () => balanceSync.draw(place, "balances", { table: rows, marks: marked, zero: [{ amount: 0 }] }).then((view) => balanceSync.switches(legend, view)) };
  };

  const show = (place) => {
    const { name, accounts } = data.subscribers[place];
    picker.value = String(place);
    content.replaceChildren(make("h3", null, "Subscriber ", make("code", null, name)));
    for (const account of accounts) {
      const { figure, draw } = accountFigure(account, name);
      if (Object.keys(account.lines).length) {
        content.append(figure);
        draw();
      }
      if (account.findings.length) content.append(findingsTable(account));
      const kept = account.findings.length;
      if (account.all > kept) content.append(make("p", { class: "note" }, `${kept} of ${account.all.toLocaleString("en")} findings: of each rule the first, the last and the largest. All of them: the workbook, or csv/findings.csv of a run with --format csv.`));
    }
  };
  balanceSync.showSubscriber = show;
  picker.addEventListener("change", () => show(Number(picker.value)));
  show(0);
})();
