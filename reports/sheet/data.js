// The tables that a page has as data: the settings as JSON, the runs as the CSV that it offers for download.
flowsweep.data = (() => {
  // A cell is null, a text of the column's first kind, a list of texts, or an object with its own kind.
  const cellOf = (column, cell) => {
    if (cell === null || cell === undefined) return undefined;
    if (typeof cell === "string") return { kind: column.kinds[0], text: cell };
    return Array.isArray(cell) ? { kind: "list", text: cell.join(", "), items: cell } : { kind: cell.kind, text: cell.value };
  };
  return { cellOf };
})();
