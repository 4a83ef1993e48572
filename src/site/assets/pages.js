/**
 * What pages do beyond links and forms, where scripts run: lists are narrowed and sorted in place, pages tell their age, and
 * commands can be copied.
 */

/** In words: `12 s`, `3 min`, `2 h`, `4 d`. */
function ageText(seconds) {
  const units = [[86_400, "d"], [3_600, "h"], [60, "min"]];
  const [size, unit] = units.find(([size]) => seconds >= 2 * size) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${unit}`;
}

// By this machine's own clock from the arrival: that of the pool may differ.
let arrived = performance.now();

function tellAge() {
  const seconds = (performance.now() - arrived) / 1_000;
  for (const place of document.querySelectorAll("[data-age]")) {
    place.textContent = seconds < 5 ? "" : `, ${ageText(seconds)} ago`;
  }
}

setInterval(tellAge, 1_000);

// Another script has taken in a newer page.
document.addEventListener("renewed", () => {
  arrived = performance.now();
  tellAge();
});

/* Lists. The server narrows and sorts, as it does without scripts; its answer takes the place of the list. */

let asking = null;

/** Tells those who do not see the page how many rows are left. */
const said = document.createElement("p");
said.className = "unseen";
said.setAttribute("role", "status");
document.body.append(said);

/** Shows the page at the address in place of this one; where it cannot be read, the browser goes there. */
async function show(address, { isNew }) {
  asking?.abort();
  asking = new AbortController();
  try {
    const response = await fetch(address, { headers: { accept: "text/html" }, signal: asking.signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = page.querySelector("main");
    if (main === null) return location.assign(address);
    takeIn(page, main);
    if (isNew) history.pushState({}, "", address);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  }
}

function takeIn(page, main) {
  const { id, selectionStart = null } = document.activeElement ?? {};
  document.querySelector("main").replaceChildren(...main.childNodes);
  document.querySelector("body > footer")?.replaceWith(page.querySelector("body > footer"));
  document.title = page.title;
  arrived = performance.now();
  prepare();
  said.textContent = document.querySelector(".pager, .nothing")?.textContent ?? "";
  const focused = id ? document.getElementById(id) : null;
  focused?.focus({ preventScroll: true });
  if (selectionStart !== null) focused?.setSelectionRange?.(selectionStart, selectionStart);
}

function addressOf(form) {
  const given = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(given);
  return query.size === 0 ? form.getAttribute("action") : `${form.getAttribute("action")}?${query}`;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("#list a");
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  // Only to the same list: other pages are gone to.
  if (!link || !isPlain || link.pathname !== location.pathname) return;
  event.preventDefault();
  show(link.href, { isNew: true });
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.filters")) return;
  event.preventDefault();
  show(addressOf(event.target), { isNew: true });
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form.filters");
  if (form) show(addressOf(form), { isNew: true });
});

addEventListener("popstate", () => {
  if (document.getElementById("list") !== null) show(location.href, { isNew: false });
});

/* Commands to copy */

function addCopyButton(code) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${code.textContent}`);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
    setTimeout(() => button.textContent = "Copy", 2_000);
  });
  code.after(button);
}

/** What stands in the page only where scripts run. */
function prepare() {
  // Browsers let pages copy only over TLS and from the machine itself.
  for (const form of document.querySelectorAll("form.filters")) {
    // A choice is taken at once, a text with the Enter key.
    form.querySelector("button").hidden = form.querySelector("input:not([type=hidden])") === null;
  }
  for (const time of document.querySelectorAll("main time[datetime]:not([title])")) {
    time.title = new Date(time.dateTime).toLocaleString(undefined, {
      dateStyle: "medium",
      timeStyle: "long",
    });
  }
  if (navigator.clipboard) document.querySelectorAll("code[data-copy]").forEach(addCopyButton);
}

prepare();
