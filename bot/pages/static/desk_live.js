"use strict";
// The pages work without this file. With it, what goes on by itself moves by itself, and a preview follows the typing.
(() => {
  const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
  const put = (shown, fresh) => {
    if (!fresh || shown.outerHTML === fresh.outerHTML) return false;
    shown.replaceWith(document.adoptNode(fresh));
    return true;
  };

  // Whatever says data-again is looked at every three seconds; not while somebody is at a button of it.
  const look = async () => {
    const shown = [...document.querySelectorAll("[data-again]")];
    if (!shown.length) return;
    if (!document.hidden) {
      try {
        const page = await parsed(await fetch(location.pathname + location.search, {headers: {accept: "text/html"}}));
        for (const one of shown) if (!one.contains(document.activeElement)) put(one, page.getElementById(one.id));
      } catch { /* the next look may succeed */ }
    }
    setTimeout(look, 3000);
  };
  setTimeout(look, 3000);

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  // A form with data-preview is sent there while it is filled in; what comes back stands in the place of #preview.
  const form = document.querySelector("form[data-preview]");
  if (!form) return;
  let waiting = 0, asked = 0;
  const preview = async () => {
    const mine = ++asked;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.preview, {method: "POST", body});
      if (!answer.ok) return;
      const page = await parsed(answer);
      if (mine === asked) put(document.getElementById("preview"), page.getElementById("preview"));
    } catch { /* the next change may succeed */ }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(preview, 600);
  });
})();
