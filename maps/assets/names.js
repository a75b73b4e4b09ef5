/* Names of countries and towns, written where there is room for them. */
(function () {
  "use strict";
  const g = window.georisk;
  const theme = g.theme;

  /* Names, the most important first; one that finds no free room waits for a closer view. */
  function addNames(map, id) {
    const data = g.readIsland(id);
    const names = data.names.map(function (name) {
      return { world: g.toWorld(name[0], name[1]), text: name[2], country: name[3] === 1,
        from: name[4] };
    });
    const painter = g.addPainter(map, {
      pane: "names",
      paint: function (ctx, view) {
        const taken = g.listBoxes(map);
        names.forEach(function (name) {
          if (view.zoom >= name.from) { paintName(ctx, view, name, taken); }
        });
      }
    });
    map.on("layeradd layerremove", function (event) {
      if (event.layer !== painter && event.layer.dataset) { painter.redraw(); }
    });
    return painter;
  }

  function paintName(ctx, view, name, taken) {
    const x = view.x(name.world[0]);
    const y = view.y(name.world[1]);
    const text = name.country ? name.text.toLocaleUpperCase(g.page.lang) : name.text;
    ctx.font = (name.country ? "600 11px" : "500 12px") + " system-ui, sans-serif";
    const gap = view.zoom < 5 ? 9 : view.zoom < 7 ? 12 : view.zoom < 9 ? 14 : 16;
    const spots = listSpots(x, y, ctx.measureText(text).width, name.country ? 0 : gap);
    const spot = spots.find(function (box) {
      return !taken.some(function (other) { return overlap(box, other); });
    });
    const covered = taken.some(function (box) { return overlap([x, y, x, y], box); });
    if (!name.country && !covered && (spot || view.zoom >= 6)) { paintDot(ctx, x, y); }
    if (!spot) { return; }
    taken.push(spot, [x - 4, y - 4, x + 4, y + 4]);
    ctx.textBaseline = "middle";
    ctx.lineWidth = 3;
    ctx.lineJoin = "round";
    ctx.strokeStyle = theme.surfaces.halo;
    ctx.strokeText(text, spot[0] + 2, (spot[1] + spot[3]) / 2);
    ctx.fillStyle = name.country ? theme.surfaces.country : theme.surfaces.label;
    ctx.fillText(text, spot[0] + 2, (spot[1] + spot[3]) / 2);
  }

  /* Boxes around a point where its name could stand, the best first. */
  function listSpots(x, y, width, gap) {
    const down = gap + 6;
    const at = gap
      ? [[0, 0, gap], [-1, 0, -gap], [-0.5, -down], [-0.5, down], [0, -down, 0], [0, down, 0], [-1, -down], [-1, down],
        [0, 0, 2 * gap], [-1, 0, -2 * gap]]
      : [[-0.5, 0], [-0.5, -18], [-0.5, 18], [0.1, 0], [-1.1, 0], [-0.5, -36], [-0.5, 36]];
    return at.map(function (spot) {
      const left = x + spot[0] * width + (spot[2] || 0);
      return [left - 2, y + spot[1] - 7, left + width + 2, y + spot[1] + 7];
    });
  }

  function paintDot(ctx, x, y) {
    ctx.beginPath();
    ctx.arc(x, y, 2.6, 0, 7);
    ctx.fillStyle = "#ffffff";
    ctx.fill();
    ctx.lineWidth = 1.3;
    ctx.strokeStyle = theme.surfaces.label;
    ctx.stroke();
  }

  function overlap(a, b) { return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]; }

  Object.assign(g, { addNames: addNames });
})();
