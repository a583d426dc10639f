"use strict";
(function () {
  const find = document.getElementById("find");
  const level = document.getElementById("level");
  const rows = Array.from(document.querySelectorAll("#samples details.row"));
  function choose() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word))
        && (!level.value || row.dataset.level === level.value);
      row.hidden = !fits;
      shown += fits;
    }
    document.getElementById("shown").textContent = shown + " of " + rows.length;
  }
  if (find && level) {
    find.addEventListener("input", choose);
    level.addEventListener("change", choose);
    choose();
  }
  for (const button of document.querySelectorAll("button[data-open]")) {
    button.addEventListener("click", function () {
      const list = document.getElementById(button.dataset.open);
      const all = Array.from(list.children);
      const open = all.some((one) => !one.open);
      for (const one of all) one.open = open;
      button.textContent = open ? "Close all" : "Open all";
    });
  }
})();
