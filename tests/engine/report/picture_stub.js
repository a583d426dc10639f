// A page without a browser: says what the picture's script draws, and what it does when it is used.
"use strict";
const fs = require("fs");
const html = fs.readFileSync(process.argv[2], "utf8");
const data = html.split('id="data">')[1].split("</script>")[0];
const script = html.slice(html.lastIndexOf("<script>") + 8, html.lastIndexOf("</script>"));
const drawn = { nodes: 0, texts: [] };
const pen = new Proxy({}, {
  get: (kept, name) => name === "measureText" ? (text) => ({ width: 6 * text.length })
    : name === "arc" ? () => { drawn.nodes++; }
    : name === "fillText" ? (text) => { drawn.texts.push(text); }
    : name in kept ? kept[name] : () => {},
  set: (kept, name, value) => { kept[name] = value; return true; },
});
function element(tag) {
  return {
    tag, value: "", textContent: "", style: {}, hidden: false, inside: [], heard: {},
    clientWidth: 800, clientHeight: 600, getContext: () => pen, setPointerCapture() {},
    append(...more) { this.inside.push(...more); },
    addEventListener(name, then) { this.heard[name] = then; },
  };
}
const known = {};
global.document = {
  getElementById: (id) => known[id] || (known[id] = element(id)), createElement: element,
};
global.Option = function (text, value) { return { ...element("option"), textContent: text, value }; };
global.window = {
  devicePixelRatio: 1, matchMedia: () => ({ matches: false }), addEventListener() {},
  requestAnimationFrame() {},
};
document.getElementById("data").textContent = data;
document.getElementById("least").value = "1";
eval(script);
function after(id, name, value) {
  drawn.nodes = 0; drawn.texts = [];
  known[id].value = value;
  known[id].heard[name]({});
  return { nodes: drawn.nodes, texts: [...drawn.texts].sort() };
}
const kinds = known.kinds.inside.map((label) => label.inside[0]);
kinds[0].checked = false;
drawn.nodes = 0;
kinds[0].heard.change();
const without = drawn.nodes;
kinds[0].checked = true;
kinds[0].heard.change();
const all = after("language", "change", "");
console.log(JSON.stringify({
  all, without, kinds: kinds.length, languages: known.language.inside.map((one) => one.value),
  go: after("language", "change", "go"), found: (after("language", "change", ""), after("find", "input", "slice")),
}));
