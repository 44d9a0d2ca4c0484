document.querySelectorAll("svg.turn").forEach((svg) => {
  const scale = Number(svg.dataset.scale);
  let azimuth = Number(svg.dataset.azimuth);
  let elevation = Number(svg.dataset.elevation);
  const { width, height } = svg.viewBox.baseVal;
  const shapes = [...svg.querySelectorAll("[data-points]")].map((shape) => [
    shape,
    shape.dataset.points.split(" ").map(Number),
  ]);
  const draw = () => {
    const [ca, sa] = [Math.cos(azimuth), Math.sin(azimuth)];
    const [ce, se] = [Math.cos(elevation), Math.sin(elevation)];
    for (const [shape, p] of shapes) {
      const flat = [];
      for (let i = 0; i < p.length; i += 3) {
        const across = -sa * p[i] + ca * p[i + 1];
        const up = ce * p[i + 2] - se * (ca * p[i] + sa * p[i + 1]);
        flat.push([(width / 2 + scale * across).toFixed(1), (height / 2 - scale * up).toFixed(1)]);
      }
      if (shape.tagName === "text") {
        shape.setAttribute("x", flat[0][0]);
        shape.setAttribute("y", flat[0][1]);
      } else {
        shape.setAttribute("points", flat.map((xy) => xy.join(",")).join(" "));
      }
    }
  };
  const turn = (by, lift) => {
    azimuth -= by;
    elevation = Math.max(0, Math.min(Math.PI / 2, elevation + lift));
    draw();
  };
  svg.classList.add("live");
  svg.tabIndex = 0;
  svg.addEventListener("pointerdown", (event) => svg.setPointerCapture(event.pointerId));
  svg.addEventListener("pointermove", (event) => {
    if (svg.hasPointerCapture(event.pointerId)) turn(event.movementX * 0.01, event.movementY * 0.01);
  });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
    if (step) {
      event.preventDefault();
      turn(...step);
    }
  });
});
