// Builds the pages' files into xiaojia/assets/built: one stylesheet, one script a page, htmx, one icon sprite.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";

const assets = new URL("../xiaojia/assets/", import.meta.url).pathname;
const modules = new URL("../node_modules/", import.meta.url).pathname;
const built = `${assets}built`;

await rm(built, { recursive: true, force: true });
await mkdir(built, { recursive: true });

const scripts = (await readdir(`${assets}js`)).filter((name) => name.endsWith(".js"));
await build({
  entryPoints: [`${assets}css/xiaojia.css`, ...scripts.map((name) => `${assets}js/${name}`)],
  outdir: built,
  entryNames: "[name]",
  bundle: true,
  minify: true,
  legalComments: "none",
  target: ["chrome88", "firefox85", "safari14"],
  logLevel: "warning",
});
await copyFile(`${modules}htmx.org/dist/htmx.min.js`, `${built}/htmx.js`);

const names = (await readFile(`${assets}icons.txt`, "utf8")).split("\n").map((n) => n.trim()).filter(Boolean);
const symbols = await Promise.all(names.map(async (name) => {
  const svg = await readFile(`${modules}@tabler/icons/icons/outline/${name}.svg`, "utf8");
  const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 24 24">${inner}</symbol>`;
}));
await writeFile(`${built}/icons.svg`, `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
