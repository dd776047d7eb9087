// Makes what works anyway quicker: forms and their answers without a new page. Everything works without this.

const PATIENCE = 300; // milliseconds in which nothing is shown
const PAUSE = 5000; // milliseconds between two questions whether something is done
const underway = new WeakSet();
let here = location.pathname + location.search;

/** A progress sign once it takes long, on the button too; the returned function takes both away. */
function progress(form, button) {
  let sign;
  const label = button?.textContent;
  const timer = setTimeout(() => {
    if (button) button.textContent = form.action.endsWith("/book") ? "Booking…" : "Sending…";
    sign = Object.assign(document.createElement("div"), { className: "progress" });
    sign.setAttribute("role", "progressbar");
    sign.setAttribute("aria-label", "Working");
    document.body.append(sign);
  }, PATIENCE);
  return () => {
    clearTimeout(timer);
    if (sign && button) button.textContent = label;
    sign?.remove();
  };
}

/** Put the page that was answered in place of this one, and the reader where they would look first. */
function show(text, url) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = page.querySelector("main");
  if (!main) return false;
  document.title = page.title;
  document.querySelector(".bar")?.replaceWith(page.querySelector(".bar"));
  document.querySelector("main").replaceWith(main);
  if (url !== location.href) history.pushState(null, "", url);
  here = location.pathname + location.search;
  const first = main.querySelector(".summary, .notice[role=status]") ?? main.querySelector("h1");
  first?.setAttribute("tabindex", "-1");
  first?.focus({ preventScroll: true });
  scrollTo(0, 0);
  ready();
  return true;
}

/** Send a form, once however often it is pressed. What cannot be shown in place is left to the browser. */
async function send(form, submitter) {
  if (underway.has(form)) return;
  underway.add(form);
  form.setAttribute("aria-busy", "true");
  const done = progress(form, submitter);
  try {
    const data = new URLSearchParams(new FormData(form, submitter));
    const action = submitter?.getAttribute("formaction") ? submitter.formAction : form.action;
    const answer = await fetch(action, { method: "POST", body: data, headers: { Accept: "text/html" } });
    const isPage = answer.headers.get("content-type")?.startsWith("text/html");
    if (!isPage || !show(await answer.text(), answer.redirected ? answer.url : location.href)) location.assign(answer.url);
  } catch {
    complain(form);
  } finally {
    done();
    underway.delete(form);
    form.removeAttribute("aria-busy");
  }
}

/** The network failed: say so where the form is; what was typed is still in it. */
function complain(form) {
  form.querySelector(".offline")?.remove();
  const text = "Nothing was sent: the connection failed. Please try again.";
  const notice = Object.assign(document.createElement("p"), { className: "notice bad offline", textContent: text });
  notice.setAttribute("role", "alert");
  form.prepend(notice);
}

addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.dataset.plain !== undefined) return;
  event.preventDefault();
  send(form, event.submitter);
});

// A page that was shown in place has a place in the history too; a step within one page is the browser's own.
addEventListener("popstate", () => {
  if (here !== location.pathname + location.search) location.reload();
});

/** A button beside a code that puts it on the clipboard. */
function offerToCopy(code) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet small", textContent: code.dataset.copy || "Copy" });
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  });
  code.after(button);
}

/** What is under way stands in a part that a later page has no more: ask until then, and show that page. */
async function askUntilGone(part) {
  while (part.isConnected) {
    await new Promise((done) => setTimeout(done, PAUSE));
    if (document.hidden || !part.isConnected || document.activeElement?.matches("input, select, textarea")) continue;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page && !page.querySelector("[data-until-gone]") && page.querySelector("main");
    if (!main || !part.isConnected) continue;
    const said = Object.assign(document.createElement("p"), { className: "notice", textContent: part.dataset.untilGone });
    said.setAttribute("role", "status");
    main.querySelector(".notice[role=status]")?.remove();
    main.querySelector("h1").after(said);
    document.querySelector("main").replaceWith(main);
    ready();
  }
}

/** What a page asks of the script by its attributes. */
function ready() {
  // The browser knows its zone: suggest it where nobody has chosen yet.
  const zone = document.querySelector("select[data-suggest-zone]");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && [...zone.options].some((option) => option.value === own)) zone.value = own;
  document.querySelectorAll("[data-copy]").forEach(offerToCopy);
  document.querySelectorAll("[data-until-gone]").forEach(askUntilGone);
  document.dispatchEvent(new CustomEvent("rendezvous:page")); // live updates begin here
}

ready();
