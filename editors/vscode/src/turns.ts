// What happened in each task, in order: what the model said, which steps it took. Made from the server's notifications,
// on VS Code's side and in the view alike, so that the view can be drawn again from the beginning at any time.
import type { TaskInfo } from './protocol';

export interface TextItem {
  kind: 'text';
  text: string;
}

export interface StepItem {
  kind: 'step';
  call: string;
  tool: string;
  said: string;
  state: 'running' | 'done' | 'failed';
  result?: string;
}

export interface NoteItem {
  kind: 'note';
  text: string;
}

export type Item = TextItem | StepItem | NoteItem;

export interface Turn {
  info: TaskInfo;
  prompt?: string; // the user's words, where they are known whole
  items: Item[];
}

const KEPT = 50; // turns
const TEXT_CHARS = 1_000_000; // of a long text its end is kept: this at least, and less than twice as much

export class Turns {
  readonly all = new Map<string, Turn>(); // by task id, oldest first

  turn(id: string): Turn {
    let turn = this.all.get(id);
    if (!turn) {
      turn = { info: { taskId: id, state: 'running' }, items: [] };
      this.all.set(id, turn);
      if (this.all.size > KEPT) this.forgetOne();
    }
    return turn;
  }

  private forgetOne(): void {
    for (const [id, turn] of this.all) {
      if (turn.info.state === 'running') continue;
      this.all.delete(id);
      return;
    }
  }

  onTask(info: TaskInfo): Turn {
    const turn = this.turn(info.taskId);
    const { said, step, ...rest } = info;
    turn.info = rest; // the newest state is whole
    if (step?.state === 'running') {
      turn.items.push({ kind: 'step', call: step.call, tool: step.tool, said: said ?? step.tool, state: 'running' });
    } else if (step) {
      const item = turn.items.find((i): i is StepItem => i.kind === 'step' && i.call === step.call && i.state === 'running');
      if (item) Object.assign(item, { state: step.state, result: said });
    } else if (said) {
      turn.items.push({ kind: 'note', text: said });
    }
    if (info.state !== 'running') this.end(turn);
    return turn;
  }

  // A step that was cut off by the end has failed.
  private end(turn: Turn): void {
    for (const item of turn.items) if (item.kind === 'step' && item.state === 'running') item.state = 'failed';
  }

  onText(id: string, text: string): void {
    const items = this.turn(id).items;
    const last = items[items.length - 1];
    if (last?.kind !== 'text') items.push({ kind: 'text', text });
    else if (last.text.length < 2 * TEXT_CHARS) last.text += text;
    else last.text = (last.text + text).slice(-TEXT_CHARS);
  }

  // What was streamed since the last step is void: the model is asked again.
  onVoid(id: string): void {
    const items = this.turn(id).items;
    while (items.length && items[items.length - 1].kind === 'text') items.pop();
  }

  running(): Turn[] {
    return [...this.all.values()].filter((turn) => turn.info.state === 'running');
  }

  // The server has ended: nothing runs any more. Returns what was lost.
  lose(): Turn[] {
    const lost = this.running();
    for (const turn of lost) {
      turn.info = { ...turn.info, state: 'lost', message: 'The server ended in the middle of this task.' };
      this.end(turn);
    }
    return lost;
  }
}

// The turns of a recorded session, made from the events of its log (emend/transcript).
export interface LogEvent {
  type: string;
  task?: string;
  [key: string]: unknown;
}

function stepWords(tool: string, input: unknown): string {
  try {
    const args = JSON.parse(String(input)) as Record<string, unknown>;
    const what = args.path ?? args.command ?? args.pattern ?? '';
    return `${tool.replace(/_/g, ' ')} ${String(what).split('\n')[0].slice(0, 120)}`.trim();
  } catch {
    return tool;
  }
}

export function recorded(session: string, events: LogEvent[]): Turn[] {
  const made = new Map<string, Turn>();
  for (const event of events) {
    const id = event.task;
    if (!id) continue;
    if (event.type === 'task') {
      made.set(id, {
        info: { taskId: id, state: 'lost', kind: String(event.kind), title: String(event.title), session },
        prompt: String(event.prompt || event.title),
        items: [],
      });
    }
    const turn = made.get(id);
    if (!turn) continue;
    if (event.type === 'assistant') {
      for (const block of event.blocks as { kind: string; text: string }[]) {
        if (block.kind === 'text' && block.text) turn.items.push({ kind: 'text', text: block.text });
      }
    } else if (event.type === 'call') {
      turn.items.push({ kind: 'step', call: String(event.call), tool: String(event.tool),
        said: stepWords(String(event.tool), event.input), state: 'failed' });
    } else if (event.type === 'result') {
      const item = turn.items.find((i): i is StepItem => i.kind === 'step' && i.call === event.call);
      if (item && event.ok) item.state = 'done';
    } else if (event.type === 'finished') {
      turn.info = { ...turn.info, state: String(event.status), message: String(event.summary),
        usd: Number(event.usd), seconds: Number(event.seconds) };
    }
  }
  return [...made.values()];
}
