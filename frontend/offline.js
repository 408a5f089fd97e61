// Lists what is kept on this phone: one's own services, then those seen last. A question narrows the list.
const asked = new URLSearchParams(location.search).get("q")?.trim() ?? "";
const words = asked.toLowerCase().split(/\s+/).filter(Boolean);

const made = (tag, text, className, href) => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (className) element.className = className;
  if (href) element.href = href;
  return element;
};

// One kept entry as a line; nothing where the question names something else.
const line = (kept, path) => {
  const main = new DOMParser().parseFromString(kept, "text/html").querySelector("main");
  if (!words.every((word) => main.textContent.toLowerCase().includes(word))) return null;
  const item = made("li");
  const heading = made("h3", "", "nhsuk-heading-s");
  const name = main.querySelector("h1");
  heading.append(made("a", name.firstChild.textContent.trim(), "", path));
  const tag = name.querySelector(".nhsuk-tag");
  if (tag) heading.append(" ", made("strong", tag.textContent, tag.className));
  item.append(heading);
  const call = main.querySelector(".app-call a");
  if (call) {
    const row = made("p", "", "app-call");
    row.append(made("a", call.textContent, "nhsuk-button", call.getAttribute("href")));
    item.append(row);
  }
  const { asOf } = document.querySelector("[data-as-of]").dataset;
  item.append(made("p", asOf.replace("{}", main.querySelector("time").textContent), "app-quiet"));
  return item;
};

const listed = new Set();
const list = async (name) => {
  const section = document.querySelector(`[data-kept=${name}]`);
  const cache = await caches.open(name);
  const requests = await cache.keys();
  const lines = [];
  // What was seen last comes first; one's own are in their order.
  for (const request of name === "seen" ? requests.reverse() : requests) {
    if (listed.has(request.url)) continue;
    listed.add(request.url);
    const found = line(await (await cache.match(request)).text(), new URL(request.url).pathname);
    if (found) lines.push(found);
  }
  section.querySelector("ul").append(...lines);
  section.hidden = lines.length === 0;
  return lines.length;
};

(async () => {
  const found = (await list("own")) + (await list("seen"));
  document.querySelector("#q").value = asked;
  document.querySelector("[data-nothing]").hidden = found > 0;
  const note = document.querySelector("[data-asked]");
  note.hidden = !asked;
  note.querySelector("b").textContent = asked;
  // Shown in place of a page, it leads to that page.
  if (location.pathname !== "/offline") document.querySelector("[data-again]").href = location.href;
})();
