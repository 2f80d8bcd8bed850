// What the page needs of Vega: the parser, the view, the interpreter of expressions that needs no eval, and
// the transforms that the charts use. The rest (maps, trees, forces, loaders of files) stays out.
import { transforms } from "vega-dataflow";
import * as encoders from "vega-encode";
import {
  aggregate, collect, compare, expression, extent, facet, field, filter, formula, key, multiextent, multivalues,
  params, prefacet, project, proxy, relay, sieve, subflow, tupleindex, values,
} from "vega-transforms";
import * as layouts from "vega-view-transforms";
import { voronoi } from "vega-voronoi";

Object.assign(transforms, encoders, layouts, {
  aggregate, collect, compare, expression, extent, facet, field, filter, formula, key, multiextent, multivalues,
  params, prefacet, project, proxy, relay, sieve, subflow, tupleindex, values, voronoi,
});

export { expressionInterpreter } from "vega-interpreter";
export { parse } from "vega-parser";
export { View } from "vega-view";
