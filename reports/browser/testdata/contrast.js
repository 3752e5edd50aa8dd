// Contrast as WCAG 2.2 defines it, of all texts of a page and of all marks of its drawings, from computed styles.
const contrast = (() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();

  // parse returns a colour as red, green and blue from 0 to 255, and its opacity from 0 to 1.
  const parse = (colour) => {
    if (!known.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = "#0000";
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };

  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];

  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  const ratio = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };

  const faded = ([r, g, b, a], by) => [r, g, b, a * by];

  // opacity returns the product of the opacities of an element and all around it.
  const opacity = (element) => {
    let product = 1;
    for (let e = element; e; e = e.parentElement) product *= Number(getComputedStyle(e).opacity);
    return product;
  };

  // ground returns the colour behind an element of the page, without what is drawn in an svg.
  const ground = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      if (e instanceof SVGElement && !(e instanceof SVGSVGElement)) continue;
      const style = getComputedStyle(e), colour = parse(style.backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    const paper = matchMedia("(prefers-color-scheme: dark)").matches && !matchMedia("print").matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
    return layers.reverse().reduce((below, layer) => over(layer, below), paper);
  };

  const shapes = "path, circle, ellipse, rect, line, polyline, polygon";

  // behind returns the colour behind a point of a drawing: the ground, and all shapes that are drawn there before an element.
  const behind = (element, x, y) => {
    const svg = element.ownerSVGElement;
    let colour = ground(svg);
    for (const shape of svg.querySelectorAll(shapes)) {
      if (!(shape.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING) || !visible(shape)) continue;
      const style = getComputedStyle(shape);
      if (style.fill === "none") continue;
      const fill = faded(parse(style.fill), Number(style.fillOpacity) * opacity(shape));
      const point = new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse());
      if (fill[3] > 0 && shape.isPointInFill(point)) colour = over(fill, colour);
    }
    return colour;
  };

  const name = ([r, g, b]) => "#" + [r, g, b].map((c) => Math.round(c).toString(16).padStart(2, "0")).join("");

  const where = (element) => {
    const box = element.closest("[id]");
    return (box ? "#" + box.id + " " : "") + element.tagName.toLowerCase() + (element.getAttribute("class") ? "." + element.getAttribute("class").replaceAll(" ", ".") : "");
  };

  // visible asks drawings part by part, as checkVisibility does not heed that a group in one is not displayed.
  const visible = (element) => {
    for (let e = element; e instanceof SVGElement; e = e.parentElement) if (getComputedStyle(e).display === "none") return false;
    return element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  };

  // texts returns how many texts were looked at, and those whose contrast is too low.
  const texts = () => {
    const found = { Count: 0, Poor: [] }, walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode, element = node.parentElement;
      if (!node.data.trim() || element.closest("script, style, title, desc") || !visible(element)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (box.width < 2 || box.height < 2) continue; // for screen readers only
      const style = getComputedStyle(element), drawn = element instanceof SVGElement;
      const size = parseFloat(style.fontSize) * (drawn ? Math.hypot(element.getScreenCTM().a, element.getScreenCTM().b) : 1);
      const need = size >= 24 || (size >= 56 / 3 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
      const back = drawn ? behind(element, box.x + box.width / 2, box.y + box.height / 2) : ground(element);
      const ink = faded(parse(drawn ? style.fill : style.color), opacity(element) * (drawn ? Number(style.fillOpacity) : 1));
      const got = ratio(over(ink, back), back);
      found.Count++;
      if (got < need) found.Poor.push({ Text: node.data.trim().slice(0, 60), Where: where(element), Ratio: got, Need: need, Ink: name(over(ink, back)), Ground: name(back) });
    }
    return found;
  };

  // isCloud says whether a shape is so many points that they lie on one another: what is seen are heaps of them, in their full colour.
  const isCloud = (shape) => (shape.getAttribute("d") || "").split("M").length > 20;

  // marks returns how many shapes of drawings were looked at, and those that have less contrast with the ground than 3:1. Shapes
  // in the colours of the named variables are no marks but what marks stand on, such as grids. Nor are shapes whose colours are values
  // of a scale, in the drawings that a selector finds.
  const marks = (grounds, scales) => {
    const found = { Count: 0, Poor: [] }, root = getComputedStyle(document.documentElement);
    const backgrounds = new Set(grounds.map((variable) => name(parse(root.getPropertyValue(variable)))));
    for (const shape of document.querySelectorAll(shapes)) {
      if (!visible(shape) || (scales && shape.closest(scales))) continue;
      const style = getComputedStyle(shape), back = ground(shape.ownerSVGElement), box = shape.getBBox(), inks = [];
      for (const [paint, alpha] of [[box.width * box.height > 0 ? style.fill : "none", style.fillOpacity], [style.stroke, style.strokeOpacity]]) {
        const colour = paint === "none" ? [0, 0, 0, 0] : parse(paint);
        if (colour[3] === 0 || backgrounds.has(name(colour))) continue;
        inks.push(over(faded(colour, isCloud(shape) ? 1 : Number(alpha) * opacity(shape)), back));
      }
      if (!inks.length) continue;
      const best = inks.reduce((a, b) => (ratio(a, back) >= ratio(b, back) ? a : b));
      found.Count++;
      if (ratio(best, back) < 3) found.Poor.push({ Text: "", Where: where(shape), Ratio: ratio(best, back), Need: 3, Ink: name(best), Ground: name(back) });
    }
    return found;
  };

  return { parse, ratio, ground, texts, marks };
})();
