// Filters change what is listed in place: the page is asked for as ever, and only its main part is put in.
// Each form and link that does so bears `data-in-place`, and leads to a whole page without this.
const main = document.querySelector("main");
const aloud = document.querySelector("[role=status]") ?? document.createElement("p");
if (!aloud.isConnected) {
  aloud.className = "nhsuk-u-visually-hidden";
  aloud.setAttribute("role", "status");
  document.body.append(aloud);
}
let asking = new AbortController();
let here = location.pathname + location.search;

// What stands in the head and above the main part, and differs.
const dress = (made) => {
  document.title = made.title;
  for (const old of document.querySelectorAll("head link[rel=alternate]")) old.remove();
  document.head.append(...made.querySelectorAll("head link[rel=alternate]"));
  const [question, asked] = [document, made].map((page) => page.querySelector("header #q"));
  if (question) question.value = asked.value;
};

const put = (html) => {
  const made = new DOMParser().parseFromString(html, "text/html");
  dress(made);
  main.replaceChildren(...made.querySelector("main").childNodes);
  const told = made.querySelector('script[src*="/hand.js"]');
  if (told) document.dispatchEvent(new CustomEvent("app-narrowed", { detail: { ...told.dataset } }));
  // First what is wrong, where something is; else what is answered.
  const first = main.querySelector(".nhsuk-error-summary") ?? main.querySelector("h1");
  first.tabIndex = -1;
  first.focus();
  aloud.textContent = main.querySelector("[data-count]")?.textContent ?? "";
};

const show = async (address) => {
  here = location.pathname + location.search;
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { signal });
    if (answer.redirected || answer.status >= 500) throw new Error(answer.status);
    const html = await answer.text();
    if (!signal.aborted) put(html);
  } catch {
    // No signal, or no such page: the browser says so in its own way. Asked something else meanwhile: that is shown.
    if (!signal.aborted) location.assign(address);
  } finally {
    if (!signal.aborted) main.removeAttribute("aria-busy");
  }
};

const go = (address) => {
  history.pushState({}, "", address);
  return show(address);
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-in-place]")) return;
  event.preventDefault();
  const said = [...new FormData(form, event.submitter)].filter(([, value]) => value);
  go(`${new URL(form.action).pathname}?${new URLSearchParams(said)}`);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-in-place] a");
  const elsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!link || elsewhere) return;
  event.preventDefault();
  go(link.href);
});

// There and back; with a fragment alone it is the same page.
window.addEventListener("popstate", () => {
  if (location.pathname + location.search !== here) show(location.href);
});
