/**
 * Keeps the dashboard up to date: whenever something happens in the pool, and every 15 seconds, it loads the page again and
 * changes what has changed, in place, so that focus, selection, scrolling and what is folded open stay. Says so when the pool
 * has not answered for 30 seconds, and goes on by itself when it does. Ages and countdowns tick meanwhile.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Between two loads, from the start of one to the start of the next. */
const LEAST = 2 * SECOND;
const MOST = 15 * SECOND;
/** Without an answer for this long, the page is out of date. */
const STALE = 30 * SECOND;
const TIMEOUT = 10 * SECOND;

const board = document.getElementById("board");
const freshness = document.getElementById("freshness");

/** By the steady clock, as those below. */
let startedAt = performance.now();
let answeredAt = performance.now();
/** The same by the clock on the wall. */
let answeredTime = new Date();
let isStale = false;
let isLoading = false;
let timer = 0;
/** How far the pool's clock is ahead of this machine's. */
let ahead = Date.parse(board.dataset.now) - Date.now();

/** As the page itself writes it. */
function shortDuration(time) {
  const parts = [[DAY, "d"], [HOUR, "h"], [MINUTE, "m"], [SECOND, "s"]];
  const first = parts.findIndex(([unit]) => time >= unit);
  if (first === -1) return "0s";
  return parts.slice(first, first + 2).map(([unit, letter], index) => {
    const within = index === 0 ? time : time % parts[first][0];
    return `${Math.floor(within / unit)}${letter}`;
  }).join(" ");
}

function tick() {
  const now = Date.now() + ahead;
  for (const element of document.querySelectorAll("time[data-tick]")) {
    const time = Date.parse(element.dateTime);
    const left = time - now;
    const text = element.dataset.tick === "age"
      ? shortDuration(now - time)
      : left <= 0
      ? "now"
      : `in ${shortDuration(left)}`;
    if (element.textContent !== text) element.textContent = text;
  }
}

function tellFreshness() {
  const wasStale = isStale;
  isStale = performance.now() - answeredAt > STALE;
  document.body.classList.toggle("stale", isStale);
  if (isStale && !wasStale) {
    // As the other times of the page.
    const time = `${answeredTime.toLocaleTimeString("en-GB", { timeZone: "UTC" })} UTC`;
    freshness.textContent = `Not updated since ${time}: the pool does not answer. Trying again.`;
  } else if (!isStale && wasStale) {
    freshness.textContent = "Up to date again.";
    setTimeout(forgetFreshness, 10 * SECOND);
  }
}

function forgetFreshness() {
  if (!isStale) freshness.textContent = "";
}

/** Tells a child from its siblings, before and after; null: its place does. */
function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.dataset?.key ?? (node.id || null) : null;
}

function isAlike(one, other) {
  return one.nodeName === other.nodeName && keyOf(one) === keyOf(other);
}

function morph(from, to) {
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
    return;
  }
  if (from.hasAttribute("data-keep") || from.isEqualNode(to)) return;
  morphAttributes(from, to);
  morphChildren(from, to);
}

function morphAttributes(from, to) {
  // Folding something open or shut by hand has the last word.
  const isOwn = (name) => name === "open" && from.nodeName === "DETAILS";
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !isOwn(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !isOwn(name)) from.setAttribute(name, value);
  }
}

function morphChildren(from, to) {
  const keyed = new Map(
    [...from.children].filter((child) => keyOf(child) !== null).map((child) => [keyOf(child), child]),
  );
  let place = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = keyOf(wanted);
    const known = key === null ? place : keyed.get(key) ?? null;
    keyed.delete(key);
    if (known === null || !isAlike(known, wanted)) {
      from.insertBefore(document.importNode(wanted, true), place);
      continue;
    }
    if (known === place) place = place.nextSibling;
    else from.insertBefore(known, place);
    morph(known, wanted);
  }
  while (place !== null) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const next = page.getElementById("board");
  if (next === null) throw new Error("this is not the dashboard");
  // Another version of the program has another script and another style sheet.
  if (next.dataset.version !== board.dataset.version) return location.reload();
  ahead = Date.parse(next.dataset.now) - Date.now();
  const focused = document.activeElement;
  morph(board, next);
  // Elements that were moved lose it.
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  const [footer, nextFooter] = [document, page].map((one) => one.querySelector("body > footer"));
  if (footer !== null && nextFooter !== null) morph(footer, nextFooter);
  document.title = page.title;
  document.dispatchEvent(new Event("renewed"));
  tick();
}

async function load() {
  clearTimeout(timer);
  timer = 0;
  if (isLoading) return;
  isLoading = true;
  startedAt = performance.now();
  try {
    const answer = await fetch(location.pathname + location.search, {
      cache: "no-cache",
      headers: { accept: "text/html" },
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const text = await answer.text();
    if (answer.ok) {
      show(text);
      [answeredAt, answeredTime] = [performance.now(), new Date()];
    }
  } catch {
    // Told once it has lasted.
  } finally {
    isLoading = false;
    tellFreshness();
  }
}

/** What happens together is loaded together. */
function loadSoon() {
  if (timer !== 0) return;
  const wait = Math.max(200, startedAt + LEAST - performance.now());
  timer = setTimeout(load, wait);
}

function follow() {
  const events = new EventSource("/events");
  events.addEventListener("open", loadSoon);
  events.addEventListener("message", loadSoon);
  events.addEventListener("error", () => {
    // It connects again by itself, unless it was refused.
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 5 * SECOND);
  });
}

function everySecond() {
  tick();
  tellFreshness();
  if (performance.now() - startedAt >= MOST) load();
}

follow();
setInterval(everySecond, SECOND);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") loadSoon();
});
