// The leaderboard: sorted by a heading, filtered, and as long as one likes. A setting that is picked in it is marked in the figures.
flowsweep.board = (() => {
  const { make } = flowsweep, { headings, order, matching, filterBox, pager } = flowsweep.table;
  const state = { sort: null, filter: "", kept: null, all: false, page: 0 };
  const best = 10, few = 12, perPage = 50;
  let rows = [], heads = [], redraw = () => {};

  const parts = (main, box) => {
    const groups = new Map(), found = [];
    for (const body of box.querySelectorAll("tbody")) {
      if (!groups.has(body.dataset.g)) groups.set(body.dataset.g, body.querySelector(".group"));
      for (const row of body.querySelectorAll("tr[data-s]")) {
        const rank = Number(row.querySelector(".rank").textContent) || Infinity, head = row.cells[0];
        found.push({ row, rank, g: Number(body.dataset.g), s: Number(row.dataset.s), label: head.title, text: `${head.textContent.replace(/^\s*\d+/, "")} ${head.title}`, baseline: row.classList.contains("baseline") });
      }
    }
    found.sort((a, b) => a.baseline - b.baseline || (a.rank === b.rank ? 0 : a.rank - b.rank));
    return { groups, found };
  };

  // button puts one in the place of the rank, which marks the setting in the figures.
  const button = (r) => {
    if (r.baseline) return;
    const rank = r.row.querySelector(".rank");
    const pick = make("button", { type: "button", className: "rank", "aria-pressed": "false", title: "Mark it in the figures" }, rank.textContent || "–");
    pick.setAttribute("aria-label", `${rank.textContent ? "Rank " + rank.textContent : "No rank"}: mark it in the figures`);
    pick.addEventListener("click", () => flowsweep.marks.pick(r.s));
    rank.replaceWith(pick);
  };

  const sorted = (list) => {
    if (!state.sort) return list;
    const column = heads.findIndex((h) => h.dataset.column === state.sort.column);
    const keys = new Map(list.map((r) => {
      const cell = r.row.cells[column];
      if (column === 0) return [r, { kind: "text", text: cell.textContent.replace(/^\s*\d+/, ""), natural: true }];
      return [r, cell.dataset.sort === "inf" ? undefined : { kind: "number", text: cell.dataset.sort }];
    }));
    const by = order(Object.fromEntries(list.map((r) => [r.s, keys.get(r)])), state.sort.sign);
    return [...list].sort((a, b) => by(a.s, b.s));
  };

  // shown returns what is open: the best, with what is chosen or picked, or a page of all.
  const shown = (list, pages) => {
    if (state.all || list.length <= few) return pages.slice(list);
    pages.box.hidden = true;
    let baselines = 0;
    return list.filter((r, i) => (r.baseline && !state.sort ? baselines++ < 4 : i < best) || /\b(chosen|picked)\b/.test(r.row.className));
  };

  const fill = (table, list, groups) => {
    for (const body of [...table.tBodies]) body.remove();
    if (state.sort) {
      table.append(make("tbody", {}, ...list.map((r) => r.row)));
      return;
    }
    for (const [g, head] of [...groups].sort((a, b) => a[0] - b[0])) {
      const members = list.filter((r) => r.g === Number(g)).map((r) => r.row);
      if (members.length) table.append(make("tbody", { className: head ? "named" : "" }, ...(head ? [head] : []), ...members));
    }
  };

  flowsweep.wire.push((main) => {
    const box = main.querySelector("#leaderboard");
    rows = [];
    if (!box) return;
    const { groups, found } = parts(main, box), scroll = box.querySelector(".board"), table = scroll.querySelector("table");
    rows = found;
    box.querySelector("details")?.remove();
    const data = flowsweep.data.of(main);
    heads = [...table.tHead.rows[0].cells];
    for (const head of heads) head.dataset.column = head.firstChild.textContent;
    found.forEach(button);
    const pages = pager(state, perPage, () => redraw());
    const more = make("button", { type: "button", className: "more" });
    more.addEventListener("click", () => {
      state.all = !state.all;
      redraw();
    });
    const metric = heads[2]?.dataset.column ?? "mmd", bySetting = new Map(found.map((r) => [r.s, r]));
    const filter = filterBox(state, {
      label: "Filter", example: `nfe <= 16 and ${metric} < 0.1, or words`, changed: () => redraw(),
      match: (text) => matching(text, data?.settings, (i) => bySetting.get(i)?.text ?? "", data?.settings.size ?? Math.max(...bySetting.keys()) + 1),
    });
    redraw = () => {
      const list = sorted(state.kept ? found.filter((r) => state.kept.has(r.s)) : found), open = shown(list, pages);
      const { activeElement } = document; // moved rows lose the focus
      fill(table, open, groups);
      if (activeElement !== document.activeElement && table.contains(activeElement)) activeElement.focus({ preventScroll: true });
      more.hidden = list.length <= few;
      more.textContent = state.all ? `Show the first ${best}` : `Show all ${flowsweep.number.whole(list.length)}`;
      const of = state.kept ? `${list.length} of ${found.length} match.` : "";
      const by = state.sort ? `Sorted by ${state.sort.column}, ${state.sort.sign > 0 ? "lowest" : "highest"} first${groups.size > 1 ? ", without groups" : ""}.` : "";
      filter.said.textContent = [of, by].filter(Boolean).join(" ");
    };
    headings(heads, state, () => redraw());
    scroll.before(filter.box);
    scroll.after(more, pages.box);
    redraw();
  });
  return {
    redraw: () => redraw(),
    // label and setting translate between the index of a setting on this page and its name on any.
    label: (s) => rows.find((r) => r.s === s)?.label,
    setting: (label) => rows.find((r) => r.label === label)?.s,
    rows: () => rows.map((r) => r.row),
  };
})();
