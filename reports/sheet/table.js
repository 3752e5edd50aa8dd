// What tables share: headings that sort, a filter box, pages.
flowsweep.table = (() => {
  const { make } = flowsweep;
  let ids = 0;
  const natural = new Intl.Collator("en", { numeric: true });

  // headings turns these into buttons that sort by their column: up, down, and back. state.sort is {column, sign} or null.
  const headings = (cells, state, changed) => {
    const show = () => cells.forEach((cell, i) => {
      if (state.sort?.column === cell.dataset.column) cell.setAttribute("aria-sort", state.sort.sign > 0 ? "ascending" : "descending");
      else cell.removeAttribute("aria-sort");
    });
    for (const cell of cells) {
      if (!cell.querySelector("button")) {
        const button = make("button", { type: "button" }, ...cell.childNodes);
        cell.append(button);
        button.addEventListener("click", () => {
          const column = cell.dataset.column, sign = state.sort?.column === column ? -state.sort.sign : 1;
          state.sort = sign > 0 && state.sort?.column === column ? null : { column, sign };
          state.page = 0;
          show();
          changed();
        });
      }
    }
    show();
  };

  // order sorts numbers by their size before texts, and what is absent or no number last in either direction, as `runs --sort`.
  const order = (keys, sign) => (i, j) => {
    const a = keys[i], b = keys[j];
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    if (a.kind === "number" && b.kind === "number") return sign * flowsweep.query.orderNumbers(a.text, b.text);
    if (a.kind === "number" || b.kind === "number") return a.kind === "number" ? -sign : sign;
    return sign * (a.natural ? natural.compare(a.text, b.text) : flowsweep.names.compare(a.text, b.text));
  };
  const sortable = (cell) => {
    if (!cell || cell.text === "" || cell.kind === "list" && cell.items.length === 0) return undefined;
    return cell.kind === "number" && isNaN(flowsweep.query.numberOf(cell.text)) ? undefined : cell;
  };

  // matching returns the rows that meet a text: a condition of --where if it compares, and otherwise words that a row contains.
  const matching = (text, table, textOf, size) => {
    if (text === "") return null;
    if (table && /[=<>~!]/.test(text)) return new Set(flowsweep.query.filter(flowsweep.query.parse(text), table));
    const words = text.toLowerCase().split(/\s+/), kept = new Set();
    for (let i = 0; i < size; i++) {
      const row = textOf(i).toLowerCase();
      if (words.every((word) => row.includes(word))) kept.add(i);
    }
    return kept;
  };

  // filterBox returns a box whose text filters rows. match(text) returns them, and throws what is wrong; the rows stay as they are then.
  const filterBox = (state, { label, example, match, changed }) => {
    const id = `filter-${++ids}`;
    const input = make("input", { type: "search", id, placeholder: example, spellcheck: false, autocomplete: "off", value: state.filter ?? "" });
    const wrong = make("pre", { id: id + "-wrong", className: "wrong", hidden: true, "aria-live": "polite" });
    const said = make("span", { className: "said", role: "status" });
    input.setAttribute("aria-describedby", wrong.id);
    const apply = () => {
      state.filter = input.value;
      try {
        state.kept = match(input.value.trim());
        wrong.hidden = true;
        input.removeAttribute("aria-invalid");
      } catch (e) {
        wrong.textContent = e.message;
        wrong.hidden = false;
        input.setAttribute("aria-invalid", "true");
      }
    };
    let waiting;
    input.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        state.page = 0;
        apply();
        changed();
      }, 120);
    });
    state.kept = null;
    if (state.filter) apply();
    return { box: make("div", { className: "filter" }, make("label", { htmlFor: id }, label), input, said, wrong), said };
  };

  // pager returns buttons for the pages of a list, and shows which rows are there.
  const pager = (state, size, changed) => {
    const before = make("button", { type: "button" }, "Previous"), after = make("button", { type: "button" }, "Next");
    const where = make("span", { role: "status" });
    const turn = (by) => () => {
      state.page += by;
      changed();
    };
    before.addEventListener("click", turn(-1));
    after.addEventListener("click", turn(1));
    const box = make("div", { className: "pager" }, before, where, after);
    const slice = (list) => {
      const pages = Math.max(1, Math.ceil(list.length / size)), { whole } = flowsweep.number;
      state.page = Math.min(Math.max(state.page ?? 0, 0), pages - 1);
      const from = state.page * size, to = Math.min(from + size, list.length);
      box.hidden = pages === 1;
      before.disabled = state.page === 0;
      after.disabled = state.page === pages - 1;
      where.textContent = `${whole(from + 1)} to ${whole(to)} of ${whole(list.length)}`;
      return list.slice(from, to);
    };
    return { box, slice };
  };
  return { headings, order, sortable, matching, filterBox, pager };
})();
