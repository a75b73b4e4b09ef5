/* What lies below: countries, classes per cell, route legs and bands. */
(function () {
  "use strict";
  const g = window.georisk;
  const theme = g.theme;
  const tiles = {};

  /* A repeating tile in the ink colour; the same tiles fill the map and its legend. */
  function makePattern(ctx, style) {
    const key = style.pattern + style.ink;
    if (!tiles[key]) { tiles[key] = drawTile(style); }
    return ctx.createPattern(tiles[key], "repeat");
  }

  function drawTile(style) {
    const size = style.pattern === "dense_lines" || style.pattern === "dense_dots" ? 6 : 9;
    const tile = document.createElement("canvas");
    tile.width = tile.height = size;
    const ctx = tile.getContext("2d");
    ctx.strokeStyle = ctx.fillStyle = style.ink;
    ctx.lineWidth = style.pattern === "hatch" ? 1 : 1.4;
    if (style.pattern === "dots" || style.pattern === "dense_dots") {
      ctx.beginPath();
      ctx.arc(size / 2, size / 2, 1.15, 0, 7);
      ctx.fill();
      return tile;
    }
    if (style.pattern === "bars") {
      ctx.fillRect(1, 0, 1.6, size);
      return tile;
    }
    const up = style.pattern !== "hatch";
    for (let shift = -size; shift <= size; shift += size) {
      if (up || style.pattern === "cross") { slash(ctx, shift, size, 0, size); }
      if (!up || style.pattern === "cross") { slash(ctx, shift, 0, size, size); }
    }
    return tile;
  }

  function slash(ctx, shift, fromY, toY, size) {
    ctx.beginPath();
    ctx.moveTo(shift - 1, fromY + (fromY < toY ? -1 : 1));
    ctx.lineTo(shift + size + 1, toY + (fromY < toY ? 1 : -1));
    ctx.stroke();
  }

  function tracePath(ctx, view, line, close) {
    let lastX = view.x(line[0]);
    let lastY = view.y(line[1]);
    ctx.moveTo(lastX, lastY);
    for (let i = 2; i < line.length; i += 2) {
      const x = view.x(line[i]);
      const y = view.y(line[i + 1]);
      if (Math.abs(x - lastX) + Math.abs(y - lastY) < 0.7 && i < line.length - 2) { continue; }
      ctx.lineTo(x, y);
      lastX = x;
      lastY = y;
    }
    if (close) { ctx.closePath(); }
  }

  function setStroke(ctx, style, color) {
    ctx.strokeStyle = color || style.color;
    ctx.lineWidth = style.width;
    ctx.setLineDash(style.dash);
    ctx.lineCap = style.dash.length && style.dash[0] < 2 ? "round" : "butt";
    ctx.lineJoin = "round";
  }

  function fillArea(ctx, style) {
    ctx.fillStyle = style.tint;
    ctx.fill("evenodd");
    ctx.fillStyle = makePattern(ctx, style);
    ctx.fill("evenodd");
  }

  function decodeAll(lines, perDegree) {
    return lines.map(function (line) { return g.decodeLine(line, perDegree); });
  }

  function isInside(rings, x, y) {
    let inside = false;
    rings.forEach(function (ring) {
      for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
        const crosses = (ring[i + 1] > y) !== (ring[j + 1] > y);
        if (crosses && x < (ring[j] - ring[i]) * (y - ring[i + 1]) / (ring[j + 1] - ring[i + 1])
            + ring[i]) { inside = !inside; }
      }
    });
    return inside;
  }

  function openBase(id) {
    const data = g.readIsland(id);
    const corners = g.decodeLine(data.frame, data.per_degree);
    return { countries: decodeAll(data.countries, data.per_degree),
      divisions: decodeAll(data.divisions, data.per_degree), corners: corners };
  }

  /* What lies beyond the boundaries at hand is left blank: it is neither land nor sea. */
  function addBase(map, id) {
    const base = openBase(id);
    return g.addPainter(map, {
      pane: "ground",
      paint: function (ctx, view) {
        const x = view.x(base.corners[0]);
        const y = view.y(base.corners[3]);
        ctx.fillStyle = theme.surfaces.sea;
        ctx.fillRect(x, y, view.x(base.corners[2]) - x, view.y(base.corners[1]) - y);
        ctx.beginPath();
        base.countries.forEach(function (ring) { tracePath(ctx, view, ring, true); });
        ctx.fillStyle = theme.surfaces.land;
        ctx.fill("evenodd");
      }
    });
  }

  function addOutlines(map, id) {
    const base = openBase(id);
    const thin = { color: theme.surfaces.division, width: 0.8, dash: [] };
    const firm = { color: theme.surfaces.coast, width: 1.1, dash: [] };
    return g.addPainter(map, {
      pane: "ground",
      paint: function (ctx, view) {
        strokeAll(ctx, view, base.divisions, thin);
        strokeAll(ctx, view, base.countries, firm);
      }
    });
  }

  function strokeAll(ctx, view, lines, style) {
    ctx.beginPath();
    lines.forEach(function (line) { tracePath(ctx, view, line, false); });
    setStroke(ctx, style);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  function addCells(map, id) {
    const data = g.readIsland(id);
    const groups = data.groups.map(function (group) {
      return { cls: theme.classes[group.cls], evidence: theme.evidence[group.evidence],
        far: group.far, rings: decodeAll(group.rings, data.per_degree) };
    });
    return g.addPainter(map, {
      pane: "ground",
      paint: function (ctx, view) {
        groups.forEach(function (group) {
          ctx.beginPath();
          group.rings.forEach(function (ring) { tracePath(ctx, view, ring, true); });
          ctx.globalAlpha = group.far ? 0.3 : 0.88;
          fillArea(ctx, theme.fills[group.cls]);
          ctx.globalAlpha = 1;
          if (group.far) { return; }
          setStroke(ctx, { color: theme.fills[group.cls].ink, width: 0.6, dash: [] });
          ctx.stroke();
        });
      },
      hit: function (point, radius, view) {
        const x = (point.x + view.left) / view.scale;
        const y = (point.y + view.top) / view.scale;
        return groups.filter(function (group) { return isInside(group.rings, x, y); })
          .map(function (group) { return { rank: 9, distance: 0, card: cellCard(group) }; });
      }
    });
  }

  function cellCard(group) {
    return function () {
      return { title: g.say("title_deaths"), rows: [
        [g.say("class"), g.say("class_" + group.cls)],
        [g.say("evidence"), g.say("evidence_" + group.evidence)]
      ], notes: [g.say(group.cls === "insufficient" ? "note_insufficient" : "note_little_known")] };
    };
  }

  function addLegs(map, id) {
    const data = g.readIsland(id);
    data.legs.forEach(function (leg) { leg.shape = decodeAll(leg.xy, data.per_degree); });
    return g.addPainter(map, {
      pane: "lines",
      paint: function (ctx, view) {
        data.legs.forEach(function (leg) {
          if (leg.band) { paintBand(ctx, view, leg); } else { paintLeg(ctx, view, leg); }
        });
      },
      hit: function (point, radius, view) { return hitLegs(data.legs, point, radius, view); }
    });
  }

  function paintBand(ctx, view, leg) {
    ctx.beginPath();
    leg.shape.forEach(function (ring) { tracePath(ctx, view, ring, true); });
    fillArea(ctx, theme.band);
  }

  function paintLeg(ctx, view, leg) {
    const style = theme.mode_lines[leg.mode];
    ctx.globalAlpha = 0.8;
    strokeAll(ctx, view, leg.shape, { color: "#ffffff", width: style.width + 1.5, dash: [] });
    ctx.globalAlpha = 1;
    strokeAll(ctx, view, leg.shape, style);
  }

  function hitLegs(legs, point, radius, view) {
    const found = [];
    const x = (point.x + view.left) / view.scale;
    const y = (point.y + view.top) / view.scale;
    legs.forEach(function (leg) {
      const distance = leg.band ? (isInside(leg.shape, x, y) ? 0 : Infinity)
        : distanceToLines(leg.shape, point, view);
      if (distance <= radius) {
        found.push({ rank: 5, distance: distance, card: function () { return legCard(leg); } });
      }
    });
    return found;
  }

  function distanceToLines(lines, point, view) {
    let best = Infinity;
    lines.forEach(function (line) {
      for (let i = 2; i < line.length; i += 2) {
        best = Math.min(best, g.distanceToPiece(point.x, point.y, view.x(line[i - 2]),
          view.y(line[i - 1]), view.x(line[i]), view.y(line[i + 1])));
      }
    });
    return best;
  }

  function legCard(leg) {
    const rows = [[g.say("mode"), g.say("mode_" + leg.mode)],
      [g.say("status"), g.say("status_" + leg.status)], [g.say("status_as_of"), leg.as_of]];
    rows.push([g.say("hot_months"), leg.hot], [g.say("rainy_months"), leg.rainy]);
    rows.push([g.say("accuracy"), g.say("within_km", { km: g.formatNumber(leg.accuracy) })]);
    const notes = [g.say(leg.band ? "no_marked_way_long" : "note_schematic")];
    if (leg.hot) { notes.push(g.say("rest_in_shade")); }
    return { title: g.say("from_to", { a: leg.from, b: leg.to }), rows: rows, notes: notes };
  }

  Object.assign(g, {
    addBase: addBase, addOutlines: addOutlines, addCells: addCells, addLegs: addLegs,
    decodeAll: decodeAll, fillArea: fillArea, setStroke: setStroke, tracePath: tracePath
  });
})();
