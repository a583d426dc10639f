"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const nodes = data.nodes, edges = data.edges.map(([a, b, w]) => ({ a: nodes[a], b: nodes[b], w }));
  const canvas = document.getElementById("canvas"), pen = canvas.getContext("2d");
  const side = document.getElementById("side"), find = document.getElementById("find");
  const least = document.getElementById("least"), kindsBox = document.getElementById("kinds");
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  const tone = { task: "#4f86e8", instruction: "#d98a2b", knowledge: "#3aa76d" };
  const ink = dark ? "#e3e8ef" : "#1d2430", faint = dark ? "#3a4655" : "#c4ccd6";
  const most = Math.max(1, ...nodes.map((n) => n.count));
  const heaviest = Math.max(1, ...edges.map((e) => e.w));
  const language = document.getElementById("language");
  const shownKinds = new Set(), spoken = new Set();
  let scale = 1, left = 0, top = 0, chosen = null, over = null, heat = 1, words = "";

  nodes.forEach(function (n, i) { // a spiral: the same first places every time
    const turn = i * 2.399963, far = 14 * Math.sqrt(i + 1);
    n.x = far * Math.cos(turn); n.y = far * Math.sin(turn); n.vx = n.vy = 0;
    n.r = 3 + 11 * Math.sqrt(n.count / most); n.ties = [];
    shownKinds.add(n.kind);
    n.languages.forEach((one) => spoken.add(one));
  });
  for (const e of edges) { e.a.ties.push(e); e.b.ties.push(e); }
  least.max = String(Math.min(20, heaviest));

  for (const kind of Array.from(shownKinds).sort()) {
    const label = document.createElement("label"), box = document.createElement("input");
    const dot = document.createElement("span");
    box.type = "checkbox"; box.checked = true;
    dot.className = "dot"; dot.style.background = colour(kind);
    box.addEventListener("change", function () {
      if (box.checked) shownKinds.add(kind); else shownKinds.delete(kind);
      heat = Math.max(heat, 0.3);
      draw();
    });
    label.append(box, " ", dot, kind, " ");
    kindsBox.append(label);
  }

  spoken.delete("*");
  for (const one of Array.from(spoken).sort()) language.append(new Option(one, one));
  language.hidden = spoken.size < 2;
  language.addEventListener("change", function () {
    if (chosen && !seen(chosen)) { chosen = null; tell(); }
    heat = Math.max(heat, 0.3);
    draw();
  });

  function colour(kind) { return tone[kind] || "#8a94a3"; }
  function seen(n) {
    const spoken = language.value, own = n.languages;
    return shownKinds.has(n.kind)
      && (!spoken || !own.length || own.includes(spoken) || own.includes("*"));
  }
  function drawn(e) { return e.w >= Number(least.value) && seen(e.a) && seen(e.b); }

  function step() { // all push each other, ties pull, and all are drawn to the middle
    const here = nodes.filter(seen);
    for (let i = 0; i < here.length; i++) {
      const n = here[i];
      for (let j = 0; j < i; j++) {
        const m = here[j], dx = n.x - m.x, dy = n.y - m.y, d2 = dx * dx + dy * dy + 1;
        const push = 1600 * (1 + (n.r + m.r) / 12) / d2 / Math.sqrt(d2) * heat;
        n.vx += dx * push; n.vy += dy * push; m.vx -= dx * push; m.vy -= dy * push;
      }
      n.vx -= 0.006 * n.x * heat; n.vy -= 0.008 * n.y * heat;
    }
    for (const e of edges) {
      if (!drawn(e)) continue;
      const dx = e.b.x - e.a.x, dy = e.b.y - e.a.y, d = Math.sqrt(dx * dx + dy * dy) + 0.01;
      const busy = Math.min(e.a.ties.length, e.b.ties.length);
      const pull = 0.12 * (d - 60 - e.a.r - e.b.r) / d / Math.sqrt(busy) * heat;
      e.a.vx += dx * pull; e.a.vy += dy * pull; e.b.vx -= dx * pull; e.b.vy -= dy * pull;
    }
    for (const n of here) {
      if (n !== held) { n.x += Math.max(-30, Math.min(30, n.vx)); n.y += Math.max(-30, Math.min(30, n.vy)); }
      n.vx *= 0.55; n.vy *= 0.55;
    }
    heat *= 0.992;
  }

  function near(n) {
    const focus = chosen || over;
    return !focus || n === focus || focus.ties.some((e) => drawn(e) && (e.a === n || e.b === n));
  }

  function draw() {
    const ratio = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
    if (canvas.width !== w * ratio || canvas.height !== h * ratio) {
      canvas.width = w * ratio; canvas.height = h * ratio;
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, w, h);
    pen.translate(w / 2 + left, h / 2 + top); pen.scale(scale, scale);
    const focus = chosen || over;
    for (const e of edges) {
      if (!drawn(e)) continue;
      const mine = focus && (e.a === focus || e.b === focus);
      pen.globalAlpha = mine ? 0.9 : focus ? 0.1 : 0.4 + 0.5 * e.w / heaviest;
      pen.strokeStyle = mine ? colour(focus.kind) : faint;
      pen.lineWidth = (0.6 + 2.4 * e.w / heaviest) / Math.sqrt(scale);
      pen.beginPath(); pen.moveTo(e.a.x, e.a.y); pen.lineTo(e.b.x, e.b.y); pen.stroke();
    }
    for (const n of nodes) {
      if (!seen(n)) continue;
      const hit = words && n.name.toLowerCase().includes(words);
      pen.globalAlpha = hit || (!words && near(n)) ? 1 : 0.18;
      pen.fillStyle = colour(n.kind);
      pen.beginPath(); pen.arc(n.x, n.y, n.r, 0, 7);
      if (n.accepted) pen.fill();
      pen.lineWidth = 1.5; pen.strokeStyle = n === focus || hit ? ink : colour(n.kind); pen.stroke();
    }
    pen.fillStyle = ink; pen.textAlign = "center"; pen.textBaseline = "top";
    const taken = [];
    for (const n of nodes) { // largest first: they are in the order of their counts
      const hit = words && n.name.toLowerCase().includes(words);
      if (!seen(n) || !(hit || (!words && near(n)))) continue;
      const size = 11 / scale, text = n.name.length > 34 ? n.name.slice(0, 33) + "…" : n.name;
      pen.font = size + "px system-ui, sans-serif";
      const wide = pen.measureText(text).width + 6 / scale, y = n.y + n.r + 2 / scale;
      const box = [n.x - wide / 2, y, n.x + wide / 2, y + size * 1.25];
      if (n !== focus && taken.some((t) => box[0] < t[2] && t[0] < box[2] && box[1] < t[3] && t[1] < box[3])) continue;
      taken.push(box);
      pen.globalAlpha = 1; pen.fillText(text, n.x, y);
    }
    pen.globalAlpha = 1;
  }

  function tell() {
    side.hidden = !chosen;
    if (!chosen) return;
    side.textContent = "";
    const title = document.createElement("b"), facts = document.createElement("div");
    const list = document.createElement("ul");
    title.textContent = chosen.name;
    facts.className = "dim";
    facts.textContent = chosen.kind + ", in " + chosen.count + " rows of the graph, "
      + chosen.accepted + " accepted; beside " + chosen.near + " others";
    const ties = chosen.ties.slice().sort((a, b) => b.w - a.w);
    for (const e of ties.slice(0, 40)) {
      const other = e.a === chosen ? e.b : e.a, item = document.createElement("li");
      const dot = document.createElement("span");
      dot.className = "dot"; dot.style.background = colour(other.kind);
      item.append(dot, other.name + " (" + e.w + ")");
      item.addEventListener("click", function () { choose(other); });
      list.append(item);
    }
    side.append(title, facts, list);
  }
  function choose(n) { chosen = n; tell(); draw(); }

  function at(event) {
    const x = (event.clientX - canvas.clientWidth / 2 - left) / scale;
    const y = (event.clientY - canvas.clientHeight / 2 - top) / scale;
    let best = null, far = Infinity;
    for (const n of nodes) {
      const d = Math.hypot(n.x - x, n.y - y) - n.r;
      if (seen(n) && d < 6 / scale && d < far) { best = n; far = d; }
    }
    return { x, y, n: best };
  }
  let held = null, down = null, moved = false, touched = false;
  canvas.addEventListener("pointerdown", function (event) {
    canvas.setPointerCapture(event.pointerId);
    held = at(event).n; down = event; moved = false; touched = true;
  });
  canvas.addEventListener("pointermove", function (event) {
    const spot = at(event);
    if (down) {
      if (Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > 3) moved = true;
      if (held) { held.x = spot.x; held.y = spot.y; heat = Math.max(heat, 0.15); }
      else if (moved) { left += event.movementX; top += event.movementY; }
      draw();
    } else if (spot.n !== over) {
      over = spot.n; canvas.style.cursor = over ? "pointer" : "grab"; draw();
      canvas.title = over ? over.name + ": in " + over.count + " rows, " + over.accepted + " accepted" : "";
    }
  });
  canvas.addEventListener("pointerup", function (event) {
    if (!moved) choose(at(event).n);
    down = held = null;
  });
  function zoom(by, atX, atY) {
    const to = Math.max(0.1, Math.min(8, scale * by));
    const x = atX - canvas.clientWidth / 2, y = atY - canvas.clientHeight / 2;
    left = x - (x - left) * to / scale; top = y - (y - top) * to / scale;
    scale = to; touched = true; draw();
  }
  for (const [id, by] of [["nearer", 1.4], ["farther", 1 / 1.4]]) {
    document.getElementById(id).addEventListener("click", function () {
      zoom(by, canvas.clientWidth / 2, canvas.clientHeight / 2);
    });
  }
  canvas.addEventListener("wheel", function (event) {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * 0.0015), event.clientX, event.clientY);
  }, { passive: false });
  find.addEventListener("input", function () { words = find.value.trim().toLowerCase(); draw(); });
  least.addEventListener("input", function () {
    document.getElementById("from").textContent = least.value;
    heat = Math.max(heat, 0.3); draw();
  });
  window.addEventListener("resize", draw);

  function fit() {
    const here = nodes.filter(seen), xs = here.map((n) => n.x), ys = here.map((n) => n.y);
    if (!here.length) return;
    const wide = Math.max(...xs) - Math.min(...xs) + 160, high = Math.max(...ys) - Math.min(...ys) + 160;
    scale = Math.min(canvas.clientWidth / wide, (canvas.clientHeight - 60) / high, 1.6);
    left = -scale * (Math.max(...xs) + Math.min(...xs)) / 2;
    top = 25 - scale * (Math.max(...ys) + Math.min(...ys)) / 2;
  }
  for (let i = 0; i < 300; i++) step();
  fit();
  (function frame() {
    if (heat > 0.02) { step(); if (!touched) fit(); draw(); }
    window.requestAnimationFrame(frame);
  })();
  draw();
})();
