/* Places: a shape per kind, drawn by us; white plus on green for medical. */
(function () {
  "use strict";
  const g = window.georisk;
  const theme = g.theme;

  function markSize(zoom) { return zoom < 5 ? 12 : zoom < 7 ? 17 : zoom < 9 ? 21 : 25; }

  const symbols = {
    bed: function (ctx, x, y, size) {
      const half = size / 2;
      box(ctx, x - half, y - half, size, theme.symbols.bed);
      ctx.fillStyle = "#ffffff";
      ctx.fillRect(x - half * 0.62, y - half * 0.5, size * 0.07, size * 0.5);
      ctx.fillRect(x - half * 0.62, y + half * 0.12, size * 0.62, size * 0.12);
      ctx.fillRect(x + half * 0.5, y + half * 0.12, size * 0.07, size * 0.2);
      ctx.fillRect(x - half * 0.38, y - half * 0.18, size * 0.44, size * 0.11);
    },
    drop: function (ctx, x, y, size) {
      const half = size / 2;
      ctx.beginPath();
      ctx.moveTo(x, y - half * 1.25);
      ctx.bezierCurveTo(x + half * 0.3, y - half * 0.7, x + half, y - half * 0.1, x + half,
        y + half * 0.3);
      ctx.arc(x, y + half * 0.3, half, 0, Math.PI);
      ctx.bezierCurveTo(x - half, y - half * 0.1, x - half * 0.3, y - half * 0.7, x,
        y - half * 1.25);
      outline(ctx, theme.symbols.drop);
    },
    plus: function (ctx, x, y, size) {
      const half = size / 2;
      ctx.beginPath();
      ctx.arc(x, y, half, 0, 7);
      outline(ctx, theme.symbols.plus);
      ctx.fillStyle = "#ffffff";
      ctx.fillRect(x - half * 0.16, y - half * 0.58, half * 0.32, half * 1.16);
      ctx.fillRect(x - half * 0.58, y - half * 0.16, half * 1.16, half * 0.32);
    }
  };

  function box(ctx, x, y, size, color) {
    ctx.beginPath();
    ctx.rect(x, y, size, size);
    outline(ctx, color);
  }

  function outline(ctx, color) {
    ctx.setLineDash([]);
    ctx.fillStyle = color;
    ctx.fill();
    ctx.lineWidth = 1.6;
    ctx.strokeStyle = "#ffffff";
    ctx.stroke();
  }

  function today() {
    const now = new Date();
    return now.getFullYear() + "-" + String(now.getMonth() + 1).padStart(2, "0") + "-"
      + String(now.getDate()).padStart(2, "0");
  }

  function isStale(row) { return !row.verify_by || row.verify_by < today(); }

  function addPlaces(map, id) {
    const data = g.readIsland(id);
    const rows = data.rows;
    rows.forEach(function (row) { row.world = g.toWorld(row.at[0], row.at[1]); });
    const painter = g.addPainter(map, {
      pane: "marks",
      paint: function (ctx, view) { paintPlaces(ctx, view, rows, symbols[data.symbol]); },
      boxes: function (view) { return boxRows(rows, view, markSize(view.zoom) / 2 + 1); },
      hit: function (point, radius, view) {
        return hitRows(rows, point, radius, view, 1, function (row) {
          return placeCard(data.kind, row);
        });
      }
    });
    painter.listing = rows.map(function (row) {
      return { at: row.at, title: row.name, detail: describeServices(row), stale: isStale(row),
        kind: data.kind, card: function () { return placeCard(data.kind, row); } };
    });
    return painter;
  }

  /* Marks that would lie on one another become one with a count; a closer view parts them. */
  function paintPlaces(ctx, view, rows, draw) {
    const size = markSize(view.zoom);
    const shown = [];
    rows.forEach(function (row) {
      const x = view.x(row.world[0]);
      const y = view.y(row.world[1]);
      const near = shown.find(function (other) {
        return Math.abs(other.x - x) < size * 0.8 && Math.abs(other.y - y) < size * 0.8;
      });
      if (near) { near.count += 1; } else { shown.push({ x: x, y: y, count: 1 }); }
    });
    shown.forEach(function (mark) {
      draw(ctx, mark.x, mark.y, size);
      if (mark.count > 1 && view.zoom >= 5) { paintCount(ctx, mark.x + size / 2, mark.y - size / 2, mark.count); }
    });
  }

  function paintCount(ctx, x, y, count) {
    ctx.beginPath();
    ctx.arc(x, y, 7, 0, 7);
    ctx.fillStyle = "#ffffff";
    ctx.fill();
    ctx.lineWidth = 1;
    ctx.strokeStyle = theme.surfaces.label;
    ctx.stroke();
    ctx.fillStyle = theme.surfaces.label;
    ctx.font = "600 10px system-ui, sans-serif";
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(String(count), x, y + 0.5);
    ctx.textAlign = "left";
  }

  function boxRows(rows, view, half) {
    return rows.map(function (row) {
      const x = view.x(row.world[0]);
      const y = view.y(row.world[1]);
      return [x - half, y - half, x + half, y + half];
    });
  }

  function hitRows(rows, point, radius, view, rank, toCard) {
    const reach = Math.max(radius, markSize(view.zoom) * 0.8);
    return rows.map(function (row) {
      const x = view.x(row.world[0]);
      const y = view.y(row.world[1]);
      return { rank: rank, distance: Math.hypot(point.x - x, point.y - y),
        at: [row.at[1], row.at[0]], card: function () { return toCard(row); } };
    }).filter(function (hit) { return hit.distance <= reach; });
  }

  function describeServices(row) {
    return (row.services || []).map(function (name) { return g.say("service_" + name); }).join(", ");
  }

  function describeGroups(row) {
    return (row.admits || []).map(function (pair) {
      const parts = pair.split(":");
      const group = "admits_" + parts[0];
      const answer = "answer_" + parts[1];
      return group in g.words && answer in g.words ? g.say(group) + ": " + g.say(answer) : pair;
    }).join("; ");
  }

  function placeCard(kind, row) {
    const rows = [
      [g.say("services"), describeServices(row)],
      [g.say("town"), row.town], [g.say("country"), nameCountry(row.country)],
      [g.say("phone"), row.phone || g.say("unknown")],
      [g.say("opens"), row.opens || g.say("unknown")], [g.say("months"), row.months],
      [g.say("admits"), describeGroups(row)], [g.say("languages"), row.languages]
    ];
    if (row.capacity !== undefined && row.capacity !== null) {
      rows.push([g.say("capacity"), g.formatNumber(row.capacity)]);
    }
    rows.push([g.say("verified"), row.last_verified || g.say("unknown")]);
    rows.push([g.say("position"), row.coord_precision_km === null ? null
      : g.say("within_km", { km: g.formatNumber(row.coord_precision_km) })]);
    return { title: row.name, rows: [[g.say("kind"), g.say("kind_" + kind)]].concat(rows),
      badge: isStale(row) ? g.say("call_first") : null,
      notes: row.synthetic ? [g.say("synthetic_row")] : [] };
  }

  function nameCountry(code) {
    return "country_" + code in g.words ? g.say("country_" + code) : code;
  }

  Object.assign(g, { addPlaces: addPlaces, describeServices: describeServices,
    markSize: markSize, nameCountry: nameCountry, outline: outline, symbols: symbols,
    today: today });
})();
