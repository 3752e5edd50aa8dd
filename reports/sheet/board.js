// Sorts the leaderboard when a heading is clicked. The page is complete without it.
(() => {
  const box = document.getElementById("leaderboard");
  if (!box) return;
  const bodies = [...box.querySelectorAll("tbody")];
  const top = bodies[0].rows.length;
  const value = (row, i) => {
    const cell = row.cells[i];
    return i === 0 ? cell.textContent : cell.dataset.sort === "inf" ? Infinity : Number(cell.dataset.sort);
  };
  const sort = (i, sign) => {
    const rows = bodies.flatMap((body) => [...body.rows]);
    rows.sort((a, b) => {
      const x = value(a, i), y = value(b, i);
      if (x === y) return 0;
      if (x === Infinity || y === Infinity) return x === Infinity ? 1 : -1;
      return (i === 0 ? x.localeCompare(y, "en", { numeric: true }) : x - y) * sign;
    });
    rows.forEach((row, n) => bodies[n < top ? 0 : 1].append(row));
  };
  const headings = [...box.querySelectorAll("thead th")];
  for (const heading of headings) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const up = heading.getAttribute("aria-sort") === "ascending";
      const column = heading.cellIndex;
      for (const other of headings) {
        if (other.cellIndex !== column) other.removeAttribute("aria-sort");
        else other.setAttribute("aria-sort", up ? "descending" : "ascending");
      }
      sort(column, up ? -1 : 1);
    });
  }
})();
