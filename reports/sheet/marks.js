// Figures answer: a mark says what it stands for when one points at it or taps it, a setting that is picked is marked everywhere, and
// the entries of a legend switch their series. The tables say the same to those who use neither mouse nor finger.
flowsweep.marks = (() => {
  const { make } = flowsweep, reach = 24; // in pixels
  const state = { picked: null, off: new Map() }; // a setting's label, and the keys of series that are off by figure
  let main = null, tip = null, near = null;

  const shows = (element) => getComputedStyle(element).display !== "none";
  // nearest returns the mark of a drawing nearest to a point of the window, if it is within reach.
  const nearest = (svg, x, y) => {
    const box = svg.getBoundingClientRect(), view = svg.viewBox.baseVal, scale = box.width / view.width;
    let found = null, least = reach;
    for (const mark of svg.querySelectorAll(".hit")) {
      const at = { x: box.left + mark.cx.baseVal.value * scale, y: box.top + mark.cy.baseVal.value * scale };
      const far = Math.hypot(at.x - x, at.y - y);
      if (far < least && shows(mark)) [least, found] = [far, { mark, at }];
    }
    return found;
  };

  const hide = () => {
    near?.classList.remove("near");
    near = null;
    tip.hidden = true;
  };
  const show = ({ mark, at }) => {
    if (near !== mark) hide();
    near = mark;
    mark.classList.add("near");
    tip.textContent = mark.dataset.tip;
    tip.hidden = false;
    const width = tip.offsetWidth, height = tip.offsetHeight, room = document.documentElement.clientWidth;
    tip.style.left = Math.max(6, Math.min(at.x - width / 2, room - width - 6)) + scrollX + "px";
    tip.style.top = (at.y - height - 12 > 0 ? at.y - height - 12 : at.y + 14) + scrollY + "px";
  };

  const indexOf = () => (state.picked === null ? undefined : flowsweep.board.setting(state.picked));
  const paint = () => {
    const s = indexOf(), is = (element) => s !== undefined && element.dataset.s === String(s);
    for (const element of [...main.querySelectorAll("[data-s]"), ...flowsweep.board.rows()]) {
      element.classList.toggle("picked", is(element));
      element.querySelector("button.rank")?.setAttribute("aria-pressed", String(is(element)));
    }
    flowsweep.board.redraw();
  };
  // pick marks a setting everywhere, or nothing if it is marked already.
  const pick = (s) => {
    const label = flowsweep.board.label(s);
    state.picked = label === undefined || label === state.picked ? null : label;
    paint();
  };

  const drawing = (svg) => {
    for (const mark of svg.querySelectorAll(".hit")) { // the browser would show its own box beside this one
      mark.dataset.tip = mark.querySelector("title")?.textContent ?? "";
      mark.querySelector("title")?.remove();
    }
    svg.addEventListener("pointermove", (e) => {
      if (e.pointerType === "touch") return;
      const found = nearest(svg, e.clientX, e.clientY);
      svg.style.cursor = found ? "pointer" : "";
      if (found) show(found);
      else hide();
    });
    svg.addEventListener("pointerleave", (e) => e.pointerType !== "touch" && hide());
    svg.addEventListener("click", (e) => {
      const found = nearest(svg, e.clientX, e.clientY);
      if (!found) return hide();
      e.stopPropagation();
      show(found);
      if (found.mark.dataset.s !== undefined) pick(Number(found.mark.dataset.s));
    });
  };

  const legend = (figure, n) => {
    const name = (figure.querySelector("h3")?.textContent ?? "") + n, entries = [...figure.querySelectorAll(".legend [data-series]")];
    const off = state.off.get(name) ?? new Set();
    state.off.set(name, off);
    const apply = () => {
      for (const part of figure.querySelectorAll("svg [data-series]")) {
        const keys = part.dataset.series.split(" "); // a legend names one of them, or all
        part.classList.toggle("off", [...off].some((key) => key.split(" ").every((one) => keys.includes(one))));
      }
    };
    for (const entry of entries) {
      const key = entry.dataset.series, button = make("button", { type: "button" }, ...entry.childNodes);
      const tell = () => button.setAttribute("aria-pressed", String(!off.has(key)));
      button.addEventListener("click", () => {
        if (!off.delete(key)) off.add(key);
        tell();
        apply();
      });
      tell();
      entry.append(button);
    }
    apply();
  };

  flowsweep.wire.push((element) => {
    if (!tip) {
      tip = document.body.appendChild(make("div", { className: "tip", hidden: true, "aria-hidden": "true" }));
      document.addEventListener("keydown", (e) => {
        if (e.key !== "Escape" || e.target.type === "search") return;
        hide();
        if (state.picked === null) return;
        state.picked = null;
        paint();
      });
      document.addEventListener("click", () => hide());
      addEventListener("scroll", hide, { passive: true });
    }
    main = element;
    hide();
    main.querySelectorAll("figure").forEach(legend);
    for (const svg of main.querySelectorAll(".drawings svg")) if (svg.querySelector(".hit")) drawing(svg);
    for (const cell of main.querySelectorAll("td[data-s]")) cell.addEventListener("click", () => pick(Number(cell.dataset.s)));
    if (indexOf() === undefined) state.picked = null;
    if (state.picked !== null) paint();
  });
  return { pick, picked: () => String(indexOf()) };
})();
