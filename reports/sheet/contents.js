// Marks the section that is read in the contents, closes their menu once something is chosen, and unfolds what a link leads to.
let reading = null; // observes the sections of the latest main element
flowsweep.wire.push((main) => {
  const nav = document.querySelector("header nav");
  if (!nav) return;
  const menu = nav.querySelector("details"), at = menu.querySelector("summary span");
  const links = new Map([...nav.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const unfold = (id) => {
    const fold = main.querySelector(`section[id="${CSS.escape(id)}"] > .fold`);
    if (fold) fold.open = true;
  };
  nav.onclick = (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    menu.open = false;
    unfold(link.hash.slice(1));
  };
  if (links.has(location.hash.slice(1))) unfold(location.hash.slice(1));
  const mark = (link) => {
    nav.querySelector("[aria-current]")?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "location");
    at.textContent = link.textContent;
  };
  const seen = new Set();
  reading?.disconnect();
  reading = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](target.id);
    for (const [id, link] of links) if (seen.has(id)) return mark(link);
  }, { rootMargin: "-70px 0px -60% 0px" });
  for (const section of main.querySelectorAll("section[id]")) reading.observe(section);
});
