// Keeps an open page fresh: a bar on top shows how the sweep goes, and a new version takes the place of the old one where the reader
// is. The page is complete without it.
(() => {
  "use strict";
  const own = document.currentScript, here = location.pathname;
  const get = (selector) => document.querySelector(selector);
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  // The bar.
  const bar = document.createElement("aside"), line = document.createElement("div"), text = document.createElement("span");
  const heard = document.createElement("span"), style = document.createElement("style");
  bar.id = "live";
  bar.setAttribute("aria-label", "Progress of the sweep");
  heard.setAttribute("role", "status"); // only for what changes rarely: nobody wants to hear every second
  line.setAttribute("aria-hidden", "true");
  text.textContent = "connecting";
  style.textContent = `
#live { position: sticky; top: 0; z-index: 20; margin: 0 0 12px; padding: 6px 0 5px; border-bottom: 3px solid var(--line, GrayText); background: var(--ground, Canvas); color: var(--ink, CanvasText); box-shadow: 0 0 0 100vmax var(--ground, Canvas); clip-path: inset(0 -100vmax); font-size: 14px; line-height: 1.4; font-variant-numeric: tabular-nums; }
#live > div { position: absolute; left: 0; bottom: -3px; width: 100%; height: 3px; background: var(--link, LinkText); transform-origin: 0 0; transform: scaleX(0); }
#live.problem { color: var(--bad, CanvasText); }
#live.problem > div { background: currentColor; }
#live [role=status] { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media print { #live { display: none; } }`;
  bar.append(style, text, heard, line);
  document.body.prepend(bar);
  let state = "", share = 0, news = "connecting", waiting = false;
  const write = () => { text.textContent = waiting ? `${news} · new results wait until no text is selected` : news; };
  const show = (p) => {
    news = p.text;
    write();
    bar.classList.toggle("problem", p.state === "problem" || p.state === "lost");
    share = p.state === "ended" ? 1 : p.share ?? share; // it stays where it is while that is not known
    line.style.transform = `scaleX(${share})`;
    if (state && state !== p.state) heard.textContent = p.text;
    state = p.state;
    document.documentElement.style.setProperty("--live", `${bar.offsetHeight}px`); // for what sticks to the top below it
  };

  // Names of elements that hold from version to version: where they are and what they say, without numbers.
  const said = (e) => (e.matches("input, select, textarea") ? e.name || e.id || e.getAttribute("aria-label") || e.type
    : e.matches("details") ? e.querySelector("summary")?.textContent : e.matches("section, figure, .scroll, svg") ? e.id : e.textContent) ?? "";
  const named = (selector) => {
    const found = new Map();
    for (const e of document.querySelectorAll(`:is(header, main) :is(${selector})`)) {
      const name = [e.closest("section")?.id, e.closest("figure")?.querySelector("h3")?.textContent, e.localName, said(e).replace(/\d[\d.,\s]*/g, "")].join("\n");
      let n = 0;
      while (found.has(`${name}\n${n}`)) n++;
      found.set(`${name}\n${n}`, e);
    }
    return found;
  };
  const marks = "section, figure, h3", fields = "input, select, textarea", targets = "a, button, input, select, textarea, summary, [tabindex]";
  const top = () => bar.getBoundingClientRect().bottom;

  // What the reader has done to the page, and a function that does it again.
  const remember = () => {
    const note = (selector, what) => [...named(selector)].map(([name, e]) => [name, what(e)]);
    const open = note("details", (e) => e.open);
    const values = note(fields, (e) => (e.type === "checkbox" || e.type === "radio" ? e.checked : e.value));
    const sorted = note("th[aria-sort]", (e) => e.getAttribute("aria-sort"));
    const scrolled = note(".scroll", (e) => [e.scrollLeft, e.scrollTop]);
    const places = note(marks, (e) => e.getBoundingClientRect().top);
    const place = places.filter(([, y]) => y <= top() + 8).at(-1);
    const focused = [...named(targets)].find(([, e]) => e === document.activeElement)?.[0];
    const at = document.activeElement?.selectionStart;
    return () => {
      const again = (selector, noted, act) => {
        const now = named(selector);
        for (const [name, value] of noted) if (now.has(name)) act(now.get(name), value);
      };
      again("details", open, (e, is) => { e.open = is; });
      again(fields, values, (e, value) => {
        const key = typeof value === "boolean" ? "checked" : "value";
        if (e[key] === value) return;
        e[key] = value;
        for (const type of ["input", "change"]) e.dispatchEvent(new Event(type, { bubbles: true }));
      });
      again("th", sorted, (e, want) => {
        for (let n = 0; n < 3 && e.getAttribute("aria-sort") !== want; n++) e.querySelector("button")?.click();
      });
      again(".scroll", scrolled, (e, [x, y]) => { e.scrollLeft = x; e.scrollTop = y; });
      if (focused) {
        again(targets, [[focused, at]], (e, at) => {
          e.focus({ preventScroll: true });
          if (typeof at === "number" && e.setSelectionRange) e.setSelectionRange(at, at);
        });
      }
      if (place) again(marks, [place], (e, y) => scrollBy({ top: e.getBoundingClientRect().top - y, behavior: "instant" }));
    };
  };

  // Takes over another version. The scripts of the page find new elements: they offer a way to start again, or are run again.
  let source = get("main").innerHTML; // before the scripts of the page have changed it
  const rules = (page) => page.querySelector("meta[http-equiv='Content-Security-Policy']")?.content + page.querySelector("head style")?.textContent;
  const rulesHere = rules(document);
  const take = (page) => {
    const main = page.querySelector("main"), fresh = main.innerHTML;
    if (fresh === source) return;
    if (rules(page) !== rulesHere) { // it is of another version of the program
      location.reload();
      return;
    }
    const restore = remember();
    get("header").replaceWith(page.querySelector("header"));
    get("main").replaceWith(main);
    source = fresh;
    if (window.flowsweep?.refresh) window.flowsweep.refresh();
    else {
      for (const old of document.querySelectorAll("body > script")) {
        if (old === own) continue;
        const again = document.createElement("script");
        again.textContent = old.textContent;
        old.replaceWith(again);
      }
    }
    restore();
    heard.textContent = "The page shows new results.";
  };

  // Not under the reader's hands.
  let held = -Infinity; // since when; not for long, as nobody says when a scroll bar is let go
  addEventListener("pointerdown", () => { held = performance.now(); }, true);
  for (const type of ["pointerup", "pointercancel", "blur"]) addEventListener(type, () => { held = -Infinity; }, true);
  const selecting = () => {
    const s = getSelection();
    return s !== null && !s.isCollapsed && get("main").contains(s.anchorNode);
  };

  // The versions: the one shown and the one that there is.
  let shown = "", latest = "", updating = false;
  const update = async () => {
    if (updating) return;
    updating = true;
    while (latest !== shown && !document.hidden) {
      if (waiting !== selecting()) {
        waiting = !waiting;
        write();
      }
      if (waiting || performance.now() - held < 5000) {
        await pause(500);
        continue;
      }
      try {
        const answer = await fetch(here, { cache: "no-cache" });
        if (!answer.ok) throw new Error(answer.statusText);
        const page = await answer.text();
        if (!page.trimEnd().endsWith("</html>")) throw new Error("cut short");
        latest = shown = /"(.*)"/.exec(answer.headers.get("ETag"))?.[1] ?? latest;
        take(new DOMParser().parseFromString(page, "text/html"));
      } catch {
        await pause(2000);
      }
    }
    updating = false;
  };

  // The connection. A page that nobody sees needs none, and browsers allow few at once.
  let events, later;
  const connect = () => {
    clearTimeout(later);
    events?.close();
    if (document.hidden) return;
    events = new EventSource(`${here}/events`);
    events.addEventListener("version", (e) => {
      latest = JSON.parse(e.data).hash;
      update();
    });
    events.addEventListener("status", (e) => show(JSON.parse(e.data)));
    events.addEventListener("error", () => {
      show({ state: "lost", text: "connection lost, trying again" });
      if (events.readyState === EventSource.CLOSED) later = setTimeout(connect, 3000); // where the browser has given up
    });
  };
  document.addEventListener("visibilitychange", connect);
  connect();
})();
