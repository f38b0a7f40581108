// The view in the side bar: tasks and conversation, drawn in a webview. It keeps no state of its own but what is being
// typed; everything else comes from the extension (../view.ts), whole at the beginning and piece by piece afterwards.
import { shortModel } from '../protocol';
import { Turns } from '../turns';
import type { Item, NoteItem, StepItem, Turn } from '../turns';
import { drawing, Markdown } from './markdown';
import type { Asked, FromView, State, ToView } from './messages';

declare function acquireVsCodeApi(): {
  postMessage(message: FromView): void;
  getState(): { draft?: string } | undefined;
  setState(state: { draft?: string }): void;
};

const vscode = acquireVsCodeApi();
const send = (message: FromView) => vscode.postMessage(message);
const turns = new Turns();
let more: Omit<State, 'turns'> = { questions: [], trusted: true };

// --- building blocks -----------------------------------------------------------------------------

type Child = Node | string | undefined | false;

function el<K extends keyof HTMLElementTagNameMap>(tag: K, className = '', ...children: Child[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const child of children) if (child) made.append(child);
  return made;
}

function button(text: string, title: string, run: () => void, className = 'quiet'): HTMLButtonElement {
  const made = el('button', className, text);
  made.type = 'button';
  made.title = title;
  made.addEventListener('click', run);
  return made;
}

function money(usd: number, sure = true): string {
  return `${sure ? '' : '~'}$${usd > 0 && usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2)}`;
}

const plural = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;

// --- one turn ------------------------------------------------------------------------------------

const MARKS = { running: '●', done: '✓', failed: '✗' };

function stepLine(step: StepItem): HTMLElement {
  return el('li', step.state,
    el('span', 'mark', MARKS[step.state]), el('span', 'said', step.said),
    step.result && step.result !== step.said ? el('span', 'result', step.result) : undefined);
}

// Steps that follow each other are one group, which folds when the model goes on to speak.
class StepGroup {
  readonly node = el('details', 'steps');
  private summary = el('summary');
  private list = el('ul');
  private touched = false; // the user has folded or unfolded it

  constructor() {
    this.node.append(this.summary, this.list);
    this.summary.addEventListener('click', () => {
      this.touched = true;
    });
  }

  draw(steps: (StepItem | NoteItem)[], last: boolean, running: boolean): void {
    const calls = steps.filter((s): s is StepItem => s.kind === 'step');
    const failed = calls.filter((s) => s.state === 'failed').length;
    const now = calls.find((s) => s.state === 'running') ?? calls[calls.length - 1];
    const newest = steps[steps.length - 1];
    this.summary.replaceChildren(el('span', 'count', calls.length ? plural(calls.length, 'step') : 'note'));
    if (failed) this.summary.append(el('span', 'bad', `${failed} failed`));
    this.summary.append(el('span', 'now', now?.said ?? (newest.kind === 'note' ? newest.text : '')));
    this.list.replaceChildren(...steps.map((s) =>
      s.kind === 'step' ? stepLine(s) : el('li', 'note', el('span', 'mark', '·'), el('span', 'said', s.text))));
    if (!this.touched) this.node.open = last && running;
  }
}

class TurnView {
  readonly node = el('article', 'turn');
  private prompt = el('div', 'prompt');
  private body = el('div', 'body');
  private foot = el('footer');
  private parts: { kind: 'text' | 'steps'; first: Item; view: Markdown | StepGroup }[] = [];

  constructor(private id: string) {
    this.node.append(this.prompt, this.body, this.foot);
  }

  // Neighbouring steps and notes are one part, each text is one.
  private groups(turn: Turn): Item[][] {
    const out: Item[][] = [];
    for (const item of turn.items) {
      const last = out[out.length - 1];
      if (last && last[0].kind !== 'text' && item.kind !== 'text') last.push(item);
      else out.push([item]);
    }
    return out;
  }

  draw(turn: Turn): void {
    const running = turn.info.state === 'running';
    const groups = this.groups(turn);
    this.prompt.textContent = turn.prompt ?? turn.info.title ?? '';
    this.parts.splice(groups.length);
    groups.forEach((items, i) => {
      const kind = items[0].kind === 'text' ? 'text' : 'steps';
      let part = this.parts[i];
      if (!part || part.kind !== kind || part.first !== items[0]) {
        part = { kind, first: items[0], view: kind === 'text' ? new Markdown(() => toEnd()) : new StepGroup() };
        this.parts.splice(i, this.parts.length, part);
      }
      const last = i === groups.length - 1;
      if (part.view instanceof Markdown) part.view.draw((items[0] as { text: string }).text, !last || !running);
      else part.view.draw(items as (StepItem | NoteItem)[], last, running);
    });
    const nodes = this.parts.map((p) => p.view.node);
    if (nodes.length !== this.body.childNodes.length || nodes.some((n, i) => this.body.childNodes[i] !== n)) {
      this.body.replaceChildren(...nodes);
    }
    this.node.dataset.state = turn.info.state;
    this.drawFoot(turn);
  }

