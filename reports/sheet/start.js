// What all scripts of a page share. Each gives the page what it needs to be asked, by a function in flowsweep.wire that takes the
// main element; the page is complete without. A page whose main element is replaced calls flowsweep.refresh().
window.flowsweep = {
  wire: [],
  refresh() {
    const main = document.querySelector("main");
    if (main) for (const wire of flowsweep.wire) wire(main);
  },
  // make returns an element with these properties, attributes and children.
  make(name, properties = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key in element) element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  },
};
