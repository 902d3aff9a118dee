// Keys of the review page. A key presses the button that is on the screen; the page works without it too.
"use strict";

(() => {
  let busy = false;
  let painted = performance.now();

  const said = (text) => {
    const line = document.getElementById("said");
    if (line) line.textContent = text;
  };

  const keys = () => {
    try { return JSON.parse(document.body.dataset.keys); } catch { return {}; }
  };

  const isTyping = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null
    && !["radio", "checkbox", "button", "submit"].includes(target.type);

  const press = (element) => {
    if (!element || element.disabled) return;
    if (element instanceof HTMLInputElement) { element.focus(); element.select(); return; }
    element.click();
  };

  const buttonFor = (key) => {
    if (/^[1-9]$/.test(key)) return document.querySelector(`[data-digit="${key}"]`);
    for (const [action, bound] of Object.entries(keys())) {
      if (bound && bound.toLowerCase() === key.toLowerCase()) {
        return document.querySelector(`[data-does="${action}"], [data-also="${action}"]`);
      }
    }
    return null;
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isTyping(event.target)) { event.target.blur(); return; }
    if (event.repeat || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    const button = buttonFor(event.key);
    if (!button) return;
    event.preventDefault();
    if (busy) { flash(); return; }
    press(button);
  });

  const flash = () => {
    document.body.classList.remove("wait");
    void document.body.offsetWidth;
    document.body.classList.add("wait");
  };

  document.addEventListener("submit", (event) => {
    const dwell = event.target.querySelector("[name=dwell_ms]");
    if (dwell) dwell.value = Math.round(performance.now() - painted);
  }, true);

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb !== "post") return;
    if (busy) { event.preventDefault(); flash(); return; }
    busy = true;
    document.body.setAttribute("aria-busy", "true");
  });

  const free = () => { busy = false; document.body.removeAttribute("aria-busy"); };

  // A conflict and a refusal are pages too, and are shown in place of the row.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const status = event.detail.xhr.status;
    if (status === 409) { event.detail.shouldSwap = true; event.detail.isError = false; return; }
    if (status < 400) return;
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const reason = page.querySelector("h1");
    said(status === 401
      ? "Not saved: the review was started again. Open its new link in this browser, then press the key again."
      : `Not saved: ${reason ? reason.textContent : status}`);
  });

  document.addEventListener("htmx:afterSettle", () => {
    free();
    painted = performance.now();
    const title = document.getElementById("key");
    if (title) document.title = `${title.textContent} – pseudolabel`;
    if (document.activeElement === document.body || document.activeElement === null) {
      document.getElementById("main")?.focus({ preventScroll: true });
    }
  });

  for (const failed of ["htmx:responseError", "htmx:sendAbort", "htmx:timeout", "htmx:swapError"]) {
    document.addEventListener(failed, free);
  }
  document.addEventListener("htmx:sendError", () => {
    free();
    said("Not saved: the review does not answer. Start it again (pseudolabel review), open its new link, and press the key again.");
  });
})();