  private drawFoot(turn: Turn): void {
    const { state, message, usd, seconds } = turn.info;
    const id = this.id;
    const figures = [usd !== undefined ? money(usd) : '', seconds !== undefined ? `${seconds.toFixed(1)} s` : '']
      .filter(Boolean).join(' · ');
    if (state === 'running') {
      this.foot.replaceChildren(el('span', 'busy'), el('span', 'doing', message || 'thinking'), el('span', 'figures', figures));
      return;
    }
    const why = state !== 'done' && message && !message.startsWith(state) ? el('div', 'why', message) : undefined;
    const row = el('div', 'row', el('span', 'state', state), el('span', 'figures', figures), el('span', 'grow'));
    if (state === 'lost') row.append(button('Resume', 'Go on where it ended', () => send({ type: 'resume', taskId: id }), 'main'));
    if (turn.info.kind !== 'undo' && turn.items.some((i) => i.kind === 'step' && WRITES.includes(i.tool))) {
      row.append(el('span', 'together',
        button('Changes', 'Show what this task changed', () => send({ type: 'diff', taskId: id })),
        button('Undo', 'Take back what this task changed', () => send({ type: 'undo', taskId: id }))));
    }
    this.foot.replaceChildren(...(why ? [why, row] : [row]));
  }
}

const WRITES = ['edit_file', 'write_file', 'apply_patch', 'run_command', 'execute_code', 'rename'];

// --- questions -----------------------------------------------------------------------------------

function questionCard(q: Asked): HTMLElement {
  const buttons = el('div', 'row');
  for (const option of q.options) {
    buttons.append(button(option, option, () => send({ type: 'answer', id: q.id, value: option }),
      option === 'Allow once' ? 'main' : option === 'Deny' || !q.permission ? 'second' : 'quiet'));
  }
  if (!q.options.length) buttons.append(button('Answer…', 'Type an answer', () => send({ type: 'answer', id: q.id }), 'main'));
  if (q.permission) buttons.append(button('Show', 'Show all of what is asked', () => send({ type: 'show', id: q.id })));
  return el('section', 'question',
    el('div', 'title', q.permission ? q.title : 'Emend asks'),
    el('div', q.permission ? 'subject' : '', q.permission ? q.subject : q.title),
    q.reason ? el('div', 'reason', `“${q.reason}”`) : undefined, buttons);
}

// --- the page ------------------------------------------------------------------------------------

const list = el('main');
const notice = el('div', 'notice');
const questions = el('div', 'questions');
const queue = el('div', 'queue');
const input = el('textarea');
const meta = el('span', 'meta');
const stop = button('Stop', 'Stop the task', () => {
  const turn = current();
  if (turn) send({ type: 'stop', taskId: turn.info.taskId });
}, 'second');
const go = button('Send', 'Send (Enter)', submit, 'main');
const composer = el('form', 'composer', queue, input, el('div', 'row send', meta, stop, go));
document.body.append(notice, list, questions, composer);

const views = new Map<string, TurnView>();

// The task that hears what is typed: the newest one that runs.
function current(): Turn | undefined {
  const running = turns.running();
  return running[running.length - 1];
}

function submit(): void {
  const text = input.value.trim();
  if (!text) return;
  send({ type: 'send', text });
  input.value = '';
  vscode.setState({});
  fit();
}

function fit(): void {
  input.style.height = 'auto';
  input.style.height = `${Math.min(input.scrollHeight + 2, 240)}px`;
}

input.rows = 2;
input.setAttribute('aria-label', 'Message to Emend');
input.value = vscode.getState()?.draft ?? '';
input.addEventListener('input', () => {
  vscode.setState({ draft: input.value });
  fit();
});
input.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});

function drawComposer(): void {
  const turn = current();
  const today = more.cost?.today;
  stop.hidden = !turn;
  go.textContent = turn ? 'Tell it' : 'Send';
  input.placeholder = turn ? 'Tell the running task something…' : more.session ? 'Go on…' : 'What should Emend do?';
  meta.textContent = [
    !turn && more.model && shortModel(more.model), // beside the buttons of a running task there is no room for all
    today && `${money(today.usd, !today.estimated && !today.unpriced)}${today.limit ? ` of $${today.limit}` : ''} today`,
  ].filter(Boolean).join(' · ');
  const waiting = turn?.info.queue ?? [];
  queue.replaceChildren(...waiting.map((text, i) => el('div', 'chip', el('span', 'said', `waits: ${text}`),
    i === waiting.length - 1 && button('×', 'Take it back', () => send({ type: 'withdraw', taskId: turn!.info.taskId })))));
}

