/** What pages do beyond links and forms, where scripts run: they tell their age. */

/** In words: `12 s`, `3 min`, `2 h`, `4 d`. */
function ageText(seconds) {
  const units = [[86_400, "d"], [3_600, "h"], [60, "min"]];
  const [size, unit] = units.find(([size]) => seconds >= 2 * size) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${unit}`;
}

// By this machine's own clock from its arrival: that of the pool may differ.
const arrived = performance.now();

function tellAge() {
  const seconds = (performance.now() - arrived) / 1_000;
  for (const place of document.querySelectorAll("[data-age]")) {
    place.textContent = seconds < 5 ? "" : `, ${ageText(seconds)} ago`;
  }
}

setInterval(tellAge, 1_000);
