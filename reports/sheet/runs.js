// All runs, from the CSV of the page: with the columns that one likes, sorted, filtered, a page at a time.
flowsweep.runs = (() => {
  const { make } = flowsweep, { headings, order, sortable, matching, filterBox, pager } = flowsweep.table;
  const state = { sort: null, filter: "", kept: null, page: 0, open: false, columns: null };
  const perPage = 50;

  const names = { nfe: "NFE", fit_seconds: "fit s", sample_seconds: "sample s" };
  const headOf = (key) => names[key] ?? (key.startsWith("metrics_p.") ? "p" : key.replace(/^metrics\./, ""));
  const chosenAtFirst = (runs, about) => {
    const has = (key) => {
      const column = runs.columns.find((c) => c.key === key);
      return column && runs.has(column) && column.kinds.length > 0;
    };
    const metrics = about.metrics.flatMap((m) => ["metrics." + m, ...(about.tested.includes(m) ? ["metrics_p." + m] : [])]);
    return ["setting", "nfe", "seed", "state", "tags", "machine", ...metrics, "fit_seconds", "sample_seconds", "run", "fit"].filter((key) => key === "setting" || has(key));
  };

  // shownText returns a cell as the page writes it.
  const shownText = (runs, byKey, row, key) => {
    const cell = runs.cell(row, byKey.get(key));
    if (!cell || cell.text === "") return "–";
    if (cell.kind !== "number") return cell.text;
    const { numberOf } = flowsweep.query, { text, plusMinus, p, whole } = flowsweep.number, x = numberOf(cell.text);
    const other = (name) => (byKey.has(name) ? runs.cell(row, byKey.get(name)) : undefined);
    if (/^\d+$/.test(cell.text)) {
      const max = key === "nfe" && other("nfe_max");
      const most = max && numberOf(max.text) > x ? ` (max ${whole(max.text)})` : "";
      return (key === "seed" ? cell.text : whole(cell.text)) + most;
    }
    if (key.startsWith("metrics_p.")) return p(x);
    const se = key.startsWith("metrics.") && other(key.replace("metrics.", "metrics_se."));
    return se && numberOf(se.text) > 0 && isFinite(x) && isFinite(numberOf(se.text)) ? plusMinus(x, numberOf(se.text)) : text(x);
  };

  const chooser = (all, changed) => {
    const boxes = all.map((key) => {
      const box = make("input", { type: "checkbox", checked: state.columns.includes(key) });
      box.addEventListener("change", () => {
        const on = new Set(state.columns);
        if (box.checked) on.add(key);
        else on.delete(key);
        state.columns = all.filter((k) => on.has(k));
        changed();
      });
      return make("label", {}, box, " ", key);
    });
    return make("details", { className: "columns" }, make("summary", {}, "Columns"), make("div", {}, ...boxes));
  };

  const build = (details, data) => {
    const { runs, about, settings } = data, byKey = new Map(runs.columns.map((c) => [c.key, c]));
    const named = settings.columns.find((c) => c.key === "setting");
    const label = (row) => settings.cell(about.settings[row], named)?.text ?? "";
    const cell = (row, key) => (key === "setting" ? { kind: "text", text: label(row), natural: true } : runs.cell(row, byKey.get(key)));
    const all = ["setting", ...runs.columns.filter((c) => runs.has(c)).map((c) => c.key)];
    const first = chosenAtFirst(runs, about);
    all.sort((a, b) => (first.indexOf(a) + 1 || 1e9) - (first.indexOf(b) + 1 || 1e9));
    state.columns = state.columns?.filter((key) => all.includes(key)) ?? first;
    const scroll = details.querySelector(".scroll"), table = make("table"), pages = pager(state, perPage, () => draw());
    const rows = Array.from({ length: runs.size }, (_, i) => i);
    const filter = filterBox(state, {
      label: "Filter", example: 'solver = "heun" and seed = 0, or words', changed: () => draw(),
      match: (text) => matching(text, runs, (i) => all.map((key) => cell(i, key)?.text ?? "").join(" "), runs.size),
    });
    const numeric = (key) => byKey.get(key)?.kinds[0] === "number";
    const stays = { setting: " c1", nfe: state.columns.includes("setting") ? " c2" : "" }; // in view
    const classOf = (key, text = "") => (numeric(key) ? "n" : text.length > 30 ? "label" : "") + (stays[key] ?? "");
    const head = () => {
      const cells = state.columns.map((key) => make("th", { scope: "col", className: classOf(key), "data-column": key }, headOf(key)));
      table.replaceChildren(make("thead", {}, make("tr", {}, ...cells)), make("tbody"));
      headings(cells, state, () => draw());
    };
    const draw = () => {
      let list = state.kept ? rows.filter((i) => state.kept.has(i)) : rows;
      if (state.sort) {
        const { column, sign } = state.sort;
        list = [...list].sort(order(rows.map((i) => (column === "setting" || byKey.has(column) ? sortable(cell(i, column)) : undefined)), sign));
      }
      filter.said.textContent = state.kept ? `${flowsweep.number.whole(list.length)} of ${flowsweep.number.whole(rows.length)} match.` : "";
      const bodies = pages.slice(list).map((i) => {
        const s = about.settings[i];
        const cells = state.columns.map((key) => {
          if (key === "run" || key === "fit") return make("td", {}, make("code", {}, cell(i, key)?.text ?? ""));
          const text = key === "setting" ? label(i) : shownText(runs, byKey, i, key);
          return make(key === "setting" ? "th" : "td", { className: classOf(key, text), ...(key === "setting" && { scope: "row" }) }, text);
        });
        const row = make("tr", s < 0 ? {} : { "data-s": String(s) }, ...cells);
        if (String(s) === flowsweep.marks.picked()) row.classList.add("picked");
        return row;
      });
      table.tBodies[0].replaceChildren(...bodies);
    };
    head();
    draw();
    for (const old of [...details.children]) if (old.localName === "p" && old.previousElementSibling === scroll) old.remove(); // it says how many are left out
    scroll.replaceChildren(table);
    scroll.before(filter.box, chooser(all, () => {
      head();
      draw();
    }));
    scroll.after(pages.box);
  };

  flowsweep.wire.push((main) => {
    const details = main.querySelector("#all-runs"), data = details && flowsweep.data.of(main);
    if (!data || !main.querySelector("#csv")) return;
    let built = false;
    const opened = () => {
      state.open = details.open;
      if (built || !details.open) return;
      built = true;
      build(details, data);
    };
    details.addEventListener("toggle", opened);
    if (state.open) details.open = true;
    opened();
  });
})();