function drawNotice(): void {
  const parts: Child[] = [];
  if (more.off) {
    parts.push(el('p', '', `Emend does not run: ${more.off}.`), el('div', 'row',
      button('Open Setting', 'Where the program is', () => send({ type: 'command', command: 'emend.ui.openPath' }), 'main'),
      button('How to Install', 'How the program is installed', () => send({ type: 'command', command: 'emend.ui.howToInstall' }), 'second'),
      button('Try Again', 'Start it again', () => send({ type: 'command', command: 'emend.ui.restart' }))));
  } else if (more.noModel) {
    parts.push(el('p', '', 'No model is set up.'), el('div', 'row',
      button('Choose a Model', 'The models that can be used', () => send({ type: 'command', command: 'emend.ui.model' }), 'main')));
  } else if (!more.trusted) {
    parts.push(el('p', '', 'Restricted mode: Emend only reads, and keeps no change.'), el('div', 'row',
      button('Manage Trust', 'Trust this workspace', () => send({ type: 'command', command: 'workbench.trust.manage' }), 'second')));
  }
  notice.hidden = !parts.length;
  notice.replaceChildren(...parts.filter((p): p is Node => p instanceof Node));
}

function drawQuestions(): void {
  questions.replaceChildren(...more.questions.map(questionCard));
}

function drawTurn(id: string): void {
  const turn = turns.all.get(id);
  if (!turn) return;
  let view = views.get(id);
  if (!view) {
    view = new TurnView(id);
    views.set(id, view);
    list.append(view.node);
  }
  view.draw(turn);
}

function drawEmpty(): void {
  list.classList.toggle('empty', turns.all.size === 0);
}

// What changed since the last frame is drawn once: text may come thirty times a second.
const dirty = new Set<string>();
let due = false;

function touch(id: string): void {
  dirty.add(id);
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    for (const one of dirty) drawTurn(one);
    dirty.clear();
    drawEmpty();
    drawComposer();
    toEnd();
  });
}

// The newest stays in sight, also when a question below takes its room; unless the user has scrolled up.
let follow = true;
let scrolled = 0;

// Not before all is drawn: what is scrolled over would be laid out.
function toEnd(): void {
  if (follow && !drawing()) list.scrollTop = list.scrollHeight;
}

list.addEventListener('scroll', () => {
  if (list.scrollHeight - list.scrollTop - list.clientHeight < 40) follow = true;
  else if (list.scrollTop < scrolled) follow = false;
  scrolled = list.scrollTop;
});
new ResizeObserver(toEnd).observe(list);

function setMore(state: Omit<State, 'turns'>): void {
  more = state;
  drawNotice();
  drawQuestions();
  drawComposer();
}

function setState(state: State): void {
  const { turns: all, ...rest } = state;
  turns.all.clear();
  views.clear();
  list.replaceChildren(el('p', 'hello', 'Select code and press Ctrl+. for Emend’s actions, or say here what is to be done.'));
  for (const turn of all) turns.all.set(turn.info.taskId, turn);
  setMore(rest);
  for (const id of turns.all.keys()) drawTurn(id);
  drawEmpty();
  follow = true;
  toEnd();
}

window.addEventListener('message', (event: MessageEvent<ToView>) => {
  const message = event.data;
  switch (message.type) {
    case 'state':
      setState(message.state);
      break;
    case 'more':
      setMore(message.state);
      break;
    case 'task': {
      const turn = turns.onTask(message.info);
      if (message.prompt) turn.prompt = message.prompt;
      touch(message.info.taskId);
      break;
    }
    case 'text':
      turns.onText(message.taskId, message.text);
      touch(message.taskId);
      break;
    case 'void':
      turns.onVoid(message.taskId);
      touch(message.taskId);
      break;
    case 'focus':
      input.focus();
      break;
  }
});

// A link to a file of the workspace opens it; others are the webview's own business.
document.addEventListener('click', (event) => {
  const href = (event.target as Element).closest?.('a')?.getAttribute('href');
  if (!href || /^([a-z][a-z0-9+-]*:\/\/|mailto:|#)/i.test(href)) return; // "a.c:5" is a file and a line
  event.preventDefault();
  send({ type: 'open', path: href });
});

fit();
send({ type: 'ready' });
