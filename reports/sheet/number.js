// Numbers as reports/number writes them: three digits that say something, true minus signs, digits in groups.
flowsweep.number = (() => {
  const exponent = (x) => Number(Math.abs(x).toExponential(2).split("e")[1]);
  const fixed = (x, decimals) => {
    const d = Math.min(Math.max(decimals, 0), 90), size = Math.abs(x), long = size.toFixed(100), point = long.length - 101;
    const cut = long.slice(0, d ? point + 1 + d : point), tie = /^50*$/.test(long.slice(point + 1 + d));
    const text = tie && /[02468]$/.test(cut) ? cut : size.toFixed(d); // Go rounds what lies between two to the even one
    return x < 0 && /[1-9]/.test(text) ? "−" + text : text;
  };
  const grouped = (digits) => digits.replace(/^[^.]+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
  const power = (e) => "×10" + [...String(e)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
  const text = (x) => {
    if (isNaN(x)) return String(x);
    if (!isFinite(x)) return x > 0 ? "∞" : "−∞";
    if (x === 0) return "0";
    const e = exponent(x);
    if (e < -4 || e > 5) return fixed(x / 10 ** e, 2) + power(e);
    return e > 2 ? grouped(fixed(x, 0)) : fixed(x, 2 - e);
  };
  const plusMinus = (x, se) => {
    const largest = exponent(Math.max(Math.abs(x), se)), place = Math.max(exponent(se) - 1, largest - 4);
    if (largest < -4 || largest > 5) return `(${fixed(x / 10 ** largest, largest - place)} ± ${fixed(se / 10 ** largest, largest - place)})${power(largest)}`;
    return `${grouped(fixed(x, -place))} ± ${grouped(fixed(se, -place))}`;
  };
  const p = (x) => fixed(x, x > 0 && x < 0.01 ? Math.max(-exponent(x), 0) : 2);
  return { text, plusMinus, p, whole: (n) => grouped(String(n)) };
})();
