// SPDX-License-Identifier: Apache-2.0
// Copyright The edgedyno authors
// Sorting and filtering of tables. The page is complete without it.
"use strict";
const tables = [...document.querySelectorAll("table")];
for (const table of tables) {
  const body = table.tBodies[0], rows = [...body.rows];
  const key = (row, column) => {
    const cell = row.cells[column];
    if (cell.classList.contains("none")) return null;
    const number = parseFloat(cell.dataset.s);
    return Number.isNaN(number) ? cell.textContent : number;
  };
  const compare = (a, b) => typeof a === "number" && typeof b === "number"
    ? a - b : String(a).localeCompare(String(b), undefined, {numeric: true});
  const sort = (column, down) => {
    const sorted = rows.map((row, index) => ({row, index, key: key(row, column)}));
    sorted.sort((a, b) => {
      if (a.key === null || b.key === null)  // what was not measured stays at the end
        return (a.key === null) - (b.key === null) || a.index - b.index;
      return (down ? -1 : 1) * compare(a.key, b.key) || a.index - b.index;
    });
    for (const entry of sorted) body.append(entry.row);
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sort(column, down);
    });
  });
  if (table === tables[0] && rows.length > 12) {
    const filter = document.createElement("input");
    filter.type = "search";
    filter.placeholder = "filter: resnet8 avx2";
    filter.setAttribute("aria-label", "filter the rows");
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of rows)
        row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word));
    });
    table.parentNode.before(filter);
  }
}
