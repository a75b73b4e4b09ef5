/* The page around the map: legend samples, lists that a keyboard can use, dates, printing. */
(function () {
  "use strict";
  const g = window.georisk;
  const theme = g.theme;

  function drawLine(ctx, style, color, width, height) {
    ctx.beginPath();
    ctx.moveTo(3, height / 2);
    ctx.lineTo(width - 3, height / 2);
    g.setStroke(ctx, style, color);
    ctx.stroke();
  }

  function drawArea(ctx, style, width, height) {
    ctx.beginPath();
    ctx.rect(1, 1, width - 2, height - 2);
    g.fillArea(ctx, style);
    g.setStroke(ctx, { color: style.ink, width: 0.8, dash: [] });
    ctx.stroke();
  }

  const samples = {
    line: function (ctx, name, w, h) { drawLine(ctx, theme.lines[name], null, w, h); },
    area: function (ctx, name, w, h) { drawArea(ctx, theme.fills[name], w, h); },
    mode: function (ctx, name, w, h) { drawLine(ctx, theme.mode_lines[name], null, w, h); },
    band: function (ctx, name, w, h) { drawArea(ctx, theme.band, w, h); },
    severity: function (ctx, name, w, h) {
      drawLine(ctx, theme.severity_lines[name], theme.surfaces.label, w, h);
    },
    service: function (ctx, name, w, h) {
      drawLine(ctx, { width: 4, dash: [] }, theme.services[name], w, h);
    },
    symbol: function (ctx, name, w, h) { g.symbols[name](ctx, w / 2, h / 2 + 1, 17); },
    site: function (ctx, name, w, h) {
      g.drawSite(ctx, w / 2, h / 2, 13, { chosen: name, label: 1 });
    }
  };

  function drawSamples() {
    document.querySelectorAll("canvas[data-sample]").forEach(function (canvas) {
      const parts = canvas.dataset.sample.split(":");
      const width = canvas.width;
      const height = canvas.height;
      const sharp = Math.max(2, Math.ceil(window.devicePixelRatio || 1));
      canvas.style.width = width + "px";
      canvas.style.height = height + "px";
      canvas.width = width * sharp;
      canvas.height = height * sharp;
      const ctx = canvas.getContext("2d");
      ctx.scale(sharp, sharp);
      samples[parts[0]](ctx, parts[1], width, height);
    });
  }

  /* A canvas cannot be reached by keyboard or read aloud: every place is also a button. */
  function fillList(map, slot, entries) {
    const box = document.querySelector("[data-list=" + slot + "]");
    if (!box || !entries.length) { return; }
    box.textContent = "";
    entries.forEach(function (entry) {
      const button = document.createElement("button");
      button.type = "button";
      g.appendText(button, "strong", entry.title);
      if (entry.stale) { g.appendText(button, "em", g.say("call_first")); }
      if (entry.detail) { g.appendText(button, "span", entry.detail); }
      button.addEventListener("click", function () { showEntry(map, entry); });
      const item = document.createElement("li");
      item.appendChild(button);
      box.appendChild(item);
    });
  }

  function showEntry(map, entry) {
    if (isNarrow()) { closeSections(null); }
    if (entry.painter && !map.hasLayer(entry.painter)) { map.addLayer(entry.painter); }
    hideOthers(map, entry.painter);
    const at = [entry.at[1], entry.at[0]];
    if (entry.box) {
      map.fitBounds(entry.box, { maxZoom: 9, padding: [40, 40], animate: false });
      map.moved = true;
    } else {
      map.setView(at, Math.max(map.getZoom(), 7), { animate: false });
    }
    /* On a low map the card would hide what it tells of; the list says the same. */
    if (!entry.box || map.getSize().y > 300) { g.showPopup(map, at, [{ card: entry.card }]); }
    map.getContainer().focus({ preventScroll: true });
  }

  /* Layers that would lie on one another: the one asked for stays. */
  function hideOthers(map, kept) {
    map.painters.forEach(function (painter) {
      if (kept && painter !== kept && painter.group && painter.group === kept.group
          && map.hasLayer(painter)) { map.removeLayer(painter); }
    });
  }

  function fillLists(map) {
    const gather = function (key) {
      return map.painters.reduce(function (all, painter) {
        return all.concat(painter[key] || []);
      }, []);
    };
    fillList(map, "places", gather("listing"));
    fillList(map, "sites", gather("sites"));
    fillList(map, "stretches", gather("stretches"));
    const gaps = gather("gaps").sort(function (a, b) { return b.hours - a.hours; });
    fillList(map, "gaps", gaps.slice(0, 30));
  }

  function isNarrow() { return window.matchMedia("(max-width: 799px)").matches; }

  function closeSections(kept) {
    document.querySelectorAll(".panel > details").forEach(function (section) {
      if (section !== kept) { section.open = false; }
    });
  }

  function arrangeSections(map) {
    const sections = Array.from(document.querySelectorAll(".panel > details"));
    sections.forEach(function (section, i) {
      section.open = !isNarrow() && i === 0;
      section.addEventListener("toggle", function () {
        if (section.open && isNarrow()) { closeSections(section); }
      });
    });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && isNarrow()) { closeSections(null); }
    });
    window.addEventListener("beforeprint", function () {
      document.querySelectorAll("details").forEach(function (part) { part.open = true; });
    });
    map.on("click", function () { if (isNarrow()) { closeSections(null); } });
  }

  function nameLayerControl() {
    const toggle = document.querySelector(".leaflet-control-layers-toggle");
    if (!toggle) { return; }
    toggle.textContent = g.say("layers");
    toggle.title = g.say("layers");
    toggle.setAttribute("aria-label", g.say("layers"));
  }

  /* Age and expiry are judged by the reader's clock: the file may be opened long after. */
  function judgeDates() {
    const age = document.querySelector("[data-made-on]");
    if (age) {
      const made = Date.parse(age.dataset.madeOn);
      const days = Math.max(0, Math.floor((Date.now() - made) / 86400000));
      age.textContent = g.say("map_age", { days: days });
      if (days > 90) { age.classList.add("old"); }
    }
    const expiry = document.querySelector("[data-expires]");
    if (expiry && expiry.dataset.expires < g.today()) {
      expiry.textContent = g.say("expired");
      expiry.classList.add("old");
    }
  }

  g.finishPage = function (map) {
    drawSamples();
    fillLists(map);
    arrangeSections(map);
    nameLayerControl();
    judgeDates();
    /* What was filled in has taken room from the map: what is seen first must fit what is left. */
    window.dispatchEvent(new Event("resize"));
    map.whenReady(function () { g.page.dataset.ready = "1"; });
  };
})();
