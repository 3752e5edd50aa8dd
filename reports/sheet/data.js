// The tables that a page has as data: the settings as JSON, the runs as the CSV that it offers for download. Each has columns, a size,
// and cell(row, column), which is undefined or {kind, text, items}.
flowsweep.data = (() => {
  // A cell is null, a text of the column's first kind, a list of texts, or an object with its own kind.
  const cellOf = (column, cell) => {
    if (cell === null || cell === undefined) return undefined;
    if (typeof cell === "string") return { kind: column.kinds[0], text: cell };
    return Array.isArray(cell) ? { kind: "list", text: cell.join(", "), items: cell } : { kind: cell.kind, text: cell.value };
  };
  const settingsOf = ({ columns, rows = [] }) => {
    const at = new Map(columns.filter((c) => c.all === undefined).map((c, i) => [c, i]));
    return { columns, size: rows.length, cell: (row, column) => cellOf(column, at.has(column) ? rows[row][at.get(column)] : column.all) };
  };

  const parse = (csv) => { // RFC 4180
    const records = [];
    let record = [];
    const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
    for (let found; field.lastIndex < csv.length && (found = field.exec(csv));) {
      record.push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
      if (found[3] === ",") {
        if (field.lastIndex === csv.length) record.push("");
        else continue;
      }
      records.push(record);
      record = [];
    }
    if (record.length) records.push(record);
    return records;
  };
  // A quote before what a spreadsheet would take for a formula is no part of the text.
  const plain = (text) => text.replace(/^'(?=[=+\-@\t\r\n])/, "");
  const runsOf = ({ columns }, csv) => {
    const [head = [], ...records] = parse(csv), at = new Map(head.map((key, i) => [plain(key), i]));
    const cell = (row, column) => {
      if (!at.has(column.key)) return cellOf(column, column.all);
      const text = records[row][at.get(column.key)];
      const kind = column.odd?.[row] ?? (text === "" ? (column.blank ? "text" : "null") : column.kinds[0] ?? "null");
      if (kind === "null") return undefined;
      if (kind === "list") return cellOf(column, JSON.parse(text));
      return { kind, text: kind === "text" ? plain(text) : text };
    };
    return { columns, size: records.length, cell, has: (column) => at.has(column.key) };
  };
  const decoded = (link) => new TextDecoder().decode(Uint8Array.from(atob(link.split(",")[1]), (c) => c.charCodeAt(0)));

  // of returns the tables of a page, or null if it has none.
  const of = (main) => {
    const script = main.querySelector("#data"), link = main.querySelector("#csv");
    if (!script) return null;
    const data = JSON.parse(script.textContent);
    let runs;
    return {
      settings: settingsOf(data.settings),
      about: data.runs,
      get runs() { return (runs ??= runsOf(data.runs, link ? decoded(link.href) : "")); }, // parsed when it is needed
    };
  };
  return { cellOf, parse, of };
})();
