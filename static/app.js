// Small helps on top of pages that work without them. Words come from <body data-…>.
(() => {
  "use strict";
  const words = document.body.dataset;

  const make = (tag, facts) => Object.assign(document.createElement(tag), facts);

  // A form marked data-guard asks before its unsent changes are lost.
  function guardChanges() {
    const changed = new Set();
    for (const form of document.querySelectorAll("form[data-guard]")) {
      form.addEventListener("input", () => changed.add(form));
      form.addEventListener("submit", () => changed.clear());
    }
    window.addEventListener("beforeunload", (event) => { if (changed.size) event.preventDefault(); });
  }

  // A second press within two seconds is taken for a slip of the finger.
  function ignoreSecondPress() {
    const sentAt = new WeakMap();
    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (event.timeStamp - sentAt.get(form) < 2000) event.preventDefault();
      else if (form.method === "post") sentAt.set(form, event.timeStamp);
    });
  }

  function countCharacters() {
    for (const area of document.querySelectorAll("textarea[maxlength]")) {
      const places = '<p class="counter" aria-hidden="true"></p><p class="visually-hidden" role="status"></p>';
      area.insertAdjacentHTML("afterend", places);
      const shown = area.nextElementSibling, spoken = shown.nextElementSibling;
      let waiting;
      const update = () => {
        const left = area.maxLength - area.value.length;
        shown.textContent = (words.left ?? "{n}").replace("{n}", left);
        shown.classList.toggle("over", left <= 0);
        clearTimeout(waiting);
        // Spoken after a pause, and only near the end, so that typing is not talked over.
        waiting = setTimeout(() => { spoken.textContent = left <= area.maxLength / 5 ? shown.textContent : ""; }, 1000);
      };
      area.addEventListener("input", update);
      update();
    }
  }

  const keysAreOn = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; /* refused */ } };

  // The event belongs to a field, to a shortcut of the browser, or to an input method.
  function isTyping(event) {
    const field = event.target.closest?.("input, textarea, select, [contenteditable]");
    return Boolean(field) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
  }

  // A letter is printed by a button that only a browser with scripts can offer.
  function offerPrinting() {
    for (const place of document.querySelectorAll("[data-print]")) {
      const button = make("button", { type: "button", className: "btn btn-outline-primary", textContent: place.dataset.print });
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

  // In a list marked data-keys: j and k move between the rows' first links. A switch turns them off (WCAG 2.1.4).
  function listKeys() {
    const list = document.querySelector("[data-keys]"), rows = list?.querySelectorAll(":scope > li, tbody > tr") ?? [];
    const links = [...rows].map((row) => row.querySelector("a")).filter(Boolean);
    if (!links.length) return;
    let on = keysAreOn();
    const hint = make("p", { className: "key-hint no-print" }), said = make("span");
    const button = make("button", { type: "button", className: "btn btn-text btn-sm" });
    hint.append(said, button);
    const shown = list.closest(".table-scroll") ?? list, head = shown.previousElementSibling;
    if (head?.matches(".list-head")) head.append(hint); else shown.before(hint);
    const show = () => {
      [said.textContent, button.textContent] = on ? [words.keysHint, words.keysTurnOff] : [words.keysOff, words.keysTurnOn];
    };
    button.addEventListener("click", () => {
      on = !on;
      try { localStorage.setItem("keys", on ? "on" : "off"); } catch { /* storage refused */ }
      show();
    });
    show();
    document.addEventListener("keydown", (event) => {
      const step = { j: 1, k: -1 }[event.key];
      if (!on || !step || isTyping(event)) return;
      event.preventDefault();
      const here = links.indexOf(document.activeElement), last = links.length - 1;
      links[here < 0 ? (step > 0 ? 0 : last) : Math.min(Math.max(here + step, 0), last)].focus();
    });
  }

  // Below a text: what it may mean (data-suggest), asked for after a pause. A chip becomes a line of data-into; where
  // nothing is empty, it is sent with the form, as without scripts. What has the focus keeps its place on the screen.
  function offerWords() {
    const place = document.querySelector("[data-into]"), form = place?.closest("form"), [shown, said] = place?.children ?? [];
    const { suggest, from, into, added, offered } = place?.dataset ?? {};
    const all = (some, within = form) => [...within.querySelectorAll(some)], chips = () => all("button", shown);
    const written = (fields) => all(fields).map((field) => field.value).join("\n");
    const tell = (text) => { if (said.textContent !== text) said.textContent = text; }; // the same is not said twice
    let waiting, newest, pressed = -1000;
    async function ask() {
      const told = { csrf_token: form.csrf_token.value, text: written(from), lines: written(into) };
      const body = newest = new URLSearchParams(told), answer = await fetch(suggest, { method: "POST", body });
      const found = answer.ok && !answer.redirected ? await answer.text() : "", here = document.activeElement;
      if (body !== newest || shown.contains(here)) return;
      const top = () => here.getBoundingClientRect().top, before = top();
      shown.innerHTML = found;
      window.scrollBy({ top: top() - before, behavior: "instant" });
      tell(chips().length ? offered.replace("{n}", chips().length).replace("{first}", chips()[0].value) : "");
    }
    form?.addEventListener("input", (event) => {
      if (!suggest || !event.target.matches(from)) return;
      clearTimeout(waiting);
      waiting = setTimeout(() => ask().catch(() => { /* without an answer there are no chips */ }), 600);
    });
    place?.addEventListener("click", (event) => {
      const chip = event.target.closest("[name=add]"), label = chip?.value, at = chips().indexOf(chip);
      const field = all(into).find((one) => one.matches("textarea") || !one.value);
      if (!label || !field) return;
      event.preventDefault();
      if (pressed > (pressed = event.timeStamp) - 500) return; // the second half of a double click meets the next chip
      field.closest("details")?.setAttribute("open", "");
      field.value = field.value.trim() ? `${field.value.trimEnd()}\n${label}` : label;
      tell(chip.closest("li").textContent = added.replace("{label}", label));
      (chips()[at] ?? chips().at(-1) ?? field).focus();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    place?.addEventListener("keydown", (event) => {
      const at = chips().indexOf(event.target), step = { ArrowRight: 1, ArrowLeft: -1, Escape: 0 }[event.key];
      if (at < 0 || step === undefined) return;
      event.preventDefault();
      (step ? chips().at((at + step) % chips().length) : all(from ?? into)[0]).focus();
    });
  }

  document.getElementById("error-summary")?.focus();
  [guardChanges, ignoreSecondPress, countCharacters, listKeys, boxKey, offerPrinting, offerWords].map((help) => help());
})();
