// The licence texts of the packages that are in a bundle, from esbuild's account of it.
import { readdirSync, readFileSync } from "node:fs";

const inputs = Object.keys(JSON.parse(readFileSync(process.argv[2], "utf8")).inputs);
const names = new Set(
  inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]).filter(Boolean),
);
const texts = new Map();
for (const name of [...names].sort()) {
  const folder = `node_modules/${name}`;
  const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(`${folder}/${file}`, "utf8").trim() : `(licence: ${license})`;
  texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`]);
}
const parts = [...texts].map(([text, packages]) => `${packages.join(", ")}\n\n${text}\n`);
const clean = parts.join(`\n${"-".repeat(80)}\n\n`).replace(/\r/g, "").replace(/[ \t]+$/gm, "");
process.stdout.write(`vega.min.js holds code of these packages.\n\n${clean}`);
