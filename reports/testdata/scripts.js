// What a reader does with a page, and what it then shows, for scripts_test.go. The main element as it came is original.
const wait = () => new Promise((done) => setTimeout(done, 300));
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const clean = (text) => text.trim().replace(/\s+/g, " ");
const rows = () => all("#leaderboard tbody tr[data-s]").map((row) => clean(row.cells[0].innerText) + " | " + clean(row.cells[1].innerText));
const type = async (within, text) => {
  const input = document.querySelector(within + " input[type=search]");
  input.value = text;
  input.dispatchEvent(new Event("input"));
  await wait();
};
const heading = (within, name) => all(within + " thead th").find((th) => th.innerText.startsWith(name));
const click = (within, name) => heading(within, name).querySelector("button").click();
const said = () => document.querySelector("#leaderboard .said").textContent;
const out = {};

const tries = async () => {
  out.First = rows();
  out.Groups = all("#leaderboard .group th").map((th) => th.innerText);
  out.Sorts = [];
  for (let i = 0; i < 3; i++) {
    click("#leaderboard", "NFE");
    out.Sorts.push([heading("#leaderboard", "NFE").getAttribute("aria-sort") ?? "none", rows()[0], said()].join(" | "));
  }
  out.Back = rows().join() === out.First.join();
  document.querySelector("#leaderboard .more").click();
  out.All = rows().length;
  document.querySelector("#leaderboard .more").click();

  await type("#leaderboard", 'nfe <= 2 and solver != "euler"');
  out.Filtered = rows();
  out.Match = said();
  await type("#leaderboard", "nfe < 2 and");
  out.Wrong = document.querySelector("#leaderboard .wrong").textContent;
  out.Kept = rows().length;
  await type("#leaderboard", "HEUN 16");
  out.Words = rows();
  await type("#leaderboard", "");

  const runs = document.querySelector("#all-runs");
  out.Listed = all("tbody tr", runs).length;
  runs.open = true;
  await wait();
  out.RunHead = all("thead th", runs).map((th) => th.innerText);
  out.RunPage = [all("tbody tr", runs).length, runs.querySelector(".pager span").textContent].join(" | ");
  click("#all-runs", "seed");
  click("#all-runs", "seed");
  out.RunFirst = clean(runs.querySelector("tbody tr").cells[2].innerText);
  all(".pager button", runs)[1].click();
  out.RunPage2 = runs.querySelector(".pager span").textContent;
  await type("#all-runs", 'solver = "rk4" and seed = 1 and width = 128');
  out.RunMatch = [all("tbody tr", runs).length, runs.querySelector(".said").textContent].join(" | ");
  const box = all(".columns label", runs).find((label) => label.textContent.trim() === "net.width").querySelector("input");
  box.click();
  out.RunWidth = clean(all("tbody tr", runs)[0].cells[all("thead th", runs).findIndex((th) => th.innerText === "net.width")].innerText);

  const times = (s) => all(".hit").filter((m) => m.dataset.s === s).length;
  const mark = all("#quality .drawings .hit[data-s]").sort((a, b) => times(b.dataset.s) - times(a.dataset.s))[0], drawing = mark.closest("svg"), at = mark.getBoundingClientRect();
  const tap = (x, y) => drawing.dispatchEvent(new MouseEvent("click", { clientX: at.left + at.width / 2 + x, clientY: at.top + at.height / 2 + y, bubbles: true }));
  out.Told = mark.dataset.tip;
  tap(-9, 3);
  out.Tip = document.querySelector(".tip").hidden ? "" : document.querySelector(".tip").textContent;
  out.Marked = all(".hit.picked").every((m) => m.dataset.s === mark.dataset.s) ? all(".hit.picked").length : -1;
  out.Same = all(".hit").filter((m) => m.dataset.s === mark.dataset.s).length;
  out.Row = all("#leaderboard tr.picked").map((row) => row.dataset.s + " " + row.querySelector("button.rank").getAttribute("aria-pressed")).join();
  out.Setting = mark.dataset.s + " true";
  tap(-40, 0);
  out.Away = document.querySelector(".tip").hidden;
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  out.Escaped = all(".picked").length;
  document.querySelector("#leaderboard button.rank").click();
  out.FromRow = all(".hit.picked").length;
  document.querySelector("#leaderboard button.rank").focus();
  document.activeElement.click();
  document.activeElement.click();
  out.Focused = document.activeElement.matches("button.rank[aria-pressed=true]");

  const entry = document.querySelector("#quality .legend button");
  entry.click();
  const figure = entry.closest("figure");
  out.Off = String(all(".off", figure).length > 3 && all("svg .off", figure).every((part) => part.dataset.series.split(" ").includes(entry.parentNode.dataset.series)) && entry.getAttribute("aria-pressed"));

  // The page is replaced, as while a sweep runs: what was asked for stays.
  click("#leaderboard", "NFE");
  await type("#leaderboard", "heun");
  const before = rows().join(), template = document.createElement("template");
  template.innerHTML = original;
  document.querySelector("main").replaceWith(template.content.firstElementChild);
  flowsweep.refresh();
  await wait();
  out.Fresh = String(rows().join() === before && document.querySelector("#leaderboard input").value === "heun" && heading("#leaderboard", "NFE").getAttribute("aria-sort"));
  out.FreshMarks = [all(".hit.picked").length, all("#leaderboard .picked").length, document.querySelector("#all-runs").open, all("#all-runs tbody tr").length, all("#quality .off").length > 3].join(" ");
};
