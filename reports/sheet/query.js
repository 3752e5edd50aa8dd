// The conditions of `runs --where`, with the same words and errors as experiments/query: testdata/where.json there tries both.
//
//   rows = flowsweep.query.filter(flowsweep.query.parse('mmd < 0.01 and solver = "heun"'), table)
//
// A table has columns (key, also, aside, kinds), a size, and cell(row, column), which is undefined or {kind, text, items}.
flowsweep.query = (() => {
  // An error shows its place in the text.
  const fail = (text, token, says) => {
    const before = text.slice(0, token.at), indent = [...before].map((c) => (c === "\t" ? c : " ")).join("");
    const line = text.replace(/[^\P{Cc}\t]/gu, " ");
    throw new Error(`column ${[...before].length + 1}: ${says}\n  ${line}\n  ${indent}^`);
  };
  const escapes = { "\x07": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\" };
  const quote = (text, mark = '"') => mark + [...text].map((c) => {
    if (c === mark) return "\\" + c;
    if (escapes[c]) return escapes[c];
    if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(c)) return c;
    const hex = c.codePointAt(0).toString(16);
    if (c < "\x7f" || c === "\x7f") return "\\x" + hex.padStart(2, "0");
    return hex.length > 4 ? "\\U" + hex.padStart(8, "0") : "\\u" + hex.padStart(4, "0");
  }).join("") + mark;
  const named = (token) => (token.kind === "end" ? "the end" : quote(token.text));

  const quoted = (text) => { // a backslash escapes the next character
    let out = "";
    for (let i = 1; i < text.length; i++) {
      if (text[i] === text[0]) return [{ kind: "text", text: out }, i + 1];
      if (text[i] === "\\" && i + 1 < text.length) i++;
      out += text[i];
    }
    return [{ kind: "text" }, -1];
  };
  const scanToken = (text) => {
    const word = (kind, part, length = part.length) => [{ kind, text: part }, length];
    if (text === "") return word("end", "", 1);
    if (text[0] === "(") return word("open", "(");
    if (text[0] === ")") return word("close", ")");
    if (text[0] === '"' || text[0] === "'") return quoted(text);
    if (/^-inf/i.test(text)) return word("word", text.slice(0, 4));
    if (/^[+\-.0-9]/.test(text)) {
      const found = /^[+-]?[.0-9]*(?:[eE][+-]?[0-9]+)?/.exec(text)[0];
      return word("number", /^[+-]?\.*[0-9]/.test(found) ? found : "");
    }
    const operator = /^(==|!=|<=|>=|=|<|>|~)/.exec(text);
    if (operator) return word("operator", operator[0] === "==" ? "=" : operator[0], operator[0].length);
    const found = /^[\p{L}\p{Nd}_.\-@]*/u.exec(text)[0], rest = text.slice(found.length);
    if (found.endsWith("@") && /^["']/.test(rest)) { // as in mmd@"a class"
      const [inner, more] = quoted(rest);
      return more < 0 ? [inner, more] : word("word", found + inner.text, found.length + more);
    }
    return word("word", found);
  };
  const scan = (text) => {
    const tokens = [];
    for (let at = 0; ;) {
      at += /^[\t-\r\x85\p{Z}]*/u.exec(text.slice(at))[0].length;
      const [token, length] = scanToken(text.slice(at)), last = tokens[tokens.length - 1];
      token.at = at;
      if (length === 0) fail(text, token, "unexpected " + quote([...text.slice(at)][0], "'"));
      if (length < 0) fail(text, token, "a text without its closing quote");
      if (last?.kind === "number" && ["word", "number", "text"].includes(token.kind) && at === last.at + last.text.length) {
        const whole = quote(last.text + text.slice(at, at + length)), value = tokens[tokens.length - 2]?.kind === "operator";
        fail(text, last, value ? `${whole} is neither a number nor a text, which stands in quotes` : `${whole} is neither a number nor a field`);
      }
      tokens.push(token);
      if (token.kind === "end") return tokens;
      at += length;
    }
  };

  // numberOf takes what isNumber accepts.
  const isNumber = (text) => /^([+-]?inf(inity)?|nan)$/i.test(text) || /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  const numberOf = (text) => (/^[+-]?inf/i.test(text) ? (text[0] === "-" ? -Infinity : Infinity) : Number(text));
  const keyword = (text) => /^(and|or|not)$/iu.test(text);

  const parse = (text) => {
    const tokens = scan(text);
    let at = 0, depth = 0;
    const next = () => tokens[at];
    const word = (is) => next().kind === "word" && new RegExp(`^${is}$`, "iu").test(next().text) && ++at > 0;
    const join = (op, part) => () => {
      let left = part();
      while (word(op)) left = { op, left, right: part() };
      return left;
    };
    const value = () => {
      const t = next();
      at = Math.min(at + 1, tokens.length - 1);
      if (t.kind === "text") return { kind: "text", text: t.text };
      if (t.kind === "number" || t.kind === "word" && /^(nan|-?inf)$/i.test(t.text)) {
        if (!isNumber(t.text) || t.kind === "number" && !isFinite(Number(t.text))) fail(text, t, `${named(t)} is no number that a float64 holds`);
        return { kind: "number", text: t.text };
      }
      if (t.kind === "word" && /^(true|false)$/iu.test(t.text)) return { kind: "bool", text: t.text.toLowerCase() };
      if (t.kind === "word" && !keyword(t.text)) fail(text, t, `a text stands in quotes: write ${named(t)}`);
      return fail(text, t, `expected a number, a text in quotes, true or false, and not ${named(t)}`);
    };
    const comparison = () => {
      const field = next();
      if (field.kind !== "word" || keyword(field.text)) fail(text, field, `expected a field and not ${named(field)}`);
      at++;
      const operator = next();
      if (operator.kind !== "operator") fail(text, operator, `expected a comparison (= != < <= > >= ~) and not ${named(operator)}`);
      at++;
      const n = { op: operator.text, field, operator, value: value() };
      if (n.op === "~" && n.value.kind !== "text") fail(text, operator, "~ looks for a text: write one in quotes after it");
      if (n.value.kind === "bool" && n.op !== "=" && n.op !== "!=") fail(text, operator, "true and false compare with = and != alone");
      return n;
    };
    const primary = () => {
      const t = next();
      if (depth >= 500) fail(text, t, "nested more than 500 deep: write it shorter");
      depth++;
      try {
        if (word("not")) return { op: "not", left: primary() };
        if (t.kind !== "open") return comparison();
        at++;
        const inner = or(), end = next();
        if (end.kind !== "close") fail(text, end, `expected ) and not ${named(end)}`);
        at++;
        return inner;
      } finally { depth--; }
    };
    const or = join("or", join("and", primary));
    const root = or(), left = next();
    if (left.kind !== "end") fail(text, left, `expected and, or, or the end, not ${named(left)}`);
    return { text, root };
  };

  const { keyOf, compare } = flowsweep.names;
  const kindWords = { text: "a text", number: "a number", bool: "true or false", list: "a list" };
  const hint = (value, kinds) => {
    if (value.kind === "number" && (kinds.includes("text") || kinds.includes("list"))) return `: a text stands in quotes: write ${quote(value.text)}`;
    return value.kind === "text" && kinds.includes("number") && isNumber(value.text) ? ": write " + value.text : "";
  };
  const comparable = (value, kind) => value.kind === kind || value.kind === "text" && kind === "list";
  const resolve = (text, n, table, found) => {
    if (n.left) {
      resolve(text, n.left, table, found);
      if (n.right) resolve(text, n.right, table, found);
      return;
    }
    let column;
    try { column = keyOf(n.field.text, table.columns, quote); } catch (e) { fail(text, n.field, e.message); }
    found.set(n.field.text, column);
    const { key, kinds } = column;
    if (kinds.length && !kinds.some((kind) => comparable(n.value, kind))) {
      const are = kinds.map((kind) => kindWords[kind]).sort().join(" or ");
      fail(text, n.operator, `${key} is ${are} here, which ${kindWords[n.value.kind]} is never${hint(n.value, kinds)}`);
    }
    if (kinds.join() === "list" && /[<>]/.test(n.op)) fail(text, n.operator, `${key} is a list: compare it with =, != or ~`);
  };

  const holdsOrder = (op, o) => ({ "=": o === 0, "!=": o !== 0, "<": o < 0, "<=": o <= 0, ">": o > 0, ">=": o >= 0 })[op];
  const holdsText = (op, a, b) => (op === "~" ? a.includes(b) : holdsOrder(op, compare(a, b)));
  // Whole numbers are compared exactly: seeds may be too large for a float64.
  const whole = (text) => /^\d+$/.test(text) && BigInt(text) < 2n ** 64n;
  const orderNumbers = (a, b) => {
    const exact = a.length > 15 && b.length > 15 && whole(a) && whole(b);
    const x = exact ? BigInt(a) : numberOf(a), y = exact ? BigInt(b) : numberOf(b);
    return x < y ? -1 : x > y ? 1 : 0;
  };
  const holdsNumber = (op, a, b) => {
    const x = isNaN(numberOf(a)), y = isNaN(numberOf(b));
    if (y && (op === "=" || op === "!=")) return (op === "=") === x;
    return x || y ? op === "!=" : holdsOrder(op, orderNumbers(a, b));
  };
  // meets returns 0 for no, 1 for unknown and 2 for yes.
  const meets = (n, cell) => {
    if (n.op === "and") return Math.min(meets(n.left, cell), meets(n.right, cell));
    if (n.op === "or") return Math.max(meets(n.left, cell), meets(n.right, cell));
    if (n.op === "not") return 2 - meets(n.left, cell);
    const v = cell(n.field.text), { text } = n.value;
    if (!v || !comparable(n.value, v.kind)) return 1;
    if (v.kind === "number") return holdsNumber(n.op, v.text, text) ? 2 : 0;
    if (v.kind !== "list") return holdsText(n.op, v.text, text) ? 2 : 0;
    if (n.op === "!=") return v.items.includes(text) ? 0 : 2;
    return v.items.some((item) => holdsText(n.op, item, text)) ? 2 : 0;
  };
  const filter = ({ text, root }, table) => {
    if (table.size === 0) return [];
    const found = new Map(), kept = [];
    resolve(text, root, table, found);
    for (let i = 0; i < table.size; i++) if (meets(root, (name) => table.cell(i, found.get(name))) === 2) kept.push(i);
    return kept;
  };
  return { parse, filter, numberOf, orderNumbers };
})();
