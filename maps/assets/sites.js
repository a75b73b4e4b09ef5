/* Proposed sites: a numbered diamond each, spread where they would hide one another. */
(function () {
  "use strict";
  const g = window.georisk;
  const theme = g.theme;

  /* Diamond with its rank: full where both solutions agree, open where only one chose it. */
  function drawSite(ctx, x, y, size, site) {
    const half = size * 0.78;
    const both = site.chosen === "both";
    diamond(ctx, x, y, half + 2.5);
    ctx.fillStyle = "#ffffff";
    ctx.fill();
    diamond(ctx, x, y, half);
    ctx.fillStyle = both ? theme.symbols.site : "#ffffff";
    ctx.fill();
    ctx.lineWidth = 2.2;
    ctx.setLineDash(site.chosen === "length" ? [3, 2] : []);
    ctx.strokeStyle = theme.symbols.site;
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.fillStyle = both ? "#ffffff" : theme.symbols.site;
    ctx.font = "700 " + Math.max(11, Math.round(size * 0.62)) + "px system-ui, sans-serif";
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(String(site.label), x, y + 0.5);
    ctx.textAlign = "left";
  }

  function diamond(ctx, x, y, half) {
    ctx.beginPath();
    ctx.moveTo(x, y - half);
    ctx.lineTo(x + half, y);
    ctx.lineTo(x, y + half);
    ctx.lineTo(x - half, y);
    ctx.closePath();
  }

  function addSites(map, id) {
    const rows = g.readIsland(id).rows;
    rows.forEach(function (row) {
      row.world = g.toWorld(row.at[0], row.at[1]);
      row.label = row.rank === null ? row.rank_km : row.rank;
    });
    const painter = g.addPainter(map, {
      pane: "marks",
      paint: function (ctx, view) { paintSites(ctx, spreadSites(rows, view)); },
      boxes: function (view) {
        return spreadSites(rows, view).map(function (mark) {
          return [mark.x - mark.size, mark.y - mark.size, mark.x + mark.size, mark.y + mark.size];
        });
      },
      hit: function (point, radius, view) {
        return spreadSites(rows, view).map(function (mark) {
          return { rank: 0, distance: Math.hypot(point.x - mark.x, point.y - mark.y),
            at: [mark.row.at[1], mark.row.at[0]],
            card: function () { return siteCard(mark.row); } };
        }).filter(function (hit) { return hit.distance <= Math.max(radius, 14); });
      }
    });
    painter.sites = rows.map(function (row) {
      return { at: row.at, title: row.place, detail: tellRanks(row),
        card: function () { return siteCard(row); } };
    });
    return painter;
  }

  /* Each mark in turn takes the nearest free spot around its place, so that no rank hides one. */
  function spreadSites(rows, view) {
    const size = Math.max(14, g.markSize(view.zoom));
    const step = 2 * size;
    const marks = [];
    rows.forEach(function (row) {
      const at = { x: view.x(row.world[0]), y: view.y(row.world[1]) };
      const spots = [[0, 0]];
      [1, 1.6, 2.4].forEach(function (ring) {
        for (let k = 0; k < 8; k += 1) {
          const turn = (k - 3) * Math.PI / 4;
          spots.push([Math.cos(turn) * ring * step, Math.sin(turn) * ring * step]);
        }
      });
      const free = spots.find(function (spot) {
        return !marks.some(function (other) {
          return Math.hypot(other.x - at.x - spot[0], other.y - at.y - spot[1]) < step * 0.9;
        });
      }) || spots[0];
      marks.push({ row: row, size: size, x: at.x + free[0], y: at.y + free[1],
        place: at, moved: free !== spots[0] });
    });
    return marks;
  }

  function paintSites(ctx, marks) {
    marks.filter(function (mark) { return mark.moved; }).forEach(function (mark) {
      ctx.beginPath();
      ctx.moveTo(mark.place.x, mark.place.y);
      ctx.lineTo(mark.x, mark.y);
      g.setStroke(ctx, { color: theme.symbols.site, width: 1.4, dash: [] });
      ctx.stroke();
      ctx.beginPath();
      ctx.arc(mark.place.x, mark.place.y, 3, 0, 7);
      g.outline(ctx, theme.symbols.site);
    });
    marks.slice().reverse().forEach(function (mark) {
      drawSite(ctx, mark.x, mark.y, mark.size, mark.row);
    });
  }

  function tellRanks(row) {
    const ranks = [];
    if (row.rank !== null) { ranks.push(g.say("rank_by_reports", { rank: row.rank })); }
    if (row.rank_km !== null) { ranks.push(g.say("rank_by_length", { rank: row.rank_km })); }
    const both = row.chosen === "both" ? g.say("chosen_both") + ": " : "";
    return both + ranks.join(", ");
  }

  function siteCard(row) {
    const percent = function (value) {
      return value === null ? null : g.formatNumber(Math.round(1000 * value) / 10) + " %";
    };
    const share = function (value) {
      return value === null ? null : g.say(row.chosen === "length" ? "share_of_length"
        : "share_of_risk", { share: percent(value) });
    };
    return { title: g.say("site_title", { place: row.place }), rows: [
      [g.say("chosen_by"), g.say("chosen_" + row.chosen)],
      [g.say("rank_risk"), row.rank], [g.say("rank_km"), row.rank_km],
      [g.say("services"), g.describeServices(row)],
      [g.say("adds_share"), share(row.benefit_share)],
      [g.say("cumulative_share"), share(row.cumulative_share)],
      [g.say("selection_frequency"), row.selection_frequency === null ? null
        : g.say("share_of_draws", { share: percent(row.selection_frequency) })],
      [g.say("bound_gap"), percent(row.bound_gap)], [g.say("reason"), row.reason],
      [g.say("country"), g.nameCountry(row.country)]
    ], notes: [g.say("note_site")].concat(row.synthetic ? [g.say("synthetic_row")] : []) };
  }

  Object.assign(g, { addSites: addSites, drawSite: drawSite });
})();
