// What an entry can do in a hand: its numbers copied, its address shared, itself kept for where there is no signal.
// Each page is whole without it.
const given = { ...document.currentScript.dataset };
document.documentElement.classList.add("app-has-script");
// What this script says, in the language of the page; English where it is given no other.
const words = JSON.parse(given.words ?? "{}");
const word = (english) => words[english] ?? english;

const said = document.createElement("p");
said.className = "nhsuk-u-visually-hidden";
said.setAttribute("role", "status");
document.body.append(said);

// On the button for those who see it, in the status for those who hear it.
const say = (button, shown, aloud) => {
  const before = button.innerHTML;
  said.textContent = aloud;
  button.textContent = shown;
  button.disabled = true;
  setTimeout(() => {
    button.innerHTML = before;
    button.disabled = false;
    said.textContent = "";
  }, 3000);
};

const copy = async (button, text, done) => {
  try {
    await navigator.clipboard.writeText(text);
    say(button, done, `${done}: ${text}`);
  } catch {
    say(button, word("Not copied"), word("It was not copied. Select it and copy it yourself."));
  }
};

const share = async (button) => {
  const { share: path, title } = button.dataset;
  const url = new URL(path, location.href).href;
  if (!navigator.share) return copy(button, url, word("Link copied"));
  // Whoever changes their mind is told nothing.
  return navigator.share({ title, url }).catch(() => {});
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy], [data-share], [data-print]");
  if (!button) return;
  const { copy: text } = button.dataset;
  if (text) copy(button, text, word("Copied"));
  else if (button.dataset.share) share(button);
  else print();
});

// The question suggests ways on: a combobox with a list (ARIA Authoring Practices), from the third letter on.
const FEWEST = 3;
const question = document.querySelector("#q");
if (question) {
  const list = document.createElement("ul");
  list.className = "app-suggested";
  list.id = "suggested";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", word("Suggestions"));
  question.closest("form").append(list);
  const set = (attributes) => Object.entries(attributes).forEach(([name, value]) => question.setAttribute(name, value));
  set({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" });
  let chosen = -1;
  let asking = new AbortController();

  const close = () => {
    asking.abort();
    list.hidden = true;
    chosen = -1;
    set({ "aria-expanded": "false" });
    question.removeAttribute("aria-activedescendant");
  };

  const choose = (at) => {
    chosen = at;
    [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    if (at < 0) return question.removeAttribute("aria-activedescendant");
    set({ "aria-activedescendant": list.children[at].id });
    return list.children[at].scrollIntoView({ block: "nearest" });
  };

  const show = (ways) => {
    const options = ways.map(({ text, kind, href }, i) => {
      const option = document.createElement("li");
      option.id = `suggested-${i}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.href = href;
      option.textContent = text;
      if (kind) {
        const note = document.createElement("span");
        note.className = "app-quiet";
        note.textContent = ` ${kind}`;
        option.append(note);
      }
      return option;
    });
    list.replaceChildren(...options);
    list.hidden = ways.length === 0;
    chosen = -1;
    question.removeAttribute("aria-activedescendant");
    set({ "aria-expanded": String(ways.length > 0) });
    const plain = `${ways.length} suggestion${ways.length === 1 ? "" : "s"}`;
    const counted = words.Suggestions ? `${words.Suggestions}: ${ways.length}` : plain;
    said.textContent = ways.length ? counted : "";
  };

  const suggest = async () => {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const typed = question.value.trim();
    if (typed.length < FEWEST) return close();
    // Whoever types fast is asked once.
    await new Promise((go) => setTimeout(go, 100));
    if (signal.aborted) return undefined;
    try {
      const answer = await fetch(`/suggest?${new URLSearchParams({ q: typed })}`, { signal });
      return answer.ok && !answer.redirected ? show(await answer.json()) : close();
    } catch {
      // Typed on meanwhile, or no signal: the question can be asked all the same.
      return undefined;
    }
  };

  const KEYS = { ArrowDown: 1, ArrowUp: -1 };
  question.addEventListener("input", suggest);
  question.addEventListener("blur", close);
  question.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) close();
    else if (event.key in KEYS && !list.hidden) {
      // Between the last and the first stands the question itself.
      const places = list.children.length + 1;
      choose(((chosen + 1 + KEYS[event.key] + places) % places) - 1);
    } else if (event.key === "Enter" && chosen >= 0) location.assign(list.children[chosen].dataset.href);
    else return;
    event.preventDefault();
  });
  // Before the question loses the focus, and with it the list.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
  });
  list.addEventListener("click", ({ target }) => {
    const option = target.closest("[role=option]");
    if (option) location.assign(option.dataset.href);
  });
}

// The worker keeps what it is told of; it asks for it as anybody would.
const tell = ({ entry, own, isOwn, signedIn }) =>
  navigator.serviceWorker.ready.then(({ active }) =>
    active.postMessage({
      entry,
      isOwn: isOwn !== undefined,
      own: own === undefined ? null : own.split(" ").filter(Boolean),
      signedIn: signedIn !== undefined,
    }),
  );
if ("serviceWorker" in navigator && isSecureContext) {
  navigator.serviceWorker.register("/worker.js");
  tell(given);
  // Another answer was put in place of this one.
  document.addEventListener("app-narrowed", ({ detail }) => tell(detail));
}
