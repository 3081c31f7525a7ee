"use strict";
// The pages work without this file; with it a list has keys, and a file may be dropped anywhere on its page.
(() => {
  const byId = (id) => document.getElementById(id);

  const file = byId("file");
  if (file) {
    for (const kind of ["dragover", "drop"]) {
      addEventListener(kind, (event) => {
        if (!event.dataTransfer || ![...event.dataTransfer.types].includes("Files")) return;
        event.preventDefault();
        if (kind === "drop" && event.dataTransfer.files.length) file.files = event.dataTransfer.files;
      });
    }
  }

  const rows = [...document.querySelectorAll("#marks tbody tr")];
  if (!rows.length) return; // what follows is for the list alone
  const mark = (row) => row.querySelector("input[name=code]");
  const link = (row) => row.querySelector("th a");
  const all = byId("mark-all");
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => rows.forEach((row) => { mark(row).checked = all.checked; }));
  }
  const OFF = "troly-keys-off";
  const box = byId("keys-off");
  box.checked = localStorage.getItem(OFF) === "1";
  box.addEventListener("change", () => box.checked ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF));
  byId("keys-hint").hidden = false;
  const help = byId("keys");
  byId("keys-show").addEventListener("click", () => help.showModal());

  const here = () => rows.findIndex((row) => row.contains(document.activeElement));
  const go = (step) => {
    const at = here();
    const row = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
    link(row).focus();
    row.scrollIntoView({block: "nearest"});
  };
  const keys = {
    j: () => go(1), ArrowDown: () => go(1), k: () => go(-1), ArrowUp: () => go(-1),
    " ": () => { const one = rows[here()]; if (one && mark(one)) mark(one).checked = !mark(one).checked; },
    m: () => { const button = document.querySelector("#marks button:not([formaction])"); if (button) button.click(); },
    "/": () => byId("q").focus(),
    "?": () => help.showModal(),
  };
  addEventListener("keydown", (event) => {
    // A browser takes the focus out of a dialog some moments after its end.
    const left = !help.open && help.contains(event.target);
    if (left) event.target.blur();
    const act = keys[event.key], on = left ? document.body : event.target;
    if (!act || box.checked || event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (on.matches("input, select, textarea, summary, button") && !(on.name === "code" && event.key !== " ")) return;
    if (event.key === " " && here() < 0) return;
    event.preventDefault();
    act();
  });
})();
