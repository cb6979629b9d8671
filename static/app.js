// Small helps on top of pages that work without them. Words come from <body data-…>.
(() => {
  "use strict";
  const words = document.body.dataset;

  function focusErrorSummary() {
    document.getElementById("error-summary")?.focus();
  }

  // A form marked data-guard asks before its unsent changes are lost.
  function guardChanges() {
    const changed = new Set();
    for (const form of document.querySelectorAll("form[data-guard]")) {
      form.addEventListener("input", () => changed.add(form));
      form.addEventListener("submit", () => changed.clear());
    }
    window.addEventListener("beforeunload", (event) => {
      if (changed.size) event.preventDefault();
    });
  }

  // A second press within two seconds is taken for a slip of the finger.
  function ignoreSecondPress() {
    const sentAt = new WeakMap();
    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (form.method !== "post") return;
      const now = Date.now();
      if (now - (sentAt.get(form) ?? 0) < 2000) event.preventDefault();
      else sentAt.set(form, now);
    });
  }

  function countCharacters() {
    for (const area of document.querySelectorAll("textarea[maxlength]")) {
      const shown = document.createElement("p");
      shown.className = "counter";
      shown.setAttribute("aria-hidden", "true");
      const spoken = document.createElement("p");
      spoken.className = "visually-hidden";
      spoken.setAttribute("role", "status");
      area.after(shown, spoken);
      let waiting;
      const update = () => {
        const left = area.maxLength - area.value.length;
        shown.textContent = (words.left ?? "{n}").replace("{n}", left);
        shown.classList.toggle("over", left <= 0);
        clearTimeout(waiting);
        // Spoken after a pause, and only near the end, so that typing is not talked over.
        waiting = setTimeout(() => {
          spoken.textContent = left <= area.maxLength / 5 ? shown.textContent : "";
        }, 1000);
      };
      area.addEventListener("input", update);
      update();
    }
  }

  function keysAreOn() {
    try { return localStorage.getItem("keys") !== "off"; } catch { return true; /* storage refused */ }
  }

  // The event belongs to a field, to a shortcut of the browser, or to an input method.
  function isTyping(event) {
    const field = event.target.closest?.("input, textarea, select, [contenteditable]");
    return Boolean(field) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
  }

  // A letter is printed by a button that only a browser with scripts can offer.
  function offerPrinting() {
    for (const place of document.querySelectorAll("[data-print]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-outline-primary";
      button.textContent = place.dataset.print;
      button.addEventListener("click", () => window.print());
      place.replaceChildren(button);
    }
  }

  // The slash leads to the box in the head that finds; the switch beside a list turns it off too.
  function boxKey() {
    const box = document.querySelector("[data-box]");
    document.addEventListener("keydown", (event) => {
      if (!box || event.key !== "/" || !keysAreOn() || isTyping(event)) return;
      event.preventDefault();
      box.focus();
      box.select();
    });
  }

  // In a list marked data-keys: j and k move between the rows' first links, Enter opens
  // (the link has the focus). A switch turns the keys off, as WCAG 2.1.4 asks.
  function listKeys() {
    const list = document.querySelector("[data-keys]");
    if (!list) return;
    const rows = list.matches("table") ? list.querySelectorAll("tbody > tr") : list.children;
    const links = [...rows].map((row) => row.querySelector("a")).filter(Boolean);
    if (!links.length) return;

    let on = keysAreOn();
    const hint = document.createElement("p");
    hint.className = "key-hint no-print";
    const text = document.createElement("span");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-text btn-sm";
    hint.append(text, button);
    const shown = list.closest(".table-scroll") ?? list, head = shown.previousElementSibling;
    if (head?.matches(".list-head")) head.append(hint); else shown.before(hint);
    const show = () => {
      text.textContent = on ? words.keysHint : words.keysOff;
      button.textContent = on ? words.keysTurnOff : words.keysTurnOn;
    };
    button.addEventListener("click", () => {
      on = !on;
      try { localStorage.setItem("keys", on ? "on" : "off"); } catch { /* storage refused */ }
      show();
    });
    show();

    document.addEventListener("keydown", (event) => {
      if (!on || isTyping(event)) return;
      const step = { j: 1, k: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const here = links.indexOf(document.activeElement);
      const next = here < 0 ? (step > 0 ? 0 : links.length - 1) : here + step;
      links[Math.min(Math.max(next, 0), links.length - 1)].focus();
    });
  }

  focusErrorSummary();
  guardChanges();
  ignoreSecondPress();
  countCharacters();
  listKeys();
  boxKey();
  offerPrinting();
})();
