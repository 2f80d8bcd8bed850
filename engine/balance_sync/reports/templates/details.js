"use strict";
/* The proof of a finding, under its row; findings, rules and subscribers have addresses in the page. */
(() => {
  const { data, make, makeTable } = balanceSync;
  const proofs = data.proofs;
  const columnKinds = data.chain.map((_, column) =>
    column === 0 ? "time" : column >= 4 && column <= 8 ? "number" : column > 9 ? "id" : "");

  const chain = (proof) => {
    const rows = proof.chain.map((place) => proofs.transactions[place]);
    const frame = makeTable("The subscriber's transactions around it", data.chain, rows, columnKinds);
    const own = proof.own === null ? null : frame.querySelector("tbody").rows[proof.own];
    if (own) {
      own.setAttribute("aria-current", "true");
      own.cells[0].prepend(make("span", { class: "mark" }, "This one "));
    }
    return frame;
  };

  const logs = (proof) => {
    const shown = proof.logs.map((place) => proofs.logs[place]);
    if (!shown.length) return [make("p", { class: "empty" }, proofs.unread || "Left out of this page, which would be too large.")];
    return shown.flatMap(([place, text, missing]) => [
      make("p", { class: "place" }, make("code", null, place), missing ? `: ${missing}` : ""),
      ...(text ? [make("pre", { tabindex: "0", "aria-label": `Log lines at ${place}` }, text)] : []),
    ]);
  };

  /** Everything about one finding. */
  const proofOf = (id, subscriber) => {
    const proof = proofs.findings[id];
    const facts = proof.facts.map(([name, value]) => make("div", null, make("dt", null, name), make("dd", null, value)));
    return make(
      "div", { class: "proof" },
      make("dl", { class: "facts" }, ...facts),
      subscriber === undefined ? null
        : make("p", null, make("a", { href: `#subscriber-${subscriber}` }, "See the balances of this subscriber over time")),
      make("h3", null, "The subscriber's transactions around it"),
      proof.chain.length ? chain(proof) : make("p", { class: "empty" }, "The log has no transaction of this subscriber."),
      make("h3", null, "What the log says"),
      ...logs(proof),
      data.explained
        ? make("p", { class: "note" }, "Personal data is hidden here. All events of the request, as they stand: ",
          make("code", null, `balance-sync explain ${id}`))
        : null,
    );
  };

  const toggle = (row, button, open) => {
    const id = row.dataset.proof;
    if (open === (button.getAttribute("aria-expanded") === "true")) return;
    button.setAttribute("aria-expanded", String(open));
    if (!open) {
      row.nextElementSibling.remove();
      return;
    }
    const cell = make("td", { colspan: row.cells.length });
    cell.append(proofOf(id, row.querySelector("[data-subscriber]")?.dataset.subscriber));
    // A condition's row shows the proof of a finding that may have a row of its own, with the address.
    row.after(make("tr", row.id ? { class: "opened", id: `proof-${id}` } : { class: "opened" }, cell));
  };

  for (const row of document.querySelectorAll("tr[data-proof]")) {
    const button = make(
      "button", { type: "button", class: "opens", "aria-expanded": "false", "aria-label": "Proof of this finding" },
    );
    button.addEventListener("click", () => toggle(row, button, button.getAttribute("aria-expanded") !== "true"));
    row.cells[0].prepend(button);
  }

  for (const cell of document.querySelectorAll("td[data-subscriber]")) {
    const link = make("a", { href: `#subscriber-${cell.dataset.subscriber}`, title: "See the balances over time" });
    link.append(...cell.childNodes);
    cell.append(link);
  }

  const visit = () => {
    const [, what, which] = /^#(subscriber|finding|rule)-(.+)$/.exec(location.hash) ?? [];
    if (what === "subscriber" && data.subscribers[Number(which)]) {
      balanceSync.showSubscriber(Number(which));
      document.getElementById("balances").scrollIntoView();
      document.getElementById("picker").focus({ preventScroll: true });
    }
    if (what === "rule") {
      const rule = document.getElementById(`rule-${which}`);
      if (rule) rule.open = true;
      rule?.scrollIntoView();
    }
    const row = what === "finding" ? document.getElementById(`finding-${which}`) : null;
    if (row) {
      row.hidden = false;
      const group = row.closest("details");
      if (group) group.open = true;
      const button = row.querySelector("button.opens");
      toggle(row, button, true);
      row.scrollIntoView();
      button.focus({ preventScroll: true });
    }
  };
  addEventListener("hashchange", visit);
  // An address that is shown already does not change when its link is followed again.
  addEventListener("click", (event) => {
    if (event.target.closest?.("a")?.hash === location.hash) visit();
  });
  visit();
})();
