// Moves the points of the flow along their paths, by a slider over time. Each path of a drawing has a vertex for every time, evenly
// from 0 to 1.
flowsweep.wire.push((main) => {
  const ways = main.querySelectorAll("#flow path.way");
  if (ways.length === 0 || main.querySelector("#flow .slide")) return;
  const points = [...ways].map((way) => {
    const numbers = way.getAttribute("d").match(/-?[\d.]+(?:e[-+]?\d+)?/g).map(Number);
    const dot = document.createElementNS(way.namespaceURI, "circle");
    dot.setAttribute("r", "3.4");
    dot.setAttribute("class", "now");
    dot.setAttribute("fill", way.getAttribute("stroke"));
    way.closest("svg").append(dot);
    return { dot, numbers };
  });
  const slider = flowsweep.make("input", { type: "range", min: "0", max: "1", step: "0.01", value: "0" });
  const shown = flowsweep.make("output", {}), play = flowsweep.make("button", { type: "button" }, "Play");
  const show = (t) => {
    for (const { dot, numbers } of points) {
      const last = numbers.length / 2 - 1, k = Math.min(Math.floor(t * last), last - 1), part = t * last - k;
      const at = (j) => numbers[2 * k + j] * (1 - part) + numbers[2 * k + 2 + j] * part;
      dot.setAttribute("cx", at(0).toFixed(1));
      dot.setAttribute("cy", at(1).toFixed(1));
    }
    shown.textContent = t.toFixed(2);
    slider.setAttribute("aria-valuetext", "t = " + t.toFixed(2));
  };
  let playing = 0;
  const stop = () => {
    cancelAnimationFrame(playing);
    playing = 0;
    play.textContent = "Play";
  };
  const start = () => {
    const seconds = 5, from = Number(slider.value) < 1 ? Number(slider.value) : 0;
    let began;
    const step = (now) => {
      began ??= now;
      const t = Math.min(from + (now - began) / 1000 / seconds, 1);
      slider.value = String(t);
      show(t);
      playing = t < 1 ? requestAnimationFrame(step) : 0;
      if (!playing) stop();
    };
    playing = requestAnimationFrame(step);
    play.textContent = "Pause";
  };
  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });
  play.addEventListener("click", () => (playing ? stop() : start()));
  const controls = flowsweep.make("div", { className: "slide" }, flowsweep.make("label", {}, "t", slider, shown), play);
  ways[0].closest(".drawings").before(controls);
  show(0);
});
