"use strict";
// The chat works without this file; with it messages come and go without a new page. One tab of a browser holds the
// stream and tells the others, so that each browser has one connection. What is sent carries a key: sent again, it
// changes nothing.
(() => {
  const $ = (id) => document.getElementById(id);
  const log = $("log"), composer = $("composer");
  if (!log || !composer || !("after" in log.dataset)) return;
  document.documentElement.classList.add("js");
  const scroller = $("scroller"), text = $("text"), file = $("file"), typing = $("typing"), trouble = $("trouble");
  const offline = $("offline"), bar = $("upload-bar"), MOST = 20 * 1024 * 1024, QUEUE = "troly-waiting";
  const token = composer.elements.form.value, tabs = new BroadcastChannel("troly");
  let version = Number(log.dataset.after), source = null, request = null, busy = false, slow = 0, told = 0, mayStream = false;
  let waiting = JSON.parse(sessionStorage.getItem(QUEUE) || "[]");

  const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 120;
  const toEnd = () => { scroller.scrollTop = scroller.scrollHeight; };
  const toStart = (bubble) => { // of an answer that is taller than the window: it is read from its beginning
    if (bubble.offsetHeight > scroller.clientHeight - 40) scroller.scrollTop = bubble.offsetTop - 8; else toEnd();
  };
  const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
  const copied = $("copied");
  const tell = () => { copied.hidden = false; clearTimeout(told); told = setTimeout(() => { copied.hidden = true; }, 4000); };
  const say = (word) => { trouble.textContent = word; trouble.hidden = !word; };
  const answering = (on) => {
    clearTimeout(slow);
    typing.hidden = !on;
    if (on) slow = setTimeout(() => { typing.hidden = true; }, 60000);
  };

  // ---- what comes in
  const show = (html, seen) => {
    if (seen <= version) return;
    version = seen;
    const made = new DOMParser().parseFromString(html, "text/html").querySelector("article");
    if (!made) return;
    const bubble = document.importNode(made, true), known = $(bubble.id), stay = atEnd();
    if (known) { known.replaceWith(bubble); return; }
    const key = bubble.dataset.key;
    const mine = key && log.querySelector(`.waiting[data-key="${CSS.escape(key)}"]`);
    const days = log.querySelectorAll(".day"), last = days[days.length - 1];
    if (!last || last.dataset.date !== bubble.dataset.date) {
      const day = document.createElement("p"), words = document.createElement("span");
      day.className = "day"; day.dataset.date = bubble.dataset.date; words.textContent = bubble.dataset.day;
      day.append(words); log.append(day);
    }
    if (mine) mine.remove();
    const first = log.querySelector(".waiting");
    if (first) first.before(bubble); else log.append(bubble);
    answering(bubble.classList.contains("mine"));
    if (bubble.classList.contains("mine")) toEnd(); else if (stay) toStart(bubble);
  };
  const gone = (id, seen) => {
    if (seen <= version) return;
    version = seen;
    $(`m${id}`)?.remove();
  };
  const hear = (told) => (told.name === "gone" ? gone(told.data, told.version) : show(told.data, told.version));
  const catchUp = async () => {
    const answer = await fetch(`/chat/changes?after=${version}`).catch(() => null);
    if (answer?.ok) (await answer.json()).forEach(hear);
  };
  tabs.onmessage = (event) => {
    if (event.data.from > version) catchUp(); else if (event.data.data !== undefined) hear(event.data);
  };

  // ---- one stream a browser
  const connect = () => {
    if (!mayStream || source || !navigator.onLine) return;
    source = new EventSource(`/chat/events?after=${version}`);
    const pass = (name) => (event) => {
      const told = { name, data: event.data, version: Number(event.lastEventId), from: version };
      hear(told);
      tabs.postMessage(told);
    };
    source.addEventListener("message", pass("message"));
    source.addEventListener("gone", pass("gone"));
    source.addEventListener("elsewhere", () => disconnect());
    source.onopen = () => { online(true); flush(); };
    source.onerror = () => {
      if (source && source.readyState === EventSource.CLOSED) { disconnect(); setTimeout(connect, 5000); }
      online(false);
    };
  };
  const disconnect = () => { source?.close(); source = null; };
  const online = (is) => {
    const stay = atEnd();
    offline.hidden = is && navigator.onLine;
    if (!offline.hidden) { typing.hidden = true; if (stay) toEnd(); }
  };
  const lead = () => { mayStream = true; connect(); return new Promise(() => {}); };
  if (navigator.locks) {
    catchUp();
    setInterval(() => { if (!source && !document.hidden && navigator.onLine) catchUp(); }, 15000);
    navigator.locks.request("troly-stream", lead);
  } else lead();
  addEventListener("online", () => { online(true); connect(); flush(); });
  addEventListener("offline", () => { disconnect(); online(false); });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { connect(); flush(); if (!source) catchUp(); } });

  // ---- what goes out
  const keep = () => sessionStorage.setItem(QUEUE, JSON.stringify(waiting));
  const draw = (one) => {
    const bubble = $("waiting").content.firstElementChild.cloneNode(true);
    bubble.dataset.key = one.key;
    bubble.querySelector(".text").textContent = one.text || one.label;
    log.append(bubble); toEnd();
  };
  const enqueue = (one) => { say(""); waiting.push(one); keep(); draw(one); answering(true); flush(); };
  const settled = (one, word) => {
    waiting = waiting.filter((other) => other.key !== one.key); keep();
    if (word) {
      log.querySelector(`.waiting[data-key="${CSS.escape(one.key)}"]`)?.remove();
      if (one.text && !text.value) text.value = one.text;
      answering(false); say(word);
    }
  };
  const post = (fields) => {
    const body = new FormData();
    for (const [name, value] of Object.entries({ form: token, ...fields })) body.append(name, value);
    return body;
  };
  const outcome = (status) => {
    if (status === 410 || status === 403) { location.reload(); return ""; }
    return status < 300 ? "" : trouble.dataset[status === 413 ? "large" : status === 429 ? "slow" : "failed"];
  };
  const flush = async () => {
    if (busy) return;
    busy = true;
    try {
      while (waiting.length && navigator.onLine) {
        const one = waiting[0];
        const answer = await fetch("/chat", {
          method: "POST", headers: { "X-Troly": "1" }, body: post({ key: one.key, text: one.text, tap: one.tap }),
        });
        if (answer.status === 503) throw new Error("later");
        settled(one, outcome(answer.status));
      }
      online(true);
    } catch { online(false); setTimeout(flush, 3000); } finally { busy = false; }
  };
  const upload = (sent) => {
    if (!sent) return;
    say("");
    if (sent.size > MOST) { say(trouble.dataset.large); return; }
    const caption = text.value.trim(), body = post({ key: newKey(), text: caption });
    body.append("file", sent, sent.name || "anh.png");
    request?.abort();
    request = new XMLHttpRequest();
    $("upload").hidden = false; $("upload-name").textContent = sent.name; bar.removeAttribute("value");
    request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total; };
    request.onload = () => {
      const word = outcome(request.status);
      say(word); answering(!word);
      if (!word && text.value.trim() === caption) text.value = "";
    };
    request.onerror = () => { say(trouble.dataset.failed); online(navigator.onLine); };
    request.onloadend = () => { request = null; file.value = ""; $("upload").hidden = true; };
    request.open("POST", "/chat");
    request.setRequestHeader("X-Troly", "1");
    request.send(body);
  };
  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    const line = text.value.trim();
    if (!line) return;
    text.value = "";
    enqueue({ key: newKey(), text: line, tap: "" });
    text.focus();
  });
  $("taps").addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (!button || button.disabled) return;
    button.disabled = true; setTimeout(() => { button.disabled = false; }, 1500);
    enqueue({ key: newKey(), text: "", tap: button.value, label: button.textContent });
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && matchMedia("(pointer:fine)").matches) {
      event.preventDefault(); composer.requestSubmit();
    }
  });
  file.addEventListener("change", () => upload(file.files[0]));
  $("upload-cancel").addEventListener("click", () => { request?.abort(); text.focus(); });
  text.addEventListener("paste", (event) => {
    const pasted = event.clipboardData?.files[0];
    if (pasted) { event.preventDefault(); upload(pasted); }
  });
  addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("drop"); });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("drop"); });
  addEventListener("drop", (event) => {
    event.preventDefault(); document.body.classList.remove("drop"); upload(event.dataTransfer.files[0]);
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "F6") return;
    event.preventDefault();
    (document.activeElement === text ? log : text).focus();
  });
  log.addEventListener("click", async (event) => {
    const older = event.target.closest(".older a"), at = event.target.closest("a.at");
    if (at) { navigator.clipboard?.writeText(at.href).then(() => { tell(); }, () => {}); return; }
    if (!older) return;
    event.preventDefault();
    const answer = await fetch(older.href.replace("/?", "/chat/older?")).catch(() => null);
    if (!answer || !answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html"), height = scroller.scrollHeight;
    older.closest(".older").remove();
    log.prepend(...page.body.children);
    scroller.scrollTop += scroller.scrollHeight - height;
  });
  waiting.forEach(draw);
  const named = /^#m(\d{1,15})$/.exec(location.hash), target = named && $(location.hash.slice(1));
  if (named && !target && log.querySelector(".older")) location.replace(`/?before=${Number(named[1]) + 1}${location.hash}`);
  if (target) scroller.scrollTop = target.offsetTop - 8; else toEnd();
  addEventListener("load", () => { if (!target) toEnd(); });
  flush();
})();
