/* Drawing core of georisk maps: one painter per data set, a few canvases, one click handler.
   Text from data is only ever written with textContent. Plain ES2015: old phones run it. */
(function () {
  "use strict";
  const page = document.documentElement;

  function recordError(message) {
    page.dataset.errors = (page.dataset.errors ? page.dataset.errors + "\n" : "") + message;
  }
  window.addEventListener("error", function (event) { recordError(event.message || "error"); });
  window.addEventListener("unhandledrejection", function () { recordError("rejected promise"); });
  document.addEventListener("securitypolicyviolation", function (event) {
    recordError("policy: " + event.violatedDirective + " " + event.blockedURI);
  });

  function readIsland(id) {
    return JSON.parse(document.getElementById(id).textContent);
  }

  const words = readIsland("words");
  const theme = readIsland("theme");

  function say(key, values) {
    if (!(key in words)) { throw new Error("no words for " + key); }
    return words[key].replace(/\{(\w+)\}/g, function (whole, name) {
      return values && name in values ? values[name] : whole;
    });
  }

  /* World coordinates: web mercator, 0 to 1, so that a zoom is one multiplication. */
  function toWorld(lon, lat) {
    const phi = lat * Math.PI / 180;
    const y = (1 - Math.log(Math.tan(phi) + 1 / Math.cos(phi)) / Math.PI) / 2;
    return [(lon + 180) / 360, y];
  }

  function fromWorld(x, y) {
    return [x * 360 - 180, Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180 / Math.PI];
  }

  function decodeLine(steps, perDegree) {
    const out = new Float64Array(steps.length);
    let lon = 0;
    let lat = 0;
    for (let i = 0; i < steps.length; i += 2) {
      lon += steps[i];
      lat += steps[i + 1];
      const world = toWorld(lon / perDegree, lat / perDegree);
      out[i] = world[0];
      out[i + 1] = world[1];
    }
    return out;
  }

  /* A data set draws itself: `paint(ctx, view)`, and answers `hit(point, radius, view)`. */
  const Painter = L.Path.extend({
    initialize: function (dataset, renderer) {
      this.dataset = dataset;
      L.setOptions(this, { renderer: renderer, interactive: false });
    },
    _project: function () {
      const origin = this._map.getPixelOrigin();
      this.zoom = this._map.getZoom();
      this.scale = 256 * Math.pow(2, this.zoom);
      this.left = origin.x;
      this.top = origin.y;
      this._pxBounds = L.bounds([-1e7, -1e7], [1e7, 1e7]);
    },
    _update: function () { if (this._map) { this._updatePath(); } },
    _updatePath: function () {
      if (this._renderer._drawing) { this.dataset.paint(this._renderer._ctx, this); }
    },
    x: function (world) { return world * this.scale - this.left; },
    y: function (world) { return world * this.scale - this.top; },
    toLatLng: function (x, y) { return this._map.layerPointToLatLng([x, y]); }
  });

  const PANES = { ground: 410, lines: 420, marks: 430, names: 440 };

  function createMap(id, options) {
    const map = L.map(id, {
      crs: L.CRS.EPSG3857, attributionControl: false, zoomControl: false, zoomSnap: 0.25,
      zoomDelta: 1, wheelPxPerZoomLevel: 90, minZoom: 3, maxZoom: 12, preferCanvas: true,
      maxBoundsViscosity: 0.7
    });
    const canvases = {};
    Object.keys(PANES).forEach(function (name) {
      map.createPane(name).style.zIndex = PANES[name];
      map.getPane(name).style.pointerEvents = "none";
      canvases[name] = L.canvas({ pane: name, padding: 0.2 });
    });
    map.canvases = canvases;
    map.painters = [];
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
    L.control.zoom({ position: "bottomleft", zoomInTitle: say("zoom_in"),
      zoomOutTitle: say("zoom_out") }).addTo(map);
    const box = L.latLngBounds([options.south, options.west], [options.north, options.east]);
    const seen = options.seen || options;
    const first = L.latLngBounds([seen.south, seen.west], [seen.north, seen.east]);
    const room = options.seen ? [32, 32] : [10, 10];
    map.fitBounds(first, { padding: room });
    map.setMaxBounds(box.pad(0.35));
    map.on("dragstart", function () { map.moved = true; });
    map.getContainer().addEventListener("wheel", function () { map.moved = true; });
    /* A phone that is turned, or a window that opens late, sees the whole again. */
    window.addEventListener("resize", function () {
      map.invalidateSize({ animate: false });
      if (!map.moved) { map.fitBounds(first, { padding: room, animate: false }); }
    });
    map.getContainer().setAttribute("role", "region");
    map.getContainer().setAttribute("aria-label", say("map"));
    map.on("click", function (event) { answerClick(map, event.layerPoint, event.latlng); });
    return map;
  }

  function addPainter(map, dataset) {
    const painter = new Painter(dataset, map.canvases[dataset.pane]);
    map.painters.push(painter);
    return painter;
  }

  /* Rooms that marks take, so that no name is written across them. */
  function listBoxes(map) {
    return map.painters.reduce(function (boxes, painter) {
      return painter._map && painter.dataset.boxes
        ? boxes.concat(painter.dataset.boxes(painter)) : boxes;
    }, []);
  }

  /* Distance from a point to a piece of line, all in pixels. */
  function distanceToPiece(px, py, ax, ay, bx, by) {
    const dx = bx - ax;
    const dy = by - ay;
    const length = dx * dx + dy * dy;
    const t = length ? Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / length)) : 0;
    return Math.hypot(px - ax - t * dx, py - ay - t * dy);
  }

  function answerClick(map, point, latlng) {
    const radius = L.Browser.touch ? 20 : 12;
    let hits = [];
    map.painters.forEach(function (painter) {
      if (painter._map && painter.dataset.hit) {
        hits = hits.concat(painter.dataset.hit(point, radius, painter));
      }
    });
    hits.sort(function (a, b) { return a.rank - b.rank || a.distance - b.distance; });
    if (hits.length) { showPopup(map, hits[0].at || latlng, hits.slice(0, 8)); }
  }

  function showPopup(map, latlng, hits) {
    map.moved = true;
    const box = document.createElement("div");
    hits.forEach(function (hit) { box.appendChild(buildCard(hit.card())); });
    const narrow = map.getSize().x < 500;
    const popup = L.popup({
      maxWidth: narrow ? 270 : 340, minWidth: 200, autoPanPadding: [12, 12],
      maxHeight: Math.max(140, Math.round(map.getSize().y * (narrow ? 0.5 : 0.65)))
    });
    popup.setLatLng(latlng).setContent(box).openOn(map);
    if (popup._closeButton) { popup._closeButton.setAttribute("aria-label", say("close")); }
    return popup;
  }

  /* card: {title, mark, rows: [[label, value]], notes: [text]}; all of it text. */
  function buildCard(card) {
    const box = document.createElement("section");
    box.className = "card";
    appendText(box, "h3", card.title);
    if (card.badge) { appendText(box, "p", card.badge).className = "badge"; }
    const list = document.createElement("dl");
    card.rows.forEach(function (row) {
      if (row[1] === null || row[1] === undefined || row[1] === "") { return; }
      appendText(list, "dt", row[0]);
      appendText(list, "dd", row[1]);
    });
    box.appendChild(list);
    (card.notes || []).forEach(function (note) { appendText(box, "p", note).className = "note"; });
    return box;
  }

  function appendText(parent, tag, text) {
    const element = document.createElement(tag);
    element.textContent = text;
    parent.appendChild(element);
    return element;
  }

  function formatNumber(value, digits) {
    const text = digits === undefined ? String(value) : Number(value).toFixed(digits);
    return text.replace(".", words.decimal_mark);
  }

  function formatHours(hours) {
    if (hours === null) { return say("hours_unknown"); }
    const days = Math.ceil(hours / 10);
    const shown = hours < 1 ? formatNumber(hours, 1) : String(Math.round(hours));
    const key = hours <= 10 ? "walk_hours" : "walk_hours_days";
    return say(key, { hours: shown, days: days });
  }

  window.georisk = {
    addPainter: addPainter, appendText: appendText, buildCard: buildCard, createMap: createMap,
    decodeLine: decodeLine, distanceToPiece: distanceToPiece, formatHours: formatHours,
    formatNumber: formatNumber, fromWorld: fromWorld, listBoxes: listBoxes, page: page, readIsland: readIsland, say: say,
    showPopup: showPopup, theme: theme, toWorld: toWorld, words: words
  };
})();
