// Numbers as reports/number writes them: three digits that say something, true minus signs, digits in groups.
flowsweep.number = (() => {
  const exponent = (x) => Number(Math.abs(x).toExponential(2).split("e")[1]);
  const fixed = (x, decimals) => {
    const text = Math.abs(x).toFixed(Math.min(Math.max(decimals, 0), 100));
    return x < 0 && /[1-9]/.test(text) ? "−" + text : text;
  };
  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");
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
    return `${fixed(x, -place)} ± ${fixed(se, -place)}`;
  };
  const p = (x) => fixed(x, x > 0 && x < 0.01 ? Math.max(-exponent(x), 0) : 2);
  return { text, plusMinus, p, whole: (n) => grouped(String(n)) };
})();
