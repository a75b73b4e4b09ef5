/* What planners look at: segments by class, gaps per service, places and proposed sites. */
(function () {
  "use strict";
  const g = window.georisk;
  const theme = g.theme;

  /* Segments: pieces of legs; each piece is one chain of points, cut into runs of one class. */
  function addSegments(map, id) {
    const data = g.readIsland(id);
    data.pieces.forEach(function (piece) { openPiece(piece, data.per_degree); });
    return g.addPainter(map, {
      pane: "lines",
      paint: function (ctx, view) {
        theme.classes.forEach(function (name, code) { paintClass(ctx, view, data, name, code); });
      },
      hit: function (point, radius, view) { return hitSegment(data, point, radius, view); }
    });
  }

  function openPiece(piece, perDegree) {
    piece.chain = g.decodeLine(piece.xy, perDegree);
    piece.ends = [0];
    for (let i = 0; i < piece.count; i += 1) {
      piece.ends.push(piece.ends[i] + (piece.steps ? piece.steps[i] : 1));
    }
  }

  function paintClass(ctx, view, data, name, code) {
    ctx.beginPath();
    data.pieces.forEach(function (piece) {
      let at = 0;
      for (let i = 0; i < piece.cls.length; i += 2) {
        const next = at + piece.cls[i + 1];
        if (piece.cls[i] === code) {
          const points = piece.chain.subarray(2 * piece.ends[at], 2 * piece.ends[next] + 2);
          g.tracePath(ctx, view, points, false);
        }
        at = next;
      }
    });
    const style = theme.lines[name];
    const thin = view.zoom < 6 ? 0.7 : 1;
    g.setStroke(ctx, { color: "#ffffff", width: style.width * thin + 1.8, dash: [] });
    ctx.stroke();
    g.setStroke(ctx, { color: style.color, width: style.width * thin, dash: style.dash });
    ctx.stroke();
    ctx.setLineDash([]);
  }

  function hitSegment(data, point, radius, view) {
    let best = { distance: radius + 1 };
    data.pieces.forEach(function (piece) {
      let segment = 0;
      for (let i = 1; 2 * i < piece.chain.length; i += 1) {
        while (i > piece.ends[segment + 1]) { segment += 1; }
        const distance = g.distanceToPiece(point.x, point.y, view.x(piece.chain[2 * i - 2]),
          view.y(piece.chain[2 * i - 1]), view.x(piece.chain[2 * i]),
          view.y(piece.chain[2 * i + 1]));
        if (distance < best.distance) {
          best = { distance: distance, piece: piece, segment: segment };
        }
      }
    });
    if (!best.piece) { return []; }
    best.rank = 5;
    best.card = function () { return segmentCard(data, best.piece, best.segment); };
    return [best];
  }

  function readRun(runs, index) {
    let at = 0;
    for (let i = 0; i < runs.length; i += 2) {
      at += runs[i + 1];
      if (index < at) { return runs[i]; }
    }
    return -1;
  }

  function fromLog(code) {
    const value = Math.pow(10, code / 100);
    return g.formatNumber(Number(value.toPrecision(2)));
  }

  function segmentCard(data, piece, index) {
    const name = theme.classes[readRun(piece.cls, index)];
    const from = piece.km + index * piece.step_km;
    const near = readRun(piece.near, index);
    const evidence = theme.evidence[readRun(piece.evidence, index)];
    const rows = [
      [g.say("class"), g.say("class_" + name)],
      [g.say("evidence"), g.say("evidence_" + evidence)],
      [g.say("intensity"), evidence === "insufficient" ? g.say("no_number")
        : describeIntensity(piece, index)],
      [g.say("score"), piece.score[index] === null ? null
        : g.say("score_of_ten", { score: g.formatNumber(piece.score[index] / 10, 1) })],
      [g.say("mode"), g.say("mode_" + piece.mode)],
      [g.say("stretch"), g.say("km_from_to", { a: g.formatNumber(from, 1),
        b: g.formatNumber(from + piece.step_km, 1) })],
      [g.say("near"), near < 0 ? null : data.places[near]],
      [g.say("identifier"), piece.leg + "-" + String(piece.first + index).padStart(4, "0")]
    ];
    return { title: g.say("from_to", { a: piece.from, b: piece.to }), rows: rows,
      notes: name === "insufficient" ? [g.say("note_insufficient")] : [] };
  }

  function describeIntensity(piece, index) {
    if (!piece.intensity || piece.intensity[index] === null) { return null; }
    const value = fromLog(piece.intensity[index]);
    if (!piece.low || !piece.high || piece.low[index] === null || piece.high[index] === null) {
      return g.say("intensity_plain", { value: value });
    }
    return g.say("intensity_between", { value: value, low: fromLog(piece.intensity[index] + piece.low[index]),
      high: fromLog(piece.intensity[index] + piece.high[index]) });
  }

  /* Gaps run beside the way, northbound on one side and southbound on the other. */
  function addGaps(map, id, service) {
    const data = g.readIsland(id);
    const gaps = data.gaps.filter(function (row) {
      return theme.service_names[row[0]] === service;
    }).map(function (row) { return openGap(row, data); });
    const lane = 6 + 4 * (data.services.indexOf(service) % 4);
    const painter = g.addPainter(map, {
      pane: "lines",
      paint: function (ctx, view) {
        gaps.forEach(function (gap) { paintGap(ctx, view, gap, lane); });
      },
      hit: function (point, radius, view) {
        return hitGaps(gaps, lane, point, radius, view);
      }
    });
    painter.gaps = gaps.map(function (gap) { return listGap(gap, painter); });
    return painter;
  }

  function openGap(row, data) {
    const text = function (number) { return data.texts[number]; };
    return { service: theme.service_names[row[0]], direction: theme.directions[row[1]],
      severity: theme.severities[row[2]], from: text(row[3]), to: text(row[4]), km: row[5],
      hours: row[6], next: row[7], corridor: row[8].map(text).join("; "),
      shape: g.decodeAll(data.shapes[row[9]], data.per_degree) };
  }

  function listGap(gap, painter) {
    const line = gap.shape[0] || [0.5, 0.5];
    const middle = 2 * Math.floor(line.length / 4);
    return { at: g.fromWorld(line[middle], line[middle + 1]), hours: gap.hours || 0,
      painter: painter, title: g.say("from_to", { a: gap.from || "?", b: gap.to || "?" }),
      detail: g.say("service_" + gap.service) + ", " + g.say("direction_" + gap.direction)
        + ": " + g.formatHours(gap.hours), card: function () { return gapCard(gap); } };
  }

  function shiftLine(line, view, offset) {
    const points = [];
    for (let i = 0; i < line.length; i += 2) {
      const point = [view.x(line[i]), view.y(line[i + 1])];
      const last = points[points.length - 1];
      if (!last || Math.hypot(point[0] - last[0], point[1] - last[1]) >= 2.5) {
        points.push(point);
      }
    }
    return points.map(function (point, i) {
      const before = points[Math.max(0, i - 1)];
      const after = points[Math.min(points.length - 1, i + 1)];
      const dx = after[0] - before[0];
      const dy = after[1] - before[1];
      const length = Math.hypot(dx, dy) || 1;
      return [point[0] - dy / length * offset, point[1] + dx / length * offset];
    });
  }

  function shiftGap(gap, lane, view) {
    const side = gap.direction === "forward" ? lane : -lane;
    const offset = view.zoom < 6 ? side * 0.75 : side;
    return gap.shape.map(function (line) { return shiftLine(line, view, offset); });
  }

  function paintGap(ctx, view, gap, lane) {
    ctx.beginPath();
    shiftGap(gap, lane, view).forEach(function (points) {
      points.forEach(function (point, i) {
        if (i) { ctx.lineTo(point[0], point[1]); } else { ctx.moveTo(point[0], point[1]); }
      });
    });
    const style = theme.severity_lines[gap.severity];
    const thin = view.zoom < 6 ? 0.55 : 1;
    g.setStroke(ctx, { width: style.width * thin, dash: style.dash }, theme.services[gap.service]);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  function hitGaps(gaps, lane, point, radius, view) {
    const found = [];
    gaps.forEach(function (gap) {
      let best = Infinity;
      shiftGap(gap, lane, view).forEach(function (points) {
        for (let i = 1; i < points.length; i += 1) {
          best = Math.min(best, g.distanceToPiece(point.x, point.y, points[i - 1][0],
            points[i - 1][1], points[i][0], points[i][1]));
        }
      });
      if (best <= radius) {
        found.push({ rank: 6, distance: best, card: function () { return gapCard(gap); } });
      }
    });
    return found;
  }

  function gapCard(gap) {
    return { title: g.say("gap_of", { service: g.say("service_" + gap.service) }), rows: [
      [g.say("between"), g.say("from_to", { a: gap.from || "?", b: gap.to || "?" })],
      [g.say("direction"), g.say("direction_" + gap.direction)],
      [g.say("length"), g.say("about_km", { km: g.formatNumber(Math.round(gap.km)) })],
      [g.say("on_foot"), g.formatHours(gap.hours)],
      [g.say("next_place"), gap.next === null ? g.say("unreachable") : g.formatHours(gap.next)],
      [g.say("severity"), g.say("severity_" + gap.severity)],
      [g.say("corridor"), gap.corridor]
    ], notes: gap.service !== "water" || gap.severity === "uncovered" ? []
      : [g.say("note_carry")] };
  }

  Object.assign(g, { addGaps: addGaps, addSegments: addSegments });
})();
