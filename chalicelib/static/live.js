// Live updates: a socket that says when something happened to a lunch of one's own. Pages are whole without it.

const { tickets, events, pages } = document.querySelector("script[data-tickets]").dataset;
const SAID = {
  "event.approved": "Your lunch on DAY is on.",
  "event.unconfirmed": "For your lunch on DAY, one is missing now.",
  "event.rejected": "Your lunch on DAY will not be: too few approved it in time.",
  "event.canceled": "Your lunch on DAY is called off.",
  "event.moved": "Where you meet for your lunch on DAY has changed.",
  "event.evaluate": "Your lunch on DAY is over. How was it?",
};
const SHORTEST = 1000; // milliseconds before a socket that was lost is opened again; longer each time
const LONGEST = 60000;
const SELDOM = 30000; // between two looks for lunches that were made since
let patience = SHORTEST;
let looked = -SELDOM;
let strange = [];

/** Open a socket with a fresh ticket; the page that is looked at has one, and no other. */
async function open() {
  if (document.hidden) return document.addEventListener("visibilitychange", open, { once: true });
  try {
    const given = await ask();
    if (!given) return; // logged out, or there are no live updates here
    const socket = new WebSocket(`${given.url}?ticket=${encodeURIComponent(given.ticket)}`);
    socket.addEventListener("open", () => (patience = SHORTEST));
    socket.addEventListener("message", ({ data }) => hear(JSON.parse(data), given.mine));
    socket.addEventListener("close", again);
  } catch {
    again();
  }
}

/** A ticket and, by token, the lunches that are one's own just now. */
async function ask() {
  const answer = await fetch(tickets, { method: "POST" });
  if (answer.status !== 201) return undefined;
  const { ticket, url, tokens } = await answer.json();
  return { ticket, url, mine: new Map(Object.entries(tokens).map(([event, token]) => [token, event])) };
}

function again() {
  setTimeout(open, patience);
  patience = Math.min(patience * 2, LONGEST);
}

function hear(frame, mine) {
  for (const { token, type } of frame.events) {
    if (!SAID[type]) continue;
    if (mine.has(token)) say(mine.get(token), type);
    else if (type === "event.approved") wonder(token, mine);
  }
}

/** A token that is not known may be of a lunch that was made since, by a round: look, at most twice a minute, and not
 * all pages at one moment. */
function wonder(token, mine) {
  strange.push(token);
  if (strange.length > 1) return;
  const wait = Math.max(0, looked + SELDOM - performance.now()) + Math.random() * SHORTEST;
  setTimeout(() => look(mine).catch(() => (strange = [])), wait);
}

async function look(mine) {
  looked = performance.now();
  const tokens = strange;
  strange = [];
  const given = await ask();
  if (!given) return;
  for (const [token, event] of given.mine) mine.set(token, event);
  for (const token of tokens) if (mine.has(token)) say(mine.get(token), "event.approved");
}

/** Say in the page's polite region what happened, with a way there. */
async function say(event, type) {
  const answer = await fetch(events + event, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { start, timezone } = await answer.json();
  const day = new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone: timezone }).format(new Date(start));
  const notice = Object.assign(document.createElement("p"), { className: "notice" });
  const link = Object.assign(document.createElement("a"), { href: pages + event, textContent: "See it" });
  notice.append(`${SAID[type].replace("DAY", day)} `, link);
  document.querySelector("#live").replaceChildren(notice);
}

open();
