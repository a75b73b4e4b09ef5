/* Stretches that differ: thick from end to end, a dot at each end, a number, a line in the list. */
(function () {
  "use strict";
  const g = window.georisk;
  const theme = g.theme;
  const BADGE = 9;
  const LEAST = 14;
  /* One list holds the stretches of all layers: no number stands there twice. */
  let counted = 0;

  /* Segments below, and on top of them the stretches of the same island. */
  function addReach(map, id) {
    const data = g.readIsland(id);
    const rows = data.stretches.map(function (row, i) {
      return Object.assign({ number: counted + i + 1, lines: g.decodeAll(row.xy, data.per_degree) }, row);
    });
    counted += rows.length;
    const painter = g.addSegments(map, id);
    const below = painter.dataset.paint;
    const hitBelow = painter.dataset.hit;
    painter.dataset.paint = function (ctx, view) {
      below(ctx, view);
      const last = rows.slice().reverse();
      last.forEach(function (row) { paintStretch(ctx, view, row); });
      placeBadges(rows, view).forEach(function (badge) { paintBadge(ctx, badge); });
    };
    painter.dataset.boxes = function (view) {
      return placeBadges(rows, view).map(function (badge) {
        return [badge.x - BADGE, badge.y - BADGE, badge.x + BADGE, badge.y + BADGE];
      });
    };
    painter.dataset.hit = function (point, radius, view) {
      return hitStretches(rows, point, radius, view).concat(hitBelow(point, radius, view));
    };
    painter.group = "reach";
    painter.stretches = rows.map(function (row) { return listStretch(row, painter); });
    return painter;
  }

  function trace(ctx, view, row) {
    ctx.beginPath();
    row.lines.forEach(function (line) { g.tracePath(ctx, view, line, false); });
  }

  function endsOf(row, view) {
    const first = row.lines[0];
    const last = row.lines[row.lines.length - 1];
    return [[view.x(first[0]), view.y(first[1])],
      [view.x(last[last.length - 2]), view.y(last[last.length - 1])]];
  }

  function paintStretch(ctx, view, row) {
    const style = theme.lines[row.look];
    trace(ctx, view, row);
    g.setStroke(ctx, { color: "#ffffff", width: style.width + 5, dash: [] });
    ctx.stroke();
    g.setStroke(ctx, { color: style.color, width: style.width + 2, dash: style.dash });
    ctx.stroke();
    ctx.setLineDash([]);
    const ends = endsOf(row, view);
    const short = Math.hypot(ends[0][0] - ends[1][0], ends[0][1] - ends[1][1]) < LEAST;
    ends.slice(short ? 1 : 0).forEach(function (end) {
      ctx.beginPath();
      ctx.arc(end[0], end[1], short ? 6 : 4.5, 0, 7);
      ctx.fillStyle = short ? style.color : "#ffffff";
      ctx.fill();
      ctx.lineWidth = 2.5;
      ctx.strokeStyle = short ? "#ffffff" : style.color;
      ctx.stroke();
    });
  }

  /* Numbers beside the middles; one that would lie on another waits for a closer view. */
  function placeBadges(rows, view) {
    const placed = [];
    rows.forEach(function (row) {
      const line = row.lines[0];
      const middle = 2 * Math.floor(line.length / 4);
      const badge = { x: view.x(line[middle]), y: view.y(line[middle + 1]) - 17,
        text: String(row.number), color: theme.lines[row.look].color };
      const free = placed.every(function (other) {
        return Math.hypot(other.x - badge.x, other.y - badge.y) > 2 * BADGE + 1;
      });
      if (free) { placed.push(badge); }
    });
    return placed;
  }

  function paintBadge(ctx, badge) {
    ctx.beginPath();
    ctx.arc(badge.x, badge.y, BADGE, 0, 7);
    ctx.fillStyle = badge.color;
    ctx.fill();
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = "#ffffff";
    ctx.stroke();
    ctx.fillStyle = "#ffffff";
    ctx.font = "700 11px system-ui, sans-serif";
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(badge.text, badge.x, badge.y + 0.5);
    ctx.textAlign = "left";
  }

  function hitStretches(rows, point, radius, view) {
    return rows.map(function (row) {
      let best = Infinity;
      row.lines.forEach(function (line) {
        for (let i = 2; i < line.length; i += 2) {
          best = Math.min(best, g.distanceToPiece(point.x, point.y, view.x(line[i - 2]),
            view.y(line[i - 1]), view.x(line[i]), view.y(line[i + 1])));
        }
      });
      return { rank: 4, distance: best, card: function () { return stretchCard(row); } };
    }).filter(function (hit) { return hit.distance <= radius; });
  }

  function stretchCard(row) {
    return { title: row.where, rows: [[g.say("stretch"), String(row.number)],
      [g.say("class"), row.what]], notes: row.synthetic ? [g.say("synthetic_row")] : [] };
  }

  function listStretch(row, painter) {
    const box = L.latLngBounds([]);
    row.lines.forEach(function (line) {
      for (let i = 0; i < line.length; i += 2) {
        const at = g.fromWorld(line[i], line[i + 1]);
        box.extend([at[1], at[0]]);
      }
    });
    const line = row.lines[0];
    const middle = 2 * Math.floor(line.length / 4);
    return { at: g.fromWorld(line[middle], line[middle + 1]), box: box, painter: painter,
      title: row.number + ". " + row.where, detail: row.what,
      card: function () { return stretchCard(row); } };
  }

  Object.assign(g, { addReach: addReach });
})();
