/* A group on the move: one disc a night and place, parted by who has a bed; a bar of nights. */
(function () {
  "use strict";
  const g = window.georisk;
  const theme = g.theme;
  const PARTS = ["bed", "full", "none"];
  const LARGEST = 24;
  const SMALLEST = 6;

  function addSurge(map, id) {
    const data = g.readIsland(id);
    const most = Math.max.apply(null, data.rows.map(function (row) { return row.people; }).concat(1));
    data.rows.forEach(function (row) { row.world = g.toWorld(row.at[0], row.at[1]); });
    const state = { night: 0 };
    const tonight = function () {
      return data.rows.filter(function (row) { return row.night === state.night; });
    };
    const size = function (row) {
      return Math.max(SMALLEST, LARGEST * Math.sqrt(row.people / most));
    };
    const painter = g.addPainter(map, {
      pane: "marks",
      paint: function (ctx, view) {
        tonight().forEach(function (row) { paintDisc(ctx, view, row, size(row)); });
      },
      boxes: function (view) {
        return tonight().map(function (row) {
          const x = view.x(row.world[0]);
          const y = view.y(row.world[1]);
          const r = size(row);
          return [x - r, y - r, x + r, y + r];
        });
      },
      hit: function (point, radius, view) {
        return tonight().map(function (row) {
          return { rank: 1, distance: Math.hypot(point.x - view.x(row.world[0]),
            point.y - view.y(row.world[1])), at: [row.at[1], row.at[0]],
          reach: Math.max(radius, size(row)), card: function () { return describeRow(row); } };
        }).filter(function (hit) { return hit.distance <= hit.reach; });
      }
    });
    addNights(map, data, state, function () {
      map.closePopup();
      map.painters.forEach(function (other) { if (other._map) { other.redraw(); } });
    });
    return painter;
  }

  function paintDisc(ctx, view, row, radius) {
    const x = view.x(row.world[0]);
    const y = view.y(row.world[1]);
    let from = -Math.PI / 2;
    PARTS.forEach(function (name, i) {
      const to = from + 2 * Math.PI * row.parts[i] / row.people;
      if (row.parts[i] > 0) {
        ctx.beginPath();
        ctx.moveTo(x, y);
        ctx.arc(x, y, radius, from, to);
        ctx.closePath();
        g.fillArea(ctx, theme.fills["surge_" + name]);
      }
      from = to;
    });
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 7);
    ctx.setLineDash([]);
    ctx.lineWidth = 2;
    ctx.strokeStyle = theme.surfaces.label;
    ctx.stroke();
  }

  function describeRow(row) {
    return { title: row.near ? row.near + " · " + row.name : row.name, rows: [
      [g.say("surge_people"), group(row.people)], [g.say("surge_bed"), group(row.parts[0])],
      [g.say("surge_full"), group(row.parts[1])], [g.say("surge_none"), group(row.parts[2])],
      [g.say("surge_water"), g.say("surge_litres", { litres: group(row.litres) })]
    ], notes: row.synthetic ? [g.say("synthetic_row")] : [] };
  }

  function group(number) {
    return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, g.words.thousands_mark);
  }

  /* The bar of nights: a label that is read aloud, a slider, two steps and a play button. */
  function addNights(map, data, state, redraw) {
    const bar = L.control({ position: "bottomright" });
    bar.onAdd = function () { return buildBar(data, state, redraw); };
    bar.addTo(map);
  }

  function buildBar(data, state, redraw) {
    const box = document.createElement("div");
    box.className = "nights leaflet-bar";
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    const label = g.appendText(box, "output", "");
    label.setAttribute("aria-live", "polite");
    const row = document.createElement("div");
    box.appendChild(row);
    const last = data.nights.length - 1;
    const before = addButton(row, "◀", "surge_before");
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = "0";
    slider.max = String(last);
    slider.step = "1";
    slider.setAttribute("aria-label", g.say("surge_nights"));
    row.appendChild(slider);
    const after = addButton(row, "▶", "surge_after");
    const play = addButton(row, g.say("surge_play"), "surge_play");
    const show = function (night) {
      state.night = Math.max(0, Math.min(last, night));
      slider.value = String(state.night);
      const told = data.nights[state.night];
      label.textContent = g.say("surge_night", { date: told.date, n: state.night + 1,
        count: last + 1 }) + ": " + g.say("surge_tally", { bed: group(told.bed),
        none: group(told.none) });
      g.page.dataset.night = String(state.night);
      redraw();
    };
    let timer = null;
    const stop = function () {
      window.clearInterval(timer);
      timer = null;
      play.textContent = g.say("surge_play");
    };
    before.addEventListener("click", function () { stop(); show(state.night - 1); });
    after.addEventListener("click", function () { stop(); show(state.night + 1); });
    slider.addEventListener("input", function () { stop(); show(Number(slider.value)); });
    play.addEventListener("click", function () {
      if (timer) { stop(); return; }
      if (state.night === last) { show(0); }
      play.textContent = g.say("surge_pause");
      timer = window.setInterval(function () {
        if (state.night === last) { stop(); } else { show(state.night + 1); }
      }, 1400);
    });
    show(0);
    return box;
  }

  function addButton(row, text, key) {
    const button = g.appendText(row, "button", text);
    button.type = "button";
    button.setAttribute("aria-label", g.say(key));
    return button;
  }

  Object.assign(g, { addSurge: addSurge });
})();
