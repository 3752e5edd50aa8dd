// Finds columns by the names that a person calls them, as experiments/query does.
flowsweep.names = (() => {
  // Texts are ordered by their bytes in UTF-8, which is the order of their code points.
  const compare = (a, b) => {
    if (a === b) return 0;
    if (!/[\ud800-\udfff]/.test(a + b)) return a < b ? -1 : 1;
    const x = [...a], y = [...b];
    for (let i = 0; i < x.length && i < y.length; i++) if (x[i] !== y[i]) return x[i].codePointAt(0) - y[i].codePointAt(0);
    return x.length - y.length;
  };
  // The fewest letters to insert, delete, replace or swap with their neighbour to turn b into a.
  const edits = (a, b) => {
    const d = Array.from({ length: a.length + 1 }, (_, i) => [i]);
    for (let j = 0; j <= b.length; j++) d[0][j] = j;
    for (let i = 0; i < a.length; i++) {
      for (let j = 0; j < b.length; j++) {
        d[i + 1][j + 1] = Math.min(d[i][j + 1] + 1, d[i + 1][j] + 1, d[i][j] + (a[i] === b[j] ? 0 : 1));
        if (i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j]) d[i + 1][j + 1] = Math.min(d[i + 1][j + 1], d[i - 1][j - 1] + 1);
      }
    }
    return d[a.length][b.length];
  };
  const nearest = (word, known) => {
    const letters = [...word.toLowerCase()];
    let best = "", fewest = Math.min(letters.length - 1, Math.max(2, Math.floor(letters.length / 3))) + 1;
    for (const k of known) {
      const n = edits(letters, [...k]);
      if (n < fewest) [best, fewest] = [k, n];
    }
    return best;
  };
  // A key that says more about another one, as metrics_se.mmd about metrics.mmd, is meant by its whole name alone.
  const annotates = (key, byKey) => {
    const dot = (key + ".").indexOf("."), about = key.slice(0, dot).indexOf("_");
    return about >= 0 && byKey.has(key.slice(0, about) + "." + key.slice(dot + 1));
  };

  // keyOf returns the column with this name: its whole key, its other name, or the end of either after a dot.
  const keyOf = (name, columns, quote) => {
    const byKey = new Map(columns.map((c) => [c.key, c])), byAlso = new Map(columns.filter((c) => c.also).map((c) => [c.also, c]));
    if (byKey.has(name)) return byKey.get(name);
    if (byAlso.has(name)) return byAlso.get(name);
    const keys = [...byKey.keys()].sort(compare), alsos = [...byAlso.keys()].sort(compare);
    const ends = (called) => (called || "").endsWith("." + name);
    let candidates = keys.filter((k) => {
      const c = byKey.get(k);
      return (ends(k) || ends(c.also)) && !c.aside && !annotates(k, byKey);
    });
    if (candidates.length === 1) return byKey.get(candidates[0]);
    if (candidates.length === 0) candidates = keys.filter((k) => k.startsWith(name + ".")); // the name of an object
    if (candidates.length > 0) throw new Error(`${quote(name)} may be ${candidates.join(" or ")}: write more of it`);
    const near = nearest(name, [...keys, ...alsos]) || nearest(name, keys.map((k) => k.slice(k.lastIndexOf(".") + 1)));
    throw new Error(`unknown field ${quote(name)}${near ? `: did you mean ${quote(near)}?` : ""} (have ${keys.join(", ")})`);
  };
  return { keyOf, compare };
})();
