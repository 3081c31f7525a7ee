"use strict";
// The pages work without this file; with it the progress of an export moves by itself.
(() => {
  const look = async () => {
    const shown = document.getElementById("progress");
    if (!shown || !shown.dataset.again) return;
    try {
      const answer = await fetch(location.pathname, {headers: {accept: "text/html"}});
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress");
      if (fresh) shown.replaceWith(document.adoptNode(fresh));
    } catch { /* the next look may succeed */ }
    setTimeout(look, 3000);
  };
  setTimeout(look, 3000);
})();
