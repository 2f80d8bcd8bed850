// Vega-Lite on stdin, an object of specifications by name, to the page's charts.json on stdout.
// The hash of the program that wrote them lets a test tell when they are out of date.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { compile } from "vega-lite";

const source = createHash("sha256").update(readFileSync(process.argv[2])).digest("hex");
const compiled = Object.entries(JSON.parse(readFileSync(0, "utf8"))).map(([name, chart]) => {
  const { $schema, ...specification } = compile(chart).spec;
  return [name, specification];
});
const charts = { source, specifications: Object.fromEntries(compiled) };
process.stdout.write(JSON.stringify(charts) + "\n");
