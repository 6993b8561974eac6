// The JSON that the viewer shows, as in prefactor_local/_view/shapes.py, which says what each field means.

export type Json = boolean | number | bigint | string | null | Json[] | { [name: string]: Json };
export type Status = "pending" | "active" | "complete" | "failed" | "cancelled" | "terminated";
export type Side = "params" | "result";

export interface RunSummary {
  seq: number;
  id: string;
  agent_id: string;
  agent_name: string;
  version: string;
  environment_id: string;
  purpose: string;
  status: Status;
  external_identifier: string | null;
  inserted_at: string;
  started_at: string | null;
  finished_at: string | null;
  duration_ms: number | null;
  changed_at: string;
  termination_reason: string | null;
  spans: number;
  failed: number;
  open: number;
  mismatches: number;
  headline: string;
}

export interface RunsPage {
  runs: RunSummary[];
  before: number | null;
  agents: [string, string][];
}

export interface Neighbours {
  newer: string | null;
  older: string | null;
}

export interface FieldInfo {
  title?: string;
  description?: string;
  type?: string;
  format?: string;
  unit?: string;
  required?: boolean;
  enum?: boolean;
  redacted?: boolean;
  data_risk?: string;
  deprecated?: boolean;
}

export interface SpanTypeInfo {
  name: string;
  kind: string | null;
  title: string;
  description: string | null;
  template: string | null;
  data_risk: string | null;
  deprecated: boolean;
  params: { [pattern: string]: FieldInfo };
  result: { [pattern: string]: FieldInfo };
}

export interface RunDetails {
  run: RunSummary;
  origin: string;
  runtime: { [name: string]: Json };
  quality: { [name: string]: Json };
  span_types: { [name: string]: SpanTypeInfo };
  uncomputed?: number;
}

export type SpanRow = [
  seq: number,
  id: string,
  parent: number | string | null,
  type: string,
  status: Status,
  start_ms: number | null,
  duration_ms: number | null,
  summary: string,
  mismatches: number,
];

export interface RowsPage {
  change: number;
  more: boolean;
  origin: string;
  status: Status;
  finished_at: string | null;
  rows: SpanRow[];
}

export interface Mismatch {
  part: Side | "schema_name";
  pointer: string;
  message: string;
  schema?: Json;
}

export interface Cut {
  side: Side;
  pointer: string;
  kind: "text" | "items" | "data";
  size: number;
  media_type?: string;
}

export interface SpanDetails {
  seq: number;
  id: string;
  run_id: string;
  parent_id: string | null;
  type: string;
  status: Status;
  started_at: string | null;
  finished_at: string | null;
  duration_ms: number | null;
  summary: string;
  params: Json;
  result: Json;
  cut: Cut[];
  mismatches: Mismatch[];
}

export interface Finding {
  name: string;
  spans: number[];
  count: number;
  message: string;
}

export interface Difference {
  side: Side;
  pointer: string;
  a?: Json;
  b?: Json;
}

export interface ComparisonRow {
  depth: number;
  a: SpanRow | null;
  b: SpanRow | null;
  changed: ("status" | Side)[];
}

export interface Comparison {
  a: RunSummary;
  b: RunSummary;
  rows: ComparisonRow[];
}

export interface RunExport {
  run: RunDetails;
  rows: SpanRow[];
  spans: SpanDetails[];
  findings: Finding[];
}
