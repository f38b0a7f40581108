// Emend's own messages, as far as this extension uses them. What the server may leave out is optional here.

export interface Step {
  call: string;
  tool: string;
  state: 'running' | 'done' | 'failed';
}

// emend/task: the newest state of a task. `said` and `step` come with the message of the event that they are about only.
export interface TaskInfo {
  taskId: string;
  state: string; // "running", "done", "failed", "cancelled", "denied", "budget", "provider", "sandbox"
  kind?: string; // "do", "explain", ...
  title?: string;
  message?: string; // what is being done now; after the end, the summary
  usd?: number;
  seconds?: number;
  session?: string;
  plan?: { text: string; status: string }[];
  queue?: string[]; // what the user said and the task has not heard yet
  said?: string;
  step?: Step;
}

export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export interface Hunk {
  id: string;
  task: string;
  range: Range; // whole lines
  kind: 'add' | 'change' | 'delete' | 'new file';
  state: 'pending' | 'touched';
  old?: string; // what stood there before; a new file has none
  oldCut?: boolean; // it is longer than that
}

export interface HunksParams {
  uri: string;
  version: number;
  hunks: Hunk[];
  from?: number; // where this part of a long list begins
  more?: boolean; // and another one follows
}

export interface PermissionRequest {
  question: string;
  title: string;
  subject: string;
  reason?: string; // of the model
  note?: string; // of Emend
  diff?: string;
  options: string[];
}

export interface QuestionRequest {
  question: string;
  text: string;
  options?: string[];
}

export interface Sum {
  id?: string;
  usd: number;
  limit?: number;
  estimated?: boolean;
  unpriced?: boolean;
}

export interface Cost {
  today: Sum;
  session?: Sum;
  task?: Sum;
}

export interface ServerStatus {
  rssBytes: number;
  uptime: number;
  tasks: number;
  sandbox: string;
  model?: string;
  problem?: string; // why there is no model
}

export interface ChangedFile {
  uri: string;
  path: string;
  hunks: number;
}

// The name of a model without its provider; a script that plays one has a path.
export function shortModel(name: string): string {
  return name.startsWith('scripted:') ? 'scripted' : name.slice(name.lastIndexOf('/') + 1);
}

// Text for a notification without links: VS Code makes some of "[words](command:...)", and a click on words of the model
// must not run a command.
export function unlinked(text: string): string {
  return text.replace(/\](?=\()/g, '] ');
}
