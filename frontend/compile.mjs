// The scripts of the pages, and their stylesheet, from site.scss: compiled, and without the rules that no page uses.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { PurgeCSS } from "purgecss";
import * as sass from "sass";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const under = (folder, ending) =>
  readdirSync(here(folder), { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ raw: readFileSync(here(folder + name), "utf8"), extension: "html" }));

// What the macros in directory/web/components.py write.
const MACROS = ["back-link", "details", "error-message", "error-summary", "inset-text", "tag", "task-list"];

const { css } = sass.compile(here("site.scss"), { loadPaths: [here("node_modules")], style: "compressed", quietDeps: true });
const content = [
  ...under("../directory/web/templates/", ".html"),
  ...under("../directory/web/", ".py"),
  ...MACROS.flatMap((name) => under(`node_modules/nhsuk-frontend/dist/nhsuk/components/${name}/`, "template.njk")),
];
// Our own are few, and all used.
const [{ css: used }] = await new PurgeCSS().purge({ content, css: [{ raw: css }], safelist: [/^app-/] });

// Put in place whole: a server may be reading the old one.
const put = (name, bytes) => {
  writeFileSync(here(`${built}${name}.new`), bytes);
  renameSync(here(`${built}${name}.new`), here(built + name));
};
const built = "../directory/web/static/built/";
mkdirSync(here(built), { recursive: true });
// The only picture that the styles ask for: the cross that empties a search box.
const cross = "nhsuk-icon-cross.svg";
copyFileSync(here(`node_modules/nhsuk-frontend/dist/nhsuk/assets/images/${cross}`), here(built + cross));
put("site.css", used);
put("site.css.gz", gzipSync(used, { level: 9 }));
// The scripts go out as they are written, but for what only their readers need.
for (const name of ["hand.js", "narrow.js", "offline.js", "worker.js"]) {
  const script = readFileSync(here(name), "utf8").replace(/^\s*\/\/.*\n/gm, "");
  put(name, script);
  put(`${name}.gz`, gzipSync(script, { level: 9 }));
}
